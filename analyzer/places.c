#include "analyzer/places.h"

#include <string.h>

#include "base/str.h"

bool function_begins(const char *function, const char *prefix)
{
	return str_begins(function, prefix);
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

bool object_is_c_library(const char *object)
{
	static const char *const objects[] = { "libc.so", "libc-", "libpthread", "ld-linux",
					       "ld-musl", "libc.musl", "vDSO" };
	return object != NULL &&
	       begins_with_one_of(object, objects, sizeof(objects) / sizeof(objects[0]));
}

/* Raises SIGABRT for its callers too: abort, the allocator's checks, std::terminate. */
static bool object_is_of_language(const char *object)
{
	static const char *const objects[] = { "libstdc++", "libgcc_s", "libc++", "libunwind" };
	return object_is_c_library(object) ||
	       begins_with_one_of(object, objects, sizeof(objects) / sizeof(objects[0]));
}

bool call_is_c_plumbing(const struct call *call)
{
	/* Names that are reserved to the language; _ZSt and the like are those of namespace std. */
	static const char *const prefixes[] = { "__",	   "_IO_",    "_int_", "_Unwind_", "_ZSt",
						"_ZNSt",   "_ZNKSt",  "_ZN9__gnu_cxx",
						"<signal " };
	static const char *const functions[] = { "abort", "raise", "gsignal", "pthread_kill",
						 "kill",  "malloc_printerr", "free" };
	if (call->object == NULL) /* no code is there: a jump to nowhere */
		return true;
	if (object_is_of_language(call->object))
		return true;
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		if (strcmp(call->symbol, functions[i]) == 0)
			return true;
	return begins_with_one_of(call->symbol, prefixes, sizeof(prefixes) / sizeof(prefixes[0]));
}

/* What cgo makes around a call stands right above Go, and may have no symbol. */
static bool is_cgo_wrapper(const struct trace *trace, size_t i)
{
	const struct call *call = trace->frames[i].call;
	bool above_go = i + 1 < trace->count && !trace->frames[i + 1].call->is_c;
	bool nameless = call->object != NULL && function_begins(call->function, call->object);
	return function_begins(call->function, "_cgo_") || (above_go && nameless);
}

size_t trace_c_frame(const struct trace *trace)
{
	size_t last = 0;
	for (size_t i = 0; i < trace->count && trace->frames[i].call->is_c; i++) {
		if (is_cgo_wrapper(trace, i))
			continue;
		if (!call_is_c_plumbing(trace->frames[i].call))
			return i;
		last = i;
	}
	return last;
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
	bool has_file = call->file != NULL && call->file[0] != '\0';
	if (!has_file && call->object != NULL && !function_begins(call->function, call->object))
		return arena_printf(arena, "%s in %s", call->function, call->object);
	if (!has_file)
		return call->function;
	return arena_printf(arena, "%s (%s:%d)", call->function, short_path(call->file),
			    (int)call->line);
}

const struct call *call_of(const struct snapshot *snapshot, const struct goroutine *g,
			   struct arena *arena)
{
	struct trace trace;
	goroutine_trace(snapshot, g, false, arena, &trace);
	size_t own = trace_own_frame(&trace, 0);
	return own < trace.count ? trace.frames[own].call : NULL;
}

void finding_set_stack(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct goroutine *g)
{
	struct trace *trace = arena_alloc(findings->arena, sizeof(*trace));
	goroutine_trace(snapshot, g, false, findings->arena, trace);
	finding->stack = trace;
	size_t own = trace_own_frame(trace, 0);
	if (own < trace->count)
		finding->cause_frame = own;
}
