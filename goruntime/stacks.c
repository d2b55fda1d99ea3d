/* Interned stacks: goroutines with the same list of pcs share one. */
#include <string.h>

#include "base/parallel.h"
#include "base/table.h"
#include "base/vec.h"
#include "goruntime/private.h"

struct entry {
	uint64_t hash[2];
	struct stack stack;
};

struct stacks {
	struct arena arena;
	struct table table; /* struct entry by the first half of the hash */
	VEC(struct entry *) by_id;
	VEC(struct stack_frame) scratch;
};

static struct stacks *stacks_create(void)
{
	struct stacks *all = memory_grow(NULL, sizeof(*all));
	*all = (struct stacks){ 0 };
	arena_init(&all->arena);
	return all;
}

void stacks_destroy(struct stacks *all)
{
	if (all == NULL)
		return;
	vec_release(&all->by_id);
	vec_release(&all->scratch);
	table_release(&all->table);
	arena_release(&all->arena);
	free(all);
}

static void mix(uint64_t hash[2], uint64_t word)
{
	hash[0] = (hash[0] ^ word) * 0x9fb21c651e98df25u;
	hash[0] ^= hash[0] >> 32;
	hash[1] = (hash[1] + word) * 0xd6e8feb86659fd93u;
	hash[1] ^= hash[1] >> 29;
}

static struct entry *find(const struct stacks *all, const uint64_t hash[2])
{
	struct entry *e;
	size_t probe = 0;
	while ((e = table_next(&all->table, hash[0], &probe)) != NULL)
		if (e->hash[1] == hash[1])
			break;
	return e;
}

/* Walks into the scratch list: every frame while they are few, then the first ones and, behind
 * them, a ring of the last ones. */
static uint32_t walk(struct stacks *all, struct unwinder *u, uint64_t only_g, uint64_t hash[2])
{
	struct frame f;
	uint32_t depth = 0;
	vec_reserve(&all->scratch, STACK_KEEP_ALL);
	while (unwind_next(u, &f)) {
		if (f.g != only_g)
			continue;
		mix(hash, f.pc);
		mix(hash, f.lookup_pc);
		uint32_t at = depth < STACK_KEEP_ALL ? depth
						     : STACK_KEEP_ENDS + depth % STACK_KEEP_ENDS;
		all->scratch.items[at] = (struct stack_frame){ f.pc, f.lookup_pc };
		depth++;
	}
	mix(hash, u->end);
	mix(hash, depth);
	return depth;
}

static struct entry *intern(struct stacks *all, const uint64_t hash[2], uint32_t depth,
			    enum unwind_end end)
{
	struct entry *e = find(all, hash);
	if (e != NULL)
		return e;
	bool cut = depth > STACK_KEEP_ALL;
	uint32_t kept = cut ? STACK_KEEP_ENDS : depth; /* of a deep one the innermost ones */
	e = arena_alloc(&all->arena, sizeof(*e));
	struct stack_frame *frames = arena_alloc(&all->arena, (kept + 1) * sizeof(*frames));
	memcpy(frames, all->scratch.items, kept * sizeof(*frames));
	*e = (struct entry){
		.hash = { hash[0], hash[1] },
		.stack = { .id = (uint32_t)all->by_id.count, .depth = depth, .kept = kept, .end = end,
			   .frames = frames },
	};
	table_add(&all->table, hash[0], e);
	vec_push(&all->by_id, e);
	return e;
}

/* Stacks are walked in the order of allgs: the top of a later one is fetched meanwhile. */
static void prefetch_stack(const struct snapshot *s, size_t index)
{
	enum { AHEAD = 6, LINES = 6, CACHE_LINE = 64 };
	if (index + AHEAD >= s->goroutine_count)
		return;
	uint64_t sp = s->goroutines[index + AHEAD].sched_sp;
	struct bytes rest = image_rest(s->image, sp);
	for (size_t line = 0; line < LINES && line * CACHE_LINE < rest.size; line++)
		__builtin_prefetch(rest.data + line * CACHE_LINE);
}

/* --- all of them at once ------------------------------------------------------------------------ */

struct walked { /* what tells a stack apart, before it is interned */
	uint64_t hash[2];
	bool done;
};

struct walkers {
	const struct snapshot *snapshot;
	struct walked *walked; /* per goroutine */
	struct code_cache *code[PARALLEL_MAX]; /* a cache per thread */
};

static void hash_start(uint64_t hash[2])
{
	hash[0] = 0x51ed270b;
	hash[1] = 0x2545f491;
}

/* The hash of walk(), of a goroutine that is parked: a running one's beginning needs its thread. */
static void walk_hash(struct walkers *all, unsigned worker, size_t index)
{
	const struct goroutine *g = &all->snapshot->goroutines[index];
	struct walked *w = &all->walked[index];
	struct unwinder u;
	struct frame f;
	uint32_t depth = 0;
	if (g->unreadable || g->thread != NO_INDEX)
		return;
	prefetch_stack(all->snapshot, index);
	goroutine_unwind(&u, all->snapshot, g);
	u.code = all->code[worker];
	hash_start(w->hash);
	while (unwind_next(&u, &f)) {
		mix(w->hash, f.pc);
		mix(w->hash, f.lookup_pc);
		depth++;
	}
	mix(w->hash, u.end);
	mix(w->hash, depth);
	w->done = true;
}

static void walk_range(void *data, unsigned worker, size_t from, size_t to)
{
	struct walkers *all = data;
	for (size_t i = from; i < to; i++)
		walk_hash(all, worker, i);
}

void snapshot_walk_stacks(const struct snapshot *s)
{
	struct snapshot_private *p = s->private;
	struct walkers all = { .snapshot = s };
	if (p->stack_of != NULL || s->goroutine_count == 0)
		return;
	(void)goroutine_stack(s, &s->goroutines[0]); /* makes the tables */
	struct arena scratch;
	arena_init(&scratch);
	all.walked = arena_alloc(&scratch, s->goroutine_count * sizeof(*all.walked));
	for (unsigned i = 0; i < PARALLEL_MAX; i++)
		all.code[i] = i < parallel_workers() ? code_cache_create(&s->modules) : NULL;
	parallel_for(s->goroutine_count, walk_range, &all);
	for (size_t i = 0; i < s->goroutine_count; i++) {
		if (!all.walked[i].done || p->stack_of[i] != 0)
			continue;
		const struct entry *e = find(p->stacks, all.walked[i].hash);
		if (e != NULL)
			p->stack_of[i] = e->stack.id + 1;
		else
			(void)goroutine_stack(s, &s->goroutines[i]);
	}
	for (unsigned i = 0; i < PARALLEL_MAX; i++)
		code_cache_destroy(all.code[i]);
	arena_release(&scratch);
}

const struct stack *goroutine_stack(const struct snapshot *s, const struct goroutine *g)
{
	struct snapshot_private *p = s->private;
	if (p->stacks == NULL)
		p->stacks = stacks_create();
	if (p->stack_of == NULL)
		p->stack_of = arena_alloc(s->arena, (s->goroutine_count + 1) * sizeof(uint32_t));
	uint32_t *id = &p->stack_of[g - s->goroutines];
	if (*id != 0)
		return &p->stacks->by_id.items[*id - 1]->stack;
	struct unwinder u;
	uint64_t hash[2];
	hash_start(hash);
	goroutine_unwind(&u, s, g);
	uint32_t depth = walk(p->stacks, &u, g->addr, hash);
	struct entry *e = intern(p->stacks, hash, depth, u.end);
	*id = e->stack.id + 1;
	return &e->stack;
}

size_t snapshot_stack_count(const struct snapshot *s)
{
	return s->private->stacks ? s->private->stacks->by_id.count : 0;
}
