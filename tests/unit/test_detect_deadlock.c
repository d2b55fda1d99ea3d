/* deadlock: what the runtime itself declared, and what everybody waits for. */
#include "tests/unit/detecting.h"

/* checkdead runs on a thread without goroutine. */
static void dead(const char *text)
{
	struct death *death = &fake.snapshot.death;
	death->way = DEATH_FATAL;
	death->fatal_text = text;
}

START_TEST(all_asleep_tells_what_they_wait_for)
{
	fake_add(&fake, G_WAITING, "chan receive", "runtime.gopark;runtime.chanrecv1;main.main:12");
	fake_crowd(&fake, 50, "chan send", "runtime.gopark;runtime.chansend1;main.main.func1:20", 0,
		   0);
	fake_add(&fake, G_WAITING, "force gc (idle)", "runtime.gopark;runtime.forcegchelper")
		->system = true;
	dead("all goroutines are asleep - deadlock!");
	assert_verdict("deadlock", "all-asleep", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "all goroutines are asleep - deadlock!");
	ck_assert(has_evidence(report.verdict,
			       "goroutine 1: chan receive, in main.main (app/main.go:12)"));
	ck_assert(has_evidence(
		report.verdict,
		"50 goroutines (2, ...): chan send, in main.main.func1 (app/main.go:20)"));
	ck_assert(!has_evidence(report.verdict, "force gc"));
	ck_assert_uint_eq(report.verdict->goroutine_count, 51);
}
END_TEST

START_TEST(there_is_no_culprit)
{
	fake_add(&fake, G_WAITING, "select (no cases)", "runtime.gopark;runtime.block;main.main");
	dead("all goroutines are asleep - deadlock!");
	assert_verdict("deadlock", "all-asleep", CERTAIN);
	ck_assert_uint_eq(report.verdict->goroutine, NO_INDEX);
	ck_assert_ptr_null(report.culprit);
	ck_assert(has_line(&report.verdict->explanation, "A select without cases never ends"));
}
END_TEST

START_TEST(main_goroutine_that_is_gone_is_told)
{
	fake_add(&fake, G_WAITING, "chan receive", "runtime.gopark;runtime.chanrecv1;main.f")->id = 9;
	dead("all goroutines are asleep - deadlock!");
	assert_verdict("deadlock", "all-asleep", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, "The main goroutine is no longer there"));
}
END_TEST

START_TEST(main_goroutine_that_may_be_the_unreadable_one_is_not_missed)
{
	fake_add(&fake, G_WAITING, "chan receive", "runtime.gopark;runtime.chanrecv1;main.f")->id = 9;
	fake_add(&fake, G_WAITING, "", "")->id = 0;
	fake.snapshot.goroutines[1].unreadable = true;
	dead("all goroutines are asleep - deadlock!");
	assert_verdict("deadlock", "all-asleep", CERTAIN);
	ck_assert(!has_line(&report.verdict->explanation, "The main goroutine is no longer there"));
}
END_TEST

START_TEST(main_that_exited_is_its_own_kind)
{
	dead("no goroutines (main called runtime.Goexit) - deadlock!");
	assert_verdict("deadlock", "main-exited", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_FATAL_ERROR);
}
END_TEST

START_TEST(many_groups_are_counted)
{
	static const char *const stacks[] = {
		"main.a", "main.b", "main.c", "main.d", "main.e", "main.f", "main.g",
		"main.h", "main.i", "main.j", "main.k", "main.l", "main.m", "main.n",
	};
	for (size_t i = 0; i < 14; i++)
		fake_add(&fake, G_WAITING, "semacquire", stacks[i]);
	dead("all goroutines are asleep - deadlock!");
	assert_verdict("deadlock", "all-asleep", CERTAIN);
	ck_assert(has_evidence(report.verdict, "and 2 more groups"));
}
END_TEST

/* --- near misses --- */

START_TEST(panic_with_that_text_is_none)
{
	fake_panicked(&fake, "string", "fatal error: all goroutines are asleep - deadlock!",
		      "panic;main.f;main.main");
	assert_verdict("panic", "value", CERTAIN);
}
END_TEST

START_TEST(all_waiting_without_that_text_is_none)
{
	fake_add(&fake, G_WAITING, "chan receive", "runtime.gopark;main.main");
	assert_verdict("snapshot", "live", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ all_asleep_tells_what_they_wait_for, 0 },
		{ there_is_no_culprit, 0 },
		{ main_goroutine_that_is_gone_is_told, 0 },
		{ main_goroutine_that_may_be_the_unreadable_one_is_not_missed, 0 },
		{ main_that_exited_is_its_own_kind, 0 },
		{ many_groups_are_counted, 0 },
		{ panic_with_that_text_is_none, 0 },
		{ all_waiting_without_that_text_is_none, 0 },
	};
	return run_tests("detect_deadlock", tests);
}
