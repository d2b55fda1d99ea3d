/* Selectors, type assertions and what pointers point to. */
#include <string.h>

#include "goruntime/expression_internal.h"

enum { EMBEDDED_MAX = 8, FOLLOW_MAX = 8 };

struct operand operand_of_number(struct values *v, const struct value_type *type, uint64_t number)
{
	uint8_t *bytes = arena_alloc(v->arena, 8);
	uint64_t raw = htole64(number);
	memcpy(bytes, &raw, sizeof(raw));
	return (struct operand){ .type = type, .bytes = bytes };
}

bool expression_cannot(struct evaluator *e, const struct evaluated *what, const char *clause)
{
	return error_set(e->err, ERROR_NOT_FOUND, 0, "'%.*s': a %s %s", (int)(e->next - e->text),
			 e->text, what->operand.type->name, clause);
}

bool expression_is_there(struct evaluator *e, const struct evaluated *out)
{
	if (out->state == VALUE_OK)
		return true;
	return error_set(e->err,
			 out->state == VALUE_NOT_IN_CORE ? ERROR_NOT_DUMPED : ERROR_NOT_FOUND, 0,
			 "'%.*s': what is before it is %s", (int)(e->next - e->text), e->text,
			 out->state == VALUE_OPTIMIZED_OUT ? "optimized out"
			 : out->state == VALUE_NOT_IN_CORE ? "not in the core"
							   : "not readable");
}

bool expression_word(struct evaluator *e, struct evaluated *out, uint64_t offset, uint64_t *word)
{
	if (!expression_is_there(e, out))
		return false;
	out->state = operand_u64(e->v, &out->operand, offset, word);
	return expression_is_there(e, out);
}

bool expression_deref(struct evaluator *e, struct evaluated *out)
{
	uint64_t addr;
	const struct value_type *type = out->operand.type;
	if (!expression_is_there(e, out))
		return false;
	if (type->kind != KIND_POINTER || !value_type_parts(e->v->types, type) ||
	    type->elem == NULL)
		return expression_cannot(e, out, "is no pointer");
	if (!expression_word(e, out, 0, &addr))
		return false;
	if (addr == 0)
		return expression_cannot(e, out, "is nil here");
	*out = (struct evaluated){ .operand = operand_at(addr, type->elem) };
	return true;
}

bool expression_enter(struct evaluator *e, struct evaluated *out)
{
	struct operand dynamic;
	if (!expression_is_there(e, out))
		return false;
	out->state = operand_dynamic(e->v, &out->operand, &dynamic);
	if (!expression_is_there(e, out))
		return false;
	if (dynamic.type == NULL)
		return expression_cannot(e, out, "is nil here");
	out->operand = dynamic;
	return true;
}

/* Follows pointers and interfaces to what they lead to. */
static bool follow(struct evaluator *e, struct evaluated *out)
{
	for (unsigned i = 0; i < FOLLOW_MAX; i++) {
		enum go_kind kind = out->operand.type->kind;
		if (kind == KIND_POINTER && !expression_deref(e, out))
			return false;
		if (kind == KIND_INTERFACE && !expression_enter(e, out))
			return false;
		if (kind != KIND_POINTER && kind != KIND_INTERFACE)
			break;
	}
	return expression_is_there(e, out);
}

/* The field NAME of the struct OUT, or of one that it embeds, DEPTH levels down. */
static bool find_field(struct evaluator *e, const char *name, unsigned depth, struct evaluated *out)
{
	const struct value_type *type = out->operand.type;
	if (type->kind != KIND_STRUCT || !value_type_parts(e->v->types, type))
		return false;
	for (size_t i = 0; i < type->field_count; i++) {
		const struct value_field *field = &type->fields[i];
		struct error ignored = ERROR_INIT;
		struct evaluator quiet = *e;
		struct evaluated inner = {
			.operand = operand_part(&out->operand, field->offset, field->type),
		};
		if (depth == 0 && strcmp(field->name, name) == 0) {
			*out = inner;
			return true;
		}
		quiet.err = &ignored;
		if (depth > 0 && field->embedded && follow(&quiet, &inner) &&
		    find_field(e, name, depth - 1, &inner)) {
			*out = inner;
			return true;
		}
	}
	return false;
}

/* A variable that a closure has captured, which is no field in Go. */
static bool captured(struct evaluator *e, const char *name, struct evaluated *out)
{
	uint64_t closure;
	struct operand found;
	if (!expression_word(e, out, 0, &closure))
		return false;
	if (closure == 0)
		return expression_cannot(e, out, "is nil here");
	if (!value_captured(e->v, closure, name, &found))
		return expression_cannot(e, out, arena_printf(e->v->arena,
							      "is not known to have captured %s", name));
	*out = (struct evaluated){ .operand = found };
	return true;
}

bool expression_field(struct evaluator *e, const char *name, struct evaluated *out)
{
	if (!follow(e, out))
		return false;
	if (out->operand.type->kind == KIND_FUNC)
		return captured(e, name, out);
	for (unsigned depth = 0; depth < EMBEDDED_MAX; depth++)
		if (find_field(e, name, depth, out))
			return true;
	return expression_cannot(e, out, arena_printf(e->v->arena, "has no field %s", name));
}

bool expression_assert(struct evaluator *e, const char *type, struct evaluated *out)
{
	if (out->operand.type->kind != KIND_INTERFACE)
		return expression_cannot(e, out, "is no interface");
	if (!expression_enter(e, out))
		return false;
	if (strcmp(out->operand.type->name, type) == 0)
		return true;
	return expression_cannot(
		e, out, arena_printf(e->v->arena, "is what the interface holds, and no %s", type));
}
