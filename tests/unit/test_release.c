/* Versions as runtime.Version() writes them. */
#include "goruntime/release.h"

#include <stdio.h>

#include "goruntime/layout.h"
#include "tests/unit/testrun.h"

static struct release parsed(const char *text)
{
	struct release release;
	ck_assert(release_parse(text, &release));
	ck_assert_str_eq(release.text, text);
	return release;
}

START_TEST(a_release_with_patch_is_plain)
{
	struct release release = parsed("go1.26.10");
	ck_assert_uint_eq(release.minor, 26);
	ck_assert_uint_eq(release.patch, 10);
	ck_assert(release.plain);
	ck_assert(release.in_table);
}
END_TEST

START_TEST(a_release_without_patch_is_plain)
{
	struct release release = parsed("go1.19");
	ck_assert_uint_eq(release.minor, 19);
	ck_assert_uint_eq(release.patch, 0);
	ck_assert(release.plain);
}
END_TEST

START_TEST(experiments_and_vendors_are_not_plain)
{
	static const char *const texts[] = { "go1.24.4 X:rangefunc", "go1.24.4-vendor+1",
					     "go1.24rc2", "go1.24.4+fips",
					     "go1.24-20230317-RC00", "go1.24-devel_3901409b5d" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct release release = parsed(texts[i]);
		ck_assert_uint_eq(release.minor, 24);
		ck_assert(!release.plain);
		ck_assert(release.in_table);
	}
}
END_TEST

START_TEST(development_versions_name_the_next_release)
{
	struct release release = parsed("devel go1.28-abcdef Tue Jan 6 10:00:00 2026 +0000");
	ck_assert_uint_eq(release.minor, 28);
	ck_assert(!release.plain);
	ck_assert(!release.in_table);
}
END_TEST

START_TEST(old_development_versions_name_none)
{
	ck_assert_uint_eq(parsed("devel +abcdef Tue Jan 6").minor, 0);
}
END_TEST

START_TEST(other_text_is_no_version)
{
	static const char *const texts[] = { "", "go", "go1", "go1.", "go1.x", "go2.1", "1.24",
					     "go1.12345678901234567890" };
	struct release release;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		ck_assert(!release_parse(texts[i], &release));
		ck_assert_uint_eq(release.minor, 0);
		ck_assert(!release.plain);
	}
	ck_assert(!release_parse(NULL, &release));
}
END_TEST

START_TEST(the_table_has_its_bounds_and_not_1_20)
{
	char oldest[16], newest[16];
	snprintf(oldest, sizeof(oldest), "go1.%d", RELEASE_OLDEST);
	snprintf(newest, sizeof(newest), "go1.%d", RELEASE_NEWEST);
	ck_assert(parsed(oldest).in_table);
	ck_assert(parsed(newest).in_table);
	ck_assert(!parsed("go1.18").in_table);
	ck_assert(!parsed("go1.20.14").in_table);
	ck_assert(!parsed("go1.28").in_table);
}
END_TEST

START_TEST(wait_reasons_are_numbered_by_release)
{
	ck_assert_str_eq(wait_reason_text(19, 14), "chan receive");
	ck_assert_str_eq(wait_reason_text(19, 0), "");
	ck_assert_str_eq(wait_reason_text(RELEASE_NEWEST, 1), "GC assist marking");
	ck_assert_str_eq(wait_reason_text(20, 14), wait_reason_text(19, 14));
	ck_assert_str_eq(wait_reason_text(99, 14), wait_reason_text(RELEASE_NEWEST, 14));
	ck_assert_str_eq(wait_reason_text(0, 14), wait_reason_text(RELEASE_NEWEST, 14));
	ck_assert_ptr_null(wait_reason_text(19, 255));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_release_with_patch_is_plain,
		a_release_without_patch_is_plain,
		experiments_and_vendors_are_not_plain,
		development_versions_name_the_next_release,
		old_development_versions_name_none,
		other_text_is_no_version,
		the_table_has_its_bounds_and_not_1_20,
		wait_reasons_are_numbered_by_release,
	};
	return test_run("release", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
