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
