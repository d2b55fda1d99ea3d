#include "analyzer/corruptionfacts.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/addressfacts.h"
#include "analyzer/deathfacts.h"
#include "analyzer/fataltexts.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "goruntime/brokenstack.h"
#include "goruntime/heapcheck.h"

/* Free objects that are marked: the runtime's own list of them is lost but for its end (mgcsweep.go
 * reportZombies). */
static void add_zombies(struct findings *findings, struct finding *finding,
			const struct snapshot *snapshot, const struct span_facts *span)
{
	for (uint64_t i = 0; i < span->zombies && i < ZOMBIES_KEPT; i++) {
		struct address address;
		snapshot_address(snapshot, span->zombie[i], findings->arena, &address);
		finding_add_address(findings, finding, "freed", span->zombie[i], &address);
	}
	if (span->zombies > ZOMBIES_KEPT)
		finding_labelled(findings, finding, "freed", 0, 0, "%s more that are free",
				 grouped(findings->arena, span->zombies - ZOMBIES_KEPT));
	if (span->zombies > 0)
		finding_add_holders(findings, finding, snapshot, span->zombie[0],
				    span->zombie[0] + span->elem_size);
}

static void add_span(struct findings *findings, struct finding *finding,
		     const struct snapshot *snapshot)
{
	struct span_facts span;
	if (!death_span(snapshot, findings->arena, &span))
		return;
	finding_labelled(findings, finding, "span", 0, span.start, "%s", span.text);
	add_zombies(findings, finding, snapshot, &span);
}

/* "bad pointer in frame F at 0xSLOT: 0xVALUE" (stack.go adjustpointers). */
static void add_slot(struct findings *findings, struct finding *finding,
		     const struct snapshot *snapshot)
{
	const char *lines = snapshot->death.fatal_preamble;
	uint64_t slot, value;
	lines = lines ? strstr(lines, "bad pointer in frame ") : NULL;
	if (!number_after(lines, " at ", &slot) || !number_after(lines, ": ", &value))
		return;
	const char *place = stack_word_place(snapshot, slot, findings->arena);
	if (place != NULL)
		finding_labelled(findings, finding, "slot", 0, slot,
				 "0x%" PRIx64 ", in %s, holds 0x%" PRIx64, slot, place, value);
}

/* The stack that could not be walked is what the finding is about, not whoever walked it. */
static void take_stack(struct findings *findings, struct finding *finding,
		       const struct broken_stack *broken)
{
	struct trace *trace = arena_alloc(findings->arena, sizeof(*trace));
	*trace = broken->trace;
	if (trace->count == 0)
		return;
	if (broken->call != NULL)
		finding_title(findings, finding,
			      "the return address of %s was overwritten: 0x%" PRIx64,
			      broken->call->function, broken->value);
	else if (broken->landed)
		finding_title(findings, finding,
			      "control went to 0x%" PRIx64
			      ", which is no code: a return address, or "
			      "a pc that the runtime had saved, was overwritten",
			      broken->value);
	finding->goroutine = broken->goroutine;
	finding->stack = trace;
	finding->cause_frame = trace->count - 1;
	if (function_is_runtime(trace->frames[trace->count - 1].call->function))
		finding->cause_frame = NO_FRAME;
}

void corruption_add_return(struct findings *findings, struct finding *finding,
			   const struct snapshot *snapshot, const struct broken_stack *b)
{
	struct address address;
	uint64_t id = snapshot_id(snapshot, b->goroutine);
	snapshot_address(snapshot, b->value, findings->arena, &address);
	if (b->landed)
		finding_labelled(findings, finding, "stack", id, b->slot,
				 "goroutine %" PRIu64 ": control was at 0x%" PRIx64 ", %s, and no "
				 "return address is on top of the stack: it was not called",
				 id, b->value, address.text ? address.text : "no code");
	else
		finding_labelled(findings, finding, "stack", id, b->slot,
				 "goroutine %" PRIu64 ": %s would return to 0x%" PRIx64 ", %s", id,
				 b->call ? place_of(findings->arena, b->call) : "a function",
				 b->value, address.text ? address.text : "no code");
	if (address.hint != NULL)
		finding_labelled(findings, finding, "possible", 0, b->value, "%s", address.hint);
	if (b->words != NULL)
		finding_labelled(findings, finding, "words", 0, b->slot, "around 0x%" PRIx64 ": %s",
				 b->slot, b->words);
}

static void add_broken_stacks(struct findings *findings, struct finding *finding,
			      const struct snapshot *snapshot)
{
	enum { SHOWN = 3 };
	struct broken_stack stacks[SHOWN];
	size_t count = snapshot_broken_stacks(snapshot, findings->arena, stacks, SHOWN);
	for (size_t i = 0; i < count && i < SHOWN; i++)
		corruption_add_return(findings, finding, snapshot, &stacks[i]);
	if (count == 1)
		take_stack(findings, finding, &stacks[0]);
}

static void add_bad_records(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot)
{
	enum { SHOWN = 3 };
	struct bad_record records[SHOWN];
	size_t count = snapshot_bad_records(snapshot, findings->arena, records, SHOWN);
	for (size_t i = 0; i < count && i < SHOWN; i++)
		finding_labelled(
			findings, finding, "integrity", snapshot_id(snapshot, records[i].goroutine),
			snapshot->goroutines[records[i].goroutine].addr, "%s", records[i].text);
	if (count > SHOWN)
		finding_labelled(findings, finding, "integrity", 0, 0,
				 "%s more goroutines whose stack cannot be",
				 grouped(findings->arena, count - SHOWN));
}

/* What the runtime noticed is only that sigpanic was called from nowhere. */
static void add_zero_return(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot)
{
	struct broken_stack broken;
	if (snapshot->death.fault.pc != 0 ||
	    !death_bad_return(snapshot, findings->arena, &broken))
		return;
	finding_title(findings, finding,
		      "a return address was overwritten: a function returned to address 0");
	corruption_add_return(findings, finding, snapshot, &broken);
}

static void add_checks(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot)
{
	const struct heap_checks *checks = snapshot_heap_checks(snapshot);
	for (size_t i = 0; i < checks->fault_count; i++)
		finding_labelled(findings, finding, "integrity", 0, checks->faults[i].span, "%s",
				 checks->faults[i].text);
	if (checks->fault_total > checks->fault_count)
		finding_labelled(findings, finding, "integrity", 0, 0, "and %s more",
				 grouped(findings->arena, checks->fault_total - checks->fault_count));
}

void corruption_add_facts(struct findings *findings, struct finding *finding,
			  const struct snapshot *snapshot)
{
	if (death_is_checkptr(snapshot))
		return; /* it was stopped before it did any damage */
	add_slot(findings, finding, snapshot);
	if (finding->kind != NULL && strcmp(finding->kind, "bad-stack") == 0) {
		add_broken_stacks(findings, finding, snapshot);
		add_zero_return(findings, finding, snapshot);
	} else {
		add_span(findings, finding, snapshot);
	}
	add_bad_records(findings, finding, snapshot);
	add_checks(findings, finding, snapshot);
}
