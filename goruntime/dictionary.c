#include "goruntime/dictionary.h"

#include <string.h>

#include "base/str.h"

/* The parts of "main.(*List[go.shape.int]).Push.func1" that dictionaries are called by. */
struct generic {
	const char *package; /* "main" */
	size_t package_size;
	const char *name; /* "List[" or "Map[" */
	size_t name_size;
	const char *method; /* ").Push", "" for a function */
	size_t method_size;
	bool pointer; /* the receiver's type is one */
};

static const char *behind_brackets(const char *p)
{
	unsigned depth = 0;
	for (; *p != '\0'; p++) {
		depth += *p == '[' ? 1 : *p == ']' ? -1u : 0;
		if (depth == 0)
			return p + 1;
	}
	return p;
}

/* False for a function that is not generic. */
static bool generic_parse(const char *function, struct generic *g)
{
	size_t bracket = strcspn(function, "["), slash = 0;
	for (size_t i = 0; i < bracket; i++)
		if (function[i] == '/')
			slash = i;
	const char *dot = memchr(function + slash, '.', bracket - slash);
	if (function[bracket] == '\0' || dot == NULL)
		return false;
	*g = (struct generic){ .package = function, .package_size = (size_t)(dot - function) };
	g->name = dot + 1;
	g->pointer = strncmp(g->name, "(*", 2) == 0;
	if (g->pointer)
		g->name += 2;
	g->name_size = (size_t)(function + bracket + 1 - g->name);
	g->method = behind_brackets(function + bracket);
	const char *closure = strstr(g->method, ".func");
	g->method_size = closure ? (size_t)(closure - g->method) : strlen(g->method);
	return true;
}

/* The dictionaries of a function, or of the type whose method it is: "main..dict.Map[int]",
 * "main..dict.List[int]"; up to Go 1.19 each method has its own, "main..dict.(*List[int]).Push". */
static size_t find_symbols(const struct elffile *symbols, const struct generic *g, bool own,
			   uint64_t *addrs)
{
	_cleanup_str_ struct str prefix = { 0 }, suffix = { 0 };
	str_add_bytes(&prefix, g->package, g->package_size);
	str_add(&prefix, "..dict.");
	if (own && g->pointer)
		str_add(&prefix, "(*");
	str_add_bytes(&prefix, g->name, g->name_size);
	str_add_char(&suffix, ']');
	if (own)
		str_add_bytes(&suffix, g->method, g->method_size);
	return elffile_symbols_like(symbols, str_text(&prefix), str_text(&suffix), addrs,
				    DICTIONARIES_MAX);
}

size_t dictionaries_find(const struct snapshot *s, const char *function, uint64_t *addrs)
{
	struct generic g;
	const struct elffile *symbols = image_symbols(s->image);
	if (symbols == NULL || !generic_parse(function, &g))
		return 0;
	size_t count = find_symbols(symbols, &g, false, addrs);
	if (count == 0 && g.method_size > 0)
		count = find_symbols(symbols, &g, true, addrs);
	for (size_t i = 0; i < count && i < DICTIONARIES_MAX; i++)
		addrs[i] += s->image->bias;
	return count;
}
