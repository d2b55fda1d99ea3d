#pragma once
/* A Go heap in a process made in memory: mheap_, spans of a page each, their pointer maps. */
#include "goruntime/heap.h"
#include "tests/unit/make_process.h"

enum { MAKE_SPANS_MAX = 16, MAKE_PAGE = 8192, MAKE_MHEAP_BYTES = 66560, MAKE_ARENA_BYTES = 70000 };

struct make_heap {
	struct process *p;
	uint64_t mheap, allspans, arena;
	uint64_t spans[MAKE_SPANS_MAX]; /* mspan records */
	unsigned count;
};

static inline void make_heap(struct process *p, struct make_heap *heap)
{
	const struct layout *l = &p->snapshot.layout;
	*heap = (struct make_heap){ .p = p };
	heap->mheap = process_alloc(p, MAKE_MHEAP_BYTES);
	heap->allspans = process_alloc(p, MAKE_SPANS_MAX * 8);
	heap->arena = process_alloc(p, MAKE_ARENA_BYTES);
	globals_put(&p->snapshot.globals, RT_MHEAP_, heap->mheap, GLOBAL_BY_SYMBOLS);
	process_put64(p, heap->mheap + l->field[MHEAP_ALLSPANS].offset, heap->allspans);
	/* Level 2 of mheap_.arenas, of which only the entry of the heap's arena is there. */
	uint64_t entry = process_alloc(p, 8);
	uint64_t base = p->arch->link_register ? 0 : 0xffff800000000000u;
	uint64_t index = (PROCESS_HEAP - base) >> HEAP_ARENA_SHIFT;
	process_put64(p, entry, heap->arena);
	process_put64(p, heap->mheap + l->field[MHEAP_ARENAS].offset, entry - index * 8);
}

/* A span of objects of SIZE bytes; CLASS as mspan.spanclass has it, bit 0: without pointers. All of
 * its objects are allocated. Returns the address of the first. */
static inline uint64_t make_span(struct make_heap *heap, uint64_t size, uint8_t class)
{
	struct process *p = heap->p;
	uint64_t addr = process_alloc(p, 2 * MAKE_PAGE);
	addr = (addr + MAKE_PAGE - 1) & ~(uint64_t)(MAKE_PAGE - 1);
	bool bits_inside = p->minor >= 22 && size <= 512 && !(class & 1);
	uint64_t limit = addr + (MAKE_PAGE - (bits_inside ? 128 : 0)) / size * size;
	uint64_t span = process_struct(p, RT_MSPAN);
	process_put(p, span, MSPAN_STARTADDR, addr);
	process_put(p, span, MSPAN_NPAGES, 1);
	process_put(p, span, MSPAN_LIMIT, limit);
	process_put(p, span, MSPAN_ELEMSIZE, size);
	process_put(p, span, MSPAN_SPANCLASS, class);
	process_put(p, span, MSPAN_STATE, 1);
	process_put(p, span, MSPAN_FREEINDEX, (limit - addr) / size);
	process_put64(p, heap->allspans + heap->count * 8, span);
	process_put64(p,
		      heap->arena + p->snapshot.layout.field[HEAPARENA_SPANS].offset +
			      (addr >> HEAP_PAGE_SHIFT) % HEAP_ARENA_PAGES * 8,
		      span);
	heap->spans[heap->count++] = span;
	/* heapArena.spans, where the record begins with it: to 1.21 a bitmap is in front. */
	uint64_t page = addr >> HEAP_PAGE_SHIFT & (HEAP_ARENA_PAGES - 1);
	uint64_t entry = p->snapshot.layout.field[HEAPARENA_SPANS].offset + page * 8;
	if (entry + 8 <= MAKE_ARENA_BYTES)
		process_put64(p, heap->arena + entry, span);
	process_put64(p, heap->mheap + p->snapshot.layout.field[MHEAP_ALLSPANS].offset + 8,
		      heap->count);
	return addr;
}

/* The word at ADDR is a pointer, in a span of small objects since 1.22. */
static inline void make_pointer(struct make_heap *heap, uint64_t addr)
{
	uint64_t page = addr & ~(uint64_t)(MAKE_PAGE - 1), word = (addr - page) / 8;
	uint64_t byte = page + MAKE_PAGE - 128 + word / 8;
	uint64_t old = process_get64(heap->p, byte & ~(uint64_t)7);
	process_put8(heap->p, byte,
		     (uint8_t)(old >> (byte % 8 * 8) | (uint64_t)1 << word % 8));
}
