#pragma once
/*
 * The lock of package sync that a goroutine died on: by the receiver of the method on its stack
 * that found its state to be impossible (sync/mutex.go, rwmutex.go, waitgroup.go; since 1.24
 * internal/sync/mutex.go). Believed only where the state at that address is one on which that
 * method gives up. A WaitGroup's receiver is not always spilled: then it is the one address in the
 * callers' frames that has such a state behind it.
 */
#include "goruntime/snapshot.h"

struct lock_use {
	uint64_t addr;
	const char *type;  /* "sync.Mutex" */
	const char *state; /* a clause: what its words say. Memory of the arena. */
	const struct call *by; /* found in this caller's frame, by its state; NULL: the receiver */
};

/* False where there is none. */
bool lock_use_of(const struct snapshot *snapshot, const struct trace *trace, struct arena *arena,
		 struct lock_use *use);
