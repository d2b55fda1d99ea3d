#pragma once
/*
 * The Go heap as an index: address -> span -> object (runtime/mheap.go, mbitmap.go). Made once from
 * mheap_.allspans; spans in use only. Objects have dense numbers, so that a bit for each is a
 * bitmap. What the runtime's records say is not trusted: spans lie in mapped memory, do not claim
 * more pages than were mapped, and an object lies in its span.
 */
#include "goruntime/span.h"

enum {
	HEAP_PAGE_SHIFT = SPAN_PAGE_SHIFT,
	HEAP_ARENA_SHIFT = SPAN_ARENA_SHIFT,
	HEAP_ARENA_PAGES = 1 << (HEAP_ARENA_SHIFT - HEAP_PAGE_SHIFT),
	HEAP_WORD_CHUNK = 64, /* words that heap_pointers() tells of at once */
};

/* Where it is written which words of an object are pointers. */
enum heap_map {
	HEAP_MAP_NONE,	       /* noscan: there are no pointers */
	HEAP_MAP_ARENA_NIBBLES, /* to 1.20: heapArena.bitmap, 4 words a byte */
	HEAP_MAP_ARENA_BITS,   /* 1.21: heapArena.bitmap, a bit a word, and noMorePtrs */
	HEAP_MAP_SPAN_BITS,    /* since 1.22, up to 512 bytes: at the end of the span */
	HEAP_MAP_HEADER,       /* since 1.22: a type in front of the object */
	HEAP_MAP_LARGE_TYPE,   /* since 1.22: a span of one object has its type in the mspan */
	HEAP_MAP_ANY,	       /* not known: every word may be a pointer */
};

struct heap_span {
	uint64_t start, limit; /* objects lie in [start, limit) */
	const uint8_t *bytes;  /* of the whole span; NULL where it is not in one piece in the core */
	uint64_t elem_size;
	uint64_t first;	    /* number of its first object */
	uint32_t elem_count;
	uint32_t divide; /* index of an object = (offset * divide) >> 32; 0: there is one object */
	uint32_t pages;
	uint8_t map;	 /* enum heap_map */
	bool inline_marks; /* since 1.25: spanInlineMarkBits at its end */
	uint8_t marks;	 /* for the walker that goes over the heap; 0 */
};

/* What is asked rarely of the span of the same index. */
struct heap_detail {
	uint64_t large_type; /* address of its one object's type */
	uint64_t specials;   /* first runtime.special */
	struct span_bits bits;
};

struct heap_arena {
	uint32_t *spans; /* per page: index of a span + 1 */
	struct bytes bitmap, no_more; /* heapArena.bitmap, noMorePtrs; empty since 1.22 */
};

struct heap {
	const struct snapshot *snapshot;
	struct heap_span *spans;
	struct heap_detail *details;
	size_t span_count;
	uint64_t arena_low; /* number of the first arena: address >> HEAP_ARENA_SHIFT */
	uint64_t arena_count;
	uint32_t *arena_index; /* by number - arena_low: index of its arena + 1, 0: none */
	struct heap_arena *arenas;
	size_t arenas_used;
	uint64_t object_count; /* numbers of objects are below this */
	uint64_t bytes;	       /* in spans in use */
	uint64_t unreadable;   /* of these, bytes that are not in the core */
};

/* Fails where the runtime's records of its heap cannot be read or make no sense. */
bool heap_open(const struct snapshot *snapshot, struct heap *heap, struct error *err) MUST_CHECK;
void heap_close(struct heap *heap);

/* The span whose pages hold ADDR; NULL: it is not in the heap. Not every address in it belongs to
 * an object. */
static inline struct heap_span *heap_span(const struct heap *heap, uint64_t addr)
{
	uint64_t arena = (addr >> HEAP_ARENA_SHIFT) - heap->arena_low;
	if (arena >= heap->arena_count || heap->arena_index[arena] == 0)
		return NULL;
	uint64_t page = addr >> HEAP_PAGE_SHIFT & (HEAP_ARENA_PAGES - 1);
	uint32_t span = heap->arenas[heap->arena_index[arena] - 1].spans[page];
	return span ? &heap->spans[span - 1] : NULL;
}

/* The index in SPAN of the object that ADDR points to or into; false: to none. */
static inline bool heap_object(const struct heap_span *span, uint64_t addr, uint32_t *index)
{
	uint64_t offset = addr - span->start;
	if (addr < span->start || addr >= span->limit)
		return false;
	*index = span->divide ? (uint32_t)(offset * span->divide >> 32) : 0;
	return *index < span->elem_count;
}

static inline uint64_t heap_object_addr(const struct heap_span *span, uint32_t index)
{
	return span->start + index * span->elem_size;
}

/* Whether the runtime has handed that object out and not found it dead: mbitmap.go isFree, and
 * before its span is swept (mgcsweep.go) by the last cycle's marks. False where it cannot be
 * read. */
bool heap_is_allocated(const struct heap *heap, const struct heap_span *span, uint32_t index);

/* Whether the last cycle has found the object dead, but its span was not swept yet. */
bool heap_is_unswept(const struct heap *heap, const struct heap_span *span, uint32_t index);
