#include "analyzer/circles.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "analyzer/waittext.h"
#include "base/vec.h"
#include "goruntime/reach.h"

enum {
	SET_MAX = 256, /* goroutines: of more nothing is said */
	OBJECTS_MAX = 512,
	CIRCLES_MAX = 4,
	NONE = 0xffff,
};

struct waiter {
	uint32_t goroutine;
	struct wait wait;
	const struct stack *stack;
	uint32_t first_object, object_count; /* in maker.of */
	uint16_t next;			     /* a waiter that could help it; NONE */
	uint16_t alike;			     /* of those that could, which are all like that one */
	bool seen;
};

struct maker {
	const struct snapshot *snapshot;
	const struct waitgraph *locks;
	struct arena *arena;
	struct waiter *waiters;
	size_t count;
	uint64_t objects[OBJECTS_MAX];
	size_t object_count;
	VEC(uint16_t) of; /* objects of the waiters, one after the other */
	struct reach reach;
	bool asleep;
};

/* --- what they wait for ---------------------------------------------------------------------- */

static bool add_object(struct maker *m, struct waiter *w, uint64_t addr)
{
	size_t o = 0;
	if (addr == 0)
		return true; /* a nil channel: nobody can help by way of that */
	while (o < m->object_count && m->objects[o] != addr)
		o++;
	if (o == OBJECTS_MAX)
		return false;
	if (o == m->object_count)
		m->objects[m->object_count++] = addr;
	vec_push(&m->of, (uint16_t)o);
	w->object_count++;
	return true;
}

/* False where not all is known that it waits for. */
static bool read_waiter(struct maker *m, uint32_t goroutine)
{
	struct waiter *w = &m->waiters[m->count++];
	const struct goroutine *g = &m->snapshot->goroutines[goroutine];
	*w = (struct waiter){ .goroutine = goroutine,
			      .next = NONE,
			      .first_object = (uint32_t)m->of.count };
	goroutine_wait_read(m->snapshot, g, m->arena, &w->wait);
	w->stack = goroutine_stack(m->snapshot, g);
	const struct wait *wait = &w->wait;
	if (wait->kind == WAIT_NIL_RECEIVE || wait->kind == WAIT_NIL_SEND ||
	    wait->kind == WAIT_NO_CASES)
		return true;
	if (wait->object == 0 || wait->case_count < wait->case_total)
		return false;
	if (wait->case_count == 0)
		return add_object(m, w, wait->object);
	for (size_t i = 0; i < wait->case_count; i++)
		if (!add_object(m, w, wait->cases[i].channel.addr))
			return false;
	return true;
}

/* --- who could help -------------------------------------------------------------------------- */

/* Two that wait for the same thing in the same way do not help each other. */
static bool waits_alike(const struct waiter *a, const struct waiter *b)
{
	return a->wait.object == b->wait.object && a->wait.kind == b->wait.kind &&
	       a->object_count == 1 && b->object_count == 1;
}

static bool are_alike(const struct waiter *a, const struct waiter *b)
{
	return a->stack->id == b->stack->id && a->wait.kind == b->wait.kind;
}

static bool could_help(const struct maker *m, const struct waiter *w, size_t other)
{
	if (waits_alike(w, &m->waiters[other]))
		return false;
	for (size_t i = 0; i < w->object_count; i++)
		if (reach_has(&m->reach, other, m->of.items[w->first_object + i]))
			return true;
	return false;
}

static bool is_open_to_all(const struct maker *m, const struct waiter *w)
{
	for (size_t i = 0; m->asleep && i < w->object_count; i++)
		if (m->reach.by_all[m->of.items[w->first_object + i]])
			return true;
	return false;
}

static uint16_t waiter_of(const struct maker *m, uint32_t goroutine)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->waiters[i].goroutine == goroutine)
			return (uint16_t)i;
	return NONE;
}

static void find_holder(struct maker *m, struct waiter *w)
{
	const struct wait_node *node = waitgraph_wait(m->locks, w->goroutine);
	const struct holder *holder = node ? waitgraph_holder(m->locks, node) : NULL;
	if (holder == NULL || !holder->strong)
		return;
	w->next = waiter_of(m, holder->goroutine);
	w->alike = 1;
}

/* All who could must be alike, else it is not said whom of them it takes. */
static void find_helpers(struct maker *m, struct waiter *w)
{
	if (wait_is_for_lock(&w->wait)) {
		find_holder(m, w);
		return;
	}
	if (is_open_to_all(m, w))
		return;
	for (size_t i = 0; i < m->count; i++) {
		if (&m->waiters[i] == w || !could_help(m, w, i))
			continue;
		if (w->next != NONE && !are_alike(&m->waiters[w->next], &m->waiters[i])) {
			w->next = NONE;
			return;
		}
		w->next = w->next == NONE ? (uint16_t)i : w->next;
		w->alike++;
	}
}

/* --- circles --------------------------------------------------------------------------------- */

/* The one that begins and ends at START; false where it is long, or of locks alone. */
static bool follow(struct maker *m, size_t start, struct circle *circle)
{
	size_t at = start;
	bool other = false;
	*circle = (struct circle){ 0 };
	do {
		const struct waiter *w = &m->waiters[at];
		if (circle->count == CIRCLE_MAX || w->next == NONE || w->seen)
			return false;
		circle->members[circle->count++] =
			(struct circle_member){ w->goroutine, 1, w->wait };
		other |= !wait_is_for_lock(&w->wait);
		at = w->next;
	} while (at != start);
	for (size_t i = 0; i < circle->count; i++) {
		struct waiter *w = &m->waiters[waiter_of(m, circle->members[i].goroutine)];
		circle->members[(i + 1) % circle->count].alike = w->alike;
	}
	return other && circle->count > 1;
}

static bool is_like_one(struct maker *m, const struct circle *circle, const struct waiter *w)
{
	for (size_t i = 0; i < circle->count; i++)
		if (are_alike(&m->waiters[waiter_of(m, circle->members[i].goroutine)], w))
			return true;
	return false;
}

/* It is told once, of these and of all that are like them. */
static void set_seen(struct maker *m, struct circle *circle)
{
	circle->goroutines = arena_alloc(m->arena, m->count * sizeof(*circle->goroutines));
	for (size_t i = 0; i < m->count; i++) {
		if (!is_like_one(m, circle, &m->waiters[i]))
			continue;
		m->waiters[i].seen = true;
		circle->goroutines[circle->goroutine_count++] = m->waiters[i].goroutine;
	}
}

static size_t find_circles(struct maker *m, struct circle *circles)
{
	size_t found = 0;
	for (size_t i = 0; i < m->count; i++)
		find_helpers(m, &m->waiters[i]);
	for (size_t i = 0; i < m->count && found < CIRCLES_MAX; i++)
		if (follow(m, i, &circles[found]))
			set_seen(m, &circles[found++]);
	return found;
}

const struct circle *circles_find(const struct snapshot *snapshot, const uint32_t *goroutines,
				  size_t goroutine_count, bool asleep,
				  const struct waitgraph *locks, struct arena *arena, size_t *count)
{
	struct maker m = { .snapshot = snapshot, .locks = locks, .arena = arena, .asleep = asleep };
	struct circle *circles = arena_alloc(arena, CIRCLES_MAX * sizeof(*circles));
	*count = 0;
	if (goroutine_count < 2 || goroutine_count > SET_MAX || locks == NULL)
		return circles;
	m.waiters = arena_alloc(arena, goroutine_count * sizeof(*m.waiters));
	bool known = true;
	for (size_t i = 0; i < goroutine_count && known; i++)
		known = read_waiter(&m, goroutines[i]);
	if (known && m.object_count > 0 &&
	    reach_find(snapshot, goroutines, goroutine_count, m.objects, m.object_count, asleep,
		       arena, &m.reach))
		*count = find_circles(&m, circles);
	vec_release(&m.of);
	return circles;
}

const struct circle *circles_of_asleep(const struct snapshot *snapshot,
				       const struct waitgraph *locks, struct arena *arena,
				       size_t *count)
{
	uint32_t users[SET_MAX + 1];
	size_t n = 0;
	for (size_t i = 0; i < snapshot->goroutine_count && n <= SET_MAX; i++)
		if (!snapshot->goroutines[i].system)
			users[n++] = (uint32_t)i;
	return circles_find(snapshot, users, n, true, locks, arena, count);
}

/* "goroutine 7 and 48 alike" */
static const char *name_of(const struct snapshot *snapshot, const struct circle_member *member,
			   const char *word, struct arena *arena)
{
	uint64_t id = snapshot->goroutines[member->goroutine].id;
	if (member->alike == 1)
		return arena_printf(arena, "%s %" PRIu64, word, id);
	return arena_printf(arena, "%s %" PRIu64 " and %s alike", word, id,
			    grouped(arena, member->alike - 1));
}

const char *circle_edge_text(const struct snapshot *snapshot, const struct circle *circle,
			     size_t number, struct arena *arena)
{
	const struct circle_member *member = &circle->members[number];
	const struct circle_member *next = &circle->members[(number + 1) % circle->count];
	const struct goroutine *g = &snapshot->goroutines[member->goroutine];
	const char *wait = wait_text(snapshot, &member->wait, arena);
	const struct call *call = call_of(snapshot, g, arena);
	return arena_printf(arena, "%s wait%s %s%s%s, which only %s could end",
			    name_of(snapshot, member, "Goroutine", arena), member->alike > 1 ? "" : "s",
			    wait ? wait : "for something", call ? ", in " : "",
			    call ? place_of(arena, call) : "", name_of(snapshot, next, "goroutine", arena));
}
