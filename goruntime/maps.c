#include "goruntime/maps.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "goruntime/gotype.h"
#include "goruntime/holders.h"
#include "goruntime/private.h"

enum {
	SLOTS = 8,		 /* of a bucket or group */
	INDIRECT_KEY = 1,	 /* MapType.Flags until 1.23; shifted by two in Swiss maps */
	INDIRECT_ELEM = 2,
	SWISS_FLAGS_SHIFT = 2,
	MIN_TOPHASH = 5,	 /* map.go minTopHash */
	EVACUATED_FIRST = 2,
	EVACUATED_LAST = 4,
	HASH_WRITING = 4,	 /* hmap.flags */
	SAME_SIZE_GROW = 8,
	LOG2_BUCKETS_MAX = 40,
	DIRECTORY_MAX = 1 << 24,
	STEPS_MAX = 1 << 22,	 /* buckets or groups of one walk */
};

/* Where keys and elements lie in a bucket or group. */
struct slots {
	uint64_t size; /* of a bucket or group */
	uint64_t keys, key_stride, elems, elem_stride;
	bool indirect_key, indirect_elem;
};

struct walk {
	const struct snapshot *s;
	struct slots slots;
	bool (*visit)(void *data, uint64_t key, uint64_t elem);
	void *data;
	struct map_walk_result *result;
	uint64_t steps;
};

static bool follow(struct walk *w, bool indirect, uint64_t *addr)
{
	if (!indirect || image_u64(w->s->image, *addr, addr, NULL))
		return true;
	w->result->lost = true;
	return false;
}

/* False: the walk ends. */
static bool visit_slot(struct walk *w, uint64_t base, unsigned i)
{
	uint64_t key = base + w->slots.keys + i * w->slots.key_stride;
	uint64_t elem = base + w->slots.elems + i * w->slots.elem_stride;
	if (!follow(w, w->slots.indirect_key, &key) || !follow(w, w->slots.indirect_elem, &elem))
		return true;
	w->result->entries++;
	if (w->visit(w->data, key, elem))
		return true;
	w->result->cut = true;
	return false;
}

static bool step(struct walk *w)
{
	if (w->steps++ < STEPS_MAX)
		return true;
	w->result->cut = true;
	return false;
}

/* --- until 1.23 -------------------------------------------------------------------------------- */

static bool read_old_slots(const struct snapshot *s, uint64_t type, struct slots *slots)
{
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_MAPTYPE, type, NULL))
		return false;
	uint64_t key = view_get(&view, MAPTYPE_KEYSIZE), elem = view_get(&view, MAPTYPE_VALUESIZE);
	uint64_t flags = view_get(&view, MAPTYPE_FLAGS);
	*slots = (struct slots){
		.size = view_get(&view, MAPTYPE_BUCKETSIZE),
		.keys = SLOTS,
		.key_stride = key,
		.elems = SLOTS + SLOTS * key,
		.elem_stride = elem,
		.indirect_key = flags & INDIRECT_KEY,
		.indirect_elem = flags & INDIRECT_ELEM,
	};
	return slots->size >= SLOTS + SLOTS * (key + elem) + 8;
}

/* A bucket and those that overflow from it. */
static bool walk_chain(struct walk *w, uint64_t bucket, bool old)
{
	for (bool first = true; bucket != 0; first = false) {
		uint8_t top[SLOTS];
		if (!step(w))
			return false;
		if (!image_read(w->s->image, bucket, top, sizeof(top), NULL)) {
			w->result->lost = true;
			return true;
		}
		if (old && first && top[0] >= EVACUATED_FIRST && top[0] <= EVACUATED_LAST)
			return true;
		for (unsigned i = 0; i < SLOTS; i++)
			if (top[i] >= MIN_TOPHASH && !visit_slot(w, bucket, i))
				return false;
		if (!image_u64(w->s->image, bucket + w->slots.size - 8, &bucket, NULL))
			return true;
	}
	return true;
}

static bool walk_buckets(struct walk *w, uint64_t base, uint64_t count, bool old)
{
	for (uint64_t i = 0; base != 0 && i < count; i++)
		if (!walk_chain(w, base + i * w->slots.size, old))
			return false;
	return true;
}

static bool walk_old(struct walk *w, uint64_t type, uint64_t map)
{
	struct view view;
	if (!read_old_slots(w->s, type, &w->slots) ||
	    !view_read(&view, w->s->image, &w->s->layout, RT_HMAP, map, NULL))
		return false;
	uint64_t flags = view_get(&view, HMAP_FLAGS), log2 = view_get(&view, HMAP_B);
	w->result->count = view_get(&view, HMAP_COUNT);
	w->result->writing = flags & HASH_WRITING;
	if (log2 > LOG2_BUCKETS_MAX)
		return false;
	uint64_t count = (uint64_t)1 << log2;
	uint64_t olds = flags & SAME_SIZE_GROW ? count : count / 2;
	if (walk_buckets(w, view_get(&view, HMAP_BUCKETS), count, false))
		walk_buckets(w, view_get(&view, HMAP_OLDBUCKETS), olds, true);
	return true;
}

/* --- since 1.24 -------------------------------------------------------------------------------- */

static bool read_swiss_slots(const struct snapshot *s, uint64_t type, struct slots *slots)
{
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_MAPTYPE, type, NULL))
		return false;
	uint64_t flags = view_get(&view, MAPTYPE_FLAGS) >> SWISS_FLAGS_SHIFT;
	*slots = (struct slots){
		.size = view_get(&view, MAPTYPE_GROUPSIZE),
		.indirect_key = flags & INDIRECT_KEY,
		.indirect_elem = flags & INDIRECT_ELEM,
	};
	if (layout_has(&s->layout, MAPTYPE_KEYSTRIDE)) {
		slots->keys = view_get(&view, MAPTYPE_KEYSOFF);
		slots->key_stride = view_get(&view, MAPTYPE_KEYSTRIDE);
		slots->elems = view_get(&view, MAPTYPE_ELEMSOFF);
		slots->elem_stride = view_get(&view, MAPTYPE_ELEMSTRIDE);
	} else {
		slots->keys = SLOTS;
		slots->key_stride = slots->elem_stride = view_get(&view, MAPTYPE_SLOTSIZE);
		slots->elems = SLOTS + view_get(&view, MAPTYPE_ELEMOFF);
	}
	return slots->size >= SLOTS;
}

static bool walk_groups(struct walk *w, uint64_t base, uint64_t count)
{
	for (uint64_t i = 0; base != 0 && i < count; i++) {
		enum { NOT_FULL = 0x80 }; /* group.go ctrlEmpty, ctrlDeleted */
		uint64_t group = base + i * w->slots.size;
		uint8_t control[SLOTS];
		if (!step(w))
			return false;
		if (!image_read(w->s->image, group, control, sizeof(control), NULL)) {
			w->result->lost = true;
			continue;
		}
		for (unsigned slot = 0; slot < SLOTS; slot++)
			if (!(control[slot] & NOT_FULL) && !visit_slot(w, group, slot))
				return false;
	}
	return true;
}

static int compare_addresses(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

/* The directory names a table as often as its hash prefix is shared: in runs, unless it is damaged
 * or being changed. */
static bool walk_directory(struct walk *w, uint64_t directory, uint64_t length)
{
	VEC(uint64_t) tables = { 0 };
	for (uint64_t i = 0; i < length && i < DIRECTORY_MAX; i++) {
		uint64_t table;
		if (!image_u64(w->s->image, directory + i * 8, &table, NULL)) {
			w->result->lost = true;
			break;
		}
		if (table != 0 && (tables.count == 0 || tables.items[tables.count - 1] != table))
			vec_push(&tables, table);
	}
	if (tables.count > 0)
		qsort(tables.items, tables.count, sizeof(tables.items[0]), compare_addresses);
	bool more = true;
	for (size_t i = 0; i < tables.count && more; i++) {
		struct view view;
		if (i > 0 && tables.items[i] == tables.items[i - 1])
			continue;
		if (!view_read(&view, w->s->image, &w->s->layout, RT_MAPS_TABLE, tables.items[i],
			       NULL)) {
			w->result->lost = true;
			continue;
		}
		more = walk_groups(w, view_get(&view, MAPS_TABLE_GROUPS),
				   view_get(&view, MAPS_TABLE_LENGTHMASK) + 1);
	}
	vec_release(&tables);
	return more;
}

static bool walk_swiss(struct walk *w, uint64_t type, uint64_t map)
{
	struct view view;
	if (!read_swiss_slots(w->s, type, &w->slots) ||
	    !view_read(&view, w->s->image, &w->s->layout, RT_MAPS_MAP, map, NULL))
		return false;
	uint64_t directory = view_get(&view, MAPS_MAP_DIRPTR);
	uint64_t length = view_get(&view, MAPS_MAP_DIRLEN);
	w->result->count = view_get(&view, MAPS_MAP_USED);
	w->result->writing = view_get(&view, MAPS_MAP_WRITING) != 0;
	if (length == 0) /* a small map: one group or none */
		walk_groups(w, directory, 1);
	else
		walk_directory(w, directory, length);
	return true;
}

/* --- the record alone --------------------------------------------------------------------------- */

static bool is_power_of_two(uint64_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

static bool read_old_header(const struct snapshot *s, uint64_t map, struct map_header *header)
{
	enum { FLAGS_ALL = 15 };
	struct view view;
	if (!layout_has(&s->layout, HMAP_FLAGS) ||
	    !view_read(&view, s->image, &s->layout, RT_HMAP, map, NULL))
		return false;
	uint64_t flags = view_get(&view, HMAP_FLAGS);
	header->count = view_get(&view, HMAP_COUNT);
	header->writing = flags & HASH_WRITING;
	return flags <= FLAGS_ALL && view_get(&view, HMAP_B) <= LOG2_BUCKETS_MAX &&
	       view_get(&view, HMAP_BUCKETS) % 8 == 0 && view_get(&view, HMAP_OLDBUCKETS) % 8 == 0 &&
	       header->count >> LOG2_BUCKETS_MAX == 0;
}

static bool read_swiss_header(const struct snapshot *s, uint64_t map, struct map_header *header)
{
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_MAPS_MAP, map, NULL))
		return false;
	uint64_t length = view_get(&view, MAPS_MAP_DIRLEN), mark = view_get(&view, MAPS_MAP_WRITING);
	header->count = view_get(&view, MAPS_MAP_USED);
	header->writing = mark != 0;
	return mark <= 1 && (length == 0 || (is_power_of_two(length) && length <= DIRECTORY_MAX)) &&
	       view_get(&view, MAPS_MAP_DIRPTR) % 8 == 0 && header->count >> LOG2_BUCKETS_MAX == 0;
}

bool map_header_read(const struct snapshot *s, uint64_t map, struct map_header *header)
{
	*header = (struct map_header){ 0 };
	if (map == 0 || map % 8 != 0)
		return false;
	return layout_has(&s->layout, MAPS_MAP_DIRPTR) ? read_swiss_header(s, map, header)
						       : read_old_header(s, map, header);
}

static bool is_map_type(const struct snapshot *s, uint64_t type)
{
	struct arena scratch;
	struct gotype read;
	arena_init(&scratch);
	bool good = gotype_read(s, type, &scratch, &read) && read.kind == KIND_MAP;
	arena_release(&scratch);
	return good;
}

static bool can_hold_map(const struct snapshot *s, uint64_t addr)
{
	enum { MAP_BYTES = 48, SLOT_MAX = 96 }; /* both kinds of record; with room that -asan adds */
	struct address address;
	struct arena scratch;
	uint64_t lo, hi;
	if (snapshot_heap_slot(s, addr, &lo, &hi))
		return addr == lo && hi - lo >= MAP_BYTES && hi - lo <= SLOT_MAX;
	arena_init(&scratch);
	snapshot_address(s, addr, &scratch, &address);
	arena_release(&scratch);
	return address.kind == ADDRESS_DATA || address.kind == ADDRESS_GO_STACK;
}

bool map_is_one(const struct snapshot *s, uint64_t type, uint64_t map)
{
	struct map_header header;
	return map_header_read(s, map, &header) && is_map_type(s, type) && can_hold_map(s, map);
}

bool map_walk(const struct snapshot *s, uint64_t type, uint64_t map,
	      bool (*visit)(void *data, uint64_t key, uint64_t elem), void *data,
	      struct map_walk_result *result)
{
	struct walk w = { .s = s, .visit = visit, .data = data, .result = result };
	*result = (struct map_walk_result){ 0 };
	return layout_has(&s->layout, MAPS_MAP_DIRPTR) ? walk_swiss(&w, type, map)
						       : walk_old(&w, type, map);
}
