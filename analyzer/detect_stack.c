/*
 * stack-overflow: a goroutine's stack reached its limit (runtime/stack.go newstack), or the fixed
 * stack of a thread ran out (proc.go badmorestackg0).
 */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "base/str.h"

static const char name[] = "stack-overflow";

enum { CYCLE_SHOWN = 6 };

/* A cycle that explains the overflow: it fills most of the stack. */
static bool is_recursion(const struct recursion *r)
{
	if (r->length == 0 || r->turns < 3)
		return false;
	return r->stack_bytes == 0 || r->turns * r->bytes_per_turn >= r->stack_bytes / 2;
}

/* "main.ping -> main.pang -> main.pong -> main.ping": callers first. */
static const char *cycle_text(struct arena *arena, const struct recursion *r)
{
	_cleanup_str_ struct str s = { 0 };
	size_t shown = r->length <= CYCLE_SHOWN ? r->length : CYCLE_SHOWN;
	for (size_t i = 0; i < shown; i++)
		str_printf(&s, "%s -> ", r->cycle[r->length - 1 - i]->function);
	if (shown < r->length)
		str_printf(&s, "(%zu more) -> ", r->length - shown);
	str_add(&s, r->cycle[r->length - 1]->function);
	return str_keep(&s, arena);
}

static void explain_recursion(struct findings *findings, struct finding *finding,
			      const struct recursion *r)
{
	struct arena *arena = findings->arena;
	const char *cycle = cycle_text(arena, r);
	if (r->length == 1)
		finding_title(findings, finding, "%s calls itself without end",
			      r->cycle[0]->function);
	else
		finding_title(findings, finding, "%s without end", cycle);
	for (size_t i = r->length; i-- > 0 && r->length - i <= CYCLE_SHOWN;)
		finding_labelled(findings, finding, "cycle", 0, 0, "%s",
				 place_of(arena, r->cycle[i]));
	finding_labelled(findings, finding, "turns", 0, 0, "%s turns of %s each; %s frames in %s",
			 grouped(arena, r->turns), sized(arena, r->bytes_per_turn),
			 grouped(arena, r->frames), sized(arena, r->stack_bytes));
	finding->identity = r->cycle;
	finding->identity_count = r->length;
	finding_explain(findings, finding,
			"The stack grew to its limit by a recursion that did not end: %s.", cycle);
	finding_advise(
		findings, finding,
		"Find the case in which %s should stop: compare its arguments at both ends of the "
		"stack.",
		r->cycle[r->length - 1]->function);
}

static void explain_frames(const struct snapshot *snapshot, struct findings *findings,
			   struct finding *finding, const struct recursion *r)
{
	struct arena *arena = findings->arena;
	const struct trace_frame *cause = death_cause_frame(snapshot);
	finding_title(findings, finding, "the stack reached its limit in %s, without a recursion",
		      cause ? cause->call->function : "a goroutine");
	if (r->frames > 0)
		finding_labelled(findings, finding, "frames", 0, 0, "%s frames in %s",
				 grouped(arena, r->frames), sized(arena, r->stack_bytes));
	finding_explain(
		findings, finding,
		"No cycle of calls fills the stack: the frames themselves are large. Large local "
		"arrays and structs live in them.");
}

/* A stack that cannot be walked to its end (a cut core) shows no cycle; yet hardly any other
 * program uses up its limit. */
static void explain_unread(struct findings *findings, struct finding *finding)
{
	finding->title = "a goroutine's stack reached its limit";
	finding_explain(
		findings, finding,
		"The stack could not be read to its end. A recursion that does not end is by far "
		"the most common reason.");
}

static void add_limit(const struct snapshot *snapshot, struct findings *findings,
		      struct finding *finding)
{
	uint64_t limit;
	if (!number_after(snapshot->death.fatal_preamble, "goroutine stack exceeds ", &limit))
		return;
	finding_labelled(findings, finding, "limit", 0, 0, "%s bytes (runtime/debug.SetMaxStack)",
			 grouped(findings->arena, limit));
}

static void add_goroutine_stack(const struct snapshot *snapshot, struct findings *findings,
				const struct fatal_story *story)
{
	struct recursion r = { 0 };
	if (snapshot->death.goroutine < snapshot->goroutine_count)
		goroutine_recursion(snapshot, &snapshot->goroutines[snapshot->death.goroutine],
				    findings->arena, &r);
	bool recursion = is_recursion(&r);
	bool whole = snapshot->death.culprit.end == UNWIND_COMPLETE;
	struct finding *finding =
		findings_add_death(findings, snapshot, name, story->class,
				   recursion || !whole ? "recursion" : "deep-frames",
				   recursion || whole ? death_confidence(snapshot, story) : LIKELY);
	if (recursion)
		explain_recursion(findings, finding, &r);
	else if (whole)
		explain_frames(snapshot, findings, finding, &r);
	else
		explain_unread(findings, finding);
	add_limit(snapshot, findings, finding);
}

DETECTOR(stack)
{
	(void)options;
	const struct fatal_story *story = death_story(snapshot, CLASS_STACK_OVERFLOW);
	if (story == NULL)
		return;
	if (story->title == NULL) {
		add_goroutine_stack(snapshot, findings, story);
		return;
	}
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind,
						     death_confidence(snapshot, story));
	finding->title = story->title;
	finding_explain(findings, finding, "%s", story->why);
}
