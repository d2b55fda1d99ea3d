#pragma once
/*
 * A growing hash table of pointers: `struct table codes = { 0 };`. Each item's whole hash lies
 * beside it, so that a search follows the pointers of those alone that have the hash, and growing
 * asks nobody. The slots are the table's own, to be given back, or lie in an arena: `{ .arena =
 * arena }`. What an item is, and where it lives, is the caller's affair; nothing is ever taken out.
 */
#include <stddef.h>
#include <stdint.h>

struct table_slot {
	uint64_t hash;
	void *item; /* NULL: free */
};

struct arena;

struct table {
	struct table_slot *slots; /* open addressing */
	size_t mask, count;
	struct arena *arena; /* NULL: the slots are released by table_release() */
};

/* No two words have the same. */
static inline uint64_t table_hash(uint64_t word)
{
	word *= 0x9e3779b97f4a7c15u;
	return word ^ word >> 29;
}

/* The hash of what was hashed before and one more word. */
static inline uint64_t table_hash_add(uint64_t hash, uint64_t word)
{
	return table_hash((hash ^ word) + 0x632be59bd9b4e019u);
}

/* One item with HASH after the other, NULL at their end. PROBE begins with 0. */
static inline void *table_next(const struct table *table, uint64_t hash, size_t *probe)
{
	if (table->count == 0)
		return NULL;
	for (;;) {
		const struct table_slot *slot = &table->slots[(hash + (*probe)++) & table->mask];
		if (slot->item == NULL || slot->hash == hash)
			return slot->item;
	}
}

/* The first item with HASH, for a key that is the only one to have it; or NULL. */
static inline void *table_find(const struct table *table, uint64_t hash)
{
	size_t probe = 0;
	return table_next(table, hash, &probe);
}

void table_add(struct table *table, uint64_t hash, void *item);
/* Nothing to do for one in an arena. */
void table_release(struct table *table);
