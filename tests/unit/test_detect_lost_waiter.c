/* data-race/lost-waiter: goroutines that are queued on a lock which does not count them. */
#include "tests/unit/detecting.h"

static struct wait *queued(enum wait_kind kind, int64_t counted)
{
	const char *reason = kind == WAIT_WAITGROUP ? "sync.WaitGroup.Wait" : "sync.Mutex.Lock";
	struct fake_goroutine *facts =
		fake_facts(&fake, fake_add(&fake, G_WAITING, reason,
					   "runtime.gopark;sync.(*Mutex).Lock;main.work:5"));
	facts->waits_on = (struct wait){ .kind = kind,
					 .object = 0x10,
					 .state_known = true,
					 .locked = kind != WAIT_WAITGROUP,
					 .waiters = counted };
	return &facts->waits_on;
}

static const struct finding *lost(void)
{
	analyze(NULL);
	for (size_t i = 0; i < report.finding_count; i++)
		if (strcmp(report.findings[i].detector, "lost-waiter") == 0)
			return &report.findings[i];
	return NULL;
}

START_TEST(a_mutex_that_counts_nobody_has_lost_its_waiter)
{
	queued(WAIT_MUTEX, 0);
	const struct finding *finding = lost();
	ck_assert_ptr_nonnull(finding);
	ck_assert_int_eq(finding->confidence, LIKELY);
	ck_assert_str_eq(finding->title,
			 "goroutine 1 waits for a sync.Mutex, which does not know of it");
	ck_assert(has_evidence(finding, "goroutine 1 waits for sync.Mutex 0x10"));
	ck_assert_int_eq(report.verdict->class, CLASS_SNAPSHOT);
}
END_TEST

START_TEST(one_that_counts_fewer_than_are_queued_has_lost_some)
{
	queued(WAIT_WAITGROUP, 1);
	ck_assert_ptr_null(lost());
	queued(WAIT_WAITGROUP, 1);
	const struct finding *finding = lost();
	ck_assert_ptr_nonnull(finding);
	ck_assert_uint_eq(finding->goroutine_count, 2);
}
END_TEST

START_TEST(a_rwmutex_without_a_writer_keeps_nobody_waiting)
{
	queued(WAIT_RWMUTEX_READ, 0)->locked = false;
	ck_assert_ptr_nonnull(lost());
}
END_TEST

/* --- near misses --- */

START_TEST(whoever_is_counted_is_not_lost)
{
	queued(WAIT_MUTEX, 1);
	ck_assert_ptr_null(lost());
	queued(WAIT_RWMUTEX_WRITE, 0);
	ck_assert_ptr_null(lost());
}
END_TEST

START_TEST(whoever_is_about_to_be_woken_is_not_lost)
{
	queued(WAIT_MUTEX, 0);
	fake_add(&fake, G_RUNNING, "", "runtime.semrelease1;sync.(*Mutex).unlockSlow;main.other");
	ck_assert_ptr_null(lost());
}
END_TEST

START_TEST(a_stack_that_cannot_be_read_may_be_about_to_wake)
{
	queued(WAIT_MUTEX, 0);
	fake_add(&fake, G_RUNNING, "", "");
	ck_assert_ptr_null(lost());
}
END_TEST

START_TEST(a_writer_behind_a_writer_is_in_line_elsewhere)
{
	struct wait *wait = queued(WAIT_RWMUTEX_WRITE, 0);
	wait->behind_writer = true;
	wait->locked = false;
	ck_assert_ptr_null(lost());
}
END_TEST

START_TEST(a_state_that_is_not_there_says_nothing)
{
	queued(WAIT_MUTEX, 0)->state_known = false;
	ck_assert_ptr_null(lost());
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ a_mutex_that_counts_nobody_has_lost_its_waiter, 0 },
		{ one_that_counts_fewer_than_are_queued_has_lost_some, 0 },
		{ a_rwmutex_without_a_writer_keeps_nobody_waiting, 0 },
		{ whoever_is_counted_is_not_lost, 0 },
		{ whoever_is_about_to_be_woken_is_not_lost, 0 },
		{ a_stack_that_cannot_be_read_may_be_about_to_wake, 0 },
		{ a_writer_behind_a_writer_is_in_line_elsewhere, 0 },
		{ a_state_that_is_not_there_says_nothing, 0 },
	};
	return run_tests("detect_lost_waiter", tests);
}
