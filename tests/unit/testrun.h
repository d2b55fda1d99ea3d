#pragma once
/* The main of a file of tests: one suite, one case, each test between SETUP and TEARDOWN. */
#include <check.h>
#include <stdlib.h>

static inline int test_run(const char *name, const TTest *const *tests, size_t count,
			   SFun setup, SFun teardown)
{
	Suite *suite = suite_create(name);
	TCase *cases = tcase_create(name);
	tcase_add_checked_fixture(cases, setup, teardown);
	for (size_t i = 0; i < count; i++)
		tcase_add_test(cases, tests[i]);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

struct looped { /* a test that runs for each row of a table: _i is the row */
	const TTest *test;
	size_t rows; /* 0: a plain test */
};

static inline int run_looped(const char *name, const struct looped *tests, size_t count,
			     SFun setup, SFun teardown)
{
	Suite *suite = suite_create(name);
	TCase *cases = tcase_create(name);
	tcase_add_checked_fixture(cases, setup, teardown);
	for (size_t i = 0; i < count; i++)
		if (tests[i].rows > 0)
			tcase_add_loop_test(cases, tests[i].test, 0, (int)tests[i].rows);
		else
			tcase_add_test(cases, tests[i].test);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define rows_of(table)	       (sizeof(table) / sizeof(table[0]))
/* With the file's own setup() and teardown(). */
#define run_tests(name, tests) run_looped(name, tests, rows_of(tests), setup, teardown)
