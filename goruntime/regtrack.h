#pragma once
/*
 * What registers and stack slots hold while code is read in the order of its addresses: addresses
 * that the code forms, pointers that its reader has named, and what is loaded through these. What
 * holds is true of the path that falls through to where the reader is. A part of goruntime.
 */
#include "formats/disasm.h"

enum tracked_kind {
	TRACKED_NOTHING, /* not known */
	TRACKED_ADDRESS, /* the number itself */
	TRACKED_STACK,	 /* the stack pointer and NUMBER */
	TRACKED_POINTER, /* OBJECT, named by the reader, and NUMBER bytes */
	TRACKED_WORD,	 /* BYTES that were loaded NUMBER bytes behind OBJECT */
	TRACKED_SLOT,	 /* BYTES that were loaded NUMBER bytes from the stack pointer: not known which */
};

struct tracked {
	enum tracked_kind kind;
	uint64_t object;
	uint64_t number;
	unsigned bytes;
};

enum { TRACKED_REGISTERS = 32, TRACKED_SLOTS = 64 };

struct tracked_slot {
	uint64_t place; /* from the stack pointer */
	struct tracked value;
};

struct regtrack {
	const struct arch *arch;
	struct tracked registers[TRACKED_REGISTERS];
	struct tracked_slot slots[TRACKED_SLOTS];
	unsigned next_slot;
};

void regtrack_init(struct regtrack *track, const struct arch *arch);
void regtrack_set(struct regtrack *track, unsigned reg, struct tracked value);
struct tracked regtrack_register(const struct regtrack *track, unsigned reg);

/* What was stored at PLACE from the stack pointer. */
struct tracked regtrack_slot(const struct regtrack *track, uint64_t place);

/* The address that the memory operand of INSN is at, with the registers as they are before it. */
struct tracked regtrack_place(const struct regtrack *track, const struct instruction *insn);

/* Goes over INSN. Behind a call only the slots are known; behind what does not go on, nothing
 * is. */
void regtrack_step(struct regtrack *track, const struct instruction *insn);
