#include "goruntime/expression.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "goruntime/expression_internal.h"

static bool parse_unary(struct evaluator *e, struct evaluated *out);

static void skip_spaces(struct evaluator *e)
{
	while (*e->next == ' ')
		e->next++;
}

static bool wrong(struct evaluator *e, const char *expected)
{
	if (*e->next == '\0')
		return error_set(e->err, ERROR_USAGE, 0, "'%s' ends where %s is expected", e->text,
				 expected);
	return error_set(e->err, ERROR_USAGE, 0, "'%s': %s is expected at '%s'", e->text, expected,
			 e->next);
}

static bool take(struct evaluator *e, char c)
{
	skip_spaces(e);
	if (*e->next != c)
		return false;
	e->next++;
	return true;
}

/* The text up to the bracket that closes the one before it, which is passed over too. Brackets in
 * quotes do not count. */
static const char *take_bracketed(struct evaluator *e, char close)
{
	int depth = 0;
	bool quoted = false;
	const char *p = e->next;
	for (; *p != '\0'; p++) {
		if (*p == '"' && (p == e->next || p[-1] != '\\'))
			quoted = !quoted;
		if (quoted)
			continue;
		if (depth == 0 && *p == close)
			break;
		depth += strchr("([{", *p) != NULL ? 1 : strchr(")]}", *p) != NULL ? -1 : 0;
	}
	if (*p == '\0')
		return NULL;
	const char *text = arena_strndup(e->v->arena, e->next, (size_t)(p - e->next));
	e->next = p + 1;
	return text;
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static const char *take_word(struct evaluator *e)
{
	const char *start = e->next;
	while (is_word(*e->next))
		e->next++;
	return arena_strndup(e->v->arena, start, (size_t)(e->next - start));
}

/* Whether a value of TYPE is itself an address: the other types are what lies at one. */
static bool is_address(const struct value_type *type)
{
	return type->kind == KIND_POINTER || type->kind == KIND_MAP || type->kind == KIND_CHAN ||
	       type->kind == KIND_FUNC || type->kind == KIND_UNSAFE_POINTER;
}

/* (TYPE)(ADDRESS), whose first bracket is passed over. False, and nothing read, where that is no
 * conversion. */
static bool parse_conversion(struct evaluator *e, struct evaluated *out, bool *good)
{
	const char *start = e->next, *type_name = take_bracketed(e, ')');
	char *end;
	if (type_name == NULL || !take(e, '(')) {
		e->next = start;
		return false;
	}
	skip_spaces(e);
	uint64_t addr = strtoull(e->next, &end, 0);
	*good = false;
	if (!isdigit((unsigned char)*e->next)) {
		wrong(e, "an address");
		return true;
	}
	e->next = end;
	if (!take(e, ')')) {
		wrong(e, "')'");
		return true;
	}
	const struct value_type *type = NULL;
	struct debug_of debug;
	for (size_t i = 0; type == NULL && i < expression_debug_count(e); i++)
		if (expression_debug(e, i, &debug))
			type = value_type_named(debug.types, type_name);
	if (type == NULL) {
		error_set(e->err, ERROR_NOT_FOUND, 0,
			  "there is no type %s in what the executable tells of its types",
			  type_name);
		return true;
	}
	*good = true;
	*out = (struct evaluated){ .operand = is_address(type)
						      ? operand_of_number(e->v, type, addr)
						      : operand_at(addr, type) };
	return true;
}

static bool parse_brackets(struct evaluator *e, struct evaluated *out)
{
	bool good;
	if (parse_conversion(e, out, &good))
		return good;
	if (!parse_unary(e, out))
		return false;
	return take(e, ')') || wrong(e, "')'");
}

/* len(X) and cap(X). */
static bool parse_length(struct evaluator *e, struct evaluated *out, bool *good)
{
	bool capacity = strncmp(e->next, "cap(", 4) == 0;
	if (!capacity && strncmp(e->next, "len(", 4) != 0)
		return false;
	e->next += 4;
	*good = parse_unary(e, out) && (take(e, ')') || wrong(e, "')'")) &&
		expression_length(e, capacity, out);
	return true;
}

static bool parse_primary(struct evaluator *e, struct evaluated *out)
{
	bool good;
	skip_spaces(e);
	if (take(e, '('))
		return parse_brackets(e, out);
	if (parse_length(e, out, &good))
		return good;
	return is_word(*e->next) ? expression_name(e, out) : wrong(e, "a name");
}

static bool parse_selector(struct evaluator *e, struct evaluated *out)
{
	if (take(e, '(')) {
		const char *type = take_bracketed(e, ')');
		return type != NULL ? expression_assert(e, type, out) : wrong(e, "')'");
	}
	return is_word(*e->next) ? expression_field(e, take_word(e), out) : wrong(e, "a field");
}

/* The part of *TEXT before the next colon, without spaces; NULL where it is empty. */
static const char *take_bound(struct evaluator *e, const char **text)
{
	const char *start = *text + strspn(*text, " ");
	size_t n = strcspn(start, ":");
	*text = start[n] == ':' ? start + n + 1 : start + n;
	while (n > 0 && start[n - 1] == ' ')
		n--;
	return n > 0 ? arena_strndup(e->v->arena, start, n) : NULL;
}

static bool parse_index(struct evaluator *e, struct evaluated *out)
{
	const char *index = take_bracketed(e, ']');
	if (index == NULL)
		return wrong(e, "']'");
	if (!expression_is_slice(e, index, out))
		return expression_index(e, index, out);
	const char *low = take_bound(e, &index), *high = take_bound(e, &index);
	const char *most = take_bound(e, &index);
	if (*index != '\0')
		return expression_cannot(e, out, "has at most three numbers to slice it by");
	return expression_slice(e, low, high, most, out);
}

static bool parse_postfix(struct evaluator *e, struct evaluated *out)
{
	if (!parse_primary(e, out))
		return false;
	for (;;) {
		if (take(e, '.')) {
			if (!parse_selector(e, out))
				return false;
		} else if (take(e, '[')) {
			if (!parse_index(e, out))
				return false;
		} else {
			return true;
		}
	}
}

static bool parse_unary(struct evaluator *e, struct evaluated *out)
{
	unsigned stars = 0;
	if (e->nesting++ >= EXPRESSION_NESTING_MAX)
		return error_set(e->err, ERROR_LIMIT, 0, "'%s' has too many brackets", e->text);
	while (take(e, '*'))
		stars++;
	if (!parse_postfix(e, out))
		return false;
	for (; stars > 0; stars--)
		if (!expression_deref(e, out))
			return false;
	e->nesting--;
	return true;
}

static void finish(struct values *v, const char *name, const struct evaluated *result,
		   struct value *value)
{
	const struct variable variable = {
		.name = name,
		.state = result->state,
		.operand = result->operand,
	};
	variable_make(v, &variable, value);
}

bool expression_is_local(struct values *v, const struct expression_scope *scope, const char *text)
{
	struct error ignored = ERROR_INIT;
	struct evaluator e = { .v = v, .scope = scope, .text = text, .err = &ignored };
	e.next = text + strspn(text, "*( ");
	if (strncmp(e.next, "len(", 4) == 0 || strncmp(e.next, "cap(", 4) == 0)
		e.next += 4;
	return expression_local(&e);
}

bool expression_value(struct values *v, const struct expression_scope *scope, const char *text,
		      struct value *value, struct error *err)
{
	struct evaluator e = { .v = v, .scope = scope, .text = text, .next = text, .err = err };
	struct evaluated result;
	v->left = v->limits.values;
	if (!parse_unary(&e, &result))
		return false;
	skip_spaces(&e);
	if (*e.next != '\0')
		return wrong(&e, "the end");
	finish(v, arena_strdup(v->arena, text), &result, value);
	return true;
}
