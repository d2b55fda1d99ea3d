#pragma once
/*
 * A race detector's report, as a log has it, held against the core: is its code this program's, are
 * its goroutines still there, what lies at its address.
 *
 * The detector numbers goroutines by itself: "goroutine 7" of a report is not goroutine 7 of the
 * runtime. What ties them is the place of the go statement, and the function that it started.
 */
#include "analyzer/logmatch.h"
#include "goruntime/memname.h"

enum { RACE_SIDES = GOLOG_ACCESSES, RACE_CANDIDATES = 8 };

struct race_side { /* one access */
	const struct golog_access *access;
	const struct golog_frame
		*place; /* its innermost frame that is not the runtime's; NULL: none */
	const struct golog_creation
		*creation; /* of its goroutine; NULL: not told, or the main one */
	uint32_t candidates[RACE_CANDIDATES]; /* goroutines of the core that it may be, by index */
	size_t candidate_count;
	uint64_t candidate_total; /* those that are too many included */
	bool refers; /* the one that is left of several is the only one whose stack has the object
		      */
};

struct race_match {
	const struct golog_race *race;
	struct race_side sides[RACE_SIDES];
	size_t side_count;
	uint64_t places, known,
		fitting; /* frames with a place; whose function, and place, there is */
	unsigned own, own_fitting; /* accesses with frames that are not plumbing; where one fits */
	unsigned misplaced; /* of whose innermost such frame there is the function, not the place: of
			     * another build, or inlined elsewhere (its offset is the outer one's) */
	struct address address;
	struct memory_name name; /* path NULL: not known */
	bool has_goroutine; /* one of its goroutines may still be there */
	uint64_t count;	    /* reports of the same two places */
};

/* Holds the reports of MATCH's log that may be of this process against SNAPSHOT; those of the same
 * two places are one. *FOREIGN counts reports of others. Memory of ARENA. */
size_t race_matches_make(const struct snapshot *snapshot, const struct log_match *match,
			 struct arena *arena, struct race_match **matches, uint64_t *foreign);
