#include "goruntime/view.h"

enum { LARGEST_FIELD = 24 }; /* a slice */

/* Where the last field that is known ends, at most. */
static uint32_t known_extent(const struct layout *layout, enum rt_struct structure)
{
	uint32_t extent = 0;
	for (unsigned i = 0; i < RT_FIELD_COUNT; i++) {
		if (rt_field_struct(i) != structure || !layout_has(layout, i))
			continue;
		uint32_t end = layout->field[i].offset + LARGEST_FIELD;
		if (end > extent)
			extent = end;
	}
	uint32_t size = layout->struct_size[structure];
	return size > 0 && extent > size ? size : extent;
}

/* Large structs (p, schedt, mheap) are read up to the last known field, so that one whose tail was
 * not dumped can still be used. */
static uint32_t bytes_wanted(const struct layout *layout, enum rt_struct structure)
{
	uint32_t size = layout->struct_size[structure];
	if (size > 0 && size <= sizeof(((struct view *)0)->copy))
		return size;
	return known_extent(layout, structure);
}

bool view_read(struct view *view, const struct image *image, const struct layout *layout,
	       enum rt_struct structure, uint64_t addr, struct error *err)
{
	view->layout = layout;
	view->addr = addr;
	view->structure = structure;
	view->size = bytes_wanted(layout, structure);
	view->bytes = image_at(image, addr, view->size);
	if (view->bytes != NULL)
		return true;
	if (view->size > sizeof(view->copy))
		return error_set(err, ERROR_NOT_DUMPED, addr,
				 "%s at 0x%llx is not in the core in one piece",
				 rt_struct_name(structure), (unsigned long long)addr);
	if (!image_read(image, addr, view->copy, view->size, err))
		return error_context(err, "%s at 0x%llx", rt_struct_name(structure),
				     (unsigned long long)addr);
	view->bytes = view->copy;
	return true;
}

void view_in(struct view *view, const struct layout *layout, enum rt_struct structure,
	     uint64_t addr, const uint8_t *bytes)
{
	view->layout = layout;
	view->addr = addr;
	view->structure = structure;
	view->size = layout->struct_size[structure];
	view->bytes = bytes;
}

/* BYTES bytes at OFFSET; NULL where they lie outside of the struct or the field is absent. */
static const uint8_t *field_bytes(const struct view *view, enum rt_field field, uint64_t offset,
				  unsigned bytes)
{
	if (!layout_has(view->layout, field) || rt_field_struct(field) != view->structure)
		return NULL;
	offset += view->layout->field[field].offset;
	if (offset > view->size || bytes > view->size - offset)
		return NULL;
	return view->bytes + offset;
}

int64_t view_signed(const struct view *view, enum rt_field field)
{
	unsigned unused_bits = 64 - 8 * view->layout->field[field].bytes;
	return (int64_t)(view_get(view, field) << unused_bits) >> unused_bits;
}

uint64_t view_word(const struct view *view, enum rt_field field, unsigned word)
{
	const uint8_t *p = field_bytes(view, field, 8 * (uint64_t)word, 8);
	return p != NULL ? bytes_u64(p) : 0;
}

uint64_t view_addr(const struct view *view, enum rt_field field)
{
	if (!layout_has(view->layout, field))
		return 0;
	return view->addr + view->layout->field[field].offset;
}
