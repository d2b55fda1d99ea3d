/*
 * cgo-crash: the process died in C code. A fault whose pc is in C, an abort(3) that C raised, or a
 * signal on a thread that Go does not know (runtime/signal_unix.go sighandler, badsignal).
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/addressfacts.h"
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

/* Whether Go called free itself (C.free): its argument is what free was given then. Another C function
 * may have been handed it for something else. */
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

/* What is to blame; WHERE it hit if that is not known. */
static const char *culprit_place(struct arena *arena, const struct finding *finding,
				 const char *where)
{
	if (finding->stack == NULL || finding->cause_frame == NO_FRAME)
		return where;
	return place_of(arena, finding->stack->frames[finding->cause_frame].call);
}

/* Whether the fault hit where C code had jumped to, in memory of no file. */
static bool is_off_file(const struct finding *finding, const struct death_signal *signal)
{
	const struct trace *stack = finding->stack;
	return signal != NULL && !signal->sent && stack != NULL && stack->count > 1 &&
	       stack->frames[0].call->is_c && stack->frames[0].call->object == NULL &&
	       stack->frames[0].pc == signal->pc && finding->cause_frame != NO_FRAME;
}

/* The CPU was to execute what lies at the address of the fault. */
static bool is_at_no_code(const struct death_signal *signal)
{
	return signal != NULL && !signal->sent && signal->has_addr && signal->pc != 0 &&
	       signal->addr == signal->pc;
}

/* Whether C code jumped there, and who did is known: to address 0 as well, then. */
static bool jumped(const struct finding *finding, const struct death_signal *signal)
{
	return is_off_file(finding, signal) && signal->has_addr && signal->addr == signal->pc;
}

/* amd64: the `ret` itself faults where the address on the stack is none that the CPU has. */
static bool is_bad_return(const struct finding *finding)
{
	return finding->signal != NULL && finding->signal->code == LINUX_SI_KERNEL &&
	       finding->fault != NULL && finding->fault->text != NULL &&
	       function_begins(finding->fault->text, "ret");
}

static void set_abort_title(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot, const char *where)
{
	const char *said = snapshot->death.abort_text;
	const char *place = culprit_place(findings->arena, finding, where);
	bool of_go = finding->cause_frame != NO_FRAME && finding->stack != NULL &&
		     !finding->stack->frames[finding->cause_frame].call->is_c;
	if (said != NULL)
		finding_title(findings, finding, "C code called abort: %.*s",
			      (int)strcspn(said, "\n"), said);
	else if (cxx_set_title(findings, finding, snapshot,
			       of_go ? arena_printf(findings->arena,
						    "code that Go called from %s", place)
				     : place))
		return;
	else if (of_go)
		finding_title(findings, finding, "C code called abort; Go called it from %s", place);
	else
		finding_title(findings, finding, "C code called abort, in %s", place);
}

static void set_jump_title(struct findings *findings, struct finding *finding,
			   const struct death_signal *signal, const char *what)
{
	const struct call *cause = finding->stack->frames[finding->cause_frame].call;
	const char *place = place_of(findings->arena, cause);
	if (cause->is_c)
		finding_title(findings, finding, "%s: %s called 0x%llx, where no code is", what,
			      place, (unsigned long long)signal->pc);
	else
		finding_title(findings, finding,
			      "%s: C code that Go called from %s called 0x%llx, where no code is",
			      what, place, (unsigned long long)signal->pc);
}

static void set_title(struct findings *findings, struct finding *finding,
		      const struct snapshot *snapshot, const struct death_signal *signal,
		      const char *where)
{
	const char *what = signal != NULL ? signal_name(signal->number) : NULL;
	if (what == NULL)
		what = "a signal";
	const char *place = where != NULL ? where : "C code";
	if (strcmp(finding->kind, "c-abort") == 0)
		set_abort_title(findings, finding, snapshot, place);
	else if (strcmp(finding->kind, "signal-on-foreign-thread") == 0)
		finding_title(findings, finding, "%s%s in %s, on a thread that Go does not know",
			      what, snapshot->death.c_stack.lo ? ": C code ran out of stack," : "",
			      place);
	else if (jumped(finding, signal))
		set_jump_title(findings, finding, signal, what);
	else if (snapshot->death.c_stack.lo != 0)
		finding_title(findings, finding, "%s: C code ran out of stack, in %s", what, place);
	else if (where == NULL && is_at_no_code(signal))
		finding_title(findings, finding,
			      "%s while C code ran: it went to 0x%llx, where no code is", what,
			      (unsigned long long)signal->pc);
	else if (where == NULL)
		finding_title(findings, finding, "%s while C code ran", what);
	else
		finding_title(findings, finding, "%s in C code, in %s", what, place);
}

/* "crash" of "crash+0x12 in libfoo.so"; NULL where no function is named. */
static const char *function_of(struct arena *arena, const char *where)
{
	if (where == NULL || strstr(where, " in ") == NULL)
		return NULL;
	return arena_strndup(arena, where, strcspn(where, "+ "));
}

static bool is_call_of_c(const struct call *call)
{
	return function_is_runtime(call->function) ||
	       strstr(call->function, "._Cfunc_") != NULL;
}

/* The Go function that called C: not the wrapper that cgo makes (_Cfunc_NAME); NO_FRAME: none. */
static size_t go_caller(const struct trace *stack)
{
	size_t last = NO_FRAME;
	for (size_t i = 0; stack != NULL && i < stack->count; i++) {
		if (stack->frames[i].call->is_c)
			continue;
		last = i;
		if (!is_call_of_c(stack->frames[i].call))
			break;
	}
	return last;
}

/* To blame is the C function; where its name is not known, or it is the C library's, who called it. A
 * foreign thread has no goroutine. */
static void set_culprit(struct finding *finding, const struct snapshot *snapshot)
{
	if (death_on_foreign_thread(snapshot)) {
		finding->goroutine = NO_INDEX;
		finding->goroutines = NULL;
		finding->goroutine_count = 0;
	}
	const struct trace *stack = finding->stack;
	size_t caller = go_caller(stack), cause = finding->cause_frame;
	bool of_c = stack != NULL && stack->frames[0].call->is_c && cause != NO_FRAME;
	if (!of_c || (caller != NO_FRAME && call_is_c_plumbing(stack->frames[cause].call)))
		finding->cause_frame = caller;
}

/* The debug information of C code is often in a package of its own. */
static void advise_symbols(struct findings *findings, struct finding *finding)
{
	const struct trace *stack = finding->stack;
	for (size_t i = 0; stack != NULL && i < stack->count; i++) {
		const struct call *call = stack->frames[i].call;
		if (!call->is_c || call->object == NULL || call->line > 0)
			continue;
		finding_advise(findings, finding,
			       "%s has no debug information here; with it (its -dbg or -debuginfo "
			       "package, --debug-dir, DEBUGINFOD_URLS) its frames have lines.",
			       call->object);
		return;
	}
}

/* Go took it for a fault of the code that the signal had interrupted. */
static void explain_handler(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot)
{
	finding_explain(
		findings, finding,
		"The fault hit a signal handler that C code had installed in place of Go's. Go took it "
		"for one of the code that the signal had interrupted, and could not make it a panic on "
		"the signal stack: that is what its own message says.");
	if (snapshot->death.way == DEATH_THROW)
		finding_explain(findings, finding,
				"The handler's other frames and what it had interrupted are lost: the "
				"runtime has written over the signal stack as it died.");
}

static void explain(struct findings *findings, struct finding *finding,
		    const struct snapshot *snapshot, const struct death_signal *signal,
		    const char *where)
{
	bool no_room = snapshot->death.c_stack.lo != 0 && signal != NULL && !signal->has_addr;
	bool aborted = strcmp(finding->kind, "c-abort") == 0;
	if (aborted && cxx_is_uncaught(finding->stack))
		finding_explain(findings, finding,
				"The C++ library ends the process where no C++ code catches an "
				"exception; none goes on through Go's frames.");
	else if (aborted)
		finding_explain(
			findings, finding,
			"C code ended the process itself: abort, a failed assert, or the C library "
			"that found its heap damaged.");
	else if (strcmp(finding->kind, "signal-on-foreign-thread") == 0 && no_room)
		finding_explain(findings, finding,
				"No stack was left for a signal handler: the kernel ended the process.");
	else if (strcmp(finding->kind, "signal-on-foreign-thread") == 0)
		finding_explain(
			findings, finding,
			"The signal hit a thread that is C's own and was in no call from Go or into Go; "
			"the Go runtime passes such a signal on, and the process ends without a word.");
	else if (snapshot->death.in_handler && where != NULL)
		explain_handler(findings, finding, snapshot);
	else if (jumped(finding, finding->signal))
		finding_explain(findings, finding,
				"C code called a function by a pointer that leads to no code: it is nil or "
				"damaged, or what it was of has been unloaded or freed.");
	else if (where == NULL && is_at_no_code(finding->signal))
		finding_explain(
			findings, finding,
			"C code called, or returned to, an address that holds no code: a function "
			"pointer or a return address was none, or was overwritten.");
	else if (where == NULL)
		finding_explain(findings, finding,
				"The thread was in C code; where in it the fault was is not recorded.");
	else if (is_bad_return(finding))
		finding_explain(
			findings, finding,
			"A C function returned, and what lay on the stack where its return address "
			"had been was no address: it, or what it had called, wrote past the end "
			"of a local variable.");
	else
		finding_explain(findings, finding,
				"The fault hit C code, where Go cannot make it a panic.");
	size_t caller = go_caller(finding->stack);
	if (caller != NO_FRAME && finding->goroutine != NO_INDEX)
		finding_explain(
			findings, finding, "Go called it from %s.",
			place_of(findings->arena, finding->stack->frames[caller].call));
	advise_symbols(findings, finding);
}

/* The stack of C that the fault was at the end of. */
static void explain_used_up(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot)
{
	const struct c_stack *stack = &snapshot->death.c_stack;
	finding_explain(findings, finding,
			"C code ran out of stack: by a recursion that does not end, or by what lies on it. "
			"C runs on the stack of its thread, which does not grow as a goroutine's does.");
	finding_labelled(findings, finding, "stack", 0, stack->lo,
			 "C frames take %llu KB; the memory for them begins at 0x%llx",
			 (unsigned long long)stack->used / 1024, (unsigned long long)stack->lo);
}

static void explain_again(struct findings *findings, struct finding *finding, uint64_t addr)
{
	finding_explain(
		findings, finding,
		"The signal that ended the process was sent by its own thread, but that is back at an "
		"instruction which accesses 0x%llx, where no memory is: a signal handler of C's has "
		"probably taken the fault, and raised the signal again.",
		(unsigned long long)addr);
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
	if (where == NULL && is_off_file(finding, signal) && !jumped(finding, signal))
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
	set_title(findings, finding, snapshot, signal, where);
	explain(findings, finding, snapshot, signal, where);
	if (again)
		explain_again(findings, finding, addr);
	if (snapshot->death.c_stack.lo != 0)
		explain_used_up(findings, finding, snapshot);
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
