#pragma once
/*
 * One span of the Go heap by an address in it (runtime/mheap.go spanOf), and what its bits say of
 * its objects (mbitmap.go isFree, mgcsweep.go). For few addresses; struct heap is the index of all.
 */
#include "goruntime/snapshot.h"

enum span_state { SPAN_DEAD, SPAN_IN_USE, SPAN_MANUAL }; /* mheap.go mSpanState */

enum { SPAN_PAGE_SHIFT = 13, SPAN_ARENA_SHIFT = 26 }; /* 8 KB; 64 MB on linux, 64 bits */

struct span_bits {
	uint64_t allocated, marked; /* addresses of gcBits */
	uint64_t inline_marks;	    /* the same of spanInlineMarkBits.marks, 0: it has none */
	uint32_t free_index;
	int8_t sweep; /* mspan.sweepgen - mheap_.sweepgen: 0 swept, 3 cached, -2, -1, 1 not yet */
};

struct span {
	uint64_t record; /* the runtime.mspan */
	uint64_t start, end; /* its pages */
	uint64_t limit;	 /* objects lie below */
	uint64_t elem_size;
	uint64_t large_type; /* of a span of one object, since 1.22 */
	uint64_t free_list;  /* of stacks in a span of these */
	uint64_t specials;   /* the first of its records, by offset (mheap.go special) */
	uint32_t count;	 /* of objects; 0: none */
	uint32_t elems, alloc_count; /* nelems, allocCount: the runtime's own numbers */
	uint8_t state;	 /* enum span_state */
	uint8_t class;	 /* size class; 0: one large object */
	bool noscan;
	struct span_bits bits;
};

/* The runtime's record of the arena with that number (address >> SPAN_ARENA_SHIFT); 0: none. */
uint64_t span_arena(const struct snapshot *snapshot, uint64_t number);

/* The span whose pages hold ADDR. False where it has none: it is not of the heap, or of a part of
 * it that was never handed out, or the entry is an old one. */
bool span_find(const struct snapshot *snapshot, uint64_t addr, struct span *span);

/* Whether the page of ADDR has an entry, be it of a span that is there no more. */
bool span_was_used(const struct snapshot *snapshot, uint64_t addr);

/* The span with the record at RECORD. False where that makes no sense. */
bool span_read(const struct snapshot *snapshot, uint64_t record, struct span *span);

/* All spans that mheap_.allspans names, until VISIT is false. */
void spans_visit(const struct snapshot *snapshot, bool (*visit)(void *data, const struct span *span),
		 void *data);

/* The address of the marks at the end of a span of objects of that size (since 1.25); 0: it has
 * none. */
uint64_t span_inline_marks(const struct snapshot *snapshot, uint64_t start, uint64_t end,
			   uint64_t elem_size);

/* span_bits.sweep of the two sweepgens; 0 where they make no sense. */
int8_t span_sweep(uint64_t span, uint64_t heap);

/* The index of the object that ADDR points to or into; false: to none. */
bool span_object(const struct span *span, uint64_t addr, uint32_t *index);

/* Whether the object was handed out and no sweep has found it free since. */
bool span_is_handed_out(const struct image *image, const struct span_bits *bits, uint32_t index);
bool span_is_marked(const struct image *image, const struct span_bits *bits, uint32_t index);
/* Whether the span is still to be swept, and the last cycle has not reached the object. */
bool span_is_unreached(const struct image *image, const struct span_bits *bits, uint32_t index);

/* Both addresses of bits can be read for that object. */
bool span_bits_known(const struct image *image, const struct span_bits *bits, uint32_t index);

/* What an object of a span in use is. */
enum slot_state span_slot_state(const struct image *image, const struct span *span, uint32_t index);
