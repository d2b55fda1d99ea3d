#include "goruntime/lockuse.h"

#include <inttypes.h>
#include <string.h>

#include "goruntime/private.h"

enum { MUTEX_LOCKED = 1, MUTEX_WAITER_SHIFT = 3, READERS_MAX = 1 << 30 };

/* After the failed Unlock, which has taken one from it: the lock was not held. */
static const char *unlocked_mutex(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	struct view view;
	if (!layout_has(&s->layout, MUTEX_WORD) ||
	    !view_read(&view, s->image, &s->layout, RT_MUTEX, addr, NULL))
		return NULL;
	uint32_t state = (uint32_t)view_get(&view, MUTEX_WORD), before = state + MUTEX_LOCKED;
	if (before & MUTEX_LOCKED)
		return NULL;
	return arena_printf(arena,
			    "it was not locked, %" PRIu32 " waited; its state is 0x%" PRIx32 " now",
			    before >> MUTEX_WAITER_SHIFT, state);
}

static const char *mutex_state(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	struct view view;
	if (!layout_has(&s->layout, MUTEX_WORD) ||
	    !view_read(&view, s->image, &s->layout, RT_MUTEX, addr, NULL))
		return NULL;
	uint32_t state = (uint32_t)view_get(&view, MUTEX_WORD);
	return arena_printf(arena, "%s, %" PRIu32 " wait; its state is 0x%" PRIx32,
			    state & MUTEX_LOCKED ? "it is locked" : "it is not locked",
			    state >> MUTEX_WAITER_SHIFT, state);
}

static bool read_count(const struct snapshot *s, uint64_t addr, int64_t *count)
{
	struct view view;
	if (!layout_has(&s->layout, RWMUTEX_READERCOUNT) ||
	    !view_read(&view, s->image, &s->layout, RT_RWMUTEX, addr, NULL))
		return false;
	*count = view_signed(&view, RWMUTEX_READERCOUNT);
	return true;
}

/* Unlock has announced to readers that no writer holds it: none did. */
static const char *unlocked_rwmutex(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	int64_t count;
	if (!read_count(s, addr, &count) || count < READERS_MAX)
		return NULL;
	return arena_printf(arena, "no writer held it, %" PRId64 " readers did",
			    count - READERS_MAX);
}

/* RUnlock has taken one reader away where there was none, be a writer waiting or not. */
static const char *runlocked_rwmutex(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	int64_t count;
	if (!read_count(s, addr, &count) || (count != -1 && count != -1 - (int64_t)READERS_MAX))
		return NULL;
	return arena_printf(arena, "no reader held it%s",
			    count == -1 ? "" : ", a writer held it or waited for it");
}

static const char *negative_waitgroup(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	struct view view;
	if (!layout_has(&s->layout, WAITGROUP_STATE) ||
	    !view_read(&view, s->image, &s->layout, RT_WAITGROUP, addr, NULL))
		return NULL;
	uint64_t state = view_get(&view, WAITGROUP_STATE);
	int32_t counter = (int32_t)(state >> 32);
	if (counter >= 0)
		return NULL;
	return arena_printf(arena, "its counter is %" PRId32 ", %" PRIu32 " wait", counter,
			    (uint32_t)state & 0x7fffffff);
}

static const struct method {
	const char *name, *type;
	const char *(*state)(const struct snapshot *s, uint64_t addr, struct arena *arena);
} methods[] = {
	{ "sync.(*Mutex).unlockSlow", "sync.Mutex", unlocked_mutex },
	{ "internal/sync.(*Mutex).unlockSlow", "sync.Mutex", unlocked_mutex },
	{ "sync.(*Mutex).lockSlow", "sync.Mutex", mutex_state },
	{ "internal/sync.(*Mutex).lockSlow", "sync.Mutex", mutex_state },
	{ "sync.(*RWMutex).Unlock", "sync.RWMutex", unlocked_rwmutex },
	{ "sync.(*RWMutex).RUnlock", "sync.RWMutex", runlocked_rwmutex },
	{ "sync.(*RWMutex).rUnlockSlow", "sync.RWMutex", runlocked_rwmutex },
	{ "sync.(*WaitGroup).Add", "sync.WaitGroup", negative_waitgroup },
};

static bool use_of_frame(const struct snapshot *s, const struct trace_frame *frame,
			 struct arena *arena, struct lock_use *use)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		uint64_t addr;
		if (strcmp(frame->call->symbol, methods[i].name) != 0 ||
		    !frame_word(s, frame->argp, 0, &addr) || addr == 0 || addr % 4 != 0)
			continue;
		*use = (struct lock_use){ .addr = addr,
					  .type = methods[i].type,
					  .state = methods[i].state(s, addr, arena) };
		return use->state != NULL;
	}
	return false;
}

bool lock_use_of(const struct snapshot *s, const struct trace *trace, struct arena *arena,
		 struct lock_use *use)
{
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_frame *frame = &trace->frames[i];
		const char *name = frame->call->symbol;
		if (!frame->call->inlined && frame->argp != 0 && use_of_frame(s, frame, arena, use))
			return true;
		if (strncmp(name, "sync.", 5) != 0 && strncmp(name, "internal/sync.", 14) != 0 &&
		    strncmp(name, "runtime.", 8) != 0)
			return false;
	}
	return false;
}
