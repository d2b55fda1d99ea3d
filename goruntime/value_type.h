#pragma once
/*
 * A Go type for showing values, whatever told of it: the program's own descriptor, which is in
 * every binary for the types that its interfaces, maps and channels need, else DWARF. Where DWARF
 * names the descriptor of a type that one is taken: what follows from it needs no DWARF.
 *
 * Types are interned: one address for each type of one table. Memory of the table's arena.
 */
#include "formats/dwarf_frame.h"
#include "goruntime/gotype.h"

struct value_field {
	const char *name;
	const struct value_type *type; /* never NULL */
	uint64_t offset;
	bool embedded;
};

struct value_types;
struct module;

struct value_type {
	struct value_types *table; /* whose DWARF it is from */
	const char *name;    /* as reflect's Type.String() writes it */
	const char *package; /* path of the package of a named type, "" for others */
	enum go_kind kind;   /* KIND_INVALID: a type that cannot be read */
	uint64_t size;
	uint64_t descriptor;	 /* 0: none known */
	struct dwarf_type dwarf; /* offset 0: none known */
	bool direct;		 /* an interface holds the value itself */
	bool is_error, has_unwrap; /* by its method table: only of types with a descriptor */
	bool empty;		   /* an interface without methods */

	/* What it is made of, once value_type_parts() was asked. */
	bool parts_read, parts_good;
	const struct value_type *elem, *key;
	uint64_t length;
	const struct value_field *fields;
	size_t field_count;
};

/* DWARF may be NULL. Memory of ARENA, nothing to release. */
struct value_types *value_types_create(const struct snapshot *snapshot, const struct dwarf *dwarf,
				       struct arena *arena);
/* The same where DWARF is that of another MODULE than the first: of a plugin. */
struct value_types *value_types_create_of(const struct snapshot *snapshot, const struct dwarf *dwarf,
					  const struct module *module, struct arena *arena);

/* The type whose descriptor is at ADDR; NULL where there is none. */
const struct value_type *value_type_at(struct value_types *types, uint64_t addr);

/* The type at a place of the debug information; NULL where there is none. */
const struct value_type *value_type_of_dwarf(struct value_types *types, struct dwarf_type type);

/* Fills in what TYPE is made of. False where that is not known. */
bool value_type_parts(struct value_types *types, const struct value_type *type);

/* The type called NAME: "main.T", "*main.T", "[]int", "[4]int"; a name as reflect writes it or with
 * full package paths. Only types that DWARF tells of, or that are made of such. NULL. */
const struct value_type *value_type_named(struct value_types *types, const char *name);

/* *ELEM */
const struct value_type *value_type_pointer_to(struct value_types *types,
					       const struct value_type *elem);

/* []ELEM, and [LENGTH]ELEM */
const struct value_type *value_type_slice_of(struct value_types *types,
					     const struct value_type *elem);
const struct value_type *value_type_array_of(struct value_types *types,
					     const struct value_type *elem, uint64_t length);

/* Whether TYPE is NAME of package PACKAGE. */
bool value_type_is(const struct value_type *type, const char *package, const char *name);

/* The field NAME; NULL. */
const struct value_field *value_type_field(struct value_types *types,
					   const struct value_type *type, const char *name);

/* "int", "ptr", "struct": reflect's Kind.String(). */
const char *go_kind_name(enum go_kind kind);
