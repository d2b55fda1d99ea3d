#include "analyzer/waiting.h"

#include "analyzer/places.h"
#include "analyzer/waittext.h"

void finding_add_waiting(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot, const struct group *group)
{
	const struct call *call = call_of(snapshot, group->first, findings->arena);
	const char *place = call ? place_of(findings->arena, call) : "a stack that cannot be read";
	const char *wait = group->first->status == G_WAITING
				   ? goroutine_wait(snapshot, group->first)
				   : g_status_text(group->first->status);
	unsigned long long id = group->first->id;
	struct wait what;
	goroutine_wait_read(snapshot, group->first, findings->arena, &what);
	const char *object = wait_text(snapshot, &what, findings->arena);
	if (call != NULL)
		finding->identity[finding->identity_count++] = call;
	if (group->count == 1)
		finding_labelled(findings, finding, "waits", id, what.object,
				 "goroutine %llu: %s, in %s%s%s", id, wait, place, object ? ", " : "",
				 object ? object : "");
	else
		finding_labelled(findings, finding, "waits", id, what.object,
				 "%llu goroutines (%llu, ...): %s, in %s%s%s",
				 (unsigned long long)group->count, id, wait, place,
				 object ? "; the first waits " : "", object ? object : "");
}

static bool is_test(const struct snapshot *snapshot, const struct goroutine *g, struct arena *arena)
{
	struct trace trace;
	if (g->system)
		return false;
	goroutine_trace(snapshot, g, false, arena, &trace);
	size_t own = trace_own_frame(&trace, 0);
	return own < trace.count &&
	       trace_find(&trace, trace.count, "testing.tRunner") < trace.count &&
	       !function_begins(trace.frames[own].call->function, "testing.");
}

void finding_add_tests(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct groups *groups)
{
	enum { TESTS_MAX = 12, GROUPS_MAX = 1000 };
	size_t shown = 0, left = 0;
	finding->identity = arena_alloc(findings->arena, TESTS_MAX * sizeof(*finding->identity));
	for (size_t i = 0; groups != NULL && i < groups->count && i < GROUPS_MAX; i++) {
		const struct group *group = &groups->items[i];
		if (!is_test(snapshot, group->first, findings->arena))
			continue;
		if (shown++ < TESTS_MAX)
			finding_add_waiting(findings, finding, snapshot, group);
		else
			left++;
	}
	if (left > 0)
		finding_evidence(findings, finding, 0, 0, "and %zu more groups of tests", left);
}
