/*
 * deadlock: the runtime itself found that nothing can run any more (runtime/proc.go checkdead).
 * There is no culprit: it says what the goroutines wait for.
 */
#include <string.h>

#include "analyzer/circles.h"
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/places.h"
#include "analyzer/waitgraph.h"
#include "analyzer/waiting.h"
#include "analyzer/waittext.h"

static const char name[] = "deadlock";

enum { GROUPS_MAX = 12 };

/* All goroutines of the program, group by group. */
static void add_waits(const struct snapshot *snapshot, const struct groups *groups,
		      struct findings *findings, struct finding *finding)
{
	size_t shown = 0, left = 0;
	finding->identity = arena_alloc(findings->arena, GROUPS_MAX * sizeof(*finding->identity));
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->items[i];
		if (group->first->system || group->first->status != G_WAITING)
			continue;
		if (shown < GROUPS_MAX)
			finding_add_waiting(findings, finding, snapshot, group);
		else
			left++;
		shown++;
	}
	if (left > 0)
		finding_evidence(findings, finding, 0, 0, "and %zu more groups of goroutines",
				 left);
}

/* Where there is only one goroutine, the title can tell all. */
static void set_title(const struct snapshot *snapshot, const struct groups *groups,
		      struct findings *findings, struct finding *finding)
{
	if (finding->goroutine_count != 1 || finding->identity_count != 1)
		return;
	for (size_t i = 0; i < groups->count; i++)
		if (!groups->items[i].first->system)
			finding_title(findings, finding,
				      "the only goroutine waits for ever: %s, in %s",
				      goroutine_wait(snapshot, groups->items[i].first),
				      finding->identity[0]->function);
}

static void set_goroutines(const struct snapshot *snapshot, struct findings *findings,
			   struct finding *finding)
{
	uint64_t *ids = arena_alloc(findings->arena, snapshot->goroutine_count * sizeof(*ids));
	size_t n = 0;
	for (size_t i = 0; i < snapshot->goroutine_count; i++)
		if (!snapshot->goroutines[i].system)
			ids[n++] = snapshot->goroutines[i].id;
	finding_set_goroutines(finding, ids, n);
	finding->share = 1;
}

/* Waits that nothing in the language ends, so that they explain themselves. */
static void explain_hopeless(const struct snapshot *snapshot, const struct groups *groups,
			     struct findings *findings, struct finding *finding)
{
	static const struct {
		const char *wait, *why;
	} hopeless[] = {
		{ "chan receive (nil chan)", "A receive from a nil channel never ends" },
		{ "chan send (nil chan)", "A send on a nil channel never ends" },
		{ "select (no cases)", "A select without cases never ends" },
	};
	for (size_t i = 0; i < groups->count; i++)
		for (size_t h = 0; h < sizeof(hopeless) / sizeof(hopeless[0]); h++)
			if (!groups->items[i].first->system &&
			    strcmp(goroutine_wait(snapshot, groups->items[i].first),
				   hopeless[h].wait) == 0)
				finding_explain(findings, finding,
						"%s: goroutine %llu waits in one.", hopeless[h].why,
						(unsigned long long)groups->items[i].first->id);
}

/* Who waits for whom in a circle, in one sentence; detect_cycle.c has the finding. */
static void explain_cycles(const struct snapshot *snapshot, const struct waitgraph *graph,
			   struct findings *findings, struct finding *finding)
{
	struct wait_cycle cycle;
	for (size_t i = 0; i < graph->wait_count; i++) {
		if (!waitgraph_cycle(graph, &graph->waits[i], &cycle))
			continue;
		unsigned long long id = snapshot->goroutines[cycle.nodes[0]->goroutine].id;
		if (!cycle.strong && cycle.count == 1)
			continue;
		if (cycle.count == 1)
			finding_explain(findings, finding,
					"Goroutine %llu waits for a %s that, as its stack says, it "
					"holds itself.",
					id, wait_lock_type(cycle.nodes[0]->wait.kind));
		else
			finding_explain(findings, finding,
					"Goroutine %llu and %zu other%s wait in a circle, each for a "
					"lock that, as the stacks say, the next one %s.",
					id, cycle.count - 1, cycle.count == 2 ? "" : "s",
					cycle.strong ? "holds" : "may hold");
		return;
	}
}

/* The same by way of channels and wait groups; detect_circle.c has the finding. */
static void explain_circles(const struct snapshot *snapshot, const struct waitgraph *graph,
			    struct findings *findings, struct finding *finding)
{
	size_t count;
	const struct circle *circles = circles_of_asleep(snapshot, graph, findings->arena, &count);
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < circles[i].count; k++)
			finding_explain(findings, finding, "%s.",
					circle_edge_text(snapshot, &circles[i], k, findings->arena));
	}
}

/* Whether the stack of a goroutine of the program other than G refers to OBJECT. */
static bool is_referred_to(const struct snapshot *snapshot, const struct goroutine *g,
			   uint64_t object)
{
	enum { LOOKED_AT = 4096 };
	if (snapshot->goroutine_count > LOOKED_AT)
		return true; /* not known */
	for (size_t i = 0; i < snapshot->goroutine_count; i++) {
		const struct goroutine *other = &snapshot->goroutines[i];
		if (other != g && !other->system && stack_mentions(snapshot, other, object))
			return true;
	}
	return false;
}

/* Without the main goroutine the process can end by os.Exit or a death alone. Number 1 is its
 * (proc.go rt0_go makes it first). */
static void explain_main(const struct snapshot *snapshot, struct findings *findings,
			 struct finding *finding)
{
	if (strcmp(finding->kind, "all-asleep") != 0 || snapshot->unreadable > 0 ||
	    snapshot->goroutine_count == 0)
		return;
	for (size_t i = 0; i < snapshot->goroutine_count; i++)
		if (snapshot->goroutines[i].id == 1 || snapshot->goroutines[i].unreadable)
			return;
	finding_explain(findings, finding,
			"The main goroutine is no longer there: runtime.Goexit (which t.FailNow and "
			"t.SkipNow call) ended it without a return from main.");
}

/* What nobody is left to do. */
static void explain_deserted(const struct snapshot *snapshot, const struct groups *groups,
			     struct findings *findings, struct finding *finding)
{
	enum { TOLD = 4 };
	size_t told = 0;
	for (size_t i = 0; i < groups->count && told < TOLD; i++) {
		const struct goroutine *g = groups->items[i].first;
		struct wait wait;
		if (g->system || groups->items[i].count > 1)
			continue;
		goroutine_wait_read(snapshot, g, findings->arena, &wait);
		bool group = wait.kind == WAIT_WAITGROUP && wait.state_known && wait.counter > 0;
		bool channel = wait.kind == WAIT_RECEIVE || wait.kind == WAIT_SEND;
		if (wait.object == 0 || !(group || channel) ||
		    is_referred_to(snapshot, g, wait.object))
			continue;
		told++;
		if (group)
			finding_explain(findings, finding,
					"The sync.WaitGroup of goroutine %llu still counts %lld, but no "
					"other goroutine's stack refers to it: a Done was skipped, or an "
					"Add was one too many.",
					(unsigned long long)g->id, (long long)wait.counter);
		else
			finding_explain(findings, finding,
					"No other goroutine's stack refers to the channel of goroutine "
					"%llu: nobody is left to %s.",
					(unsigned long long)g->id,
					wait.kind == WAIT_RECEIVE ? "send to it or close it"
								  : "receive from it");
	}
}

DETECTOR(deadlock)
{
	const struct fatal_story *story = death_story(snapshot, CLASS_DEADLOCK);
	if (story == NULL)
		return;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind,
						     death_confidence(snapshot, story));
	finding->title = story->title;
	finding->stack = NULL;
	finding->cause_frame = NO_FRAME;
	finding->goroutine = NO_INDEX;
	set_goroutines(snapshot, findings, finding);
	finding_explain(findings, finding, "%s", story->why);
	explain_main(snapshot, findings, finding);
	if (options->groups != NULL) {
		explain_hopeless(snapshot, options->groups, findings, finding);
		if (!options->brief) {
			explain_cycles(snapshot, options->waits, findings, finding);
			explain_circles(snapshot, options->waits, findings, finding);
			explain_deserted(snapshot, options->groups, findings, finding);
		}
		add_waits(snapshot, options->groups, findings, finding);
		set_title(snapshot, options->groups, findings, finding);
	}
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}
