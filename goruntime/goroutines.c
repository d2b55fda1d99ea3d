#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "base/parallel.h"
#include "goruntime/private.h"

const char *g_status_text(unsigned status)
{
	static const char *const names[] = {
		[G_IDLE] = "idle",	     [G_RUNNABLE] = "runnable",
		[G_RUNNING] = "running",     [G_SYSCALL] = "syscall",
		[G_WAITING] = "waiting",     [G_DEAD] = "dead",
		[G_COPYSTACK] = "copystack", [G_PREEMPTED] = "preempted",
		[G_LEAKED] = "leaked",	     [G_DEADEXTRA] = "deadextra",
	};
	const char *name = status < sizeof(names) / sizeof(names[0]) ? names[status] : NULL;
	return name ? name : "unknown";
}

static bool is_dead(unsigned status)
{
	return status == G_DEAD || status == G_DEADEXTRA;
}

static bool plausible(const struct goroutine *g)
{
	return g->stack_lo < g->stack_hi && g->stack_hi - g->stack_lo <= (uint64_t)4 << 30;
}

static void goroutine_fill(const struct view *view, struct goroutine *g)
{
	uint64_t status = view_get(view, G_ATOMICSTATUS);
	g->scan = (status & G_SCAN) != 0;
	status &= ~(uint64_t)G_SCAN;
	g->status = (uint8_t)(status < G_STATUS_SLOTS ? status : G_STATUS_SLOTS - 1);
	g->id = view_get(view, G_GOID);
	g->stack_lo = view_get(view, G_STACK_LO);
	g->stack_hi = view_get(view, G_STACK_HI);
	g->sched_pc = view_get(view, G_SCHED_PC);
	g->sched_sp = view_get(view, G_SCHED_SP);
	g->sched_lr = view_get(view, G_SCHED_LR);
	g->syscall_pc = view_get(view, G_SYSCALLPC);
	g->syscall_sp = view_get(view, G_SYSCALLSP);
	g->m = view_get(view, G_M);
	g->locked_m = view_get(view, G_LOCKEDM);
	g->panic = view_get(view, G_PANIC);
	g->labels = view_get(view, G_LABELS);
	g->gopc = view_get(view, G_GOPC);
	g->startpc = view_get(view, G_STARTPC);
	g->ancestors = view_get(view, G_ANCESTORS);
	g->parent = view_get(view, G_PARENTGOID);
	g->waitsince = view_signed(view, G_WAITSINCE);
	g->wait_reason = (uint8_t)view_get(view, G_WAITREASON);
	uint64_t bubble = view_get(view, G_BUBBLE);
	g->bubble = bubble ? bubble : view_get(view, G_SYNCGROUP);
	g->bad_stack = !plausible(g);
}

/* The array behind allgs: base and length. allgptr and allglen are what the runtime publishes
 * atomically (proc.go allgadd); allgs itself is the second choice. */
static bool allgs_find(const struct snapshot *s, uint64_t *base, uint64_t *length,
		       struct error *err)
{
	uint64_t ptr_addr, len_addr, allgs;
	if (globals_get(&s->globals, RT_ALLGPTR, &ptr_addr) &&
	    globals_get(&s->globals, RT_ALLGLEN, &len_addr) &&
	    image_u64(s->image, ptr_addr, base, err) && image_u64(s->image, len_addr, length, err) &&
	    (*length > 0 || *base != 0))
		return true;
	if (!globals_get(&s->globals, RT_ALLGS, &allgs))
		return error_set(err, ERROR_NOT_FOUND, 0, "runtime.allgs was not found");
	return image_u64(s->image, allgs, base, err) &&
	       image_u64(s->image, allgs + 8, length, err);
}

/* One element of allgs as it is; damage is told later, in order. */
static void goroutine_read(const struct snapshot *s, uint64_t addr, struct goroutine *g)
{
	struct view view;
	*g = (struct goroutine){ .addr = addr, .thread = NO_INDEX };
	if (view_read(&view, s->image, &s->layout, RT_G, addr, NULL)) {
		goroutine_fill(&view, g);
	} else {
		g->unreadable = true;
		g->status = G_STATUS_SLOTS - 1;
	}
}

static void unreadable_note(struct snapshot *s, uint64_t addr)
{
	struct view view;
	struct error err = ERROR_INIT;
	if (!view_read(&view, s->image, &s->layout, RT_G, addr, &err))
		caveats_add(s->caveats, CAVEAT_WEAKENS, addr, "goroutines",
			    "a goroutine's record cannot be read: %s", err.text);
}

/* Goroutines made one after the other lie in spans of 8 KB all over the heap (mcache.go). */
enum { SPAN = 8192 };

static uint64_t hash(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return key ^ key >> 32;
}

/* Where the search for KEY begins: goroutines that follow each other in id, or in a span, are put
 * into slots that are close together, as they are looked for one after the other. */
static uint64_t first_slot(uint64_t key, bool by_id)
{
	if (by_id)
		return (hash(key >> 4) << 4) + (key & 15);
	return (hash(key / SPAN) << 5) + (key % SPAN >> 8);
}

static uint64_t key_of(const struct goroutine *g, bool by_id)
{
	return by_id ? g->id : g->addr;
}

/* The slot of the first goroutine with KEY, or the empty one where it would be: damaged records may
 * share an address or id by the million. */
static uint64_t *slot_of(const struct snapshot *s, uint64_t *slots, bool by_id, uint64_t key)
{
	uint64_t tag = hash(key) >> 32, i = first_slot(key, by_id) & s->private->slot_mask;
	while (slots[i] != 0 &&
	       (slots[i] >> 32 != tag ||
		key_of(&s->goroutines[(uint32_t)slots[i] - 1], by_id) != key))
		i = (i + 1) & s->private->slot_mask;
	return &slots[i];
}

/* False where another goroutine has that key already. */
static bool index_put(const struct snapshot *s, uint64_t *slots, bool by_id, size_t index)
{
	uint64_t key = key_of(&s->goroutines[index], by_id);
	uint64_t *slot = slot_of(s, slots, by_id, key);
	if (*slot != 0)
		return false;
	*slot = hash(key) >> 32 << 32 | (index + 1);
	return true;
}

static void goroutine_index(struct snapshot *s, size_t index)
{
	struct snapshot_private *p = s->private;
	index_put(s, p->by_addr, false, index);
	if (!s->goroutines[index].unreadable)
		p->twins += !index_put(s, p->by_id, true, index);
}

static bool make_room(struct snapshot *s, uint64_t goroutines, struct error *err)
{
	struct snapshot_private *p = s->private;
	uint64_t slots = 16;
	while (slots < goroutines * 2)
		slots *= 2;
	p->goroutine_room = goroutines;
	p->slot_mask = slots - 1;
	s->goroutines = arena_array(s->arena, goroutines, sizeof(*s->goroutines), err);
	p->by_addr = arena_array(s->arena, slots, sizeof(*p->by_addr), err);
	p->by_id = arena_array(s->arena, slots, sizeof(*p->by_id), err);
	return s->goroutines != NULL && p->by_addr != NULL && p->by_id != NULL;
}

/* The one pass over all: counts what was read, moves together what is not dead, and indexes it. */
static void goroutines_keep(struct snapshot *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		s->by_status[g->status]++;
		s->dead += g->status == G_DEAD;
		s->deadextra += g->status == G_DEADEXTRA;
		if (is_dead(g->status))
			continue;
		s->unreadable += g->unreadable;
		s->private->bad_stacks += g->bad_stack;
		s->private->bad_statuses += !g->unreadable && g->status == G_STATUS_SLOTS - 1;
		if (g->unreadable)
			unreadable_note(s, g->addr);
		if (g->waitsince > s->now_lower_bound)
			s->now_lower_bound = g->waitsince;
		if (s->goroutine_count != i)
			s->goroutines[s->goroutine_count] = *g;
		goroutine_index(s, s->goroutine_count++);
	}
}

/* How many of LENGTH pointers at BASE can be read: a cut core may hold only the first ones. */
static uint64_t readable_prefix(const struct snapshot *s, uint64_t base, uint64_t length)
{
	uint64_t addr = base, end = base + length * 8;
	while (addr < end) {
		struct bytes rest = image_rest(s->image, addr);
		if (rest.size == 0)
			break;
		addr = rest.size >= end - addr ? end : addr + rest.size;
	}
	return (addr - base) / 8;
}

/* A span is copied once for the dozen of goroutines in it. */

struct span {
	uint64_t lo; /* 0: nothing read yet */
	bool there;
	uint8_t bytes[SPAN];
};

struct allgs {
	const struct snapshot *snapshot;
	uint64_t base;
};

static const uint8_t *span_at(struct span *span, const struct image *image, uint64_t addr,
			      uint32_t size)
{
	uint64_t offset = addr % SPAN;
	if (size == 0 || offset + size > SPAN)
		return NULL;
	if (span->lo != addr - offset) {
		span->lo = addr - offset;
		span->there = image_read_once(image, span->lo, span->bytes, SPAN);
	}
	return span->there ? span->bytes + offset : NULL;
}

static void read_range(void *data, unsigned worker, size_t from, size_t to)
{
	const struct allgs *allgs = data;
	const struct snapshot *s = allgs->snapshot;
	struct span span;
	struct view view;
	(void)worker;
	span.lo = 0;
	span.there = false; /* a wild address may lie in the span at 0 */
	for (size_t i = from; i < to; i++) {
		uint64_t addr = 0;
		struct goroutine *g = &s->goroutines[i];
		(void)!image_u64(s->image, allgs->base + i * 8, &addr, NULL);
		const uint8_t *bytes = span_at(&span, s->image, addr, s->layout.struct_size[RT_G]);
		if (bytes == NULL) {
			goroutine_read(s, addr, g);
			continue;
		}
		*g = (struct goroutine){ .addr = addr, .thread = NO_INDEX };
		view_in(&view, &s->layout, RT_G, addr, bytes);
		goroutine_fill(&view, g);
	}
}

/* A g is never idle once it is in allgs, its id is its own (proc.go newproc1, oneNewExtraM). Damage
 * takes a few; where most are so, allgs is another thing. */
static bool check_list(const struct snapshot *s, struct error *err)
{
	enum { FEW = 4 };
	const struct snapshot_private *p = s->private;
	uint64_t count = s->goroutine_count;
	uint64_t bad = s->by_status[G_IDLE] + p->bad_statuses;
	if (p->twins > bad)
		bad = p->twins;
	for (size_t i = 0; i < s->goroutine_count && bad * 2 > count; i++)
		count -= s->goroutines[i].unreadable;
	if (count < FEW || bad * 2 <= count)
		return true;
	return error_set(err, ERROR_FORMAT, 0,
			 "what allgs holds is no list of goroutines: %" PRIu64 " of %" PRIu64
			 " are in no state that one can be in, or share an id",
			 bad, count);
}

enum { NAMED_MAX = 4096 }; /* goroutines that are listed since a thread names them */

bool goroutines_read(struct snapshot *s, struct error *err)
{
	uint64_t base = 0, length = 0;
	if (!allgs_find(s, &base, &length, err))
		return error_context(err, "reading runtime.allgs");
	if (length > LIMIT_GOROUTINES)
		return error_set(err, ERROR_LIMIT, base, "runtime.allgs has %llu goroutines: too many",
				 (unsigned long long)length);
	s->allgs_length = length;
	uint64_t there = readable_prefix(s, base, length);
	if (there < length)
		caveats_add(s->caveats, CAVEAT_WEAKENS, base + there * 8, "goroutines",
			    "%llu of %llu goroutines cannot be listed: that part of allgs is not in "
			    "the core",
			    (unsigned long long)(length - there), (unsigned long long)length);
	struct snapshot_private *p = s->private;
	s->unreadable = p->unlisted = length - there;
	if (!make_room(s, there + 1 + (p->unlisted < NAMED_MAX ? p->unlisted : NAMED_MAX), err))
		return error_context(err, "reading runtime.allgs");
	struct allgs allgs = { s, base };
	parallel_for(there, read_range, &allgs);
	goroutines_keep(s, there);
	return check_list(s, err);
}

const struct goroutine *goroutine_of_stack(const struct snapshot *s, uint64_t addr)
{
	for (size_t i = 0; i < s->goroutine_count; i++)
		if (!s->goroutines[i].unreadable && addr >= s->goroutines[i].stack_lo &&
		    addr < s->goroutines[i].stack_hi)
			return &s->goroutines[i];
	return NULL;
}

bool goroutines_dead_stack(const struct snapshot *s, uint64_t addr, uint64_t *id)
{
	uint64_t base = 0, length = 0, g;
	struct goroutine dead;
	if (s->dead == 0 || !allgs_find(s, &base, &length, NULL) || length > LIMIT_GOROUTINES)
		return false;
	for (uint64_t i = 0; i < length && image_u64(s->image, base + i * 8, &g, NULL); i++) {
		goroutine_read(s, g, &dead);
		if (dead.unreadable || dead.status != G_DEAD || addr < dead.stack_lo ||
		    addr >= dead.stack_hi)
			continue;
		*id = dead.id;
		return true;
	}
	return false;
}

bool goroutines_lost(struct snapshot *s, struct error *err)
{
	struct snapshot_private *p = s->private;
	s->allgs_length = s->unreadable = s->dead = s->deadextra = s->goroutine_count = 0;
	memset(s->by_status, 0, sizeof(s->by_status));
	p->bad_stacks = p->bad_statuses = p->twins = 0;
	p->unlisted = NAMED_MAX;
	return make_room(s, NAMED_MAX, err);
}

void goroutines_add_named(struct snapshot *s, uint64_t addr)
{
	struct goroutine g;
	struct snapshot_private *p = s->private;
	if (addr == 0 || p->unlisted == 0 || s->goroutine_count >= p->goroutine_room ||
	    snapshot_g(s, addr) != NULL)
		return;
	goroutine_read(s, addr, &g);
	if (g.unreadable || g.bad_stack || g.id == 0 || is_dead(g.status))
		return;
	p->unlisted--;
	if (s->unreadable > 0)
		s->unreadable--; /* of those of allgs that are missing */
	else
		s->allgs_length++; /* how many there are is not known */
	s->by_status[g.status]++;
	s->goroutines[s->goroutine_count] = g;
	goroutine_index(s, s->goroutine_count++);
}

const struct goroutine *snapshot_g(const struct snapshot *s, uint64_t addr)
{
	const struct snapshot_private *p = s->private;
	if (addr == 0 || p->by_addr == NULL)
		return NULL;
	uint32_t found = (uint32_t)*slot_of(s, p->by_addr, false, addr);
	return found ? &s->goroutines[found - 1] : NULL;
}

const struct goroutine *snapshot_goroutine(const struct snapshot *s, uint64_t id)
{
	const struct snapshot_private *p = s->private;
	if (p->by_id == NULL)
		return NULL;
	uint32_t found = (uint32_t)*slot_of(s, p->by_id, true, id);
	return found ? &s->goroutines[found - 1] : NULL;
}
