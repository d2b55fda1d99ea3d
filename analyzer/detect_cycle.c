/*
 * deadlock/cycle and deadlock/self, in a process that was not asleep as a whole too: goroutines that
 * wait for locks which they themselves, in a circle, most probably hold. A mutex has no owner, so this
 * is never certain; it is likely where for each lock of the circle one goroutine alone fits.
 */
#include <inttypes.h>

#include "analyzer/detector.h"
#include "analyzer/places.h"
#include "analyzer/waitgraph.h"
#include "analyzer/waittext.h"

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

static void set_goroutines(const struct snapshot *snapshot, struct findings *findings,
			   struct finding *finding, const struct wait_cycle *cycle)
{
	uint64_t *ids = arena_alloc(findings->arena, cycle->count * sizeof(*ids));
	for (size_t i = 0; i < cycle->count; i++)
		ids[i] = snapshot->goroutines[cycle->nodes[i]->goroutine].id;
	finding_set_goroutines(finding, ids, cycle->count);
}

static void set_stack(const struct snapshot *snapshot, struct findings *findings,
		      struct finding *finding, uint32_t goroutine)
{
	struct trace *trace = arena_alloc(findings->arena, sizeof(*trace));
	goroutine_trace(snapshot, &snapshot->goroutines[goroutine], false, findings->arena, trace);
	finding->stack = trace;
	finding->goroutine = goroutine;
	size_t own = trace_own_frame(trace, 0);
	if (own < trace->count)
		finding->cause_frame = own;
}

static void tell_self(const struct snapshot *snapshot, struct findings *findings,
		      struct finding *finding, const struct wait_node *node)
{
	uint64_t id = snapshot->goroutines[node->goroutine].id;
	if (node->wait.kind == WAIT_RWMUTEX_READ) {
		finding_title(findings, finding,
			      "goroutine %" PRIu64 " asks to read a sync.RWMutex that it reads already, "
			      "behind a writer",
			      id);
		finding_explain(findings, finding,
				"A writer in line keeps new readers out, and waits for the readers "
				"that are in: a reader that asks again waits for itself.");
		finding_advise(findings, finding,
			       "Take the read lock once: have an unlocked variant for callers that "
			       "hold it.");
		return;
	}
	finding_title(findings, finding,
		      "goroutine %" PRIu64 " waits for a %s that it holds itself", id,
		      wait_lock_type(node->wait.kind));
	finding_explain(findings, finding,
			"Go's locks are not re-entrant: a goroutine that locks twice waits for itself.");
	finding_advise(findings, finding,
		       "Have an unlocked variant of what is called under the lock.");
}

static void tell_cycle(struct findings *findings, struct finding *finding,
		       const struct wait_cycle *cycle)
{
	finding_title(findings, finding,
		      "%zu goroutines wait in a circle, each for a lock that the next one %s",
		      cycle->count, cycle->strong ? "holds" : "may hold");
	finding_explain(findings, finding,
			"None of these goroutines goes on before another one of them does.");
	finding_advise(findings, finding, "Take these locks in one order everywhere.");
}

static void add_cycle(const struct snapshot *snapshot, const struct waitgraph *graph,
		      struct findings *findings, const struct wait_cycle *cycle)
{
	struct finding *finding =
		findings_add(findings, name, CLASS_DEADLOCK, cycle->count == 1 ? "self" : "cycle",
			     cycle->strong ? LIKELY : POSSIBLE);
	finding->matters = cycle->strong;
	set_goroutines(snapshot, findings, finding, cycle);
	if (cycle->count == 1)
		tell_self(snapshot, findings, finding, cycle->nodes[0]);
	else
		tell_cycle(findings, finding, cycle);
	for (size_t i = 0; i < cycle->count; i++)
		add_edge(snapshot, graph, findings, finding, cycle->nodes[i]);
	set_stack(snapshot, findings, finding, cycle->nodes[0]->goroutine);
}

DETECTOR(cycle)
{
	enum { FINDINGS_MAX = 8 };
	const struct waitgraph *graph = options->waits;
	struct wait_cycle cycle;
	size_t found = 0;
	if (graph == NULL)
		return;
	for (size_t i = 0; i < graph->wait_count && found < FINDINGS_MAX; i++)
		if (waitgraph_cycle(graph, &graph->waits[i], &cycle)) {
			add_cycle(snapshot, graph, findings, &cycle);
			found++;
		}
}
