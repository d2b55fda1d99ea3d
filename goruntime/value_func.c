/* Functions and closures (internal/abi/funcpc, runtime/runtime2.go funcval). */
#include <inttypes.h>
#include <string.h>

#include "goruntime/holders.h"
#include "goruntime/value_internal.h"

/* Whether the object at CLOSURE, where it is one of the heap, has room for what its function finds
 * there. */
static bool has_room(const struct snapshot *s, uint64_t closure, uint64_t size)
{
	enum { MALLOC_HEADER = 8 }; /* of objects with pointers over 512 bytes (malloc.go) */
	uint64_t lo, hi;
	bool noscan;
	if (!snapshot_heap_bounds(s, closure, &lo, &hi, &noscan))
		return true;
	return closure - lo <= MALLOC_HEADER && hi - closure >= size;
}

/* The receiver of a method value is a field R; up to Go 1.19 a closure around a generic one has
 * .rcvrN. */
static const char *captured_name(const struct captured *item, const char *function)
{
	size_t n = strlen(function);
	bool method = n > 3 && strcmp(function + n - 3, "-fm") == 0 && strcmp(item->name, "R") == 0;
	return method || strncmp(item->name, ".rcvr", 5) == 0 ? "receiver" : item->name;
}

/* Where the variable ITEM of the closure is; false where its address there cannot be read. */
static bool place_of(const struct values *v, uint64_t closure, const struct captured *item,
		     struct operand *captured)
{
	uint64_t addr = closure + item->offset;
	if (item->by_reference && !image_u64(v->snapshot->image, addr, &addr, NULL))
		return false;
	*captured = operand_at(addr, item->type);
	return true;
}

/* The variables that a closure has captured. False where that is not known. */
static bool add_captured(struct values *v, uint64_t closure, const struct code *code,
			 const struct closure_shape *shape, unsigned depth, struct value *value)
{
	value_vec children = { 0 };
	const char *function = pclntab_name(&code->module->pclntab, &code->func);
	if (!shape->known || !has_room(v->snapshot, closure, shape->size))
		return false;
	for (size_t i = 0; i < shape->count; i++) {
		const struct captured *item = &shape->items[i];
		struct operand captured;
		if (!place_of(v, closure, item, &captured))
			continue;
		if (!value_add_child(v, &children, captured_name(item, function), &captured, depth))
			break;
	}
	value_set_children(v, &children, value);
	return true;
}

/* The receiver that a method value holds, "main.T.M-fm" or "main.(*T).M-fm": the word behind the
 * code, and what follows (cmd/compile internal/walk/closure.go). */
static void add_receiver(struct values *v, uint64_t closure, const char *function, unsigned depth,
			 struct value *value)
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
		value->text =
			arena_printf(v->arena, "(%s)(0x%" PRIx64 ")", operand->type->name, closure);
		return;
	}
	struct calls calls = code_calls(snapshot_code(v->snapshot), code, pc);
	value->text = calls.items[calls.count - 1].function;
	if (depth == 0 || !has_captured(v->snapshot, closure))
		return;
	const struct closure_shape *shape = value_closure_shape(v, code);
	bool known = add_captured(v, closure, code, shape, depth - 1, value);
	if (!known)
		add_receiver(v, closure, calls.items[calls.count - 1].symbol, depth - 1, value);
	if (!known && value->child_count == 0)
		value->text = arena_printf(v->arena, "%s (what it has captured is not known)",
					   value->text);
	else if (known && !shape->whole)
		value->text = arena_printf(v->arena, "%s (what else it has captured is not known)",
					   value->text);
}

void value_of_closure(struct values *v, uint64_t closure, struct value *value)
{
	static const struct value_type type = {
		.name = "func()",
		.package = "",
		.kind = KIND_FUNC,
		.size = sizeof(closure),
	};
	uint64_t word = htole64(closure);
	uint8_t *bytes = arena_alloc(v->arena, sizeof(word));
	memcpy(bytes, &word, sizeof(word));
	const struct operand operand = { .type = &type, .bytes = bytes };
	value_make(v, "", &operand, value);
}

bool value_captured(struct values *v, uint64_t closure, const char *name, struct operand *captured)
{
	uint64_t pc;
	if (!image_u64(v->snapshot->image, closure, &pc, NULL))
		return false;
	const struct code *code = code_at(snapshot_code(v->snapshot), pc);
	if (!code->valid || code->func.entry != pc || !has_captured(v->snapshot, closure))
		return false;
	const char *function = pclntab_name(&code->module->pclntab, &code->func);
	const struct closure_shape *shape = value_closure_shape(v, code);
	if (!has_room(v->snapshot, closure, shape->size))
		return false;
	for (size_t i = 0; i < shape->count; i++)
		if (strcmp(captured_name(&shape->items[i], function), name) == 0)
			return place_of(v, closure, &shape->items[i], captured);
	return false;
}
