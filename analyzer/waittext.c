#include "analyzer/waittext.h"

#include <inttypes.h>
#include <string.h>

#include "analyzer/numbers.h"
#include "analyzer/places.h"
#include "base/str.h"

/* ", at most 12 m" of time that is left. */
static void add_left(const struct snapshot *snapshot, int64_t when, struct arena *arena,
		     const char *lead, const char *due, struct str *out)
{
	double left = wait_seconds_left(snapshot, when);
	if (left < 0)
		return;
	if (left == 0)
		str_printf(out, "%s", due);
	else
		str_printf(out, "%s%s", lead, duration(arena, left));
}

static void add_buffer(const struct channel *channel, struct str *out)
{
	if (channel->capacity == 0)
		str_add(out, "unbuffered");
	else
		str_printf(out, "%" PRIu64 " of %" PRIu64 " buffered", channel->length,
			   channel->capacity);
}

static void add_maker(const struct call *made_at, struct arena *arena, struct str *out)
{
	if (made_at != NULL)
		str_printf(out, ", made in %s", place_of(arena, made_at));
}

static void add_channel(const struct snapshot *snapshot, const struct channel *channel,
			struct arena *arena, struct str *out)
{
	if (channel->addr == 0) {
		str_add(out, "a nil channel");
		return;
	}
	if (channel->elem != NULL)
		str_printf(out, "chan %s 0x%" PRIx64, channel->elem, channel->addr);
	else
		str_printf(out, "channel 0x%" PRIx64, channel->addr);
	if (!channel->known)
		return;
	str_add(out, " (");
	if (channel->timer) {
		str_add(out, channel->period > 0 ? "of a ticker" : "of a timer");
		add_left(snapshot, channel->when, arena, ", at most ", ", due", out);
		if (wait_seconds_left(snapshot, channel->when) > 0)
			str_add(out, " left");
	} else {
		add_buffer(channel, out);
	}
	str_printf(out, "%s", channel->closed ? ", closed" : "");
	add_maker(channel->made_at, arena, out);
	str_add(out, ")");
}

void wait_channel_text(const struct snapshot *snapshot, const struct channel *channel,
		       struct str *out)
{
	struct arena scratch;
	arena_init(&scratch);
	add_channel(snapshot, channel, &scratch, out);
	arena_release(&scratch);
}

static void add_case(const struct snapshot *snapshot, const struct wait_case *c,
		     struct arena *arena, struct str *out)
{
	static const char *const verbs[] = {
		[DIRECTION_UNKNOWN] = "receive from or send to ",
		[DIRECTION_RECEIVE] = "receive from ",
		[DIRECTION_SEND] = "send to ",
	};
	str_add(out, verbs[c->direction]);
	add_channel(snapshot, &c->channel, arena, out);
}

static void add_context(const struct snapshot *snapshot, const struct wait_context *context,
			struct arena *arena, struct str *out)
{
	if (context->addr == 0)
		return;
	str_printf(out, ", Done of %s 0x%" PRIx64 " (%s", context->chain ? context->chain : "a context",
		   context->addr, context->cancelled ? "cancelled" : "not cancelled");
	if (context->cancelled && context->error != NULL)
		str_printf(out, ": %s", context->error);
	else if (!context->cancelled && context->deadline > 0)
		add_left(snapshot, context->deadline, arena, ", by its deadline in at most ",
			 ", its deadline is due", out);
	str_add(out, ")");
}

static void add_cases(const struct snapshot *snapshot, const struct wait *wait,
		      struct arena *arena, struct str *out)
{
	if (wait->kind != WAIT_SELECT) {
		str_add(out, "to ");
		add_case(snapshot, &wait->cases[0], arena, out);
		return;
	}
	str_printf(out, "for one of %zu case%s: ", wait->case_total,
		   wait->case_total == 1 ? "" : "s");
	for (size_t i = 0; i < wait->case_count; i++) {
		str_add(out, i > 0 ? "; " : "");
		add_case(snapshot, &wait->cases[i], arena, out);
	}
	if (wait->case_count < wait->case_total)
		str_printf(out, "; and %zu more", wait->case_total - wait->case_count);
}

const char *wait_lock_type(enum wait_kind kind)
{
	static const char *const types[WAIT_KIND_COUNT] = {
		[WAIT_MUTEX] = "sync.Mutex",	       [WAIT_RWMUTEX_READ] = "sync.RWMutex",
		[WAIT_RWMUTEX_WRITE] = "sync.RWMutex", [WAIT_ONCE] = "sync.Once",
		[WAIT_WAITGROUP] = "sync.WaitGroup",   [WAIT_COND] = "sync.Cond",
	};
	return types[kind];
}

/* "locked, 2 waiting". */
static void add_state(const struct wait *wait, struct str *out)
{
	switch (wait->kind) {
	case WAIT_WAITGROUP:
		str_printf(out, "counter %" PRId64, wait->counter);
		break;
	case WAIT_ONCE:
		str_add(out, wait->locked ? "running" : "not running");
		break;
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
		if (wait->readers > 0)
			str_printf(out, "%" PRId64 " reader%s", wait->readers,
				   wait->readers == 1 ? "" : "s");
		if (wait->locked)
			str_printf(out, "%s", wait->readers > 0	 ? ", a writer is next"
					      : wait->waiters > 0 ||
							      wait->kind == WAIT_RWMUTEX_READ
						      ? "held or claimed by a writer"
						      : "claimed by a writer");
		if (!wait->locked && wait->readers <= 0)
			str_add(out, "free");
		return;
	case WAIT_COND:
		break;
	default:
		str_add(out, wait->locked ? "locked" : "unlocked");
	}
	if (wait->waiters > 0)
		str_printf(out, "%s%" PRId64 " waiting", wait->kind == WAIT_COND ? "" : ", ",
			   wait->waiters);
}

static void add_lock(const struct wait *wait, struct str *out)
{
	const char *purpose = wait->kind == WAIT_RWMUTEX_READ	 ? "to read under "
			      : wait->kind == WAIT_RWMUTEX_WRITE ? "to write under "
								 : "for ";
	str_printf(out, "%s%s 0x%" PRIx64, purpose, wait_lock_type(wait->kind), wait->object);
	if (!wait->state_known)
		return;
	size_t before = out->size;
	str_add(out, " (");
	size_t opened = out->size;
	add_state(wait, out);
	if (out->size == opened)
		out->text[out->size = before] = '\0';
	else
		str_add(out, ")");
}

static void add_io(const struct snapshot *snapshot, const struct wait *wait, struct arena *arena,
		   struct str *out)
{
	str_printf(out, "for file descriptor %" PRId64 " to become %s", wait->fd,
		   wait->writes ? "writable" : "readable");
	add_left(snapshot, wait->when, arena, ", its deadline in at most ", ", its deadline due",
		 out);
}

static void add_syscall(const struct wait *wait, struct str *out)
{
	if (wait->syscall_name != NULL)
		str_printf(out, "in system call %s(", wait->syscall_name);
	else
		str_printf(out, "in system call number %" PRIu64 " (", wait->syscall_number);
	for (unsigned i = 0; i < wait->syscall_arg_count; i++)
		str_printf(out, "%s0x%" PRIx64, i > 0 ? ", " : "", wait->syscall_args[i]);
	str_add(out, ")");
}

static void add_wait(const struct snapshot *snapshot, const struct wait *wait, struct arena *arena,
		     struct str *out)
{
	if (wait->case_count > 0) {
		add_cases(snapshot, wait, arena, out);
		add_context(snapshot, &wait->context, arena, out);
	} else if (wait->kind == WAIT_SYSCALL) {
		if (wait->syscall_known)
			add_syscall(wait, out);
	} else if (wait->kind == WAIT_SLEEP) {
		add_left(snapshot, wait->when, arena, "for a sleep to end, in at most ",
			 "for a sleep to end, which is due", out);
	} else if (wait->object == 0) {
		return;
	} else if (wait_lock_type(wait->kind) != NULL) {
		add_lock(wait, out);
		add_maker(wait->made_at, arena, out);
	} else if (wait->kind == WAIT_IO) {
		add_io(snapshot, wait, arena, out);
	} else if (wait->kind == WAIT_SEMAPHORE) {
		str_printf(out, "for %s 0x%" PRIx64,
			   wait->for_fd ? "its turn to use a file, semaphore" : "semaphore",
			   wait->object);
	} else if (wait->kind == WAIT_COROUTINE) {
		str_printf(out, "for the other side of coroutine 0x%" PRIx64, wait->object);
	}
}

const char *wait_text(const struct snapshot *snapshot, const struct wait *wait, struct arena *arena)
{
	_cleanup_str_ struct str out = { 0 };
	add_wait(snapshot, wait, arena, &out);
	if (out.size > 0 && wait->bubble != 0)
		str_printf(&out, ", in synctest bubble %" PRIu64, wait->bubble);
	return out.size > 0 ? str_keep(&out, arena) : NULL;
}
