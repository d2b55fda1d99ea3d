/* Contexts: the chain of parents, as their String methods tell it (context/context.go). */
#include <string.h>

#include "goruntime/value_internal.h"

enum { CHAIN_MAX = 64 };

enum context_kind {
	CONTEXT_ROOT, CONTEXT_EMPTY, CONTEXT_CANCEL, CONTEXT_DEADLINE, CONTEXT_VALUE, CONTEXT_PLAIN,
};

static const struct row {
	const char *name, *text;
	enum context_kind kind;
	const char *parent; /* field */
} rows[] = {
	{ "emptyCtx", "context.Background or TODO", CONTEXT_EMPTY, NULL },
	{ "backgroundCtx", "context.Background", CONTEXT_ROOT, NULL },
	{ "todoCtx", "context.TODO", CONTEXT_ROOT, NULL },
	{ "cancelCtx", ".WithCancel", CONTEXT_CANCEL, "Context" },
	{ "timerCtx", ".WithDeadline", CONTEXT_DEADLINE, "cancelCtx.Context" },
	{ "valueCtx", ".WithValue", CONTEXT_VALUE, "Context" },
	{ "withoutCancelCtx", ".WithoutCancel", CONTEXT_PLAIN, "c" },
	{ "afterFuncCtx", ".AfterFunc", CONTEXT_DEADLINE, "cancelCtx.Context" },
	{ "stopCtx", ".stop", CONTEXT_PLAIN, "Context" },
};

static const struct row *find_row(const struct value_type *type)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (value_type_is(type, "context", rows[i].name))
			return &rows[i];
	return NULL;
}

/* The struct that the context in INTERFACE is; false for a nil one. */
static bool open_context(struct values *v, const struct operand *interface,
			 struct operand *structure)
{
	uint64_t addr;
	if (operand_dynamic(v, interface, structure) != VALUE_OK || structure->type == NULL)
		return false;
	if (structure->type->kind != KIND_POINTER)
		return true;
	if (!value_type_parts(v->types, structure->type) || structure->type->elem == NULL ||
	    operand_u64(v, structure, 0, &addr) != VALUE_OK || addr == 0)
		return false;
	*structure = operand_at(addr, structure->type->elem);
	return true;
}

/* The error in a field that is an error or, since 1.25, an atomic.Value. */
static bool stored_error(struct values *v, const struct operand *cancel, const char *name,
			 struct operand *error)
{
	struct operand field, inner;
	if (!operand_field(v, cancel, name, &field))
		return false;
	if (operand_field(v, &field, "v", &inner))
		field = inner;
	return field.type->kind == KIND_INTERFACE &&
	       operand_dynamic(v, &field, error) == VALUE_OK && error->type != NULL;
}

/* "canceled: context canceled, because main.errStop" */
static void add_cancelled(struct values *v, const struct operand *cancel, struct str *out)
{
	struct operand error, cause;
	_cleanup_str_ struct str why = { 0 };
	_cleanup_str_ struct str because = { 0 };
	if (!stored_error(v, cancel, "err", &error))
		return;
	value_error_message(v, &error, &why);
	str_printf(out, "%scanceled: %s", out->size > 0 ? ", " : "", str_text(&why));
	if (!stored_error(v, cancel, "cause", &cause))
		return;
	value_error_message(v, &cause, &because);
	if (strcmp(str_text(&why), str_text(&because)) != 0)
		str_printf(out, ", cause %s", str_text(&because));
}

static void add_child_text(struct values *v, const struct operand *operand, const char *field,
			   struct str *out)
{
	struct operand part;
	struct value value;
	if (!operand_field(v, operand, field, &part))
		return;
	value_make_at(v, "", &part, 0, &value);
	str_add(out, value.text);
}

/* Until 1.20 the two roots are of one type, an int each (context/context.go): a variable of the
 * package points to either. */
static const char *root_text(struct values *v, const struct row *row, uint64_t addr)
{
	static const char *const names[][2] = {
		{ "context.background", "context.Background" },
		{ "context.todo", "context.TODO" },
	};
	uint64_t at, root;
	struct dwarf_type type;
	for (size_t i = 0; row->kind == CONTEXT_EMPTY && i < 2; i++)
		if (v->dwarf != NULL && dwarf_global(v->dwarf, names[i][0], &at, &type) &&
		    image_u64(v->snapshot->image, at + v->snapshot->image->bias, &root, NULL) &&
		    root == addr)
			return names[i][1];
	return row->text;
}

static void add_link(struct values *v, const struct row *row, const struct operand *context,
		     struct str *out)
{
	_cleanup_str_ struct str inside = { 0 };
	struct operand cancel = *context;
	if (row->kind == CONTEXT_VALUE)
		add_child_text(v, context, "key", &inside);
	if (row->kind == CONTEXT_DEADLINE) {
		add_child_text(v, context, "deadline", &inside);
		if (!operand_field(v, context, "cancelCtx", &cancel))
			return;
	}
	if (row->kind == CONTEXT_CANCEL || row->kind == CONTEXT_DEADLINE)
		add_cancelled(v, &cancel, &inside);
	str_add(out, root_text(v, row, context->addr));
	if (inside.size > 0)
		str_printf(out, "(%s)", str_text(&inside));
}

static bool is_context(const struct value_type *type)
{
	return type->kind == KIND_INTERFACE && strcmp(type->name, "context.Context") == 0;
}

/* What a type of another package embeds: a context of its own making. */
static bool embedded_context(struct values *v, const struct operand *structure,
			     struct operand *parent)
{
	return operand_field(v, structure, "Context", parent) && is_context(parent->type);
}

bool value_context_text(struct values *v, const struct operand *interface, struct str *text)
{
	struct operand chain[CHAIN_MAX], next = *interface;
	size_t count = 0;
	if (!is_context(interface->type))
		return false;
	while (count < CHAIN_MAX && open_context(v, &next, &chain[count])) {
		const struct operand *at = &chain[count++];
		const struct row *row = find_row(at->type);
		if (row == NULL ? !embedded_context(v, at, &next)
				: row->parent == NULL || !operand_field(v, at, row->parent, &next))
			break;
	}
	if (count == 0)
		return false;
	for (size_t i = count; i-- > 0;) {
		const struct row *row = find_row(chain[i].type);
		if (row != NULL)
			add_link(v, row, &chain[i], text);
		else
			str_printf(text, "%s(%s)", i + 1 < count ? "." : "", chain[i].type->name);
	}
	return true;
}
