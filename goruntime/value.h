#pragma once
/*
 * Values of the program as trees that writers print: typed, with the text that Go's syntax has for
 * them. Bounded in depth, length and number, whatever the core says: links may run in circles and
 * lengths may be wild.
 *
 * Memory of the arena that was given to values_create(); names of types may be borrowed from the
 * files.
 */
#include "goruntime/value_type.h"

enum value_state {
	VALUE_OK,
	VALUE_OPTIMIZED_OUT, /* nowhere at this pc, or in a register that a call has overwritten */
	VALUE_NOT_IN_CORE,
	VALUE_UNREADABLE, /* its address is not mapped, or what is there cannot be such a value */
	VALUE_REDACTED,
};

struct value {
	const char *name;    /* as Go reaches it: "cfg", "[0]", "[\"key\"]", "*", "(main.T)" */
	const char *type;    /* as reflect's Type.String() writes it; "" if not known */
	const char *kind;    /* reflect's Kind.String(): "int", "ptr", "struct" */
	const char *text;    /* in Go's syntax; never NULL */
	uint64_t addr;	     /* of the value in memory, 0 if it is in none */
	enum value_state state;
	const struct value *children;
	size_t child_count;
	uint64_t children_left_out; /* how many more there are */
};

struct value_limits {
	unsigned depth;	   /* pointers, slices, maps, channels and closures followed in each other */
	unsigned elements; /* children of one value */
	size_t text;	   /* bytes of one text, about */
	size_t string;	   /* bytes of one string's text */
	size_t values;	   /* in one tree */
	bool redact;	   /* types and shapes in place of contents */
};

/* A typed place: in memory, or pieces that were put together. */
struct operand {
	const struct value_type *type;
	uint64_t addr;	      /* 0: only BYTES */
	const uint8_t *bytes; /* of the value; NULL: in memory at ADDR */
	const uint8_t *states; /* enum value_state of each byte; NULL: all are there */
};

struct values; /* what values are made with: types, arena, limits */

/* The snapshot's DWARF is used where there is any, and only opened then. */
struct values *values_create(const struct snapshot *snapshot, struct arena *arena,
			     const struct value_limits *limits);
struct value_types *values_types(struct values *values);
const struct snapshot *values_snapshot(const struct values *values);

/* The tree of what is at OPERAND, called NAME. */
void value_make(struct values *values, const char *name, const struct operand *operand,
		struct value *value);

/* The tree of the value that P was raised with, as an interface {}; of what its record holds now
 * where that is all there is. False where there is neither. */
bool value_of_panic(struct values *values, const struct panic_record *p, struct value *value);

/* The tree of the func value that points to CLOSURE: its name, and what it has captured. */
void value_of_closure(struct values *values, uint64_t closure, struct value *value);

/* N bytes at OFFSET of OPERAND. */
enum value_state operand_read(const struct values *values, const struct operand *operand,
			      uint64_t offset, void *to, size_t n);
enum value_state operand_u64(const struct values *values, const struct operand *operand,
			     uint64_t offset, uint64_t *word);

/* The part of type TYPE at OFFSET of OPERAND. */
struct operand operand_part(const struct operand *operand, uint64_t offset,
			    const struct value_type *type);
/* What is of TYPE at ADDR. */
struct operand operand_at(uint64_t addr, const struct value_type *type);

/* The dynamic value of an interface; its type is NULL for a nil one. */
enum value_state operand_dynamic(struct values *values, const struct operand *interface,
				 struct operand *dynamic);

const char *value_state_name(enum value_state state); /* "ok", "optimized-out", ... */
