#pragma once
/*
 * Goroutines that are alike: the same interned stack, status, wait reason and creator. Linear in
 * the number of goroutines; a few words per group and twelve bytes per goroutine are kept.
 */
#include "goruntime/snapshot.h"

struct group {
	const uint64_t *ids; /* ascending */
	uint64_t count;
	uint64_t first_id;	       /* the lowest */
	const struct stack *stack;     /* NULL where stacks were not asked for */
	const struct goroutine *first; /* its member */
	double longest_wait;	       /* seconds; negative: not known of any */
	uint64_t stack_bytes;	       /* sum of the stacks' sizes */
};

struct groups {
	struct group *items; /* largest first, then by first id */
	size_t count;
	uint64_t user_count;	 /* goroutines that are not the runtime's own */
	const uint64_t *ids;	 /* of all, group by group */
	const uint32_t *members; /* indices in the snapshot, as `ids` */
	bool stacks;
};

/* Groups all goroutines of SNAPSHOT. Without STACKS no stack is walked: those with the same
 * creation site, start, status and wait are alike. Memory of ARENA. */
void groups_make(const struct snapshot *snapshot, bool stacks, struct arena *arena,
		 struct groups *groups);

/* Indices in the snapshot of the members of GROUP, as many as its count, in the order of ids. */
const uint32_t *group_members(const struct groups *groups, const struct group *group);
