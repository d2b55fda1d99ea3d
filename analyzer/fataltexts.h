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

/* The story of a fatal error whose class is CLASS; NULL where the process did not die of one. */
const struct fatal_story *death_story(const struct snapshot *snapshot, enum verdict_class class);
