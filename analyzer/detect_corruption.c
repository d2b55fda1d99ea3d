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
#include "goruntime/brokenstack.h"

static const char name[] = "memory-corruption";

/* The value that was no pointer, where the runtime's own lines tell it. */
static bool bad_value(const char *lines, uint64_t *value)
{
	return number_after(lines, "runtime: pointer ", value) ||
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
	add_value(snapshot, findings, finding);
	add_holder(snapshot, findings, finding);
	finding_add_fatal_records(findings, finding, snapshot);
	if (!brief && number_after(snapshot->death.fatal_preamble, "runtime: pointer ", &value))
		finding_add_holders(findings, finding, snapshot, value, value + 1);
	if (!brief)
		corruption_add_facts(findings, finding, snapshot);
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}

/* The allocator, the collector or the stack walker itself faulted. */
static void add_fault(const struct snapshot *snapshot, struct findings *findings, const char *kind,
		      bool brief)
{
	const struct death *death = &snapshot->death;
	struct finding *finding =
		findings_add_death(findings, snapshot, name, CLASS_MEMORY_CORRUPTION, kind, LIKELY);
	blame_nobody_of_the_runtime(finding);
	struct fault_insn *insn = arena_alloc(findings->arena, sizeof(*insn));
	if (snapshot_fault(snapshot, &death->fault, findings->arena, insn))
		finding->fault = insn;
	finding_title(findings, finding, "the runtime faulted in %s, on what it manages itself",
		      strcmp(kind, "bad-stack") == 0 ? "a goroutine's stack" : "the heap");
	finding_explain(
		findings, finding,
		"The allocator, the collector or the stack walker met a value that it cannot have "
		"written itself. The code that did the damage ran earlier; where the runtime "
		"noticed says little about it.");
	finding_add_fault(findings, finding, snapshot, &death->fault);
	/* What a goroutine's throw left on the system stack is its printing. */
	if (death->system.count > 0 && (death->way == DEATH_SIGNAL || death->on_system_stack))
		finding_labelled(findings, finding, "place", 0, 0,
				 "%s, on the thread's system stack",
				 place_of(findings->arena, death->system.frames[0].call));
	if (!brief)
		corruption_add_facts(findings, finding, snapshot);
	finding_advise(
		findings, finding,
		"Look for unsafe, cgo, assembly and data races; run the tests with -race, with "
		"-gcflags=all=-d=checkptr, and with -asan.");
}

/* The fault came of a return. Who overwrote the return address ran before, and is not on the stack. */
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

DETECTOR(corruption)
{
	struct broken_stack broken;
	const struct fatal_story *story = death_story(snapshot, CLASS_MEMORY_CORRUPTION);
	const char *kind = NULL;
	if (story == NULL && fault_is_in_runtime(snapshot, findings->arena))
		kind = fault_corruption_kind(snapshot);
	if (story != NULL)
		add_text(snapshot, findings, story, options->brief);
	else if (death_bad_return(snapshot, findings->arena, &broken))
		add_return(snapshot, findings, &broken);
	else if (kind != NULL)
		add_fault(snapshot, findings, kind, options->brief);
}
