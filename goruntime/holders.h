#pragma once
/*
 * Who may hold a lock. Go's mutexes have no owner: what tells is the goroutine's stack. A function
 * on it that has called Lock and has not returned, with a pointer to the lock (or to the object
 * that the lock is part of) at hand, or code that names a global one.
 *
 * It errs both ways: a lock that was given back before the function went on looks held, and a
 * holder that keeps no pointer on its stack (a captured variable that it does not need any more) is
 * found only where no other one is left (`only`). `strong` says that in the order of the code more
 * was locked than unlocked before the place where the goroutine stands.
 */
#include "goruntime/snapshot.h"

struct lock_site { /* a lock that is asked for */
	uint64_t addr;
};

struct holder {
	size_t lock;	    /* index of the lock */
	uint32_t goroutine; /* index in the snapshot */
	const struct call *call; /* the function that locked */
	bool exact;	    /* what it has locked is this lock by its address, not just a part of the same object */
	bool strong;
	bool asks; /* it waits for this very lock */
	bool only; /* nothing of its stack names the lock, but no other goroutine has locked anything
		    * that is not accounted for: it holds this one or one that nobody waits for */
};

struct holders {
	struct holder *items; /* by lock, then goroutine; one for each pair */
	size_t count;
};

struct lock_suspect {
	uint32_t goroutine; /* index in the snapshot */
	size_t waits_for;   /* index of the lock that it asks for; NO_LOCK */
};

#define NO_LOCK SIZE_MAX

/* Looks at the stacks of SUSPECTS. What names the lock that a goroutine asks for, where it asks, is
 * no strong evidence that it holds it. Memory of ARENA. */
void holders_find(const struct snapshot *snapshot, const struct lock_site *locks, size_t lock_count,
		  const struct lock_suspect *suspects, size_t count, struct arena *arena,
		  struct holders *holders);

/* Whether a word of the goroutine's stack refers to what lies at ADDR, or to the object of the heap
 * that this is part of. */
bool stack_mentions(const struct snapshot *snapshot, const struct goroutine *g, uint64_t addr);

/* The slot of the Go heap that ADDR lies in, [*LO, *HI); false where it is not in one. Slots of the
 * tiny allocator, which hold unrelated things, are none. */
bool snapshot_heap_slot(const struct snapshot *snapshot, uint64_t addr, uint64_t *lo, uint64_t *hi);

/* The same with those of the tiny allocator; *NOSCAN: objects there have no pointers. */
bool snapshot_heap_bounds(const struct snapshot *snapshot, uint64_t addr, uint64_t *lo, uint64_t *hi,
			  bool *noscan);
