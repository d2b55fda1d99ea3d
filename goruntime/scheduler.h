#pragma once
/*
 * The scheduler's own records (runtime/runtime2.go schedt, p): which processors (Ps) run, what is
 * queued, how many threads there are, and whether the world is being stopped. Facts; what they mean
 * is the analyzer's.
 */
#include "goruntime/snapshot.h"

enum processor_status { /* runtime2.go _Pidle...; in a system call: until 1.25 */
	P_IDLE,
	P_RUNNING,
	P_SYSCALL,
	P_GCSTOP,
	P_DEAD,
	P_STATUS_COUNT,
};

struct processor { /* a P */
	uint64_t addr;
	int32_t id;
	uint32_t status;
	uint32_t thread;    /* index of the thread that has it, NO_INDEX */
	uint32_t goroutine; /* that this one runs, NO_INDEX */
	uint64_t queued;    /* goroutines in its own queue */
	/* Seconds for which the same time slice has lasted, at least: sysmon saw it begin, and none
	 * has begun since. Negative: not known. */
	double slice_seconds;
};

struct scheduler {
	bool known; /* the rest could be read */
	struct processor *processors;
	size_t processor_count;
	uint64_t by_status[P_STATUS_COUNT];
	uint64_t global_queue, local_queues; /* goroutines that may run and wait for a P */
	uint64_t threads, thread_limit; /* Ms alive, and how many there may be; limit 0: not known */
	uint64_t idle_threads;
	bool stopping; /* somebody asks all Ps to stop (gcwaiting) ... */
	bool frozen;   /* ... it is the death of the process, which overwrites what was there before */
};

/* Memory of ARENA. */
void snapshot_scheduler(const struct snapshot *snapshot, struct arena *arena,
			struct scheduler *scheduler);

struct stopper { /* who waits for all Ps to stop */
	uint32_t thread, goroutine; /* indexes, NO_INDEX: nobody */
	const char *reason;	    /* the runtime's own; NULL: not known */
};

/* The thread that stands in stopTheWorldWithSema: looks at the stacks of all threads. Memory of
 * ARENA. */
void scheduler_stopper(const struct snapshot *snapshot, const struct scheduler *scheduler,
		       struct arena *arena, struct stopper *stopper);

/* "idle", "running", ...: the words of the runtime's own constants. */
const char *processor_status_name(uint32_t status);

/* The length of all run queues; false where they cannot be read. */
bool scheduler_queue_length(const struct snapshot *snapshot, uint64_t *length);
