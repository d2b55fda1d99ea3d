#pragma once
/*
 * Which Go variable a machine word is, and which field lies behind it: what turns "load at 0x18
 * from rax" into `p.cfg.Timeout: load at offset 0x18 of a nil *Config`. Everything by the
 * executable's DWARF: location lists and types (cmd/internal/dwarf, cmd/compile/internal/ssa
 * debug.go).
 *
 *	struct dwarf_word base, field;
 *	dwarf_word_in_register(dwarf, pc, AMD64_RAX, arena, &base)  base.path "p"
 *	dwarf_word_behind(dwarf, &base, 0x10, arena, &field)        field.path "p.cfg"
 *	dwarf_word_behind(dwarf, &field, 0x18, arena, &field)       field.path "p.cfg.Timeout"
 *
 * The first answers for the register that the faulting instruction used as base; where that one
 * was itself loaded by `mov rcx, [rax+0x10]`, the caller scans back, asks for rax at that earlier
 * instruction, and goes on with dwarf_word_behind().
 *
 * Only in the innermost frame, or one stopped by a signal, do registers hold variables; in a caller
 * only memory does. Addresses are the executable's own, without bias. Text lives in the arena.
 */
#include "formats/dwarf.h"

/* reflect.Kind, and 0 for what is no Go type. */
enum dwarf_kind {
	DWARF_KIND_NONE,
	DWARF_KIND_COMPLEX64 = 15,
	DWARF_KIND_COMPLEX128 = 16,
	DWARF_KIND_ARRAY = 17,
	DWARF_KIND_CHAN = 18,
	DWARF_KIND_FUNC = 19,
	DWARF_KIND_INTERFACE = 20,
	DWARF_KIND_MAP = 21,
	DWARF_KIND_POINTER = 22,
	DWARF_KIND_SLICE = 23,
	DWARF_KIND_STRING = 24,
	DWARF_KIND_STRUCT = 25,
	DWARF_KIND_UNSAFE_POINTER = 26,
};

/* A type, by its place in the debug information. 0: none. */
struct dwarf_type {
	uint64_t offset;
};

/* Which part of a value a word is. */
enum dwarf_part {
	DWARF_WHOLE,	     /* the value, or of a pointer, map, channel, function: the pointer */
	DWARF_DATA,	     /* word 0 of a string or slice: address of its bytes or elements */
	DWARF_LENGTH,	     /* word 1 */
	DWARF_CAPACITY,	     /* word 2 */
	DWARF_DYNAMIC_TYPE,  /* word 0 of an interface: *itab or *type; nil in a nil interface */
	DWARF_DYNAMIC_VALUE, /* word 1 */
};

struct dwarf_word {
	const char *path;      /* as in Go source: "p", "p.cfg.items[3]", "len(s)" */
	const char *type_name; /* of the value that PATH is (of S in "len(s)"): "*main.Config" */
	struct dwarf_type type;
	enum dwarf_kind kind; /* of that type */
	enum dwarf_part part;
	bool escaped;	/* the variable moved to the heap; this word is the address of its cell, and
			 * PATH is the variable's name, not the pointer's */
	bool parameter; /* the variable is an argument or result */
	uint64_t size;	/* bytes of the part that was asked for, at most 8 */
};

/* The variable, or the part of one, that register NUMBER (DWARF numbering) holds at PC, before the
 * instruction there is executed. Of several the one of the innermost block or inlined call, and
 * pointers before others. False if DWARF names none. */
bool dwarf_word_in_register(const struct dwarf *dwarf, uint64_t pc, unsigned number,
			    struct arena *arena, struct dwarf_word *word);

/* The same for the word at OFFSET from the frame's CFA (the address behind the return address). */
bool dwarf_word_in_frame(const struct dwarf *dwarf, uint64_t pc, int64_t offset,
			 struct arena *arena, struct dwarf_word *word);

/* The same for the word at OFFSET in the closure that the function at PC was called with (in rdx or
 * x26 at its start): a captured variable. Only Go 1.23 and later tell. */
bool dwarf_word_in_closure(const struct dwarf *dwarf, uint64_t pc, uint64_t offset,
			   struct arena *arena, struct dwarf_word *word);

/* The word at ADDR in a package-level variable: "main.server.cfg". */
bool dwarf_word_in_data(const struct dwarf *dwarf, uint64_t addr, struct arena *arena,
			struct dwarf_word *word);

/* What lies DISPLACEMENT bytes behind the address that BASE holds: a field ("p.cfg.Timeout"), an
 * element ("s[3]"), a part ("len(p.items)"). False where BASE is not the address of Go data whose
 * type is known, or where the displacement is beyond it or in padding. FIELD may be BASE. */
bool dwarf_word_behind(const struct dwarf *dwarf, const struct dwarf_word *base,
		       uint64_t displacement, struct arena *arena, struct dwarf_word *field);

/* The type that a pointer, or the data word of a slice, string, array pointer or map, points to;
 * none (offset 0) for other types. */
struct dwarf_type dwarf_type_target(const struct dwarf *dwarf, struct dwarf_type type);

/* Of a type found by its name as Go and DWARF write it ("main.Config"): the innermost field at
 * OFFSET. FIELD's path is relative: "cfg.Timeout". */
bool dwarf_type_find(const struct dwarf *dwarf, const char *name, struct dwarf_type *type);
bool dwarf_type_field(const struct dwarf *dwarf, struct dwarf_type type, uint64_t offset,
		      struct arena *arena, struct dwarf_word *field);

/* Size of its values, 0 if not known. */
uint64_t dwarf_type_size(const struct dwarf *dwarf, struct dwarf_type type);
