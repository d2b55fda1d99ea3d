#include "analyzer/places.h"

#include <string.h>

bool function_begins(const char *function, const char *prefix)
{
	return strncmp(function, prefix, strlen(prefix)) == 0;
}

static bool begins_with_one_of(const char *function, const char *const *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (function_begins(function, prefixes[i]))
			return true;
	return false;
}

bool function_is_runtime(const char *function)
{
	static const char *const prefixes[] = {
		"runtime.",
		"internal/runtime/",
		"runtime/internal/",
	};
	return strcmp(function, "panic") == 0 ||
	       begins_with_one_of(function, prefixes, sizeof(prefixes) / sizeof(prefixes[0]));
}

bool function_is_plumbing(const char *function)
{
	static const char *const prefixes[] = {
		"sync.", "sync/atomic.", "time.", "internal/", "reflect.", "syscall.",
	};
	return function_is_runtime(function) ||
	       begins_with_one_of(function, prefixes, sizeof(prefixes) / sizeof(prefixes[0]));
}

size_t trace_own_frame(const struct trace *trace, size_t first)
{
	for (size_t i = first; i < trace->count; i++)
		if (!function_is_plumbing(trace->frames[i].call->function))
			return i;
	return first < trace->count ? first : trace->count;
}

size_t trace_find(const struct trace *trace, size_t end, const char *prefix)
{
	for (size_t i = 0; i < end && i < trace->count; i++)
		if (function_begins(trace->frames[i].call->function, prefix))
			return i;
	return end;
}

const char *short_path(const char *file)
{
	const char *last = strrchr(file, '/');
	if (last == NULL)
		return file;
	const char *before = memrchr(file, '/', (size_t)(last - file));
	return before ? before + 1 : file;
}

const char *place_of(struct arena *arena, const struct call *call)
{
	if (call->file == NULL || call->file[0] == '\0')
		return call->function;
	return arena_printf(arena, "%s (%s:%d)", call->function, short_path(call->file),
			    (int)call->line);
}
