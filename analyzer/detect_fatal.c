/*
 * fatal-error: every other throw or fatal, with its text, and the fatal signals that are neither a
 * fault of memory nor sent by anybody (a trap, an illegal instruction, a system call that seccomp
 * refused).
 */
#include "analyzer/addressfacts.h"
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/lockrace.h"
#include "analyzer/places.h"
#include "analyzer/runtimefault.h"
#include "analyzer/signals.h"

static const char name[] = "fatal-error";

static bool is_sent(const struct death *death)
{
	return death->fault.present && death->fault.sent;
}

/* A fault in the middle of the runtime's own work: mostly on a pointer that was overwritten. */
static void add_fault(const struct snapshot *snapshot, struct findings *findings,
		      struct finding *finding, bool brief)
{
	const struct death_signal *fault = &snapshot->death.fault;
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	/* After a breakpoint the pc is past the instruction. */
	if (fault->number != LINUX_SIGTRAP && snapshot_fault(snapshot, fault, findings->arena, insn))
		finding->fault = insn;
	finding_add_fault(findings, finding, snapshot, fault);
	finding_add_bad_address(findings, finding, snapshot, fault, !brief);
}

static void add_fatal(const struct snapshot *snapshot, struct findings *findings,
		      const struct fatal_story *story, bool brief)
{
	const struct death *death = &snapshot->death;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind,
						     death_confidence(snapshot, story));
	const char *text = death_fatal_text(snapshot, findings->arena);
	if (story->title != NULL)
		finding->title = story->title;
	else if (text != NULL)
		finding_title(findings, finding, "fatal error: %s", text);
	else
		finding->title = "a fatal error of the runtime whose text could not be read";
	if (story->why != NULL)
		finding_explain(findings, finding, "%s", story->why);
	if (death->fault.present)
		add_fault(snapshot, findings, finding, brief);
	finding_add_lock(findings, finding, snapshot);
	finding_add_fatal_records(findings, finding, snapshot);
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}

/* Signals that end the process by themselves (runtime/signal_unix.go sighandler). */
static const struct signal_row {
	int32_t number;
	const char *kind, *title, *why;
} signals[] = {
	{ LINUX_SIGTRAP, "trap", "a breakpoint instruction was executed",
	  "The CPU executed a breakpoint (runtime.Breakpoint, or one that a debugger left), and no "
	  "debugger was there to take it." },
	{ LINUX_SIGILL, "illegal-instruction",
	  "an instruction was executed that the CPU does not know",
	  "The CPU met an instruction that it does not have: code for a newer CPU, a jump into "
	  "data, or a deliberate trap (ud2) of C code." },
	{ LINUX_SIGSYS, "bad-system-call", "a system call was refused by a filter",
	  "A seccomp filter refused a system call and sent SIGSYS." },
	{ LINUX_SIGSEGV, "fault-in-runtime", "a fault hit code that may not panic",
	  "The fault hit the runtime's own code, on a system stack, where it cannot be made a "
	  "panic. Damaged memory is the usual reason." },
	{ LINUX_SIGBUS, "fault-in-runtime", "a fault hit code that may not panic",
	  "The fault hit the runtime's own code, on a system stack, where it cannot be made a "
	  "panic. Damaged memory is the usual reason." },
	{ LINUX_SIGFPE, "fault-in-runtime", "an arithmetic fault hit code that may not panic",
	  "The fault hit the runtime's own code, where it cannot be made a panic." },
};

static bool is_runtime_abort(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	const struct trace *trace = death->system.count ? &death->system : &death->culprit;
	return trace->count > 0 && trace->frames[0].call->id == FUNC_ABORT;
}

static const struct signal_row runtime_abort = {
	.kind = "runtime-abort",
	.title = "the runtime stopped itself (runtime.abort)",
	.why = "Code of the runtime reached a place where it can neither go on nor print.",
};

static void add_signal(const struct snapshot *snapshot, struct findings *findings,
		       const struct signal_row *row, bool brief)
{
	struct finding *finding =
		findings_add_death(findings, snapshot, name, CLASS_FATAL_ERROR, row->kind, CERTAIN);
	finding->title = row->title;
	if (snapshot->death.fault.off_code) {
		finding_title(findings, finding, "%s, in memory that is no code of any file",
			      row->title);
		if (finding->cause_frame != NO_FRAME)
			finding->confidence = LIKELY;
	}
	finding_explain(findings, finding, "%s", row->why);
	death_explain_off_code(findings, finding, snapshot);
	add_fault(snapshot, findings, finding, brief);
}

/* The program's own code is to blame, not the functions of package syscall that carry out what it
 * asks for. */
static void blame_caller(const struct snapshot *snapshot, struct findings *findings,
			 struct finding *finding)
{
	if (snapshot->death.way == DEATH_NONE && finding->goroutine < snapshot->goroutine_count)
		finding_set_stack(findings, finding, snapshot,
				  &snapshot->goroutines[finding->goroutine]);
	const struct trace *stack = finding->stack;
	size_t i = finding->cause_frame;
	while (stack != NULL && i < stack->count &&
	       (function_begins(stack->frames[i].call->function, "syscall.") ||
		function_begins(stack->frames[i].call->function, "golang.org/x/sys/") ||
		function_is_plumbing(stack->frames[i].call->function)))
		i++;
	if (stack != NULL && i < stack->count)
		finding->cause_frame = i;
}

/* What a filter refused, whether it let Go's handler have the signal or ended the process at
 * once. */
static void add_refused(const struct snapshot *snapshot, struct findings *findings,
			const struct death_signal *signal)
{
	struct finding *finding = findings_add_death(findings, snapshot, name, CLASS_FATAL_ERROR,
						     "bad-system-call", CERTAIN);
	if (signal->syscall_name != NULL)
		finding_title(findings, finding, "the system call %s was refused by a filter",
			      signal->syscall_name);
	else
		finding_title(findings, finding, "system call number %u was refused by a filter",
			      (unsigned)signal->syscall);
	blame_caller(snapshot, findings, finding);
	finding_explain(findings, finding, "%s",
			snapshot->death.way == DEATH_SIGNAL
				? "A seccomp filter refused a system call and sent SIGSYS."
				: "A seccomp filter refused a system call, and the kernel ended the "
				  "process at once: the runtime had no chance to print anything.");
	finding_add_fault(findings, finding, snapshot, signal);
	finding_advise(findings, finding,
		       "Allow the call in the filter (SystemCallFilter= of systemd, the seccomp profile of "
		       "a container, a sandbox of the program's own), or do without it.");
}

static void run_signal(const struct snapshot *snapshot, struct findings *findings, bool brief)
{
	const struct death_signal *fault = &snapshot->death.fault;
	if (!fault->present || fault->sent || death_in_c(snapshot, findings->arena))
		return;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i].number == fault->number) {
			add_signal(snapshot, findings,
				   is_runtime_abort(snapshot) ? &runtime_abort : &signals[i],
				   brief);
			return;
		}
}

DETECTOR(fatal)
{
	const struct death *death = &snapshot->death;
	if (runtime_work_failed(snapshot, findings->arena) != NULL)
		return; /* memory-corruption */
	const struct death_signal *signal = death_signal_of(snapshot);
	if (signal != NULL && signal->refused &&
	    (death->way == DEATH_SIGNAL || death->way == DEATH_NONE) &&
	    !death_in_c(snapshot, findings->arena)) {
		add_refused(snapshot, findings, signal);
		return;
	}
	if (death->way == DEATH_SIGNAL) {
		run_signal(snapshot, findings, options->brief);
		return;
	}
	const struct fatal_story *story = death_story(snapshot, CLASS_FATAL_ERROR);
	if (story == NULL || is_sent(death))
		return;
	if (death_in_c(snapshot, findings->arena))
		return; /* up to 1.20 a fault in C is thrown as one of the runtime */
	add_fatal(snapshot, findings, story, options->brief);
}
