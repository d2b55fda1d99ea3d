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
		"runtime.mapassign", "runtime.mapaccess", "runtime.mapdelete", "runtime.mapiter",
		"runtime.mapclear", "runtime.mapclone", "runtime.evacuate", "runtime.growWork",
		"runtime.mapIter", "internal/runtime/maps.",
	};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (function_begins(function, prefixes[i]))
			return true;
	return false;
}

static bool is_map_entry(const char *function)
{
	static const char *const prefixes[] = {
		"runtime.mapassign", "runtime.mapaccess", "runtime.mapdelete",
	};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (function_begins(function, prefixes[i]))
			return true;
	return false;
}

struct map_use { /* a goroutine inside a map function */
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
		if (!frame->call->inlined && is_map_entry(frame->call->function) && frame->argp != 0 &&
		    frame_word(snapshot, frame->argp, 1, &address))
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

enum { OTHERS_MAX = 20 };

/* Goroutines that stand in a map function now: those on the same map, else those on a map that is
 * not known. */
static size_t add_others(const struct snapshot *snapshot, struct findings *findings,
			 struct finding *finding, uint64_t map)
{
	size_t found = 0;
	struct arena scratch;
	arena_init(&scratch);
	for (size_t i = 0; i < snapshot->goroutine_count && found < OTHERS_MAX; i++) {
		const struct goroutine *g = &snapshot->goroutines[i];
		if (!can_be_in_map(g) || g->system || i == snapshot->death.goroutine)
			continue;
		struct trace trace;
		goroutine_trace(snapshot, g, false, &scratch, &trace);
		struct map_use use = map_use_of(snapshot, &trace);
		if (use.user != NULL && (use.address == map || use.address == 0 || map == 0)) {
			finding_labelled(findings, finding, "other", g->id, use.address,
					 "goroutine %llu: %s in %s", (unsigned long long)g->id,
					 place_of(findings->arena, use.user->call),
					 use.map->call->function);
			found++;
		}
		arena_release(&scratch);
	}
	return found;
}

static void add_map(const struct snapshot *snapshot, struct findings *findings,
		    struct finding *finding)
{
	struct map_use own = map_use_of(snapshot, &snapshot->death.culprit);
	if (own.user != NULL)
		finding_labelled(findings, finding, "noticed", snapshot_id(snapshot, finding->goroutine),
				 own.address, "goroutine %llu: %s in %s",
				 (unsigned long long)snapshot_id(snapshot, finding->goroutine),
				 place_of(findings->arena, own.user->call), own.map->call->function);
	size_t others = add_others(snapshot, findings, finding, own.address);
	if (others == 0)
		finding_explain(findings, finding,
				"The goroutine above is the one that noticed; the other had left the map by "
				"the time of the dump.");
	else
		finding_explain(findings, finding,
				"The goroutine above is the one that noticed; %s in a map function at the time "
				"of the dump.", others == 1 ? "another one was" : "others were");
}

static void set_culprit(struct finding *finding)
{
	if (finding->cause_frame != NO_FRAME)
		finding->cause_frame = trace_own_frame(finding->stack, finding->cause_frame);
}

DETECTOR(race)
{
	(void)options;
	const struct fatal_story *story = death_story(snapshot, CLASS_DATA_RACE);
	if (story == NULL)
		return;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind, story->confidence);
	finding->title = story->title;
	set_culprit(finding);
	finding_explain(findings, finding, "%s", story->why);
	if (strcmp(story->kind, "unlock-of-unlocked") != 0)
		add_map(snapshot, findings, finding);
	finding_add_fatal_records(findings, finding, snapshot);
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}
