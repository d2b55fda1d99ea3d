/*
 * data-race/lost-waiter: goroutines that are queued on a lock whose own words do not count them.
 * Each counts itself there before it queues (sync/mutex.go lockSlow, rwmutex.go, waitgroup.go), and
 * who takes it out of the count wakes it before it does anything else: where nobody is at that, the
 * lock's words were written over by something other than its methods.
 */
#include <string.h>

#include "analyzer/detector.h"
#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "analyzer/waitgraph.h"
#include "analyzer/waittext.h"
#include "base/table.h"
#include "base/vec.h"
#include "goruntime/memname.h"

static const char name[] = "lost-waiter";

enum {
	LOCKS_MAX = 4096,
	FINDINGS_MAX = 8,
	MEMBERS_MAX = 64,    /* of a group that waits for a WaitGroup */
	AT_WORK_MAX = 10000, /* goroutines that may be about to wake others */
	NAMED_MAX = 6,	     /* goroutines of one lock in the evidence */
};

struct queue {		  /* of one lock */
	struct wait wait; /* as the first one found it */
	uint32_t first;	  /* index in the snapshot */
	VEC(uint64_t) ids;
};

struct queues {
	VEC(struct queue) list;
	struct table numbers; /* one more than the index in the list, by lock and kind of wait */
};

/* --- who is at work --------------------------------------------------------------------------- */

static bool is_of_locks(const char *function)
{
	return function_begins(function, "sync.") || function_begins(function, "internal/sync.") ||
	       function_begins(function, "runtime.semrelease") ||
	       function_begins(function, "runtime.readyWithTime");
}

/* Whether the goroutine may be about to wake one that it no longer counts. */
static bool may_wake(const struct snapshot *snapshot, const struct goroutine *g,
		     struct arena *arena)
{
	struct trace trace;
	goroutine_trace(snapshot, g, false, arena, &trace);
	for (size_t i = 0; i < trace.count; i++)
		if (is_of_locks(trace.frames[i].call->function))
			return true;
	return trace.count == 0;
}

static bool anyone_may_wake(const struct snapshot *snapshot)
{
	struct arena scratch;
	size_t looked = 0;
	bool may = false;
	arena_init(&scratch);
	for (size_t i = 0; i < snapshot->goroutine_count && !may; i++) {
		const struct goroutine *g = &snapshot->goroutines[i];
		if (g->status == G_WAITING)
			continue;
		may = g->unreadable || ++looked > AT_WORK_MAX || may_wake(snapshot, g, &scratch);
		arena_release(&scratch);
	}
	return may;
}

/* --- who waits -------------------------------------------------------------------------------- */

/* A writer that stands behind another one queues on a lock of its own within the RWMutex. */
static bool can_be_lost(const struct wait *wait)
{
	return wait->object != 0 && wait->state_known && !wait->behind_writer &&
	       (wait_is_for_lock(wait) || wait->kind == WAIT_WAITGROUP);
}

static struct queue *queue_of(struct queues *queues, const struct wait *wait, uint32_t goroutine)
{
	uint64_t hash = table_hash(wait->object * WAIT_KIND_COUNT + wait->kind);
	uintptr_t number = (uintptr_t)table_find(&queues->numbers, hash);
	if (number != 0)
		return &queues->list.items[number - 1];
	if (queues->list.count == LOCKS_MAX)
		return NULL;
	vec_push(&queues->list, (struct queue){ .wait = *wait, .first = goroutine });
	table_add(&queues->numbers, hash, (void *)(uintptr_t)queues->list.count);
	return &queues->list.items[queues->list.count - 1];
}

static void add_wait(struct queues *queues, const struct snapshot *snapshot, uint32_t goroutine,
		     const struct wait *wait)
{
	struct queue *queue = can_be_lost(wait) ? queue_of(queues, wait, goroutine) : NULL;
	if (queue != NULL)
		vec_push(&queue->ids, snapshot->goroutines[goroutine].id);
}

static void add_waitgroups(struct queues *queues, const struct snapshot *snapshot,
			   const struct groups *groups, struct arena *arena)
{
	for (size_t i = 0; i < groups->count; i++) {
		const struct group *group = &groups->items[i];
		const uint32_t *members = group_members(groups, group);
		const char *reason = goroutine_wait(snapshot, group->first);
		if (group->first->system || (strncmp(reason, "sync.WaitGroup", 14) != 0 &&
					     strncmp(reason, "semacquire", 10) != 0))
			continue;
		for (uint64_t k = 0; k < group->count && k < MEMBERS_MAX; k++) {
			struct wait wait;
			goroutine_wait_read(snapshot, &snapshot->goroutines[members[k]], arena,
					    &wait);
			if (wait.kind == WAIT_WAITGROUP)
				add_wait(queues, snapshot, members[k], &wait);
		}
	}
}

/* An RWMutex says by its sign alone that anyone has to wait; the others count who waits. */
static bool is_lost(const struct queue *queue)
{
	if (queue->wait.kind == WAIT_RWMUTEX_READ || queue->wait.kind == WAIT_RWMUTEX_WRITE)
		return !queue->wait.locked;
	return queue->wait.waiters < 0 || queue->ids.count > (uint64_t)queue->wait.waiters;
}

/* --- the finding ------------------------------------------------------------------------------ */

static void add_evidence(const struct snapshot *snapshot, struct findings *findings,
			 struct finding *finding, const struct queue *queue)
{
	const struct goroutine *g = &snapshot->goroutines[queue->first];
	const struct call *call = call_of(snapshot, g, findings->arena);
	const char *text = wait_text(snapshot, &queue->wait, findings->arena);
	finding_labelled(findings, finding, "waits", g->id, queue->wait.object,
			 "goroutine %llu waits %s%s%s", (unsigned long long)g->id,
			 text ? text : "for a lock", call ? ", in " : "",
			 call ? place_of(findings->arena, call) : "");
	for (size_t i = 1; i < queue->ids.count && i < NAMED_MAX; i++)
		finding_labelled(findings, finding, "waits", queue->ids.items[i],
				 queue->wait.object, "goroutine %llu, too",
				 (unsigned long long)queue->ids.items[i]);
}

/* "main.srv.mu (sync.Mutex)"; "a sync.Mutex". */
static const char *lock_words(const struct snapshot *snapshot, struct arena *arena,
			      const struct queue *queue)
{
	struct memory_name called;
	const struct goroutine *g = &snapshot->goroutines[queue->first];
	const char *type = wait_lock_type(queue->wait.kind);
	if (memory_name(snapshot, g, queue->wait.object, arena, &called))
		return arena_printf(arena, "%s (%s)", called.path, type);
	return arena_printf(arena, "a %s", type);
}

static void add(const struct snapshot *snapshot, const struct detector_options *options,
		struct findings *findings, struct queue *queue)
{
	const char *lock = lock_words(snapshot, findings->arena, queue);
	const struct goroutine *g = &snapshot->goroutines[queue->first];
	size_t count = queue->ids.count;
	struct finding *finding =
		findings_add(findings, name, CLASS_DATA_RACE, "lost-waiter", LIKELY);
	finding_set_goroutines(finding, vec_keep(&queue->ids, findings->arena), count);
	if (count == 1)
		finding_title(findings, finding,
			      "goroutine %llu waits for %s, which does not know of it",
			      (unsigned long long)g->id, lock);
	else
		finding_title(findings, finding,
			      "%s goroutines wait for %s, which counts fewer of them",
			      grouped(findings->arena, count), lock);
	finding_explain(
		findings, finding,
		"A goroutine counts itself in the lock before it queues. This lock was written "
		"over while it was in use: by an assignment to the struct that it is in, a copy "
		"onto it, or damaged memory. Nobody will wake who waits.");
	finding_advise(
		findings, finding,
		"Look for assignments to the whole struct; keep what is reset in a struct of its "
		"own, behind the lock.");
	add_evidence(snapshot, findings, finding, queue);
	if (options->groups->user_count > 0)
		finding->share = (double)count / (double)options->groups->user_count;
	finding->goroutine = queue->first;
	finding_set_stack(findings, finding, snapshot, g);
}

static void release(struct queues *queues)
{
	for (size_t i = 0; i < queues->list.count; i++)
		vec_release(&queues->list.items[i].ids);
	vec_release(&queues->list);
	table_release(&queues->numbers);
}

DETECTOR(lost_waiter)
{
	struct queues queues = { 0 };
	const struct waitgraph *graph = options->waits;
	bool lost = false;
	if (graph == NULL)
		return;
	for (size_t i = 0; i < graph->wait_count; i++)
		add_wait(&queues, snapshot, graph->waits[i].goroutine, &graph->waits[i].wait);
	add_waitgroups(&queues, snapshot, options->groups, findings->arena);
	for (size_t i = 0; i < queues.list.count; i++)
		lost |= is_lost(&queues.list.items[i]);
	lost = lost && !anyone_may_wake(snapshot);
	for (size_t i = 0, found = 0; lost && i < queues.list.count && found < FINDINGS_MAX; i++) {
		if (!is_lost(&queues.list.items[i]))
			continue;
		add(snapshot, options, findings, &queues.list.items[i]);
		found++;
	}
	release(&queues);
}
