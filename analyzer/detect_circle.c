/*
 * deadlock/cycle through channels, wait groups and conditions, of goroutines that nothing else can
 * help: see circles.h. That they wait for ever is proven or the runtime's own word; that it is for
 * each other follows from what each can still touch: likely where one waits for a lock that the
 * next one holds or a Done that it owes, possible where channels alone tell it, which the next one
 * may have without ever wanting to use them.
 */
#include <string.h>

#include "analyzer/circles.h"
#include "analyzer/detector.h"

static const char name[] = "deadlock-circle";

static bool is_asleep(const struct snapshot *snapshot)
{
	static const char text[] = "all goroutines are asleep";
	const char *fatal = snapshot->death.fatal_text;
	return fatal != NULL && strncmp(fatal, text, sizeof(text) - 1) == 0;
}

static enum confidence how_sure(const struct circle *circle)
{
	for (size_t i = 0; i < circle->count; i++)
		if (circle->members[i].wait.case_count == 0 &&
		    circle->members[i].wait.kind != WAIT_COND)
			return LIKELY;
	return POSSIBLE;
}

static void add_circle(const struct snapshot *snapshot, struct findings *findings,
		       const struct circle *circle)
{
	struct finding *f = findings_add(findings, name, CLASS_DEADLOCK, "cycle", how_sure(circle));
	uint64_t *ids = arena_alloc(findings->arena, circle->goroutine_count * sizeof(*ids));
	for (size_t i = 0; i < circle->goroutine_count; i++)
		ids[i] = snapshot->goroutines[circle->goroutines[i]].id;
	finding_set_goroutines(f, ids, circle->goroutine_count);
	for (size_t i = 0; i < circle->count; i++) {
		const struct circle_member *member = &circle->members[i];
		finding_labelled(findings, f, "waits", snapshot->goroutines[member->goroutine].id,
				 member->wait.object, "%s",
				 circle_edge_text(snapshot, circle, i, findings->arena));
	}
	if (circle->goroutine_count > circle->count)
		finding_title(findings, f,
			      "%zu goroutines wait in circles, each for what only the next one could do",
			      circle->goroutine_count);
	else
		finding_title(findings, f,
			      "%zu goroutines wait in a circle, each for what only the next one could do",
			      circle->goroutine_count);
	finding_explain(
		findings, f,
		"Nobody else can touch the channels that they wait for, and each of them goes "
		"on only after the next one has.");
}

DETECTOR(circle)
{
	const struct circle *circles = NULL;
	size_t count = 0;
	if (is_asleep(snapshot))
		circles = circles_of_asleep(snapshot, options->waits, findings->arena, &count);
	else if (options->leaks != NULL && options->leaks->unproven == NULL)
		circles = circles_find(snapshot, options->leaks->goroutines, options->leaks->count,
				       false, options->waits, findings->arena, &count);
	for (size_t i = 0; i < count; i++)
		add_circle(snapshot, findings, &circles[i]);
}
