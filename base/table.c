#include "base/table.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { TABLE_START = 256 };

static void put(struct table *table, uint64_t hash, void *item)
{
	size_t i = hash & table->mask;
	while (table->slots[i].item != NULL)
		i = (i + 1) & table->mask;
	table->slots[i] = (struct table_slot){ hash, item };
}

static void grow(struct table *table)
{
	struct table_slot *old = table->slots;
	size_t old_room = old == NULL ? 0 : table->mask + 1;
	size_t room = old == NULL ? TABLE_START : old_room * 2;
	size_t bytes = room * sizeof(*table->slots);
	table->slots = table->arena ? arena_alloc(table->arena, bytes) : memory_grow(NULL, bytes);
	memset(table->slots, 0, room * sizeof(*table->slots));
	table->mask = room - 1;
	for (size_t i = 0; i < old_room; i++)
		if (old[i].item != NULL)
			put(table, old[i].hash, old[i].item);
	if (table->arena == NULL)
		free(old);
}

void table_add(struct table *table, uint64_t hash, void *item)
{
	if ((table->count + 1) * 2 > table->mask)
		grow(table);
	put(table, hash, item);
	table->count++;
}

void table_release(struct table *table)
{
	if (table->arena == NULL)
		free(table->slots);
	*table = (struct table){ .arena = table->arena };
}
