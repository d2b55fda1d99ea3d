/*
 * memory-corruption: fatal errors of the collector, the allocator and the stack walker. The texts
 * are in fataltexts.c; what the runtime printed with them (runtime/mbitmap.go badPointer, stack.go
 * adjustpointers, traceback.go) is evidence.
 */
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/numbers.h"

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
	finding_labelled(findings, finding, "pointer", 0, value, "0x%llx: %s",
			 (unsigned long long)value, address.text ? address.text : "unknown");
}

/* "found in object at *(0xBASE+0xOFFSET)": who holds the bad pointer. */
static void add_holder(const struct snapshot *snapshot, struct findings *findings,
		       struct finding *finding)
{
	uint64_t base;
	struct address address = { 0 };
	if (!number_after(snapshot->death.fatal_preamble, "found in object at *(", &base))
		return;
	snapshot_address(snapshot, base, findings->arena, &address);
	finding_labelled(findings, finding, "holder", 0, base, "object at 0x%llx: %s",
			 (unsigned long long)base, address.text ? address.text : "unknown");
}

DETECTOR(corruption)
{
	(void)options;
	const struct fatal_story *story = death_story(snapshot, CLASS_MEMORY_CORRUPTION);
	if (story == NULL)
		return;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind, story->confidence);
	finding->title = story->title ? story->title : snapshot->death.fatal_text;
	finding_explain(findings, finding, "%s", story->why);
	add_value(snapshot, findings, finding);
	add_holder(snapshot, findings, finding);
	finding_labelled(findings, finding, "records", snapshot_id(snapshot, finding->goroutine), 0,
			 "fatal error: %s", snapshot->death.fatal_text);
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}
