#pragma once
/* What the program calls a place in memory, by its debug information. */
#include "goruntime/snapshot.h"

struct memory_name {
	const char *path;     /* "main.lastOwner", "a.balance" */
	const char *type;     /* of the variable that leads there: "*main.account" */
	const char *function; /* whose variable it is; NULL: a package's */
};

/* The package-level variable that ADDR is part of, or, of an object of the heap, a pointer to it
 * among the variables of G's frames (G may be NULL: not looked for). False where neither is found.
 * Memory of ARENA. */
bool memory_name(const struct snapshot *snapshot, const struct goroutine *g, uint64_t addr,
		 struct arena *arena, struct memory_name *name);
