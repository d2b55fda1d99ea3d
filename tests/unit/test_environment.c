/* Arguments, environment and settings of the process. */
#include "goruntime/environment.h"
#include "goruntime/settings.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct environment found;
static uint64_t stack, argv, envp, auxv, execfn;

static uint64_t put_text(uint64_t *at, const char *text)
{
	uint64_t addr = *at;
	process_put_bytes(&p, addr, text, strlen(text) + 1);
	*at += strlen(text) + 1;
	return addr;
}

/* As linux fs/binfmt_elf.c create_elf_tables lays it out. */
static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.main", 8);
	stack = process_alloc(&p, 1024);
	uint64_t strings = stack + 512;
	process_put64(&p, stack, 2);
	argv = stack + 8;
	process_put64(&p, argv, put_text(&strings, "./srv"));
	process_put64(&p, argv + 8, put_text(&strings, "-v"));
	envp = argv + 24;
	process_put64(&p, envp, put_text(&strings, "HOME=/root"));
	process_put64(&p, envp + 8, put_text(&strings, "GODEBUG=a=1,b=2"));
	process_put64(&p, envp + 16, put_text(&strings, "EMPTY"));
	auxv = envp + 32;
	execfn = put_text(&strings, "./srv");
	const uint64_t pairs[] = { 33, 0x7fff0000, 6, 4096, 31, execfn, 15, 0x1234, 0, 0 };
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		process_put64(&p, auxv + i * 8, pairs[i]);
}

static void teardown(void)
{
	process_release(&p);
}

static void make_image(void)
{
	process_image(&p);
	p.core.execfn = execfn;
}

static void read_all(void)
{
	make_image();
	environment_read(&p.snapshot, &p.arena, &found);
}

START_TEST(both_lists_are_read)
{
	read_all();
	ck_assert(found.known);
	ck_assert_uint_eq(found.argument_count, 2);
	ck_assert_str_eq(found.arguments[0], "./srv");
	ck_assert_str_eq(found.arguments[1], "-v");
	ck_assert_uint_eq(found.variable_count, 3);
	ck_assert_str_eq(found.variables[1], "GODEBUG=a=1,b=2");
	ck_assert_str_eq(found.variables[2], "EMPTY");
	ck_assert_str_eq(environment_get(&p.snapshot, "HOME", &p.arena), "/root");
}
END_TEST

START_TEST(a_count_that_does_not_fit_makes_them_unknown)
{
	process_put64(&p, stack, 3);
	read_all();
	ck_assert(!found.known);
}
END_TEST

START_TEST(without_the_name_of_the_executable_nothing_is_guessed)
{
	process_put64(&p, auxv + 5 * 8, execfn + 1);
	read_all();
	ck_assert(!found.known);
	execfn = 0;
	read_all();
	ck_assert(!found.known);
}
END_TEST

START_TEST(the_last_value_of_a_setting_counts)
{
	ck_assert_str_eq(godebug_value("a=1,b=2,a=3", "a="), "3");
	ck_assert(strncmp(godebug_value("a=1,b=2", "a="), "1,", 2) == 0);
	ck_assert_ptr_null(godebug_value("xa=1", "a="));
	ck_assert_ptr_null(godebug_value(NULL, "a="));
}
END_TEST

/* The process has GODEBUG=a=1,b=2. */
START_TEST(what_is_built_in_counts_where_the_environment_says_nothing)
{
	struct settings settings;
	struct build_setting built_in[] = {
		{ "DefaultGODEBUG", "panicnil=1,httpmuxgo121=1,invalidptr=0,tracebacklabels=1" }
	};
	p.snapshot.buildinfo.settings = built_in;
	p.snapshot.buildinfo.setting_count = 1;
	make_image();
	snapshot_settings(&p.snapshot, &p.arena, &settings);
	ck_assert_str_eq(settings.godebug, "a=1,b=2");
	ck_assert_str_eq(settings.godebug_built_in, "panicnil=1,invalidptr=0,tracebacklabels=1");
	ck_assert_int_eq(settings_godebug(&settings, "invalidptr=")[0], '0');
	ck_assert_int_eq(settings_godebug(&settings, "a=")[0], '1');
	ck_assert_ptr_null(settings_godebug(&settings, "httpmuxgo121="));
	built_in[0].value = "a=0,httpmuxgo121=1";
	snapshot_settings(&p.snapshot, &p.arena, &settings);
	ck_assert_ptr_null(settings.godebug_built_in);
}
END_TEST

START_TEST(settings_are_those_in_force)
{
	struct settings settings;
	uint64_t cache = process_global(&p, RT_TRACEBACK_CACHE, 8);
	uint64_t allp = process_global(&p, RT_ALLP, 24), cpus = process_global(&p, RT_NCPU, 8);
	process_put64(&p, cache, 2 << 2 | 3);
	process_put64(&p, allp + 8, 4);
	process_put64(&p, cpus, 8);
	make_image();
	snapshot_settings(&p.snapshot, &p.arena, &settings);
	ck_assert_str_eq(settings_traceback(&settings), "crash");
	ck_assert_uint_eq(settings.gomaxprocs, 4);
	ck_assert_uint_eq(settings.cpus, 8);
	ck_assert_str_eq(settings.godebug, "a=1,b=2");
	process_put64(&p, cache, 1 << 2);
	make_image();
	snapshot_settings(&p.snapshot, &p.arena, &settings);
	ck_assert_str_eq(settings_traceback(&settings), "single");
	process_put64(&p, cache, 0xffffff);
	make_image();
	snapshot_settings(&p.snapshot, &p.arena, &settings);
	ck_assert(!settings.traceback_known);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		both_lists_are_read,
		a_count_that_does_not_fit_makes_them_unknown,
		without_the_name_of_the_executable_nothing_is_guessed,
		the_last_value_of_a_setting_counts,
		what_is_built_in_counts_where_the_environment_says_nothing,
		settings_are_those_in_force,
	};
	return test_run("environment", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
