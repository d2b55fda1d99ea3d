/*
 * external-signal: somebody sent a signal (si_code at or below 0), be it the process itself by
 * kill(2): no fault, whatever its number. The goroutine that it interrupted is a bystander, unless
 * it is in the call that asked for the signal.
 */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"

static const char name[] = "external-signal";

/* The signal from outside that ended the process; NULL where none did. One whose code the runtime
 * takes for a fault (SI_QUEUE) ends as a throw. */
static const struct death_signal *outside_signal(const struct snapshot *snapshot,
						 struct arena *arena)
{
	const struct death_signal *signal = death_signal_of(snapshot);
	uint64_t addr;
	if (signal == NULL || !signal->sent || snapshot->death.way == DEATH_FATAL)
		return NULL;
	if (death_is_c_abort(snapshot, arena))
		return NULL;
	if (death_on_foreign_thread(snapshot) && signal->code == LINUX_SI_TKILL)
		return NULL; /* a fault that the runtime passed on */
	if (death_raised_again(snapshot, arena, &addr))
		return NULL; /* a fault that a handler of C's passed on */
	return signal;
}

static const char *kind_of(const struct death_signal *signal)
{
	if (signal->number == LINUX_SIGABRT)
		return "abort";
	return signal->number == LINUX_SIGQUIT ? "quit" : "other";
}

static void add_sender(struct findings *findings, struct finding *finding,
		       const struct death_signal *signal)
{
	const char *words = signal_words(findings->arena, signal);
	if (signal->by_itself)
		finding_labelled(findings, finding, "sender", 0, 0,
				 "%s, sent by process %d, which is the one that ended", words,
				 (int)signal->sender_pid);
	else if (signal->sender_pid != 0)
		finding_labelled(findings, finding, "sender", 0, 0,
				 "%s, sent by process %d of user %u", words,
				 (int)signal->sender_pid, (unsigned)signal->sender_uid);
	else
		finding_labelled(findings, finding, "sender", 0, 0,
				 "%s, sent by a process that is not known", words);
	if (signal->record != NULL)
		finding_labelled(findings, finding, "records", 0, 0, "%s", signal->record);
}

/* The first frame from FROM on, of C, that is not the C library's; where there is none, that of Go
 * below. */
static size_t first_c_frame(const struct trace *stack, size_t from)
{
	size_t i = from;
	while (i < stack->count && stack->frames[i].call->is_c &&
	       (call_is_c_plumbing(stack->frames[i].call) ||
		function_begins(stack->frames[i].call->function, "_cgo_")))
		i++;
	return i < stack->count && !stack->frames[i].call->is_c ? trace_own_frame(stack, i) : i;
}

/* Where the code that asked for the signal stands on its own stack: it took it in the middle of the
 * call. NO_FRAME: it is not there; another thread may have taken the signal. */
static size_t asking_frame(const struct trace *stack)
{
	static const char *const functions[] = {
		"kill",
		"raise",
		"gsignal",
		"pthread_kill",
		"tgkill",
		"sigqueue",
		"syscall.Kill",
		"syscall.Tgkill",
		"golang.org/x/sys/unix.Kill",
		"golang.org/x/sys/unix.Tgkill",
		"golang.org/x/sys/unix.PidfdSendSignal",
		"os.(*Process).Signal",
		"os.(*Process).Kill",
	};
	for (size_t i = 0; stack != NULL && i < stack->count; i++)
		for (size_t j = 0; j < sizeof(functions) / sizeof(functions[0]); j++)
			if (strcmp(stack->frames[i].call->function, functions[j]) == 0)
				return stack->frames[i].call->is_c ? first_c_frame(stack, i + 1)
								   : trace_own_frame(stack, i + 1);
	return NO_FRAME;
}

static bool is_raw_call(const char *function)
{
	static const char *const functions[] = {
		"syscall.RawSyscall",
		"syscall.Syscall",
		"golang.org/x/sys/unix.RawSyscall",
		"golang.org/x/sys/unix.Syscall",
	};
	for (size_t j = 0; j < sizeof(functions) / sizeof(functions[0]); j++)
		if (function_begins(function, functions[j]))
			return true;
	return false;
}

/* Where the program itself makes a system call, of which no record says which one; NO_FRAME:
 * nowhere. The functions of package syscall say it by their names. */
static size_t calling_frame(const struct trace *stack)
{
	enum { TOP = 4 };
	size_t caller = NO_FRAME;
	for (size_t i = 0; stack != NULL && i + 1 < stack->count && i < TOP; i++)
		if (is_raw_call(stack->frames[i].call->function))
			caller = i + 1;
	if (caller == NO_FRAME)
		return NO_FRAME;
	const char *function = stack->frames[caller].call->function;
	bool named = function_begins(function, "syscall.") || function_begins(function, "golang.org/x/sys/");
	return named ? NO_FRAME : caller;
}

static void explain_own(struct findings *findings, struct finding *finding,
			const struct death_signal *signal)
{
	size_t asking = asking_frame(finding->stack), calling = calling_frame(finding->stack);
	bool asks = asking != NO_FRAME && asking < finding->stack->count;
	if (!asks && calling != NO_FRAME) {
		finding_explain(findings, finding,
				"The process sent it to itself, by kill(2) or the like. The thread that "
				"took it was in a system call for %s, which may be what asked for it.",
				place_of(findings->arena, finding->stack->frames[calling].call));
		return;
	}
	if (!asks && signal->code == LINUX_SI_TKILL) {
		finding_explain(
			findings, finding,
			"The process sent it to this thread, by raise(3) or the like: who asked for it "
			"is not on its stack, as where a signal handler has.");
		return;
	}
	if (!asks) {
		finding_explain(
			findings, finding,
			"The process sent it to itself, by kill(2) or the like. A thread that "
			"happened to run took it: its goroutine is a bystander.");
		return;
	}
	finding->cause_frame = asking;
	finding_explain(findings, finding, "The process sent it to itself: %s asked for it.",
			place_of(findings->arena, finding->stack->frames[asking].call));
}

static void explain_emulated(struct findings *findings, struct finding *finding,
			     const char *emulator)
{
	finding->confidence = POSSIBLE;
	finding_explain(findings, finding,
			"%s, an emulator, ends itself by the signal that ended the program it runs: what "
			"that died of the signal does not tell.",
			emulator);
}

static void explain_sent(struct findings *findings, struct finding *finding,
			 const struct death_signal *signal)
{
	finding_explain(
		findings, finding,
		"The process did not fail by itself: it was told to end. The goroutine that ran "
		"on the thread which took the signal is a bystander.");
	if (signal->number == LINUX_SIGQUIT)
		finding_explain(
			findings, finding,
			"SIGQUIT is how operators and watchdogs ask for a dump of a program that "
			"seems to hang: see what the goroutines wait for.");
}

/* The runtime ends a process that panicked by raise(SIGABRT) (signal_unix.go dieFromSignal). Where
 * its records of why were written over, that is all that is left. */
static bool may_be_runtimes(const struct finding *finding, const struct death_signal *signal)
{
	return signal->by_itself && signal->number == LINUX_SIGABRT &&
	       signal->code == LINUX_SI_TKILL && asking_frame(finding->stack) == NO_FRAME;
}

DETECTOR(signal)
{
	(void)options;
	const struct death_signal *signal = outside_signal(snapshot, findings->arena);
	if (signal == NULL)
		return;
	struct finding *finding = findings_add_death(
		findings, snapshot, name, CLASS_EXTERNAL_SIGNAL, kind_of(signal), CERTAIN);
	bool doubt = may_be_runtimes(finding, signal);
	if (doubt)
		finding->confidence = LIKELY;
	const char *word = signal_name(signal->number) ? signal_name(signal->number) : "a signal";
	finding->cause_frame = NO_FRAME;
	if (signal->by_itself)
		finding_title(findings, finding, "%s that the process sent to itself", word);
	else if (signal->sender_pid != 0)
		finding_title(findings, finding, "%s from process %d", word,
			      (int)signal->sender_pid);
	else
		finding_title(findings, finding, "%s from outside", word);
	if (signal->by_itself && snapshot->death.emulator != NULL)
		explain_emulated(findings, finding, snapshot->death.emulator);
	else if (signal->by_itself)
		explain_own(findings, finding, signal);
	else
		explain_sent(findings, finding, signal);
	if (doubt)
		finding_explain(findings, finding,
				"The runtime itself ends so, and says why in its records: where they "
				"were written over, nothing tells.");
	add_sender(findings, finding, signal);
}
