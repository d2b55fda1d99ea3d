#pragma once
/* Goroutines' stacks that cannot be walked to their end since a return address on them is none. */
#include "goruntime/snapshot.h"

struct broken_stack {
	uint32_t goroutine;
	uint64_t slot;	/* where the return address lies */
	uint64_t value; /* what it is */
	const struct call *call; /* the function that would return there; NULL: not known */
	bool landed; /* control was at VALUE, and a fault hit there: no return address lies at SLOT
		      */
	const char *words; /* those around the slot, for a person; NULL: not there, or redacted */
	struct trace trace; /* down to that function */
};

/* The first ROOM of them; how many there are. Walks all stacks. Memory of ARENA. */
size_t snapshot_broken_stacks(const struct snapshot *snapshot, struct arena *arena,
			      struct broken_stack *stacks, size_t room);

/* Whether the culprit's fault came of a return to an address that is none. A `ret` that the CPU
 * refused tells which function returned. Where the fault hit at the address itself, CALL is NULL: a
 * return it was nevertheless, as a call would have left a return address on top of the stack. Only
 * on CPUs that return by the stack. Of a return to 0 what lay around is not known: SLOT has been
 * written over since. Memory of ARENA. */
bool death_bad_return(const struct snapshot *snapshot, struct arena *arena,
		      struct broken_stack *broken);

struct bad_record { /* of a goroutine that says of its stack what cannot be */
	uint32_t goroutine;
	const char *text; /* a sentence */
};

/* The first ROOM of them; how many there are. Memory of ARENA. */
size_t snapshot_bad_records(const struct snapshot *snapshot, struct arena *arena,
			    struct bad_record *records, size_t room);

/* Whether the stack pointer of the code of Go's that faulted, *SP, is none: nothing is mapped
 * there, and it is not below a stack of the thread that is used up. Not told of a core that is
 * cut. */
bool death_wild_sp(const struct snapshot *snapshot, uint64_t *sp);

/* "the frame of main.f, goroutine 7" of a stack word; NULL where it is in no goroutine's stack. A
 * word that is in use by no frame says so. */
const char *stack_word_place(const struct snapshot *snapshot, uint64_t addr, struct arena *arena);
