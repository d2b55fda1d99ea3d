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
	s->unreadable = length - there;
	s->goroutines = arena_array(s->arena, there + 1, sizeof(*s->goroutines), err);
	if (s->goroutines == NULL)
		return error_context(err, "reading runtime.allgs");
	struct allgs allgs = { s, base };
	parallel_for(there, read_range, &allgs);
	goroutines_keep(s, there);
	return true;
}

static uint64_t hash(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return key ^ key >> 32;
}

static void index_put(uint64_t *slots, uint64_t mask, uint64_t key, uint64_t index)
{
	uint64_t i = hash(key) & mask;
	while (slots[i] != 0)
		i = (i + 1) & mask;
	slots[i] = index + 1;
}

void goroutines_index(struct snapshot *s)
{
	struct snapshot_private *p = s->private;
	uint64_t room = 16;
	while (room < s->goroutine_count * 2)
		room *= 2;
	p->by_addr = arena_alloc(s->arena, room * sizeof(uint64_t));
	p->by_id = arena_alloc(s->arena, room * sizeof(uint64_t));
	p->by_addr_mask = p->by_id_mask = room - 1;
	for (size_t i = 0; i < s->goroutine_count; i++) {
		index_put(p->by_addr, p->by_addr_mask, s->goroutines[i].addr, i);
		if (!s->goroutines[i].unreadable)
			index_put(p->by_id, p->by_id_mask, s->goroutines[i].id, i);
	}
}

const struct goroutine *snapshot_g(const struct snapshot *s, uint64_t addr)
{
	const struct snapshot_private *p = s->private;
	if (addr == 0 || p->by_addr == NULL)
		return NULL;
	for (uint64_t i = hash(addr) & p->by_addr_mask; p->by_addr[i] != 0;
	     i = (i + 1) & p->by_addr_mask)
		if (s->goroutines[p->by_addr[i] - 1].addr == addr)
			return &s->goroutines[p->by_addr[i] - 1];
	return NULL;
}

const struct goroutine *snapshot_goroutine(const struct snapshot *s, uint64_t id)
{
	const struct snapshot_private *p = s->private;
	if (p->by_id == NULL)
		return NULL;
	for (uint64_t i = hash(id) & p->by_id_mask; p->by_id[i] != 0; i = (i + 1) & p->by_id_mask)
		if (s->goroutines[p->by_id[i] - 1].id == id)
			return &s->goroutines[p->by_id[i] - 1];
	return NULL;
}
