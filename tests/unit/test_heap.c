/* Spans, objects, and which are allocated. */
#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_heap made;
static struct heap heap;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	process_func(&p, "main.main", 8);
	make_heap(&p, &made);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	heap_close(&heap);
	process_release(&p);
}

static bool open_heap(void)
{
	struct error err = ERROR_INIT;
	process_dump(&p);
	return heap_open(&p.snapshot, &heap, &err);
}

START_TEST(an_inner_pointer_leads_to_its_object)
{
	uint32_t index;
	uint64_t first = make_span(&made, 48, 2 * 4);
	ck_assert(open_heap());
	const struct heap_span *span = heap_span(&heap, first + 100);
	ck_assert_ptr_nonnull(span);
	ck_assert(heap_object(span, first + 100, &index));
	ck_assert_uint_eq(index, 2);
	ck_assert_uint_eq(heap_object_addr(span, index), first + 96);
	ck_assert_ptr_null(heap_span(&heap, first + MAKE_PAGE));
	ck_assert_ptr_null(heap_span(&heap, 8));
}
END_TEST

START_TEST(behind_the_limit_there_is_no_object)
{
	uint32_t index;
	uint64_t first = make_span(&made, 48, 2 * 4);
	ck_assert(open_heap());
	const struct heap_span *span = heap_span(&heap, first + MAKE_PAGE - 8);
	ck_assert_ptr_nonnull(span);
	ck_assert(!heap_object(span, first + MAKE_PAGE - 8, &index));
}
END_TEST

START_TEST(numbers_of_objects_are_dense)
{
	uint64_t a = make_span(&made, 4096, 2 * 40), b = make_span(&made, 2048, 2 * 30 + 1);
	ck_assert(open_heap());
	ck_assert_uint_eq(heap_span(&heap, a)->first, 0);
	ck_assert_uint_eq(heap_span(&heap, b)->first, 2);
	ck_assert_uint_eq(heap.object_count, 6);
	ck_assert_int_eq(heap_span(&heap, b)->map, HEAP_MAP_NONE);
}
END_TEST

START_TEST(where_pointers_are_told_varies_by_size)
{
	uint64_t small = make_span(&made, 512, 2 * 20), large = make_span(&made, 1024, 2 * 25);
	uint64_t one = make_span(&made, 8192, 0);
	ck_assert(open_heap());
	ck_assert_int_eq(heap_span(&heap, small)->map, HEAP_MAP_SPAN_BITS);
	ck_assert_int_eq(heap_span(&heap, large)->map, HEAP_MAP_HEADER);
	ck_assert_int_eq(heap_span(&heap, one)->map, HEAP_MAP_LARGE_TYPE);
}
END_TEST

START_TEST(allocated_is_what_was_handed_out)
{
	uint64_t first = make_span(&made, 1024, 2 * 25), bits = process_alloc(&p, 16);
	process_put(&p, made.spans[0], MSPAN_FREEINDEX, 2);
	process_put(&p, made.spans[0], MSPAN_ALLOCBITS, bits);
	process_put8(&p, bits, 0x20);
	ck_assert(open_heap());
	const struct heap_span *span = heap_span(&heap, first);
	ck_assert(heap_is_allocated(&heap, span, 1));
	ck_assert(!heap_is_allocated(&heap, span, 2));
	ck_assert(heap_is_allocated(&heap, span, 5));
}
END_TEST

/* mheap_.sweepgen is 2 ahead of the span's: what the last cycle did not mark is dead. */
START_TEST(before_the_sweep_only_marked_objects_live)
{
	uint64_t first = make_span(&made, 1024, 2 * 25), marks = process_alloc(&p, 16);
	process_put(&p, made.mheap, MHEAP_SWEEPGEN, 6);
	process_put(&p, made.spans[0], MSPAN_SWEEPGEN, 4);
	process_put(&p, made.spans[0], MSPAN_GCMARKBITS, marks);
	process_put8(&p, marks, 0x08);
	ck_assert(open_heap());
	const struct heap_span *span = heap_span(&heap, first);
	ck_assert(heap_is_allocated(&heap, span, 3));
	ck_assert(!heap_is_allocated(&heap, span, 4));
	ck_assert(heap_is_unswept(&heap, span, 4));
}
END_TEST

/* Since 1.25 a span of small objects may have marks of its own, at its end. */
START_TEST(inline_marks_count_too)
{
	uint64_t first = make_span(&made, 64, 2 * 5);
	uint64_t page = first >> HEAP_PAGE_SHIFT & (HEAP_ARENA_PAGES - 1);
	process_put8(&p, made.arena + p.snapshot.layout.field[HEAPARENA_INLINE_MARKS].offset + page / 8,
		     (uint8_t)(1 << page % 8));
	process_put(&p, made.mheap, MHEAP_SWEEPGEN, 6);
	process_put(&p, made.spans[0], MSPAN_SWEEPGEN, 4);
	process_put8(&p, first + MAKE_PAGE - 64, 0x04);
	ck_assert(open_heap());
	const struct heap_span *span = heap_span(&heap, first);
	ck_assert(span->inline_marks);
	ck_assert(heap_is_allocated(&heap, span, 2));
	ck_assert(!heap_is_allocated(&heap, span, 3));
}
END_TEST

START_TEST(a_span_that_cannot_be_is_left_out)
{
	uint64_t good = make_span(&made, 64, 2 * 5), bad = make_span(&made, 64, 2 * 5);
	process_put(&p, made.spans[1], MSPAN_NPAGES, (uint64_t)1 << 40);
	uint64_t zero = make_span(&made, 64, 2 * 5);
	process_put(&p, made.spans[2], MSPAN_ELEMSIZE, 0);
	ck_assert(open_heap());
	ck_assert_ptr_nonnull(heap_span(&heap, good));
	ck_assert_ptr_null(heap_span(&heap, bad));
	ck_assert_ptr_null(heap_span(&heap, zero));
}
END_TEST

START_TEST(spans_do_not_claim_more_than_is_mapped)
{
	make_span(&made, 64, 2 * 5);
	for (unsigned i = 0; i < 15; i++)
		process_put64(&p, made.allspans + i * 8, made.spans[0]);
	process_put64(&p, made.mheap + p.snapshot.layout.field[MHEAP_ALLSPANS].offset + 8,
		      (uint64_t)1 << 40);
	ck_assert(!open_heap());
}
END_TEST

START_TEST(a_heap_that_is_not_there_fails)
{
	globals_put(&p.snapshot.globals, RT_MHEAP_, 0x1000, GLOBAL_BY_SYMBOLS);
	ck_assert(!open_heap());
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_inner_pointer_leads_to_its_object,
		behind_the_limit_there_is_no_object,
		numbers_of_objects_are_dense,
		where_pointers_are_told_varies_by_size,
		allocated_is_what_was_handed_out,
		before_the_sweep_only_marked_objects_live,
		inline_marks_count_too,
		a_span_that_cannot_be_is_left_out,
		spans_do_not_claim_more_than_is_mapped,
		a_heap_that_is_not_there_fails,
	};
	return test_run("heap", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
