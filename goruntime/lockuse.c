#include "goruntime/lockuse.h"

#include <inttypes.h>
#include <string.h>

#include "goruntime/private.h"

enum { CALLERS_MAX = 3, FRAME_BYTES_MAX = 1 << 15, COUNTED_MAX = 1 << 20 };

enum { MUTEX_LOCKED = 1, MUTEX_WAITER_SHIFT = 3, READERS_MAX = 1 << 30 };

/* After the failed Unlock, which has taken one from it: the lock was not held. */
static const char *unlocked_mutex(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	struct view view;
	if (!layout_has(&s->layout, MUTEX_WORD) ||
	    !view_read(&view, s->image, &s->layout, RT_MUTEX, addr, NULL))
		return NULL;
	uint32_t state = (uint32_t)view_get(&view, MUTEX_WORD), before = state + MUTEX_LOCKED;
	if (before & MUTEX_LOCKED || before >> MUTEX_WAITER_SHIFT > s->goroutine_count)
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

static bool read_waitgroup(const struct snapshot *s, uint64_t addr, int32_t *counter,
			   uint32_t *waiters)
{
	struct view view;
	if (!layout_has(&s->layout, WAITGROUP_STATE) ||
	    !view_read(&view, s->image, &s->layout, RT_WAITGROUP, addr, NULL))
		return false;
	uint64_t state = view_get(&view, WAITGROUP_STATE);
	*counter = (int32_t)(state >> 32);
	*waiters = (uint32_t)state & 0x7fffffff;
	return true;
}

/* Each waiter is a goroutine, and nobody counts very far: other memory has other numbers there. */
static const char *waitgroup_state(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	int32_t counter;
	uint32_t waiters;
	if (!read_waitgroup(s, addr, &counter, &waiters) || counter < -COUNTED_MAX ||
	    counter > COUNTED_MAX || waiters > s->goroutine_count)
		return NULL;
	return arena_printf(arena, "its counter is %" PRId32 ", %" PRIu32 " wait", counter,
			    waiters);
}

static const char *negative_waitgroup(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	int32_t counter;
	uint32_t waiters;
	if (!read_waitgroup(s, addr, &counter, &waiters) || counter >= 0)
		return NULL;
	return waitgroup_state(s, addr, arena);
}

typedef const char *state_function(const struct snapshot *s, uint64_t addr, struct arena *arena);

static const struct method {
	const char *name, *type;
	state_function *state;
	bool spilled; /* the receiver is, where the compiler's tables say so only */
	state_function *searched; /* for it in the callers' frames, where it is not; NULL: no */
} methods[] = {
	{ "sync.(*Mutex).unlockSlow", "sync.Mutex", unlocked_mutex },
	{ "internal/sync.(*Mutex).unlockSlow", "sync.Mutex", unlocked_mutex },
	{ "sync.(*Mutex).lockSlow", "sync.Mutex", mutex_state },
	{ "internal/sync.(*Mutex).lockSlow", "sync.Mutex", mutex_state },
	{ "sync.(*RWMutex).Unlock", "sync.RWMutex", unlocked_rwmutex },
	{ "sync.(*RWMutex).RUnlock", "sync.RWMutex", runlocked_rwmutex },
	{ "sync.(*RWMutex).rUnlockSlow", "sync.RWMutex", runlocked_rwmutex },
	{ "sync.(*WaitGroup).Add", "sync.WaitGroup", waitgroup_state, true, negative_waitgroup },
	{ "sync.(*WaitGroup).Wait", "sync.WaitGroup", waitgroup_state, true, NULL },
};

static const struct method *method_of(const struct trace_frame *frame)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(frame->call->symbol, methods[i].name) == 0)
			return &methods[i];
	return NULL;
}

static bool use_of_receiver(const struct snapshot *s, const struct method *method,
			    const struct trace_frame *frame, struct arena *arena,
			    struct lock_use *use)
{
	uint64_t addr;
	if (!frame_word(s, frame->argp, 0, &addr) || addr == 0 || addr % 4 != 0)
		return false;
	if (method->spilled && !frame_word_spilled(s, frame, 0))
		return false;
	*use = (struct lock_use){ .addr = addr,
				  .type = method->type,
				  .state = method->state(s, addr, arena) };
	return use->state != NULL;
}

/* Adds to USE what is found in one frame; false where a second one is found. */
static bool search_frame(const struct snapshot *s, const struct method *method,
			 const struct trace_frame *frame, struct arena *arena, struct lock_use *use)
{
	uint64_t addr;
	if (frame->sp % 8 != 0 || frame->fp < frame->sp || frame->fp - frame->sp > FRAME_BYTES_MAX)
		return true;
	for (uint64_t at = frame->sp; at + 8 <= frame->fp; at += 8) {
		if (!image_u64(s->image, at, &addr, NULL) || addr == 0 || addr % 8 != 0 ||
		    addr == use->addr)
			continue;
		const char *state = method->searched(s, addr, arena);
		if (state == NULL)
			continue;
		if (use->state != NULL)
			return false;
		*use = (struct lock_use){
			.addr = addr, .type = method->type, .state = state, .by = frame->call
		};
	}
	return true;
}

/* The one address in the nearest frame of FRAMES that has an impossible state behind it. */
static bool use_of_callers(const struct snapshot *s, const struct method *method,
			   const struct trace *trace, size_t first, struct arena *arena,
			   struct lock_use *use)
{
	*use = (struct lock_use){ 0 };
	for (size_t i = first, seen = 0; i < trace->count && seen < CALLERS_MAX; i++) {
		const struct trace_frame *frame = &trace->frames[i];
		if (frame->call->inlined || frame->call->is_c)
			continue;
		seen++;
		if (!search_frame(s, method, frame, arena, use))
			return false;
		if (use->state != NULL)
			return true;
	}
	return false;
}

bool lock_use_of(const struct snapshot *s, const struct trace *trace, struct arena *arena,
		 struct lock_use *use)
{
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_frame *frame = &trace->frames[i];
		const char *name = frame->call->symbol;
		bool physical = !frame->call->inlined && frame->argp != 0;
		const struct method *method = physical ? method_of(frame) : NULL;
		if (method != NULL && use_of_receiver(s, method, frame, arena, use))
			return true;
		if (method != NULL && method->searched != NULL)
			return use_of_callers(s, method, trace, i + 1, arena, use);
		if (strncmp(name, "sync.", 5) != 0 && strncmp(name, "internal/sync.", 14) != 0 &&
		    strncmp(name, "runtime.", 8) != 0)
			return false;
	}
	return false;
}
