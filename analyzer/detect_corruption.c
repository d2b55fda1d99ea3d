/*
 * memory-corruption: fatal errors of the collector, the allocator and the stack walker. The texts
 * are in fataltexts.c; what the runtime printed with them (runtime/mbitmap.go badPointer, stack.go
 * adjustpointers, traceback.go) is evidence.
 */
#include <string.h>

#include "analyzer/addressfacts.h"
#include "analyzer/corruptionfacts.h"
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "analyzer/runtimefault.h"
#include "analyzer/signals.h"
#include "goruntime/brokenstack.h"

static const char name[] = "memory-corruption";

/* The value that was no pointer, where the runtime's own lines tell it. */
static bool bad_value(const char *lines, uint64_t *value)
{
	return number_after(lines, "runtime: pointer ", value) ||
	       number_after(lines, "runtime: marking free object ", value) ||
	       number_after(lines, "unexpected return pc for ", value);
}

static void add_value(const struct snapshot *snapshot, struct findings *findings,
		      struct finding *finding)
{
	uint64_t value;
	struct address address = { 0 };
	if (!bad_value(snapshot->death.fatal_preamble, &value))
		return;
	snapshot_address(snapshot, value, findings->arena, &address);
	finding_add_address(findings, finding, "pointer", value, &address);
}

/* "found in object at *(0xBASE+0xOFFSET)": who holds the bad pointer. */
static void add_holder(const struct snapshot *snapshot, struct findings *findings,
		       struct finding *finding)
{
	const char *lines = snapshot->death.fatal_preamble;
	uint64_t base, offset;
	struct address address = { 0 };
	if (!number_after(lines, "found in object at *(", &base))
		return;
	if (number_after(strstr(lines, "found in object at *("), "+", &offset))
		base += offset;
	snapshot_address(snapshot, base, findings->arena, &address);
	finding_labelled(findings, finding, "holder", 0, base, "0x%llx: %s",
			 (unsigned long long)base, address.text ? address.text : "unknown");
}

/* The goroutine that found it out is often one of the runtime's own. */
static void blame_nobody_of_the_runtime(struct finding *finding)
{
	if (finding->cause_frame != NO_FRAME &&
	    function_is_runtime(finding->stack->frames[finding->cause_frame].call->function))
		finding->cause_frame = NO_FRAME;
}

/* Goexit in the Error or String method of a panic's value, which gopanic calls before any deferred call
 * (panic.go preprintpanics), makes the runtime walk its own stack from a place that is no call's. */
static bool was_ended_in_panic(const struct panics *panics)
{
	bool panicked = false;
	for (size_t i = 0; i < panics->count; i++) {
		const struct panic_record *p = &panics->items[i];
		if (p->goexit && panicked)
			return true;
		panicked |= !p->goexit && !p->recovered;
	}
	return false;
}

static void doubt_goexit(const struct snapshot *snapshot, struct findings *findings,
			 struct finding *finding)
{
	if (finding->kind == NULL || strcmp(finding->kind, "bad-stack") != 0 ||
	    !was_ended_in_panic(&snapshot->death.panics))
		return;
	if (finding->confidence > LIKELY)
		finding->confidence = LIKELY;
	finding_explain(findings, finding,
			"runtime.Goexit had been called while a panic was under way: in the Error or "
			"String method of its value that breaks the runtime's own walk of the stack, "
			"and nothing was overwritten.");
}

static void add_text(const struct snapshot *snapshot, struct findings *findings,
		     const struct fatal_story *story, bool brief)
{
	uint64_t value;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind,
						     death_confidence(snapshot, story));
	const char *text = death_fatal_text(snapshot, findings->arena);
	finding->title = story->title ? story->title : text ? text : "corrupted memory";
	blame_nobody_of_the_runtime(finding);
	finding_explain(findings, finding, "%s", story->why);
	doubt_goexit(snapshot, findings, finding);
	add_value(snapshot, findings, finding);
	add_holder(snapshot, findings, finding);
	finding_add_fatal_records(findings, finding, snapshot);
	if (!brief && !death_is_checkptr(snapshot) &&
	    number_after(snapshot->death.fatal_preamble, "runtime: pointer ", &value))
		finding_add_holders(findings, finding, snapshot, value, value + 1);
	if (!brief)
		corruption_add_facts(findings, finding, snapshot);
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}

static void add_place(struct findings *findings, struct finding *finding,
		      const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	/* What a goroutine's throw left on the system stack is its printing. */
	if (death->system.count > 0 && (death->way == DEATH_SIGNAL || death->on_system_stack))
		finding_labelled(findings, finding, "place", 0, 0,
				 "%s, on the thread's system stack",
				 place_of(findings->arena, death->system.frames[0].call));
}

/* The goroutine on whose behalf the runtime was on the system stack. */
static void add_running(struct findings *findings, struct finding *finding,
			const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	if (finding->goroutine != NO_INDEX || death->thread >= snapshot->thread_count)
		return;
	uint32_t index = snapshot->threads[death->thread].goroutine;
	if (index >= snapshot->goroutine_count || snapshot->goroutines[index].system ||
	    snapshot->goroutines[index].unreadable)
		return;
	const struct goroutine *g = &snapshot->goroutines[index];
	finding_labelled(findings, finding, "running", g->id, g->addr,
			 "goroutine %llu had called the runtime there", (unsigned long long)g->id);
	finding_add_stack(findings, finding, snapshot, g, NULL);
}

static void add_fault_facts(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot, bool brief)
{
	const struct death_signal *fault = death_raw_fault(snapshot, findings->arena);
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	fault = fault != NULL ? fault : &snapshot->death.fault;
	if (!fault->present)
		return;
	if (snapshot_fault(snapshot, fault, findings->arena, insn))
		finding->fault = insn;
	finding_add_fault(findings, finding, snapshot, fault);
	finding_add_bad_address(findings, finding, snapshot, fault, !brief);
}

/* The runtime failed in code that works on what it manages itself. */
static void add_work(const struct snapshot *snapshot, struct findings *findings,
		     const struct runtime_work *work, bool brief)
{
	struct finding *finding = findings_add_death(findings, snapshot, name,
						     CLASS_MEMORY_CORRUPTION, work->kind, LIKELY);
	const char *text = death_fatal_text(snapshot, findings->arena);
	blame_nobody_of_the_runtime(finding);
	if (panic_is_in_runtime(snapshot))
		finding_title(findings, finding,
			      "the runtime failed in %s, on what it manages itself: %s", work->on,
			      text ? text : "a panic");
	else
		finding_title(findings, finding,
			      "the runtime faulted in %s, on what it manages itself", work->on);
	finding_explain(
		findings, finding,
		"The runtime met a value that it cannot have written itself. The code that did the "
		"damage ran earlier; where the runtime noticed says little about it.");
	if (!panic_is_in_runtime(snapshot))
		add_fault_facts(findings, finding, snapshot, brief);
	add_place(findings, finding, snapshot);
	add_running(findings, finding, snapshot);
	if (!brief)
		corruption_add_facts(findings, finding, snapshot);
	finding_advise(
		findings, finding,
		"Look for unsafe, cgo, assembly and data races; run the tests with -race, with "
		"-gcflags=all=-d=checkptr, and with -asan.");
}

/* The fault came of a return. Who overwrote the return address ran before, and is not on the
 * stack. */
static void add_return(const struct snapshot *snapshot, struct findings *findings,
		       const struct broken_stack *broken)
{
	struct finding *finding = findings_add_death(findings, snapshot, name,
						     CLASS_MEMORY_CORRUPTION, "bad-stack", CERTAIN);
	blame_nobody_of_the_runtime(finding);
	if (broken->call != NULL)
		finding_title(findings, finding,
			      "the return address of %s was overwritten: 0x%llx",
			      broken->call->function, (unsigned long long)broken->value);
	else
		finding_title(findings, finding,
			      "a return address was overwritten: a function returned to 0x%llx",
			      (unsigned long long)broken->value);
	finding_explain(
		findings, finding,
		"A function returned, and what lay on the stack where its return address had been was "
		"no address of code. The code that did the damage ran earlier: often the same function, "
		"or one that it had called, wrote past the end of a local variable.");
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	if (snapshot_fault(snapshot, &snapshot->death.fault, findings->arena, insn))
		finding->fault = insn;
	finding_add_fault(findings, finding, snapshot, &snapshot->death.fault);
	corruption_add_return(findings, finding, snapshot, broken);
	finding_advise(findings, finding,
		       "Look for unsafe, cgo and assembly that writes to variables of the function "
		       "that returned.");
}

/* Linear disassembly from the function's entry has no instruction at the pc. */
static void add_inside(const struct snapshot *snapshot, struct findings *findings)
{
	const struct death_signal *fault = &snapshot->death.fault;
	struct finding *finding = findings_add_death(findings, snapshot, name,
						     CLASS_MEMORY_CORRUPTION, "bad-stack", LIKELY);
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	struct address address;
	snapshot_address(snapshot, fault->pc, findings->arena, &address);
	finding->cause_frame = NO_FRAME;
	finding_title(findings, finding,
		      "control was in the middle of an instruction, at 0x%llx, %s",
		      (unsigned long long)fault->pc, address.text ? address.text : "in Go code");
	finding_explain(
		findings, finding,
		"The compiler's code never goes there: a return address, a func value or a method "
		"table was overwritten. What was executed from there on, and what it faulted on, "
		"means nothing.");
	if (snapshot_fault(snapshot, fault, findings->arena, insn))
		finding->fault = insn;
	finding_add_fault(findings, finding, snapshot, fault);
}

/* Nobody but C makes threads behind the runtime's back. */
static bool is_thread_lost(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death_signal *signal = death_signal_of(snapshot);
	return signal != NULL && !signal->sent && !snapshot->iscgo &&
	       (signal->number == LINUX_SIGSEGV || signal->number == LINUX_SIGBUS) &&
	       death_on_foreign_thread(snapshot) && death_c_location(snapshot, arena) == NULL;
}

static void add_lost_thread(const struct snapshot *snapshot, struct findings *findings)
{
	struct finding *finding = findings_add_death(
		findings, snapshot, name, CLASS_MEMORY_CORRUPTION, "bad-pointer", POSSIBLE);
	finding->title = "a fault on a thread that the runtime's records do not know, in a program "
			 "without C";
	finding_explain(
		findings, finding,
		"The runtime makes all threads of such a program itself. Its list of them was "
		"overwritten, or the core is damaged.");
	finding_add_fault(findings, finding, snapshot, death_signal_of(snapshot));
}

/* What code of Go's stood on is no stack. */
static void add_wild_sp(const struct snapshot *snapshot, struct findings *findings, uint64_t sp)
{
	const struct death *death = &snapshot->death;
	struct finding *finding = findings_add_death(findings, snapshot, name,
						     CLASS_MEMORY_CORRUPTION, "bad-stack", CERTAIN);
	struct calls calls = snapshot_calls(snapshot, death->fault.pc, death->fault.pc);
	uint64_t id = snapshot_id(snapshot, death->goroutine);
	finding_title(findings, finding, "the stack pointer was 0x%llx, where no stack is%s%s",
		      (unsigned long long)sp, calls.count ? ", in " : "",
		      calls.count ? calls.items[0].function : "");
	finding_explain(
		findings, finding,
		"Nothing is mapped where the stack pointer led. Either what is saved of a goroutine that "
		"does not run (g.sched) was overwritten, or code that switches stacks by itself "
		"(assembly) loaded a wrong one. Go needs a stack to make a fault a panic: the process "
		"ended without a word.");
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	if (snapshot_fault(snapshot, &death->fault, findings->arena, insn))
		finding->fault = insn;
	finding_add_fault(findings, finding, snapshot, &death->fault);
	if (calls.count > 0)
		finding_labelled(findings, finding, "place", 0, death->fault.pc, "%s",
				 place_of(findings->arena, &calls.items[0]));
	struct address address = { 0 };
	snapshot_address(snapshot, sp, findings->arena, &address);
	finding_add_address(findings, finding, "stack", sp, &address);
	if (death->goroutine < snapshot->goroutine_count &&
	    !snapshot->goroutines[death->goroutine].bad_stack)
		finding_labelled(findings, finding, "stack", id, 0,
				 "that of goroutine %llu is 0x%llx to 0x%llx", (unsigned long long)id,
				 (unsigned long long)snapshot->goroutines[death->goroutine].stack_lo,
				 (unsigned long long)snapshot->goroutines[death->goroutine].stack_hi);
	finding_advise(findings, finding,
		       "Look for unsafe, cgo and assembly that may have written to the runtime's "
		       "records, or that changes the stack pointer.");
}

DETECTOR(corruption)
{
	uint64_t sp;
	struct broken_stack broken;
	const struct fatal_story *story = death_story(snapshot, CLASS_MEMORY_CORRUPTION);
	const struct runtime_work *work =
		story == NULL ? runtime_work_failed(snapshot, findings->arena) : NULL;
	if (snapshot->death.fault.off_code)
		return; /* invalid-address: the program may have made that code */
	if (story != NULL)
		add_text(snapshot, findings, story, options->brief);
	else if (snapshot->death.way == DEATH_NONE && death_wild_sp(snapshot, &sp))
		add_wild_sp(snapshot, findings, sp);
	else if (death_bad_return(snapshot, findings->arena, &broken))
		add_return(snapshot, findings, &broken);
	else if (snapshot->death.fault.inside_insn)
		add_inside(snapshot, findings);
	else if (is_thread_lost(snapshot, findings->arena))
		add_lost_thread(snapshot, findings);
	else if (work != NULL)
		add_work(snapshot, findings, work, options->brief);
}
