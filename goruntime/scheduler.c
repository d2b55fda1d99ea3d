#include "goruntime/scheduler.h"

#include <string.h>

#include "base/limits.h"
#include "goruntime/private.h"

/* proc.go freezeStopWait, from which each P that stops takes one. */
#define FREEZE_STOP_WAIT 0x7fffffff

const char *processor_status_name(uint32_t status)
{
	static const char *const names[] = {
		[P_IDLE] = "idle",     [P_RUNNING] = "running", [P_SYSCALL] = "syscall",
		[P_GCSTOP] = "gcstop", [P_DEAD] = "dead",
	};
	return status < P_STATUS_COUNT ? names[status] : "unknown";
}

static bool read_sched(const struct snapshot *s, struct view *sched)
{
	uint64_t addr;
	return globals_get(&s->globals, RT_SCHED_, &addr) &&
	       view_read(sched, s->image, &s->layout, RT_SCHED, addr, NULL);
}

/* runtime.allp: the addresses of the Ps. */
static bool read_allp(const struct snapshot *s, uint64_t *base, uint64_t *count)
{
	uint64_t allp;
	return globals_get(&s->globals, RT_ALLP, &allp) && image_u64(s->image, allp, base, NULL) &&
	       image_u64(s->image, allp + 8, count, NULL) && *count <= LIMIT_PS;
}

static bool read_p(const struct snapshot *s, uint64_t base, uint64_t i, struct view *p)
{
	uint64_t addr;
	return image_u64(s->image, base + i * 8, &addr, NULL) &&
	       view_read(p, s->image, &s->layout, RT_P, addr, NULL);
}

/* Goroutines in the queue of one P (proc.go runqempty). */
static uint64_t queued(const struct view *p)
{
	return (uint32_t)(view_get(p, P_RUNQTAIL) - view_get(p, P_RUNQHEAD)) +
	       (view_get(p, P_RUNNEXT) != 0);
}

bool scheduler_queue_length(const struct snapshot *s, uint64_t *length)
{
	uint64_t base, count;
	struct view sched, p;
	if (!read_sched(s, &sched) || !layout_has(&s->layout, SCHED_RUNQSIZE) ||
	    !read_allp(s, &base, &count))
		return false;
	*length = (uint32_t)view_get(&sched, SCHED_RUNQSIZE);
	for (uint64_t i = 0; i < count; i++) {
		if (!read_p(s, base, i, &p))
			return false;
		*length += queued(&p);
	}
	return true;
}

/* proc.go retake: sysmon notes when it sees a new time slice of a P for the first time. */
static double slice_seconds(const struct snapshot *s, const struct view *p)
{
	int64_t since = view_signed(p, P_SYSMON_SCHEDWHEN);
	if (!layout_has(&s->layout, P_SCHEDTICK) || !layout_has(&s->layout, P_SYSMON_SCHEDTICK) ||
	    view_get(p, P_SCHEDTICK) != view_get(p, P_SYSMON_SCHEDTICK) || since <= 0 ||
	    since > s->now_lower_bound)
		return -1;
	return (double)(s->now_lower_bound - since) / 1e9;
}

static void fill_processor(const struct snapshot *s, const struct view *view, struct processor *p)
{
	*p = (struct processor){
		.addr = view->addr,
		.id = (int32_t)view_signed(view, P_ID),
		.status = (uint32_t)view_get(view, P_STATUS),
		.thread = NO_INDEX,
		.goroutine = NO_INDEX,
		.queued = queued(view),
		.slice_seconds = slice_seconds(s, view),
	};
}

/* A system call holds its P as a running one since 1.26, until somebody takes it away. */
static void correct_status(const struct snapshot *s, struct processor *p)
{
	if (p->status == P_RUNNING && p->goroutine != NO_INDEX &&
	    s->goroutines[p->goroutine].status == G_SYSCALL)
		p->status = P_SYSCALL;
}

static void join_threads(const struct snapshot *s, struct scheduler *sched)
{
	for (size_t i = 0; i < s->thread_count; i++) {
		const struct thread *t = &s->threads[i];
		if (t->p == 0 || t->p_id < 0 || (size_t)t->p_id >= sched->processor_count ||
		    sched->processors[t->p_id].addr != t->p)
			continue;
		sched->processors[t->p_id].thread = (uint32_t)i;
		sched->processors[t->p_id].goroutine = t->goroutine;
	}
}

static bool read_processors(const struct snapshot *s, struct arena *arena, struct scheduler *sched)
{
	uint64_t base, count;
	struct view view;
	if (!read_allp(s, &base, &count))
		return false;
	sched->processors = arena_alloc(arena, (count + 1) * sizeof(*sched->processors));
	for (uint64_t i = 0; i < count; i++) {
		if (!read_p(s, base, i, &view))
			return false;
		struct processor *p = &sched->processors[sched->processor_count++];
		fill_processor(s, &view, p);
		sched->local_queues += p->queued;
	}
	join_threads(s, sched);
	for (uint64_t i = 0; i < count; i++) {
		struct processor *p = &sched->processors[i];
		correct_status(s, p);
		if (p->status < P_STATUS_COUNT)
			sched->by_status[p->status]++;
	}
	return true;
}

static bool stands_in(const struct trace *trace, const char *symbol)
{
	for (size_t i = 0; i < trace->count; i++)
		if (strcmp(trace->frames[i].call->symbol, symbol) == 0)
			return true;
	return false;
}

/* m.preemptoff while it stops the world (proc.go stopTheWorld, mgc.go). */
static const char *reason_of(const struct snapshot *s, const struct thread *t, struct arena *arena)
{
	enum { REASON_MAX = 256 };
	struct view m;
	struct bytes bytes;
	if (!view_read(&m, s->image, &s->layout, RT_M, t->m, NULL))
		return NULL;
	uint64_t text = view_word(&m, M_PREEMPTOFF, 0), size = view_word(&m, M_PREEMPTOFF, 1);
	if (size == 0 || size > REASON_MAX ||
	    !image_bytes(s->image, text, size, arena, &bytes, NULL))
		return NULL;
	return arena_strndup(arena, (const char *)bytes.data, bytes.size);
}

void scheduler_stopper(const struct snapshot *s, const struct scheduler *sched, struct arena *arena,
		       struct stopper *stopper)
{
	struct arena scratch;
	*stopper = (struct stopper){ NO_INDEX, NO_INDEX, NULL };
	for (size_t i = 0; sched->stopping && i < s->thread_count; i++) {
		struct trace trace;
		if (s->threads[i].m == 0 || s->threads[i].lwp == NULL)
			continue;
		arena_init(&scratch);
		thread_trace(s, &s->threads[i], false, &scratch, &trace);
		bool stops = stands_in(&trace, "runtime.stopTheWorldWithSema");
		arena_release(&scratch);
		if (!stops)
			continue;
		stopper->thread = (uint32_t)i;
		stopper->goroutine = s->threads[i].goroutine;
		stopper->reason = reason_of(s, &s->threads[i], arena);
		return;
	}
}

void snapshot_scheduler(const struct snapshot *s, struct arena *arena, struct scheduler *sched)
{
	struct view view;
	*sched = (struct scheduler){ 0 };
	if (!read_sched(s, &view) || !read_processors(s, arena, sched))
		return;
	sched->known = true;
	sched->global_queue = (uint32_t)view_get(&view, SCHED_RUNQSIZE);
	sched->idle_threads = (uint32_t)view_get(&view, SCHED_NMIDLE);
	sched->thread_limit = (uint32_t)view_get(&view, SCHED_MAXMCOUNT);
	for (size_t i = 0; i < s->thread_count; i++)
		sched->threads += s->threads[i].m != 0;
	sched->stopping = view_get(&view, SCHED_GCWAITING) != 0;
	int32_t wait = (int32_t)view_signed(&view, SCHED_STOPWAIT);
	sched->frozen = sched->stopping && wait > FREEZE_STOP_WAIT - (int32_t)LIMIT_PS;
}
