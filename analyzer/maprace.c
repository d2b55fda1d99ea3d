#include "analyzer/maprace.h"

#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/places.h"
#include "base/vec.h"
#include "goruntime/mapuse.h"

enum {
	NAMED_MAX = 20,
	WAITING_NAMED_MAX = 3,
	LOOKED_AT_MAX = 5000, /* stacks: in a program that runs, few goroutines are ready to run */
	SCRATCH_MAX = 1 << 20,
};

/* How a goroutine is tied to the map, the strongest tie first. */
enum tie {
	TIE_INSIDE,  /* inside an operation on it */
	TIE_PERHAPS, /* the same, but the words that say so may be of an earlier call */
	TIE_HOLDS,   /* has a variable that is the map, and can run */
	TIE_UNKNOWN, /* inside an operation on a map that is not known */
	TIE_WORD,    /* has its address in a frame, perhaps left over, and can run */
	TIE_WAITS,   /* has its address in a frame, and waits for something else */
	TIE_COUNT,
};

struct suspect {
	enum tie tie;
	const struct goroutine *g;
	const struct call *user, *entry; /* entry NULL: it is in no map function */
	const char *variable;		 /* that is the map; NULL: not known */
	bool referred;			 /* it has what refers to the map, not the map itself */
};

struct search {
	const struct snapshot *snapshot;
	const struct groups *groups;
	struct arena *arena; /* of what is kept */
	struct map_word map; /* .map 0: not known */
	bool waiting;	     /* goroutines that wait are looked at, the others are not */
	VEC(struct suspect) found;
	size_t looked_at;
	bool cut; /* not all that are wanted were looked at */
	struct arena scratch;
};

static bool can_run(const struct snapshot *snapshot, const struct goroutine *g)
{
	switch (g->status) {
	case G_RUNNING:
	case G_RUNNABLE:
	case G_PREEMPTED:
	case G_COPYSTACK:
		return true;
	case G_WAITING: /* an allocation in the middle of an insert */
		return strncmp(goroutine_wait(snapshot, g), "GC assist", 9) == 0;
	default:
		return false;
	}
}

static bool has_map(const struct map_use *use, uint64_t map, bool sure)
{
	for (size_t i = 0; i < use->map_count; i++)
		if (use->maps[i].map == map && (use->maps[i].sure || !sure))
			return true;
	return false;
}

/* Whether what is known of the maps leaves room for MAP to be one that it works on. */
static bool knows_another(const struct map_use *use)
{
	return use->map_count > 0 && use->maps[0].sure;
}

/* --- one goroutine -----------------------------------------------------------------------------
 */

static void add_inside(struct search *search, enum tie tie, const struct goroutine *g,
		       const struct map_use *use)
{
	struct suspect suspect = {
		.tie = tie, .g = g, .user = use->user->call, .entry = use->entry->call
	};
	vec_push(&search->found, suspect);
}

/* One that waits shows it only by the map itself: half of the program has what refers to it. */
static void add_holder(struct search *search, const struct goroutine *g, const struct trace *trace)
{
	const struct snapshot *s = search->snapshot;
	uint64_t map = search->map.map;
	struct suspect suspect = { .tie = search->waiting ? TIE_WAITS : TIE_HOLDS, .g = g };
	const struct trace_frame *frame = NULL;
	if (map != 0)
		frame = trace_frame_with(s, trace, map, search->waiting ? NULL : &suspect.referred);
	if (frame == NULL)
		return;
	suspect.user = frame->call;
	if (!suspect.referred)
		suspect.variable = map_variable(s, g, trace, frame, map, search->arena);
	if (suspect.variable == NULL && suspect.tie == TIE_HOLDS)
		suspect.tie = TIE_WORD;
	vec_push(&search->found, suspect);
}

/* Judges G by its stack. */
static void look_at(struct search *search, const struct goroutine *g)
{
	struct trace trace;
	struct map_use use;
	uint64_t map = search->map.map;
	goroutine_trace(search->snapshot, g, false, &search->scratch, &trace);
	map_use_of(search->snapshot, &trace, &use);
	search->looked_at++;
	if (use.user == NULL)
		add_holder(search, g, &trace);
	else if (map != 0 && has_map(&use, map, true))
		add_inside(search, TIE_INSIDE, g, &use);
	else if (map != 0 && has_map(&use, map, false))
		add_inside(search, TIE_PERHAPS, g, &use);
	else if (map == 0 || use.map_count == 0)
		add_inside(search, TIE_UNKNOWN, g, &use);
	else if (!knows_another(&use))
		add_holder(search, g, &trace);
	if (search->scratch.total > SCRATCH_MAX)
		arena_release(&search->scratch);
}

/* --- all of them -------------------------------------------------------------------------------
 */

static bool is_wanted(const struct search *search, const struct group *group)
{
	const struct goroutine *g = group->first;
	bool waits = g->status == G_WAITING || g->status == G_SYSCALL;
	if (g->system)
		return false;
	return search->waiting ? waits : can_run(search->snapshot, g);
}

static void for_each(struct search *search,
		     void (*visit)(struct search *search, const struct goroutine *g))
{
	const struct groups *groups = search->groups;
	search->looked_at = 0;
	search->cut = false;
	for (size_t i = 0; groups != NULL && i < groups->count; i++) {
		const struct group *group = &groups->items[i];
		const uint32_t *members = group_members(groups, group);
		for (uint64_t m = 0; is_wanted(search, group) && m < group->count; m++) {
			if (members[m] == search->snapshot->death.goroutine)
				continue;
			search->cut = search->looked_at == LOOKED_AT_MAX ||
				      search->found.count == NAMED_MAX;
			if (search->cut)
				return;
			visit(search, &search->snapshot->goroutines[members[m]]);
		}
	}
}

/* Takes a map that G works on for the one of the death, if the stack that noticed has its address.
 */
static void adopt_map(struct search *search, const struct goroutine *g)
{
	struct trace trace;
	struct map_use use;
	search->looked_at++;
	if (search->map.map != 0)
		return;
	goroutine_trace(search->snapshot, g, false, &search->scratch, &trace);
	map_use_of(search->snapshot, &trace, &use);
	for (size_t i = 0; i < use.map_count; i++)
		if (trace_frame_with(search->snapshot, &search->snapshot->death.culprit,
				     use.maps[i].map, NULL) != NULL) {
			search->map = use.maps[i];
			return;
		}
}

static size_t count_of(const struct search *search, enum tie tie)
{
	size_t count = 0;
	for (size_t i = 0; i < search->found.count; i++)
		count += search->found.items[i].tie == tie;
	return count;
}

/* --- what is said of it ------------------------------------------------------------------------
 */

static void add_map(const struct search *search, struct findings *findings, struct finding *finding)
{
	struct map_facts facts;
	unsigned long long addr = search->map.map;
	if (addr == 0) {
		finding_labelled(findings, finding, "map", 0, 0,
				 "which map it is could not be read from the stack");
		return;
	}
	if (!map_facts_read(search->snapshot, &search->map, findings->arena, &facts))
		return;
	finding_labelled(findings, finding, "map", 0, addr, "%s at 0x%llx, %llu %s%s%s",
			 facts.type ? facts.type : "a map", addr, (unsigned long long)facts.entries,
			 facts.entries == 1 ? "entry" : "entries",
			 facts.writing ? "; its mark says that a write is in progress" : "",
			 search->map.sure ? "" : " (by words that may be left over)");
}

static void add_named(struct findings *findings, struct finding *finding,
		      const struct suspect *suspect, uint64_t map)
{
	static const struct {
		const char *label, *text;
	} ties[] = {
		[TIE_INSIDE] = { "other", ", on the same map" },
		[TIE_PERHAPS] = { "other", ", by its stack on the same map; the words that say so "
					   "may be left over from an earlier call" },
		[TIE_UNKNOWN] = { "perhaps", ", on a map that is not known" },
		[TIE_HOLDS] = { "holds", " could run and has " },
		[TIE_WORD] = { "perhaps", " could run and has " },
		[TIE_WAITS] = { "holds", " waits and has " },
	};
	struct arena *arena = findings->arena;
	unsigned long long id = suspect->g->id;
	const char *place = place_of(arena, suspect->user), *tail = "";
	if (suspect->entry != NULL)
		place = arena_printf(arena, "%s in %s", place, suspect->entry->function);
	else if (suspect->variable != NULL)
		tail = arena_printf(arena, "the map in %s", suspect->variable);
	else
		tail = suspect->referred ? "an object that refers to the map in a frame"
					 : "the map, or a word left over, in a frame";
	const char *label = suspect->variable != NULL || suspect->tie != TIE_WAITS
				    ? ties[suspect->tie].label
				    : "perhaps";
	finding_labelled(findings, finding, label, suspect->g->id,
			 suspect->tie == TIE_UNKNOWN ? 0 : map, "goroutine %llu: %s%s%s", id, place,
			 ties[suspect->tie].text, tail);
}

static void add_suspects(const struct search *search, struct findings *findings,
			 struct finding *finding)
{
	for (unsigned tie = 0; tie < TIE_COUNT; tie++)
		for (size_t i = 0, named = 0; i < search->found.count; i++) {
			const struct suspect *suspect = &search->found.items[i];
			if (suspect->tie != tie ||
			    (tie == TIE_WAITS && named++ == WAITING_NAMED_MAX))
				continue;
			add_named(findings, finding, suspect, search->map.map);
		}
}

static void explain(const struct search *search, struct findings *findings, struct finding *finding)
{
	size_t inside = count_of(search, TIE_INSIDE) + count_of(search, TIE_PERHAPS);
	const char *text;
	if (inside > 0)
		text = inside == 1 ? "another one was inside an operation on the same map at the "
				     "time of the dump."
				   : "others were inside operations on the same map at the time of "
				     "the dump.";
	else if (count_of(search, TIE_UNKNOWN) > 0)
		text = "others were in a map function at the time of the dump, but on which map "
		       "is not known.";
	else if (count_of(search, TIE_HOLDS) + count_of(search, TIE_WORD) > 0)
		text = "no second one was inside the map any more at the time of the dump. Those "
		       "that have it in a frame and could run may have left it just before.";
	else
		text = "no second offender was found: it had left the map by the time of the dump.";
	finding_explain(findings, finding, "The goroutine above is the one that noticed; %s", text);
}

/* The goroutine that noticed and those that were inside: the finding is about them. */
static void set_goroutines(const struct search *search, struct finding *finding)
{
	uint64_t *ids = arena_alloc(search->arena, (search->found.count + 1) * sizeof(*ids));
	size_t count = 0;
	uint64_t own = snapshot_id(search->snapshot, finding->goroutine);
	if (own != 0)
		ids[count++] = own;
	for (size_t i = 0; i < search->found.count; i++)
		if (search->found.items[i].tie <= TIE_PERHAPS)
			ids[count++] = search->found.items[i].g->id;
	if (count > 0)
		finding_set_goroutines(finding, ids, count);
}

static void add_stacks(const struct search *search, struct findings *findings,
		       struct finding *finding)
{
	for (size_t i = 0; i < search->found.count; i++) {
		const struct suspect *suspect = &search->found.items[i];
		if (suspect->tie <= TIE_PERHAPS)
			finding_add_stack(findings, finding, search->snapshot, suspect->g,
					  suspect->user);
	}
}

/* Which of the others are at the map, too, nobody has looked. */
static void add_cut(const struct search *search, struct findings *findings, struct finding *finding)
{
	if (search->cut && search->found.count == NAMED_MAX)
		finding_labelled(findings, finding, "others", 0, 0,
				 "more goroutines may be at this map: %d are named, the rest was not "
				 "looked at",
				 NAMED_MAX);
	else if (search->cut)
		finding_labelled(findings, finding, "others", 0, 0,
				 "more goroutines may be at this map: the stacks of %d were looked at",
				 LOOKED_AT_MAX);
}

static void look(struct search *search)
{
	if (search->map.map == 0)
		for_each(search, adopt_map);
	for_each(search, look_at);
	if (search->found.count > 0 || search->map.map == 0)
		return;
	search->waiting = true;
	for_each(search, look_at);
}

void finding_add_map_race(struct findings *findings, struct finding *finding,
			  const struct snapshot *snapshot, const struct groups *groups)
{
	struct map_use own;
	struct search search = { .snapshot = snapshot, .groups = groups, .arena = findings->arena };
	arena_init(&search.scratch);
	map_use_of(snapshot, &snapshot->death.culprit, &own);
	if (own.map_count > 0)
		search.map = own.maps[0];
	look(&search);
	search.map.sure |= count_of(&search, TIE_INSIDE) > 0;
	add_map(&search, findings, finding);
	uint64_t id = snapshot_id(snapshot, finding->goroutine);
	if (own.user != NULL)
		finding_labelled(findings, finding, "noticed", id, search.map.map,
				 "goroutine %llu: %s in %s", (unsigned long long)id,
				 place_of(findings->arena, own.user->call),
				 own.entry->call->function);
	add_suspects(&search, findings, finding);
	add_cut(&search, findings, finding);
	explain(&search, findings, finding);
	set_goroutines(&search, finding);
	add_stacks(&search, findings, finding);
	vec_release(&search.found);
	arena_release(&search.scratch);
}
