#include "analyzer/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/places.h"
#include "base/vec.h"

enum { FRAMES_MAX = 64 };

/* FNV-1a of 64 bits; each part ends with a NUL, so that parts do not run together. */
#define FNV_START 0xcbf29ce484222325
#define FNV_PRIME 0x100000001b3

static uint64_t add_text(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (uint8_t)*text) * FNV_PRIME;
	} while (*text++ != '\0');
	return hash;
}

static uint64_t add_line(uint64_t hash, int32_t line)
{
	char text[16];
	snprintf(text, sizeof(text), "%d", (int)line);
	return add_text(hash, text);
}

typedef VEC(const struct call *) call_list;

static int compare_calls(const struct call *a, const struct call *b)
{
	int names = strcmp(a->function, b->function);
	if (names != 0)
		return names;
	int files = strcmp(a->file ? a->file : "", b->file ? b->file : "");
	return files != 0 ? files : a->line - b->line;
}

static int by_name(const void *a, const void *b)
{
	return compare_calls(*(const struct call *const *)a, *(const struct call *const *)b);
}

/* Whether a call is seen depends on the debug information that a machine has: of the C library's
 * own functions many have no other name, and calls that are inlined in C no other record. */
static bool is_uncertain(const struct call *call)
{
	return call->is_c && (call->inlined || object_is_c_library(call->object));
}

/* The functions of the stack from the culprit on, without the runtime's; a function that calls
 * itself counts once. */
static void add_stack(const struct finding *verdict, call_list *calls)
{
	const struct trace *stack = verdict->stack;
	if (stack == NULL || verdict->cause_frame == NO_FRAME)
		return;
	const char *last = "";
	for (size_t i = verdict->cause_frame; i < stack->count && calls->count < FRAMES_MAX; i++) {
		const struct call *call = stack->frames[i].call;
		if (function_is_runtime(call->function) || strcmp(call->function, last) == 0 ||
		    is_uncertain(call))
			continue;
		last = call->function;
		vec_push(calls, call);
	}
}

/* A cycle may be cut anywhere, and groups come by their size: sorted, they are the same. */
static void add_identity(const struct finding *verdict, call_list *calls)
{
	for (size_t i = 0; i < verdict->identity_count; i++)
		vec_push(calls, verdict->identity[i]);
	qsort(calls->items, calls->count, sizeof(*calls->items), by_name);
}

static const char *hex(struct arena *arena, uint64_t hash)
{
	return arena_printf(arena, "%016llx", (unsigned long long)hash);
}

void fingerprint_make(const struct finding *verdict, const char *build_id, struct arena *arena,
		      struct fingerprint *fingerprint)
{
	call_list calls = { 0 };
	if (verdict->identity_count > 0)
		add_identity(verdict, &calls);
	else
		add_stack(verdict, &calls);
	uint64_t class = add_text(FNV_START, verdict_class_name(verdict->class));
	class = add_text(class, verdict->kind ? verdict->kind : "");
	uint64_t crash = class, exact = class;
	for (size_t i = 0; i < calls.count; i++) {
		const struct call *call = calls.items[i];
		crash = add_text(crash, call->function);
		exact = add_text(exact, call->function);
		exact = add_text(exact, call->file && !call->is_c ? call->file : "");
		exact = add_line(exact, call->is_c ? 0 : call->line);
	}
	exact = add_text(exact, build_id ? build_id : "");
	*fingerprint = (struct fingerprint){
		.class = hex(arena, class),
		.crash = hex(arena, crash),
		.exact = hex(arena, exact),
	};
	vec_release(&calls);
}
