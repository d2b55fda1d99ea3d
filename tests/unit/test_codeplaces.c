/* Places in code that a log tells of, held against the program's table. */
#include "goruntime/codeplaces.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.a", 8);
	process_func(&p, "main.b", 8);
	process_dump(&p);
}

static void teardown(void)
{
	process_release(&p);
}

/* main.a is at line 10 of main.go, main.b at line 11. */
START_TEST(place_that_the_table_has_fits)
{
	struct code_place places[] = {
		{ "main.b", "main.go", 11, 0x10, false, false },
		{ "main.a", "/trimmed/main.go", 10, 0x20, false, false },
		{ "main.b", "main.go", 11, 0x30, false, false },
	};
	code_places_check(&p.snapshot, places, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert(places[i].known && places[i].fits);
}
END_TEST

START_TEST(another_line_file_or_offset_does_not)
{
	struct code_place places[] = {
		{ "main.a", "main.go", 11, 0x10, false, false },
		{ "main.a", "a.go", 10, 0x10, false, false },
		{ "main.a", "main.go", 10, PROCESS_FUNC_SIZE, false, false },
	};
	code_places_check(&p.snapshot, places, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert(places[i].known && !places[i].fits);
}
END_TEST

START_TEST(function_that_is_not_there_is_not_known)
{
	struct code_place place = { "main.c", "main.go", 10, 0x10, true, true };
	code_places_check(&p.snapshot, &place, 1);
	ck_assert(!place.known && !place.fits);
	code_places_check(&p.snapshot, NULL, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		place_that_the_table_has_fits,
		another_line_file_or_offset_does_not,
		function_that_is_not_there_is_not_known,
	};
	return test_run("codeplaces", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
