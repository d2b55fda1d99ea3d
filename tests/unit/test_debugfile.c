/* Debug information in a file apart. */
#include "formats/debugfile.h"

#include <check.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct caveats caveats;
static struct elffile exe, debug;
static struct error err;
static char dir[64];

static void setup(void)
{
	arena_init(&arena);
	caveats_init(&caveats, &arena);
	err = (struct error)ERROR_INIT;
	exe = debug = (struct elffile){ 0 };
	snprintf(dir, sizeof(dir), "/tmp/test_debugfile.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void teardown(void)
{
	elffile_close(&exe);
	elffile_close(&debug);
	arena_release(&arena);
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	ck_assert_int_eq(system(command), 0);
}

static const char *in_dir(const char *name)
{
	return arena_printf(&arena, "%s/%s", dir, name);
}

static void put(const char *name, const struct str *bytes)
{
	FILE *file = fopen(in_dir(name), "wb");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes->text, 1, bytes->size, file), bytes->size);
	fclose(file);
}

/* With a build id, and one section more. */
static struct str make(const char *id, const struct test_section *section)
{
	_cleanup_str_ struct str notes = { 0 };
	test_note(&notes, "GNU", NT_GNU_BUILD_ID, id, strlen(id));
	struct test_segment segment = { .type = PT_NOTE, .bytes = notes.text,
					.file_size = notes.size };
	return test_elf_make(&(struct test_elf){ .type = ET_EXEC,
						 .segments = &segment,
						 .segment_count = 1,
						 .sections = section,
						 .section_count = section != NULL });
}

/* "abcd" is 61626364 in hex. */
static struct str make_debug(const char *id)
{
	const struct test_section info = { .name = ".debug_info", .type = SHT_PROGBITS,
					   .bytes = "info", .size = 4 };
	return make(id, &info);
}

/* The executable "bin" in the directory, whose link names FILE with CRC; none for NULL. */
static uint32_t crc_of(const struct str *file)
{
	struct bytes bytes = test_bytes(file);
	return (uint32_t)crc32_z(0, bytes.data, bytes.size);
}

static void open_exe(const char *file, uint32_t crc)
{
	_cleanup_str_ struct str link = { 0 };
	if (file != NULL) {
		str_add_bytes(&link, file, strlen(file) + 1);
		while (link.size % 4 != 0)
			str_add_char(&link, '\0');
		test_put32(&link, crc);
	}
	const struct test_section section = { .name = ".gnu_debuglink", .type = SHT_PROGBITS,
					      .bytes = link.text, .size = link.size };
	_cleanup_str_ struct str bytes = make("abcd", file ? &section : NULL);
	put("bin", &bytes);
	ck_assert_msg(elffile_open(in_dir("bin"), &arena, &exe, &err), "%s", err.text);
}

static bool find(const char *debug_dir)
{
	const struct debug_search search = { .debug_dir = debug_dir, .sysroot = dir };
	return debugfile_find(&exe, &search, &arena, &debug, &caveats);
}

static bool has_caveat(const char *part)
{
	for (size_t i = 0; i < caveats.count; i++)
		if (strstr(caveats.items[i].text, part) != NULL)
			return true;
	return false;
}

START_TEST(a_file_of_its_build_id_is_found)
{
	_cleanup_str_ struct str bytes = make_debug("abcd");
	open_exe(NULL, 0);
	ck_assert(!find(dir));
	mkdir(in_dir(".build-id"), 0755);
	mkdir(in_dir(".build-id/61"), 0755);
	put(".build-id/61/626364.debug", &bytes);
	ck_assert(find(dir));
	ck_assert_str_eq(debug.path, in_dir(".build-id/61/626364.debug"));
	ck_assert_uint_eq(caveats.count, 0);
}
END_TEST

START_TEST(a_file_of_another_build_id_is_passed_over)
{
	_cleanup_str_ struct str bytes = make_debug("efgh");
	open_exe(NULL, 0);
	mkdir(in_dir(".build-id"), 0755);
	mkdir(in_dir(".build-id/61"), 0755);
	put(".build-id/61/626364.debug", &bytes);
	ck_assert(!find(dir));
	ck_assert(has_caveat("build id"));
	ck_assert(!caveats.weakened);
}
END_TEST

START_TEST(the_link_is_followed_beside_the_executable)
{
	_cleanup_str_ struct str bytes = make_debug("abcd");
	put("bin.debug", &bytes);
	open_exe("bin.debug", crc_of(&bytes));
	ck_assert(find(NULL));
	ck_assert_str_eq(debug.path, in_dir("bin.debug"));
}
END_TEST

START_TEST(the_link_is_followed_to_the_directory_of_debug_files)
{
	_cleanup_str_ struct str bytes = make_debug("abcd");
	mkdir(in_dir("store"), 0755);
	put("store/bin.debug", &bytes);
	open_exe("bin.debug", crc_of(&bytes));
	ck_assert(find(in_dir("store")));
	ck_assert_str_eq(debug.path, in_dir("store/bin.debug"));
}
END_TEST

START_TEST(a_file_with_another_crc_is_passed_over)
{
	_cleanup_str_ struct str bytes = make_debug("abcd");
	put("bin.debug", &bytes);
	open_exe("bin.debug", 1 + crc_of(&bytes));
	ck_assert(!find(NULL));
	ck_assert(has_caveat("CRC"));
}
END_TEST

START_TEST(a_link_does_not_lead_elsewhere)
{
	_cleanup_str_ struct str bytes = make_debug("abcd");
	mkdir(in_dir("sub"), 0755);
	put("sub/bin.debug", &bytes);
	open_exe("sub/bin.debug", crc_of(&bytes));
	ck_assert(!find(NULL));
}
END_TEST

START_TEST(the_executable_itself_is_no_debug_file)
{
	open_exe("bin", 0);
	ck_assert(!find(NULL));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_file_of_its_build_id_is_found,
		a_file_of_another_build_id_is_passed_over,
		the_link_is_followed_beside_the_executable,
		the_link_is_followed_to_the_directory_of_debug_files,
		a_file_with_another_crc_is_passed_over,
		a_link_does_not_lead_elsewhere,
		the_executable_itself_is_no_debug_file,
	};
	return test_run("debugfile", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
