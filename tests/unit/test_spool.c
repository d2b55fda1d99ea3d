/* The file that a stream is put into. */
#include "formats/spool.h"

#include <check.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/unit/testrun.h"

enum { PAGE = 4096 };

static struct spool spool;
static struct mapfile file;
static struct error err;

static void setup(void)
{
	err = (struct error)ERROR_INIT;
	file = (struct mapfile){ 0 };
	ck_assert_msg(spool_open(&spool, &err), "%s", err.text);
}

static void teardown(void)
{
	spool_close(&spool);
	mapfile_close(&file);
}

static void add(const void *bytes, size_t size)
{
	ck_assert_msg(spool_add(&spool, (struct bytes){ bytes, size }, &err), "%s", err.text);
}

static void add_zeros(size_t count)
{
	static const uint8_t zeros[1 << 16];
	for (size_t n; count > 0; count -= n) {
		n = count < sizeof(zeros) ? count : sizeof(zeros);
		add(zeros, n);
	}
}

static void map(void)
{
	ck_assert_msg(spool_flush(&spool, &err), "%s", err.text);
	ck_assert_msg(spool_map(&spool, "core", &file, &err), "%s", err.text);
}

START_TEST(what_was_added_is_mapped)
{
	add("abc", 3);
	add_zeros(3 * PAGE);
	add("xyz", 3);
	map();
	ck_assert_uint_eq(file.bytes.size, 3 * PAGE + 6);
	ck_assert_mem_eq(file.bytes.data, "abc\0", 4);
	ck_assert_mem_eq(file.bytes.data + 3 * PAGE + 2, "\0xyz", 4);
}
END_TEST

START_TEST(zero_pages_take_no_space)
{
	struct stat st;
	add("abc", 3);
	add_zeros(64 << 20);
	add("xyz", 3);
	ck_assert(spool_flush(&spool, &err));
	ck_assert_uint_le(spool.stored, 2 * PAGE);
	ck_assert_int_eq(fstat(spool.fd, &st), 0);
	ck_assert_int_le(st.st_blocks * 512, 1 << 20);
	map();
	ck_assert_uint_eq(file.bytes.size, (64 << 20) + 6);
}
END_TEST

START_TEST(zeros_at_the_end_count)
{
	add("abc", 3);
	add_zeros(10 * PAGE);
	map();
	ck_assert_uint_eq(file.bytes.size, 10 * PAGE + 3);
}
END_TEST

START_TEST(without_space_the_first_part_stays)
{
	const struct rlimit limit = { 1 << 20, 1 << 20 };
	static uint8_t ones[1 << 16];
	memset(ones, 1, sizeof(ones));
	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
	bool ok = true;
	for (unsigned i = 0; i < 200 && ok; i++)
		ok = spool_add(&spool, (struct bytes){ ones, sizeof(ones) }, &err);
	ck_assert(!ok);
	ck_assert_msg(strstr(err.text, "no space left") != NULL, "%s", err.text);
	map();
	ck_assert_uint_eq(file.bytes.size, 1 << 20);
	ck_assert_uint_eq(file.bytes.data[(1 << 20) - 1], 1);
}
END_TEST

START_TEST(a_directory_that_is_none_is_refused)
{
	struct spool other;
	setenv("TMPDIR", "/nonexistent", 1);
	ck_assert(!spool_open(&other, &err));
	ck_assert_int_eq(err.code, ERROR_IO);
	ck_assert_msg(strstr(err.text, "/nonexistent") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_was_added_is_mapped,
		zero_pages_take_no_space,
		zeros_at_the_end_count,
		without_space_the_first_part_stays,
		a_directory_that_is_none_is_refused,
	};
	return test_run("spool", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
