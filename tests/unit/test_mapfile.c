/* Mapped files, and what becomes of them when somebody cuts them. */
#include "formats/mapfile.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/testrun.h"

enum { PAGE = 4096, PAGES = 64 };

static int fd;
static struct mapfile file;
static struct error err;

static void setup(void)
{
	static uint8_t ones[PAGES * PAGE];
	memset(ones, 1, sizeof(ones));
	err = (struct error)ERROR_INIT;
	fd = memfd_create("core", MFD_CLOEXEC);
	ck_assert_int_eq(write(fd, ones, sizeof(ones)), sizeof(ones));
	ck_assert_msg(mapfile_map(fd, "core", &file, &err), "%s", err.text);
	mapfile_guard();
}

static void teardown(void)
{
	mapfile_close(&file);
	close(fd);
}

START_TEST(a_file_that_stays_is_unchanged)
{
	ck_assert_uint_eq(file.bytes.size, PAGES * PAGE);
	ck_assert_uint_eq(file.bytes.data[PAGES * PAGE - 1], 1);
	ck_assert(!mapfile_changed(&file));
}
END_TEST

START_TEST(what_was_cut_off_reads_as_zeros_and_is_known)
{
	ck_assert_int_eq(ftruncate(fd, 2 * PAGE), 0);
	for (size_t i = 0; i < PAGES; i += 2)
		ck_assert_uint_eq(file.bytes.data[i * PAGE], i < 2);
	ck_assert_uint_eq(file.bytes.data[PAGES * PAGE - 1], 0);
	ck_assert(mapfile_changed(&file));
}
END_TEST

START_TEST(a_copy_of_what_was_cut_off_fails)
{
	uint8_t to[8];
	ck_assert(mapfile_read(&file, 3 * PAGE, to, sizeof(to)));
	ck_assert_int_eq(ftruncate(fd, 2 * PAGE), 0);
	ck_assert(!mapfile_read(&file, 3 * PAGE, to, sizeof(to)));
}
END_TEST

START_TEST(a_file_that_is_written_to_is_changed)
{
	const struct timespec later[2] = { { .tv_sec = 2000000000 }, { .tv_sec = 2000000000 } };
	ck_assert_int_eq(futimens(fd, later), 0);
	ck_assert(mapfile_changed(&file));
}
END_TEST

START_TEST(pages_of_others_are_dealt_with_too)
{
	const uint8_t *other = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	ck_assert_int_eq(ftruncate(fd, PAGE), 0);
	for (size_t i = 1; i < PAGES; i++)
		ck_assert_uint_eq(other[i * PAGE], 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_file_that_stays_is_unchanged,
		what_was_cut_off_reads_as_zeros_and_is_known,
		a_copy_of_what_was_cut_off_fails,
		a_file_that_is_written_to_is_changed,
		pages_of_others_are_dealt_with_too,
	};
	return test_run("mapfile", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
