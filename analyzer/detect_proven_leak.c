/*
 * goroutine-leak/proven: blocked for ever on what nothing alive can reach (goruntime/leaks.h). One
 * finding for each group of goroutines with the same stack, wait and creator.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "analyzer/waittext.h"
#include "goruntime/holders.h"

static const char name[] = "goroutine-leak/proven";

enum { FINDINGS_MAX = 100 }; /* groups with a finding of their own; the rest has one together */
/* A leak is large enough to be the verdict of a core taken from outside from so many goroutines on,
 * if they are that part of all, and wait for that many things: a forgotten pool of workers, which
 * wait for one, is seldom why somebody looked. */
enum { MATTERS_COUNT = 100 };
#define MATTERS_SHARE 0.5

struct leak { /* what is leaked of one group */
	const struct group *group;
	uint64_t count, stack_bytes;
	uint32_t first; /* index of the first goroutine */
};

static struct leak leak_of(const struct snapshot *snapshot, const struct leaks *leaks,
			   const struct groups *groups, const struct group *group)
{
	struct leak leak = { .group = group };
	const uint32_t *members = group_members(groups, group);
	for (uint64_t m = 0; m < group->count; m++) {
		const struct goroutine *g = &snapshot->goroutines[members[m]];
		if (!leaks_has(leaks, members[m]))
			continue;
		leak.first = leak.count == 0 ? members[m] : leak.first;
		leak.stack_bytes += g->bad_stack ? 0 : g->stack_hi - g->stack_lo;
		leak.count++;
	}
	return leak;
}

static void add_ids(const struct leaks *leaks, const struct groups *groups,
		    const struct group *group, uint64_t *ids, size_t *count)
{
	const uint32_t *members = group_members(groups, group);
	for (uint64_t m = 0; m < group->count; m++)
		if (leaks_has(leaks, members[m]))
			ids[(*count)++] = group->ids[m];
}

/* Certain where the runtime itself says so, or every word that may hold a reference was seen: C
 * code may keep references where nobody looks. */
static enum confidence how_sure(const struct snapshot *snapshot, const struct leaks *leaks)
{
	return leaks->unproven == NULL && snapshot->iscgo ? LIKELY : CERTAIN;
}

static int by_address(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static bool waits_for_nothing(const char *wait)
{
	return strstr(wait, "(nil chan)") != NULL || strstr(wait, "(no cases)") != NULL;
}

/* For how many things the leaked goroutines wait, as far as is known; a wait for nothing that
 * exists is one of its own. */
static uint64_t things_waited_for(const struct snapshot *snapshot, const struct leaks *leaks,
				  struct arena *arena)
{
	uint64_t *things = arena_alloc(arena, leaks->count * sizeof(*things));
	uint64_t count = 0, different = 0;
	for (uint64_t i = 0; i < leaks->count; i++) {
		struct wait_object object;
		const struct goroutine *g = &snapshot->goroutines[leaks->goroutines[i]];
		if (goroutine_wait_objects(snapshot, g, &object, 1) > 0)
			things[count++] = object.addr;
		else
			different += waits_for_nothing(goroutine_wait(snapshot, g));
	}
	if (count > 0)
		qsort(things, count, sizeof(*things), by_address);
	for (uint64_t i = 0; i < count; i++)
		different += i == 0 || things[i] != things[i - 1];
	return different;
}

static bool large_enough(const struct snapshot *snapshot, const struct detector_options *options,
			 struct arena *arena)
{
	const struct leaks *leaks = options->leaks;
	return leaks->count >= MATTERS_COUNT &&
	       (double)leaks->count >= MATTERS_SHARE * (double)options->groups->user_count &&
	       (double)things_waited_for(snapshot, leaks, arena) >=
		       MATTERS_SHARE * (double)leaks->count;
}

static struct finding *add_finding(const struct snapshot *snapshot,
				   const struct detector_options *options,
				   struct findings *findings, uint64_t count)
{
	const struct leaks *leaks = options->leaks;
	uint64_t users = options->groups->user_count;
	struct finding *f = findings_add(findings, name, CLASS_GOROUTINE_LEAK, "proven",
					 how_sure(snapshot, leaks));
	f->share = users > 0 ? (double)count / (double)users : 0;
	return f;
}

/* Why nobody can end the wait. */
static const char *reason_of(const char *wait)
{
	static const struct {
		const char *begins, *reason;
	} rows[] = {
		{ "chan receive (nil chan)", "nothing is ever sent on a nil channel" },
		{ "chan send (nil chan)", "nothing is ever received from a nil channel" },
		{ "select (no cases)", "a select without cases never ends" },
		{ "chan receive", "nothing that can still run reaches the channel" },
		{ "chan send", "nothing that can still run reaches the channel" },
		{ "select", "nothing that can still run reaches any of the channels" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(wait, rows[i].begins) == 0)
			return rows[i].reason;
	return "nothing that can still run reaches what they wait for";
}

/* What has happened, where the object tells it: whoever was to act has gone. NULL: it does not. */
static const char *pattern_of(const struct wait *wait, struct arena *arena)
{
	bool channel = wait->case_count > 0 && wait->cases[0].channel.known;
	if (wait->context.addr != 0 && !wait->context.cancelled)
		return "a dropped cancel: the context is not cancelled, and nobody who can still run "
		       "could cancel it";
	if (wait->kind == WAIT_SEND && channel && wait->cases[0].channel.capacity == 0)
		return "a forgotten receiver: who was to receive has gone on without the value (a "
		       "timeout, an error, an early return), or is leaked as well";
	if (wait->kind == WAIT_SEND && channel)
		return "a full buffer: nobody who can still run could receive";
	if (wait->kind == WAIT_RECEIVE && channel)
		return "a lost sender: nobody who can still run could send on the channel or close it";
	if (wait->kind == WAIT_WAITGROUP && wait->state_known && wait->counter > 0)
		return arena_printf(arena,
				    "a missing Done: the counter stands at %lld; a Done was skipped, an "
				    "Add was one too many, or who was to call it is leaked as well",
				    (long long)wait->counter);
	if (wait->kind == WAIT_COND)
		return "a missing Signal: nobody who can still run could wake it";
	return NULL;
}

/* Type and state of what it waits for where they are known, else its address. */
static void add_objects(const struct snapshot *snapshot, struct findings *findings,
			struct finding *finding, const struct goroutine *g, const struct wait *wait)
{
	enum { SHOWN = 4 };
	struct wait_object objects[SHOWN];
	size_t n = goroutine_wait_objects(snapshot, g, objects, SHOWN);
	const char *text = wait_text(snapshot, wait, findings->arena);
	const char *pattern = pattern_of(wait, findings->arena);
	if (pattern != NULL)
		finding_labelled(findings, finding, "pattern", g->id, 0, "%s", pattern);
	if (text != NULL) {
		finding_labelled(findings, finding, "waits", g->id, wait->object,
				 "goroutine %" PRIu64 " waits %s", g->id, text);
		return;
	}
	for (size_t i = 0; i < n && i < SHOWN; i++)
		finding_labelled(findings, finding, "waits", g->id, objects[i].addr,
				 "goroutine %" PRIu64 " waits for 0x%" PRIx64, g->id,
				 objects[i].addr);
}

/* "; goroutines 5 and 9 have a pointer to it on their stacks": of the leaked ones that wait for
 * something else. */
static void add_who_refers(const struct snapshot *snapshot, const struct leaks *leaks,
			   const struct wait *wait, struct arena *arena, struct str *out)
{
	enum { LOOKED_AT = 1024, NAMED = 3 };
	size_t found = 0;
	for (size_t i = 0; i < leaks->count && i < LOOKED_AT && found < NAMED; i++) {
		const struct goroutine *g = &snapshot->goroutines[leaks->goroutines[i]];
		struct wait its;
		if (!stack_mentions(snapshot, g, wait->object))
			continue;
		goroutine_wait_read(snapshot, g, arena, &its);
		if (its.object == wait->object)
			continue;
		str_printf(out, "%sgoroutine %" PRIu64, found++ == 0 ? "; of these " : ", ", g->id);
	}
	if (found > 0)
		str_printf(out, " %s a pointer to it on %s stack", found == 1 ? "has" : "have",
			   found == 1 ? "its" : "their");
}

/* Whoever could give the lock back must be able to reach it: what follows from the proof. */
static void add_holder(const struct snapshot *snapshot, const struct leaks *leaks,
		       struct findings *findings, struct finding *finding,
		       const struct goroutine *g, const struct wait *wait)
{
	_cleanup_str_ struct str out = { 0 };
	if (leaks->unproven != NULL || !wait_is_for_lock(wait) || !wait->state_known ||
	    !(wait->locked || wait->readers > 0))
		return;
	str_printf(&out,
		   "no goroutine that may run refers to this %s: who locked it is %s, or went "
		   "without unlocking it",
		   wait_lock_type(wait->kind),
		   leaks->count == 1 ? "this goroutine itself" : "among the leaked");
	if (leaks->count > 1)
		add_who_refers(snapshot, leaks, wait, findings->arena, &out);
	finding_labelled(findings, finding, "holder", g->id, wait->object, "%s", str_text(&out));
}

static void add_creation(const struct snapshot *snapshot, struct findings *findings,
			 struct finding *finding, const struct goroutine *g)
{
	const struct call *created = goroutine_created_by(snapshot, g);
	if (created == NULL)
		return;
	finding_labelled(findings, finding, "created", 0, 0, "by %s",
			 place_of(findings->arena, created));
	finding_advise(findings, finding,
		       "See what should have ended the goroutines that %s starts.",
		       created->function);
}

/* What all leaked goroutines keep from being freed, and how exact the search was. */
static void add_totals(struct findings *findings, struct finding *finding,
		       const struct leaks *leaks)
{
	struct arena *arena = findings->arena;
	if (leaks->unproven != NULL)
		return;
	finding_labelled(findings, finding, "retained", 0, 0,
			 "%s leaked %s %s of heap (objects: %s) and %s of stacks that nothing else "
			 "needs",
			 grouped(arena, leaks->count),
			 leaks->count == 1 ? "goroutine keeps" : "goroutines in all keep",
			 sized(arena, leaks->heap_bytes), grouped(arena, leaks->heap_objects),
			 sized(arena, leaks->stack_bytes));
	if (leaks->guessed_frames + leaks->guessed_objects == 0)
		finding_labelled(findings, finding, "search", 0, 0,
				 "exact: every root, stack frame and object by the compiler's maps");
	else
		finding_labelled(findings, finding, "search", 0, 0,
				 "exact, but for %s of %s stack frames and %s objects, whose every "
				 "word was taken for a reference: that can hide a leak, not make one",
				 grouped(arena, leaks->guessed_frames), grouped(arena, leaks->frames),
				 grouped(arena, leaks->guessed_objects));
}

static void add_runtime(struct findings *findings, struct finding *finding,
			const struct leaks *leaks)
{
	struct arena *arena = findings->arena;
	if (leaks->marked_by_runtime == 0)
		return;
	finding_labelled(findings, finding, "runtime", 0, 0,
			 "the runtime's own search had marked %s %s as leaked",
			 grouped(arena, leaks->marked_by_runtime),
			 leaks->marked_by_runtime == 1 ? "goroutine" : "goroutines");
	if (leaks->disputed > 0)
		finding_labelled(findings, finding, "runtime", 0, 0,
				 "%s of these are reachable in this core, where references may be "
				 "old or guessed; the runtime's word counts",
				 grouped(arena, leaks->disputed));
}

static void describe(const struct snapshot *snapshot, const struct detector_options *options,
		     struct findings *findings, struct finding *finding, const struct leak *leak)
{
	struct arena *arena = findings->arena;
	const struct goroutine *g = &snapshot->goroutines[leak->first];
	const char *wait = goroutine_wait(snapshot, g), *function = "one place";
	if (finding->cause_frame != NO_FRAME)
		function = finding->stack->frames[finding->cause_frame].call->function;
	if (leak->count == 1)
		finding_title(findings, finding, "goroutine %llu is leaked in %s (%s)",
			      (unsigned long long)g->id, function, wait);
	else
		finding_title(findings, finding, "%s goroutines are leaked in %s (%s)",
			      grouped(arena, leak->count), function, wait);
	finding_explain(findings, finding, "%s for ever: %s.",
			leak->count == 1 ? "The goroutine waits" : "The goroutines wait",
			reason_of(wait));
	finding_labelled(findings, finding, "count", g->id, 0, "%s of %s user goroutines",
			 grouped(arena, leak->count), grouped(arena, options->groups->user_count));
	if (finding->cause_frame != NO_FRAME)
		finding_labelled(
			findings, finding, "place", g->id, 0, "%s",
			place_of(arena, finding->stack->frames[finding->cause_frame].call));
	if (leak->group->longest_wait >= 1)
		finding_labelled(findings, finding, "age", 0, 0, "the oldest for at least %s",
				 duration(arena, leak->group->longest_wait));
	struct wait waits_on;
	goroutine_wait_read(snapshot, g, arena, &waits_on);
	add_objects(snapshot, findings, finding, g, &waits_on);
	add_holder(snapshot, options->leaks, findings, finding, g, &waits_on);
	add_creation(snapshot, findings, finding, g);
}

static struct finding *add_leak(const struct snapshot *snapshot,
				const struct detector_options *options, struct findings *findings,
				const struct leak *leak)
{
	const struct leaks *leaks = options->leaks;
	struct finding *f = add_finding(snapshot, options, findings, leak->count);
	uint64_t *ids = arena_alloc(findings->arena, leak->count * sizeof(*ids));
	size_t count = 0;
	add_ids(leaks, options->groups, leak->group, ids, &count);
	finding_set_goroutines(f, ids, count);
	f->goroutine = leak->count == 1 ? leak->first : NO_INDEX;
	finding_set_stack(findings, f, snapshot, &snapshot->goroutines[leak->first]);
	describe(snapshot, options, findings, f, leak);
	add_totals(findings, f, leaks);
	add_runtime(findings, f, leaks);
	return f;
}

/* Groups from FIRST on, COUNT goroutines. */
static struct finding *add_rest(const struct snapshot *snapshot,
				const struct detector_options *options, struct findings *findings,
				size_t first, uint64_t count)
{
	const struct groups *groups = options->groups;
	struct finding *f = add_finding(snapshot, options, findings, count);
	uint64_t *ids = arena_alloc(findings->arena, count * sizeof(*ids));
	size_t n = 0;
	for (size_t i = first; i < groups->count; i++)
		add_ids(options->leaks, groups, &groups->items[i], ids, &n);
	finding_set_goroutines(f, ids, n);
	finding_title(findings, f, "%s more goroutines are leaked, in many places",
		      grouped(findings->arena, count));
	add_totals(findings, f, options->leaks);
	return f;
}

DETECTOR(proven_leak)
{
	const struct groups *groups = options->groups;
	uint64_t left = options->leaks->count;
	bool matters = large_enough(snapshot, options, findings->arena);
	size_t found = 0;
	for (size_t i = 0; i < groups->count && left > 0; i++) {
		struct leak leak = leak_of(snapshot, options->leaks, groups, &groups->items[i]);
		if (leak.count == 0)
			continue;
		if (found++ == FINDINGS_MAX) {
			add_rest(snapshot, options, findings, i, left)->matters = matters;
			return;
		}
		add_leak(snapshot, options, findings, &leak)->matters = matters;
		left -= leak.count;
	}
}
