/* Channels, select, and the timers that send on channels. */
#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "goruntime/creation.h"
#include "goruntime/gotype.h"
#include "goruntime/waits_internal.h"

enum { TIMERS_MAX = 1 << 20 }; /* of one P */

/* --- timers before 1.23: in the heaps of the Ps, with the channel as argument (time/sleep.go) ---- */

typedef VEC(struct timer_of_channel) timer_list;

static void add_timers_of_p(const struct snapshot *s, uint64_t p, timer_list *list)
{
	struct view view, timer;
	if (p == 0 || !view_read(&view, s->image, &s->layout, RT_P, p, NULL))
		return;
	uint64_t base = view_word(&view, P_TIMERS, 0), count = view_word(&view, P_TIMERS, 1);
	for (uint64_t i = 0; i < count && i < TIMERS_MAX; i++) {
		uint64_t addr;
		if (!image_u64(s->image, base + i * 8, &addr, NULL))
			return;
		if (addr == 0 || !view_read(&timer, s->image, &s->layout, RT_TIMER, addr, NULL))
			continue;
		vec_push(list, (struct timer_of_channel){
				       .channel = view_word(&timer, TIMER_ARG, 1),
				       .when = view_signed(&timer, TIMER_WHEN),
				       .period = view_signed(&timer, TIMER_PERIOD),
			       });
	}
}

static int by_channel(const void *a, const void *b)
{
	const struct timer_of_channel *x = a, *y = b;
	return x->channel < y->channel ? -1 : x->channel > y->channel;
}

static void read_timers(const struct snapshot *s, struct waits *waits)
{
	uint64_t allp, base, count, p;
	timer_list list = { 0 };
	waits->has_timers = true;
	if (!globals_get(&s->globals, RT_ALLP, &allp) || !image_u64(s->image, allp, &base, NULL) ||
	    !image_u64(s->image, allp + 8, &count, NULL) || count > LIMIT_PS)
		return;
	for (uint64_t i = 0; i < count; i++)
		if (image_u64(s->image, base + i * 8, &p, NULL))
			add_timers_of_p(s, p, &list);
	if (list.count > 0)
		qsort(list.items, list.count, sizeof(*list.items), by_channel);
	waits->timers = list.items;
	waits->timer_count = list.count;
}

bool waits_timer(const struct snapshot *s, uint64_t channel, int64_t *when, int64_t *period)
{
	struct waits *waits = waits_tables(s);
	struct timer_of_channel key = { .channel = channel }, *found = NULL;
	if (layout_has(&s->layout, P_TIMERS_HEAP))
		return false;
	if (!waits->has_timers)
		read_timers(s, waits);
	if (waits->timer_count > 0)
		found = bsearch(&key, waits->timers, waits->timer_count, sizeof(key), by_channel);
	if (found == NULL)
		return false;
	*when = found->when;
	*period = found->period;
	return true;
}

static void read_timer(const struct snapshot *s, uint64_t addr, struct channel *channel)
{
	struct view timer;
	channel->timer = true;
	if (!view_read(&timer, s->image, &s->layout, RT_TIMER, addr, NULL))
		return;
	channel->when = view_signed(&timer, TIMER_WHEN);
	channel->period = view_signed(&timer, TIMER_PERIOD);
}

/* --- channels ------------------------------------------------------------------------------------ */

void channel_read(const struct snapshot *s, uint64_t addr, struct arena *arena,
		  struct channel *channel)
{
	struct view view;
	struct gotype type;
	*channel = (struct channel){ .addr = addr };
	if (addr == 0 || !view_read(&view, s->image, &s->layout, RT_HCHAN, addr, NULL))
		return;
	channel->known = true;
	channel->made_at = object_made_at(s, addr);
	channel->closed = view_get(&view, HCHAN_CLOSED) != 0;
	channel->length = view_get(&view, HCHAN_QCOUNT);
	channel->capacity = view_get(&view, HCHAN_DATAQSIZ);
	if (gotype_read(s, view_get(&view, HCHAN_ELEMTYPE), arena, &type))
		channel->elem = type.name;
	uint64_t timer = view_get(&view, HCHAN_TIMER);
	if (timer != 0)
		read_timer(s, timer, channel);
	else if (channel->elem != NULL && strcmp(channel->elem, "time.Time") == 0 &&
		 channel->capacity == 1)
		channel->timer = waits_timer(s, addr, &channel->when, &channel->period);
}

/* --- select -------------------------------------------------------------------------------------- */

struct cases { /* selectgo's own array on the caller's stack: {channel, element} each (select.go) */
	uint64_t base;
	uint64_t sends;
};

enum { SCASE_BYTES = 16 };

/* Its arguments: cas0, order0, pc0, nsends, nrecvs, block. That of receives is not kept. */
static bool find_cases(const struct snapshot *s, const struct goroutine *g, struct cases *cases)
{
	enum { TOP = 6, CAS0 = 0, NSENDS = 3 };
	struct unwinder u;
	struct frame frame;
	goroutine_unwind(&u, s, g);
	for (unsigned i = 0; i < TOP && unwind_next(&u, &frame); i++) {
		const char *name = pclntab_name(&frame.code->module->pclntab, &frame.code->func);
		if (strcmp(name, "runtime.selectgo") == 0)
			return frame_word(s, frame.argp, CAS0, &cases->base) &&
			       frame_word(s, frame.argp, NSENDS, &cases->sends) &&
			       cases->base >= g->stack_lo && cases->base < g->stack_hi &&
			       cases->sends < LIMIT_SELECT_CASES;
	}
	return false;
}

static bool holds(const struct wait_object *objects, size_t count, uint64_t addr)
{
	for (size_t i = 0; i < count; i++)
		if (objects[i].addr == addr)
			return true;
	return false;
}

/* How many cases of the array there are at least: up to the last of OBJECTS. 0 where it holds
 * something else than these and nil channels. */
static size_t count_cases(const struct snapshot *s, const struct cases *cases,
			  const struct wait_object *objects, size_t count)
{
	size_t found = 0, total = 0;
	for (size_t i = 0; found < count && i < WAIT_CASES_SHOWN; i++) {
		uint64_t channel;
		if (!image_u64(s->image, cases->base + i * SCASE_BYTES, &channel, NULL) ||
		    (channel != 0 && !holds(objects, count, channel)))
			return 0;
		found += channel != 0;
		total = i + 1;
	}
	if (found < count)
		return 0;
	return total < cases->sends ? cases->sends : total;
}

/* Sends come first; receives lie behind them in reverse (walk/select.go). */
static void take_cases(const struct snapshot *s, const struct cases *cases, size_t total,
		       struct arena *arena, struct wait_case *out)
{
	for (size_t i = 0; i < total; i++) {
		size_t from = i < cases->sends ? i : total - 1 - (i - cases->sends);
		uint64_t channel = 0;
		(void)!image_u64(s->image, cases->base + from * SCASE_BYTES, &channel, NULL);
		channel_read(s, channel, arena, &out[i].channel);
		out[i].direction = i < cases->sends ? DIRECTION_SEND : DIRECTION_RECEIVE;
	}
}

/* In which queue of the channel the goroutine stands (chan.go waitq). */
static enum wait_direction direction_of(const struct snapshot *s, const struct goroutine *g,
					uint64_t channel)
{
	enum { LOOKED_AT = 1024 };
	static const struct {
		enum rt_field first;
		enum wait_direction direction;
	} queues[] = {
		{ HCHAN_RECVQ_FIRST, DIRECTION_RECEIVE },
		{ HCHAN_SENDQ_FIRST, DIRECTION_SEND },
	};
	struct view view, sudog;
	if (!view_read(&view, s->image, &s->layout, RT_HCHAN, channel, NULL))
		return DIRECTION_UNKNOWN;
	for (size_t q = 0; q < 2; q++) {
		uint64_t addr = view_get(&view, queues[q].first);
		for (unsigned i = 0; addr != 0 && i < LOOKED_AT; i++) {
			if (!view_read(&sudog, s->image, &s->layout, RT_SUDOG, addr, NULL))
				break;
			if (view_get(&sudog, SUDOG_G) == g->addr)
				return queues[q].direction;
			addr = view_get(&sudog, SUDOG_NEXT);
		}
	}
	return DIRECTION_UNKNOWN;
}

static void read_select(const struct snapshot *s, const struct goroutine *g,
			const struct wait_object *objects, size_t count, struct arena *arena,
			struct wait *wait)
{
	struct cases cases;
	size_t total = 0;
	if (wait->case_total <= count && find_cases(s, g, &cases))
		total = count_cases(s, &cases, objects, count);
	bool found = total >= count && total <= WAIT_CASES_SHOWN;
	struct wait_case *out = arena_alloc(arena, (found ? total : count) * sizeof(*out));
	wait->cases = out;
	if (found) {
		wait->case_total = wait->case_count = total;
		take_cases(s, &cases, total, arena, out);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		channel_read(s, objects[i].addr, arena, &out[i].channel);
		out[i].direction = direction_of(s, g, objects[i].addr);
	}
	wait->case_count = count;
}

void wait_read_channels(const struct snapshot *s, const struct goroutine *g, struct arena *arena,
			struct wait *wait)
{
	struct wait_object objects[WAIT_CASES_SHOWN];
	size_t total = goroutine_wait_objects(s, g, objects, WAIT_CASES_SHOWN);
	size_t count = total < WAIT_CASES_SHOWN ? total : WAIT_CASES_SHOWN;
	if (count == 0)
		return;
	wait->object = objects[0].addr;
	wait->case_total = total;
	if (wait->kind == WAIT_SELECT) {
		read_select(s, g, objects, count, arena, wait);
		return;
	}
	struct wait_case *one = arena_alloc(arena, sizeof(*one));
	channel_read(s, objects[0].addr, arena, &one->channel);
	one->direction = wait->kind == WAIT_SEND ? DIRECTION_SEND : DIRECTION_RECEIVE;
	wait->cases = one;
	wait->case_count = wait->case_total = 1;
}
