/* Maps: entries in the order of their keys, as fmt prints them. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "goruntime/maps.h"
#include "goruntime/value_internal.h"

struct entry {
	struct value key, elem;
	int64_t number; /* of an integer key */
};

struct entries {
	struct values *v;
	const struct value_type *type;
	unsigned depth;
	VEC(struct entry) items;
};

/* The number that a key is, be it held by an interface. */
static bool key_number(struct values *v, const struct operand *key, uint64_t *number)
{
	struct operand dynamic;
	if (key->type->kind != KIND_INTERFACE)
		return operand_number(v, key, number);
	return operand_dynamic(v, key, &dynamic) == VALUE_OK && dynamic.type != NULL &&
	       operand_number(v, &dynamic, number);
}

static bool add_entry(void *data, const struct operand *key, const struct operand *elem)
{
	struct entries *e = data;
	struct values *v = e->v;
	struct entry entry = { 0 };
	uint64_t number;
	if (e->items.count >= v->limits.elements || v->left < 2)
		return false;
	value_make_at(v, "", key, e->depth > 0 ? 1 : 0, &entry.key);
	if (key_number(v, key, &number))
		entry.number = (int64_t)number;
	const char *name = v->limits.redact
				   ? arena_printf(v->arena, "[#%zu]", e->items.count)
				   : arena_printf(v->arena, "[%s]", entry.key.text);
	value_make_at(v, name, elem, e->depth, &entry.elem);
	vec_push(&e->items, entry);
	return true;
}

static bool add_entry_at(void *data, uint64_t key_addr, uint64_t elem_addr)
{
	const struct entries *e = data;
	const struct operand key = operand_at(key_addr, e->type->key);
	const struct operand elem = operand_at(elem_addr, e->type->elem);
	return add_entry(data, &key, &elem);
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return strcmp(x->key.text, y->key.text);
}

static void add_text(struct entries *e, const struct map_walk_result *result, struct value *value)
{
	_cleanup_str_ struct str out = { 0 };
	size_t i = 0;
	uint64_t left_out = result->count > e->items.count ? result->count - e->items.count : 0;
	str_printf(&out, "%s{", e->type->name);
	for (; i < e->items.count && out.size < e->v->limits.text; i++)
		str_printf(&out, "%s%s: %s", i > 0 ? ", " : "", e->items.items[i].key.text,
			   e->items.items[i].elem.text);
	value->children_left_out = left_out;
	left_out += e->items.count - i;
	if (left_out > 0) {
		str_add(&out, i > 0 ? ", " : "");
		str_add_left_out(&out, left_out);
	}
	str_add_char(&out, '}');
	if (result->writing)
		str_add(&out, " (being written to)");
	if (result->lost)
		str_add(&out, " (part of it is missing)");
	value->text = str_keep(&out, e->v->arena);
}

static void add_entries(struct entries *e, const struct map_walk_result *result, struct value *value)
{
	value_vec children = { 0 };
	if (e->items.count > 0)
		qsort(e->items.items, e->items.count, sizeof(e->items.items[0]), compare_entries);
	add_text(e, result, value);
	for (size_t i = 0; i < e->items.count; i++)
		vec_push(&children, e->items.items[i].elem);
	value_set_children(e->v, &children, value);
}

static void count_text(struct values *v, const struct value_type *type, uint64_t count,
		       struct value *value)
{
	value->children_left_out = count;
	value->text = arena_printf(v->arena, count == 0 ? "%s{}" : "%s{... %" PRIu64 " entries}",
				   type->name, count);
}

/* What there is without the entries. */
static void add_head(struct values *v, const struct operand *operand, uint64_t addr,
		     struct value *value)
{
	uint64_t count;
	struct error err = ERROR_INIT;
	if (!image_u64(v->snapshot->image, addr, &count, &err)) { /* the first field of all releases */
		value_fail(v, err.code == ERROR_NOT_DUMPED ? VALUE_NOT_IN_CORE : VALUE_UNREADABLE,
			   addr, value);
		return;
	}
	count_text(v, operand->type, count, value);
}

void value_make_map(struct values *v, const struct operand *operand, unsigned depth,
		    struct value *value)
{
	uint64_t addr;
	struct map_walk_result result;
	enum value_state state = operand_u64(v, operand, 0, &addr);
	struct entries e = { .v = v, .type = operand->type };
	if (state != VALUE_OK) {
		value_fail(v, state, operand->bytes ? 0 : operand->addr, value);
		return;
	}
	if (addr == 0) {
		value->text = "nil";
		return;
	}
	bool parts = value_type_parts(v->types, e.type) && e.type->key != NULL &&
		     e.type->elem != NULL;
	e.depth = depth > 0 ? depth - 1 : 0;
	if (depth == 0 || !parts || e.type->descriptor == 0 ||
	    !map_walk(v->snapshot, e.type->descriptor, addr, add_entry_at, &e, &result)) {
		add_head(v, operand, addr, value);
	} else if (e.items.count == 0 && result.lost) {
		value_fail(v, VALUE_NOT_IN_CORE, addr, value);
	} else {
		add_entries(&e, &result, value);
	}
	vec_release(&e.items);
}

static bool count_entry(void *data, const struct operand *key, const struct operand *elem)
{
	(void)data, (void)key, (void)elem;
	return false;
}

bool value_make_syncmap(struct values *v, const struct operand *operand, unsigned depth,
			struct value *value)
{
	struct map_walk_result result;
	struct entries e = { .v = v, .type = operand->type, .depth = depth > 0 ? depth - 1 : 0 };
	if (!syncmap_walk(v, operand, depth > 0 ? add_entry : count_entry, &e, &result)) {
		vec_release(&e.items);
		return false;
	}
	if (result.count == 0 && result.lost)
		value_fail(v, VALUE_NOT_IN_CORE, operand->addr, value);
	else if (depth == 0)
		count_text(v, operand->type, result.count, value);
	else
		add_entries(&e, &result, value);
	if (result.cut)
		value->text = arena_printf(v->arena, "%s (more were not counted)", value->text);
	vec_release(&e.items);
	return true;
}
