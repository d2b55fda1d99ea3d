#include "goruntime/heap.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "goruntime/private.h"

enum { SMALL_BITS = 512 }; /* runtime/mbitmap.go heapBitsInSpan */
enum { LARGEST_CLASS = 32768 };

struct builder {
	struct heap *heap;
	VEC(struct heap_span) spans;
	VEC(struct heap_detail) details;
	VEC(struct heap_arena) arenas;
	uint32_t sweep;
	uint64_t page_budget; /* pages that may still be claimed */
};

static uint64_t mapped_bytes(const struct image *image)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < image->run_count; i++)
		bytes += image->runs[i].hi - image->runs[i].lo;
	return bytes;
}

/* Which of its words are pointers is where the release keeps it; layout_has() tells. */
static enum heap_map map_of(const struct layout *layout, const struct view *span, bool noscan,
			    bool large, uint64_t elem_size)
{
	if (noscan)
		return HEAP_MAP_NONE;
	if (view_get(span, MSPAN_USERARENA) != 0)
		return HEAP_MAP_ANY;
	if (layout_has(layout, HEAPARENA_NOMOREPTRS))
		return HEAP_MAP_ARENA_BITS;
	if (layout_has(layout, HEAPARENA_BITMAP))
		return HEAP_MAP_ARENA_NIBBLES;
	if (!layout_has(layout, MSPAN_LARGETYPE))
		return HEAP_MAP_ANY;
	if (large)
		return HEAP_MAP_LARGE_TYPE;
	return elem_size <= SMALL_BITS ? HEAP_MAP_SPAN_BITS : HEAP_MAP_HEADER;
}

/* Whether the span's numbers can be true. */
static bool span_fill(const struct builder *b, const struct view *view, struct heap_span *span)
{
	uint8_t class = (uint8_t)view_get(view, MSPAN_SPANCLASS);
	uint64_t pages = view_get(view, MSPAN_NPAGES), start = view_get(view, MSPAN_STARTADDR);
	bool large = class >> 1 == 0;
	*span = (struct heap_span){
		.start = start,
		.limit = view_get(view, MSPAN_LIMIT),
		.elem_size = view_get(view, MSPAN_ELEMSIZE),
		.pages = (uint32_t)pages,
	};
	uint64_t page = (uint64_t)1 << HEAP_PAGE_SHIFT;
	if (pages == 0 || pages > b->page_budget || start % page != 0 || start == 0 ||
	    start + pages * page < start || span->limit <= start ||
	    span->limit - start > pages * page || span->elem_size < 8 || span->elem_size % 8 != 0 ||
	    (!large && span->elem_size > LARGEST_CLASS) || span->elem_size > pages * page)
		return false;
	const struct layout *layout = view->layout;
	span->map = (uint8_t)map_of(layout, view, class & 1, large, span->elem_size);
	span->elem_count = large ? 1 : (uint32_t)((span->limit - start) / span->elem_size);
	span->divide = large ? 0 : (uint32_t)(UINT32_MAX / span->elem_size + 1);
	return span->elem_count > 0 &&
	       image_find(b->heap->snapshot->image, start) != NULL;
}

static void detail_fill(const struct builder *b, const struct view *view,
			struct heap_detail *detail)
{
	*detail = (struct heap_detail){
		.large_type = view_get(view, MSPAN_LARGETYPE),
		.specials = view_get(view, MSPAN_SPECIALS),
		.bits = {
			.allocated = view_get(view, MSPAN_ALLOCBITS),
			.marked = view_get(view, MSPAN_GCMARKBITS),
			.free_index = (uint32_t)view_get(view, MSPAN_FREEINDEX),
			.sweep = span_sweep(view_get(view, MSPAN_SWEEPGEN), b->sweep),
		},
	};
}

static void add_span(struct builder *b, const struct view *view)
{
	struct heap_span span;
	struct heap_detail detail;
	struct heap *heap = b->heap;
	if (view_get(view, MSPAN_STATE) != SPAN_IN_USE || !span_fill(b, view, &span))
		return;
	uint64_t size = (uint64_t)span.pages << HEAP_PAGE_SHIFT;
	span.bytes = image_at(heap->snapshot->image, span.start, size);
	span.first = heap->object_count;
	detail_fill(b, view, &detail);
	heap->object_count += span.elem_count;
	heap->bytes += size;
	b->page_budget -= span.pages;
	vec_push(&b->spans, span);
	vec_push(&b->details, detail);
}

static bool read_spans(struct builder *b, uint64_t mheap, struct error *err)
{
	enum { AHEAD = 8 };
	const struct snapshot *s = b->heap->snapshot;
	struct view view;
	uint64_t array, count, mspan;
	const uint64_t allspans = mheap + s->layout.field[MHEAP_ALLSPANS].offset;
	if (!image_u32(s->image, mheap + s->layout.field[MHEAP_SWEEPGEN].offset, &b->sweep, err) ||
	    !image_u64(s->image, allspans, &array, err) ||
	    !image_u64(s->image, allspans + 8, &count, err))
		return false;
	if (count > LIMIT_ARRAY_BYTES / 8)
		return error_set(err, ERROR_LIMIT, array, "mheap_.allspans has %llu entries",
				 (unsigned long long)count);
	for (uint64_t i = 0; i < count; i++) {
		uint64_t later;
		if (i + AHEAD < count &&
		    image_u64(s->image, array + (i + AHEAD) * 8, &later, NULL)) {
			const uint8_t *p = image_at(s->image, later, 128);
			__builtin_prefetch(p);
			__builtin_prefetch(p + (p ? 64 : 0));
		}
		if (!image_u64(s->image, array + i * 8, &mspan, err) ||
		    !view_read(&view, s->image, &s->layout, RT_MSPAN, mspan, err))
			return false;
		add_span(b, &view);
	}
	return true;
}

static void arena_fill(const struct snapshot *s, uint64_t record, struct heap_arena *arena)
{
	enum { WORDS = 1 << (HEAP_ARENA_SHIFT - 3) };
	const struct layout *l = &s->layout;
	arena->spans = memory_grow(NULL, HEAP_ARENA_PAGES * sizeof(*arena->spans));
	memset(arena->spans, 0, HEAP_ARENA_PAGES * sizeof(*arena->spans));
	arena->bitmap = arena->no_more = (struct bytes){ 0 };
	if (record == 0 || !layout_has(l, HEAPARENA_BITMAP))
		return;
	bool bits = layout_has(l, HEAPARENA_NOMOREPTRS);
	arena->bitmap.size = bits ? WORDS / 8 : WORDS / 4;
	arena->bitmap.data = image_at(s->image, record + l->field[HEAPARENA_BITMAP].offset,
				      arena->bitmap.size);
	arena->no_more.size = bits ? WORDS / 64 / 8 : 0;
	arena->no_more.data = bits ? image_at(s->image,
					      record + l->field[HEAPARENA_NOMOREPTRS].offset,
					      arena->no_more.size)
				   : NULL;
}

/* Enters span number INDEX for all of its pages. */
static void enter_span(struct builder *b, size_t index)
{
	struct heap *heap = b->heap;
	struct heap_span *span = &b->spans.items[index];
	uint64_t page = span->start >> HEAP_PAGE_SHIFT;
	uint64_t shift = HEAP_ARENA_SHIFT - HEAP_PAGE_SHIFT, end = page + span->pages;
	for (; page < end; page++) {
		uint32_t *slot = &heap->arena_index[(page >> shift) - heap->arena_low];
		if (*slot == 0) {
			struct heap_arena arena;
			arena_fill(heap->snapshot, span_arena(heap->snapshot, page >> shift),
				   &arena);
			vec_push(&b->arenas, arena);
			*slot = (uint32_t)b->arenas.count;
		}
		b->arenas.items[*slot - 1].spans[page & (HEAP_ARENA_PAGES - 1)] = (uint32_t)index + 1;
	}
	struct span_bits *bits = &b->details.items[index].bits;
	bits->inline_marks = span_inline_marks(heap->snapshot, span->start,
					       end << HEAP_PAGE_SHIFT, span->elem_size);
	span->inline_marks = bits->inline_marks != 0;
}

static bool enter_spans(struct builder *b, struct error *err)
{
	enum { ARENAS_MAX = 1 << 22 };
	struct heap *heap = b->heap;
	uint64_t low = UINT64_MAX, high = 0;
	for (size_t i = 0; i < b->spans.count; i++) {
		const struct heap_span *span = &b->spans.items[i];
		uint64_t last = span->start + ((uint64_t)span->pages << HEAP_PAGE_SHIFT) - 1;
		low = span->start < low ? span->start : low;
		high = last > high ? last : high;
	}
	if (b->spans.count == 0)
		return error_set(err, ERROR_NOT_FOUND, 0, "no span of the heap is in use");
	heap->arena_low = low >> HEAP_ARENA_SHIFT;
	heap->arena_count = (high >> HEAP_ARENA_SHIFT) - heap->arena_low + 1;
	if (heap->arena_count > ARENAS_MAX || b->spans.count >= UINT32_MAX)
		return error_set(err, ERROR_FORMAT, low, "the spans of the heap are too far apart");
	heap->arena_index = memory_grow(NULL, heap->arena_count * sizeof(*heap->arena_index));
	memset(heap->arena_index, 0, heap->arena_count * sizeof(*heap->arena_index));
	for (size_t i = 0; i < b->spans.count; i++)
		enter_span(b, i);
	return true;
}

static void count_unreadable(struct heap *heap)
{
	const struct image *image = heap->snapshot->image;
	for (size_t i = 0; i < heap->span_count; i++) {
		const struct heap_span *span = &heap->spans[i];
		uint64_t end = span->start + ((uint64_t)span->pages << HEAP_PAGE_SHIFT);
		for (uint64_t addr = span->start; span->bytes == NULL && addr < end;) {
			struct bytes rest = image_rest(image, addr);
			uint64_t page_end = (addr | 4095) + 1;
			if (rest.size == 0)
				heap->unreadable += page_end - addr;
			addr = rest.size > page_end - addr ? addr + rest.size : page_end;
		}
	}
}

static bool wants_fields(const struct layout *l, struct error *err)
{
	static const enum rt_field fields[] = {
		MHEAP_ALLSPANS, MHEAP_SWEEPGEN, MHEAP_ARENAS,	 MSPAN_STARTADDR, MSPAN_NPAGES,
		MSPAN_LIMIT,	MSPAN_ELEMSIZE, MSPAN_SPANCLASS, MSPAN_STATE,	  MSPAN_FREEINDEX,
		MSPAN_SWEEPGEN, MSPAN_ALLOCBITS, MSPAN_GCMARKBITS, MSPAN_SPECIALS,
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (!layout_has(l, fields[i]))
			return error_set(err, ERROR_NOT_FOUND, 0, "where %s is is not known",
					 rt_field_name(fields[i]));
	return true;
}

bool heap_open(const struct snapshot *snapshot, struct heap *heap, struct error *err)
{
	uint64_t mheap;
	*heap = (struct heap){ .snapshot = snapshot };
	struct builder b = {
		.heap = heap,
		.page_budget = mapped_bytes(snapshot->image) >> HEAP_PAGE_SHIFT,
	};
	if (!globals_get(&snapshot->globals, RT_MHEAP_, &mheap))
		return error_set(err, ERROR_NOT_FOUND, 0, "runtime.mheap_ was not found");
	bool good = wants_fields(&snapshot->layout, err) && read_spans(&b, mheap, err) &&
		    enter_spans(&b, err);
	heap->spans = b.spans.items;
	heap->details = b.details.items;
	heap->span_count = b.spans.count;
	heap->arenas = b.arenas.items;
	heap->arenas_used = b.arenas.count;
	if (good) {
		count_unreadable(heap);
		return true;
	}
	heap_close(heap);
	return error_context(err, "the heap");
}

void heap_close(struct heap *heap)
{
	if (heap == NULL)
		return;
	for (size_t i = 0; i < heap->arenas_used; i++)
		free(heap->arenas[i].spans);
	free(heap->arenas);
	free(heap->arena_index);
	free(heap->spans);
	free(heap->details);
	*heap = (struct heap){ 0 };
}

bool heap_is_unswept(const struct heap *heap, const struct heap_span *span, uint32_t index)
{
	const struct heap_detail *detail = &heap->details[span - heap->spans];
	return span_is_unreached(heap->snapshot->image, &detail->bits, index);
}

bool heap_is_allocated(const struct heap *heap, const struct heap_span *span, uint32_t index)
{
	const struct heap_detail *detail = &heap->details[span - heap->spans];
	return span_is_handed_out(heap->snapshot->image, &detail->bits, index) &&
	       !heap_is_unswept(heap, span, index);
}
