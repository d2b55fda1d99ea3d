/* The address space: core first, files second, holes named. */
#include "formats/image.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct caveats caveats;
static struct corefile core;
static struct elffile exe;
static struct image image;
static struct error err;
static struct str notes, core_bytes, exe_bytes;
static char page[4096], text[2 * 4096];
static const char *sysroot; /* of shared objects; NULL: none are opened */

static void setup(void)
{
	arena_init(&arena);
	caveats_init(&caveats, &arena);
	err = (struct error)ERROR_INIT;
	memset(page, 'c', sizeof(page));
	memset(text, 'T', sizeof(text));
}

static void teardown(void)
{
	image_close(&image);
	str_release(&notes);
	str_release(&core_bytes);
	str_release(&exe_bytes);
	arena_release(&arena);
}

/* An executable: the header's page with the code at BASE, writable data behind it at +0x10000. */
static void make_exe(uint16_t type, uint64_t base)
{
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = base, .file_size = 4096, .head = true },
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = base + 0x1000, .bytes = text,
		  .file_size = sizeof(text) },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = base + 0x10000,
		  .bytes = "initial!", .file_size = 8, .memory_size = 4096 },
	};
	exe_bytes = test_elf_make(&(struct test_elf){ .type = type, .entry = base + 0x1000,
						      .segments = segments, .segment_count = 3 });
	struct bytes bytes = test_exact(test_bytes(&exe_bytes));
	ck_assert(elffile_parse(bytes, "/bin/exe", &arena, &exe, &err));
}

static bool has_caveat(const char *part)
{
	for (size_t i = 0; i < caveats.count; i++)
		if (strstr(caveats.items[i].text, part) != NULL)
			return true;
	return false;
}

static void build(const struct test_segment *segments, size_t count, size_t cut,
		  const struct elffile *executable)
{
	struct test_segment all[16] = {
		{ .type = PT_NOTE, .bytes = notes.text, .file_size = notes.size },
	};
	for (size_t i = 0; i < count; i++)
		all[i + 1] = segments[i];
	core_bytes = test_elf_make(&(struct test_elf){ .type = ET_CORE, .segments = all,
						       .segment_count = count + 1 });
	struct bytes bytes = { (const uint8_t *)core_bytes.text, core_bytes.size - cut };
	ck_assert(corefile_parse(test_exact(bytes), "core", &arena, &core, &caveats, &err));
	struct image_options options = { .executable = executable,
					 .sysroot = sysroot,
					 .no_objects = sysroot == NULL };
	ck_assert(image_build(&core, &options, &arena, &image, &caveats, &err));
}

static void map_exe(uint64_t base)
{
	uint64_t data = exe.segments[2].offset / 4096;
	const struct test_mapping mappings[] = {
		{ base, base + 0x1000, 0, "/bin/exe" },
		{ base + 0x1000, base + 0x3000, 1, "/bin/exe" },
		{ base + 0x10000, base + 0x11000, data, "/bin/exe" },
	};
	test_note_file(&notes, mappings, 3);
}

START_TEST(core_bytes_are_read_in_place)
{
	struct test_segment segment = { .type = PT_LOAD, .flags = PF_R, .addr = 0x10000,
					.bytes = "ABCDEFGH", .file_size = 8 };
	build(&segment, 1, 0, NULL);
	const uint8_t *p = image_at(&image, 0x10000, 8);
	ck_assert_mem_eq(p, "ABCDEFGH", 8);
	ck_assert_ptr_null(image_at(&image, 0x10001, 8));
	ck_assert_uint_eq(image_rest(&image, 0x10003).size, 5);
	uint64_t v;
	ck_assert(image_u64(&image, 0x10000, &v, &err));
	ck_assert_uint_eq(v, 0x4847464544434241);
}
END_TEST

START_TEST(unmapped_address_says_so)
{
	struct test_segment segment = { .type = PT_LOAD, .addr = 0x10000, .bytes = page,
					.file_size = 4096 };
	uint64_t v = 7;
	build(&segment, 1, 0, NULL);
	ck_assert_ptr_null(image_find(&image, 0xffff));
	ck_assert_ptr_null(image_find(&image, 0x11000));
	ck_assert_ptr_null(image_find(&image, ~0ull));
	ck_assert(!image_u64(&image, 0x11000, &v, &err));
	ck_assert_int_eq(err.code, ERROR_UNMAPPED);
	ck_assert_uint_eq(err.addr, 0x11000);
	ck_assert_uint_eq(v, 7);
}
END_TEST

START_TEST(memory_that_was_not_dumped_says_so)
{
	struct test_segment segment = { .type = PT_LOAD, .addr = 0x10000, .memory_size = 0x2000,
					.bytes = page, .file_size = 4096 };
	uint8_t bytes[16];
	build(&segment, 1, 0, NULL);
	ck_assert(!image_read(&image, 0x10ff8, bytes, 16, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_DUMPED);
	ck_assert_uint_eq(err.addr, 0x11000);
	ck_assert_int_eq(image_find(&image, 0x11000)->source, IMAGE_MISSING);
	ck_assert(!image_find(&image, 0x11000)->truncated);
}
END_TEST

START_TEST(read_crosses_a_seam)
{
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = 0x10000, .bytes = page,
		  .file_size = 4096 },
		{ .type = PT_LOAD, .flags = PF_W, .addr = 0x11000, .bytes = "next",
		  .file_size = 4 },
	};
	char bytes[8];
	struct bytes copied;
	build(segments, 2, 0, NULL);
	ck_assert_uint_eq(image.run_count, 2);
	ck_assert_ptr_null(image_at(&image, 0x10ffc, 8));
	ck_assert(image_read(&image, 0x10ffc, bytes, 8, &err));
	ck_assert_mem_eq(bytes, "ccccnext", 8);
	ck_assert(image_bytes(&image, 0x10ffc, 8, &arena, &copied, &err));
	ck_assert_mem_eq(copied.data, "ccccnext", 8);
	ck_assert(!image_bytes(&image, 0x10ffc, 1ull << 60, &arena, &copied, &err));
	ck_assert_int_eq(err.code, ERROR_UNMAPPED);
}
END_TEST

START_TEST(adjoining_segments_become_one_run)
{
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .addr = 0x10000, .bytes = page, .file_size = 4096 },
		{ .type = PT_LOAD, .addr = 0x11000, .bytes = page, .file_size = 4096 },
	};
	build(segments, 2, 0, NULL);
	ck_assert_uint_eq(image.run_count, 1);
	ck_assert_ptr_nonnull(image_at(&image, 0x10000, 0x2000));
}
END_TEST

START_TEST(overlapping_segments_are_made_disjoint)
{
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .addr = 0x10000, .bytes = "first...", .file_size = 8,
		  .memory_size = 0x2000 },
		{ .type = PT_LOAD, .addr = 0x11000, .bytes = text, .file_size = 8192 },
		{ .type = PT_LOAD, .addr = 0x11000, .bytes = page, .file_size = 4096 },
	};
	build(segments, 3, 0, NULL);
	for (size_t i = 1; i < image.run_count; i++)
		ck_assert_uint_le(image.runs[i - 1].hi, image.runs[i].lo);
	ck_assert_mem_eq(image_at(&image, 0x10000, 8), "first...", 8);
	ck_assert_ptr_null(image_at(&image, 0x11000, 1)); /* the first one's hole */
	ck_assert_mem_eq(image_at(&image, 0x12000, 1), "T", 1);
}
END_TEST

START_TEST(code_comes_from_the_executable)
{
	make_exe(ET_EXEC, 0x400000);
	map_exe(0x400000);
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = 0x400000, .bytes = page,
		  .file_size = 4096 },
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x401000, .memory_size = 8192 },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = 0x410000, .bytes = "changed!",
		  .file_size = 8 },
	};
	build(segments, 3, 0, &exe);
	ck_assert_mem_eq(image_at(&image, 0x400000, 4), "cccc", 4);
	ck_assert_mem_eq(image_at(&image, 0x402ffc, 4), "TTTT", 4);
	ck_assert_mem_eq(image_at(&image, 0x410000, 8), "changed!", 8);
	const struct image_run *run = image_find(&image, 0x402000);
	ck_assert_int_eq(run->source, IMAGE_FILE);
	ck_assert_str_eq(run->path, "/bin/exe");
	ck_assert_uint_eq(run->offset, 0x1000);
	ck_assert_uint_eq(run->flags, PF_R | PF_X);
}
END_TEST

START_TEST(code_after_the_dumped_first_page_comes_from_the_executable)
{
	make_exe(ET_EXEC, 0x400000);
	map_exe(0x400000);
	struct test_segment segment = { .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x401000,
					.memory_size = 8192, .bytes = page, .file_size = 4096 };
	build(&segment, 1, 0, &exe);
	ck_assert_mem_eq(image_at(&image, 0x401000, 4), "cccc", 4);
	ck_assert_mem_eq(image_at(&image, 0x402000, 4), "TTTT", 4);
}
END_TEST

START_TEST(position_independent_code_is_moved_by_the_bias)
{
	const uint64_t pairs[][2] = { { AT_PHDR, 0x7f0000000040 }, { AT_ENTRY, 0x7f0000001000 } };
	make_exe(ET_DYN, 0);
	test_note_auxv(&notes, pairs, 2);
	map_exe(0x7f0000000000);
	struct test_segment segment = { .type = PT_LOAD, .flags = PF_R | PF_X,
					.addr = 0x7f0000001000, .memory_size = 8192 };
	build(&segment, 1, 0, &exe);
	ck_assert_uint_eq(image.bias, 0x7f0000000000);
	ck_assert_mem_eq(image_at(&image, 0x7f0000001000, 4), "TTTT", 4);
	uint64_t bias;
	ck_assert_ptr_eq(image_object(&image, 0x7f0000002fff, &bias), &exe);
	ck_assert_uint_eq(bias, 0x7f0000000000);
	ck_assert_ptr_null(image_object(&image, 0x7f0000003000, &bias));
}
END_TEST

START_TEST(without_mappings_the_executable_tells_its_own_place)
{
	const uint64_t pairs[][2] = { { AT_PHDR, 0x400040 } };
	make_exe(ET_EXEC, 0x400000);
	test_note_auxv(&notes, pairs, 1);
	struct test_segment segment = { .type = PT_LOAD, .flags = PF_R | PF_W, .addr = 0x410000,
					.bytes = "changed!", .file_size = 8 };
	build(&segment, 1, 0, &exe);
	ck_assert_mem_eq(image_at(&image, 0x401000, 4), "TTTT", 4);
	ck_assert_mem_eq(image_at(&image, 0x410000, 8), "changed!", 8);
	ck_assert_uint_eq(image_find(&image, 0x401000)->flags, PF_R | PF_X);
}
END_TEST

START_TEST(initial_data_never_stands_in_for_data_that_was_cut_off)
{
	make_exe(ET_EXEC, 0x400000);
	map_exe(0x400000);
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x401000, .memory_size = 8192 },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = 0x410000, .bytes = page,
		  .file_size = 4096 },
	};
	uint64_t v;
	build(segments, 2, 4096, &exe);
	ck_assert_mem_eq(image_at(&image, 0x401000, 4), "TTTT", 4);
	ck_assert(!image_u64(&image, 0x410000, &v, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_DUMPED);
	ck_assert_msg(strstr(err.text, "the core file lacks") != NULL, "%s", err.text);
	ck_assert(image_find(&image, 0x410000)->truncated);
}
END_TEST

START_TEST(relocated_data_that_was_cut_off_is_missing_though_read_only)
{
	make_exe(ET_EXEC, 0x400000);
	map_exe(0x400000);
	struct test_segment segment = { .type = PT_LOAD, .flags = PF_R, .addr = 0x410000,
					.bytes = page, .file_size = 4096 };
	build(&segment, 1, 4096, &exe);
	ck_assert_int_eq(image_find(&image, 0x410000)->source, IMAGE_MISSING);
}
END_TEST

START_TEST(clean_pages_of_data_come_from_the_file)
{
	make_exe(ET_EXEC, 0x400000);
	map_exe(0x400000);
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = 0x410000, .memory_size = 4096 },
		{ .type = PT_LOAD, .flags = PF_R | PF_W, .addr = 0x500000, .bytes = page,
		  .file_size = 4096 },
	};
	build(segments, 2, 0, &exe);
	ck_assert_mem_eq(image_at(&image, 0x410000, 8), "initial!", 8);
}
END_TEST

START_TEST(mapping_that_no_segment_tells_of_is_named)
{
	const struct test_mapping mapping = { 0x20000, 0x22000, 0, "/data/file" };
	test_note_file(&notes, &mapping, 1);
	struct test_segment segment = { .type = PT_LOAD, .addr = 0x10000, .bytes = page,
					.file_size = 4096 };
	uint64_t v;
	build(&segment, 1, 0, NULL);
	ck_assert(!image_u64(&image, 0x21000, &v, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_DUMPED);
	ck_assert_msg(strstr(err.text, "/data/file") != NULL, "%s", err.text);
}
END_TEST

START_TEST(file_that_is_shorter_than_its_mapping_leaves_a_hole)
{
	make_exe(ET_EXEC, 0x400000);
	const struct test_mapping mapping = { 0x400000, 0x500000, 0, "/bin/exe" };
	test_note_file(&notes, &mapping, 1);
	struct test_segment segment = { .type = PT_LOAD, .flags = PF_R, .addr = 0x400000,
					.memory_size = 0x100000 };
	build(&segment, 1, 0, &exe);
	for (size_t i = 0; i < image.run_count; i++)
		if (image.runs[i].source == IMAGE_FILE)
			ck_assert_uint_le(image.runs[i].hi - 0x400000, exe.file.bytes.size);
	ck_assert_int_eq(image_find(&image, 0x4fffff)->source, IMAGE_MISSING);
}
END_TEST

/* A shared object with the build id ID. */
static struct str make_object(const char *id)
{
	_cleanup_str_ struct str ids = { 0 };
	test_note(&ids, "GNU", NT_GNU_BUILD_ID, id, strlen(id));
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = 0, .file_size = 4096, .head = true },
		{ .type = PT_NOTE, .bytes = ids.text, .file_size = ids.size },
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x1000, .bytes = text,
		  .file_size = sizeof(text) },
	};
	return test_elf_make(&(struct test_elf){ .type = ET_DYN, .segments = segments,
						 .segment_count = 3 });
}

/* The core of a process that had mapped an object of build id "aaaa"; the file is one of
 * FILE_ID. */
static void build_with_object(const char *file_id)
{
	char path[] = "/tmp/test_image.XXXXXX.so";
	int fd = mkstemps(path, 3);
	ck_assert_int_ge(fd, 0);
	_cleanup_str_ struct str file = make_object(file_id), mapped = make_object("aaaa");
	ck_assert_int_eq(write(fd, file.text, file.size), (ssize_t)file.size);
	close(fd);
	const struct test_mapping mappings[] = {
		{ 0x7f0000000000, 0x7f0000001000, 0, path + 4 },
		{ 0x7f0000001000, 0x7f0000003000, 1, path + 4 },
	};
	test_note_file(&notes, mappings, 2);
	struct test_segment segments[] = {
		{ .type = PT_LOAD, .flags = PF_R, .addr = 0x7f0000000000, .bytes = mapped.text,
		  .file_size = 4096 },
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x7f0000001000,
		  .memory_size = 0x2000 },
	};
	sysroot = "/tmp";
	build(segments, 2, 0, NULL);
	unlink(path);
}

START_TEST(code_of_a_shared_object_comes_from_its_file)
{
	uint64_t bias;
	build_with_object("aaaa");
	ck_assert_uint_eq(image.object_count, 1);
	ck_assert_mem_eq(image_at(&image, 0x7f0000002ffc, 4), "TTTT", 4);
	ck_assert_ptr_eq(image_object(&image, 0x7f0000001000, &bias), image.objects[0]);
	ck_assert_uint_eq(bias, 0x7f0000000000);
}
END_TEST

START_TEST(shared_object_of_another_build_is_not_used)
{
	build_with_object("bbbb");
	ck_assert_uint_eq(image.object_count, 0);
	ck_assert_ptr_null(image_at(&image, 0x7f0000001000, 4));
	ck_assert(has_caveat("is not the file that was mapped"));
}
END_TEST

START_TEST(find_is_right_at_every_edge)
{
	struct test_segment segments[9];
	for (size_t i = 0; i < 9; i++)
		segments[i] = (struct test_segment){ .type = PT_LOAD, .addr = (i + 1) * 0x400000,
						     .bytes = page, .file_size = 4096 };
	build(segments, 9, 0, NULL);
	for (int again = 0; again < 2; again++) /* the second time from the cache */
		for (uint64_t lo = 0x400000; lo <= 9 * 0x400000; lo += 0x400000) {
			ck_assert_ptr_null(image_find(&image, lo - 1));
			ck_assert_uint_eq(image_find(&image, lo)->lo, lo);
			ck_assert_uint_eq(image_find(&image, lo + 4095)->lo, lo);
			ck_assert_ptr_null(image_find(&image, lo + 4096));
		}
}
END_TEST

START_TEST(core_without_memory_has_an_empty_image)
{
	test_note_prstatus(&notes, 1, 0, 0);
	build(NULL, 0, 0, NULL);
	ck_assert_ptr_null(image_find(&image, 0));
	ck_assert_ptr_null(image_object(&image, 0, NULL));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		core_bytes_are_read_in_place,
		unmapped_address_says_so,
		memory_that_was_not_dumped_says_so,
		read_crosses_a_seam,
		adjoining_segments_become_one_run,
		overlapping_segments_are_made_disjoint,
		code_comes_from_the_executable,
		code_after_the_dumped_first_page_comes_from_the_executable,
		position_independent_code_is_moved_by_the_bias,
		without_mappings_the_executable_tells_its_own_place,
		initial_data_never_stands_in_for_data_that_was_cut_off,
		relocated_data_that_was_cut_off_is_missing_though_read_only,
		clean_pages_of_data_come_from_the_file,
		mapping_that_no_segment_tells_of_is_named,
		file_that_is_shorter_than_its_mapping_leaves_a_hole,
		code_of_a_shared_object_comes_from_its_file,
		shared_object_of_another_build_is_not_used,
		find_is_right_at_every_edge,
		core_without_memory_has_an_empty_image,
	};
	return test_run("image", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
