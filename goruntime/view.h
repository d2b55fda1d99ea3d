#pragma once
/* One runtime struct of the target: read once, then its fields by enum, bounds checked. */
#include "formats/image.h"
#include "goruntime/layout.h"

struct view {
	const struct layout *layout;
	const uint8_t *bytes; /* into the mapping, or into `copy` */
	uint64_t addr;
	uint32_t size;
	enum rt_struct structure;
	uint8_t copy[4096]; /* only used when the struct crosses a seam of the image */
};

/* Reads the struct at ADDR. Fails when its bytes are not all there (for structs larger than 4096
 * bytes: when they are not contiguous in one run). A view must not be moved: it may point into
 * itself. */
bool view_read(struct view *view, const struct image *image, const struct layout *layout,
	       enum rt_struct structure, uint64_t addr, struct error *err) MUST_CHECK;

/* The struct at ADDR in BYTES, which the caller has read and which hold all of it. */
void view_in(struct view *view, const struct layout *layout, enum rt_struct structure,
	     uint64_t addr, const uint8_t *bytes);

/* The field's value, zero-extended; 0 where layout_has() is false (ask first where that matters).
 * In line: a million goroutines are read field by field. */
static inline uint64_t view_get(const struct view *view, enum rt_field field)
{
	uint32_t offset = view->layout->field[field].offset;
	unsigned bytes = view->layout->field[field].bytes;
	if (!layout_has(view->layout, field) || rt_field_struct(field) != view->structure ||
	    offset > view->size || bytes > view->size - offset)
		return 0;
	const uint8_t *p = view->bytes + offset;
	switch (bytes) {
	case 1:
		return *p;
	case 2:
		return bytes_u16(p);
	case 4:
		return bytes_u32(p);
	default:
		return bytes_u64(p);
	}
}

/* The same, sign-extended by the field's width. */
int64_t view_signed(const struct view *view, enum rt_field field);
/* The 8-byte word WORD (0, 1, 2) of a string, slice or interface field. */
uint64_t view_word(const struct view *view, enum rt_field field, unsigned word);
/* Address of the field in the target; 0 where absent. */
uint64_t view_addr(const struct view *view, enum rt_field field);
