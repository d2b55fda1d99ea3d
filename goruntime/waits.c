#include "goruntime/waits.h"

#include <stdlib.h>
#include <string.h>

#include "goruntime/waits_internal.h"

static const char *const kind_names[] = {
	[WAIT_NONE] = "none",
	[WAIT_RECEIVE] = "chan-receive",
	[WAIT_SEND] = "chan-send",
	[WAIT_SELECT] = "select",
	[WAIT_NIL_RECEIVE] = "nil-chan-receive",
	[WAIT_NIL_SEND] = "nil-chan-send",
	[WAIT_NO_CASES] = "select-no-cases",
	[WAIT_MUTEX] = "mutex",
	[WAIT_RWMUTEX_READ] = "rwmutex-read",
	[WAIT_RWMUTEX_WRITE] = "rwmutex-write",
	[WAIT_ONCE] = "once",
	[WAIT_WAITGROUP] = "waitgroup",
	[WAIT_COND] = "cond",
	[WAIT_SEMAPHORE] = "semaphore",
	[WAIT_SLEEP] = "sleep",
	[WAIT_IO] = "io",
	[WAIT_SYSCALL] = "syscall",
	[WAIT_COROUTINE] = "coroutine",
	[WAIT_RUNTIME] = "runtime",
};

_Static_assert(sizeof(kind_names) / sizeof(kind_names[0]) == WAIT_KIND_COUNT, "each has a name");

const char *wait_kind_name(enum wait_kind kind)
{
	return kind < WAIT_KIND_COUNT ? kind_names[kind] : "none";
}

/* By the runtime's own words (runtime2.go waitReasonStrings); in synctest bubbles "(durable)" or
 * "(synctest)" follows. */
static enum wait_kind kind_of_reason(const char *reason)
{
	static const struct {
		const char *begins;
		enum wait_kind kind;
	} rows[] = {
		{ "chan receive (nil chan)", WAIT_NIL_RECEIVE },
		{ "chan send (nil chan)", WAIT_NIL_SEND },
		{ "select (no cases)", WAIT_NO_CASES },
		{ "chan receive", WAIT_RECEIVE },
		{ "chan send", WAIT_SEND },
		{ "select", WAIT_SELECT },
		{ "sync.Mutex.Lock", WAIT_MUTEX },
		{ "sync.RWMutex.RLock", WAIT_RWMUTEX_READ },
		{ "sync.RWMutex.Lock", WAIT_RWMUTEX_WRITE },
		{ "sync.WaitGroup.Wait", WAIT_WAITGROUP },
		{ "sync.Cond.Wait", WAIT_COND },
		{ "semacquire", WAIT_SEMAPHORE },
		{ "sleep", WAIT_SLEEP },
		{ "IO wait", WAIT_IO },
		{ "coroutine", WAIT_COROUTINE },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strncmp(reason, rows[i].begins, strlen(rows[i].begins)) == 0)
			return rows[i].kind;
	return reason[0] != '\0' ? WAIT_RUNTIME : WAIT_NONE;
}

struct waits *waits_tables(const struct snapshot *s)
{
	struct snapshot_private *p = s->private;
	if (p->waits == NULL) {
		p->waits = memory_grow(NULL, sizeof(*p->waits));
		*p->waits = (struct waits){ 0 };
	}
	return p->waits;
}

void waits_destroy(struct waits *waits)
{
	if (waits == NULL)
		return;
	sem_waits_release(&waits->locks);
	free(waits->timers);
	free(waits);
}

bool stack_words(const struct snapshot *s, const struct goroutine *g, size_t most,
		 bool (*visit)(void *data, uint64_t at, uint64_t word), void *data)
{
	uint64_t sp = g->sched_sp;
	if (g->bad_stack || sp % 8 != 0 || sp < g->stack_lo || sp >= g->stack_hi)
		return false;
	for (size_t i = 0; i < most && sp + 8 <= g->stack_hi; i++, sp += 8) {
		uint64_t word;
		if (!image_u64(s->image, sp, &word, NULL))
			return false;
		if (visit(data, sp, word))
			return true;
	}
	return false;
}

static uint64_t bubble_number(const struct snapshot *s, const struct goroutine *g)
{
	struct view view;
	if (g->bubble == 0 ||
	    !view_read(&view, s->image, &s->layout, RT_BUBBLE, g->bubble, NULL))
		return 0;
	return view_get(&view, BUBBLE_ID);
}

void goroutine_wait_read(const struct snapshot *s, const struct goroutine *g, struct arena *arena,
			 struct wait *wait)
{
	*wait = (struct wait){ .fd = -1 };
	if (g->unreadable)
		return;
	wait->bubble = bubble_number(s, g);
	if (g->status == G_SYSCALL) {
		wait->kind = WAIT_SYSCALL;
		wait_read_syscall(s, g, wait);
		return;
	}
	wait->kind = kind_of_reason(goroutine_wait(s, g));
	switch (wait->kind) {
	case WAIT_RECEIVE:
	case WAIT_SEND:
	case WAIT_SELECT:
		wait_read_channels(s, g, arena, wait);
		wait_read_context(s, g, arena, wait);
		break;
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
	case WAIT_WAITGROUP:
	case WAIT_COND:
	case WAIT_SEMAPHORE:
		wait_read_lock(s, g, wait);
		break;
	case WAIT_SLEEP:
		wait_read_sleep(s, g, wait);
		break;
	case WAIT_IO:
		wait_read_io(s, g, wait);
		break;
	case WAIT_COROUTINE:
		wait_read_coroutine(s, g, wait);
		break;
	default:
		break;
	}
}

double wait_seconds_left(const struct snapshot *s, int64_t when)
{
	if (when <= 0 || s->now_lower_bound <= 0)
		return -1;
	return when > s->now_lower_bound ? (double)(when - s->now_lower_bound) / 1e9 : 0;
}
