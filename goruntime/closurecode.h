#pragma once
/*
 * Where the function of a closure finds its captured variables, by its code and its DWARF: the
 * closure is in the context register (cmd/compile/internal/ssagen/ssa.go, OpGetClosurePtr), and
 * what a variable's place holds right behind a load is the word that was loaded. For what DWARF
 * itself does not say: until Go 1.22 nothing, since then not whether a variable's address is in the
 * closure or the variable. A part of goruntime.
 */
#include "formats/dwarf_frame.h"
#include "goruntime/private.h"

enum { CLOSURE_OFFSETS_MAX = 64 };

enum closure_origin_kind {
	CLOSURE_UNKNOWN,
	CLOSURE_LOADED,	 /* the place of the local holds what lies at `offset` of the closure */
	CLOSURE_PLACE,	 /* the place of the local holds the address of `offset` of the closure */
	CLOSURE_DIFFERS, /* one thing here, another there */
};

struct closure_origin { /* of a local of the function */
	enum closure_origin_kind kind;
	uint64_t offset;
};

struct closure_code {
	const struct dwarf_local *locals; /* of the function's outermost block, at its entry */
	struct closure_origin *origins;	  /* of each */
	size_t count;
	uint64_t offsets[CLOSURE_OFFSETS_MAX]; /* of the closure that the code reads or points to */
	size_t offset_count;
};

/* Reads the code of the function of CODE; without DWARF, whose addresses are lower by BIAS, only
 * the offsets. Memory of ARENA. */
void closure_code_read(const struct snapshot *snapshot, const struct dwarf *dwarf, uint64_t bias,
		       const struct code *code, struct arena *arena, struct closure_code *closure);

struct closure_made; /* closuretype.h */

/* Calls VISIT for each variable in scope whose value the code that makes the closures puts at
 * OFFSET of a new one, by the register or the stack slot that it is stored from. */
void closure_maker_locals(const struct snapshot *snapshot, const struct dwarf *dwarf, uint64_t bias,
			  const struct closure_made *made,
			  void (*visit)(void *data, const struct dwarf_local *local,
					uint64_t offset),
			  void *data);
