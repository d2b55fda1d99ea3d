#pragma once
/*
 * Whether a log is of the process that the core is of: its crash is held against the core's own
 * records. A log may be of several processes, one after the other (restarts) or mixed.
 */
#include "formats/golog.h"
#include "goruntime/snapshot.h"

enum log_verdict {
	LOG_SILENT,	 /* nothing in it can be held against the core */
	LOG_AGREES,	 /* one of its crashes is the core's */
	LOG_CONTRADICTS, /* the core died of something else than what the log tells */
};

struct log_match {
	const struct golog *log;
	enum log_verdict verdict;
	const struct golog_crash
		*crash; /* that agrees, or the last one that does not; NULL: none */
	bool strong; /* the text is of a panic or a fatal error, of the same goroutine, and stands there
		      * once: a program that is restarted may die of the same again */
	int64_t pid; /* of the core */
	bool by_pid;	/* it stands in front of lines of the log */
	/* Lines (first, last] of the log are of this process, as far as crashes of others bound
	 * them. */
	uint64_t first, last;
	const char *agreement; /* a sentence: in what they agree; NULL */
};

/* SNAPSHOT as it is, before anything is redacted. Memory of ARENA. */
void log_match_make(const struct snapshot *snapshot, const struct golog *log, int32_t pid,
		    struct arena *arena, struct log_match *match);

/* Whether what a line of the log tells, with PID in front (0: none), may be of this process. */
bool log_match_has(const struct log_match *match, uint64_t line, int64_t pid);

/* Adds what weakens the log as a witness. REDACTED: without the program's own words. */
void log_match_caveats(const struct log_match *match, const struct snapshot *snapshot,
		       bool redacted, struct arena *arena);
