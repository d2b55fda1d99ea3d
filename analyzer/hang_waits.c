/* Whom goroutines wait for in the end: by way of locks, and to send to a channel. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/hang_internal.h"
#include "analyzer/places.h"
#include "analyzer/waittext.h"

enum {
	SINKS_MAX = 64,
	CHANNELS_MAX = 16,
	SENDERS_LEAST = 2, /* that wait for one channel */
	UNKNOWN_LEAST = 2, /* that wait for a lock whose holder is not known */
};

/* What a goroutine does that others wait for: "which runs, in main.f (f.go:12)". */
static const char *doing(const struct hang_maker *m, const struct goroutine *g, const char *place)
{
	struct wait wait;
	const char *reason = goroutine_wait(m->snapshot, g);
	if (g->status == G_RUNNING)
		return arena_printf(m->arena, "which runs%s", place);
	if (g->status == G_RUNNABLE || g->status == G_PREEMPTED)
		return arena_printf(m->arena, "which may run and has no processor%s", place);
	goroutine_wait_read(m->snapshot, g, m->arena, &wait);
	const char *text = wait_text(m->snapshot, &wait, m->arena);
	if (wait.kind == WAIT_SYSCALL)
		return arena_printf(m->arena, "which is %s%s",
				    text ? text : "in a system call or C", place);
	return arena_printf(m->arena, "which waits (%s)%s%s%s",
			    reason[0] ? reason : g_status_text(g->status), text ? " " : "",
			    text ? text : "", place);
}

/* --- locks ----------------------------------------------------------------------------------- */

struct sink {		    /* where the waits of many lead in the end */
	uint32_t goroutine; /* NO_INDEX: a lock whose holder is not known */
	size_t lock;	    /* the last one on the way there */
	uint64_t waiting;   /* goroutines, for this one and those behind it */
	size_t locks;
	const struct call *call; /* where that goroutine has locked it */
	bool strong;
};

/* Of the goroutines of a group only some were looked at; the lock itself counts all. */
static uint64_t waiters_of(const struct lock_node *lock)
{
	uint64_t counted = lock->state.waiters > 0 ? (uint64_t)lock->state.waiters : 0;
	return counted > lock->waiters ? counted : lock->waiters;
}

static bool is_free(const struct lock_node *lock)
{
	return lock->state.state_known && !lock->state.locked && lock->state.readers <= 0;
}

/* From one lock to the goroutine at its end. False for a circle: that is a finding. */
static bool follow(const struct hang_maker *m, size_t lock, struct sink *sink)
{
	*sink = (struct sink){ .goroutine = NO_INDEX, .lock = lock, .strong = true };
	for (size_t steps = 0; steps <= m->graph->lock_count; steps++) {
		const struct lock_node *node = &m->graph->locks[sink->lock];
		if (is_free(node))
			return false;
		if (node->best == NULL)
			return true;
		sink->strong &= node->best->strong;
		const struct wait_node *next = waitgraph_wait(m->graph, node->best->goroutine);
		if (next == NULL) {
			sink->goroutine = node->best->goroutine;
			sink->call = node->best->call;
			return true;
		}
		sink->lock = next->lock;
	}
	return false;
}

static void add_to_sinks(struct sink *sinks, size_t *count, const struct sink *sink,
			 uint64_t waiters)
{
	size_t i = 0;
	while (i < *count && (sinks[i].goroutine != sink->goroutine ||
			      (sink->goroutine == NO_INDEX && sinks[i].lock != sink->lock)))
		i++;
	if (i == SINKS_MAX)
		return;
	if (i == *count)
		sinks[(*count)++] = *sink;
	sinks[i].waiting += waiters;
	sinks[i].locks++;
	sinks[i].strong &= sink->strong;
}

static int most_waiting(const void *a, const void *b)
{
	const struct sink *x = a, *y = b;
	if (x->waiting != y->waiting)
		return x->waiting > y->waiting ? -1 : 1;
	return x->lock < y->lock ? -1 : x->lock > y->lock;
}

static void add_sink(struct hang_maker *m, const struct sink *sink)
{
	const struct lock_node *lock = &m->graph->locks[sink->lock];
	const char *type = wait_lock_type(lock->kind);
	_cleanup_str_ struct str text = { 0 };
	str_printf(&text, "%s wait%s for %s 0x%" PRIx64, hang_goroutines(m, sink->waiting),
		   sink->waiting == 1 ? "s" : "", type ? type : "a lock", lock->addr);
	if (sink->locks > 1)
		str_printf(&text, ", or for %zu lock%s behind it", sink->locks - 1,
			   sink->locks == 2 ? "" : "s");
	if (sink->goroutine == NO_INDEX) {
		str_add(&text, "; who holds it is not known");
	} else {
		const struct goroutine *g = &m->snapshot->goroutines[sink->goroutine];
		str_printf(&text, "; goroutine %" PRIu64 " %s it, locked in %s, %s", g->id,
			   sink->strong ? "most probably holds" : "may hold",
			   place_of(m->arena, sink->call), doing(m, g, ""));
	}
	vec_push(&m->found, (struct hang_reading){
				    .kind = HANG_LOCK,
				    .text = str_keep(&text, m->arena),
				    .waiting = sink->waiting,
				    .goroutine = hang_id(m, sink->goroutine),
				    .addr = lock->addr,
			    });
}

void hang_add_locks(struct hang_maker *m)
{
	enum { SHOWN = 3 };
	struct sink sinks[SINKS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < m->graph->lock_count; i++) {
		struct sink sink;
		if (follow(m, i, &sink))
			add_to_sinks(sinks, &count, &sink, waiters_of(&m->graph->locks[i]));
	}
	qsort(sinks, count, sizeof(sinks[0]), most_waiting);
	for (size_t i = 0; i < count && i < SHOWN; i++)
		if (sinks[i].goroutine != NO_INDEX || sinks[i].waiting >= UNKNOWN_LEAST)
			add_sink(m, &sinks[i]);
}

/* --- channels -------------------------------------------------------------------------------- */

struct full_channel { /* one that goroutines wait to send to */
	struct channel channel;
	uint64_t senders;
};

static uint64_t waiting_for(const struct hang_maker *m, const struct group *group, uint64_t object)
{
	const uint32_t *members = group_members(m->groups, group);
	uint64_t count = 0;
	for (uint64_t i = 0; i < group->count; i++) {
		const struct goroutine *g = &m->snapshot->goroutines[members[i]];
		count += goroutine_wait_object(m->snapshot, g) == object;
	}
	return count;
}

static void count_senders(const struct hang_maker *m, struct full_channel *channels, size_t *count)
{
	for (size_t i = 0; i < m->groups->count; i++) {
		const struct group *group = &m->groups->items[i];
		struct wait wait;
		if (group->first->system || group->count < SENDERS_LEAST ||
		    strncmp(goroutine_wait(m->snapshot, group->first), "chan send", 9) != 0)
			continue;
		goroutine_wait_read(m->snapshot, group->first, m->arena, &wait);
		if (wait.kind != WAIT_SEND || wait.case_count == 0 || wait.object == 0)
			continue;
		size_t c = 0;
		while (c < *count && channels[c].channel.addr != wait.object)
			c++;
		if (c == CHANNELS_MAX)
			return;
		if (c == *count)
			channels[(*count)++] = (struct full_channel){ wait.cases[0].channel, 0 };
		channels[c].senders += waiting_for(m, group, wait.object);
	}
}

/* The one goroutine that refers to the channel and does not wait for it; NULL: none, or several. */
static const struct goroutine *receiver_of(const struct hang_maker *m, uint64_t channel)
{
	enum { LOOKED_AT = 512 };
	const struct goroutine *found = NULL;
	for (size_t i = 0; i < m->groups->count; i++) {
		const struct group *group = &m->groups->items[i];
		const struct goroutine *g = group->first;
		if (g->system || goroutine_wait_object(m->snapshot, g) == channel)
			continue;
		if (i >= LOOKED_AT)
			return NULL;
		if (!stack_mentions(m->snapshot, g, channel))
			continue;
		if (found != NULL || group->count > 1)
			return NULL;
		found = g;
	}
	return found;
}

void hang_add_senders(struct hang_maker *m)
{
	struct full_channel channels[CHANNELS_MAX];
	size_t count = 0, most = 0;
	count_senders(m, channels, &count);
	for (size_t i = 1; i < count; i++)
		if (channels[i].senders > channels[most].senders)
			most = i;
	if (count == 0 || channels[most].senders < SENDERS_LEAST)
		return;
	const struct full_channel *c = &channels[most];
	const struct goroutine *g = receiver_of(m, c->channel.addr);
	_cleanup_str_ struct str text = { 0 };
	str_printf(&text, "%s wait to send to ", hang_goroutines(m, c->senders));
	wait_channel_text(m->snapshot, &c->channel, &text);
	if (g != NULL)
		str_printf(&text, "; besides them goroutine %" PRIu64 " refers to it, %s", g->id,
			   doing(m, g, hang_place(m, g)));
	vec_push(&m->found, (struct hang_reading){ .kind = HANG_SEND,
						   .text = str_keep(&text, m->arena),
						   .waiting = c->senders,
						   .goroutine = g ? g->id : 0,
						   .addr = c->channel.addr });
}

/* --- contexts -------------------------------------------------------------------------------- */

/* Who waits for others to end may have cancelled it itself, and who waits for a Done notices. */
static bool may_not_notice(const struct wait *wait)
{
	switch (wait->kind) {
	case WAIT_RECEIVE:
	case WAIT_SEND:
	case WAIT_SELECT:
	case WAIT_MUTEX:
	case WAIT_RWMUTEX_READ:
	case WAIT_RWMUTEX_WRITE:
	case WAIT_COND:
	case WAIT_IO:
		return wait->context.addr == 0;
	default:
		return false;
	}
}

/* The largest group alone: it is evidence, and no more. */
void hang_add_cancelled(struct hang_maker *m)
{
	enum { LOOKED_AT = 256 };
	for (size_t i = 0; i < m->groups->count && i < LOOKED_AT; i++) {
		const struct group *group = &m->groups->items[i];
		const struct goroutine *g = group->first;
		struct wait_context context;
		struct wait wait;
		if (g->system || g->status != G_WAITING)
			continue;
		goroutine_wait_read(m->snapshot, g, m->arena, &wait);
		if (!may_not_notice(&wait) ||
		    !goroutine_cancelled_context(m->snapshot, g, m->arena, &context))
			continue;
		const char *text = arena_printf(
			m->arena,
			"%s wait%s (%s)%s; goroutine %" PRIu64
			" has a context at hand that is cancelled, and waits for something else: %s "
			"0x%" PRIx64 "%s%s",
			hang_goroutines(m, group->count), group->count == 1 ? "s" : "",
			goroutine_wait(m->snapshot, g), hang_place(m, g), g->id,
			context.chain ? context.chain : "a context", context.addr,
			context.error ? ", " : "", context.error ? context.error : "");
		vec_push(&m->found, (struct hang_reading){ .kind = HANG_CANCELLED,
							   .text = text,
							   .waiting = group->count,
							   .goroutine = g->id,
							   .addr = context.addr });
		return;
	}
}
