/* Errors wrapped in errors: what errors.Unwrap would reach (errors/wrap.go). */
#include <string.h>

#include "base/limits.h"
#include "goruntime/value_internal.h"

static bool is_error(const struct value_type *type)
{
	return type->kind == KIND_INTERFACE && strcmp(type->name, "error") == 0;
}

/* The struct that an error is or points to. */
static bool error_struct(struct values *v, const struct operand *error, struct operand *structure)
{
	uint64_t addr;
	*structure = *error;
	if (error->type->kind == KIND_POINTER) {
		if (!value_type_parts(v->types, error->type) || error->type->elem == NULL ||
		    operand_u64(v, error, 0, &addr) != VALUE_OK || addr == 0)
			return false;
		*structure = operand_at(addr, error->type->elem);
	}
	return structure->type->kind == KIND_STRUCT && value_type_parts(v->types, structure->type);
}

/* The field that holds what ERROR wraps, by its static type: an error or errors. */
static bool wrapped_field(struct values *v, const struct operand *error, struct operand *field)
{
	struct operand structure;
	if (!error->type->has_unwrap || !error_struct(v, error, &structure))
		return false;
	for (size_t i = 0; i < structure.type->field_count; i++) {
		const struct value_field *f = &structure.type->fields[i];
		bool several = f->type->kind == KIND_SLICE && value_type_parts(v->types, f->type) &&
			       f->type->elem != NULL && is_error(f->type->elem);
		*field = operand_part(&structure, f->offset, f->type);
		if (is_error(f->type) || several)
			return true;
	}
	return false;
}

/* An error that wraps several has no chain to follow: its list is a child, and its elements are. */
void value_add_wrapped(struct values *v, const struct operand *dynamic, unsigned depth,
		       value_vec *children)
{
	struct operand error = *dynamic, field;
	_cleanup_str_ struct str name = { 0 };
	if (v->in_error)
		return;
	v->in_error = true;
	for (unsigned i = 0; i < LIMIT_UNWRAP && wrapped_field(v, &error, &field); i++) {
		str_printf(&name, "%sUnwrap()", i > 0 ? "." : "");
		if (!value_add_child(v, children, str_keep(&name, v->arena), &field, depth) ||
		    !is_error(field.type) || operand_dynamic(v, &field, &error) != VALUE_OK ||
		    error.type == NULL)
			break;
	}
	v->in_error = false;
}

/* Types of the standard library whose message is a field. */
static const struct {
	const char *package, *name, *field;
} messages[] = {
	{ "errors", "errorString", "s" },
	{ "fmt", "wrapError", "msg" },
	{ "fmt", "wrapErrors", "msg" },
};

void value_error_message(struct values *v, const struct operand *error, struct str *text)
{
	struct operand structure, field;
	struct value value;
	if (value_type_is(error->type, "context", "deadlineExceededError")) {
		str_add(text, "context deadline exceeded");
		return;
	}
	bool found = error_struct(v, error, &structure);
	for (size_t i = 0; found && i < sizeof(messages) / sizeof(messages[0]); i++) {
		if (!value_type_is(structure.type, messages[i].package, messages[i].name) ||
		    !operand_field(v, &structure, messages[i].field, &field))
			continue;
		value_make_at(v, "", &field, 0, &value);
		str_add(text, value.text);
		return;
	}
	str_add(text, error->type->name);
}
