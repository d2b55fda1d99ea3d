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

/* The field's value, zero-extended; 0 where layout_has() is false (ask first where that matters). */
uint64_t view_get(const struct view *view, enum rt_field field);
/* The same, sign-extended by the field's width. */
int64_t view_signed(const struct view *view, enum rt_field field);
/* The 8-byte word WORD (0, 1, 2) of a string, slice or interface field. */
uint64_t view_word(const struct view *view, enum rt_field field, unsigned word);
/* Address of the field in the target; 0 where absent. */
uint64_t view_addr(const struct view *view, enum rt_field field);
