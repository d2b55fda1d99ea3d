/* goroutine-leak/suspected: which populations look like a leak, and which never do. */
#include "analyzer/detector.h"
#include "tests/unit/detecting.h"

#define WAITER "runtime.gopark;runtime.chanrecv1;main.wait:41;main.start"

static const struct finding *leak(void)
{
	analyze(NULL);
	for (size_t i = 0; i < report.finding_count; i++)
		if (report.findings[i].class == CLASS_GOROUTINE_LEAK)
			return &report.findings[i];
	return NULL;
}

static const char *const leaking[] = {
	"chan receive",	  "chan send",	     "select",	   "sync.WaitGroup.Wait",
	"sync.Cond.Wait", "sync.Mutex.Lock", "semacquire", "chan receive (durable)",
};

START_TEST(each_on_an_object_of_its_own_is_likely)
{
	fake_crowd(&fake, 1000, leaking[_i], WAITER, 0xc000500000, 96);
	const struct finding *finding = leak();
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->confidence, LIKELY);
	ck_assert_uint_eq(finding->goroutine_count, 1000);
	ck_assert(has_evidence(finding, "1,000 of 1,000 user goroutines"));
	ck_assert(has_evidence(finding, "2.0 MB of memory"));
}
END_TEST

static const char *const hopeless[] = {
	"chan receive (nil chan)",
	"chan send (nil chan)",
	"select (no cases)",
};

START_TEST(wait_that_nothing_ends_needs_no_object)
{
	fake_crowd(&fake, 1000, hopeless[_i], WAITER, 0, 0);
	ck_assert_ptr_nonnull(leak());
	ck_assert_int_eq(leak()->confidence, LIKELY);
}
END_TEST

START_TEST(creators_may_differ)
{
	fake_crowd(&fake, 1000, "chan receive", WAITER, 0xc000500000, 96);
	for (size_t i = 0; i < 500; i++)
		fake.snapshot.goroutines[i].gopc = 0x409999;
	ck_assert_ptr_nonnull(leak());
	ck_assert_uint_eq(leak()->goroutine_count, 1000);
	for (size_t i = 1; i < 1000; i++)
		ck_assert_uint_lt(leak()->goroutines[i - 1], leak()->goroutines[i]);
}
END_TEST

START_TEST(it_is_the_verdict_of_a_live_core)
{
	fake_crowd(&fake, 2000, "chan receive", WAITER, 0xc000500000, 96);
	analyze(NULL);
	ck_assert_int_eq(report.verdict->class, CLASS_GOROUTINE_LEAK);
	ck_assert_int_eq(report.origin, ORIGIN_SNAPSHOT);
	ck_assert_str_eq(culprit(), "main.wait");
}
END_TEST

START_TEST(it_is_only_found_beside_a_crash)
{
	fake_crowd(&fake, 2000, "chan receive", WAITER, 0xc000500000, 96);
	fake_panicked(&fake, "string", "boom", "panic;main.f;main.main");
	ck_assert_ptr_nonnull(leak());
	ck_assert_int_eq(report.verdict->class, CLASS_PANIC);
}
END_TEST

START_TEST(age_is_told_where_it_is_known)
{
	fake_crowd(&fake, 1000, "chan receive", WAITER, 0xc000500000, 96);
	fake.facts[7].wait_seconds = 3 * 3600 + 12 * 60;
	ck_assert(has_evidence(leak(), "at least 3 h 12 m"));
}
END_TEST

START_TEST(threshold_is_the_users)
{
	struct detector_options detect = { .leak_count = 50, .leak_share = 0.2 };
	const struct report_options options = { .detect = &detect };
	fake_crowd(&fake, 50, "chan receive", WAITER, 0xc000500000, 96);
	fake_crowd(&fake, 150, "IO wait", "runtime.gopark;main.serve", 0, 0);
	analyze(&options);
	ck_assert_int_eq(report.verdict->class, CLASS_GOROUTINE_LEAK);
	detect.leak_count = 51;
	analyze(&options);
	ck_assert_int_eq(report.verdict->class, CLASS_SNAPSHOT);
}
END_TEST

START_TEST(brief_counts_by_creation_site)
{
	const struct report_options options = { .brief = true };
	fake_crowd(&fake, 1000, "chan receive", WAITER, 0xc000500000, 96);
	analyze(&options);
	ck_assert_int_eq(report.verdict->class, CLASS_GOROUTINE_LEAK);
	ck_assert_uint_eq(fake.stack_walks, 0);
	ck_assert_ptr_null(report.culprit);
}
END_TEST

/* --- near misses --- */

START_TEST(one_too_few_is_none)
{
	fake_crowd(&fake, 999, "chan receive", WAITER, 0xc000500000, 96);
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(share_too_small_is_none)
{
	fake_crowd(&fake, 1500, "chan receive", WAITER, 0xc000500000, 96);
	fake_crowd(&fake, 200, "chan receive", "runtime.gopark;main.other", 0xc000900000, 96);
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(runtimes_own_goroutines_do_not_count)
{
	fake_crowd(&fake, 1000, "chan receive", WAITER, 0xc000500000, 96);
	fake_crowd(&fake, 200, "GC worker (idle)", "runtime.gopark;runtime.gcBgMarkWorker", 0, 0);
	for (size_t i = 1000; i < 1200; i++)
		fake.snapshot.goroutines[i].system = true;
	ck_assert_ptr_nonnull(leak());
}
END_TEST

START_TEST(pool_on_one_channel_is_none)
{
	fake_crowd(&fake, 5000, "chan receive", WAITER, 0xc000500000, 0);
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(pool_with_a_shared_quit_channel_is_none)
{
	fake_crowd(&fake, 5000, "select", WAITER, 0xc000500000, 96);
	for (size_t i = 0; i < 5000; i++) {
		fake.facts[i].objects[1].addr = 0xc000400000;
		fake.facts[i].object_count = 2;
	}
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(timers_of_their_own_are_none)
{
	fake_crowd(&fake, 5000, "select", WAITER, 0xc000500000, 96);
	for (size_t i = 0; i < 5000; i++)
		fake.facts[i].objects[0].timer = true;
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(waiters_for_one_mutex_are_none)
{
	fake_crowd(&fake, 5000, "sync.Mutex.Lock", WAITER, 0xc000500004, 0);
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(locks_that_leave_no_trace_are_none)
{
	fake_crowd(&fake, 5000, "sync.Mutex.Lock", WAITER, 0, 0);
	ck_assert_ptr_null(leak());
}
END_TEST

static const char *const ends[] = { "IO wait", "sleep", "GC assist wait", "finalizer wait" };

START_TEST(waits_that_end_by_themselves_are_none)
{
	fake_crowd(&fake, 5000, ends[_i], WAITER, 0xc000500000, 96);
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(goroutines_that_can_run_are_none)
{
	fake_crowd(&fake, 5000, "chan receive", WAITER, 0xc000500000, 96);
	for (size_t i = 0; i < 5000; i++)
		fake.snapshot.goroutines[i].status = G_RUNNABLE;
	ck_assert_ptr_null(leak());
}
END_TEST

START_TEST(channels_that_cannot_be_read_are_only_possible)
{
	fake_crowd(&fake, 5000, "chan receive", WAITER, 0, 0);
	ck_assert_ptr_nonnull(leak());
	ck_assert_int_eq(leak()->confidence, POSSIBLE);
	ck_assert_int_eq(report.verdict->class, CLASS_SNAPSHOT);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ each_on_an_object_of_its_own_is_likely, rows_of(leaking) },
		{ wait_that_nothing_ends_needs_no_object, rows_of(hopeless) },
		{ creators_may_differ, 0 },
		{ it_is_the_verdict_of_a_live_core, 0 },
		{ it_is_only_found_beside_a_crash, 0 },
		{ age_is_told_where_it_is_known, 0 },
		{ threshold_is_the_users, 0 },
		{ brief_counts_by_creation_site, 0 },
		{ one_too_few_is_none, 0 },
		{ share_too_small_is_none, 0 },
		{ runtimes_own_goroutines_do_not_count, 0 },
		{ pool_on_one_channel_is_none, 0 },
		{ pool_with_a_shared_quit_channel_is_none, 0 },
		{ timers_of_their_own_are_none, 0 },
		{ waiters_for_one_mutex_are_none, 0 },
		{ locks_that_leave_no_trace_are_none, 0 },
		{ waits_that_end_by_themselves_are_none, rows_of(ends) },
		{ goroutines_that_can_run_are_none, 0 },
		{ channels_that_cannot_be_read_are_only_possible, 0 },
	};
	return run_tests("detect_leak", tests);
}
