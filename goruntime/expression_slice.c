/* Slices in expressions, and how long things are. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "goruntime/expression_internal.h"

static const struct value_type int_type = {
	.name = "int",
	.package = "",
	.kind = KIND_INT,
	.size = 8,
};

bool expression_is_slice(struct evaluator *e, const char *index, const struct evaluated *out)
{
	struct error ignored = ERROR_INIT;
	struct evaluator quiet = *e;
	struct evaluated indexed = *out;
	quiet.err = &ignored;
	if (strchr(index, ':') == NULL || !expression_to_indexed(&quiet, &indexed))
		return false;
	enum go_kind kind = indexed.operand.type->kind;
	return kind == KIND_SLICE || kind == KIND_STRING || kind == KIND_ARRAY;
}

/* The bound TEXT, OTHERWISE where there is none; at least LEAST, at most MOST. */
static bool bound(struct evaluator *e, const struct evaluated *out, const char *text,
		  uint64_t otherwise, uint64_t least, uint64_t most, uint64_t *number)
{
	char *end;
	*number = otherwise;
	if (text != NULL) {
		*number = strtoull(text, &end, 0);
		if (text[0] < '0' || text[0] > '9' || *end != '\0')
			return expression_cannot(
				e, out, arena_printf(e->v->arena, "cannot be sliced at %s", text));
	}
	if (*number >= least && *number <= most)
		return true;
	return expression_cannot(e, out,
				 arena_printf(e->v->arena,
					      "cannot be sliced at %" PRIu64 ": it may be %" PRIu64
					      " to %" PRIu64,
					      *number, least, most));
}

/* What is sliced: ROOM elements from BASE, of which LENGTH are in use. */
struct sliced {
	const struct value_type *elem; /* NULL: bytes of a string */
	uint64_t base, length, room;
};

static bool find_sliced(struct evaluator *e, struct evaluated *out, struct sliced *sliced)
{
	const struct value_type *type = out->operand.type;
	if (type->kind == KIND_ARRAY) {
		*sliced = (struct sliced){ type->elem, out->operand.addr, type->length,
					   type->length };
		return true;
	}
	if (!expression_word(e, out, 0, &sliced->base) ||
	    !expression_word(e, out, 8, &sliced->length))
		return false;
	sliced->elem = type->kind == KIND_SLICE ? type->elem : NULL;
	sliced->room = sliced->length;
	return type->kind != KIND_SLICE || expression_word(e, out, 16, &sliced->room);
}

static struct operand header(struct values *v, const struct value_type *type, uint64_t base,
			     uint64_t length, uint64_t capacity)
{
	uint64_t words[] = { htole64(base), htole64(length), htole64(capacity) };
	uint8_t *bytes = arena_alloc(v->arena, sizeof(words));
	memcpy(bytes, words, sizeof(words));
	return (struct operand){ .type = type, .bytes = bytes };
}

bool expression_slice(struct evaluator *e, const char *low_text, const char *high_text,
		      const char *most_text, struct evaluated *out)
{
	struct sliced sliced;
	uint64_t low, high, most;
	if (!expression_to_indexed(e, out) || !expression_is_there(e, out))
		return false;
	const struct value_type *type = out->operand.type;
	bool string = type->kind == KIND_STRING;
	if (!string && (!value_type_parts(e->v->types, type) || type->elem == NULL))
		return expression_cannot(e, out, "cannot be looked into");
	if (string && most_text != NULL)
		return expression_cannot(e, out, "has no capacity");
	if (!find_sliced(e, out, &sliced) || !bound(e, out, low_text, 0, 0, sliced.room, &low) ||
	    !bound(e, out, high_text, sliced.length, low, sliced.room, &high) ||
	    !bound(e, out, most_text, sliced.room, high, sliced.room, &most))
		return false;
	uint64_t size = string ? 1 : sliced.elem->size;
	if (type->kind == KIND_ARRAY &&
	    out->operand.addr == 0) { /* pieces: none can point to them */
		type = value_type_array_of(e->v->types, sliced.elem, high - low);
		out->operand = operand_part(&out->operand, low * size, type);
		return true;
	}
	if (type->kind == KIND_ARRAY)
		type = value_type_slice_of(e->v->types, sliced.elem);
	out->operand = header(e->v, type, sliced.base + low * size, high - low, most - low);
	return true;
}

/* --- len and cap ------------------------------------------------------------------------------ */

static bool chan_length(struct evaluator *e, bool capacity, struct evaluated *out, uint64_t *length)
{
	uint64_t chan;
	struct view view;
	*length = 0;
	if (!expression_word(e, out, 0, &chan))
		return false;
	if (chan == 0)
		return true;
	if (!view_read(&view, e->v->snapshot->image, &e->v->snapshot->layout, RT_HCHAN, chan,
		       e->err))
		return false;
	*length = view_get(&view, capacity ? HCHAN_DATAQSIZ : HCHAN_QCOUNT);
	return true;
}

static bool map_length(struct evaluator *e, struct evaluated *out, uint64_t *length)
{
	uint64_t map;
	*length = 0;
	return expression_word(e, out, 0, &map) &&
	       (map == 0 || image_u64(e->v->snapshot->image, map, length, e->err));
}

bool expression_length(struct evaluator *e, bool capacity, struct evaluated *out)
{
	uint64_t length = 0;
	bool good;
	if (!expression_to_indexed(e, out))
		return false;
	const struct value_type *type = out->operand.type;
	switch (type->kind) {
	case KIND_SLICE:
		good = expression_word(e, out, capacity ? 16 : 8, &length);
		break;
	case KIND_STRING:
		good = capacity ? expression_cannot(e, out, "has no capacity")
				: expression_word(e, out, 8, &length);
		break;
	case KIND_ARRAY:
		good = value_type_parts(e->v->types, type) ||
		       expression_cannot(e, out, "is not known");
		length = type->length;
		break;
	case KIND_CHAN:
		good = chan_length(e, capacity, out, &length);
		break;
	case KIND_MAP:
		good = capacity ? expression_cannot(e, out, "has no capacity")
				: map_length(e, out, &length);
		break;
	default:
		good = expression_cannot(e, out, "has no length");
	}
	if (good)
		*out = (struct evaluated){ .operand = operand_of_number(e->v, &int_type, length) };
	return good;
}
