/*
 * data-race: the fatal errors that only unsynchronized access makes: two goroutines in one map, an
 * unlock without a lock (runtime/map*.go, internal/runtime/maps, sync/mutex.go, sync/rwmutex.go).
 */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/places.h"

static const char name[] = "data-race";

/* The runtime's functions on maps: those before 1.24 (and still behind all of them), and those of
 * internal/runtime/maps that hold the work since. */
static bool is_map_function(const char *function)
{
	static const char *const prefixes[] = {
		"runtime.mapassign",	  "runtime.mapaccess", "runtime.mapdelete",
		"runtime.mapiter",	  "runtime.mapclear",  "runtime.mapclone",
		"runtime.evacuate",	  "runtime.growWork",  "runtime.mapIter",
		"internal/runtime/maps.",
	};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (function_begins(function, prefixes[i]))
			return true;
	return false;
}

static bool is_map_entry(const char *function)
{
	static const char *const prefixes[] = {
		"runtime.mapassign",
		"runtime.mapaccess",
		"runtime.mapdelete",
	};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (function_begins(function, prefixes[i]))
			return true;
	return false;
}

struct map_use {			/* a goroutine inside a map function */
	const struct trace_frame *user; /* who called the map function; NULL: not in one */
	const struct trace_frame *map;	/* the outermost of the map functions */
	uint64_t address;		/* of the map, 0 if not known */
};

/* The map is the second argument of the entry functions, the first is its type (map.go). */
static uint64_t map_address(const struct snapshot *snapshot, const struct trace *trace, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const struct trace_frame *frame = &trace->frames[i];
		uint64_t address;
		if (!frame->call->inlined && is_map_entry(frame->call->function) &&
		    frame->argp != 0 && frame_word(snapshot, frame->argp, 1, &address))
			return address;
	}
	return 0;
}

static struct map_use map_use_of(const struct snapshot *snapshot, const struct trace *trace)
{
	size_t i = 0, last = trace->count;
	for (; i < trace->count; i++) {
		const char *function = trace->frames[i].call->function;
		if (is_map_function(function))
			last = i;
		else if (!function_is_runtime(function))
			break;
	}
	if (i == trace->count || last == trace->count)
		return (struct map_use){ 0 };
	return (struct map_use){
		.user = &trace->frames[i],
		.map = &trace->frames[last],
		.address = map_address(snapshot, trace, last + 1),
	};
}

static bool can_be_in_map(const struct goroutine *g)
{
	return g->status == G_RUNNING || g->status == G_RUNNABLE || g->status == G_PREEMPTED ||
	       g->status == G_COPYSTACK;
}

enum {
	OTHERS_MAX = 20,     /* that are named */
	LOOKED_AT_MAX = 5000 /* stacks: in a program that runs, few goroutines are ready to run */
};

struct search {
	const struct snapshot *snapshot;
	struct findings *findings;
	struct finding *finding;
	uint64_t map; /* 0: not known */
	size_t found, looked_at;
	struct arena scratch;
};

/* Adds G if it stands in a map function: on the same map, or on one that is not known. False if it
 * is in none. */
static bool add_other(struct search *search, const struct goroutine *g)
{
	struct trace trace;
	goroutine_trace(search->snapshot, g, false, &search->scratch, &trace);
	struct map_use use = map_use_of(search->snapshot, &trace);
	search->looked_at++;
	if (use.user != NULL &&
	    (use.address == search->map || use.address == 0 || search->map == 0)) {
		finding_labelled(search->findings, search->finding, "other", g->id, use.address,
				 "goroutine %llu: %s in %s", (unsigned long long)g->id,
				 place_of(search->findings->arena, use.user->call),
				 use.map->call->function);
		search->found++;
	}
	if (search->scratch.total > 1 << 20)
		arena_release(&search->scratch);
	return use.user != NULL;
}

/* Those of GROUP, whose members have one stack where stacks were walked. */
static void add_others_of(struct search *search, const struct groups *groups,
			  const struct group *group)
{
	const uint32_t *members = group_members(groups, group);
	for (uint64_t m = 0; m < group->count; m++) {
		if (search->found == OTHERS_MAX || search->looked_at == LOOKED_AT_MAX)
			return;
		if (members[m] == search->snapshot->death.goroutine)
			continue;
		if (!add_other(search, &search->snapshot->goroutines[members[m]]) && groups->stacks)
			return;
	}
}

static size_t add_others(const struct snapshot *snapshot, const struct groups *groups,
			 struct findings *findings, struct finding *finding, uint64_t map)
{
	struct search search = {
		.snapshot = snapshot,
		.findings = findings,
		.finding = finding,
		.map = map,
	};
	arena_init(&search.scratch);
	for (size_t i = 0; groups != NULL && i < groups->count; i++)
		if (can_be_in_map(groups->items[i].first) && !groups->items[i].first->system)
			add_others_of(&search, groups, &groups->items[i]);
	arena_release(&search.scratch);
	return search.found;
}

static void add_map(const struct snapshot *snapshot, const struct groups *groups,
		    struct findings *findings, struct finding *finding)
{
	struct map_use own = map_use_of(snapshot, &snapshot->death.culprit);
	if (own.user != NULL)
		finding_labelled(
			findings, finding, "noticed", snapshot_id(snapshot, finding->goroutine),
			own.address, "goroutine %llu: %s in %s",
			(unsigned long long)snapshot_id(snapshot, finding->goroutine),
			place_of(findings->arena, own.user->call), own.map->call->function);
	size_t others = add_others(snapshot, groups, findings, finding, own.address);
	if (others == 0)
		finding_explain(
			findings, finding,
			"The goroutine above is the one that noticed; the other had left the map "
			"by the time of the dump.");
	else
		finding_explain(
			findings, finding,
			"The goroutine above is the one that noticed; %s in a map function at the "
			"time of the dump.",
			others == 1 ? "another one was" : "others were");
}

static void set_culprit(struct finding *finding)
{
	if (finding->cause_frame != NO_FRAME)
		finding->cause_frame = trace_own_frame(finding->stack, finding->cause_frame);
}

DETECTOR(race)
{
	const struct fatal_story *story = death_story(snapshot, CLASS_DATA_RACE);
	if (story == NULL)
		return;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind,
						     death_confidence(snapshot, story));
	finding->title = story->title;
	set_culprit(finding);
	finding_explain(findings, finding, "%s", story->why);
	if (strcmp(story->kind, "unlock-of-unlocked") != 0)
		add_map(snapshot, options->groups, findings, finding);
	finding_add_fatal_records(findings, finding, snapshot);
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}
