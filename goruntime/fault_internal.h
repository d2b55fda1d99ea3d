#pragma once
/* What the parts of fault.c share. */
#include "formats/disasm.h"
#include "formats/dwarf_vars.h"
#include "goruntime/private.h"

struct site { /* the code around the fault */
	const struct snapshot *s;
	struct disasm *disasm;
	const struct code *code; /* the function, NULL if not Go */
	struct bytes bytes;	 /* from the fault on to the function's end */
	uint64_t pc;
};

/* An access through the pointer that a nil check looked at. */
struct checked_access {
	int64_t offset;	/* from the pointer, an index left out */
	bool indexed;	/* an index is added */
	bool write;
	unsigned bytes; /* 0: not known */
	struct instruction insn;
	const struct disasm_memory *memory; /* in INSN; NULL where it is a call that checks the
					     * access: racewrite, asanread, ... */
};

/* The next access through POINTER behind the nil check FROM, followed through copies, sums and the
 * branches of bounds checks; false where none is near or control leaves. */
bool fault_next_access(const struct site *site, const struct instruction *from, unsigned pointer,
		       struct checked_access *access);

/* In which a closure's address is passed (cmd/compile/abi-internal.md). */
unsigned fault_closure_register(const struct arch *arch);

/* The last instruction before PC that writes REG, where control can only have come straight from
 * it: no jump into what lies between. */
bool fault_definition(const struct site *site, uint64_t pc, unsigned reg,
		      struct instruction *found);

/* What DWARF calls the pointer in REG at PC, and what lies OFFSET behind it: fills the pointer,
 * pointer_type, expression, field and through_array of OUT as far as they are known. */
void fault_name(const struct site *site, uint64_t pc, unsigned reg, bool with_field,
		int64_t offset, bool indexed, struct arena *arena, struct fault_insn *out);
