/* Values whose words do not belong together, and values that are odd but sound. */
#include "goruntime/torn.h"

#include <string.h>

#include "goruntime/value_internal.h"
#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

enum { WORD = 8, TINY = 16, SMALL = 32 };

static struct process p;
static struct make_heap made;
static uint64_t objects, plain, place; /* 32 bytes with pointers; 16 without; where the variable lies */
static struct torn_value found[TORN_MAX];

static const struct value_type word = { .name = "int", .package = "", .kind = KIND_INT, .size = WORD,
					.parts_read = true, .parts_good = true };
static const struct value_type string = { .name = "string", .package = "", .kind = KIND_STRING,
					  .size = 2 * WORD };
static const struct value_type words = { .name = "[]int", .package = "", .kind = KIND_SLICE,
					 .size = 3 * WORD, .elem = &word,
					 .parts_read = true, .parts_good = true };
static const struct value_type any = { .name = "interface {}", .package = "", .kind = KIND_INTERFACE,
				       .size = 2 * WORD, .empty = true };
static const struct value_type shape = { .name = "main.Shape", .package = "main",
					 .kind = KIND_INTERFACE, .size = 2 * WORD };

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.work", 0x40);
	make_heap(&p, &made);
	objects = make_span(&made, SMALL, 2 * 3);
	plain = make_span(&made, TINY, 2 * 2 + 1);
	for (unsigned i = 0; i < 2; i++) {
		uint64_t bits = process_alloc(&p, 128);
		process_put(&p, made.spans[i], MSPAN_ALLOCBITS, bits);
		process_put(&p, made.spans[i], MSPAN_GCMARKBITS, bits + 64);
	}
	place = process_alloc(&p, 64);
}

static void teardown(void)
{
	process_release(&p);
}

static size_t look(const struct value_type *type)
{
	static const struct value_limits limits = { .depth = 1, .elements = 1, .values = 64 };
	const struct operand operand = operand_at(place, type);
	process_read(&p);
	p.snapshot.private->traits = traits_of(p.minor);
	return torn_values_at(values_create(&p.snapshot, &p.arena, &limits), "v", &operand, found);
}

static void put_words(uint64_t first, uint64_t second, uint64_t third)
{
	process_put64(&p, place, first);
	process_put64(&p, place + WORD, second);
	process_put64(&p, place + 2 * WORD, third);
}

static bool says(const char *text)
{
	return strstr(found[0].text, text) != NULL;
}

/* --- slices and strings -------------------------------------------------------------------------- */

START_TEST(a_slice_longer_than_its_capacity_is_torn)
{
	put_words(objects, 5, 4);
	ck_assert_uint_eq(look(&words), 1);
	ck_assert_str_eq(found[0].path, "v");
	ck_assert_str_eq(found[0].type, "[]int");
	ck_assert(says("its length is 5, its capacity 4"));
	ck_assert_uint_eq(found[0].addr, place);
}
END_TEST

START_TEST(a_capacity_beyond_the_object_is_torn)
{
	put_words(objects, 1, 5);
	ck_assert_uint_eq(look(&words), 1);
	ck_assert(says("its capacity is 5 (40 bytes), but the object that it begins in ends after 32"));
}
END_TEST

START_TEST(a_slice_up_to_the_end_of_its_object_is_sound)
{
	put_words(objects, 0, 4);
	ck_assert_uint_eq(look(&words), 0);
	put_words(objects + 24, 1, 1);
	ck_assert_uint_eq(look(&words), 0);
	put_words(0, 0, 0);
	ck_assert_uint_eq(look(&words), 0);
}
END_TEST

/* An empty part at the very end of an object begins in the next one. */
START_TEST(an_empty_slice_may_begin_anywhere)
{
	put_words(objects + SMALL, 0, 0);
	ck_assert_uint_eq(look(&words), 0);
	put_words(0x1234, 0, 0);
	ck_assert_uint_eq(look(&words), 0);
}
END_TEST

START_TEST(outside_the_heap_no_object_has_an_end)
{
	put_words(place, 1, 1000);
	ck_assert_uint_eq(look(&words), 0);
}
END_TEST

/* A slot that was used for something else holds no slice at all. */
START_TEST(what_is_no_length_is_no_torn_slice)
{
	put_words(objects, 0xc000012345678, 4);
	ck_assert_uint_eq(look(&words), 0);
	put_words(0x6d616e, 7, 3); /* its address is none of the heap's: all of it is something else */
	ck_assert_uint_eq(look(&words), 0);
}
END_TEST

START_TEST(a_length_without_an_address_is_torn)
{
	put_words(0, 5, 0);
	ck_assert_uint_eq(look(&string), 1);
	ck_assert(says("its length is 5, but its address is nil"));
	put_words(0, 0, 0);
	ck_assert_uint_eq(look(&string), 0);
}
END_TEST

START_TEST(a_string_beyond_its_object_is_torn)
{
	put_words(plain + 8, 9, 0);
	ck_assert_uint_eq(look(&string), 1);
	put_words(plain + 8, 8, 0);
	ck_assert_uint_eq(look(&string), 0);
}
END_TEST

/* What had been freed has no bounds that hold. */
START_TEST(a_string_in_a_free_object_is_not_told_of)
{
	process_put(&p, made.spans[1], MSPAN_FREEINDEX, 0);
	put_words(plain + 8, 9, 0);
	ck_assert_uint_eq(look(&string), 0);
}
END_TEST

/* --- interfaces ---------------------------------------------------------------------------------- */

static uint64_t a_type(const char *name, uint64_t size, uint64_t pointers)
{
	uint64_t type = process_type(&p, KIND_STRUCT, name, size);
	process_put(&p, type, TYPE_PTRBYTES, pointers);
	return type;
}

START_TEST(an_object_too_small_for_its_type_word_is_torn)
{
	put_words(a_type("main.Polygon", 136, 0), plain, 0);
	ck_assert_uint_eq(look(&any), 1);
	ck_assert(says("its type word says main.Polygon, of 136 bytes"));
}
END_TEST

START_TEST(pointers_in_memory_without_pointers_are_torn)
{
	put_words(a_type("main.Node", 16, 8), plain, 0);
	ck_assert_uint_eq(look(&any), 1);
	ck_assert(says("has pointers, but its data word points to memory without any"));
}
END_TEST

START_TEST(a_value_in_an_object_that_fits_is_sound)
{
	put_words(a_type("main.Pair", 16, 0), plain, 0);
	ck_assert_uint_eq(look(&any), 0);
	put_words(a_type("main.Node", 16, 8), objects, 0);
	ck_assert_uint_eq(look(&any), 0);
	/* No pointers where there may be some: what escaped with others may lie so. */
	put_words(a_type("main.Pair", 16, 0), objects, 0);
	ck_assert_uint_eq(look(&any), 0);
}
END_TEST

START_TEST(a_type_word_without_data_is_torn)
{
	put_words(a_type("main.Pair", 16, 0), 0, 0);
	ck_assert_uint_eq(look(&any), 1);
	ck_assert(says("its data word is nil"));
}
END_TEST

START_TEST(a_nil_pointer_in_an_interface_is_sound)
{
	uint64_t pair = a_type("main.Pair", 16, 0);
	uint64_t pointer = process_type(&p, KIND_POINTER, "*main.Pair", WORD);
	process_put(&p, pointer, TYPE_TFLAG, 32); /* from 1.26 on: direct */
	process_put64(&p, pointer + 48, pair);
	put_words(pointer, 0, 0);
	ck_assert_uint_eq(look(&any), 0);
	put_words(pointer, plain, 0);
	ck_assert_uint_eq(look(&any), 0);
}
END_TEST

START_TEST(a_nil_interface_is_sound)
{
	put_words(0, 0, 0);
	ck_assert_uint_eq(look(&any), 0);
	put_words(0, plain, 0);
	ck_assert_uint_eq(look(&any), 0);
}
END_TEST

START_TEST(an_interface_with_methods_names_its_type_in_the_table)
{
	uint64_t itab = process_alloc(&p, 32);
	process_put64(&p, itab + 8, a_type("main.Polygon", 136, 0));
	put_words(itab, plain, 0);
	ck_assert_uint_eq(look(&shape), 1);
}
END_TEST

START_TEST(a_type_word_that_is_none_is_not_told_of)
{
	put_words(0x1234, plain, 0);
	ck_assert_uint_eq(look(&any), 0);
	put_words(place, plain, 0);
	ck_assert_uint_eq(look(&any), 0);
}
END_TEST

/* --- where they lie ------------------------------------------------------------------------------ */

static const struct value_field fields[] = {
	{ .name = "n", .type = &word, .offset = 0 },
	{ .name = "name", .type = &string, .offset = WORD },
};
static const struct value_type holder = { .name = "main.Holder", .package = "main", .kind = KIND_STRUCT,
					  .size = 3 * WORD, .fields = fields, .field_count = 2,
					  .parts_read = true, .parts_good = true };
static const struct value_type pointer = { .name = "*main.Holder", .package = "", .kind = KIND_POINTER,
					   .size = WORD, .elem = &holder,
					   .parts_read = true, .parts_good = true };

START_TEST(a_field_behind_a_pointer_is_named_and_shared)
{
	process_put64(&p, objects + WORD, 0);
	process_put64(&p, objects + 2 * WORD, 7);
	put_words(objects, 0, 0);
	ck_assert_uint_eq(look(&pointer), 1);
	ck_assert_str_eq(found[0].path, "v.name");
	ck_assert(found[0].shared);
	ck_assert_uint_eq(found[0].addr, objects + WORD);
}
END_TEST

START_TEST(what_a_pointer_beyond_the_heap_points_to_is_not_looked_at)
{
	uint64_t elsewhere = process_alloc(&p, 64);
	process_put64(&p, elsewhere + 2 * WORD, 7);
	put_words(elsewhere, 0, 0);
	ck_assert_uint_eq(look(&pointer), 0);
	/* Of an object of 16 bytes no holder is one. */
	put_words(plain, 0, 0);
	process_put64(&p, plain + 2 * WORD, 7);
	ck_assert_uint_eq(look(&pointer), 0);
}
END_TEST

START_TEST(elements_of_an_array_are_looked_at)
{
	static const struct value_type array = { .name = "[2]string", .package = "",
						 .kind = KIND_ARRAY, .size = 4 * WORD,
						 .elem = &string, .length = 2,
						 .parts_read = true, .parts_good = true };
	put_words(0, 0, 0);
	process_put64(&p, place + 3 * WORD, 3);
	ck_assert_uint_eq(look(&array), 1);
	ck_assert_str_eq(found[0].path, "v[1]");
}
END_TEST

START_TEST(they_are_told_up_to_a_limit)
{
	static const struct value_type array = { .name = "[4]string", .package = "",
						 .kind = KIND_ARRAY, .size = 8 * WORD,
						 .elem = &string, .length = 4,
						 .parts_read = true, .parts_good = true };
	static const struct value_type arrays = { .name = "[3][4]string", .package = "",
						  .kind = KIND_ARRAY, .size = 24 * WORD,
						  .elem = &array, .length = 3,
						  .parts_read = true, .parts_good = true };
	place = process_alloc(&p, 24 * WORD);
	for (unsigned i = 0; i < 12; i++)
		process_put64(&p, place + i * 16 + WORD, 3);
	ck_assert_uint_eq(look(&arrays), TORN_MAX);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_slice_longer_than_its_capacity_is_torn,
		a_capacity_beyond_the_object_is_torn,
		a_slice_up_to_the_end_of_its_object_is_sound,
		an_empty_slice_may_begin_anywhere,
		outside_the_heap_no_object_has_an_end,
		what_is_no_length_is_no_torn_slice,
		a_length_without_an_address_is_torn,
		a_string_beyond_its_object_is_torn,
		a_string_in_a_free_object_is_not_told_of,
		an_object_too_small_for_its_type_word_is_torn,
		pointers_in_memory_without_pointers_are_torn,
		a_value_in_an_object_that_fits_is_sound,
		a_type_word_without_data_is_torn,
		a_nil_pointer_in_an_interface_is_sound,
		a_nil_interface_is_sound,
		an_interface_with_methods_names_its_type_in_the_table,
		a_type_word_that_is_none_is_not_told_of,
		a_field_behind_a_pointer_is_named_and_shared,
		what_a_pointer_beyond_the_heap_points_to_is_not_looked_at,
		elements_of_an_array_are_looked_at,
		they_are_told_up_to_a_limit,
	};
	return test_run("torn", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
