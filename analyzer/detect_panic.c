/*
 * panic: what the program panicked with. The kind follows from the type of the value, and only for
 * the runtime's own types from its text: a program's errors.New("runtime error: ...") is an error.
 */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/lockrace.h"
#include "analyzer/fataltexts.h"
#include "analyzer/panicvalue.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"
#include "analyzer/waiting.h"
#include "base/str.h"

static const char name[] = "panic";

/* What the runtime panics with (runtime/error.go, panic.go, chan.go, slice.go, map.go, alg.go;
 * internal/runtime/maps from 1.24 on). */
struct panic_row {
	const char *text; /* how the value's text begins */
	const char *kind;
	const char *why;
};

static const struct panic_row rows[] = {
	{ "runtime error: index out of range", "index-out-of-range",
	  "An index was not within the length of a slice, array or string." },
	{ "runtime error: slice bounds out of range", "slice-bounds",
	  "The bounds of a slice expression do not lie within what is sliced, or are in the wrong "
	  "order." },
	{ "runtime error: cannot convert slice with length", "slice-bounds",
	  "A slice was converted to an array that is longer than the slice." },
	{ "runtime error: integer divide by zero", "divide", "An integer was divided by zero." },
	{ "runtime error: integer overflow", "divide",
	  "The CPU reported an overflow in an integer division." },
	{ "interface conversion: ", "type-assertion",
	  "A type assertion without a second result found another dynamic type, or none." },
	{ "assignment to entry in nil map", "nil-map-write",
	  "A key was assigned in a map that is nil: it was declared, but never made." },
	{ "send on closed channel", "closed-channel",
	  "A value was sent on a channel that somebody had closed." },
	{ "close of closed channel", "closed-channel", "A channel was closed twice." },
	{ "close of nil channel", "close-of-nil-channel",
	  "A channel was closed that is nil: it was declared, but never made." },
	{ "runtime error: negative shift amount", "negative-shift", "A shift count was negative." },
	{ "runtime error: makeslice: ", "make-size",
	  "make was asked for a slice whose length or capacity is negative or too large." },
	{ "makechan: size out of range", "make-size",
	  "make was asked for a channel whose buffer is negative or too large." },
	{ "runtime error: growslice: ", "make-size",
	  "append would have made a slice that is too large, or its length was overwritten." },
	{ "runtime error: makemap", "make-size", "make was asked for a map that is too large." },
	{ "runtime error: hash of unhashable type", "unhashable-key",
	  "A value was used as a map key whose dynamic type (slice, map or function) has no "
	  "equality." },
	{ "hash of unhashable type", "unhashable-key",
	  "A value was used as a map key whose dynamic type (slice, map or function) has no "
	  "equality." },
	{ "runtime error: comparing uncomparable type", "runtime-error",
	  "Two interface values were compared whose dynamic type (slice, map or function) has no "
	  "equality." },
	{ "runtime error: invalid memory address", "runtime-error",
	  "The value of an earlier nil dereference was panicked with again; the place of the fault "
	  "is no longer on the stack." },
	{ "panic called with nil argument", "runtime-error",
	  "panic was called with nil, which the runtime replaces by a *runtime.PanicNilError." },
	{ "runtime error: panic called with nil argument", "runtime-error",
	  "panic was called with nil, which the runtime replaces by a *runtime.PanicNilError." },
	{ "runtime error: cgo argument has Go pointer", "runtime-error",
	  "A call of C was given a pointer to Go memory that holds Go pointers itself; the rules "
	  "of cgo forbid it." },
	{ "runtime error: cgo result ", "runtime-error",
	  "A Go function that C called returned a pointer to Go memory; the rules of cgo forbid "
	  "it." },
	{ "value method ", "runtime-error",
	  "A method with a value receiver was called through a nil pointer in an interface." },
};

static const struct panic_row *find_row(const char *text)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(text, rows[i].text, strlen(rows[i].text)) == 0)
			return &rows[i];
	return NULL;
}

struct reading {
	const char *kind;
	const char *why;
	const char *next; /* advice; NULL */
};

static const struct reading waitgroup_readings[] = {
	[WAITGROUP_NEGATIVE] = { "negative-waitgroup",
				 "Done was called more often than Add had counted, or Add with too "
				 "large a negative number.",
				 NULL },
	[WAITGROUP_MISUSED] = { "value",
				"Package sync found Add and Wait of one WaitGroup at work at the same "
				"time, with the counter at zero.",
				"Call Add before the go statement, so that it comes before Wait." },
	[WAITGROUP_REUSED] = { "value",
			       "A goroutine that a WaitGroup had released found it counting again: "
			       "Add was called anew before every Wait had returned.",
			       "Use a new WaitGroup for each round, or call Add only when all Waits "
			       "of the round before have returned." },
};

static const struct reading test_alarm = {
	"value",
	"The test binary ran into its time limit (go test -timeout, -test.timeout). The goroutine that "
	"panicked is the alarm's; what was too slow, or hung, is a test.",
	NULL
};

static struct reading read_cause(const struct snapshot *snapshot, const struct panic_record *cause)
{
	if (panic_is_runtimes(snapshot, snapshot->death.cause_panic)) {
		const struct panic_row *row = find_row(cause->text);
		if (row != NULL)
			return (struct reading){ row->kind, row->why, NULL };
		return (struct reading){ "runtime-error",
					 "The runtime panicked with an error of its own.", NULL };
	}
	if (panic_is_test_alarm(snapshot))
		return test_alarm;
	enum waitgroup_panic waitgroup =
		panic_of_waitgroup(snapshot, snapshot->death.cause_panic);
	if (waitgroup != WAITGROUP_NONE)
		return waitgroup_readings[waitgroup];
	if (cause->is_error || cause->is_runtime_error)
		return (struct reading){
			"error", "The program called panic with an error, and nothing recovered it.",
			NULL
		};
	return (struct reading){
		"value", "The program called panic with a value, and nothing recovered it.", NULL
	};
}

/* The first line of TEXT, cut where it is long. */
static const char *headline(struct arena *arena, const char *text)
{
	enum { LONGEST = 120 };
	size_t line = strcspn(text, "\n");
	char *first = arena_strndup(arena, text, line);
	size_t fits = utf8_prefix(first, LONGEST);
	if (fits == line)
		return first;
	return arena_printf(arena, "%.*s...", (int)fits, first);
}

static void set_title(struct findings *findings, struct finding *finding,
		      const struct panic_record *cause, bool printing)
{
	if (printing) {
		finding_title(findings, finding, "panic with a %s whose %s method panicked",
			      cause->type, cause->is_error ? "Error" : "String");
		return;
	}
	const char *text = headline(findings->arena, cause->text);
	if (strcmp(cause->type, "nil") == 0) /* before 1.21 */
		finding->title = "panic with nil";
	else if (strcmp(finding->kind, "value") == 0 && strcmp(cause->type, "string") == 0)
		finding_title(findings, finding, "panic: %s", text);
	else if (strcmp(finding->kind, "value") == 0 || strcmp(finding->kind, "error") == 0)
		finding_title(findings, finding, "panic with a %s: %s", cause->type, text);
	else
		finding->title = text;
}

/* How many of the entries [FROM, TO) are panics, and not Goexit's, nor the second of a pair. */
static size_t count_panics(const struct panics *panics, size_t from, size_t to)
{
	size_t n = 0;
	for (size_t i = from; i < to; i++)
		n += !panics->items[i].goexit && (i == 0 || !panics->items[i - 1].repanicked);
	return n;
}

static size_t count_goexits(const struct panics *panics, size_t from, size_t to)
{
	size_t n = 0;
	for (size_t i = from; i < to; i++)
		n += panics->items[i].goexit;
	return n;
}

/* Goexit runs deferred calls with an entry of its own in the chain (panic.go Goexit). */
static void explain_goexit(struct findings *findings, struct finding *finding,
			   const struct panics *panics, size_t cause)
{
	const struct trace *stack = finding->stack;
	size_t goexit = stack ? trace_find(stack, stack->count, "runtime.Goexit") : 0;
	if (count_goexits(panics, 0, cause) > 0 && stack != NULL && goexit + 1 < stack->count)
		finding_explain(
			findings, finding,
			"runtime.Goexit was ending the goroutine, called by %s: the panic came from a "
			"deferred call.",
			place_of(findings->arena,
				 stack->frames[trace_own_frame(stack, goexit + 1)].call));
	else if (count_goexits(panics, 0, cause) > 0)
		finding_explain(findings, finding,
				"runtime.Goexit was ending the goroutine: the panic came from a "
				"deferred call.");
	else if (count_goexits(panics, cause, panics->count) > 0)
		finding_explain(findings, finding,
				"A deferred call then called runtime.Goexit, which overtakes a "
				"panic: the process died of the panic that followed.");
}

static void explain_chain(struct findings *findings, struct finding *finding,
			  const struct snapshot *snapshot)
{
	const struct panics *panics = &snapshot->death.panics;
	size_t cause = snapshot->death.cause_panic;
	size_t later = count_panics(panics, cause + 1, panics->count);
	size_t earlier = count_panics(panics, 0, cause);
	if (cause < panics->count && panics->items[cause].repanicked)
		finding_explain(findings, finding,
				"A deferred call recovered it, and panicked with it again.");
	if (later > 0)
		finding_explain(
			findings, finding,
			"%zu more panic%s followed while this one was being handled; this one came "
			"first.",
			later, later == 1 ? "" : "s");
	if (earlier > 0)
		finding_explain(
			findings, finding,
			"%zu earlier panic%s had been recovered; what raised %s is no longer on "
			"the stack.",
			earlier, earlier == 1 ? "" : "s", earlier == 1 ? "it" : "them");
	explain_goexit(findings, finding, panics, cause);
	if (panics->cut)
		finding_explain(findings, finding,
				"The chain of panics could not be read to its end.");
}

/* The panic whose value's own method panicked: the oldest, which stands outermost. */
static void blame_printed_panic(struct finding *finding)
{
	const struct trace *stack = finding->stack;
	for (size_t i = stack ? stack->count : 0; i-- > 0;)
		if (stack->frames[i].call->id == FUNC_GOPANIC) {
			finding->cause_frame = trace_own_frame(stack, i + 1);
			return;
		}
}

/* The words are the runtime's own, but neither the value's type nor the stack says that it said
 * them: the core may have lost what would. */
static bool is_blind(const struct snapshot *snapshot, const struct panic_record *cause)
{
	return snapshot->death.way == DEATH_PANIC && snapshot->death.culprit.count == 0 &&
	       !panic_is_runtimes(snapshot, snapshot->death.cause_panic) &&
	       strncmp(cause->text, "runtime error: ", strlen("runtime error: ")) == 0;
}

static void add_finding(const struct snapshot *snapshot, struct findings *findings,
			const struct detector_options *options, const struct panic_record *cause)
{
	struct reading reading = read_cause(snapshot, cause);
	bool blind = is_blind(snapshot, cause), rare = cause->nil_by_setting;
	struct finding *finding = findings_add_death(findings, snapshot, name, CLASS_PANIC,
						     reading.kind,
						     blind || rare ? LIKELY : CERTAIN);
	set_title(findings, finding, cause, snapshot->death.way != DEATH_PANIC);
	finding_explain(findings, finding, "%s", reading.why);
	if (rare)
		finding_explain(findings, finding,
				"Since Go 1.21 a panic with nil has a value of its own, but with "
				"GODEBUG=panicnil=1: else the record has been written over.");
	if (blind)
		finding_explain(
			findings, finding,
			"Its words are those of the runtime, which may have raised it: what did is "
			"not known without the stack.");
	if (panic_of_waitgroup(snapshot, snapshot->death.cause_panic) != WAITGROUP_NONE)
		finding_add_lock(findings, finding, snapshot);
	if (panic_is_test_alarm(snapshot)) {
		finding->cause_frame = NO_FRAME;
		finding_add_tests(findings, finding, snapshot, options->groups);
	}
	if (reading.next != NULL)
		finding_advise(findings, finding, "%s", reading.next);
	if (snapshot->death.way == DEATH_PANIC)
		explain_chain(findings, finding, snapshot);
	else
		blame_printed_panic(finding);
	if (snapshot->death.way != DEATH_PANIC)
		finding_explain(
			findings, finding,
			"While the runtime printed the panic, the value's own Error or String "
			"method panicked, so the value's text is not known.");
	finding_add_panic_records(findings, finding, snapshot);
}

/* A panic whose value cannot be read (a cut core): its type tells what it can. */
static void add_unread(const struct snapshot *snapshot, struct findings *findings,
		       const struct panic_record *cause)
{
	bool typed = cause != NULL && cause->type != NULL && cause->type[0] != '\0';
	const char *kind = "value";
	if (typed && strcmp(cause->type, "*runtime.TypeAssertionError") == 0)
		kind = "type-assertion";
	else if (typed && panic_is_runtimes(snapshot, snapshot->death.cause_panic))
		kind = "runtime-error";
	else if (typed && cause->is_error)
		kind = "error";
	struct finding *finding =
		findings_add_death(findings, snapshot, name, CLASS_PANIC, kind, LIKELY);
	if (typed)
		finding_title(findings, finding, "panic with a %s that cannot be read",
			      cause->type);
	else
		finding->title = "a panic that nothing recovered";
	finding_explain(
		findings, finding,
		"The goroutine died of a panic; its value could not be read from the core.");
	finding_add_panic_records(findings, finding, snapshot);
}

/* A panic that is not a fault of memory: those are classes of their own. */
static bool is_panic(const struct snapshot *snapshot, struct arena *arena)
{
	if (snapshot->death.way != DEATH_PANIC)
		return death_story(snapshot, CLASS_PANIC) != NULL;
	if (death_was_sent_fault(snapshot))
		return false;
	const struct death_signal *fault = death_cause_fault(snapshot, arena);
	if (fault == NULL)
		return true;
	const struct panic_record *cause = death_cause(snapshot);
	if (cause == NULL || cause->unreadable || cause->text == NULL)
		return fault->number != LINUX_SIGSEGV && fault->number != LINUX_SIGBUS;
	return strstr(cause->text, "invalid memory address") == NULL;
}

DETECTOR(panic)
{
	if (!is_panic(snapshot, findings->arena))
		return;
	const struct panic_record *cause = death_cause(snapshot);
	if (cause == NULL || cause->unreadable || cause->text == NULL || cause->type == NULL)
		add_unread(snapshot, findings, cause);
	else
		add_finding(snapshot, findings, options, cause);
}
