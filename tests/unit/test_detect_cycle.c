/* deadlock/cycle and self: locks that are waited for in a circle. */
#include "tests/unit/detecting.h"

static struct fake_goroutine *locking(enum wait_kind kind, uint64_t lock, uint64_t holds)
{
	struct fake_goroutine *facts =
		fake_facts(&fake, fake_add(&fake, G_WAITING,
					   kind == WAIT_RWMUTEX_READ ? "sync.RWMutex.RLock"
								     : "sync.Mutex.Lock",
					   "runtime.gopark;sync.(*Mutex).Lock;main.work:5"));
	facts->waits_on = (struct wait){
		.kind = kind, .object = lock, .state_known = true, .locked = true, .waiters = 8
	};
	facts->holds = holds;
	return facts;
}

START_TEST(two_that_hold_each_others_lock_are_a_cycle)
{
	locking(WAIT_MUTEX, 0x10, 0x20);
	locking(WAIT_MUTEX, 0x20, 0x10);
	assert_verdict("deadlock", "cycle", LIKELY);
	ck_assert_uint_eq(report.verdict->goroutine_count, 2);
	ck_assert(has_evidence(report.verdict, "goroutine 1 waits for sync.Mutex 0x10"));
	ck_assert(has_evidence(report.verdict, "goroutine 2 has called Lock in main.locks"));
}
END_TEST

START_TEST(a_cycle_is_found_once)
{
	locking(WAIT_MUTEX, 0x10, 0x30);
	locking(WAIT_MUTEX, 0x20, 0x10);
	locking(WAIT_MUTEX, 0x30, 0x20);
	assert_verdict("deadlock", "cycle", LIKELY);
	size_t cycles = 0;
	for (size_t i = 0; i < report.finding_count; i++)
		cycles += strcmp(report.findings[i].detector, "deadlock-cycle") == 0;
	ck_assert_uint_eq(cycles, 1);
}
END_TEST

START_TEST(circles_with_the_same_stacks_are_one_finding)
{
	for (uint64_t lock = 0x10; lock < 0x50; lock += 0x20) {
		locking(WAIT_MUTEX, lock, lock + 0x10);
		locking(WAIT_MUTEX, lock + 0x10, lock);
	}
	assert_verdict("deadlock", "cycle", LIKELY);
	ck_assert_str_eq(
		report.verdict->title,
		"2 circles of 2 goroutines, each of which waits for a lock that the next one "
		"holds");
	ck_assert_uint_eq(report.verdict->goroutine_count, 4);
}
END_TEST

START_TEST(one_that_waits_for_its_own_lock_is_self)
{
	locking(WAIT_MUTEX, 0x10, 0x10);
	assert_verdict("deadlock", "self", LIKELY);
}
END_TEST

START_TEST(a_reader_behind_a_writer_stands_in_its_own_way)
{
	locking(WAIT_RWMUTEX_READ, 0x10, 0x10);
	locking(WAIT_RWMUTEX_WRITE, 0x10, 0);
	fake_facts(&fake, fake_add(&fake, G_WAITING, "sleep", "main.other"))->holds = 0x10;
	assert_verdict("deadlock", "self", LIKELY);
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "behind a writer"));
}
END_TEST

/* --- near misses --- */

START_TEST(a_holder_that_does_not_wait_for_a_lock_is_none)
{
	locking(WAIT_MUTEX, 0x10, 0);
	fake_facts(&fake, fake_add(&fake, G_WAITING, "sleep", "main.work"))->holds = 0x10;
	assert_verdict("snapshot", "live", CERTAIN);
}
END_TEST

START_TEST(two_possible_holders_are_none)
{
	locking(WAIT_MUTEX, 0x10, 0x20);
	locking(WAIT_MUTEX, 0x20, 0x10);
	fake_facts(&fake, fake_add(&fake, G_WAITING, "sleep", "main.work"))->holds = 0x10;
	assert_verdict("snapshot", "live", CERTAIN);
	ck_assert_uint_eq(report.finding_count, 1);
}
END_TEST

START_TEST(weak_evidence_is_possible_and_no_verdict)
{
	locking(WAIT_MUTEX, 0x10, 0x20);
	locking(WAIT_MUTEX, 0x20, 0)->may_hold = 0x10;
	assert_verdict("snapshot", "live", CERTAIN);
	ck_assert_uint_eq(report.finding_count, 2);
}
END_TEST

START_TEST(the_ones_that_are_left_are_possible_and_come_before_other_weak_ones)
{
	locking(WAIT_MUTEX, 0x10, 0)->only_holds = 0x20;
	struct fake_goroutine *second = locking(WAIT_MUTEX, 0x20, 0);
	second->only_holds = 0x10;
	second->may_hold = 0x20;
	assert_verdict("snapshot", "live", CERTAIN);
	ck_assert_uint_eq(report.finding_count, 2);
	const struct finding *cycle = &report.findings[report.findings[0].death ? 1 : 0];
	ck_assert_int_eq(cycle->confidence, POSSIBLE);
	ck_assert(has_evidence(cycle, "no other one is left"));
	ck_assert_ptr_nonnull(strstr(cycle->title, "may hold"));
}
END_TEST

START_TEST(weak_evidence_of_locking_twice_counts_only_of_the_one_goroutine_there_is)
{
	locking(WAIT_MUTEX, 0x10, 0)->may_hold = 0x10;
	assert_verdict("deadlock", "self", LIKELY);
	fake_add(&fake, G_WAITING, "chan receive", "main.other");
	assert_verdict("snapshot", "live", CERTAIN);
	ck_assert_uint_eq(report.finding_count, 1);
}
END_TEST

START_TEST(a_lock_that_is_free_has_no_holder)
{
	locking(WAIT_MUTEX, 0x10, 0x10)->waits_on.locked = false;
	assert_verdict("snapshot", "live", CERTAIN);
	ck_assert_uint_eq(report.finding_count, 1);
}
END_TEST

START_TEST(a_lock_without_an_address_is_nobodys)
{
	locking(WAIT_MUTEX, 0, 0);
	assert_verdict("snapshot", "live", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ two_that_hold_each_others_lock_are_a_cycle, 0 },
		{ a_cycle_is_found_once, 0 },
		{ circles_with_the_same_stacks_are_one_finding, 0 },
		{ one_that_waits_for_its_own_lock_is_self, 0 },
		{ a_reader_behind_a_writer_stands_in_its_own_way, 0 },
		{ a_holder_that_does_not_wait_for_a_lock_is_none, 0 },
		{ two_possible_holders_are_none, 0 },
		{ weak_evidence_is_possible_and_no_verdict, 0 },
		{ the_ones_that_are_left_are_possible_and_come_before_other_weak_ones, 0 },
		{ weak_evidence_of_locking_twice_counts_only_of_the_one_goroutine_there_is, 0 },
		{ a_lock_that_is_free_has_no_holder, 0 },
		{ a_lock_without_an_address_is_nobodys, 0 },
	};
	return run_tests("detect_cycle", tests);
}
