#include "goruntime/reach.h"

#include "goruntime/private.h"
#include "goruntime/roots.h"

/* Objects that one goroutine, or the global variables, may lead to: what is beyond is not known. */
enum { REACHED_MAX = 200000, REACHED_BY_ALL = 4000000 };

struct search {
	const uint32_t *goroutines;
	const uint64_t *objects;
	struct heap heap;
	struct blocked blocked;
	struct marker marker;
	struct reach *reach;
};

static void mark_one(struct mark_worker *w, void *data)
{
	mark_stack(w, *(const uint32_t *)data);
}

static void mark_globals(struct mark_worker *w, void *data)
{
	const struct roots *roots = data;
	for (size_t i = 0; i < roots->count; i++)
		roots_mark_range(w, &roots->ranges[i]);
}

static bool take_globals(struct search *search)
{
	const struct snapshot *s = search->marker.snapshot;
	struct reach *reach = search->reach;
	struct roots roots;
	roots_find(s, &roots);
	bool whole = roots.missing == NULL &&
		     marker_reach(&search->marker, REACHED_BY_ALL, mark_globals, &roots);
	for (size_t o = 0; o < reach->object_count; o++)
		reach->by_all[o] = marker_has(&search->marker, search->objects[o]);
	roots_release(&roots);
	return whole;
}

static bool take_goroutines(struct search *search)
{
	struct reach *reach = search->reach;
	for (size_t g = 0; g < reach->goroutine_count; g++) {
		uint32_t index = search->goroutines[g];
		if (!marker_reach(&search->marker, REACHED_MAX, mark_one, &index))
			return false;
		for (size_t o = 0; o < reach->object_count; o++)
			reach->has[g * reach->object_count + o] =
				marker_has(&search->marker, search->objects[o]);
	}
	return true;
}

bool reach_find(const struct snapshot *s, const uint32_t *goroutines, size_t goroutine_count,
		const uint64_t *objects, size_t object_count, bool globals, struct arena *arena,
		struct reach *reach)
{
	struct search search = { .goroutines = goroutines, .objects = objects, .reach = reach };
	*reach = (struct reach){ .goroutine_count = goroutine_count, .object_count = object_count };
	reach->has = arena_alloc(arena, goroutine_count * object_count + 1);
	reach->by_all = arena_alloc(arena, object_count + 1);
	if (!heap_open(s, &search.heap, NULL)) {
		heap_close(&search.heap);
		return false;
	}
	blocked_find(s, &search.blocked);
	search.blocked.object_count = 0; /* nobody is woken */
	marker_init(&search.marker, s, &search.heap, &search.blocked);
	bool known = (!globals || take_globals(&search)) && take_goroutines(&search);
	marker_release(&search.marker);
	blocked_release(&search.blocked);
	heap_close(&search.heap);
	return known;
}
