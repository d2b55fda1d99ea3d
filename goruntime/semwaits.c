#include "goruntime/semwaits.h"

#include "base/table.h"
#include "base/vec.h"
#include "goruntime/private.h"

/* runtime/sema.go: entries of semtable, each on cache lines of its own (internal/cpu). */
enum { SEMTABLE_SIZE = 251, LINE = 64, WIDE_LINE = 128 };

struct reader {
	const struct snapshot *snapshot;
	VEC(struct sem_wait) waits;
	uint64_t budget; /* sudogs that are still looked at: damaged lists may be circles */
	VEC(uint64_t) todo;
	struct table seen; /* addresses that were tried as a Cond's list; the item says nothing */
};

static bool sudog_read(struct reader *r, uint64_t addr, struct view *sudog)
{
	const struct snapshot *s = r->snapshot;
	if (addr == 0 || r->budget == 0)
		return false;
	r->budget--;
	return view_read(sudog, s->image, &s->layout, RT_SUDOG, addr, NULL);
}

/* A node of the tree and those that wait on the same address. */
static void read_node(struct reader *r, uint64_t node)
{
	struct view sudog;
	uint64_t addr = node;
	for (bool first = true; sudog_read(r, addr, &sudog); first = false) {
		vec_push(&r->waits, (struct sem_wait){ view_get(&sudog, SUDOG_G), addr,
						       view_get(&sudog, SUDOG_ELEM), true });
		if (first) {
			vec_push(&r->todo, view_get(&sudog, SUDOG_PREV));
			vec_push(&r->todo, view_get(&sudog, SUDOG_NEXT));
		}
		addr = view_get(&sudog, SUDOG_WAITLINK);
	}
}

static void read_table(struct reader *r)
{
	const struct snapshot *s = r->snapshot;
	uint64_t table, root;
	bool wide = s->image->arch->link_register && s->private->traits.wide_lines_on_arm64;
	uint64_t stride = wide ? WIDE_LINE : LINE;
	if (!globals_get(&s->globals, RT_SEMTABLE, &table) ||
	    !layout_has(&s->layout, SEMAROOT_TREAP) || !layout_has(&s->layout, SUDOG_PREV))
		return;
	for (unsigned i = 0; i < SEMTABLE_SIZE; i++) {
		uint64_t at = table + i * stride + s->layout.field[SEMAROOT_TREAP].offset;
		if (!image_u64(s->image, at, &root, NULL))
			continue;
		vec_push(&r->todo, root);
		while (r->todo.count > 0)
			read_node(r, r->todo.items[--r->todo.count]);
	}
}

/* --- Conds ------------------------------------------------------------------------------------ */

static bool seen_before(struct reader *r, uint64_t addr)
{
	uint64_t hash = table_hash(addr);
	if (table_find(&r->seen, hash) != NULL)
		return true;
	table_add(&r->seen, hash, r);
	return false;
}

/* Whether LIST is a notifyList whose sudogs are waiting goroutines' and include one of G. Those of
 * all of them are added then. */
static bool read_list(struct reader *r, uint64_t list, uint64_t g)
{
	const struct snapshot *s = r->snapshot;
	uint64_t head, tail, addr, last = 0;
	struct view sudog;
	size_t first = r->waits.count;
	bool found = false;
	uint64_t at = list + s->layout.field[NOTIFYLIST_HEAD].offset;
	if (!image_u64(s->image, at, &head, NULL) || !image_u64(s->image, at + 8, &tail, NULL) ||
	    head == 0 || tail == 0 || head % 8 != 0)
		return false;
	for (addr = head; sudog_read(r, addr, &sudog); addr = view_get(&sudog, SUDOG_NEXT)) {
		const struct goroutine *waiter = snapshot_g(s, view_get(&sudog, SUDOG_G));
		if (waiter == NULL || (waiter->status != G_WAITING && waiter->status != G_LEAKED))
			break;
		found |= waiter->addr == g;
		vec_push(&r->waits, (struct sem_wait){ waiter->addr, addr, list, false });
		last = addr;
	}
	if (found && addr == 0 && last == tail)
		return true;
	r->waits.count = first;
	return false;
}

static bool has_wait(const struct reader *r, size_t from, uint64_t g)
{
	for (size_t i = from; i < r->waits.count; i++)
		if (r->waits.items[i].g == g)
			return true;
	return false;
}

/* The frames of sync.(*Cond).Wait and what it calls are at the top of the stack. */
static void find_list(struct reader *r, const struct goroutine *g, uint8_t *known)
{
	enum { TOP = 1024 };
	const struct snapshot *s = r->snapshot;
	if (known[g - s->goroutines])
		return;
	for (uint64_t sp = g->sched_sp; sp < g->sched_sp + TOP && sp < g->stack_hi; sp += 8) {
		uint64_t word;
		size_t first = r->waits.count;
		if (!image_u64(s->image, sp, &word, NULL))
			return;
		if (word < 4096 || word % 4 != 0 || (word >= g->stack_lo && word < g->stack_hi) ||
		    seen_before(r, word) || !read_list(r, word, g->addr))
			continue;
		for (size_t i = first; i < r->waits.count; i++) {
			const struct goroutine *waiter = snapshot_g(s, r->waits.items[i].g);
			known[waiter - s->goroutines] = 1;
		}
		if (has_wait(r, first, g->addr))
			return;
	}
}

static void read_conds(struct reader *r, const uint32_t *conds, size_t count)
{
	const struct snapshot *s = r->snapshot;
	if (count == 0 || !layout_has(&s->layout, NOTIFYLIST_HEAD))
		return;
	uint8_t *known = memory_grow(NULL, s->goroutine_count + 1);
	memset(known, 0, s->goroutine_count + 1);
	for (size_t i = 0; i < count; i++)
		find_list(r, &s->goroutines[conds[i]], known);
	free(known);
	table_release(&r->seen);
}

static int by_g(const void *a, const void *b)
{
	const struct sem_wait *x = a, *y = b;
	return x->g < y->g ? -1 : x->g > y->g;
}

void sem_waits_read(const struct snapshot *s, const uint32_t *conds, size_t cond_count,
		    struct sem_waits *waits)
{
	struct reader r = { .snapshot = s, .budget = 4 * (s->allgs_length + 1024) };
	read_table(&r);
	r.budget += 16 * (s->allgs_length + 1024);
	read_conds(&r, conds, cond_count);
	vec_release(&r.todo);
	if (r.waits.count > 0)
		qsort(r.waits.items, r.waits.count, sizeof(*r.waits.items), by_g);
	*waits = (struct sem_waits){ r.waits.items, r.waits.count };
}

void sem_waits_release(struct sem_waits *waits)
{
	free(waits->items);
	*waits = (struct sem_waits){ 0 };
}

const struct sem_wait *sem_waits_find(const struct sem_waits *waits, uint64_t g)
{
	struct sem_wait key = { .g = g };
	if (waits->count == 0)
		return NULL;
	return bsearch(&key, waits->items, waits->count, sizeof(*waits->items), by_g);
}
