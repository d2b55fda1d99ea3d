#pragma once
/*
 * What the texts of runtime.throw and runtime.fatal mean, as a table: text -> class, kind and the
 * sentences for a person. A text that is not in the table is a fatal-error/other.
 */
#include "analyzer/finding.h"

struct fatal_story {
	enum verdict_class class;
	const char *kind;
	enum confidence confidence;
	const char *title; /* NULL: the text itself is the title */
	const char *why;   /* what happened, a sentence or two; NULL */
	const char *next;  /* what to look at; NULL */
};

/* The story of TEXT (what follows "fatal error: "; NULL allowed). Never NULL. */
const struct fatal_story *fatal_story(const char *text);

/* The story of the fatal error that killed the process; NULL where it died otherwise. Where the
 * text was guessed from the argument of throw, and may run on into other text, a text of the table
 * that it begins with is taken for it; where it is lost, the function that threw tells what it can.
 * Such a story is likely. A bad pointer that not the collector found has a story by who asked. */
const struct fatal_story *death_fatal_story(const struct snapshot *snapshot);

/* Whether the checks for unsafe.Pointer stopped the program, before there was any damage. */
bool death_is_checkptr(const struct snapshot *snapshot);

/* death_fatal_story if its class is CLASS, else NULL. */
const struct fatal_story *death_story(const struct snapshot *snapshot, enum verdict_class class);

/* The text of the fatal error, cut where it was guessed and is known; NULL if there is none. Memory
 * of ARENA. */
const char *death_fatal_text(const struct snapshot *snapshot, struct arena *arena);

/* LIKELY for a story that was not told by its text, else what the story says. */
enum confidence death_confidence(const struct snapshot *snapshot, const struct fatal_story *story);
