#pragma once
/*
 * Goroutines that are leaked for certain: blocked on concurrency primitives that nothing can touch
 * which runs or may run again. Found as the runtime's own goroutine leak profile finds them (1.26
 * and 1.27, runtime/mgc.go), in every release: a mark over the heap from global variables, system
 * roots and the stacks of all goroutines that are not blocked; who waits for what was marked may
 * run, and is a root, too; who is left is leaked.
 */
#include "goruntime/snapshot.h"

struct leaks {
	/* Why nothing can be proven: a part of the memory that may hold references is not in the
	 * core. NULL: the mark was whole. */
	const char *unproven;
	uint32_t *goroutines; /* indexes of the leaked ones in the snapshot, ascending */
	size_t count;
	size_t blocked;	      /* goroutines in a wait that only such a primitive ends */
	uint64_t unknown;     /* of those in such a wait, how many wait for what is not known */
	/* What only the leaked goroutines keep from being freed: heap objects, and their stacks. */
	uint64_t heap_objects, heap_bytes, stack_bytes;
	uint64_t live_bytes;  /* in heap objects that the rest of the program reaches */
	/* How exact it was: frames whose every word was taken for a pointer, of all; objects whose
	 * pointers were not known. Such a guess can keep a leak from being found, never make
	 * one. */
	uint64_t frames, guessed_frames, guessed_objects;
	/* Goroutines that the runtime's own search had marked as leaked already, and of them those
	 * that were found reachable here. */
	uint64_t marked_by_runtime, disputed;
};

/* Computed at the first question and kept; a mark over the whole heap. Never NULL. */
const struct leaks *snapshot_leaks(const struct snapshot *snapshot);

/* Whether the runtime itself says, by its status, that the goroutine is leaked. */
static inline bool goroutine_marked_leaked(const struct goroutine *g)
{
	return g->status == G_LEAKED;
}

/* Whether the goroutine with that index is one of the leaked. */
static inline bool leaks_has(const struct leaks *leaks, uint32_t goroutine)
{
	size_t lo = 0, hi = leaks->count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (leaks->goroutines[mid] < goroutine)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < leaks->count && leaks->goroutines[lo] == goroutine;
}
