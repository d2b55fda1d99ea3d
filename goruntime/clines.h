#pragma once
/* Source lines of C code, as the DWARF of each mapped file has them. A part of goruntime. */
#include "formats/dwarf_calls.h"
#include "goruntime/private.h"

/* The calls at LOOKUP_PC of OBJECT, which lies BIAS above its own addresses. Opens the file's DWARF
 * at the first question. False where there is none, or none that knows this code. */
bool c_lines_at(const struct snapshot *snapshot, const struct elffile *object, uint64_t bias,
		uint64_t lookup_pc, struct arena *arena, struct dwarf_calls *calls);

void c_lines_close(struct c_lines *lines);
