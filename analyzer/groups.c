#include "analyzer/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/vec.h"

/* What goroutines of one group have in common. Without padding, so that it is hashed and compared
 * as bytes. */
struct key {
	uint64_t created; /* pc of the go statement */
	uint64_t start;	  /* entry of the started function; 0 where the stack tells */
	uint32_t stack;	  /* id; 0 where stacks were not asked for */
	uint8_t status, wait, system, unreadable;
};

struct entry {
	struct key key;
	uint32_t number; /* in the order in which they were met */
	const struct stack *stack;
	uint32_t count;
	double longest_wait;
	uint64_t stack_bytes;
};

struct entries {
	struct arena *arena;
	VEC(struct entry *) all;
	struct table by_key;
};

static uint64_t hash_key(const struct key *key)
{
	uint64_t words[3], hash = 0;
	_Static_assert(sizeof(words) == sizeof(*key), "a key has no padding");
	memcpy(words, key, sizeof(words));
	for (size_t i = 0; i < 3; i++)
		hash = table_hash_add(hash, words[i]);
	return hash;
}

/* The entry with KEY, a new one where there is none yet. */
static struct entry *entry_of(struct entries *entries, const struct key *key)
{
	uint64_t hash = hash_key(key);
	struct entry *entry;
	size_t probe = 0;
	while ((entry = table_next(&entries->by_key, hash, &probe)) != NULL)
		if (memcmp(&entry->key, key, sizeof(*key)) == 0)
			return entry;
	entry = arena_alloc(entries->arena, sizeof(*entry));
	*entry = (struct entry){
		.key = *key,
		.number = (uint32_t)entries->all.count,
		.longest_wait = -1,
	};
	vec_push(&entries->all, entry);
	table_add(&entries->by_key, hash, entry);
	return entry;
}

static struct key key_of(const struct goroutine *g, const struct stack *stack)
{
	bool waits = g->status == G_WAITING || g->status == G_LEAKED;
	return (struct key){
		.created = g->gopc,
		.start = stack == NULL ? g->startpc : 0,
		.stack = stack == NULL ? 0 : stack->id,
		.status = g->status,
		.wait = waits ? g->wait_reason : 0,
		.system = g->system,
		.unreadable = g->unreadable,
	};
}

struct ids { /* of the goroutines in the order of allgs */
	uint64_t largest;
	bool ascending;
	uint64_t user_count; /* goroutines that are not the runtime's own */
};

static void add_member(struct entry *entry, const struct goroutine *g, double wait)
{
	entry->count++;
	if (wait > entry->longest_wait)
		entry->longest_wait = wait;
	if (g->stack_hi > g->stack_lo)
		entry->stack_bytes += g->stack_hi - g->stack_lo;
}

/* Puts each goroutine into its entry; GROUP_OF gets the entry's number. The one pass that looks at
 * whole records, which are what costs. */
static struct ids sort_into(const struct snapshot *snapshot, bool stacks, struct entries *entries,
			    uint32_t *group_of)
{
	struct ids ids = { .ascending = true };
	uint64_t last = 0;
	if (stacks)
		snapshot_walk_stacks(snapshot);
	for (size_t i = 0; i < snapshot->goroutine_count; i++) {
		const struct goroutine *g = &snapshot->goroutines[i];
		const struct stack *stack = stacks ? goroutine_stack(snapshot, g) : NULL;
		struct key key = key_of(g, stack);
		struct entry *entry = entry_of(entries, &key);
		group_of[i] = entry->number;
		entry->stack = stack;
		add_member(entry, g, goroutine_wait_seconds(snapshot, g));
		ids.ascending &= g->id >= last;
		ids.largest = g->id > ids.largest ? g->id : ids.largest;
		ids.user_count += !g->system;
		last = g->id;
	}
	return ids;
}

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

struct numbered {
	uint64_t id;
	uint32_t index;
};

/* One pass of a stable radix sort by digit SHIFT of the id. */
static void sort_digit(unsigned shift, size_t n, const struct numbered *from, struct numbered *to)
{
	size_t starts[DIGITS + 1] = { 0 };
	for (size_t i = 0; i < n; i++)
		starts[(from[i].id >> shift & (DIGITS - 1)) + 1]++;
	for (size_t d = 0; d < DIGITS; d++)
		starts[d + 1] += starts[d];
	for (size_t i = 0; i < n; i++)
		to[starts[from[i].id >> shift & (DIGITS - 1)]++] = from[i];
}

/* All goroutines in the order of their ids, in SCRATCH; NULL where that is the order they have. */
static const struct numbered *order_by_id(const struct snapshot *snapshot, const struct ids *ids,
					  struct arena *scratch)
{
	size_t n = snapshot->goroutine_count;
	if (ids->ascending)
		return NULL;
	struct numbered *order = arena_alloc(scratch, n * sizeof(*order));
	struct numbered *spare = arena_alloc(scratch, n * sizeof(*spare));
	for (size_t i = 0; i < n; i++)
		order[i] = (struct numbered){ snapshot->goroutines[i].id, (uint32_t)i };
	for (unsigned shift = 0; shift < 64 && ids->largest >> shift != 0; shift += DIGIT_BITS) {
		sort_digit(shift, n, order, spare);
		struct numbered *swap = order;
		order = spare;
		spare = swap;
	}
	return order;
}

static int largest_first(const void *a, const void *b)
{
	const struct group *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->first_id != y->first_id)
		return x->first_id < y->first_id ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* The groups, with room for their members in one array. */
static void make_groups(const struct entries *entries, struct group *items, const uint64_t *ids)
{
	size_t start = 0;
	for (size_t e = 0; e < entries->all.count; e++) {
		const struct entry *entry = entries->all.items[e];
		items[e] = (struct group){
			.ids = ids + start,
			.stack = entry->stack,
			.longest_wait = entry->longest_wait,
			.stack_bytes = entry->stack_bytes,
		};
		start += entry->count;
	}
}

/* Lays the members out group by group, in the order of ids. ORDER may be NULL: as they are. */
static void lay_out(const struct snapshot *snapshot, const struct entries *entries,
		    const uint32_t *group_of, const struct numbered *order,
		    struct arena *arena, struct groups *groups)
{
	size_t n = snapshot->goroutine_count, count = entries->all.count;
	uint64_t *ids = arena_alloc(arena, n * sizeof(*ids));
	uint32_t *members = arena_alloc(arena, n * sizeof(*members));
	struct group *items = arena_alloc(arena, count * sizeof(*items));
	make_groups(entries, items, ids);
	for (size_t i = 0; i < n; i++) {
		uint32_t index = order ? order[i].index : (uint32_t)i;
		const struct goroutine *g = &snapshot->goroutines[index];
		struct group *group = &items[group_of[index]];
		size_t at = (size_t)(group->ids - ids) + group->count++;
		ids[at] = g->id;
		members[at] = index;
		if (group->first == NULL) {
			group->first = g;
			group->first_id = g->id;
		}
	}
	qsort(items, count, sizeof(*items), largest_first);
	groups->items = items;
	groups->count = count;
	groups->ids = ids;
	groups->members = members;
}

void groups_make(const struct snapshot *snapshot, bool stacks, struct arena *arena,
		 struct groups *groups)
{
	size_t n = snapshot->goroutine_count;
	*groups = (struct groups){ .stacks = stacks };
	if (n == 0)
		return;
	struct arena scratch;
	arena_init(&scratch);
	struct entries entries = { .arena = &scratch, .by_key.arena = &scratch };
	uint32_t *group_of = arena_alloc(&scratch, n * sizeof(*group_of));
	struct ids ids = sort_into(snapshot, stacks, &entries, group_of);
	const struct numbered *order = order_by_id(snapshot, &ids, &scratch);
	lay_out(snapshot, &entries, group_of, order, arena, groups);
	groups->user_count = ids.user_count;
	vec_release(&entries.all);
	arena_release(&scratch);
}

const uint32_t *group_members(const struct groups *groups, const struct group *group)
{
	return groups->members + (group->ids - groups->ids);
}
