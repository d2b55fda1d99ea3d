/* Functions and closures (internal/abi/funcpc, runtime/runtime2.go funcval). */
#include <inttypes.h>
#include <string.h>

#include "goruntime/holders.h"
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

/* The receiver that a method value holds, "main.T.M-fm" or "main.(*T).M-fm": the word behind the code, and
 * what follows (cmd/compile internal/walk/closure.go). */
static void add_receiver(struct values *v, uint64_t closure, const char *function,
			 unsigned depth, struct value *value)
{
	_cleanup_str_ struct str name = { 0 };
	value_vec children = { 0 };
	size_t length = strlen(function);
	const char *dot = strrchr(function, '.');
	if (length < 4 || strcmp(function + length - 3, "-fm") != 0 || dot == NULL ||
	    strchr(function, '[') != NULL)
		return;
	const char *star = strstr(function, ".(*");
	if (star != NULL && star < dot && dot[-1] == ')') {
		str_add_char(&name, '*');
		str_add_bytes(&name, function, (size_t)(star + 1 - function));
		str_add_bytes(&name, star + 3, (size_t)(dot - 1 - (star + 3)));
	} else {
		str_add_bytes(&name, function, (size_t)(dot - function));
	}
	const struct value_type *type = value_type_named(v->types, str_text(&name));
	if (type == NULL)
		return;
	const struct operand receiver = operand_at(closure + 8, type);
	(void)value_add_child(v, &children, "receiver", &receiver, depth);
	value_set_children(v, &children, value);
}

/* Whether a closure has captured anything: those that have not are in the executable. */
static bool has_captured(const struct snapshot *s, uint64_t closure)
{
	struct address address;
	struct arena scratch;
	uint64_t lo, hi;
	bool noscan;
	if (snapshot_heap_bounds(s, closure, &lo, &hi, &noscan))
		return true;
	arena_init(&scratch);
	snapshot_address(s, closure, &scratch, &address);
	arena_release(&scratch);
	return address.kind == ADDRESS_GO_STACK;
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
	if (depth > 0 && value->child_count == 0)
		add_receiver(v, closure, calls.items[calls.count - 1].symbol, depth - 1, value);
	/* Until 1.22 DWARF does not say where in the closure a variable is. */
	if (depth > 0 && value->child_count == 0 && has_captured(v->snapshot, closure))
		value->text = arena_printf(v->arena, "%s (what it has captured is not known)",
					   value->text);
}
