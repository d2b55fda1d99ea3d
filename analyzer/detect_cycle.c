/*
 * deadlock/cycle and deadlock/self, in a process that was not asleep as a whole too: goroutines
 * that wait for locks which they themselves, in a circle, most probably hold. A mutex has no owner,
 * so this is never certain; it is likely where for each lock of the circle one goroutine alone
 * fits.
 */
#include <inttypes.h>
#include <string.h>

#include "analyzer/detector.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "analyzer/waitgraph.h"
#include "analyzer/waittext.h"
#include "base/vec.h"

static const char name[] = "deadlock-cycle";

static void add_edge(const struct snapshot *snapshot, const struct waitgraph *graph,
		     struct findings *findings, struct finding *finding,
		     const struct wait_node *node)
{
	const struct holder *holder = waitgraph_holder(graph, node);
	uint64_t id = snapshot->goroutines[node->goroutine].id;
	const char *wait = wait_text(snapshot, &node->wait, findings->arena);
	finding_labelled(findings, finding, "waits", id, node->wait.object,
			 "goroutine %" PRIu64 " waits %s", id, wait ? wait : "for a lock");
	finding_labelled(findings, finding, "holds", snapshot->goroutines[holder->goroutine].id,
			 node->wait.object,
			 "goroutine %" PRIu64 " has called Lock in %s and not come back from it, and "
			 "%s",
			 snapshot->goroutines[holder->goroutine].id,
			 place_of(findings->arena, holder->call),
			 holder->only    ? "no other one is left that can hold this lock"
			 : holder->exact ? "names this lock"
					 : "has a pointer to the object that this lock is part of");
}

/* Circles with the same stacks in the same order: one finding tells of all. */
struct shape {
	struct wait_cycle first;
	uint32_t stacks[WAIT_CYCLE_MAX]; /* beginning with the smallest */
	size_t count;
	VEC(uint64_t) ids; /* of all goroutines in them */
};

enum { SHAPES_MAX = 8 };

static void stacks_of(const struct snapshot *snapshot, const struct wait_cycle *cycle,
		      uint32_t stacks[WAIT_CYCLE_MAX])
{
	uint32_t ids[WAIT_CYCLE_MAX];
	size_t least = 0;
	for (size_t i = 0; i < cycle->count; i++) {
		ids[i] = goroutine_stack(snapshot, &snapshot->goroutines[cycle->nodes[i]->goroutine])->id;
		if (ids[i] < ids[least])
			least = i;
	}
	for (size_t i = 0; i < cycle->count; i++)
		stacks[i] = ids[(least + i) % cycle->count];
}

static struct shape *shape_of(const struct snapshot *snapshot, struct shape *shapes, size_t *count,
			      const struct wait_cycle *cycle)
{
	uint32_t stacks[WAIT_CYCLE_MAX];
	stacks_of(snapshot, cycle, stacks);
	for (size_t i = 0; i < *count; i++)
		if (shapes[i].first.count == cycle->count && shapes[i].first.strong == cycle->strong &&
		    memcmp(shapes[i].stacks, stacks, cycle->count * sizeof(*stacks)) == 0)
			return &shapes[i];
	if (*count == SHAPES_MAX)
		return NULL;
	struct shape *shape = &shapes[(*count)++];
	*shape = (struct shape){ .first = *cycle };
	memcpy(shape->stacks, stacks, cycle->count * sizeof(*stacks));
	return shape;
}

static void add_to_shape(const struct snapshot *snapshot, struct shape *shape,
			 const struct wait_cycle *cycle)
{
	for (size_t i = 0; i < cycle->count; i++)
		vec_push(&shape->ids, snapshot->goroutines[cycle->nodes[i]->goroutine].id);
	shape->count++;
}

static void tell_self(const struct snapshot *snapshot, struct findings *findings,
		      struct finding *finding, const struct shape *shape)
{
	const struct wait_node *node = shape->first.nodes[0];
	bool reads = node->wait.kind == WAIT_RWMUTEX_READ;
	const char *what = wait_lock_type(node->wait.kind);
	if (shape->count > 1)
		finding_title(findings, finding, "%s goroutines each %s",
			      grouped(findings->arena, shape->count),
			      reads ? "ask to read a sync.RWMutex that they read already, behind a writer"
				    : arena_printf(findings->arena, "wait for a %s that they hold themselves",
						   what));
	else
		finding_title(findings, finding, "goroutine %" PRIu64 " %s",
			      snapshot->goroutines[node->goroutine].id,
			      reads ? "asks to read a sync.RWMutex that it reads already, behind a writer"
				    : arena_printf(findings->arena, "waits for a %s that it holds itself",
						   what));
	finding_explain(findings, finding, "%s",
			reads ? "A writer in line keeps new readers out, and waits for the readers that "
				"are in: a reader that asks again waits for itself."
			      : "Go's locks are not re-entrant: a goroutine that locks twice waits for "
				"itself.");
	finding_advise(findings, finding, "%s",
		       reads ? "Take the read lock once: have an unlocked variant for callers that hold it."
			     : "Have an unlocked variant of what is called under the lock.");
}

static void tell_cycle(struct findings *findings, struct finding *finding, const struct shape *shape)
{
	const char *holds = shape->first.strong ? "holds" : "may hold";
	if (shape->count > 1)
		finding_title(findings, finding,
			      "%s circles of %zu goroutines, each of which waits for a lock that the "
			      "next one %s",
			      grouped(findings->arena, shape->count), shape->first.count, holds);
	else
		finding_title(findings, finding,
			      "%zu goroutines wait in a circle, each for a lock that the next one %s",
			      shape->first.count, holds);
	finding_explain(findings, finding,
			"None of these goroutines goes on before another one of them does.");
	finding_advise(findings, finding, "Take these locks in one order everywhere.");
}

static void add_shape(const struct snapshot *snapshot, const struct waitgraph *graph,
		      struct findings *findings, struct shape *shape)
{
	const struct wait_cycle *cycle = &shape->first;
	struct finding *finding =
		findings_add(findings, name, CLASS_DEADLOCK, cycle->count == 1 ? "self" : "cycle",
			     cycle->strong ? LIKELY : POSSIBLE);
	finding->matters = cycle->strong;
	if (graph->user_count > 0)
		finding->share = (double)shape->ids.count / (double)graph->user_count;
	finding_set_goroutines(finding, vec_keep(&shape->ids, findings->arena), shape->ids.count);
	if (cycle->count == 1)
		tell_self(snapshot, findings, finding, shape);
	else
		tell_cycle(findings, finding, shape);
	for (size_t i = 0; i < cycle->count; i++)
		add_edge(snapshot, graph, findings, finding, cycle->nodes[i]);
	finding->goroutine = cycle->nodes[0]->goroutine;
	finding_set_stack(findings, finding, snapshot, &snapshot->goroutines[finding->goroutine]);
}

DETECTOR(cycle)
{
	const struct waitgraph *graph = options->waits;
	struct shape shapes[SHAPES_MAX], *shape;
	struct wait_cycle cycle;
	size_t count = 0;
	if (graph == NULL)
		return;
	for (size_t i = 0; i < graph->wait_count; i++)
		if (waitgraph_cycle(graph, &graph->waits[i], &cycle) &&
		    (shape = shape_of(snapshot, shapes, &count, &cycle)) != NULL)
			add_to_shape(snapshot, shape, &cycle);
	for (size_t i = 0; i < count; i++) {
		add_shape(snapshot, graph, findings, &shapes[i]);
		vec_release(&shapes[i].ids);
	}
}
