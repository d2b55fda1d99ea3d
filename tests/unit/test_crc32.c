/* CRC-32. */
#include "formats/crc32.h"

#include <check.h>

#include "tests/unit/testrun.h"

static struct bytes text(const char *s)
{
	return (struct bytes){ (const uint8_t *)s, strlen(s) };
}

START_TEST(of_the_check_string)
{
	ck_assert_uint_eq(crc32_add(0, text("123456789")), 0xcbf43926);
}
END_TEST

START_TEST(of_nothing_is_what_it_was)
{
	ck_assert_uint_eq(crc32_add(0, text("")), 0);
	ck_assert_uint_eq(crc32_add(0x1234, text("")), 0x1234);
}
END_TEST

START_TEST(of_parts_is_that_of_the_whole)
{
	const char *whole = "the bytes of a file, more than eight of them";
	for (size_t cut = 0; cut <= strlen(whole); cut++) {
		uint32_t first = crc32_add(0, (struct bytes){ (const uint8_t *)whole, cut });
		ck_assert_uint_eq(crc32_add(first, text(whole + cut)), crc32_add(0, text(whole)));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		of_the_check_string,
		of_nothing_is_what_it_was,
		of_parts_is_that_of_the_whole,
	};
	return test_run("crc32", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
