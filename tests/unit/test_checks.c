/* The cross-checks of the integrity section. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t work;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	work = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t parked(uint64_t id)
{
	struct make_stack stack = process_stack(&p, 0x400, work);
	return process_g(&p, id, G_WAITING, &stack);
}

static const struct check *check_of(const char *name)
{
	process_take(&p);
	for (size_t i = 0; i < p.snapshot.check_count; i++)
		if (strcmp(p.snapshot.checks[i].name, name) == 0)
			return &p.snapshot.checks[i];
	return NULL;
}

START_TEST(a_sane_process_passes_every_check)
{
	process_m(&p, 100, parked(1));
	process_thread(&p, 100, work, 0);
	process_take(&p);
	ck_assert_uint_ge(p.snapshot.check_count, 5);
	for (size_t i = 0; i < p.snapshot.check_count; i++)
		ck_assert_msg(p.snapshot.checks[i].passed, "%s", p.snapshot.checks[i].text);
	ck_assert(!p.caveats.weakened);
}
END_TEST

START_TEST(allgs_and_allglen_shall_agree)
{
	uint64_t allgs;
	parked(1);
	ck_assert(globals_get(&p.snapshot.globals, RT_ALLGS, &allgs));
	process_image(&p);
	process_put64(&p, allgs + 8, 9);
	const struct check *check = check_of("allglen");
	ck_assert(!check->passed);
	ck_assert_str_eq(check->text, "allgs has 9 entries, allglen says 1");
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(goroutines_shall_have_sane_stacks)
{
	process_put(&p, parked(1), G_STACK_HI, 1);
	ck_assert(!check_of("stack-bounds")->passed);
}
END_TEST

START_TEST(goroutines_shall_have_known_statuses)
{
	process_put(&p, parked(1), G_ATOMICSTATUS, 99);
	ck_assert(!check_of("status")->passed);
}
END_TEST

START_TEST(goroutines_shall_have_ids_of_their_own)
{
	parked(5);
	parked(5);
	ck_assert(!check_of("goid")->passed);
}
END_TEST

START_TEST(a_g0_shall_name_its_m)
{
	uint64_t m = process_m(&p, 100, 0);
	process_put(&p, m, M_G0, parked(1));
	ck_assert(!check_of("m.g0.m")->passed);
}
END_TEST

START_TEST(a_thread_shall_be_known_to_go_unless_c_may_have_made_it)
{
	process_m(&p, 100, 0);
	process_thread(&p, 777, work, 0);
	ck_assert(!check_of("threads")->passed);
	process_release(&p);
	setup();
	process_m(&p, 100, 0);
	process_thread(&p, 777, work, 0);
	process_put8(&p, process_global(&p, RT_ISCGO, 1), 1);
	ck_assert_ptr_null(check_of("threads"));
}
END_TEST

START_TEST(the_list_of_ms_shall_be_as_long_as_the_scheduler_counts)
{
	process_m(&p, 100, 0);
	process_m(&p, 101, 0);
	uint64_t sched = process_global(&p, RT_SCHED_, p.snapshot.layout.struct_size[RT_SCHED]);
	process_put(&p, sched, SCHED_MNEXT, 3);
	process_put(&p, sched, SCHED_NMFREED, 1);
	ck_assert(check_of("m-count")->passed);
	process_release(&p);
	setup();
	process_m(&p, 100, 0);
	process_m(&p, 101, 0);
	sched = process_global(&p, RT_SCHED_, p.snapshot.layout.struct_size[RT_SCHED]);
	process_put(&p, sched, SCHED_MNEXT, 1);
	ck_assert(!check_of("m-count")->passed);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_sane_process_passes_every_check,
		allgs_and_allglen_shall_agree,
		goroutines_shall_have_sane_stacks,
		goroutines_shall_have_known_statuses,
		goroutines_shall_have_ids_of_their_own,
		a_g0_shall_name_its_m,
		a_thread_shall_be_known_to_go_unless_c_may_have_made_it,
		the_list_of_ms_shall_be_as_long_as_the_scheduler_counts,
	};
	return test_run("checks", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
