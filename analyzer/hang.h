#pragma once
/*
 * What holds a process up that somebody killed or dumped from outside: what everything waits for in
 * the end, the biggest first. A reading of the records, and no verdict: a process that does well
 * has such waits too.
 */
#include "analyzer/waitgraph.h"
#include "goruntime/scheduler.h"

enum hang_kind {
	HANG_STOP_THE_WORLD, /* a stop of all processors that does not finish */
	HANG_LONG_RUN,	     /* a goroutine that runs and lets nobody else */
	HANG_LOCK,	     /* goroutines that wait, for a lock or behind one, for one goroutine */
	HANG_SEND,	     /* goroutines that wait to send to one channel */
	HANG_RUN_QUEUE,	     /* goroutines that may run, and do not */
	HANG_SYSTEM_CALLS,   /* all threads are in system calls or C */
	HANG_THREAD_LIMIT,   /* few threads are left to make */
	HANG_CANCELLED,	     /* goroutines that wait on, with a context that is cancelled */
	HANG_KIND_COUNT,
};

struct hang_reading {
	enum hang_kind kind;
	const char *text;
	uint64_t waiting;   /* goroutines that wait for it, at least; 0: has no meaning */
	uint64_t goroutine; /* id of the one that it is about; 0: none */
	uint64_t addr;	    /* of the lock or channel; 0: none */
};

struct hang {
	struct hang_reading *items;
	size_t count;
};

/* None for a process in which nothing waits for another one's work.
 * Memory of ARENA. */
void hang_read(const struct snapshot *snapshot, const struct groups *groups,
	       const struct waitgraph *graph, const struct scheduler *scheduler,
	       struct arena *arena, struct hang *hang);

const char *hang_kind_name(enum hang_kind kind); /* "stop-the-world", ... */
