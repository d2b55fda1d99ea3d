#include "analyzer/cgotext.h"

#include <string.h>

#include "analyzer/cxxdeath.h"
#include "analyzer/deathfacts.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"

/* What is to blame; WHERE it hit if that is not known. */
static const char *culprit_place(struct arena *arena, const struct finding *finding,
				 const char *where)
{
	if (finding->stack == NULL || finding->cause_frame == NO_FRAME)
		return where;
	return place_of(arena, finding->stack->frames[finding->cause_frame].call);
}

bool cgo_is_off_file(const struct finding *finding, const struct death_signal *signal)
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

bool cgo_jumped(const struct finding *finding, const struct death_signal *signal)
{
	return cgo_is_off_file(finding, signal) && signal->has_addr && signal->addr == signal->pc;
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

void cgo_set_title(struct findings *findings, struct finding *finding,
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
	else if (cgo_jumped(finding, signal))
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

static bool is_call_of_c(const struct call *call)
{
	return function_is_runtime(call->function) ||
	       strstr(call->function, "._Cfunc_") != NULL;
}

size_t cgo_go_caller(const struct trace *stack)
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

static void explain_fault(struct findings *findings, struct finding *finding,
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
	else if (cgo_jumped(finding, finding->signal))
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
	size_t caller = cgo_go_caller(finding->stack);
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

void cgo_explain(struct findings *findings, struct finding *finding, const struct snapshot *snapshot,
		 const struct death_signal *signal, const char *where)
{
	uint64_t addr;
	explain_fault(findings, finding, snapshot, signal, where);
	if (death_raised_again(snapshot, findings->arena, &addr))
		explain_again(findings, finding, addr);
	if (snapshot->death.c_stack.lo != 0)
		explain_used_up(findings, finding, snapshot);
}
