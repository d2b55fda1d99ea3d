#pragma once
/*
 * Deferred calls of a goroutine that have not run: those in its list (runtime._defer), and those
 * that the compiler keeps in the frame (open-coded: a byte of bits and a slot for each; panic.go
 * initOpenCodedDefers, to 1.21 runOpenDeferFrame). What a range-over-func body has deferred is in a
 * list of its own (since 1.22; panic.go deferrangefunc).
 */
#include "goruntime/snapshot.h"

struct deferred {
	const struct call *call; /* the function that would have run; NULL: not readable */
	const struct call *target; /* what CALL is only the compiler's wrapper of; NULL: it is none, or
				    * its call is not clear */
	const struct call *by;	 /* who deferred it; NULL: not on the stack */
	uint64_t fn;		 /* the func value */
	bool started; /* it is running (known to 1.21) */
};

enum { DEFERS_KEPT = 32 };

struct defers { /* in the order in which they would have run */
	struct deferred items[DEFERS_KEPT];
	size_t count;
	uint64_t total;
	bool cut; /* the list could not be followed to its end */
};

void goroutine_defers(const struct snapshot *snapshot, const struct goroutine *g,
		      struct defers *defers);
