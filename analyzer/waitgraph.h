#pragma once
/*
 * Who waits for which lock, and who may hold it. Made of the goroutines that wait for locks and of
 * those whose stacks name one of these; of a group of many alike, only some are looked at.
 */
#include "analyzer/groups.h"
#include "goruntime/holders.h"
#include "goruntime/waits.h"

struct wait_node { /* a goroutine that waits for a lock */
	uint32_t goroutine; /* index in the snapshot */
	size_t lock;	    /* index in locks */
	struct wait wait;
};

struct lock_node {
	uint64_t addr;
	enum wait_kind kind;	 /* that of its first waiter */
	struct wait state;	 /* as that one found it */
	uint64_t waiters;	 /* goroutines of the groups that wait for it, at least */
	const struct holder *holders; /* who may hold it */
	size_t holder_count;
	const struct holder *best; /* the one that does, most probably; NULL: several, or none */
};

struct waitgraph {
	struct lock_node *locks;
	size_t lock_count;
	struct wait_node *waits; /* by goroutine */
	size_t wait_count;
	uint64_t user_count; /* goroutines that are not the runtime's own */
	bool cut; /* there are more than were looked at */
};

/* Memory of ARENA. Costs nothing where nobody waits for a lock. */
void waitgraph_make(const struct snapshot *snapshot, const struct groups *groups,
		    struct arena *arena, struct waitgraph *graph);

/* The lock that a goroutine waits for; NULL. */
const struct wait_node *waitgraph_wait(const struct waitgraph *graph, uint32_t goroutine);

/* Who holds the lock that NODE waits for, most probably: a reader that asks again stands in its own
 * way whoever else reads. NULL: not known, or nobody. */
const struct holder *waitgraph_holder(const struct waitgraph *graph, const struct wait_node *node);

enum { WAIT_CYCLE_MAX = 16 };

struct wait_cycle {
	const struct wait_node *nodes[WAIT_CYCLE_MAX]; /* each waits for a lock that the next one holds */
	size_t count;
	bool strong; /* so are all holders */
};

/* The circle that begins and ends at START; false if there is none, or if START is not the first of
 * its goroutines in the snapshot (then it is found from there). */
bool waitgraph_cycle(const struct waitgraph *graph, const struct wait_node *start,
		     struct wait_cycle *cycle);
