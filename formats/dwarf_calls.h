#pragma once
/*
 * Which functions a pc lies in, with source lines, as DWARF has it: of C code, whose calls no other
 * table tells. Addresses are the file's own, without bias.
 */
#include "formats/dwarf.h"

struct dwarf_call {
	const char *function; /* "" if it has no name */
	const char *file;     /* with the directory as the compiler wrote it; "" if not known */
	int32_t line;	      /* 0: not known */
	bool inlined;
};

struct dwarf_calls {
	struct dwarf_call *items; /* innermost first; the last is the function itself */
	size_t count;
};

/* False where no unit has a function at PC. Names are borrowed from the debug sections and live as
 * long as DWARF; the list is of ARENA. */
bool dwarf_calls_at(const struct dwarf *dwarf, uint64_t pc, struct arena *arena,
		    struct dwarf_calls *calls);
