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

/* Counts what was read, and moves together what is not dead. */
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
		if (g->unreadable)
			unreadable_note(s, g->addr);
		s->goroutines[s->goroutine_count++] = *g;
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

/* Records lie all over the heap: the memory of later ones is asked for while this one is read. */
enum { PREFETCH = 12, CACHE_LINE = 64 };

struct allgs {
	const struct snapshot *snapshot;
	uint64_t base;
};

static void prefetch_g(const struct allgs *allgs, uint64_t i, uint64_t end)
{
	uint64_t addr;
	const struct image *image = allgs->snapshot->image;
	if (i >= end || !image_u64(image, allgs->base + i * 8, &addr, NULL))
		return;
	uint32_t size = allgs->snapshot->layout.struct_size[RT_G];
	const uint8_t *g = image_at(image, addr, size);
	for (uint32_t line = 0; g != NULL && line < size; line += CACHE_LINE)
		__builtin_prefetch(g + line);
}

static void read_range(void *data, unsigned worker, size_t from, size_t to)
{
	const struct allgs *allgs = data;
	(void)worker;
	for (size_t i = from; i < to; i++) {
		uint64_t addr = 0;
		prefetch_g(allgs, i + PREFETCH, to);
		(void)!image_u64(allgs->snapshot->image, allgs->base + i * 8, &addr, NULL);
		goroutine_read(allgs->snapshot, addr, &allgs->snapshot->goroutines[i]);
	}
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
	p->goroutine_room = there + 1 + (p->unlisted < NAMED_MAX ? p->unlisted : NAMED_MAX);
	s->goroutines = arena_array(s->arena, p->goroutine_room, sizeof(*s->goroutines), err);
	if (s->goroutines == NULL)
		return error_context(err, "reading runtime.allgs");
	struct allgs allgs = { s, base };
	parallel_for(there, read_range, &allgs);
	goroutines_keep(s, there);
	return true;
}

bool goroutines_lost(struct snapshot *s, struct error *err)
{
	struct snapshot_private *p = s->private;
	s->allgs_length = s->unreadable = 0;
	p->unlisted = p->goroutine_room = NAMED_MAX;
	s->goroutines = arena_array(s->arena, NAMED_MAX, sizeof(*s->goroutines), err);
	return s->goroutines != NULL;
}

static uint64_t hash(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return key ^ key >> 32;
}

static uint64_t key_of(const struct goroutine *g, bool by_id)
{
	return by_id ? g->id : g->addr;
}

/* The slot of the first goroutine with KEY, or the empty one where it would be: damaged records may
 * share an address or id by the million. */
static uint64_t slot_of(const struct snapshot *s, const uint64_t *slots, uint64_t mask, bool by_id,
			uint64_t key)
{
	uint64_t i = hash(key) & mask;
	while (slots[i] != 0 && key_of(&s->goroutines[slots[i] - 1], by_id) != key)
		i = (i + 1) & mask;
	return i;
}

static void index_put(const struct snapshot *s, uint64_t *slots, uint64_t mask, bool by_id,
		      size_t index)
{
	uint64_t i = slot_of(s, slots, mask, by_id, key_of(&s->goroutines[index], by_id));
	if (slots[i] == 0)
		slots[i] = index + 1;
}

void goroutines_index(struct snapshot *s)
{
	struct snapshot_private *p = s->private;
	uint64_t room = 16;
	while (room < p->goroutine_room * 2)
		room *= 2;
	p->by_addr = arena_alloc(s->arena, room * sizeof(uint64_t));
	p->by_id = arena_alloc(s->arena, room * sizeof(uint64_t));
	p->by_addr_mask = p->by_id_mask = room - 1;
	for (size_t i = 0; i < s->goroutine_count; i++) {
		index_put(s, p->by_addr, p->by_addr_mask, false, i);
		if (!s->goroutines[i].unreadable)
			index_put(s, p->by_id, p->by_id_mask, true, i);
	}
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
	s->goroutines[s->goroutine_count++] = g;
	index_put(s, p->by_addr, p->by_addr_mask, false, s->goroutine_count - 1);
	index_put(s, p->by_id, p->by_id_mask, true, s->goroutine_count - 1);
}

const struct goroutine *snapshot_g(const struct snapshot *s, uint64_t addr)
{
	const struct snapshot_private *p = s->private;
	if (addr == 0 || p->by_addr == NULL)
		return NULL;
	uint64_t found = p->by_addr[slot_of(s, p->by_addr, p->by_addr_mask, false, addr)];
	return found ? &s->goroutines[found - 1] : NULL;
}

const struct goroutine *snapshot_goroutine(const struct snapshot *s, uint64_t id)
{
	const struct snapshot_private *p = s->private;
	if (p->by_id == NULL)
		return NULL;
	uint64_t found = p->by_id[slot_of(s, p->by_id, p->by_id_mask, true, id)];
	return found ? &s->goroutines[found - 1] : NULL;
}
