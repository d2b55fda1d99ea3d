#pragma once
/*
 * Whether places in code that somebody wrote down (a log) are of this program: function, file, line
 * and offset of the pc in the function, held against its symbol table.
 */
#include "goruntime/snapshot.h"

struct code_place {
	const char *function; /* as the table has it */
	const char *file;     /* compared without directories, which a build may map */
	int32_t line;
	uint64_t offset;
	bool known; /* there is such a function */
	bool fits;  /* and its code at OFFSET is of that file and line, the function itself or
		       inlined */
};

/* Fills in what is said of each. Walks the functions of the program once. */
void code_places_check(const struct snapshot *snapshot, struct code_place *places, size_t count);
