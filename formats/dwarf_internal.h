#pragma once
/* What dwarf.c, dwarf_type.c and dwarf_vars.c share. The only header that includes libdw. */
#include <elfutils/libdw.h>

#include "base/str.h"
#include "base/vec.h"
#include "formats/dwarf.h"
#include "formats/dwarf_frame.h"
#include "formats/dwarf_vars.h"
#include "formats/elfhandle.h"

enum {
	DWARF_PEEL_MAX = 64,   /* typedefs of typedefs */
	DWARF_NEST_MAX = 64,   /* structs in structs */
	DWARF_LEVELS_MAX = 256, /* calls inlined in each other */
	DWARF_BLOCKS_MAX = 128, /* of one function that hold one pc */
	DWARF_OPERATIONS_MAX = 64,
	DWARF_RANGES_MAX = 1 << 16, /* of one unit */
};

/* Go's own attributes (cmd/internal/dwarf/dwarf.go). */
enum {
	DW_AT_go_kind = 0x2900,
	DW_AT_go_key = 0x2901,
	DW_AT_go_elem = 0x2902,
	DW_AT_go_embedded_field = 0x2903,
	DW_AT_go_runtime_type = 0x2904,
	DW_AT_go_dict_index = 0x2906,
	DW_AT_go_closure_offset = 0x2907,
};

enum dwarf_name_kind { DWARF_NAME_TYPE, DWARF_NAME_VARIABLE };

struct dwarf_name {
	const char *name; /* in the section's memory */
	Dwarf_Off offset;
	enum dwarf_name_kind kind;
};

struct dwarf_index {
	bool made;
	VEC(struct dwarf_name) names; /* sorted by kind, name, offset */
};

/* Code of a unit. */
struct dwarf_range {
	uint64_t lo, hi;
	Dwarf_Off unit; /* its DIE */
};

struct dwarf_constant {
	const char *name; /* in the section's memory */
	Dwarf_Off type;
	uint64_t value;
};

struct dwarf_constants {
	struct dwarf_constant *items;
	size_t count, room;
};

struct dwarf_package { /* one whose constants were asked for */
	char *name;
	struct dwarf_constants constants;
};

/* What the first question makes. */
struct dwarf_state {
	bool opened;
	struct elfhandle handle;
	Dwarf *dbg; /* NULL: unreadable */
	struct dwarf_index runtime, others;
	bool ranges_made;
	VEC(struct dwarf_range) ranges; /* sorted */
	VEC(struct dwarf_package) packages;
};

struct dwarf {
	const struct elffile *elf;
	struct dwarf_state *state;
};

void dwarf_release_constants(struct dwarf_state *state);

/* NULL if the sections cannot be read. */
Dwarf *dwarf_handle(const struct dwarf *dwarf);

/* The DIE of a type or variable of package level. */
bool dwarf_find(const struct dwarf *dwarf, enum dwarf_name_kind kind, const char *name,
		Dwarf_Die *die);

/* Makes both indexes. False without readable DWARF. */
bool dwarf_index_all(const struct dwarf *dwarf);

/* The package-level variable that ADDR lies in, and where in it. */
bool dwarf_variable_at(const struct dwarf *dwarf, uint64_t addr, Dwarf_Die *variable,
		       uint64_t *offset);

/* The function whose code PC is. */
bool dwarf_subprogram_at(const struct dwarf *dwarf, uint64_t pc, Dwarf_Die *subprogram);

/* Whether it is a variable or parameter. */
bool dwarf_is_variable(int tag);

/*
 * What holds a pc of one function, or of one call inlined in it: its body and the blocks in it, an
 * outer one before those in it, and the call that is inlined there. Go puts inlined calls beside
 * the blocks that they are made in, not into them (cmd/internal/dwarf putInlinedFunc): a block that
 * holds the pc does not mean that no call beside it does.
 */
struct dwarf_body {
	Dwarf_Die blocks[DWARF_BLOCKS_MAX];
	unsigned depths[DWARF_BLOCKS_MAX]; /* 0: the body */
	size_t count;
	Dwarf_Die call;
	bool has_call;
};

/* FUNCTION is a subprogram, or an inlined call. */
void dwarf_body_at(Dwarf_Die *function, uint64_t pc, struct dwarf_body *body);

/* The DIE that attribute ATTRIBUTE of DIE refers to. */
bool dwarf_follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to);

/* Follows typedefs and qualifiers to what TYPE is made of. False if that has no end. */
bool dwarf_peel(Dwarf_Die *type, Dwarf_Die *to);

/* Follows typedefs to the DIE that states the kind, or to what is no typedef. */
bool dwarf_find_kind(Dwarf_Die *type, Dwarf_Die *to, enum dwarf_kind *kind);

/* The name as Go has it: of a type parameter, that of its shape. */
const char *dwarf_go_name(Dwarf_Die *type);

/* What a pointer type points to. */
bool dwarf_pointer_target(Dwarf_Die *pointer, Dwarf_Die *target);

/* The DIE of a type; false where it is none. */
bool dwarf_open_type(const struct dwarf *dwarf, struct dwarf_type type, Dwarf_Die *die);

/* Size of a value of TYPE; false where DWARF does not tell. */
bool dwarf_size_of(Dwarf_Die *type, uint64_t *size);

/* The kind that DIE itself states; what a typedef stands for counts only where it says nothing. */
enum dwarf_kind dwarf_kind_of(Dwarf_Die *type);

/* DW_AT_data_member_location, a constant. */
bool dwarf_member_offset(Dwarf_Die *member, uint64_t *offset);

/* An attribute that is an unsigned constant. */
bool dwarf_number(Dwarf_Die *die, unsigned attribute, uint64_t *number);

/* DIE's name, "" if it has none. */
const char *dwarf_name_of(Dwarf_Die *die);

/* The first child of DIE with tag TAG, or the next such sibling. */
bool dwarf_first(Dwarf_Die *die, int tag, Dwarf_Die *child);
bool dwarf_next(Dwarf_Die *die, int tag, Dwarf_Die *next);

struct dwarf_operation {
	uint8_t atom;
	uint64_t number; /* the operand, sign-extended */
};

struct dwarf_location {
	struct dwarf_operation operations[DWARF_OPERATIONS_MAX];
	size_t count; /* 0: optimized away */
};

/* Where DIE's DW_AT_location says that it is at PC. False if nowhere, or not understood. */
bool dwarf_location_at(Dwarf_Die *die, uint64_t pc, struct dwarf_location *location);

/* The offset in VARIABLE, which is of TYPE, of each piece of LOCATION, which is of VARIABLE; of a
 * location without pieces, OFFSETS[0], which is 0. False where it is not told which parts of the
 * value they are. */
bool dwarf_piece_offsets(Dwarf_Die *variable, Dwarf_Die *type, const struct dwarf_location *location,
			 uint64_t offsets[DWARF_OPERATIONS_MAX]);

/* The register that a DW_OP_regN or DW_OP_regx names; false for other operations. */
bool dwarf_register_of(const struct dwarf_operation *operation, unsigned *number);

/* The word at OFFSET in a value of TYPE, which PATH names; selectors are added to PATH. */
bool dwarf_word_at(Dwarf_Die *type, uint64_t offset, struct str *path, struct arena *arena,
		   struct dwarf_word *word);

/* The word of the variable "&NAME": POINTER, its type, points to the cell of NAME on the heap. */
bool dwarf_escaped_word(Dwarf_Die *pointer, const char *name, struct arena *arena,
			struct dwarf_word *word);
