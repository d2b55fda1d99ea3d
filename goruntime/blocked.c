#include "goruntime/blocked.h"

#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "goruntime/private.h"
#include "goruntime/semwaits.h"

enum wait_kind { WAIT_OTHER, WAIT_HOPELESS, WAIT_CHANNEL, WAIT_LOCK, WAIT_COND, WAIT_SEMAPHORE };

struct finder {
	const struct snapshot *snapshot;
	enum wait_kind kinds[256]; /* by g.waitreason */
	struct sem_waits sem;
	VEC(uint32_t) goroutines;
	VEC(struct blocked_object) objects;
	VEC(uint64_t) slots;
	uint64_t unknown;
};

/* By the runtime's own words (runtime2.go waitReasonStrings). Those of a synctest bubble, with
 * "(durable)" or "(synctest)" behind them, are others. */
static enum wait_kind kind_of_text(const char *text)
{
	static const struct {
		const char *text;
		enum wait_kind kind;
	} rows[] = {
		{ "chan receive (nil chan)", WAIT_HOPELESS },
		{ "chan send (nil chan)", WAIT_HOPELESS },
		{ "select (no cases)", WAIT_HOPELESS },
		{ "chan receive", WAIT_CHANNEL },
		{ "chan send", WAIT_CHANNEL },
		{ "select", WAIT_CHANNEL },
		{ "sync.Mutex.Lock", WAIT_LOCK },
		{ "sync.RWMutex.Lock", WAIT_LOCK },
		{ "sync.RWMutex.RLock", WAIT_LOCK },
		{ "sync.WaitGroup.Wait", WAIT_LOCK },
		{ "sync.Cond.Wait", WAIT_COND },
		{ "semacquire", WAIT_SEMAPHORE },
	};
	for (size_t i = 0; text != NULL && i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(text, rows[i].text) == 0)
			return rows[i].kind;
	return WAIT_OTHER;
}

static void find_kinds(struct finder *f)
{
	const struct traits *traits = &f->snapshot->private->traits;
	for (unsigned reason = 0; reason < 256; reason++) {
		enum wait_kind kind =
			kind_of_text(wait_reason_text(f->snapshot->release.minor, reason));
		if (kind == WAIT_SEMAPHORE && !traits->locks_wait_as_semacquire)
			kind = WAIT_OTHER;
		if (kind == WAIT_COND && traits->lock_waits_in_g)
			kind = WAIT_LOCK;
		f->kinds[reason] = kind;
	}
}

static bool is_waiting(const struct goroutine *g)
{
	return !g->unreadable && (g->status == G_WAITING || g->status == G_LEAKED);
}

/* Whether package sync itself waits on the semaphore: others (internal/poll, the runtime) have
 * semaphores too, of which the runtime's search knows nothing. */
static bool waits_in_sync(const struct snapshot *s, const struct goroutine *g)
{
	enum { TOP = 16 };
	struct unwinder u;
	struct frame frame;
	goroutine_unwind(&u, s, g);
	for (unsigned i = 0; i < TOP && unwind_next(&u, &frame); i++) {
		const char *name = pclntab_name(&frame.code->module->pclntab, &frame.code->func);
		if (strncmp(name, "runtime.", 8) != 0)
			return strncmp(name, "sync.", 5) == 0;
	}
	return false;
}

static uint64_t waiting_of(const struct snapshot *s, const struct goroutine *g)
{
	struct view view;
	if (!layout_has(&s->layout, G_SUDOG) ||
	    !view_read(&view, s->image, &s->layout, RT_G, g->addr, NULL))
		return 0;
	return view_get(&view, G_SUDOG);
}

static void add_object(struct finder *f, uint64_t addr)
{
	vec_push(&f->objects, (struct blocked_object){ addr, (uint32_t)f->goroutines.count });
}

static void add_slot(struct finder *f, uint64_t sudog, enum rt_field slot)
{
	if (layout_has(&f->snapshot->layout, slot))
		vec_push(&f->slots, sudog + f->snapshot->layout.field[slot].offset);
}

/* Adds what the goroutine's sudog at ADDR waits for; false where it is not its own or names
 * none. */
static bool add_sudog(struct finder *f, const struct goroutine *g, uint64_t addr,
		      enum rt_field object, enum rt_field slot, uint64_t *next)
{
	const struct snapshot *s = f->snapshot;
	struct view sudog;
	if (addr == 0 || !view_read(&sudog, s->image, &s->layout, RT_SUDOG, addr, NULL) ||
	    view_get(&sudog, SUDOG_G) != g->addr || view_get(&sudog, object) == 0)
		return false;
	add_object(f, view_get(&sudog, object));
	add_slot(f, addr, slot);
	*next = view_get(&sudog, SUDOG_WAITLINK);
	return true;
}

/* The lock: what is linked behind the sudog on g.waiting are others that wait for the same one. */
static bool add_lock(struct finder *f, const struct goroutine *g)
{
	uint64_t next;
	return add_sudog(f, g, waiting_of(f->snapshot, g), SUDOG_ELEM, SUDOG_ELEM_SLOT, &next);
}

/* The channels of the sudogs on g.waiting; false where that list does not end or names none. */
static bool add_channels(struct finder *f, const struct goroutine *g)
{
	size_t first = f->objects.count, first_slot = f->slots.count;
	uint64_t addr = waiting_of(f->snapshot, g);
	for (unsigned i = 0; addr != 0 && i < LIMIT_SELECT_CASES; i++)
		if (!add_sudog(f, g, addr, SUDOG_C, SUDOG_C_SLOT, &addr))
			break;
	if (addr == 0 && f->objects.count > first)
		return true;
	f->objects.count = first;
	f->slots.count = first_slot;
	return false;
}

static bool add_semaphore(struct finder *f, const struct goroutine *g)
{
	const struct sem_wait *wait = sem_waits_find(&f->sem, g->addr);
	if (wait == NULL || wait->object == 0)
		return false;
	add_object(f, wait->object);
	if (wait->in_sudog)
		add_slot(f, wait->sudog, SUDOG_ELEM_SLOT);
	return true;
}

static bool add_objects(struct finder *f, const struct goroutine *g, enum wait_kind kind)
{
	switch (kind) {
	case WAIT_HOPELESS:
		return true;
	case WAIT_CHANNEL:
		return add_channels(f, g);
	case WAIT_LOCK:
		if (f->snapshot->private->traits.lock_waits_in_g)
			return add_lock(f, g);
		return add_semaphore(f, g);
	case WAIT_COND:
		return add_semaphore(f, g);
	case WAIT_SEMAPHORE:
		return waits_in_sync(f->snapshot, g) && add_semaphore(f, g);
	case WAIT_OTHER:
		break;
	}
	return false;
}

/* Before 1.26 what locks are waited for is elsewhere, if anybody waits for one. */
static void read_semaphores(struct finder *f)
{
	const struct snapshot *s = f->snapshot;
	VEC(uint32_t) conds = { 0 };
	bool locks = false;
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		enum wait_kind kind = is_waiting(g) ? f->kinds[g->wait_reason] : WAIT_OTHER;
		locks |= kind == WAIT_LOCK || kind == WAIT_SEMAPHORE;
		if (kind == WAIT_COND)
			vec_push(&conds, (uint32_t)i);
	}
	if ((locks && !s->private->traits.lock_waits_in_g) || conds.count > 0)
		sem_waits_read(s, conds.items, conds.count, &f->sem);
	vec_release(&conds);
}

void blocked_find(const struct snapshot *s, struct blocked *blocked)
{
	struct finder f = { .snapshot = s };
	find_kinds(&f);
	read_semaphores(&f);
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		enum wait_kind kind = is_waiting(g) ? f.kinds[g->wait_reason] : WAIT_OTHER;
		if (kind == WAIT_OTHER)
			continue;
		if (add_objects(&f, g, kind))
			vec_push(&f.goroutines, (uint32_t)i);
		else
			f.unknown++;
	}
	sem_waits_release(&f.sem);
	*blocked = (struct blocked){
		.goroutines = f.goroutines.items,
		.count = f.goroutines.count,
		.objects = f.objects.items,
		.object_count = f.objects.count,
		.slots = f.slots.items,
		.slot_count = f.slots.count,
		.unknown = f.unknown,
	};
}

void blocked_release(struct blocked *blocked)
{
	free(blocked->goroutines);
	free(blocked->objects);
	free(blocked->slots);
	*blocked = (struct blocked){ 0 };
}
