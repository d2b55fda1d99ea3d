#include "analyzer/waitgraph.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/vec.h"

enum {
	LOCKS_MAX = 1024,
	MEMBERS_MAX = 256, /* of a group that are looked at */
	SUSPECTS_MAX = 20000,
};

struct maker {
	const struct snapshot *snapshot;
	const struct groups *groups;
	struct arena *arena;
	struct waitgraph *graph;
	VEC(struct lock_node) locks;
	struct table numbers; /* one more than the index of a lock, by address */
	VEC(struct wait_node) waits;
	VEC(struct lock_suspect) suspects;
};

/* Only these reasons can be a lock's: nothing else is read. */
static bool may_wait_for_lock(const struct snapshot *snapshot, const struct goroutine *g)
{
	const char *wait = goroutine_wait(snapshot, g);
	return !g->system && (strncmp(wait, "sync.Mutex", 10) == 0 ||
			      strncmp(wait, "sync.RWMutex", 12) == 0 ||
			      strncmp(wait, "semacquire", 10) == 0);
}

static size_t lock_of(struct maker *m, const struct wait *wait)
{
	uint64_t hash = table_hash(wait->object);
	uintptr_t number = (uintptr_t)table_find(&m->numbers, hash);
	if (number != 0)
		return number - 1;
	if (m->locks.count == LOCKS_MAX) {
		m->graph->cut = true;
		return NO_LOCK;
	}
	vec_push(&m->locks, (struct lock_node){
				    .addr = wait->object,
				    .kind = wait->kind,
				    .state = *wait,
			    });
	table_add(&m->numbers, hash, (void *)(uintptr_t)m->locks.count);
	return m->locks.count - 1;
}

static void add_waits_of_group(struct maker *m, const struct group *group)
{
	const uint32_t *members = group_members(m->groups, group);
	for (uint64_t i = 0; i < group->count && i < MEMBERS_MAX; i++) {
		struct wait wait;
		const struct goroutine *g = &m->snapshot->goroutines[members[i]];
		goroutine_wait_read(m->snapshot, g, m->arena, &wait);
		if (!wait_is_for_lock(&wait) || wait.object == 0)
			continue;
		size_t lock = lock_of(m, &wait);
		if (lock == NO_LOCK)
			continue;
		m->locks.items[lock].waiters++;
		vec_push(&m->waits, (struct wait_node){ members[i], lock, wait });
	}
	m->graph->cut |= group->count > MEMBERS_MAX;
}

static int by_goroutine(const void *a, const void *b)
{
	const struct wait_node *x = a, *y = b;
	return x->goroutine < y->goroutine ? -1 : x->goroutine > y->goroutine;
}

const struct wait_node *waitgraph_wait(const struct waitgraph *graph, uint32_t goroutine)
{
	struct wait_node key = { .goroutine = goroutine };
	if (graph->wait_count == 0)
		return NULL;
	return bsearch(&key, graph->waits, graph->wait_count, sizeof(key), by_goroutine);
}

static void add_suspects(struct maker *m)
{
	for (size_t i = 0; i < m->groups->count; i++) {
		const struct group *group = &m->groups->items[i];
		const uint32_t *members = group_members(m->groups, group);
		if (group->first->system)
			continue;
		for (uint64_t j = 0; j < group->count && j < MEMBERS_MAX; j++) {
			if (m->suspects.count == SUSPECTS_MAX) {
				m->graph->cut = true;
				return;
			}
			const struct wait_node *wait = waitgraph_wait(m->graph, members[j]);
			vec_push(&m->suspects, (struct lock_suspect){
						       members[j], wait ? wait->lock : NO_LOCK });
		}
	}
}

/* How much speaks for a holder: a goroutine that merely names the lock which it asks for is the
 * least, and then who is left when no stack names the lock. */
static unsigned worth_of(const struct holder *holder)
{
	if (holder->strong)
		return 4u + holder->exact;
	return holder->only ? 1 : holder->asks ? 0 : 2u + holder->exact;
}

/* The only one for which most speaks; NULL where there are several. */
static const struct holder *best_of(const struct lock_node *lock)
{
	const struct holder *best = NULL;
	unsigned most = 0;
	size_t count = 0;
	for (size_t i = 0; i < lock->holder_count; i++) {
		unsigned worth = worth_of(&lock->holders[i]);
		if (best != NULL && worth < most)
			continue;
		count = best != NULL && worth == most ? count + 1 : 1;
		best = &lock->holders[i];
		most = worth;
	}
	return count == 1 ? best : NULL;
}

static void find_holders(struct maker *m)
{
	struct waitgraph *graph = m->graph;
	struct lock_site *sites = arena_alloc(m->arena, graph->lock_count * sizeof(*sites));
	struct holders holders;
	for (size_t i = 0; i < graph->lock_count; i++)
		sites[i] = (struct lock_site){ graph->locks[i].addr };
	add_suspects(m);
	holders_find(m->snapshot, sites, graph->lock_count, m->suspects.items, m->suspects.count,
		     m->arena, &holders);
	for (size_t i = 0; i < holders.count; i++) {
		struct lock_node *lock = &graph->locks[holders.items[i].lock];
		if (lock->holder_count++ == 0)
			lock->holders = &holders.items[i];
	}
	for (size_t i = 0; i < graph->lock_count; i++)
		graph->locks[i].best = best_of(&graph->locks[i]);
}

void waitgraph_make(const struct snapshot *snapshot, const struct groups *groups,
		    struct arena *arena, struct waitgraph *graph)
{
	struct maker m = { .snapshot = snapshot, .groups = groups, .arena = arena, .graph = graph };
	*graph = (struct waitgraph){ .user_count = groups->user_count };
	for (size_t i = 0; i < groups->count; i++)
		if (may_wait_for_lock(snapshot, groups->items[i].first))
			add_waits_of_group(&m, &groups->items[i]);
	if (m.waits.count > 0)
		qsort(m.waits.items, m.waits.count, sizeof(*m.waits.items), by_goroutine);
	graph->wait_count = m.waits.count;
	graph->waits = vec_keep(&m.waits, arena);
	graph->lock_count = m.locks.count;
	graph->locks = vec_keep(&m.locks, arena);
	if (graph->lock_count > 0)
		find_holders(&m);
	vec_release(&m.waits);
	vec_release(&m.locks);
	vec_release(&m.suspects);
	table_release(&m.numbers);
}

const struct holder *waitgraph_holder(const struct waitgraph *graph, const struct wait_node *node)
{
	const struct lock_node *lock = &graph->locks[node->lock];
	for (size_t i = 0; i < lock->holder_count; i++) {
		const struct holder *h = &lock->holders[i];
		bool again = node->wait.kind == WAIT_RWMUTEX_READ && h->strong &&
			     h->goroutine == node->goroutine && node->wait.locked;
		if (again)
			return h;
	}
	if (lock->state.state_known && !lock->state.locked && lock->state.readers <= 0)
		return NULL; /* nobody holds it */
	/* That one may have locked twice in a function says little where others are there. */
	const struct holder *best = lock->best;
	bool alone = graph->user_count == 1;
	return best == NULL || best->strong || best->goroutine != node->goroutine || alone ? best
											   : NULL;
}

bool waitgraph_cycle(const struct waitgraph *graph, const struct wait_node *start,
		     struct wait_cycle *cycle)
{
	const struct wait_node *node = start;
	*cycle = (struct wait_cycle){ .strong = true };
	while (cycle->count < WAIT_CYCLE_MAX) {
		cycle->nodes[cycle->count++] = node;
		const struct holder *holder = waitgraph_holder(graph, node);
		if (holder == NULL)
			return false;
		cycle->strong &= holder->strong || graph->user_count == 1;
		node = waitgraph_wait(graph, holder->goroutine);
		if (node == start)
			return true;
		if (node == NULL || node < start)
			return false;
	}
	return false;
}
