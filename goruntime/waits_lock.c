/* Locks of package sync: what the table of semaphores says, and the lock's own state words. */
#include <string.h>

#include "base/vec.h"
#include "goruntime/creation.h"
#include "goruntime/waits_internal.h"

/* sync/mutex.go, sync/rwmutex.go: the layout of state words, the same in all releases. */
enum { MUTEX_LOCKED = 1, MUTEX_WAITER_SHIFT = 3 };
#define RWMUTEX_MAX_READERS ((int64_t)1 << 30)
/* sync/waitgroup.go: the counter is the high half; since 1.25 bit 31 is no waiter. */
#define WAITGROUP_WAITERS 0x7fffffffu

/* --- which lock: the functions on top of the stack ---------------------------------------------- */

struct lock_function {
	const char *name;
	enum wait_kind kind;
	enum wait_kind inside; /* holds only with this found before; WAIT_NONE: nothing yet */
};

static const struct lock_function lock_functions[] = {
	{ "sync.(*Mutex).lockSlow", WAIT_MUTEX, WAIT_NONE },
	{ "internal/sync.(*Mutex).lockSlow", WAIT_MUTEX, WAIT_NONE },
	{ "sync.(*Mutex).Lock", WAIT_MUTEX, WAIT_NONE },
	{ "sync.(*RWMutex).RLock", WAIT_RWMUTEX_READ, WAIT_NONE },
	{ "sync.(*RWMutex).Lock", WAIT_RWMUTEX_WRITE, WAIT_NONE },
	{ "sync.(*WaitGroup).Wait", WAIT_WAITGROUP, WAIT_NONE },
	{ "sync.(*RWMutex).Lock", WAIT_RWMUTEX_WRITE, WAIT_MUTEX },
	{ "sync.(*Once).doSlow", WAIT_ONCE, WAIT_MUTEX },
	{ "internal/poll.(*fdMutex).rwlock", WAIT_SEMAPHORE, WAIT_NONE },
};

static bool is_of_locks(const char *name)
{
	return strncmp(name, "runtime.", 8) == 0 || strncmp(name, "sync.", 5) == 0 ||
	       strncmp(name, "internal/sync.", 14) == 0 ||
	       strncmp(name, "internal/poll.", 14) == 0;
}

/* What the goroutine's innermost frames say that it does, and by way of which lock. */
static enum wait_kind kind_by_stack(const struct snapshot *s, const struct goroutine *g,
				    struct wait *wait)
{
	enum { TOP = 16 };
	struct unwinder u;
	struct frame frame;
	enum wait_kind kind = WAIT_NONE;
	goroutine_unwind(&u, s, g);
	for (unsigned i = 0; i < TOP && unwind_next(&u, &frame); i++) {
		struct calls calls = code_calls(snapshot_code(s), frame.code, frame.lookup_pc);
		for (size_t c = 0; c < calls.count; c++) {
			const char *name = calls.items[c].symbol;
			wait->for_fd |= strcmp(name, "internal/poll.(*fdMutex).rwlock") == 0;
			for (size_t r = 0; r < sizeof(lock_functions) / sizeof(lock_functions[0]);
			     r++) {
				const struct lock_function *f = &lock_functions[r];
				if (f->inside == kind && strcmp(name, f->name) == 0) {
					wait->behind_writer = f->inside == WAIT_MUTEX &&
							      f->kind == WAIT_RWMUTEX_WRITE;
					kind = f->kind;
					break;
				}
			}
			if (!is_of_locks(name))
				return kind;
		}
	}
	return kind;
}

/* --- which address ------------------------------------------------------------------------------- */

/* Before 1.26 a Cond is found by its list, which only stacks name: all of them are read at once. */
static void read_locks(const struct snapshot *s, struct waits *waits)
{
	VEC(uint32_t) conds = { 0 };
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		if (strncmp(goroutine_wait(s, g), "sync.Cond.Wait", 14) == 0)
			vec_push(&conds, (uint32_t)i);
	}
	sem_waits_read(s, conds.items, conds.count, &waits->locks);
	waits->has_locks = true;
	vec_release(&conds);
}

/* The semaphore's word, or a Cond's list: by g.waiting where it names it (since 1.26). */
static uint64_t word_of(const struct snapshot *s, const struct goroutine *g)
{
	struct waits *waits = waits_tables(s);
	uint64_t object = goroutine_wait_object(s, g);
	if (object != 0)
		return object;
	if (!waits->has_locks)
		read_locks(s, waits);
	const struct sem_wait *found = sem_waits_find(&waits->locks, g->addr);
	return found != NULL ? found->object : 0;
}

/* Where the word lies in the lock. */
static uint64_t object_of(const struct layout *layout, const struct wait *wait, uint64_t word)
{
	static const enum rt_field words[WAIT_KIND_COUNT] = {
		[WAIT_MUTEX] = MUTEX_SEMA,
		[WAIT_RWMUTEX_READ] = RWMUTEX_READERSEM,
		[WAIT_RWMUTEX_WRITE] = RWMUTEX_WRITERSEM,
		[WAIT_ONCE] = MUTEX_SEMA,
		[WAIT_WAITGROUP] = WAITGROUP_SEMA,
		[WAIT_COND] = COND_NOTIFY,
	};
	if (word == 0 || wait->kind == WAIT_SEMAPHORE)
		return word;
	enum rt_field field = wait->behind_writer ? MUTEX_SEMA : words[wait->kind];
	if (!layout_has(layout, field))
		return 0;
	uint64_t object = word - layout->field[field].offset;
	if (wait->behind_writer)
		object -= layout->field[RWMUTEX_W].offset;
	if (wait->kind == WAIT_ONCE)
		object -= layout->field[ONCE_M].offset;
	return object;
}

/* --- its state ----------------------------------------------------------------------------------- */

static void read_mutex(const struct snapshot *s, uint64_t addr, struct wait *wait)
{
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_MUTEX, addr, NULL))
		return;
	uint64_t state = view_get(&view, MUTEX_WORD);
	wait->state_known = layout_has(&s->layout, MUTEX_WORD);
	wait->locked = state & MUTEX_LOCKED;
	wait->waiters = (int64_t)(state >> MUTEX_WAITER_SHIFT);
}

/* readerCount counts readers that hold and that are queued, less 2^30 while a writer waits or
 * holds; readerWait those that a waiting writer still waits for: the holders, then. */
static void read_rwmutex(const struct snapshot *s, struct wait *wait)
{
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_RWMUTEX, wait->object, NULL))
		return;
	int64_t count = view_signed(&view, RWMUTEX_READERCOUNT);
	wait->state_known = true;
	wait->locked = count < 0;
	wait->readers = count < 0 ? view_signed(&view, RWMUTEX_READERWAIT) : count;
	wait->waiters = count < 0 ? count + RWMUTEX_MAX_READERS - wait->readers : 0;
}

static void read_waitgroup(const struct snapshot *s, struct wait *wait)
{
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_WAITGROUP, wait->object, NULL))
		return;
	uint64_t state = view_get(&view, WAITGROUP_STATE);
	wait->state_known = true;
	wait->counter = (int32_t)(state >> 32);
	wait->waiters = (int64_t)(state & WAITGROUP_WAITERS);
}

static void read_cond(const struct snapshot *s, uint64_t list, struct wait *wait)
{
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_NOTIFYLIST, list, NULL))
		return;
	wait->state_known = true;
	wait->waiters = (uint32_t)(view_get(&view, NOTIFYLIST_WAIT) -
				   view_get(&view, NOTIFYLIST_NOTIFY));
}

void wait_read_lock(const struct snapshot *s, const struct goroutine *g, struct wait *wait)
{
	enum wait_kind by_stack =
		wait->kind == WAIT_COND ? WAIT_COND : kind_by_stack(s, g, wait);
	if (wait->kind == WAIT_SEMAPHORE || wait->kind == WAIT_MUTEX)
		wait->kind = by_stack != WAIT_NONE ? by_stack : wait->kind;
	uint64_t word = word_of(s, g);
	wait->object = object_of(&s->layout, wait, word);
	if (wait->object == 0)
		return;
	wait->made_at = object_made_at(s, wait->object);
	switch (wait->kind) {
	case WAIT_MUTEX:
		read_mutex(s, wait->object, wait);
		break;
	case WAIT_ONCE:
		read_mutex(s, wait->object + s->layout.field[ONCE_M].offset, wait);
		break;
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
		read_rwmutex(s, wait);
		break;
	case WAIT_WAITGROUP:
		read_waitgroup(s, wait);
		break;
	case WAIT_COND:
		read_cond(s, word, wait);
		break;
	default:
		break;
	}
}
