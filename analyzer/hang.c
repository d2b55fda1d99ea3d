#include <inttypes.h>
#include <stdlib.h>

#include "analyzer/hang_internal.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"

enum {
	READINGS_MAX = 6,
	QUEUE_PER_PROCESSOR = 8, /* goroutines in line that are worth a word */
	CALLS_LEAST = 16,	 /* threads in system calls */
};
#define LONG_RUN_SECONDS 1.0 /* sysmon asks to yield after 10 ms */
#define THREADS_NEAR	 0.8 /* of the limit */

const char *hang_kind_name(enum hang_kind kind)
{
	static const char *const names[] = {
		[HANG_STOP_THE_WORLD] = "stop-the-world",
		[HANG_LONG_RUN] = "long-run",
		[HANG_LOCK] = "lock",
		[HANG_SEND] = "send",
		[HANG_RUN_QUEUE] = "run-queue",
		[HANG_SYSTEM_CALLS] = "system-calls",
		[HANG_THREAD_LIMIT] = "thread-limit",	  [HANG_CANCELLED] = "cancelled-context",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == HANG_KIND_COUNT, "each has a name");
	return names[kind];
}

uint64_t hang_id(const struct hang_maker *m, uint32_t goroutine)
{
	return goroutine < m->snapshot->goroutine_count ? m->snapshot->goroutines[goroutine].id : 0;
}

const char *hang_place(const struct hang_maker *m, const struct goroutine *g)
{
	const struct call *call = call_of(m->snapshot, g, m->arena);
	return call ? arena_printf(m->arena, ", in %s", place_of(m->arena, call)) : "";
}

const char *hang_goroutines(const struct hang_maker *m, uint64_t count)
{
	return arena_printf(m->arena, "%s goroutine%s", grouped(m->arena, count),
			    count == 1 ? "" : "s");
}

/* --- the scheduler --------------------------------------------------------------------------- */

static void add_stop(struct hang_maker *m, const struct stopper *stopper)
{
	const struct scheduler *sched = m->scheduler;
	_cleanup_str_ struct str text = { 0 };
	uint64_t by = hang_id(m, stopper->goroutine), culprit = 0;
	str_add(&text, "a stop of all processors");
	if (stopper->reason != NULL)
		str_printf(&text, " (%s)", stopper->reason);
	if (by != 0)
		str_printf(&text, ", asked for by goroutine %" PRIu64 "%s,", by,
			   hang_place(m, &m->snapshot->goroutines[stopper->goroutine]));
	str_printf(&text, " is not finished: %" PRIu64 " of %zu still run%s",
		   sched->by_status[P_RUNNING], sched->processor_count,
		   sched->by_status[P_RUNNING] == 1 ? "s" : "");
	for (size_t i = 0; i < sched->processor_count && culprit == 0; i++) {
		const struct processor *p = &sched->processors[i];
		if (p->status != P_RUNNING || (culprit = hang_id(m, p->goroutine)) == 0)
			continue;
		str_printf(&text, "; one runs goroutine %" PRIu64 "%s", culprit,
			   hang_place(m, &m->snapshot->goroutines[p->goroutine]));
	}
	vec_push(&m->found, (struct hang_reading){ .kind = HANG_STOP_THE_WORLD,
						   .text = str_keep(&text, m->arena),
						   .goroutine = culprit });
}

/* Whoever it is, sysmon has asked it to yield a hundred times. */
static void add_long_runs(struct hang_maker *m)
{
	for (size_t i = 0; i < m->scheduler->processor_count; i++) {
		const struct processor *p = &m->scheduler->processors[i];
		uint64_t id = hang_id(m, p->goroutine);
		if (p->status != P_RUNNING || p->slice_seconds < LONG_RUN_SECONDS || id == 0 ||
		    m->snapshot->goroutines[p->goroutine].status != G_RUNNING)
			continue;
		_cleanup_str_ struct str text = { 0 };
		str_printf(&text,
			   "goroutine %" PRIu64
			   " has run for at least %s without letting others run%s",
			   id, duration(m->arena, p->slice_seconds),
			   hang_place(m, &m->snapshot->goroutines[p->goroutine]));
		if (p->queued > 0)
			str_printf(&text, "; %s wait%s for its processor",
				   hang_goroutines(m, p->queued), p->queued == 1 ? "s" : "");
		vec_push(&m->found, (struct hang_reading){ .kind = HANG_LONG_RUN,
							   .text = str_keep(&text, m->arena),
							   .waiting = p->queued,
							   .goroutine = id });
	}
}

/* A few in line for each processor are the rule. */
static void add_queues(struct hang_maker *m)
{
	const struct scheduler *sched = m->scheduler;
	uint64_t queued = sched->global_queue + sched->local_queues;
	uint64_t idle = sched->stopping ? 0 : sched->by_status[P_IDLE];
	_cleanup_str_ struct str text = { 0 };
	if (queued < QUEUE_PER_PROCESSOR * (uint64_t)sched->processor_count || queued == 0)
		return;
	str_printf(&text, "%s may run and wait for one of %zu processors",
		   hang_goroutines(m, queued), sched->processor_count);
	if (idle > 0)
		str_printf(&text, ", %" PRIu64 " of which %s idle", idle, idle == 1 ? "is" : "are");
	vec_push(&m->found, (struct hang_reading){ .kind = HANG_RUN_QUEUE,
						   .text = str_keep(&text, m->arena),
						   .waiting = queued });
}

/* The largest group of goroutines in system calls or C; NULL. */
static const struct group *most_called(const struct hang_maker *m)
{
	for (size_t i = 0; i < m->groups->count; i++)
		if (m->groups->items[i].first->status == G_SYSCALL &&
		    !m->groups->items[i].first->system)
			return &m->groups->items[i];
	return NULL;
}

static void add_group_of_calls(struct hang_maker *m, struct str *text)
{
	const struct group *group = most_called(m);
	if (group == NULL)
		return;
	if (group->count == m->snapshot->by_status[G_SYSCALL])
		str_printf(text, "; all of them%s", hang_place(m, group->first));
	else
		str_printf(text, "; %s of them%s", grouped(m->arena, group->count),
			   hang_place(m, group->first));
}

static void add_threads(struct hang_maker *m)
{
	const struct scheduler *sched = m->scheduler;
	uint64_t calls = m->snapshot->by_status[G_SYSCALL], limit = sched->thread_limit;
	uint64_t busy = sched->threads - (sched->idle_threads < sched->threads ? sched->idle_threads
									       : sched->threads);
	_cleanup_str_ struct str text = { 0 };
	enum hang_kind kind = HANG_THREAD_LIMIT;
	if (limit > 0 && (double)sched->threads >= THREADS_NEAR * (double)limit) {
		str_printf(&text, "there are %s threads, of at most %s; ",
			   grouped(m->arena, sched->threads), grouped(m->arena, limit));
	} else if (calls < CALLS_LEAST || m->snapshot->by_status[G_RUNNING] > 1 ||
		   calls + 4 < busy) {
		/* one runs at most, and that may be who took the signal; sysmon and the like have
		 * no goroutine */
		return;
	} else {
		kind = HANG_SYSTEM_CALLS;
	}
	str_printf(&text, "%s %s in system calls or C", hang_goroutines(m, calls),
		   calls == 1 ? "is" : "are");
	add_group_of_calls(m, &text);
	vec_push(&m->found, (struct hang_reading){ .kind = kind,
						   .text = str_keep(&text, m->arena),
						   .waiting = calls });
}

/* --- all ------------------------------------------------------------------------------------- */

/* What stops everybody comes first, then what most wait for. */
static int weightiest(const void *a, const void *b)
{
	const struct hang_reading *x = a, *y = b;
	bool first_x = x->kind <= HANG_LONG_RUN, first_y = y->kind <= HANG_LONG_RUN;
	if (first_x != first_y)
		return first_x ? -1 : 1;
	if (first_x && x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->waiting != y->waiting)
		return x->waiting > y->waiting ? -1 : 1;
	return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1)
				  : (x->addr > y->addr) - (x->addr < y->addr);
}

void hang_read(const struct snapshot *snapshot, const struct groups *groups,
	       const struct waitgraph *graph, const struct scheduler *scheduler,
	       struct arena *arena, struct hang *hang)
{
	struct hang_maker m = { .snapshot = snapshot,
				.groups = groups,
				.graph = graph,
				.scheduler = scheduler,
				.arena = arena };
	if (scheduler->known) {
		struct stopper stopper;
		scheduler_stopper(snapshot, scheduler, arena, &stopper);
		if (stopper.thread != NO_INDEX && scheduler->by_status[P_RUNNING] > 0)
			add_stop(&m, &stopper);
		add_long_runs(&m);
		add_queues(&m);
		add_threads(&m);
	}
	hang_add_locks(&m);
	hang_add_senders(&m);
	hang_add_cancelled(&m);
	if (m.found.count > 0)
		qsort(m.found.items, m.found.count, sizeof(*m.found.items), weightiest);
	hang->count = m.found.count < READINGS_MAX ? m.found.count : READINGS_MAX;
	hang->items = vec_keep(&m.found, arena);
	vec_release(&m.found);
}
