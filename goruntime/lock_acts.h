#pragma once
/* Where the code of a function locks and unlocks what package sync has. */
#include "goruntime/code.h"
#include "goruntime/snapshot.h"

enum { LOCK_ACTS_MAX = 64 };

/* Where the lock is that an act is about, as far as its code tells (amd64). */
enum lock_place {
	LOCK_PLACE_UNKNOWN,
	LOCK_PLACE_OFFSET, /* OFFSET bytes from a pointer that the code has in a register */
	LOCK_PLACE_GLOBAL, /* at ADDR */
};

struct lock_act {
	uint64_t pc;
	bool unlocks;
	enum lock_place place;
	int64_t offset;
	uint64_t addr;
};

struct lock_acts {
	size_t count;
	struct lock_act items[LOCK_ACTS_MAX];
};

struct disasm;

/* What the function at CODE does, in the order of its code, up to and with the instruction at PC;
 * the first LOCK_ACTS_MAX. Calls that were inlined count once. Nothing of a function that is very
 * long or not in the core. */
void lock_acts_read(const struct snapshot *snapshot, struct disasm *disasm, const struct code *code,
		    uint64_t pc, struct lock_acts *acts);
