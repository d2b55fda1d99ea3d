/* Functions and closures (internal/abi/funcpc, runtime/runtime2.go funcval). */
#include <inttypes.h>

#include "goruntime/value_internal.h"

/* The variables that a closure has captured, as its function's DWARF says where they are. */
static void add_captured(struct values *v, uint64_t closure, const struct code *code,
			 unsigned depth, struct value *value)
{
	struct dwarf_scopes scopes;
	value_vec children = { 0 };
	uint64_t entry = code->func.entry - v->snapshot->image->bias;
	if (v->dwarf == NULL || !dwarf_scopes_at(v->dwarf, entry, true, v->arena, &scopes))
		return;
	for (size_t i = 0; i < scopes.items[0].count; i++) {
		const struct dwarf_local *local = &scopes.items[0].locals[i];
		const struct value_type *type = value_type_of_dwarf(v->types, local->type);
		uint64_t addr = closure + local->closure_offset;
		if (!local->captured || type == NULL)
			continue;
		if (local->escaped && !image_u64(v->snapshot->image, addr, &addr, NULL))
			continue;
		const struct operand captured = operand_at(addr, type);
		if (!value_add_child(v, &children, local->name, &captured, depth))
			break;
	}
	value_set_children(v, &children, value);
}

void value_make_func(struct values *v, const struct operand *operand, unsigned depth,
		     struct value *value)
{
	uint64_t closure, pc;
	struct error err = ERROR_INIT;
	enum value_state state = operand_u64(v, operand, 0, &closure);
	if (state != VALUE_OK) {
		value_fail(v, state, operand->bytes ? 0 : operand->addr, value);
		return;
	}
	if (closure == 0) {
		value->text = "nil";
		return;
	}
	if (!image_u64(v->snapshot->image, closure, &pc, &err)) {
		value_fail(v, err.code == ERROR_NOT_DUMPED ? VALUE_NOT_IN_CORE : VALUE_UNREADABLE,
			   closure, value);
		return;
	}
	const struct code *code = code_at(snapshot_code(v->snapshot), pc);
	if (!code->valid) {
		value->state = VALUE_UNREADABLE;
		value->text = arena_printf(v->arena, "(%s)(0x%" PRIx64 ")", operand->type->name,
					   closure);
		return;
	}
	struct calls calls = code_calls(snapshot_code(v->snapshot), code, pc);
	value->text = calls.items[calls.count - 1].function;
	if (depth > 0)
		add_captured(v, closure, code, depth - 1, value);
}
