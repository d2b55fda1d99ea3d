/* Elements, entries of maps, and how many there are. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "goruntime/expression_internal.h"
#include "goruntime/maps.h"

static bool element_number(struct evaluator *e, const char *index, uint64_t count,
			   struct evaluated *out, uint64_t *number)
{
	char *end;
	*number = strtoull(index, &end, 0);
	if (index[0] < '0' || index[0] > '9' || *end != '\0')
		return expression_cannot(e, out,
					 arena_printf(e->v->arena, "has no index %s", index));
	if (*number < count)
		return true;
	return expression_cannot(
		e, out,
		arena_printf(e->v->arena, "has no index %s: its length is %" PRIu64, index, count));
}

/* Looks for the entry of a map whose key is written as TEXT. */
struct key_search {
	struct values *v;
	const struct value_type *map;
	const char *text;
	struct arena scratch;
	struct operand elem; /* without a type: not found */
	bool is_string;
	struct bytes bytes; /* of a string without escapes */
	uint64_t seen;
};

static bool string_key(struct key_search *search, const struct operand *key, bool *equal)
{
	uint64_t addr, length;
	struct bytes bytes;
	if (operand_u64(search->v, key, 0, &addr) != VALUE_OK ||
	    operand_u64(search->v, key, 8, &length) != VALUE_OK)
		return false;
	*equal = length == search->bytes.size &&
		 (length == 0 || (image_bytes(search->v->snapshot->image, addr, length,
					      &search->scratch, &bytes, NULL) &&
				  memcmp(bytes.data, search->bytes.data, length) == 0));
	return true;
}

static bool any_key(struct key_search *search, const struct operand *key)
{
	enum { RENEW = 4096 };
	struct values *v = search->v;
	struct arena *arena = v->arena;
	struct value value;
	if (search->seen++ % RENEW == RENEW - 1) {
		arena_release(&search->scratch);
		arena_init(&search->scratch);
	}
	v->arena = &search->scratch;
	v->left = v->limits.values;
	value_make_at(v, "", key, 1, &value);
	v->arena = arena;
	return strcmp(value.text, search->text) == 0;
}

static bool visit_key(void *data, const struct operand *key, const struct operand *elem)
{
	struct key_search *search = data;
	bool equal = false;
	if (!search->is_string || !string_key(search, key, &equal))
		equal = any_key(search, key);
	if (equal)
		search->elem = *elem;
	return !equal;
}

static bool visit_key_at(void *data, uint64_t key_addr, uint64_t elem_addr)
{
	const struct key_search *search = data;
	const struct operand key = operand_at(key_addr, search->map->key);
	const struct operand elem = operand_at(elem_addr, search->map->elem);
	return visit_key(data, &key, &elem);
}

/* False where there is nothing that could be walked. */
static bool walk_keys(struct evaluator *e, const struct operand *map, uint64_t addr,
		      struct key_search *search, struct map_walk_result *result)
{
	bool redact = e->v->limits.redact; /* keys are compared, not shown */
	e->v->limits.redact = false;
	arena_init(&search->scratch);
	bool walked = map->type->kind == KIND_MAP
			      ? map_walk(e->v->snapshot, map->type->descriptor, addr, visit_key_at,
					 search, result)
			      : syncmap_walk(e->v, map, visit_key, search, result);
	arena_release(&search->scratch);
	e->v->limits.redact = redact;
	return walked;
}

static bool find_key(struct evaluator *e, const char *index, uint64_t addr, struct evaluated *out)
{
	struct map_walk_result result;
	const struct value_type *type = out->operand.type;
	size_t n = strlen(index);
	struct key_search search = { .v = e->v, .text = index, .map = type };
	search.is_string = type->kind == KIND_MAP && type->key->kind == KIND_STRING && n >= 2 &&
			   index[0] == '"' && index[n - 1] == '"' && strchr(index, '\\') == NULL;
	search.bytes = (struct bytes){ (const uint8_t *)index + 1, search.is_string ? n - 2 : 0 };
	bool walked = walk_keys(e, &out->operand, addr, &search, &result);
	if (search.elem.type == NULL)
		return expression_cannot(e, out,
					 arena_printf(e->v->arena,
						      walked && !result.lost
							      ? "has no key %s"
							      : "is not all there; no key %s "
								"in what is",
						      index));
	*out = (struct evaluated){ .operand = search.elem };
	return true;
}

static bool map_entry(struct evaluator *e, const char *index, struct evaluated *out)
{
	uint64_t addr;
	const struct value_type *type = out->operand.type;
	if (!expression_word(e, out, 0, &addr))
		return false;
	if (addr == 0 || !value_type_parts(e->v->types, type) || type->key == NULL ||
	    type->elem == NULL || type->descriptor == 0)
		return expression_cannot(e, out,
					 addr == 0 ? "is nil here" : "cannot be looked into");
	return find_key(e, index, addr, out);
}

/* A pointer to an array, as in Go; to a sync.Map, as its methods are called. */
static bool is_pointer_to_indexed(struct evaluator *e, const struct value_type *type)
{
	return type->kind == KIND_POINTER && value_type_parts(e->v->types, type) &&
	       type->elem != NULL &&
	       (type->elem->kind == KIND_ARRAY || value_is_syncmap(type->elem));
}

/* The bytes of a string are uint8; there is no need for a descriptor of that. */
static const struct value_type byte_type = {
	.name = "uint8",
	.package = "",
	.kind = KIND_UINT8,
	.size = 1,
};

bool expression_to_indexed(struct evaluator *e, struct evaluated *out)
{
	while (out->operand.type->kind == KIND_INTERFACE ||
	       is_pointer_to_indexed(e, out->operand.type))
		if (!(out->operand.type->kind == KIND_INTERFACE ? expression_enter(e, out)
								: expression_deref(e, out)))
			return false;
	return true;
}

bool expression_index(struct evaluator *e, const char *index, struct evaluated *out)
{
	uint64_t base, count, number;
	if (!expression_to_indexed(e, out))
		return false;
	const struct value_type *type = out->operand.type;
	bool parts = value_type_parts(e->v->types, type) && type->elem != NULL;
	if (!expression_is_there(e, out))
		return false;
	if (type->kind == KIND_MAP)
		return map_entry(e, index, out);
	if (value_is_syncmap(type))
		return find_key(e, index, 0, out);
	if (type->kind == KIND_ARRAY && parts) {
		if (!element_number(e, index, type->length, out, &number))
			return false;
		out->operand = operand_part(&out->operand, number * type->elem->size, type->elem);
		return true;
	}
	if (type->kind != KIND_STRING && (type->kind != KIND_SLICE || !parts))
		return expression_cannot(e, out, "has no elements");
	const struct value_type *elem = type->kind == KIND_STRING ? &byte_type : type->elem;
	if (!expression_word(e, out, 0, &base) || !expression_word(e, out, 8, &count) ||
	    !element_number(e, index, count, out, &number))
		return false;
	*out = (struct evaluated){ .operand = operand_at(base + number * elem->size, elem) };
	return true;
}
