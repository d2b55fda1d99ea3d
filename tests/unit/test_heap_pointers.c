/* Which words of an object are pointers, by release. */
#include "goruntime/heap_pointers.h"

#include "goruntime/gcmask.h"
#include "goruntime/gotype.h"
#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_heap made;
static struct heap heap;
static struct heap_reader *reader;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	process_func(&p, "main.main", 8);
	make_heap(&p, &made);
}

static void setup(void)
{
	reader = memory_grow(NULL, sizeof(*reader));
	*reader = (struct heap_reader){ 0 };
	begin(27);
}

static void teardown(void)
{
	heap_reader_release(reader);
	free(reader);
	heap_close(&heap);
	process_release(&p);
}

static void open_heap(void)
{
	struct error err = ERROR_INIT;
	process_dump(&p);
	p.snapshot.private->traits = traits_of(p.minor);
	ck_assert_msg(heap_open(&p.snapshot, &heap, &err), "%s", err.text);
	heap_reader_init(reader, &heap);
}

static uint64_t pointers(uint64_t object, uint64_t word, bool *ended)
{
	return heap_pointers(reader, heap_span(&heap, object), object, word, ended);
}

/* A type of SIZE bytes with POINTERS bytes up to its last pointer and the mask's first byte. */
static uint64_t type_with(uint64_t size, uint64_t pointer_bytes, uint8_t mask)
{
	uint64_t type = process_type(&p, KIND_STRUCT, "main.T", size);
	uint64_t bits = process_alloc(&p, 16);
	process_put8(&p, bits, mask);
	process_put(&p, type, TYPE_PTRBYTES, pointer_bytes);
	process_put(&p, type, TYPE_GCDATA, bits);
	return type;
}

START_TEST(small_objects_have_bits_at_the_spans_end)
{
	bool ended;
	uint64_t first = make_span(&made, 48, 2 * 4);
	make_pointer(&made, first + 48 + 8);
	make_pointer(&made, first + 96); /* of the next object */
	open_heap();
	ck_assert_uint_eq(pointers(first + 48, 0, &ended), 2);
	ck_assert(ended);
	ck_assert_uint_eq(pointers(first, 0, &ended), 0);
}
END_TEST

START_TEST(a_header_names_the_type_that_is_repeated)
{
	bool ended;
	uint64_t first = make_span(&made, 1024, 2 * 25);
	process_put64(&p, first + 1024, type_with(24, 16, 0x2));
	open_heap();
	/* word 0 is the header, elements of 3 words begin at 1; the middle word is a pointer */
	ck_assert_uint_eq(pointers(first + 1024, 0, &ended) & 0xfff, 0x924);
	ck_assert(!ended);
	ck_assert_uint_eq(pointers(first + 1024, 64, &ended) & 0x7, 0x2);
	ck_assert(ended);
	ck_assert_uint_eq(reader->guessed, 0);
}
END_TEST

START_TEST(an_object_without_header_is_not_made_yet)
{
	bool ended;
	uint64_t first = make_span(&made, 1024, 2 * 25);
	open_heap();
	ck_assert_uint_eq(pointers(first, 0, &ended), 0);
}
END_TEST

START_TEST(a_large_object_has_its_type_in_the_span)
{
	bool ended;
	uint64_t first = make_span(&made, 8192, 0);
	process_put(&p, made.spans[0], MSPAN_LARGETYPE, type_with(16, 8, 0x1));
	open_heap();
	ck_assert_uint_eq(pointers(first, 0, &ended), 0x5555555555555555u);
	ck_assert_uint_eq(pointers(first, 960, &ended), 0x5555555555555555u);
	ck_assert(ended);
}
END_TEST

START_TEST(an_unknown_type_makes_every_word_a_guess)
{
	bool ended;
	uint64_t first = make_span(&made, 1024, 2 * 25);
	process_put64(&p, first, 0x1234);
	open_heap();
	ck_assert_uint_eq(pointers(first, 0, &ended), UINT64_MAX);
	ck_assert_uint_eq(reader->guessed, 1);
}
END_TEST

/* abi.TFlagGCMaskOnDemand: GCData is the address of a pointer to the mask. */
START_TEST(a_mask_on_demand_lies_behind_a_pointer)
{
	bool ended;
	uint64_t first = make_span(&made, 1024, 2 * 25), type = type_with(16, 8, 0x1);
	uint64_t slot = process_alloc(&p, 16);
	process_put64(&p, slot, process_get64(&p, type + 32));
	process_put(&p, type, TYPE_GCDATA, slot);
	process_put(&p, type, TYPE_TFLAG, 1 << 4);
	process_put64(&p, first, type);
	open_heap();
	ck_assert_uint_eq(pointers(first, 0, &ended) & 0xf, 0xa);
}
END_TEST

/* One that the collector has not made yet: struct { uint64; [3]T; uint64 }, T with its second word
 * a pointer. */
START_TEST(a_mask_that_is_not_made_yet_is_derived)
{
	bool ended;
	uint64_t first = make_span(&made, 1024, 2 * 25), elem = type_with(16, 16, 0x2);
	uint64_t plain = process_type(&p, KIND_UINT64, "uint64", 8);
	uint64_t array = process_type(&p, KIND_ARRAY, "[3]main.T", 48);
	uint64_t whole = process_type(&p, KIND_STRUCT, "main.S", 64);
	uint64_t fields = process_alloc(&p, 3 * 24), nothing = process_alloc(&p, 16);
	process_put(&p, array, TYPE_PTRBYTES, 48);
	process_put(&p, array, TYPE_TFLAG, 1 << 4);
	process_put64(&p, array + 48, elem);
	process_put64(&p, array + 64, 3);
	process_put(&p, whole, TYPE_PTRBYTES, 56);
	process_put(&p, whole, TYPE_TFLAG, 1 << 4);
	process_put(&p, whole, TYPE_GCDATA, nothing);
	process_put64(&p, whole + 56, fields);
	process_put64(&p, whole + 64, 3);
	process_put64(&p, fields + 8, plain);
	process_put64(&p, fields + 24 + 8, array);
	process_put64(&p, fields + 24 + 16, 8);
	process_put64(&p, fields + 48 + 8, plain);
	process_put64(&p, fields + 48 + 16, 56);
	process_put64(&p, first, whole);
	open_heap();
	ck_assert_uint_eq(pointers(first, 0, &ended) & 0x1ff, 0x54 << 1);
	ck_assert_uint_eq(reader->guessed, 0);
}
END_TEST

START_TEST(a_type_within_itself_is_not_derived)
{
	uint8_t mask[8] = { 0 };
	uint64_t array = process_type(&p, KIND_ARRAY, "[1]main.T", 64);
	process_put(&p, array, TYPE_PTRBYTES, 64);
	process_put(&p, array, TYPE_TFLAG, 1 << 4);
	process_put64(&p, array + 48, array);
	process_put64(&p, array + 64, 1);
	process_dump(&p);
	ck_assert(!gcmask_derive(&p.snapshot, array, mask, 8));
}
END_TEST

/* --- before 1.22: heapArena.bitmap -------------------------------------------------------------- */

enum { ARENA_WORDS = 1 << (HEAP_ARENA_SHIFT - 3), ADDR = 1 << HEAP_ARENA_SHIFT };

static uint8_t bitmap[ARENA_WORDS / 4], no_more[ARENA_WORDS / 512];
static uint32_t arena_index = 1;
static struct heap_arena arena;
static struct heap_span span;

/* An object of WORDS words at ADDR, the start of arena 1. */
static void old_heap(enum heap_map map, uint64_t words)
{
	memset(bitmap, 0, sizeof(bitmap));
	memset(no_more, 0, sizeof(no_more));
	span = (struct heap_span){
		.start = ADDR, .limit = ADDR + words * 8, .elem_size = words * 8, .elem_count = 1,
		.map = (uint8_t)map,
	};
	arena = (struct heap_arena){ .bitmap = { bitmap, sizeof(bitmap) },
				     .no_more = { no_more, sizeof(no_more) } };
	static struct heap old;
	old = (struct heap){ .arena_low = 1, .arena_count = 1, .arena_index = &arena_index,
			     .arenas = &arena };
	heap_reader_init(reader, &old);
}

START_TEST(nibbles_end_at_the_first_word_without_scan_bit)
{
	bool ended;
	old_heap(HEAP_MAP_ARENA_NIBBLES, 8);
	bitmap[0] = 0xf5; /* words 0 and 2 are pointers, all four are scanned */
	bitmap[1] = 0x1f; /* word 4 is one and scanned; 5 on are not, whatever is written */
	ck_assert_uint_eq(heap_pointers(reader, &span, ADDR, 0, &ended), 0x15);
	ck_assert(ended);
}
END_TEST

START_TEST(one_word_needs_no_scan_bit)
{
	bool ended;
	old_heap(HEAP_MAP_ARENA_NIBBLES, 1);
	ck_assert_uint_eq(heap_pointers(reader, &span, ADDR, 0, &ended), 1);
}
END_TEST

START_TEST(bits_end_where_no_more_pointers_follow)
{
	bool ended;
	old_heap(HEAP_MAP_ARENA_BITS, 256);
	bitmap[0] = 0x81;
	bitmap[8] = 0xff; /* of what lay there before */
	no_more[0] = 0x1;
	ck_assert_uint_eq(heap_pointers(reader, &span, ADDR, 0, &ended), 0x81);
	ck_assert(ended);
	no_more[0] = 0;
	heap_pointers(reader, &span, ADDR, 0, &ended);
	ck_assert(!ended);
	ck_assert_uint_eq(heap_pointers(reader, &span, ADDR, 64, &ended), 0xff);
}
END_TEST

START_TEST(bits_go_on_to_the_end_of_the_word_that_no_more_follow)
{
	bool ended;
	const uint64_t object = ADDR + 32 * 8; /* begins within a bitmap word */
	old_heap(HEAP_MAP_ARENA_BITS, 256);
	no_more[0] = 0x2; /* behind words 64 to 127 of the arena, 32 to 95 of the object */
	bitmap[8] = 0x1;
	bitmap[15] = 0x80;
	ck_assert_uint_eq(heap_pointers(reader, &span, object, 0, &ended), (uint64_t)1 << 32);
	ck_assert(!ended);
	ck_assert_uint_eq(heap_pointers(reader, &span, object, 64, &ended), (uint64_t)1 << 31);
	ck_assert(ended);
}
END_TEST

START_TEST(bits_of_an_object_end_with_it)
{
	bool ended;
	old_heap(HEAP_MAP_ARENA_BITS, 4);
	bitmap[0] = 0xff;
	ck_assert_uint_eq(heap_pointers(reader, &span, ADDR, 0, &ended), 0xf);
	ck_assert(ended);
}
END_TEST

START_TEST(a_bitmap_that_is_not_there_is_a_guess)
{
	bool ended;
	old_heap(HEAP_MAP_ARENA_BITS, 4);
	arena.bitmap.data = NULL;
	ck_assert_uint_eq(heap_pointers(reader, &span, ADDR, 0, &ended), 0xf);
	ck_assert_uint_eq(reader->guessed, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		small_objects_have_bits_at_the_spans_end,
		a_header_names_the_type_that_is_repeated,
		an_object_without_header_is_not_made_yet,
		a_large_object_has_its_type_in_the_span,
		an_unknown_type_makes_every_word_a_guess,
		a_mask_on_demand_lies_behind_a_pointer,
		a_mask_that_is_not_made_yet_is_derived,
		a_type_within_itself_is_not_derived,
		nibbles_end_at_the_first_word_without_scan_bit,
		one_word_needs_no_scan_bit,
		bits_end_where_no_more_pointers_follow,
		bits_go_on_to_the_end_of_the_word_that_no_more_follow,
		bits_of_an_object_end_with_it,
		a_bitmap_that_is_not_there_is_a_guess,
	};
	return test_run("heap_pointers", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
