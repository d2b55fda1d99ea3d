#include "goruntime/leaks.h"

#include <string.h>

#include <string.h>

#include "goruntime/private.h"
#include "goruntime/roots.h"

enum { GOROUTINE_JOB = 64 }; /* stacks that are scanned in one job */

struct search {
	const struct snapshot *snapshot;
	struct leaks *leaks;
	struct heap heap;
	struct blocked blocked;
	struct roots roots;
	struct marker marker;
	uint32_t *stacks; /* goroutines that are roots from the start */
	size_t stack_count;
};

/* One of the runtime's own rules: the main goroutine may wait in select {} on purpose. */
static bool is_idle_main(const struct snapshot *s, const struct goroutine *g)
{
	return g->id == 1 && strcmp(goroutine_wait(s, g), "select (no cases)") == 0;
}

/* --- roots -------------------------------------------------------------------------------------- */

static bool in_heap(const struct search *search, uint64_t addr)
{
	uint32_t index;
	const struct heap_span *span = heap_span(&search->heap, addr);
	return span != NULL && heap_object(span, addr, &index);
}

/* Marks in IS_BLOCKED, one for each goroutine, those that may be leaked: who waits for what lies
 * outside of the heap is reachable. */
static void choose_blocked(const struct search *search, uint8_t *is_blocked)
{
	const struct blocked *b = &search->blocked;
	for (size_t i = 0; i < b->count; i++)
		is_blocked[b->goroutines[i]] = 1;
	for (size_t i = 0; i < b->object_count; i++)
		if (!in_heap(search, b->objects[i].addr))
			is_blocked[b->goroutines[b->objects[i].waiter]] = 0;
}

/* All but the blocked ones. Those that run are scanned here: where they stand only this thread may
 * look up. */
static void choose_stacks(struct search *search)
{
	const struct snapshot *s = search->snapshot;
	uint8_t *is_blocked = memory_grow(NULL, s->goroutine_count + 1);
	memset(is_blocked, 0, s->goroutine_count + 1);
	search->stacks = memory_grow(NULL, (s->goroutine_count + 1) * sizeof(*search->stacks));
	choose_blocked(search, is_blocked);
	for (size_t i = 0; i < s->goroutine_count; i++)
		search->marker.claimed[i] = !is_blocked[i] && s->goroutines[i].status != G_IDLE;
	for (size_t i = 0; i < s->goroutine_count; i++) {
		if (is_blocked[i] || s->goroutines[i].status == G_IDLE)
			continue;
		if (s->goroutines[i].thread == NO_INDEX)
			search->stacks[search->stack_count++] = (uint32_t)i;
		else
			mark_stack(&search->marker.workers[0], i);
	}
	free(is_blocked);
}

/* A thread that has a P but no goroutine runs timers or the scheduler. */
static void mark_threads(struct search *search)
{
	const struct snapshot *s = search->snapshot;
	for (size_t i = 0; i < s->thread_count; i++)
		if (s->threads[i].p != 0 && s->threads[i].curg == 0)
			mark_thread(&search->marker.workers[0], &s->threads[i]);
}

static void root_job(struct mark_worker *w, size_t job, void *data)
{
	const struct search *search = data;
	if (job < search->roots.count) {
		roots_mark_range(w, &search->roots.ranges[job]);
		return;
	}
	size_t from = (job - search->roots.count) * GOROUTINE_JOB, to = from + GOROUTINE_JOB;
	for (size_t i = from; i < to && i < search->stack_count; i++)
		mark_stack(w, search->stacks[i]);
}

static void mark_roots(struct search *search)
{
	choose_stacks(search);
	mark_threads(search);
	if (!roots_mark_specials(&search->marker.workers[0]) && search->roots.missing == NULL)
		search->roots.missing = "a list of finalizers or cleanups cannot be followed";
	size_t stack_jobs = (search->stack_count + GOROUTINE_JOB - 1) / GOROUTINE_JOB;
	marker_run(&search->marker, search->roots.count + stack_jobs, root_job, search);
}

/* --- what was found ----------------------------------------------------------------------------- */

struct totals {
	uint64_t objects, bytes, holes, first_hole, frames, guessed_frames, guessed_objects;
};

static struct totals sum(const struct marker *m)
{
	struct totals t = { 0 };
	for (unsigned i = 0; i < m->worker_count; i++) {
		const struct mark_worker *w = &m->workers[i];
		if (t.holes == 0)
			t.first_hole = w->first_hole;
		t.objects += w->objects;
		t.bytes += w->bytes;
		t.holes += w->holes;
		t.frames += w->frames;
		t.guessed_frames += w->guessed_frames;
		t.guessed_objects += w->reader->guessed;
	}
	return t;
}

static void judge(struct search *search, const struct totals *t)
{
	const struct snapshot *s = search->snapshot;
	struct leaks *leaks = search->leaks;
	const char *why = search->roots.missing;
	if (s->unreadable > 0 || s->private->unlisted > 0)
		why = "not all goroutines could be read";
	else if (s->threads_cut)
		why = "not all threads could be read";
	else if (t->holes > 0)
		why = arena_printf(s->arena,
				   "%llu words of memory that may hold references are not in the "
				   "core, the first at 0x%llx",
				   (unsigned long long)t->holes, (unsigned long long)t->first_hole);
	leaks->unproven = why;
	leaks->frames = t->frames;
	leaks->guessed_frames = t->guessed_frames;
	leaks->guessed_objects = t->guessed_objects;
	leaks->live_bytes = t->bytes;
}

/* Who was not reached; where the mark was not whole, only who the runtime has marked. */
static void collect(struct search *search)
{
	const struct snapshot *s = search->snapshot;
	struct leaks *leaks = search->leaks;
	const uint8_t *claimed = search->marker.claimed;
	leaks->goroutines = arena_alloc(s->arena,
					(search->blocked.count + 1) * sizeof(*leaks->goroutines));
	for (size_t i = 0; i < search->blocked.count; i++) {
		uint32_t index = search->blocked.goroutines[i];
		const struct goroutine *g = &s->goroutines[index];
		bool marked = goroutine_marked_leaked(g);
		bool reached = leaks->unproven != NULL || claimed[index] != 0;
		leaks->disputed += marked && leaks->unproven == NULL && reached;
		if ((reached || is_idle_main(s, g)) && !marked)
			continue;
		leaks->goroutines[leaks->count++] = index;
		leaks->stack_bytes += g->bad_stack ? 0 : g->stack_hi - g->stack_lo;
	}
}

static void leaked_job(struct mark_worker *w, size_t job, void *data)
{
	const struct search *search = data;
	size_t from = job * GOROUTINE_JOB, to = from + GOROUTINE_JOB;
	for (size_t i = from; i < to && i < search->stack_count; i++)
		mark_stack(w, search->stacks[i]);
}

static void mark_stacks_of(struct search *search)
{
	marker_run(&search->marker, (search->stack_count + GOROUTINE_JOB - 1) / GOROUTINE_JOB,
		   leaked_job, search);
}

/* What the leaked goroutines wait for: their stacks need not hold it any more. */
static void mark_leaked_objects(struct search *search)
{
	const struct blocked *b = &search->blocked;
	for (size_t i = 0; i < b->object_count; i++)
		if (search->marker.claimed[b->goroutines[b->objects[i].waiter]] == 0)
			mark_address(&search->marker.workers[0], b->objects[i].addr);
}

/* What is marked only now is kept by the leaked goroutines alone. The main goroutine in select {}
 * comes before them: what it keeps is no leak. */
static void measure(struct search *search, const struct totals *live)
{
	const struct snapshot *s = search->snapshot;
	const struct leaks *leaks = search->leaks;
	marker_unwatch(&search->marker);
	search->stack_count = 0;
	for (size_t i = 0; i < search->blocked.count; i++) {
		uint32_t index = search->blocked.goroutines[i];
		if (search->marker.claimed[index] == 0 &&
		    is_idle_main(s, &s->goroutines[index]))
			search->stacks[search->stack_count++] = index;
	}
	mark_stacks_of(search);
	struct totals before = search->stack_count > 0 ? sum(&search->marker) : *live;
	search->stack_count = 0;
	for (size_t i = 0; i < leaks->count; i++)
		if (search->marker.claimed[leaks->goroutines[i]] == 0)
			search->stacks[search->stack_count++] = leaks->goroutines[i];
	mark_leaked_objects(search);
	mark_stacks_of(search);
	struct totals after = sum(&search->marker);
	search->leaks->heap_objects = after.objects - before.objects;
	search->leaks->heap_bytes = after.bytes - before.bytes;
}

static void search_heap(struct search *search)
{
	roots_find(search->snapshot, &search->roots);
	marker_init(&search->marker, search->snapshot, &search->heap, &search->blocked);
	mark_roots(search);
	struct totals live = sum(&search->marker);
	judge(search, &live);
	collect(search);
	if (search->leaks->unproven == NULL && search->leaks->count > 0)
		measure(search, &live);
	marker_release(&search->marker);
	roots_release(&search->roots);
	free(search->stacks);
}

static void count_marked(const struct snapshot *s, struct leaks *leaks)
{
	for (size_t i = 0; i < s->goroutine_count; i++)
		leaks->marked_by_runtime += goroutine_marked_leaked(&s->goroutines[i]);
}

const struct leaks *snapshot_leaks(const struct snapshot *s)
{
	struct snapshot_private *p = s->private;
	struct error err = ERROR_INIT;
	if (p->leaks != NULL)
		return p->leaks;
	struct leaks *leaks = arena_alloc(s->arena, sizeof(*leaks));
	struct search search = { .snapshot = s, .leaks = leaks };
	p->leaks = leaks;
	count_marked(s, leaks);
	blocked_find(s, &search.blocked);
	leaks->blocked = search.blocked.count;
	leaks->unknown = search.blocked.unknown;
	if (search.blocked.count == 0) {
		blocked_release(&search.blocked);
		return leaks;
	}
	if (heap_open(s, &search.heap, &err)) {
		search_heap(&search);
	} else {
		leaks->unproven = arena_strdup(s->arena, err.text);
		collect(&search);
	}
	heap_close(&search.heap);
	blocked_release(&search.blocked);
	return leaks;
}
