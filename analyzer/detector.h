#pragma once
/*
 * Detectors: pure functions of the snapshot. A row each in the table of detectors.c; none includes
 * another; ranking is done afterwards in verdict.c. A detector that is skipped is named with a
 * reason: a skipped rule never looks like a clean bill.
 *
 * Those that tell why the process died share no more than the tables of fataltexts.h and the
 * facts of deathfacts.h, and each speaks only where the records are its own: a death has one
 * finding that is a death.
 */
#include "analyzer/finding.h"
#include "analyzer/groups.h"
#include "analyzer/waitgraph.h"
#include "analyzer/logmatch.h"
#include "goruntime/leaks.h"

enum detector_need {
	NEED_DEATH = 1,	     /* a way to die other than none */
	NEED_GOROUTINES = 2, /* the list of goroutines */
	NEED_STACKS = 4,     /* all stacks unwound: not run by --brief */
	NEED_LOG = 16,	     /* --log: not a word of it where there is none */
	NEED_VARIABLES = 32, /* places and types of the crashing frame's variables: DWARF */
	NEED_PROOF = 8,	     /* snapshot_leaks(), a mark over the whole heap: not run by --brief */
};

/* --leak-threshold: what is never a leak by number alone lies below it (docs/CLASSES.md). */
#define LEAK_COUNT_DEFAULT 1000
#define LEAK_SHARE_DEFAULT 0.9

struct detector_options {
	uint64_t leak_count; /* --leak-threshold COUNT; 0: the default */
	double leak_share;   /* share of user goroutines, 0..1; 0: the default */
	bool brief;
	const struct groups *groups; /* of all goroutines: the runner's, not the caller's */
	const struct waitgraph *waits; /* of these; NULL with `brief`, and where nobody has asked */
	const struct log_match *log; /* of --log; NULL: none */
	const struct leaks *leaks;   /* what a detector that ran has proven; NULL: none was asked */
};

struct detector {
	const char *name;
	unsigned needs;
	/* What it looks for, for --skip: classes and kinds, up to the first with CLASS_COUNT. */
	struct detector_finds {
		enum verdict_class class;
		const char *kind; /* NULL: all kinds */
	} finds[5];
	void (*run)(const struct snapshot *snapshot, const struct detector_options *options,
		    struct findings *findings);
};

#define DETECTOR(name)                                                                             \
	void detect_##name(const struct snapshot *snapshot,                                        \
			   const struct detector_options *options, struct findings *findings)
DETECTOR(nil);
DETECTOR(address);
DETECTOR(panic);
DETECTOR(race);
DETECTOR(race_report);
DETECTOR(torn);
DETECTOR(deadlock);
DETECTOR(cycle);
DETECTOR(circle);
DETECTOR(lost_waiter);
DETECTOR(stack);
DETECTOR(memory);
DETECTOR(corruption);
DETECTOR(cgo);
DETECTOR(fatal);
DETECTOR(signal);
DETECTOR(snapshot);
DETECTOR(leak);
DETECTOR(proven_leak);

extern const struct detector detectors[];
extern const size_t detector_count;
