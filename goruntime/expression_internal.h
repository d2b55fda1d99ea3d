#pragma once
/* What the files that evaluate expressions share. Not for other layers. */
#include "goruntime/expression.h"
#include "goruntime/value_internal.h"

/* What a part of an expression is. */
struct evaluated {
	struct operand operand;
	enum value_state state; /* not VALUE_OK: there is no operand but for its type */
};

enum { EXPRESSION_NESTING_MAX = 64 };

struct evaluator {
	struct values *v;
	const struct expression_scope *scope;
	const char *text; /* the whole */
	const char *next; /* what is not read yet */
	unsigned nesting;
	struct error *err;
};

/* The debug information where names are looked for, the first that has one counts: that of the
 * frame's file, of the executable, of each module. False where there is none. */
bool expression_debug(struct evaluator *e, size_t i, struct debug_of *debug);
size_t expression_debug_count(const struct evaluator *e);

/* A variable of the frame or of a package at the start of what is not read yet. */
bool expression_name(struct evaluator *e, struct evaluated *out);

/* Whether what is not read yet begins with the name of a variable of the frame. */
bool expression_local(struct evaluator *e);

/* The selector .NAME of OUT. */
bool expression_field(struct evaluator *e, const char *name, struct evaluated *out);
/* The type assertion .(TYPE) of OUT. */
bool expression_assert(struct evaluator *e, const char *type, struct evaluated *out);
/* The element [INDEX] of OUT. */
bool expression_index(struct evaluator *e, const char *index, struct evaluated *out);
/* Goes to what can be indexed: into interfaces, and through a pointer to an array or a sync.Map. */
bool expression_to_indexed(struct evaluator *e, struct evaluated *out);
/* OUT[LOW:HIGH] or OUT[LOW:HIGH:MOST], each of them NULL where it is not given. */
bool expression_slice(struct evaluator *e, const char *low, const char *high, const char *most,
		      struct evaluated *out);
/* Whether [INDEX] of OUT is a slice's: false of maps, whose keys may have colons. */
bool expression_is_slice(struct evaluator *e, const char *index, const struct evaluated *out);
/* What OUT, a pointer, points to. */
bool expression_deref(struct evaluator *e, struct evaluated *out);
/* len(OUT) or cap(OUT). */
bool expression_length(struct evaluator *e, bool capacity, struct evaluated *out);

/* Fails: "'TEXT so far': a TYPE CLAUSE". */
bool expression_cannot(struct evaluator *e, const struct evaluated *what, const char *clause);
/* Whether OUT can be looked into: a value that is not there has no parts either. */
bool expression_is_there(struct evaluator *e, const struct evaluated *out);
/* The word at OFFSET of OUT, where it is there. */
bool expression_word(struct evaluator *e, struct evaluated *out, uint64_t offset, uint64_t *word);
/* Goes into what an interface holds. */
bool expression_enter(struct evaluator *e, struct evaluated *out);

/* An operand that holds NUMBER. */
struct operand operand_of_number(struct values *v, const struct value_type *type, uint64_t number);
