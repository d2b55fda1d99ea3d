#pragma once
/*
 * Faults that hit the runtime's own code, where they cannot become a panic: in the allocator, the
 * collector or the stack walker they prove that what these work on is damaged.
 */
#include "goruntime/snapshot.h"

/* What the runtime worked on when it failed: its own, so that nobody else should have written it.
 */
struct runtime_work {
	const char *function; /* how its name begins */
	const char *kind;     /* of memory-corruption */
	const char *on;	      /* "the heap" */
	enum {
		WORK_OF_ANY,	   /* the function, or what it called, failed */
		WORK_OF_ITSELF,	   /* says so only of the function that failed itself */
		WORK_ON_OWN_ALONE, /* and that follows none of the program's pointers */
	} whose;
};

/* Whether the runtime's own code panicked, as an index or a division, where it cannot (panic.go
 * panicCheck1). */
bool panic_is_in_runtime(const struct snapshot *snapshot);

/* What the runtime worked on when it ended the process by a fault of its own code (a fatal signal
 * on a system stack, the throw "unexpected signal during runtime execution", a fault for which its
 * handler could not even begin), or by such a panic. NULL: it did not, or the innermost frames
 * speak for nothing. */
const struct runtime_work *runtime_work_failed(const struct snapshot *snapshot,
					       struct arena *arena);
