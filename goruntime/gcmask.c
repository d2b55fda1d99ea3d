#include "goruntime/gcmask.h"

#include "goruntime/gotype.h"
#include "goruntime/private.h"

/* internal/abi/type.go ArrayType {Type, Elem, Slice, Len}, StructType {Type, PkgPath, Fields},
 * StructField {Name, Typ, Offset}. */
enum { ARRAY_ELEM = 48, ARRAY_LEN = 64, STRUCT_FIELDS = 56, FIELD_BYTES = 24 };
enum { FIELD_TYP = 8, FIELD_OFFSET = 16 };
enum { TFLAG_GC_MASK_ON_DEMAND = 1 << 4, KIND_MASK = 31, DEPTH_MAX = 64, STEPS_MAX = 1 << 20 };

struct deriver {
	const struct snapshot *snapshot;
	uint8_t *mask;
	uint64_t words;
	unsigned depth, steps;
};

static bool derive(struct deriver *d, uint64_t type, uint64_t at);

static void set_bit(struct deriver *d, uint64_t at)
{
	if (at < d->words)
		d->mask[at / 8] |= (uint8_t)(1 << at % 8);
}

static bool copy_mask(struct deriver *d, uint64_t mask_addr, uint64_t pointers, uint64_t at)
{
	const uint8_t *mask = pointers <= d->words
				      ? image_at(d->snapshot->image, mask_addr, (pointers + 7) / 8)
				      : NULL;
	for (uint64_t i = 0; mask != NULL && i < pointers; i++)
		if (mask[i / 8] >> i % 8 & 1)
			set_bit(d, at + i);
	return mask != NULL;
}

/* The mask of the first element, again and again. */
static bool derive_array(struct deriver *d, uint64_t type, uint64_t words, uint64_t at)
{
	const struct image *image = d->snapshot->image;
	uint64_t elem, length;
	if (!image_u64(image, type + ARRAY_ELEM, &elem, NULL) ||
	    !image_u64(image, type + ARRAY_LEN, &length, NULL) || length == 0 ||
	    words % length != 0 || words / length == 0 || !derive(d, elem, at))
		return false;
	uint64_t step = words / length, end = at + words < d->words ? at + words : d->words;
	for (uint64_t i = at + step; i < end; i++)
		if (d->mask[(i - step) / 8] >> (i - step) % 8 & 1)
			set_bit(d, i);
	return true;
}

static bool derive_struct(struct deriver *d, uint64_t type, uint64_t at)
{
	const struct image *image = d->snapshot->image;
	uint64_t fields, count;
	if (!image_u64(image, type + STRUCT_FIELDS, &fields, NULL) ||
	    !image_u64(image, type + STRUCT_FIELDS + 8, &count, NULL))
		return false;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t field, offset, entry = fields + i * FIELD_BYTES;
		if (!image_u64(image, entry + FIELD_TYP, &field, NULL) ||
		    !image_u64(image, entry + FIELD_OFFSET, &offset, NULL) ||
		    !derive(d, field, at + offset / 8))
			return false;
	}
	return true;
}

static bool derive_composite(struct deriver *d, uint64_t type, unsigned kind, uint64_t words,
			     uint64_t at)
{
	if (d->depth >= DEPTH_MAX)
		return false;
	d->depth++;
	bool good = kind == KIND_ARRAY	  ? derive_array(d, type, words, at)
		    : kind == KIND_STRUCT ? derive_struct(d, type, at)
					  : false;
	d->depth--;
	return good;
}

/* The type lies at word AT of the whole. */
static bool derive(struct deriver *d, uint64_t type, uint64_t at)
{
	struct view view;
	const struct snapshot *s = d->snapshot;
	if (d->steps++ >= STEPS_MAX ||
	    !view_read(&view, s->image, &s->layout, RT_TYPE, type, NULL))
		return false;
	uint64_t pointers = view_get(&view, TYPE_PTRBYTES) / 8;
	if (pointers == 0)
		return true;
	if (!(view_get(&view, TYPE_TFLAG) & TFLAG_GC_MASK_ON_DEMAND))
		return copy_mask(d, view_get(&view, TYPE_GCDATA), pointers, at);
	return derive_composite(d, type, (unsigned)view_get(&view, TYPE_KIND) & KIND_MASK,
				view_get(&view, TYPE_SIZE) / 8, at);
}

bool gcmask_derive(const struct snapshot *s, uint64_t addr, uint8_t *mask, uint64_t words)
{
	struct deriver d = { .snapshot = s, .mask = mask, .words = words };
	return words <= GCMASK_WORDS_MAX && derive(&d, addr, 0);
}
