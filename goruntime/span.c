#include "goruntime/span.h"

#include "base/limits.h"

#include "goruntime/private.h"

/* runtime/mbitmap.go heapBitsInSpan; mgcmark_greenteagc.go spanInlineMarkBits */
enum { SMALL_BITS = 512, INLINE_MARKS_LEAST = 16, INLINE_MARKS = 128, INLINE_MARKS_AT = 64,
       INLINE_MARKS_OBJECTS = 63 * 8 };

/* mheap_.arenas has one level 1 entry on linux, and counts from the bottom of the sign-extended
 * address space on amd64 (mheap.go arenaIndex). */
uint64_t span_arena(const struct snapshot *s, uint64_t number)
{
	uint64_t mheap, l2, arena = 0;
	uint64_t base = s->image->arch->link_register ? 0 : 0xffff800000000000u;
	uint64_t index = ((number << SPAN_ARENA_SHIFT) - base) >> SPAN_ARENA_SHIFT;
	if (index >= (uint64_t)1 << 22 || !layout_has(&s->layout, MHEAP_ARENAS) ||
	    !globals_get(&s->globals, RT_MHEAP_, &mheap) ||
	    !image_u64(s->image, mheap + s->layout.field[MHEAP_ARENAS].offset, &l2, NULL) ||
	    l2 == 0 || !image_u64(s->image, l2 + index * 8, &arena, NULL))
		return 0;
	return arena;
}

int8_t span_sweep(uint64_t span, uint64_t heap)
{
	int32_t sweep = (int32_t)((uint32_t)span - (uint32_t)heap);
	return (int8_t)(sweep >= -2 && sweep <= 3 ? sweep : 0);
}

static int8_t sweep_state(const struct snapshot *s, const struct view *view)
{
	uint64_t mheap;
	uint32_t now;
	if (!layout_has(&s->layout, MSPAN_SWEEPGEN) || !layout_has(&s->layout, MHEAP_SWEEPGEN) ||
	    !globals_get(&s->globals, RT_MHEAP_, &mheap) ||
	    !image_u32(s->image, mheap + s->layout.field[MHEAP_SWEEPGEN].offset, &now, NULL))
		return 0;
	return span_sweep(view_get(view, MSPAN_SWEEPGEN), now);
}

uint64_t span_inline_marks(const struct snapshot *s, uint64_t start, uint64_t end,
			   uint64_t elem_size)
{
	uint8_t bits;
	uint64_t record;
	uint64_t page = start >> SPAN_PAGE_SHIFT &
			(((uint64_t)1 << (SPAN_ARENA_SHIFT - SPAN_PAGE_SHIFT)) - 1);
	if (elem_size < INLINE_MARKS_LEAST || elem_size > SMALL_BITS ||
	    !layout_has(&s->layout, HEAPARENA_INLINE_MARKS) ||
	    (record = span_arena(s, start >> SPAN_ARENA_SHIFT)) == 0 ||
	    !image_u8(s->image,
		      record + s->layout.field[HEAPARENA_INLINE_MARKS].offset + page / 8, &bits,
		      NULL) ||
	    !(bits >> page % 8 & 1))
		return 0;
	return end - INLINE_MARKS + INLINE_MARKS_AT;
}

static uint32_t object_count(const struct span *span)
{
	if (span->state != SPAN_IN_USE || span->elem_size < 8 || span->limit <= span->start)
		return 0;
	uint32_t fit = (uint32_t)((span->limit - span->start) / span->elem_size);
	if (span->class == 0)
		return 1;
	/* From 1.22 to 1.24 the limit may take in the bits at the end of the span. */
	return span->elems != 0 && span->elems < fit ? span->elems : fit;
}

bool span_read(const struct snapshot *s, uint64_t record, struct span *span)
{
	enum { PAGES_MOST = 1 << 26 }; /* 512 GB */
	struct view view;
	if (!view_read(&view, s->image, &s->layout, RT_MSPAN, record, NULL))
		return false;
	uint8_t class = (uint8_t)view_get(&view, MSPAN_SPANCLASS);
	uint64_t pages = view_get(&view, MSPAN_NPAGES);
	*span = (struct span){
		.record = record,
		.start = view_get(&view, MSPAN_STARTADDR),
		.limit = view_get(&view, MSPAN_LIMIT),
		.elem_size = view_get(&view, MSPAN_ELEMSIZE),
		.large_type = view_get(&view, MSPAN_LARGETYPE),
		.free_list = view_get(&view, MSPAN_MANUALFREELIST),
		.specials = view_get(&view, MSPAN_SPECIALS),
		.elems = (uint32_t)view_get(&view, MSPAN_NELEMS),
		.alloc_count = (uint32_t)view_get(&view, MSPAN_ALLOCCOUNT),
		.state = (uint8_t)view_get(&view, MSPAN_STATE),
		.class = class >> 1,
		.noscan = class & 1,
		.bits = {
			.allocated = view_get(&view, MSPAN_ALLOCBITS),
			.marked = view_get(&view, MSPAN_GCMARKBITS),
			.free_index = (uint32_t)view_get(&view, MSPAN_FREEINDEX),
			.sweep = sweep_state(s, &view),
		},
	};
	if (pages > PAGES_MOST)
		return false;
	span->end = span->start + (pages << SPAN_PAGE_SHIFT);
	if (span->limit > span->end)
		span->limit = span->end;
	span->count = object_count(span);
	if (span->count > 0)
		span->bits.inline_marks = span_inline_marks(s, span->start, span->end, span->elem_size);
	return span->end > span->start;
}

/* heapArena.spans; 0: none. */
static uint64_t record_at(const struct snapshot *s, uint64_t addr)
{
	uint64_t arena = span_arena(s, addr >> SPAN_ARENA_SHIFT), record;
	uint64_t page = (addr & (((uint64_t)1 << SPAN_ARENA_SHIFT) - 1)) >> SPAN_PAGE_SHIFT;
	if (arena == 0 || !layout_has(&s->layout, HEAPARENA_SPANS) ||
	    !image_u64(s->image, arena + s->layout.field[HEAPARENA_SPANS].offset + page * 8,
		       &record, NULL))
		return 0;
	return record;
}

bool span_was_used(const struct snapshot *s, uint64_t addr)
{
	return record_at(s, addr) != 0;
}

bool span_find(const struct snapshot *s, uint64_t addr, struct span *span)
{
	uint64_t record = record_at(s, addr);
	return record != 0 && span_read(s, record, span) && addr >= span->start &&
	       addr < span->end;
}

bool span_object(const struct span *span, uint64_t addr, uint32_t *index)
{
	if (span->count == 0 || addr < span->start || addr >= span->limit)
		return false;
	*index = span->class == 0 ? 0 : (uint32_t)((addr - span->start) / span->elem_size);
	return *index < span->count;
}

static bool bit_at(const struct image *image, uint64_t bits, uint32_t index)
{
	uint8_t byte;
	return bits != 0 && image_u8(image, bits + index / 8, &byte, NULL) &&
	       (byte >> index % 8 & 1) != 0;
}

bool span_is_handed_out(const struct image *image, const struct span_bits *bits, uint32_t index)
{
	return index < bits->free_index || bit_at(image, bits->allocated, index);
}

bool span_is_marked(const struct image *image, const struct span_bits *bits, uint32_t index)
{
	return bit_at(image, bits->marked, index) ||
	       (index < INLINE_MARKS_OBJECTS && bit_at(image, bits->inline_marks, index));
}

bool span_is_unreached(const struct image *image, const struct span_bits *bits, uint32_t index)
{
	bool unswept = bits->sweep == -2 || bits->sweep == -1 || bits->sweep == 1;
	return unswept && !span_is_marked(image, bits, index);
}

bool span_bits_known(const struct image *image, const struct span_bits *bits, uint32_t index)
{
	uint8_t byte;
	return bits->allocated != 0 && bits->marked != 0 &&
	       image_u8(image, bits->allocated + index / 8, &byte, NULL) &&
	       image_u8(image, bits->marked + index / 8, &byte, NULL);
}

enum slot_state span_slot_state(const struct image *image, const struct span *span, uint32_t index)
{
	if (span->state != SPAN_IN_USE || !span_bits_known(image, &span->bits, index))
		return SLOT_UNKNOWN;
	if (!span_is_handed_out(image, &span->bits, index))
		return SLOT_FREE;
	return span_is_unreached(image, &span->bits, index) ? SLOT_UNREACHED : SLOT_ALLOCATED;
}

void spans_visit(const struct snapshot *s, bool (*visit)(void *data, const struct span *span),
		 void *data)
{
	uint64_t mheap, array, count, record;
	if (!layout_has(&s->layout, MHEAP_ALLSPANS) || !globals_get(&s->globals, RT_MHEAP_, &mheap))
		return;
	uint64_t allspans = mheap + s->layout.field[MHEAP_ALLSPANS].offset;
	if (!image_u64(s->image, allspans, &array, NULL) ||
	    !image_u64(s->image, allspans + 8, &count, NULL) || count > LIMIT_ARRAY_BYTES / 8)
		return;
	for (uint64_t i = 0; i < count; i++) {
		struct span span;
		if (image_u64(s->image, array + i * 8, &record, NULL) &&
		    span_read(s, record, &span) && !visit(data, &span))
			return;
	}
}
