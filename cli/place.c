#include "cli/place.h"

#include <string.h>

#include "cli/path_map.h"

/* The package path of a symbol: "net/http" of "net/http.(*conn).serve". */
static size_t package_size(const char *symbol)
{
	size_t end = strcspn(symbol, "[("); /* type arguments hold slashes too */
	size_t slash = 0;
	for (size_t i = 0; i < end; i++)
		if (symbol[i] == '/')
			slash = i;
	return slash + strcspn(symbol + slash, ".");
}

/* Where in FILE "PACKAGE/name.go" begins, or its last directory. */
static const char *short_file(const char *file, const char *package, size_t size)
{
	const char *name = strrchr(file, '/');
	if (name == NULL)
		return file;
	if ((size_t)(name - file) >= size && strncmp(name - size, package, size) == 0 &&
	    (name - size == file || name[-(ptrdiff_t)size - 1] == '/'))
		return name - size;
	while (name > file && name[-1] != '/')
		name--;
	return name;
}

void place_add(const struct call *call, const struct options *options, struct str *out)
{
	_cleanup_str_ struct str buf = { 0 };
	bool named = call->object != NULL &&
		     strncmp(call->function, call->object, strlen(call->object)) != 0;
	if (call->file == NULL || call->file[0] == '\0') {
		if (named)
			str_add(out, call->object);
		return;
	}
	const char *file = path_mapped(&options->report, call->file, &buf);
	str_add(out, short_file(file, call->symbol, package_size(call->symbol)));
	if (call->line > 0)
		str_printf(out, ":%d", call->line);
	if (named)
		str_printf(out, " in %s", call->object);
}

static bool begins_with_path(const char *symbol, const char *path)
{
	size_t n = path ? strlen(path) : 0;
	return n > 0 && strncmp(symbol, path, n) == 0 && (symbol[n] == '.' || symbol[n] == '/');
}

bool call_is_users(const struct call *call, const struct buildinfo *info)
{
	const char *symbol = call->symbol;
	if (call->is_c)
		return true;
	if (strncmp(symbol, "main.", 5) == 0 || begins_with_path(symbol, info->module) ||
	    begins_with_path(symbol, info->path))
		return true;
	size_t first = strcspn(symbol, "/");
	return symbol[first] == '/' && memchr(symbol, '.', first) != NULL;
}

static bool is_runtimes(const struct call *call)
{
	return strncmp(call->symbol, "runtime.", 8) == 0 || strchr(call->symbol, '.') == NULL;
}

const struct call *trace_telling(const struct trace *trace, const struct buildinfo *info)
{
	const struct call *outermost = NULL;
	for (size_t i = 0; i < trace->count; i++) {
		const struct call *call = trace->frames[i].call;
		if (call_is_users(call, info))
			return call;
		if (!is_runtimes(call))
			outermost = call;
	}
	if (outermost == NULL && trace->count > 0)
		outermost = trace->frames[0].call;
	return outermost;
}

size_t trace_users_frame(const struct trace *trace, size_t first, const struct buildinfo *info)
{
	for (size_t i = first; i < trace->count; i++)
		if (call_is_users(trace->frames[i].call, info))
			return i;
	return first;
}
