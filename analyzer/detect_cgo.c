/*
 * cgo-crash: the process died in C code. A fault whose pc is in C, an abort(3) that C raised, or a
 * signal on a thread that Go does not know (runtime/signal_unix.go sighandler, badsignal).
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/addressfacts.h"
#include "analyzer/cgotext.h"
#include "analyzer/cxxdeath.h"
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"

static const char name[] = "cgo-crash";

/* The kind of death in C; NULL where it is none. */
static const char *kind_of(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death_signal *signal = death_signal_of(snapshot);
	enum death_way way = snapshot->death.way;
	if (way == DEATH_PANIC || way == DEATH_FATAL)
		return NULL;
	if (signal == NULL) /* the record of a fault that became a throw may be lost */
		return way == DEATH_THROW && death_in_c(snapshot, arena) ? "signal-in-c" : NULL;
	if (death_is_c_abort(snapshot, arena))
		return "c-abort";
	bool passed_on = death_on_foreign_thread(snapshot) && signal->code == LINUX_SI_TKILL;
	uint64_t addr;
	if (signal->sent && !passed_on && !death_raised_again(snapshot, arena, &addr))
		return NULL; /* from outside */
	if (death_on_foreign_thread(snapshot))
		return snapshot->iscgo || death_c_location(snapshot, arena) != NULL
			       ? "signal-on-foreign-thread"
			       : NULL;
	return death_in_c(snapshot, arena) ? "signal-in-c" : NULL;
}

/* Whether the C library's allocator refused what it was given back, or died of it. */
static bool died_in_free(const struct death *death)
{
	static const char *const texts[] = { "free(): invalid ", "munmap_chunk(): invalid ",
					     "realloc(): invalid ", "double free or corruption" };
	static const char *const functions[] = { "free", "cfree", "realloc", "__libc_free",
						 "__libc_realloc", "_int_free" };
	for (size_t i = 0; death->abort_text != NULL && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (function_begins(death->abort_text, texts[i]))
			return true;
	for (size_t i = 0; i < death->mixed.count && death->mixed.frames[i].call->is_c; i++)
		for (size_t j = 0; death->abort_text == NULL &&
				   j < sizeof(functions) / sizeof(functions[0]);
		     j++)
			if (strcmp(death->mixed.frames[i].call->function, functions[j]) == 0)
				return true;
	return false;
}

/* The arguments of the call from Go, as words: of the wrapper that cgo makes, which has them all on
 * its stack (cgo_unsafe_args). NULL where there is none. */
static const char *arguments(const struct trace *mixed)
{
	size_t i = 0;
	while (i < mixed->count && mixed->frames[i].call->is_c)
		i++;
	while (i < mixed->count && function_is_runtime(mixed->frames[i].call->function))
		i++;
	if (i == mixed->count || strstr(mixed->frames[i].call->function, "._Cfunc_") == NULL)
		return NULL;
	return mixed->frames[i].arg_words;
}

/* The next of the argument WORDS; NULL behind the last. */
static const char *next_word(const char *words, uint64_t *word)
{
	char *end;
	words = words != NULL ? strstr(words, "0x") : NULL;
	if (words == NULL)
		return NULL;
	*word = strtoull(words, &end, 16);
	return end;
}

static bool is_gos(const struct address *address)
{
	return address->kind == ADDRESS_GO_HEAP || address->kind == ADDRESS_GO_HEAP_FREE ||
	       address->kind == ADDRESS_GO_STACK || address->kind == ADDRESS_GO_STACK_FREE ||
	       address->kind == ADDRESS_GO_RUNTIME;
}

/* What of Go's memory was handed to C that then died in the C library's allocator, whose memory it
 * is not; NULL where it was not so. */
static const struct address *freed_address(const struct snapshot *snapshot, struct arena *arena,
					   uint64_t *addr)
{
	const struct death *death = &snapshot->death;
	struct address *address = arena_alloc(arena, sizeof(*address));
	const char *words = died_in_free(death) ? arguments(&death->mixed) : NULL;
	while ((words = next_word(words, addr)) != NULL) {
		snapshot_address(snapshot, *addr, arena, address);
		if (is_gos(address))
			return address;
	}
	return NULL;
}

/* How far behind Go memory a fault may lie for C to have run there: an arena (malloc.go
 * heapArenaBytes). */
enum { OVERRUN_MOST = 64 << 20 };

/* Go memory that was handed to C, which faulted behind it. */
static void add_overrun(struct findings *findings, struct finding *finding,
			const struct snapshot *snapshot, const struct death_signal *signal)
{
	struct address best = { 0 }, address;
	uint64_t addr, nearest = 0;
	const char *words = signal != NULL && !signal->sent && signal->has_addr
				    ? arguments(&snapshot->death.mixed)
				    : NULL;
	while ((words = next_word(words, &addr)) != NULL) {
		if (addr <= nearest || addr >= signal->addr || signal->addr - addr > OVERRUN_MOST)
			continue;
		snapshot_address(snapshot, addr, findings->arena, &address);
		if (!is_gos(&address))
			continue;
		nearest = addr;
		best = address;
	}
	if (nearest != 0)
		finding_labelled(findings, finding, "pointer",
				 snapshot_id(snapshot, finding->goroutine), nearest,
				 "0x%llx, which Go handed to C, is %s; the fault is %llu bytes behind "
				 "it: C may have run past its end, over what lies between",
				 (unsigned long long)nearest, best.text,
				 (unsigned long long)(signal->addr - nearest));
}

/* Whether Go called free itself (C.free): its argument is what free was given then. Another C
 * function may have been handed it for something else. */
static bool is_freed_by_call(const struct finding *finding)
{
	const struct trace *stack = finding->stack;
	size_t i = 0;
	while (stack != NULL && i < stack->count && stack->frames[i].call->is_c &&
	       object_is_c_library(stack->frames[i].call->object))
		i++;
	if (stack == NULL || i == stack->count)
		return false;
	const char *called = strstr(stack->frames[i].call->function, "_Cfunc_");
	return called != NULL &&
	       (strcmp(called, "_Cfunc_free") == 0 || strcmp(called, "_Cfunc_realloc") == 0);
}

static void set_freed(struct findings *findings, struct finding *finding,
		      const struct snapshot *snapshot)
{
	uint64_t addr = 0;
	const struct address *address = freed_address(snapshot, findings->arena, &addr);
	if (address == NULL)
		return;
	finding->kind = "go-pointer-freed-by-c";
	finding->confidence = is_freed_by_call(finding) ? LIKELY : POSSIBLE;
	finding_title(findings, finding, "C code freed memory that is Go's, at 0x%llx",
		      (unsigned long long)addr);
	if (finding->confidence == POSSIBLE)
		finding_explain(findings, finding,
				"Which pointer free was given is not recorded: the C function was handed "
				"this one by Go, and may have freed another bad one.");
	finding_labelled(findings, finding, "pointer", snapshot_id(snapshot, finding->goroutine),
			 addr, "0x%llx, which Go handed to C, is %s", (unsigned long long)addr,
			 address->text);
}

/* "crash" of "crash+0x12 in libfoo.so"; NULL where no function is named. */
static const char *function_of(struct arena *arena, const char *where)
{
	if (where == NULL || strstr(where, " in ") == NULL)
		return NULL;
	return arena_strndup(arena, where, strcspn(where, "+ "));
}

/* To blame is the C function; where its name is not known, or it is the C library's, who called it.
 * A foreign thread has no goroutine. */
static void set_culprit(struct finding *finding, const struct snapshot *snapshot)
{
	if (death_on_foreign_thread(snapshot)) {
		finding->goroutine = NO_INDEX;
		finding->goroutines = NULL;
		finding->goroutine_count = 0;
	}
	const struct trace *stack = finding->stack;
	size_t caller = cgo_go_caller(stack), cause = finding->cause_frame;
	bool of_c = stack != NULL && stack->frames[0].call->is_c && cause != NO_FRAME;
	if (!of_c || (caller != NO_FRAME && call_is_c_plumbing(stack->frames[cause].call)))
		finding->cause_frame = caller;
}

/* The C library's words stand before the runtime's on stderr; here they follow them. */
static void set_message(struct findings *findings, struct finding *finding,
			const struct snapshot *snapshot)
{
	const char *said = snapshot->death.abort_text;
	if (said == NULL)
		return;
	finding->message = arena_printf(findings->arena, "%s%s%s", finding->message,
					finding->message[0] ? "\n" : "", said);
	finding_labelled(findings, finding, "abort", 0, 0, "the C library said: %s", said);
}

/* The runtime's own code: a handler that had no room on the stack that it was given, for one. */
static bool is_go_code_hit(const struct snapshot *snapshot, const struct death_signal *signal)
{
	return signal != NULL && snapshot_calls(snapshot, signal->pc, signal->pc).count > 0;
}

DETECTOR(cgo)
{
	(void)options;
	const char *kind = kind_of(snapshot, findings->arena);
	if (kind == NULL)
		return;
	const struct death_signal *signal = death_signal_of(snapshot);
	const char *where = death_c_location(snapshot, findings->arena);
	struct finding *finding =
		findings_add_death(findings, snapshot, name, CLASS_CGO_CRASH, kind, CERTAIN);
	finding->function = function_of(findings->arena, where);
	if (where == NULL && cgo_is_off_file(finding, signal) && !cgo_jumped(finding, signal))
		where = arena_printf(findings->arena, "code of no file, at 0x%llx",
				     (unsigned long long)signal->pc);
	if (where == NULL && (snapshot->death.way == DEATH_NONE || is_go_code_hit(snapshot, signal)))
		finding->confidence = LIKELY;
	uint64_t addr;
	bool again = death_raised_again(snapshot, findings->arena, &addr);
	if (again)
		finding->confidence = LIKELY;
	set_culprit(finding, snapshot);
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	if (signal != NULL && (!signal->sent || again) &&
	    snapshot_fault(snapshot, signal, findings->arena, insn))
		finding->fault = insn;
	cgo_set_title(findings, finding, snapshot, signal, where);
	cgo_explain(findings, finding, snapshot, signal, where);
	set_message(findings, finding, snapshot);
	cxx_add_exception(findings, finding, snapshot);
	if (signal != NULL)
		finding_add_fault(findings, finding, snapshot, signal);
	if (signal != NULL)
		finding_add_bad_address(findings, finding, snapshot, signal, false);
	if (where != NULL)
		finding_labelled(findings, finding, "place", 0, signal->pc, "%s", where);
	set_freed(findings, finding, snapshot);
	if (strcmp(finding->kind, "signal-in-c") == 0)
		add_overrun(findings, finding, snapshot, signal);
}
