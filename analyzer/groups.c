#include "analyzer/groups.h"

#include <stdlib.h>
#include <string.h>

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
	const struct stack *stack;
	uint32_t count;
	double longest_wait;
	uint64_t stack_bytes;
};

struct table {
	VEC(struct entry) entries;
	uint32_t *slots;     /* number of an entry plus one; 0: free */
	uint64_t slot_count; /* a power of 2, at least twice the entries */
};

static uint64_t hash_key(const struct key *key)
{
	uint64_t words[3];
	_Static_assert(sizeof(words) == sizeof(*key), "a key has no padding");
	memcpy(words, key, sizeof(words));
	uint64_t h = 0;
	for (size_t i = 0; i < 3; i++) {
		h = (h ^ words[i]) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	return h;
}

/* The slot that holds KEY, or the free one where it belongs. */
static uint32_t *table_slot(const struct table *table, const struct key *key)
{
	uint64_t i = hash_key(key) & (table->slot_count - 1);
	for (;; i = (i + 1) & (table->slot_count - 1)) {
		uint32_t e = table->slots[i];
		if (e == 0 || memcmp(&table->entries.items[e - 1].key, key, sizeof(*key)) == 0)
			return &table->slots[i];
	}
}

static void table_grow(struct table *table)
{
	table->slot_count = table->slot_count ? table->slot_count * 2 : 256;
	table->slots = memory_grow(table->slots, table->slot_count * sizeof(*table->slots));
	memset(table->slots, 0, table->slot_count * sizeof(*table->slots));
	for (size_t e = 0; e < table->entries.count; e++)
		*table_slot(table, &table->entries.items[e].key) = (uint32_t)e + 1;
}

/* The number of the entry with KEY, a new one where there is none yet. */
static uint32_t table_entry(struct table *table, const struct key *key)
{
	if ((table->entries.count + 1) * 2 > table->slot_count)
		table_grow(table);
	uint32_t *slot = table_slot(table, key);
	if (*slot == 0) {
		vec_push(&table->entries, (struct entry){ .key = *key, .longest_wait = -1 });
		*slot = (uint32_t)table->entries.count;
	}
	return *slot - 1;
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
static struct ids sort_into(const struct snapshot *snapshot, bool stacks, struct table *table,
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
		group_of[i] = table_entry(table, &key);
		struct entry *entry = &table->entries.items[group_of[i]];
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
static void make_groups(const struct table *table, struct group *items, const uint64_t *ids)
{
	size_t start = 0;
	for (size_t e = 0; e < table->entries.count; e++) {
		const struct entry *entry = &table->entries.items[e];
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
static void lay_out(const struct snapshot *snapshot, const struct table *table,
		    const uint32_t *group_of, const struct numbered *order,
		    struct arena *arena, struct groups *groups)
{
	size_t n = snapshot->goroutine_count, count = table->entries.count;
	uint64_t *ids = arena_alloc(arena, n * sizeof(*ids));
	uint32_t *members = arena_alloc(arena, n * sizeof(*members));
	struct group *items = arena_alloc(arena, count * sizeof(*items));
	make_groups(table, items, ids);
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
	struct table table = { 0 };
	struct arena scratch;
	arena_init(&scratch);
	uint32_t *group_of = arena_alloc(&scratch, n * sizeof(*group_of));
	struct ids ids = sort_into(snapshot, stacks, &table, group_of);
	const struct numbered *order = order_by_id(snapshot, &ids, &scratch);
	lay_out(snapshot, &table, group_of, order, arena, groups);
	groups->user_count = ids.user_count;
	arena_release(&scratch);
	free(table.slots);
	vec_release(&table.entries);
}

const uint32_t *group_members(const struct groups *groups, const struct group *group)
{
	return groups->members + (group->ids - groups->ids);
}
