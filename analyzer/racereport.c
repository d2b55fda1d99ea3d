#include "analyzer/racereport.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/places.h"
#include "base/vec.h"
#include "goruntime/codeplaces.h"
#include "goruntime/holders.h"

enum { MATCHES_MAX = 200 };

struct maker {
	const struct snapshot *snapshot;
	struct arena *arena;
	VEC(struct race_match) matches;
};

/* --- the sides ---------------------------------------------------------------------------------
 */

static const struct golog_frame *own_place(const struct golog_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (!function_is_runtime(stack->frames[i].function))
			return &stack->frames[i];
	return stack->count > 0 ? &stack->frames[0] : NULL;
}

static const struct golog_creation *creation_of(const struct golog_race *race, uint64_t number)
{
	for (size_t i = 0; i < race->creation_count; i++)
		if (race->creations[i].number == number)
			return &race->creations[i];
	return NULL;
}

static void read_sides(struct race_match *match)
{
	const struct golog_race *race = match->race;
	for (size_t i = 0; i < race->access_count; i++) {
		struct race_side *side = &match->sides[match->side_count++];
		side->access = &race->accesses[i];
		side->place = own_place(&side->access->stack);
		if (!side->access->main)
			side->creation = creation_of(race, side->access->number);
	}
}

static bool same_place(const struct golog_frame *x, const struct golog_frame *y)
{
	if (x == NULL || y == NULL)
		return x == y;
	return x->line == y->line && strcmp(x->function, y->function) == 0;
}

/* Whether both are of the same two places, in any order. */
static bool is_same(const struct race_match *x, const struct race_match *y)
{
	const struct golog_frame *a = x->sides[0].place, *b = x->sides[1].place;
	const struct golog_frame *c = y->sides[0].place, *d = y->sides[1].place;
	return (same_place(a, c) && same_place(b, d)) || (same_place(a, d) && same_place(b, c));
}

/* --- its goroutines ----------------------------------------------------------------------------
 */

static bool same_line(const struct golog_frame *frame, const struct call *call)
{
	return frame->line == call->line && call->file != NULL &&
	       strcmp(short_path(frame->file), short_path(call->file)) == 0;
}

/* The go statement may be in a function that was inlined: the runtime names the one around it. */
static bool is_created_there(const struct golog_stack *stack, const struct call *call)
{
	enum { INLINED_MAX = 8 };
	bool line = false;
	for (size_t i = 0; i < stack->count && i < INLINED_MAX; i++) {
		line |= same_line(&stack->frames[i], call);
		if (line && strcmp(stack->frames[i].function, call->symbol) == 0)
			return true;
	}
	return false;
}

/* Whether the goroutine began with the function in which the report's stack ends; true where it
 * does not tell. */
static bool is_started_there(const struct golog_stack *stack, const struct call *start)
{
	if (stack->count == 0 || start == NULL)
		return true;
	for (size_t i = 0; i < stack->count; i++)
		if (strcmp(stack->frames[i].function, start->symbol) == 0)
			return true;
	return false;
}

static bool may_be(const struct snapshot *s, const struct race_side *side,
		   const struct goroutine *g)
{
	const struct call *created = goroutine_created_by(s, g);
	return created != NULL && is_created_there(&side->creation->stack, created) &&
	       is_started_there(&side->access->stack, goroutine_start(s, g));
}

static void add_candidate(struct race_side *side, uint32_t index)
{
	if (side->candidate_count < RACE_CANDIDATES)
		side->candidates[side->candidate_count++] = index;
	side->candidate_total++;
}

/* Of several, the one that alone has the object on its stack. */
static void choose_by_object(const struct snapshot *s, struct race_side *side)
{
	size_t found = 0;
	uint32_t chosen = NO_INDEX;
	if (side->candidate_total < 2 || side->candidate_total > RACE_CANDIDATES)
		return;
	for (size_t i = 0; i < side->candidate_count; i++)
		if (stack_mentions(s, &s->goroutines[side->candidates[i]], side->access->addr)) {
			chosen = side->candidates[i];
			found++;
		}
	if (found != 1)
		return;
	side->candidates[0] = chosen;
	side->candidate_count = side->candidate_total = 1;
	side->refers = true;
}

static void find_goroutines(const struct snapshot *s, struct race_side *side)
{
	const struct goroutine *first = side->access->main ? snapshot_goroutine(s, 1) : NULL;
	if (first != NULL)
		add_candidate(side, (uint32_t)(first - s->goroutines));
	if (side->creation == NULL || side->creation->finished || side->creation->stack.count == 0)
		return;
	for (size_t i = 0; i < s->goroutine_count; i++)
		if (!s->goroutines[i].unreadable && !s->goroutines[i].system &&
		    may_be(s, side, &s->goroutines[i]))
			add_candidate(side, (uint32_t)i);
	choose_by_object(s, side);
}

/* --- its code ----------------------------------------------------------------------------------
 */

typedef VEC(struct code_place) place_list;

static void add_places(const struct golog_stack *stack, place_list *places)
{
	for (size_t i = 0; i < stack->count; i++)
		vec_push(places, (struct code_place){
					 .function = stack->frames[i].function,
					 .file = stack->frames[i].file,
					 .line = stack->frames[i].line,
					 .offset = stack->frames[i].offset,
				 });
}

/* What the runtime, sync, time and internal packages do is in every program of the same Go release:
 * only another frame of an access that fits shows whose code it was. */
static void check_accesses(struct race_match *match, const struct code_place *place)
{
	for (size_t i = 0; i < match->race->access_count; i++) {
		bool own = false, fits = false;
		size_t count = match->race->accesses[i].stack.count;
		for (size_t k = 0; k < count; k++, place++) {
			bool plumbing = function_is_plumbing(place->function);
			if (!own && !plumbing && place->known && !place->fits)
				match->misplaced++;
			own |= !plumbing;
			fits |= !plumbing && place->fits;
		}
		match->own += own;
		match->own_fitting += fits;
	}
}

/* Whether some of its code is this program's. */
static bool is_of_program(const struct race_match *match)
{
	return match->own > 0 ? match->own_fitting > 0 : match->fitting > 0;
}

/* For each match how many of its frames are there, all functions looked up at once. */
static void check_code(struct maker *maker)
{
	place_list places = { 0 };
	VEC(size_t) ends = { 0 };
	for (size_t i = 0; i < maker->matches.count; i++) {
		const struct golog_race *race = maker->matches.items[i].race;
		for (size_t k = 0; k < race->access_count; k++)
			add_places(&race->accesses[k].stack, &places);
		for (size_t k = 0; k < race->creation_count; k++)
			add_places(&race->creations[k].stack, &places);
		vec_push(&ends, places.count);
	}
	code_places_check(maker->snapshot, places.items, places.count);
	for (size_t i = 0, at = 0; i < maker->matches.count; i++) {
		struct race_match *match = &maker->matches.items[i];
		check_accesses(match, places.items + at);
		for (; at < ends.items[i]; at++) {
			match->places++;
			match->known += places.items[at].known;
			match->fitting += places.items[at].fits;
		}
	}
	vec_release(&places);
	vec_release(&ends);
}

/* --- all ---------------------------------------------------------------------------------------
 */

static void add_match(struct maker *maker, const struct golog_race *race)
{
	struct race_match match = { .race = race, .count = 1 };
	read_sides(&match);
	for (size_t i = 0; i < maker->matches.count; i++)
		if (is_same(&maker->matches.items[i], &match)) {
			maker->matches.items[i].count++;
			return;
		}
	if (maker->matches.count < MATCHES_MAX)
		vec_push(&maker->matches, match);
}

static void complete(struct maker *maker, struct race_match *match)
{
	const struct snapshot *s = maker->snapshot;
	uint64_t addr = match->sides[0].access->addr;
	for (size_t i = 0; i < match->side_count; i++) {
		const struct race_side *side = &match->sides[i];
		find_goroutines(s, &match->sides[i]);
		match->has_goroutine |= side->candidate_count > 0 && !side->access->main;
	}
	snapshot_address(s, addr, maker->arena, &match->address);
	for (size_t i = 0; i < match->side_count && match->name.path == NULL; i++) {
		const struct race_side *side = &match->sides[i];
		const struct goroutine *g = side->candidate_total == 1
						    ? &s->goroutines[side->candidates[0]]
						    : NULL;
		if (!memory_name(s, g, addr, maker->arena, &match->name))
			match->name = (struct memory_name){ 0 };
	}
}

size_t race_matches_make(const struct snapshot *snapshot, const struct log_match *log,
			 struct arena *arena, struct race_match **matches, uint64_t *foreign)
{
	struct maker maker = { .snapshot = snapshot, .arena = arena };
	size_t kept = 0;
	*foreign = 0;
	for (size_t i = 0; i < log->log->race_count; i++) {
		const struct golog_race *race = &log->log->races[i];
		if (log_match_has(log, race->line, race->pid))
			add_match(&maker, race);
		else
			++*foreign;
	}
	check_code(&maker);
	for (size_t i = 0; i < maker.matches.count; i++) {
		struct race_match *match = &maker.matches.items[i];
		if (!is_of_program(match)) {
			*foreign += match->count;
			continue;
		}
		complete(&maker, match);
		maker.matches.items[kept++] = *match;
	}
	maker.matches.count = kept;
	*matches = vec_keep(&maker.matches, arena);
	vec_release(&maker.matches);
	return kept;
}
