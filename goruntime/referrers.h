#pragma once
/*
 * What holds a number: registers, words of stacks, global variables, objects of the heap. For a
 * person who asks where a bad pointer came from; whether such a word is a pointer at all is not
 * asked. Reads the heap, so it is for the death of a process only, and once.
 */
#include "goruntime/snapshot.h"

enum referrer_kind {
	REFERRER_REGISTER, /* at the fault */
	REFERRER_STACK,	   /* between a goroutine's stack pointer and the end of its stack */
	REFERRER_GLOBAL,
	REFERRER_HEAP,
	REFERRER_KINDS,
};

struct referrer {
	enum referrer_kind kind;
	uint64_t at; /* address of the word; 0: a register */
	uint64_t value;
	uint32_t goroutine; /* whose stack, or registers; NO_INDEX */
	const char *text; /* a clause: "rcx at the fault", "the word at 0x... in the frame of main.f" */
	struct heap_slot slot;	 /* of the heap: which object has the word */
	/* How many bytes like VALUE stand in front of the word without a gap, beginning in the slot
	 * below: whoever wrote these may have written on into this object. 0: none there. */
	uint64_t run_over;
};

enum { REFERRERS_KEPT = 4 }; /* of each kind: those at the lowest addresses, of the heap allocated ones first */

struct referrers {
	struct referrer items[REFERRER_KINDS * REFERRERS_KEPT]; /* in the order of kinds */
	size_t count;
	uint64_t found[REFERRER_KINDS];
	uint64_t heap_bytes, heap_read; /* in use; of these looked through: a limit, or holes in the core */
};

enum { REFERRERS_ALL = (1 << REFERRER_KINDS) - 1 };

/* Finds words with values in [LO, HI), of those kinds (bits 1 << kind). The records in which the
 * runtime keeps the fault itself do not count. Memory of ARENA. */
void snapshot_referrers(const struct snapshot *snapshot, uint64_t lo, uint64_t hi, unsigned kinds,
			struct arena *arena, struct referrers *referrers);

/* What snapshot_referrers() tells of the word of the heap at AT, which is VALUE. */
void referrer_of_heap_word(const struct snapshot *snapshot, uint64_t at, uint64_t value,
			   struct arena *arena, struct referrer *item);
