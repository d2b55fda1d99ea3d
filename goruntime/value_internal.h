#pragma once
/* What the files that make values share. Not for other layers. */
#include "base/str.h"
#include "base/table.h"
#include "base/vec.h"
#include "goruntime/maps.h"
#include "goruntime/private.h"
#include "goruntime/value.h"

struct module_types { /* of a plugin or a shared library */
	struct module_types *next;
	const struct dwarf *dwarf;
	struct value_types *types;
};

struct values {
	const struct snapshot *snapshot;
	const struct dwarf *dwarf;
	struct arena *arena;
	struct value_types *types;
	struct module_types *others; /* of modules whose frames were looked at */
	struct table closures; /* struct closure_shape by the entry of the function */
	struct value_limits limits;
	size_t left;	    /* values that may still be made */
	unsigned nesting;   /* of values in each other */
	bool in_error;	    /* within an error that an error wraps */
};

/* The debug information of one file: of the executable, of a plugin or a shared library. */
struct debug_of {
	const struct dwarf *dwarf; /* never NULL */
	struct value_types *types;
	uint64_t bias; /* its addresses are lower by that */
};

/* Of the file that PC is from; false where there is none. */
bool values_debug_at(struct values *values, uint64_t pc, struct debug_of *debug);

typedef VEC(struct value) value_vec;

struct captured { /* a variable in a closure */
	const char *name; /* "X0" and so on where it is not known */
	const struct value_type *type; /* of the variable */
	uint64_t offset;
	bool by_reference; /* its address is there */
};

/* What the closures of one function are made of. */
struct closure_shape {
	const struct captured *items;
	size_t count;
	uint64_t size; /* bytes that they have at least */
	bool known;    /* else nothing is known of them */
	bool whole;    /* these are all */
};

/* value_make() where DEPTH more links are followed. */
void value_make_at(struct values *values, const char *name, const struct operand *operand,
		   unsigned depth, struct value *value);

/* Adds a child; false where there are as many as may be. */
bool value_add_child(struct values *values, value_vec *children, const char *name,
		     const struct operand *operand, unsigned depth);

/* Takes over CHILDREN. */
void value_set_children(struct values *values, value_vec *children, struct value *value);

/* The text of a value that is not there: says why. */
void value_fail(struct values *values, enum value_state state, uint64_t addr,
		struct value *value);

/* The same of a value of COUNT words of which some may be there: those are told, by their names;
 * "len" and "cap" are numbers. */
void value_fail_in_part(struct values *values, enum value_state state, const struct operand *operand,
			const char *const *words, size_t count, struct value *value);

/* Makers for one kind each: fill in text, children and state. */
void value_make_struct(struct values *values, const struct operand *operand, unsigned depth,
		       struct value *value);
void value_make_array(struct values *values, const struct operand *operand, unsigned depth,
		      struct value *value);
void value_make_slice(struct values *values, const struct operand *operand, unsigned depth,
		      struct value *value);
void value_make_pointer(struct values *values, const struct operand *operand, unsigned depth,
			struct value *value);
void value_make_interface(struct values *values, const struct operand *operand, unsigned depth,
			  struct value *value);
void value_make_map(struct values *values, const struct operand *operand, unsigned depth,
		    struct value *value);
void value_make_chan(struct values *values, const struct operand *operand, unsigned depth,
		     struct value *value);
void value_make_func(struct values *values, const struct operand *operand, unsigned depth,
		     struct value *value);
/* The closures of the function of CODE; kept. */
const struct closure_shape *value_closure_shape(struct values *values, const struct code *code);

/* The variable NAME of the closure at CLOSURE, as it is shown; false where there is none, or it is
 * not known. */
bool value_captured(struct values *values, uint64_t closure, const char *name,
		    struct operand *captured);

void value_make_string(struct values *values, const struct operand *operand,
		       struct value *value);
void value_make_number(struct values *values, const struct operand *operand,
		       struct value *value);

/* What OPERAND, a reflect.Value, holds; false for other types and for one that holds nothing, or a
 * method. */
bool value_of_reflect(struct values *values, const struct operand *operand, struct operand *inner);

/* The type of the field "u" where TYPE, whose parts are known, is weak.Pointer[T]: **T, as there is
 * a word of the runtime's between, which is nil once T is gone. NULL for others. */
const struct value_type *value_type_of_weak(struct values *values, const struct value_type *type);

/* *T where TYPE, whose parts are known, is atomic.Pointer[T]; NULL for others. */
const struct value_type *value_type_of_atomic(struct values *values, const struct value_type *type);

extern const struct value_type value_type_any; /* interface {} */

bool value_is_syncmap(const struct value_type *type);

/* map_walk() of a sync.Map. The result's count is that of its entries, as far as they could be
 * walked: a sync.Map has none of its own; they are counted on when VISIT has returned false. False
 * where MAP's record is not there, or its type is not known. */
bool syncmap_walk(struct values *values, const struct operand *map,
		  bool (*visit)(void *data, const struct operand *key, const struct operand *elem),
		  void *data, struct map_walk_result *result);

/* A sync.Map by its entries; false where they cannot be reached: it is shown as any struct. */
bool value_make_syncmap(struct values *values, const struct operand *operand, unsigned depth,
			struct value *value);

/* The name that the package of TYPE, an integer, has for the value BITS, as in "time.March"; NULL
 * where it has none, or DWARF is not there. */
const char *value_constant_name(struct values *values, const struct value_type *type,
				uint64_t bits);

/* What a type that says more than its fields means: time.Time, sync.Mutex, ... NULL for others. */
const char *value_special_text(struct values *values, const struct operand *operand);

/* The texts of time.Duration and time.Time; false where they cannot be read. A time is in UTC where
 * the zone that holds then is not known, with the name of its location behind it. */
bool value_duration_text(struct values *values, const struct operand *operand, struct str *text);
bool value_time_text(struct values *values, const struct operand *operand, struct str *text);

/* The texts of strings.Builder, bytes.Buffer and big.Int: what they hold; false where it cannot be
 * read, or is not to be. */
bool value_builder_text(struct values *values, const struct operand *operand, struct str *text);
bool value_buffer_text(struct values *values, const struct operand *operand, struct str *text);
bool value_big_text(struct values *values, const struct operand *operand, struct str *text);

/* The same of big.Rat and slog.Value, of addresses of the network, and of syscall.Errno: a number
 * with its text. False too where the release's records do not tell. */
bool value_rat_text(struct values *values, const struct operand *operand, struct str *text);
bool value_slog_text(struct values *values, const struct operand *operand, struct str *text);
bool value_netip_text(struct values *values, const struct operand *operand, struct str *text);
bool value_netip_pair_text(struct values *values, const struct operand *operand, struct str *text);
bool value_ip_text(struct values *values, const struct operand *operand, struct str *text);
bool value_hex_text(struct values *values, const struct operand *operand, struct str *text);
bool value_errno_text(struct values *values, const struct operand *operand, struct str *text);

/* The text of an interface of type context.Context by its chain of parents; false for others. */
bool value_context_text(struct values *values, const struct operand *interface, struct str *text);

/* What the Error method of the error that is OPERAND returns, where its type is one that is known;
 * else the name of its type. */
void value_error_message(struct values *values, const struct operand *error, struct str *text);

/* The errors that the error in DYNAMIC wraps, as children "Unwrap()", "Unwrap().Unwrap()", ... */
void value_add_wrapped(struct values *values, const struct operand *dynamic,
		       unsigned depth, value_vec *children);

/* A field of a struct, or of one in it, by a path with dots; false where there is none. */
bool operand_field(struct values *values, const struct operand *operand, const char *path,
		   struct operand *field);

/* The type of what INTERFACE holds, whose first word is WORD; false for what cannot be one. That is
 * no interface, so that what is followed from one to the next ends. */
bool operand_dynamic_type(struct values *values, const struct operand *interface, uint64_t word,
			  const struct value_type **type);

/* The integer that OPERAND is, be it wrapped in structs of one field that matters (sync/atomic). */
bool operand_number(struct values *values, const struct operand *operand, uint64_t *number);

/* "text" in quotes as strconv.Quote writes it, cut after MOST bytes. LENGTH is the whole's. */
void str_add_quoted(struct str *out, const uint8_t *bytes, size_t n, uint64_t length);

/* "(1,000 more)": what was left out of a list. */
void str_add_left_out(struct str *out, uint64_t count);

/* time.Duration.String() */
void str_add_go_duration(struct str *out, int64_t nanoseconds);
