#pragma once
/*
 * The goroutines that nothing but a concurrency primitive can wake, as the runtime's own search for
 * leaks has them (runtime/mgc.go isMaybeRunnable, proc.go internalBlocked): in wait for a channel,
 * in select, or for a Mutex, RWMutex, WaitGroup or Cond of package sync. In every release; before
 * 1.26 what a lock's waiter waits for is found by semwaits.h. One whose object is not found is none
 * of them: it counts as alive.
 */
#include "goruntime/snapshot.h"

struct blocked_object { /* goroutine number `waiter` of the list waits on what lies at `addr` */
	uint64_t addr;
	uint32_t waiter;
};

struct blocked {
	uint32_t *goroutines; /* indexes in the snapshot, ascending */
	size_t count;
	struct blocked_object *objects; /* none for a wait that nothing ends: nil channel, select {} */
	size_t object_count;
	uint64_t *slots; /* addresses of the words in sudogs by which the runtime itself, for its
			  * queues, holds the objects: no way to reach them that counts */
	size_t slot_count;
	uint64_t unknown; /* in such a wait, but their object was not found */
};

void blocked_find(const struct snapshot *snapshot, struct blocked *blocked);
void blocked_release(struct blocked *blocked);
