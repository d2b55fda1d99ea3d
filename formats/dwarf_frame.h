#pragma once
/*
 * The variables of a function at a pc, and what DWARF says of their types: for showing values.
 * (dwarf_vars.h answers the reverse question, which variable a word is.) Written by
 * cmd/compile/internal/dwarfgen and cmd/link/internal/ld/dwarf.go.
 *
 * Addresses are the executable's own, without bias. Names are borrowed from the debug sections and
 * live as long as DWARF; lists are of the arena given.
 */
#include "formats/dwarf_vars.h"

enum dwarf_piece_kind {
	DWARF_PIECE_LOST,     /* optimized away */
	DWARF_PIECE_REGISTER, /* in register `where` (DWARF numbering) */
	DWARF_PIECE_FRAME,    /* in memory, `where` (signed) bytes from the CFA */
	DWARF_PIECE_DATA,     /* in memory at address `where` */
};

struct dwarf_piece {
	enum dwarf_piece_kind kind;
	uint64_t where;
	uint64_t offset, size; /* the bytes of the value that are there */
};

struct dwarf_local {
	const char *name;
	struct dwarf_type type; /* of what is called NAME, be it on the heap */
	bool escaped;		/* the pieces hold the address of its cell on the heap */
	bool parameter, result;
	bool captured; /* by value, at closure_offset in the closure (from Go 1.23 on) */
	uint64_t closure_offset;
	/* Calls inlined in the function that have a variable declared so, and what the last is a
	 * call of: see dwarf_settle_cells(). */
	unsigned inlined_calls;
	uint64_t inlined_origin;
	bool optimized; /* its place changes with the pc: where there is none it has no value */
	uint64_t line;	/* of its declaration, 0 if not known */
	unsigned depth; /* of its block: a deeper one hides a name of an outer one */
	struct dwarf_piece *pieces;
	size_t piece_count; /* 0: nowhere at this pc */
};

/* One function of those at a pc: what was inlined has scopes of its own. */
struct dwarf_scope {
	const char *function; /* "main.(*T).M", "main.Map[go.shape.int]" */
	uint64_t origin;      /* of a call that is inlined: what is called, by its place; else 0 */
	struct dwarf_local *locals;
	size_t count;
};

struct dwarf_scopes {
	struct dwarf_scope
		*items; /* the function itself first, then each call inlined in the last */
	size_t count;
};

/* The scopes at PC. EXACT: PC is where the frame stands, and registers count. Else PC is one less
 * than a return address, and registers are lost: no register survives a call in Go, but what is in
 * memory from the return address on was put there before the call. */
bool dwarf_scopes_at(const struct dwarf *dwarf, uint64_t pc, bool exact, struct arena *arena,
		     struct dwarf_scopes *scopes);

/* The cell of a variable of a call that is inlined stands among the function's own variables
 * (cmd/compile/internal/ssagen/ssa.go setHeapaddr). Counts the inlined calls that each cell may be
 * of, and adds it to that call's scope where it can be of no other. SCOPES are those of PC. */
void dwarf_settle_cells(const struct dwarf *dwarf, uint64_t pc, struct arena *arena,
			struct dwarf_scopes *scopes);

struct dwarf_type_facts {
	const char *name;     /* as DWARF has it, with full package paths */
	enum dwarf_kind kind; /* reflect.Kind */
	uint64_t size;
	uint64_t descriptor; /* of the runtime's own type, from moduledata.types; 0: not kept */
	struct dwarf_type element, key; /* offset 0: none */
	uint64_t length;		/* of an array */
	bool empty_interface;		/* without methods */
	bool parameter;			/* a type parameter: ... */
	uint64_t dictionary_index;	/* ... its word in the function's dictionary */
};

bool dwarf_type_facts(const struct dwarf *dwarf, struct dwarf_type type,
		      struct dwarf_type_facts *facts);

/* The name of the constant of PACKAGE ("net/http") that is of its TYPE ("net/http.ConnState") and
 * has VALUE in its lowest SIZE bytes: "net/http.StateIdle". NULL where there is none, or which is
 * meant is not clear: of several one that is exported is. A type with one constant alone has none.
 * Borrowed from the debug information. */
const char *dwarf_constant_name(const struct dwarf *dwarf, const char *package, const char *type,
				uint64_t value, uint64_t size);

struct dwarf_field_facts {
	const char *name;
	struct dwarf_type type;
	uint64_t offset;
	bool embedded;
};

/* The fields of a struct; false where TYPE is none. */
bool dwarf_type_fields(const struct dwarf *dwarf, struct dwarf_type type, struct arena *arena,
		       struct dwarf_field_facts **fields, size_t *count);

/* The package-level variable that ADDR, without bias, is part of, and where in it. NAME is borrowed
 * from the debug information. */
bool dwarf_global_at(const struct dwarf *dwarf, uint64_t addr, const char **name,
		     struct dwarf_type *type, uint64_t *offset);

/* The package-level variable NAME: "main.server". */
bool dwarf_global(const struct dwarf *dwarf, const char *name, uint64_t *addr,
		  struct dwarf_type *type);
