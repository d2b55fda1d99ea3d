/* Structs of the target, read once. */
#include "goruntime/view.h"

#include <elf.h>
#include <string.h>

#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

enum { ADDR = 0x10f00, SIZE = 456, SEAM = 0x100, LARGE = 16000 };

static struct arena arena;
static struct caveats caveats;
static struct corefile core;
static struct image image;
static struct layout layout;
static uint8_t memory[LARGE];
static struct view view;

/* Byte N of memory is N. */
static void setup(void)
{
	struct release release;
	arena_init(&arena);
	caveats_init(&caveats, &arena);
	core = (struct corefile){ 0 };
	image = (struct image){ 0 };
	ck_assert(release_parse("go1.27", &release));
	layout_from_table(&release, &arch_amd64, &layout);
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = (uint8_t)i;
}

static void teardown(void)
{
	image_close(&image);
	corefile_close(&core);
	arena_release(&arena);
}

static void put64(enum rt_field field, uint64_t value)
{
	memcpy(memory + layout.field[field].offset, &value, 8);
}

/* An image of SIZE bytes of memory at ADDR, in two runs that meet SEAM bytes behind it; in one if
 * SEAM is 0. */
static void make_image(size_t seam, size_t size)
{
	const struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = ADDR, .bytes = memory,
		  .file_size = seam ? seam : size },
		{ .type = PT_NULL, .bytes = "", .file_size = 1 }, /* keeps them apart in the file */
		{ .type = PT_LOAD, .flags = PF_R, .addr = ADDR + seam, .bytes = memory + seam,
		  .file_size = size - seam },
	};
	struct str file = test_elf_make(&(struct test_elf){
		.type = ET_CORE,
		.segments = segments,
		.segment_count = seam ? 3 : 1,
	});
	struct bytes bytes = test_exact(test_bytes(&file));
	str_release(&file);
	ck_assert(corefile_parse(bytes, "core", &arena, &core, &caveats, NULL));
	ck_assert(image_build(&core, &(struct image_options){ .no_objects = true }, &arena, &image,
			      &caveats, NULL));
}

START_TEST(fields_are_read_from_a_copy_across_a_seam)
{
	put64(G_GOID, 0x123456789a);
	make_image(SEAM, LARGE);
	ck_assert(view_read(&view, &image, &layout, RT_G, ADDR, NULL));
	ck_assert_ptr_eq(view.bytes, view.copy);
	ck_assert_uint_eq(view.size, SIZE);
	ck_assert_uint_eq(view_get(&view, G_GOID), 0x123456789a);
	ck_assert_uint_eq(view_addr(&view, G_GOID), ADDR + layout.field[G_GOID].offset);
}
END_TEST

START_TEST(contiguous_structs_are_not_copied)
{
	make_image(0, LARGE);
	ck_assert(view_read(&view, &image, &layout, RT_G, ADDR, NULL));
	ck_assert_ptr_ne(view.bytes, view.copy);
	ck_assert_mem_eq(view.bytes, memory, SIZE);
}
END_TEST

START_TEST(values_have_the_width_of_the_field)
{
	put64(G_ATOMICSTATUS, UINT64_MAX);
	put64(G_WAITREASON, 0xff80);
	make_image(SEAM, LARGE);
	ck_assert(view_read(&view, &image, &layout, RT_G, ADDR, NULL));
	ck_assert_uint_eq(view_get(&view, G_ATOMICSTATUS), UINT32_MAX);
	ck_assert_int_eq(view_signed(&view, G_ATOMICSTATUS), -1);
	ck_assert_uint_eq(view_get(&view, G_WAITREASON), 0x80);
	ck_assert_int_eq(view_signed(&view, G_WAITREASON), -128);
}
END_TEST

START_TEST(words_of_a_slice_follow_its_first)
{
	put64(G_CGOCTXT, 1);
	memcpy(memory + layout.field[G_CGOCTXT].offset + 16, &(uint64_t){ 3 }, 8);
	make_image(SEAM, LARGE);
	ck_assert(view_read(&view, &image, &layout, RT_G, ADDR, NULL));
	ck_assert_uint_eq(view_word(&view, G_CGOCTXT, 0), 1);
	ck_assert_uint_eq(view_word(&view, G_CGOCTXT, 2), 3);
	ck_assert_uint_eq(view_word(&view, G_CGOCTXT, 1000), 0);
}
END_TEST

START_TEST(absent_fields_and_those_of_other_structs_are_zero)
{
	make_image(SEAM, LARGE);
	ck_assert(view_read(&view, &image, &layout, RT_G, ADDR, NULL));
	ck_assert(!layout_has(&layout, G_SYNCGROUP));
	ck_assert_uint_eq(view_get(&view, G_SYNCGROUP), 0);
	ck_assert_uint_eq(view_addr(&view, G_SYNCGROUP), 0);
	ck_assert_uint_eq(view_get(&view, M_PROCID), 0);
}
END_TEST

START_TEST(fields_beyond_the_struct_are_zero)
{
	layout.field[G_GOID].offset = SIZE - 4;
	make_image(SEAM, LARGE);
	ck_assert(view_read(&view, &image, &layout, RT_G, ADDR, NULL));
	ck_assert_uint_eq(view_get(&view, G_GOID), 0);
}
END_TEST

START_TEST(a_struct_that_is_not_all_there_is_an_error_with_its_address)
{
	struct error err = ERROR_INIT;
	make_image(SEAM, SIZE - 1);
	ck_assert(!view_read(&view, &image, &layout, RT_G, ADDR, &err));
	ck_assert_int_eq(err.code, ERROR_UNMAPPED);
	ck_assert_uint_eq(err.addr, ADDR + SIZE - 1);
	ck_assert_ptr_nonnull(strstr(err.text, "runtime.g at 0x10f00"));
}
END_TEST

START_TEST(large_structs_are_read_to_the_last_known_field)
{
	uint8_t at = (uint8_t)layout.field[SCHED_LASTPOLL].offset;
	ck_assert_uint_gt(layout.struct_size[RT_SCHED], 4096);
	make_image(SEAM, 4000);
	ck_assert(view_read(&view, &image, &layout, RT_SCHED, ADDR, NULL));
	ck_assert_uint_le(view.size, 4000);
	ck_assert_uint_eq((uint8_t)view_get(&view, SCHED_LASTPOLL), at);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		fields_are_read_from_a_copy_across_a_seam,
		contiguous_structs_are_not_copied,
		values_have_the_width_of_the_field,
		words_of_a_slice_follow_its_first,
		absent_fields_and_those_of_other_structs_are_zero,
		fields_beyond_the_struct_are_zero,
		a_struct_that_is_not_all_there_is_an_error_with_its_address,
		large_structs_are_read_to_the_last_known_field,
	};
	return test_run("view", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
