#pragma once
/*
 * The variables of a frame: arguments, results and locals, as DWARF says where they are. In a
 * caller only memory counts, since no register survives a call; a variable that is nowhere is
 * listed all the same, one that is not yet declared at the frame's line is not.
 */
#include "goruntime/value.h"

enum variable_role { VARIABLE_ARGUMENT, VARIABLE_RESULT, VARIABLE_LOCAL };

struct variable {
	const char *name;
	enum variable_role role;
	enum value_state state; /* VALUE_OK: OPERAND holds it, if perhaps in part */
	struct operand operand; /* its type is known in any state */
};

struct variables {
	const struct variable *items; /* arguments first, then in the order of their lines */
	size_t count;
	bool known; /* DWARF tells of this function */
};

/* Those of frame number FRAME of TRACE, which was taken with addresses. G may be NULL. */
void frame_variables(struct values *values, const struct goroutine *g, const struct trace *trace,
		     size_t frame, struct variables *variables);

void variable_make(struct values *values, const struct variable *variable, struct value *value);
