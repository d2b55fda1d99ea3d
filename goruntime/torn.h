#pragma once
/*
 * Values of more than one word whose words do not belong together: what a goroutine sees that reads
 * one while another writes it. Only what no correct program has: a slice longer than its capacity,
 * a string or slice that reaches beyond the object of the heap that its address is in, or that has
 * a length but no address, an interface whose data is too small for its type, or in memory without
 * pointers though its type has some. What is no value at all (a slot that was used for something
 * else) is not told of.
 */
#include "goruntime/snapshot.h"

struct torn_value {
	const char *path;		 /* "s.items" */
	const char *type;		 /* its static type */
	const struct trace_frame *frame; /* whose variable leads to it */
	uint64_t addr;
	const char *text; /* what is wrong with it, a clause */
	bool shared; /* it lies in the heap or a global variable: another goroutine may be writing
			it */
};

enum { TORN_MAX = 8 };

/* Looks at the variables in memory of the culprit's frames, from the one that is to blame on, and
 * at what their pointers point to. At most TORN_MAX into VALUES; how many. Needs DWARF. Memory of
 * ARENA. */
size_t torn_values_find(const struct snapshot *snapshot, struct arena *arena,
			struct torn_value values[TORN_MAX]);

/* False where variables are not known: there is no debug information of the code that is to
 * blame. */
bool torn_values_known(const struct snapshot *snapshot);

struct values;
struct operand;

/* The same of one variable called PATH: of what OPERAND is made of, and of what it points to where
 * it is a pointer. Memory of the arena of V. The results name no frame. */
size_t torn_values_at(struct values *v, const char *path, const struct operand *operand,
		      struct torn_value values[TORN_MAX]);
