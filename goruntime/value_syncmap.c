/* The entries of a sync.Map: two maps of Go until 1.23, and with GOEXPERIMENT=nosynchashtriemap
 * until 1.25 (sync/map.go, oldmap.go); since 1.24 a trie by the keys' hashes
 * (internal/sync/hashtriemap.go). */
#include <string.h>

#include "goruntime/maps.h"
#include "goruntime/value_internal.h"

enum {
	STEPS_MAX = 1 << 20, /* entries and nodes of one walk */
	ANY_BYTES = 16,
};

struct walk {
	struct values *v;
	bool (*visit)(void *data, const struct operand *key, const struct operand *elem);
	void *data;
	struct map_walk_result *result;
	unsigned steps;
	bool full; /* VISIT wants no more: they are only counted */
	/* Of the two maps: what an entry points to that is deleted for good; or that may be one,
	 * where this is not known. */
	uint64_t expunged;
	bool doubtful;
};

const struct value_type value_type_any = {
	.name = "interface {}",
	.package = "",
	.kind = KIND_INTERFACE,
	.size = ANY_BYTES,
	.empty = true,
};

/* False: the walk ends. */
static bool step(struct walk *w)
{
	if (w->steps++ < STEPS_MAX)
		return true;
	w->result->cut = true;
	return false;
}

static void visit_entry(struct walk *w, uint64_t key_addr, uint64_t elem_addr)
{
	const struct operand key = operand_at(key_addr, &value_type_any);
	const struct operand elem = operand_at(elem_addr, &value_type_any);
	w->result->count++;
	if (w->full)
		return;
	w->full = !w->visit(w->data, &key, &elem);
	w->result->entries += !w->full;
}

/* --- two maps --------------------------------------------------------------------------------- */

/* What entries of the map that is only read point to when they are not in the other one. */
static uint64_t expunged_mark(const struct snapshot *s)
{
	const struct elffile *elf = image_symbols(s->image);
	struct elf_symbol symbol = { .name = "sync.expunged" };
	uint64_t addr;
	if (elf == NULL || elffile_symbols(elf, &symbol, 1) != 1 ||
	    !image_u64(s->image, symbol.value + s->image->bias, &addr, NULL))
		return 0;
	return addr;
}

/* An element of either map: a pointer to an entry, which is a pointer to the value. */
static bool visit_pointer(void *data, uint64_t key, uint64_t elem)
{
	struct walk *w = data;
	const struct image *image = w->v->snapshot->image;
	uint64_t entry, value, type = 0;
	if (!step(w))
		return false;
	if (!image_u64(image, elem, &entry, NULL) || !image_u64(image, entry, &value, NULL) ||
	    (value != 0 && w->doubtful && !image_u64(image, value, &type, NULL))) {
		w->result->lost = true;
		return true;
	}
	if (value == 0 || (w->expunged != 0 && value == w->expunged))
		return true;
	if (w->doubtful && type == 0) /* nil, or the mark, which is a nil too */
		w->result->lost = true;
	else
		visit_entry(w, key, value);
	return true;
}

/* The record of the map that is only read; its address is 0 where there is none yet. */
static bool find_read_only(struct values *v, const struct operand *map, struct operand *only)
{
	struct operand read, word;
	if (!operand_field(v, map, "read", &read) || !value_type_parts(v->types, read.type) ||
	    !operand_field(v, &read, "v", &word))
		return false;
	const struct value_type *pointer = value_type_of_atomic(v, read.type);
	*only = (struct operand){ 0 };
	if (pointer == NULL) /* an atomic.Value to 1.19 */
		return word.type->kind == KIND_INTERFACE &&
		       operand_dynamic(v, &word, only) == VALUE_OK;
	if (!value_type_parts(v->types, pointer) || pointer->elem == NULL)
		return false;
	only->type = pointer->elem;
	return operand_u64(v, &word, 0, &only->addr) == VALUE_OK;
}

static bool walk_map(struct walk *w, const struct operand *map)
{
	uint64_t addr;
	struct map_walk_result result = { 0 };
	if (map->type->kind != KIND_MAP || !value_type_parts(w->v->types, map->type) ||
	    map->type->key == NULL || map->type->elem == NULL ||
	    map->type->key->size != ANY_BYTES || map->type->elem->kind != KIND_POINTER ||
	    operand_u64(w->v, map, 0, &addr) != VALUE_OK)
		return false;
	if (addr != 0 &&
	    !map_walk(w->v->snapshot, map->type->descriptor, addr, visit_pointer, w, &result))
		return false;
	w->result->writing |= result.writing;
	w->result->lost |= result.lost;
	w->result->cut |= result.cut;
	return true;
}

/* The dirty map has all entries if the other one is amended; else the other one has. Entries are
 * expunged while the dirty map is made from the other one, just before that is amended. */
static bool walk_two(struct walk *w, const struct operand *map)
{
	struct operand only, read, amended, dirty;
	uint64_t is_amended = 0, dirty_addr;
	if (!find_read_only(w->v, map, &only) || !operand_field(w->v, map, "dirty", &dirty) ||
	    operand_u64(w->v, &dirty, 0, &dirty_addr) != VALUE_OK)
		return false;
	if (only.addr == 0)
		return dirty_addr == 0;
	if (!operand_field(w->v, &only, "m", &read) ||
	    !operand_field(w->v, &only, "amended", &amended) ||
	    !operand_number(w->v, &amended, &is_amended))
		return false;
	if (is_amended)
		return walk_map(w, &dirty);
	if (dirty_addr != 0)
		w->expunged = expunged_mark(w->v->snapshot);
	w->doubtful = dirty_addr != 0 && w->expunged == 0;
	return walk_map(w, &read);
}

/* --- the trie --------------------------------------------------------------------------------- */

enum { /* of [any, any]; entry is a type that no other leads to */
       CHILDREN = 16,
       DEPTH_MAX = 16, /* four bits of the hash each */
       NODE_PARENT = 16,
       NODE_CHILDREN = 24,
       NODE_BYTES = NODE_CHILDREN + CHILDREN * 8,
       ENTRY_OVERFLOW = 8,
       ENTRY_KEY = 16,
       ENTRY_VALUE = ENTRY_KEY + ANY_BYTES,
};

struct node {
	uint64_t addr;
	uint8_t bytes[NODE_BYTES];
	unsigned next; /* child */
};

/* Reads the node at ADDR. Its parent must be the one that led to it, so that no way is a circle. */
static bool open_node(struct walk *w, uint64_t addr, uint64_t parent, struct node *node)
{
	node->addr = addr;
	node->next = 0;
	return image_read(w->v->snapshot->image, addr, node->bytes, sizeof(node->bytes), NULL) &&
	       node->bytes[0] == 0 && bytes_u64(node->bytes + NODE_PARENT) == parent;
}

/* Entries whose keys have one hash. */
static bool walk_chain(struct walk *w, uint64_t entry)
{
	uint64_t seen = 0;
	for (uint64_t n = 0; entry != 0; n++) {
		const struct image *image = w->v->snapshot->image;
		uint8_t is_entry, end;
		if (!step(w))
			return false;
		if (entry == seen || !image_u8(image, entry, &is_entry, NULL) || is_entry != 1 ||
		    !image_u8(image, entry + ENTRY_VALUE + ANY_BYTES - 1, &end, NULL)) {
			w->result->lost = true;
			return true;
		}
		visit_entry(w, entry + ENTRY_KEY, entry + ENTRY_VALUE);
		if ((n & (n - 1)) == 0) /* a circle comes by one of these */
			seen = entry;
		if (!image_u64(image, entry + ENTRY_OVERFLOW, &entry, NULL))
			return true;
	}
	return true;
}

static bool is_entry(struct walk *w, uint64_t node)
{
	uint8_t mark;
	return image_u8(w->v->snapshot->image, node, &mark, NULL) && mark == 1;
}

static void walk_nodes(struct walk *w, uint64_t root)
{
	struct node path[DEPTH_MAX];
	size_t depth = 1;
	w->result->lost |= !open_node(w, root, 0, &path[0]);
	if (w->result->lost)
		return;
	while (depth > 0 && step(w)) {
		struct node *node = &path[depth - 1];
		if (node->next == CHILDREN) {
			depth--;
			continue;
		}
		uint64_t child = bytes_u64(node->bytes + NODE_CHILDREN + node->next++ * 8);
		if (child == 0)
			continue;
		if (is_entry(w, child)) {
			if (!walk_chain(w, child))
				return;
		} else if (depth < DEPTH_MAX && open_node(w, child, node->addr, &path[depth])) {
			depth++;
		} else {
			w->result->lost = true;
		}
	}
}

static bool has_field(struct values *v, const struct value_type *type, const char *name,
		      uint64_t offset)
{
	const struct value_field *field = value_type_field(v->types, type, name);
	return field != NULL && field->offset == offset;
}

static bool walk_trie(struct walk *w, const struct operand *map)
{
	struct operand root, word;
	uint64_t addr;
	if (!operand_field(w->v, map, "m.root", &root) || !operand_field(w->v, &root, "v", &word) ||
	    operand_u64(w->v, &word, 0, &addr) != VALUE_OK)
		return false;
	const struct value_type *node = value_type_of_atomic(w->v, root.type);
	if (node == NULL || !value_type_parts(w->v->types, node) || node->elem == NULL ||
	    node->elem->size != NODE_BYTES || !has_field(w->v, node->elem, "parent", NODE_PARENT) ||
	    !has_field(w->v, node->elem, "children", NODE_CHILDREN))
		return false;
	if (addr != 0)
		walk_nodes(w, addr);
	return true;
}

bool value_is_syncmap(const struct value_type *type)
{
	return type->kind == KIND_STRUCT && value_type_is(type, "sync", "Map");
}

bool syncmap_walk(struct values *v, const struct operand *map,
		  bool (*visit)(void *data, const struct operand *key, const struct operand *elem),
		  void *data, struct map_walk_result *result)
{
	struct walk w = { .v = v, .visit = visit, .data = data, .result = result };
	*result = (struct map_walk_result){ 0 };
	return value_type_field(v->types, map->type, "read") != NULL ? walk_two(&w, map)
								     : walk_trie(&w, map);
}
