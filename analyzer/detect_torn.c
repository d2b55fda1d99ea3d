/*
 * data-race/torn-value: on the way of a crash that a value may have caused whose words are of two
 * writes. A program without unsafe makes such a value only by a race. Never more than likely: what
 * lies in the heap may have been caught while another goroutine was writing it, under a lock
 * perhaps.
 */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/places.h"
#include "goruntime/torn.h"

static const char name[] = "torn-value";

struct torn { /* what one finding says */
	const char *path, *type, *text;
	const struct trace_frame *frame;
	uint64_t addr; /* 0: not known */
	bool shared;
};

static void add(const struct snapshot *snapshot, struct findings *findings, const struct torn *torn,
		enum confidence confidence)
{
	struct finding *finding =
		findings_add(findings, name, CLASS_DATA_RACE, "torn-value", confidence);
	uint64_t *ids = arena_alloc(findings->arena, sizeof(*ids));
	*ids = snapshot_id(snapshot, snapshot->death.goroutine);
	finding_set_goroutines(finding, ids, 1);
	finding_title(findings, finding, "%s (%s) in %s is of two values: %s", torn->path,
		      torn->type, torn->frame->call->function, torn->text);
	finding_labelled(findings, finding, "value", *ids, torn->addr, "%s: %s", torn->path,
			 torn->text);
	finding_labelled(findings, finding, "frame", *ids, 0, "%s",
			 place_of(findings->arena, torn->frame->call));
	finding_explain(findings, finding,
			"Its words do not belong together: it was read while another goroutine "
			"wrote it%s.",
			torn->shared ? ", or another one was writing it at the time of the dump"
				     : "");
	finding_advise(
		findings, finding,
		"Look for who writes it without a lock; the race detector (go test -race, go "
		"build -race) names both sides.");
}

/* The code checks an index before it uses the address: a nil one has passed with a length that is
 * not its own. */
static bool add_nil_element(const struct snapshot *snapshot, struct findings *findings)
{
	struct fault_insn insn;
	const struct trace_frame *cause = death_cause_frame(snapshot);
	const struct death_signal *fault = death_cause_fault(snapshot, findings->arena);
	if (snapshot->death.way != DEATH_PANIC || fault == NULL || cause == NULL ||
	    !fault_is_near_nil(fault) || !snapshot_fault(snapshot, fault, findings->arena, &insn) ||
	    insn.pointer == NULL || insn.pointer_type == NULL)
		return false;
	if (strcmp(insn.pointer_type, "string") != 0 && strncmp(insn.pointer_type, "[]", 2) != 0)
		return false;
	const struct torn torn = {
		.path = insn.pointer,
		.type = insn.pointer_type,
		.text = "an index was within its length, but its address is nil",
		.frame = cause,
	};
	add(snapshot, findings, &torn, LIKELY);
	return true;
}

static void add_value(const struct snapshot *snapshot, struct findings *findings,
		      const struct torn_value *value)
{
	const struct torn torn = { value->path,	 value->type, value->text,
				   value->frame, value->addr, value->shared };
	bool sure = !value->shared && value->frame == death_cause_frame(snapshot);
	add(snapshot, findings, &torn, sure ? LIKELY : POSSIBLE);
}

DETECTOR(torn)
{
	(void)options;
	struct torn_value values[TORN_MAX];
	if (!death_may_be_by_value(snapshot, findings->arena))
		return;
	if (add_nil_element(snapshot, findings))
		return;
	size_t count = torn_values_find(snapshot, findings->arena, values);
	for (size_t i = 0; i < count; i++)
		add_value(snapshot, findings, &values[i]);
}
