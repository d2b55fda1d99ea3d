/* deadlock/cycle by way of channels, of goroutines that nothing else can help. */
#include "tests/unit/detecting.h"

static const char receiver[] = "runtime.gopark;main.receives:4", other[] = "runtime.gopark;main.sends:9";

static struct fake_goroutine *waiting(enum wait_kind kind, const char *stack, uint64_t object,
				      uint64_t reaches)
{
	static const struct wait_case c = { { .addr = 0x10, .known = true }, DIRECTION_RECEIVE };
	struct fake_goroutine *facts =
		fake_facts(&fake, fake_add(&fake, G_WAITING,
					   kind == WAIT_MUTEX ? "sync.Mutex.Lock" : "chan receive",
					   stack));
	facts->waits_on = (struct wait){ .kind = kind, .object = object, .state_known = true,
					 .locked = true, .counter = 1 };
	if (kind == WAIT_RECEIVE) {
		struct wait_case *own = arena_alloc(&fake.arena, sizeof(c));
		*own = c;
		own->channel.addr = object;
		facts->waits_on.cases = own;
		facts->waits_on.case_count = facts->waits_on.case_total = 1;
	}
	facts->mentions = reaches;
	return facts;
}

static void two_leaked(void)
{
	static uint32_t goroutines[] = { 0, 1 };
	waiting(WAIT_RECEIVE, receiver, 0x10, 0x20);
	waiting(WAIT_RECEIVE, other, 0x20, 0x10);
	fake.leaks.goroutines = goroutines;
	fake.leaks.count = 2;
	fake.leaks.blocked = 2;
}

static void all_asleep(void)
{
	fake.snapshot.death.way = DEATH_FATAL;
	fake.snapshot.death.fatal_text = "all goroutines are asleep - deadlock!";
	fake.snapshot.death.kernel = (struct death_signal){ .present = true, .number = 6,
							    .by_runtime = true, .sent = true };
}

static const struct finding *circle(void)
{
	analyze(NULL);
	for (size_t i = 0; i < report.finding_count; i++)
		if (strcmp(report.findings[i].detector, "deadlock-circle") == 0)
			return &report.findings[i];
	return NULL;
}

START_TEST(two_leaked_that_only_the_other_could_help_are_a_circle)
{
	two_leaked();
	const struct finding *f = circle();
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->confidence, POSSIBLE); /* channels alone */
	ck_assert_uint_eq(f->goroutine_count, 2);
	ck_assert(has_evidence(f, "Goroutine 1 waits to receive from channel 0x10"));
	ck_assert(has_evidence(f, "which only goroutine 1 could end"));
}
END_TEST

START_TEST(where_all_are_asleep_it_is_part_of_the_explanation)
{
	all_asleep();
	waiting(WAIT_RECEIVE, receiver, 0x10, 0x20);
	waiting(WAIT_RECEIVE, other, 0x20, 0x10);
	ck_assert_ptr_nonnull(circle());
	ck_assert_str_eq(report.verdict->kind, "all-asleep");
	ck_assert(has_line(&report.verdict->explanation, "which only goroutine 2 could end"));
}
END_TEST

START_TEST(a_lock_in_the_circle_leads_to_its_holder)
{
	all_asleep();
	waiting(WAIT_RECEIVE, receiver, 0x10, 0)->holds = 0x20;
	waiting(WAIT_MUTEX, other, 0x20, 0x10);
	ck_assert_ptr_nonnull(circle());
	ck_assert_int_eq(circle()->confidence, LIKELY);
}
END_TEST

START_TEST(many_alike_are_one)
{
	all_asleep();
	waiting(WAIT_WAITGROUP, receiver, 0x10, 0x20);
	for (int i = 0; i < 5; i++)
		waiting(WAIT_RECEIVE, other, 0x20, 0x10);
	const struct finding *f = circle();
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->goroutine_count, 6);
	ck_assert_int_eq(f->confidence, LIKELY);
	ck_assert_ptr_nonnull(strstr(f->title, "6 goroutines wait in circles"));
	ck_assert(has_evidence(f, "Goroutine 2 and 4 alike wait to receive"));
}
END_TEST

/* --- near misses --- */

START_TEST(one_that_could_be_helped_by_two_is_in_no_circle)
{
	all_asleep();
	waiting(WAIT_RECEIVE, receiver, 0x10, 0x20);
	waiting(WAIT_RECEIVE, other, 0x20, 0x10);
	waiting(WAIT_RECEIVE, "runtime.gopark;main.third:1", 0x30, 0x10);
	ck_assert_ptr_null(circle());
}
END_TEST

START_TEST(what_a_global_variable_leads_to_is_open_to_all)
{
	all_asleep();
	waiting(WAIT_RECEIVE, receiver, 0x10, 0x20);
	waiting(WAIT_RECEIVE, other, 0x20, 0x10);
	fake.global = 0x10;
	ck_assert_ptr_null(circle());
}
END_TEST

START_TEST(what_is_not_known_whole_says_nothing)
{
	two_leaked();
	fake.reaches_too_much = true;
	ck_assert_ptr_null(circle());
}
END_TEST

START_TEST(a_process_that_runs_and_leaks_nothing_has_none)
{
	waiting(WAIT_RECEIVE, receiver, 0x10, 0x20);
	waiting(WAIT_RECEIVE, other, 0x20, 0x10);
	ck_assert_ptr_null(circle());
}
END_TEST

START_TEST(two_that_receive_from_one_channel_do_not_help_each_other)
{
	all_asleep();
	waiting(WAIT_RECEIVE, receiver, 0x10, 0x10);
	waiting(WAIT_RECEIVE, other, 0x10, 0x10);
	ck_assert_ptr_null(circle());
}
END_TEST

START_TEST(who_waits_for_what_is_not_known_spoils_it)
{
	all_asleep();
	waiting(WAIT_RECEIVE, receiver, 0x10, 0x20);
	waiting(WAIT_RECEIVE, other, 0x20, 0x10);
	waiting(WAIT_MUTEX, receiver, 0, 0);
	ck_assert_ptr_null(circle());
}
END_TEST

START_TEST(a_circle_of_locks_alone_is_told_elsewhere)
{
	all_asleep();
	waiting(WAIT_MUTEX, receiver, 0x10, 0)->holds = 0x20;
	waiting(WAIT_MUTEX, other, 0x20, 0)->holds = 0x10;
	ck_assert_ptr_null(circle());
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ two_leaked_that_only_the_other_could_help_are_a_circle, 0 },
		{ where_all_are_asleep_it_is_part_of_the_explanation, 0 },
		{ a_lock_in_the_circle_leads_to_its_holder, 0 },
		{ many_alike_are_one, 0 },
		{ one_that_could_be_helped_by_two_is_in_no_circle, 0 },
		{ what_a_global_variable_leads_to_is_open_to_all, 0 },
		{ what_is_not_known_whole_says_nothing, 0 },
		{ a_process_that_runs_and_leaks_nothing_has_none, 0 },
		{ two_that_receive_from_one_channel_do_not_help_each_other, 0 },
		{ who_waits_for_what_is_not_known_spoils_it, 0 },
		{ a_circle_of_locks_alone_is_told_elsewhere, 0 },
	};
	return run_tests("detect_circle", tests);
}
