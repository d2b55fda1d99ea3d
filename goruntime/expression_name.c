/* Names in expressions: variables of the frame, and of packages. */
#include <ctype.h>
#include <string.h>

#include "goruntime/expression_internal.h"

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

static size_t word_size(const char *p)
{
	size_t n = 0;
	while (is_word(p[n]))
		n++;
	return n;
}

/* Bytes of "net/http.DefaultClient" at P, of "main.server" or of a bare word. A path may hold dots
 * and dashes; its last part ends at the first dot. */
static size_t qualified_size(const char *p)
{
	size_t run = 0, slash = 0;
	while (is_word(p[run]) || (p[run] != '\0' && strchr("./-~%", p[run]) != NULL)) {
		if (p[run] == '/')
			slash = run;
		run++;
	}
	size_t package = slash + (slash > 0);
	package += word_size(p + package);
	if (p[package] != '.')
		return package;
	return package + 1 + word_size(p + package + 1);
}

static bool find_local(struct evaluator *e, const char *name, struct evaluated *out)
{
	struct variables variables;
	if (e->scope->trace == NULL)
		return false;
	frame_variables(e->v, e->scope->g, e->scope->trace, e->scope->frame, &variables);
	for (size_t i = 0; i < variables.count; i++) {
		const struct variable *variable = &variables.items[i];
		if (strcmp(variable->name, name) != 0)
			continue;
		*out = (struct evaluated){ variable->operand, variable->state };
		return true;
	}
	return false;
}

static bool find_global_in(const struct debug_of *debug, const char *name, struct evaluated *out)
{
	uint64_t addr;
	struct dwarf_type place;
	if (!dwarf_global(debug->dwarf, name, &addr, &place))
		return false;
	const struct value_type *type = value_type_of_dwarf(debug->types, place);
	if (type == NULL)
		return false;
	*out = (struct evaluated){ .operand = operand_at(addr + debug->bias, type) };
	return true;
}

bool expression_debug(struct evaluator *e, size_t i, struct debug_of *debug)
{
	const struct snapshot *s = e->v->snapshot;
	const struct trace *trace = e->scope->trace;
	if (i == 0)
		return trace != NULL && e->scope->frame < trace->count &&
		       values_debug_at(e->v, trace->frames[e->scope->frame].pc, debug);
	if (i > 1)
		return values_debug_at(e->v, s->modules.items[i - 2].text, debug);
	*debug = (struct debug_of){ e->v->dwarf, e->v->types, s->image->bias };
	return debug->dwarf != NULL;
}

size_t expression_debug_count(const struct evaluator *e)
{
	return e->v->snapshot->modules.count + 2;
}

static bool find_global(struct evaluator *e, const char *name, struct evaluated *out)
{
	struct debug_of debug;
	for (size_t i = 0; i < expression_debug_count(e); i++)
		if (expression_debug(e, i, &debug) && find_global_in(&debug, name, out))
			return true;
	return false;
}

/* The package of the frame's function: "net/http" of "net/http.(*conn).serve". */
static const char *frame_package(const struct evaluator *e)
{
	const struct trace *trace = e->scope->trace;
	if (trace == NULL || e->scope->frame >= trace->count)
		return NULL;
	const char *symbol = trace->frames[e->scope->frame].call->symbol;
	size_t end = strcspn(symbol, "[("), slash = 0;
	for (size_t i = 0; i < end; i++)
		if (symbol[i] == '/')
			slash = i;
	return arena_strndup(e->v->arena, symbol, slash + strcspn(symbol + slash, "."));
}

static bool not_found(struct evaluator *e, const char *name)
{
	const struct trace *trace = e->scope->trace;
	struct debug_of debug;
	bool any = false;
	for (size_t i = 0; !any && i < expression_debug_count(e); i++)
		any = expression_debug(e, i, &debug);
	if (!any)
		return error_set(e->err, ERROR_NOT_FOUND, 0,
				 "%s: names of variables are in the executable's DWARF, and there "
				 "is none",
				 name);
	if (trace == NULL || e->scope->frame >= trace->count)
		return error_set(e->err, ERROR_NOT_FOUND, 0, "there is no package variable %s",
				 name);
	return error_set(e->err, ERROR_NOT_FOUND, 0,
			 "there is no variable %s in frame %zu, %s, nor in its package", name,
			 e->scope->frame, trace->frames[e->scope->frame].call->function);
}

bool expression_name(struct evaluator *e, struct evaluated *out)
{
	size_t word = word_size(e->next), whole = qualified_size(e->next);
	const char *name = arena_strndup(e->v->arena, e->next, word);
	const char *qualified = arena_strndup(e->v->arena, e->next, whole);
	if (find_local(e, name, out)) {
		e->next += word;
		return true;
	}
	if (whole > word && find_global(e, qualified, out)) {
		e->next += whole;
		return true;
	}
	const char *package = frame_package(e);
	if (package != NULL &&
	    find_global(e, arena_printf(e->v->arena, "%s.%s", package, name), out)) {
		e->next += word;
		return true;
	}
	return not_found(e, whole > word ? qualified : name);
}

bool expression_local(struct evaluator *e)
{
	struct evaluated out;
	return find_local(e, arena_strndup(e->v->arena, e->next, word_size(e->next)), &out);
}
