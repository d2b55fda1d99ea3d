/* What holds a process up that was dumped from outside. */
#include "tests/unit/detecting.h"

static const char waiter[] = "runtime.gopark;sync.(*Mutex).Lock;main.work:5";

static struct fake_goroutine *locking(uint64_t lock, uint64_t holds)
{
	struct fake_goroutine *facts =
		fake_facts(&fake, fake_add(&fake, G_WAITING, "sync.Mutex.Lock", waiter));
	facts->waits_on = (struct wait){ .kind = WAIT_MUTEX, .object = lock, .state_known = true,
					 .locked = true };
	facts->holds = holds;
	return facts;
}

static struct goroutine *holding(unsigned status, const char *wait, uint64_t lock)
{
	struct goroutine *g = fake_add(&fake, status, wait, "main.holds:7");
	fake_facts(&fake, g)->holds = lock;
	return g;
}

static void sending(size_t count, uint64_t channel)
{
	static const struct wait_case c = { { .addr = 0x50, .known = true, .elem = "int" },
					    DIRECTION_SEND };
	for (size_t i = 0; i < count; i++) {
		struct fake_goroutine *facts = fake_facts(
			&fake, fake_add(&fake, G_WAITING, "chan send", "runtime.gopark;main.send:3"));
		facts->waits_on = (struct wait){ .kind = WAIT_SEND, .object = channel, .cases = &c,
						 .case_count = 1, .case_total = 1 };
		facts->objects[0].addr = channel;
		facts->object_count = 1;
	}
}

static void processors(size_t count, uint32_t status)
{
	static struct processor items[8];
	fake.scheduler = (struct scheduler){ .known = true, .processors = items,
					     .processor_count = count, .thread_limit = 10000,
					     .threads = count };
	fake.scheduler.by_status[status] = count;
	for (size_t i = 0; i < count; i++)
		items[i] = (struct processor){ .id = (int32_t)i, .status = status,
					       .thread = NO_INDEX, .goroutine = NO_INDEX,
					       .slice_seconds = -1 };
}

static const struct hang_reading *first(enum hang_kind kind)
{
	analyze(NULL);
	ck_assert_uint_ge(report.hang.count, 1);
	ck_assert_str_eq(hang_kind_name(report.hang.items[0].kind), hang_kind_name(kind));
	return &report.hang.items[0];
}

START_TEST(waits_for_a_lock_lead_to_its_holder)
{
	locking(0x10, 0);
	locking(0x10, 0);
	holding(G_WAITING, "sleep", 0x10);
	const struct hang_reading *reading = first(HANG_LOCK);
	ck_assert_uint_eq(reading->waiting, 2);
	ck_assert_uint_eq(reading->goroutine, 3);
	ck_assert_uint_eq(reading->addr, 0x10);
	ck_assert_ptr_nonnull(strstr(reading->text, "goroutine 3 most probably holds it"));
	ck_assert_ptr_nonnull(strstr(reading->text, "which waits (sleep)"));
}
END_TEST

START_TEST(waits_behind_a_lock_count_too)
{
	locking(0x10, 0);
	locking(0x20, 0x10);
	holding(G_RUNNING, "", 0x20);
	const struct hang_reading *reading = first(HANG_LOCK);
	ck_assert_uint_eq(reading->waiting, 2);
	ck_assert_uint_eq(reading->addr, 0x20);
	ck_assert_ptr_nonnull(strstr(reading->text, "or for 1 lock behind it"));
	ck_assert_ptr_nonnull(strstr(reading->text, "which runs"));
}
END_TEST

START_TEST(the_lock_itself_counts_those_that_were_not_looked_at)
{
	locking(0x10, 0)->waits_on.waiters = 5000;
	holding(G_RUNNING, "", 0x10);
	ck_assert_uint_eq(first(HANG_LOCK)->waiting, 5000);
}
END_TEST

START_TEST(a_lock_whose_holder_is_not_known_is_told_as_that)
{
	locking(0x10, 0);
	locking(0x10, 0);
	ck_assert_ptr_nonnull(strstr(first(HANG_LOCK)->text, "who holds it is not known"));
}
END_TEST

START_TEST(the_one_that_refers_to_a_full_channel_is_named)
{
	sending(3, 0x50);
	struct goroutine *g = fake_add(&fake, G_WAITING, "sleep", "main.receives:9");
	fake_facts(&fake, g)->mentions = 0x50;
	const struct hang_reading *reading = first(HANG_SEND);
	ck_assert_uint_eq(reading->waiting, 3);
	ck_assert_uint_eq(reading->goroutine, 4);
}
END_TEST

START_TEST(of_two_that_refer_to_it_none_is_named)
{
	sending(3, 0x50);
	for (int i = 0; i < 2; i++)
		fake_facts(&fake, fake_add(&fake, G_WAITING, "sleep", "main.receives:9"))->mentions =
			0x50;
	ck_assert_uint_eq(first(HANG_SEND)->goroutine, 0);
}
END_TEST

START_TEST(a_stop_of_the_world_names_who_still_runs)
{
	processors(2, P_RUNNING);
	fake_add(&fake, G_WAITING, "stopping the world", "main.collects:2");
	fake_add(&fake, G_RUNNING, "", "main.spins:4");
	fake.scheduler.stopping = true;
	fake.scheduler.processors[0].status = P_GCSTOP;
	fake.scheduler.processors[1].goroutine = 1;
	fake.scheduler.by_status[P_RUNNING] = 1;
	fake.stopper = (struct stopper){ 0, 0, "GC (fork)" };
	const struct hang_reading *reading = first(HANG_STOP_THE_WORLD);
	ck_assert_uint_eq(reading->goroutine, 2);
	ck_assert_ptr_nonnull(strstr(reading->text, "main.spins"));
	ck_assert_ptr_nonnull(strstr(reading->text, "GC (fork)"));
}
END_TEST

START_TEST(a_goroutine_that_runs_long_comes_before_locks)
{
	processors(1, P_RUNNING);
	locking(0x10, 0);
	locking(0x10, 0);
	fake_add(&fake, G_RUNNING, "", "main.spins:4");
	fake.scheduler.processors[0].goroutine = 2;
	fake.scheduler.processors[0].slice_seconds = 3;
	ck_assert_uint_eq(first(HANG_LONG_RUN)->goroutine, 3);
	ck_assert_uint_eq(report.hang.count, 2);
}
END_TEST

START_TEST(queues_are_told_with_processors_that_are_idle)
{
	processors(2, P_IDLE);
	fake.scheduler.global_queue = 100;
	ck_assert_ptr_nonnull(strstr(first(HANG_RUN_QUEUE)->text, "2 of which are idle"));
}
END_TEST

START_TEST(a_thread_limit_is_near_from_four_fifths_on)
{
	processors(2, P_IDLE);
	fake.scheduler.threads = 8000;
	fake.snapshot.by_status[G_SYSCALL] = 7990;
	ck_assert_uint_eq(first(HANG_THREAD_LIMIT)->waiting, 7990);
}
END_TEST

START_TEST(all_threads_in_system_calls_are_told)
{
	processors(2, P_IDLE);
	fake.scheduler.threads = 22;
	fake.snapshot.by_status[G_SYSCALL] = 20;
	ck_assert_uint_eq(first(HANG_SYSTEM_CALLS)->waiting, 20);
}
END_TEST

static struct fake_goroutine *with_cancelled(enum wait_kind kind, const char *wait)
{
	struct fake_goroutine *facts =
		fake_facts(&fake, fake_add(&fake, G_WAITING, wait, "runtime.gopark;main.asks:3"));
	facts->waits_on = (struct wait){ .kind = kind, .object = 0x60 };
	facts->cancelled = (struct wait_context){ .addr = 0x70, .cancelled = true,
						  .error = "deadline exceeded" };
	return facts;
}

START_TEST(who_waits_on_with_a_cancelled_context_is_told)
{
	with_cancelled(WAIT_RECEIVE, "chan receive");
	const struct hang_reading *reading = first(HANG_CANCELLED);
	ck_assert_uint_eq(reading->goroutine, 1);
	ck_assert_ptr_nonnull(strstr(reading->text, "deadline exceeded"));
}
END_TEST

/* --- near misses --- */

static void assert_silent(void)
{
	analyze(NULL);
	ck_assert_uint_eq(report.hang.count, 0);
}

START_TEST(a_pool_that_waits_for_work_is_nothing)
{
	processors(2, P_IDLE);
	fake_crowd(&fake, 100, "chan receive", "runtime.gopark;main.worker:3", 0x50, 0);
	assert_silent();
}
END_TEST

START_TEST(a_short_slice_short_queues_and_a_few_calls_are_nothing)
{
	processors(4, P_RUNNING);
	fake_add(&fake, G_RUNNING, "", "main.works:4");
	fake.scheduler.processors[0].goroutine = 0;
	fake.scheduler.processors[0].slice_seconds = 0.5;
	fake.scheduler.local_queues = 20;
	fake.scheduler.threads = 60;
	fake.snapshot.by_status[G_SYSCALL] = 20;
	assert_silent();
}
END_TEST

START_TEST(a_lock_that_is_free_holds_nobody_up)
{
	locking(0x10, 0)->waits_on.locked = false;
	assert_silent();
}
END_TEST

START_TEST(one_that_waits_for_nobody_knows_whom_is_nothing)
{
	locking(0x10, 0);
	assert_silent();
}
END_TEST

START_TEST(a_circle_is_a_finding_and_no_reading)
{
	locking(0x10, 0x20);
	locking(0x20, 0x10);
	assert_silent();
}
END_TEST

START_TEST(who_waits_for_its_done_or_for_others_to_end_notices)
{
	with_cancelled(WAIT_SELECT, "select")->waits_on.context.addr = 0x70;
	with_cancelled(WAIT_WAITGROUP, "sync.WaitGroup.Wait");
	assert_silent();
}
END_TEST

START_TEST(one_sender_is_nothing)
{
	sending(1, 0x50);
	assert_silent();
}
END_TEST

START_TEST(a_process_that_died_itself_is_not_read)
{
	locking(0x10, 0);
	fake_panicked(&fake, "main.T", "x", "panic;main.f");
	assert_silent();
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ waits_for_a_lock_lead_to_its_holder, 0 },
		{ waits_behind_a_lock_count_too, 0 },
		{ the_lock_itself_counts_those_that_were_not_looked_at, 0 },
		{ a_lock_whose_holder_is_not_known_is_told_as_that, 0 },
		{ the_one_that_refers_to_a_full_channel_is_named, 0 },
		{ of_two_that_refer_to_it_none_is_named, 0 },
		{ a_stop_of_the_world_names_who_still_runs, 0 },
		{ a_goroutine_that_runs_long_comes_before_locks, 0 },
		{ queues_are_told_with_processors_that_are_idle, 0 },
		{ a_thread_limit_is_near_from_four_fifths_on, 0 },
		{ all_threads_in_system_calls_are_told, 0 },
		{ a_pool_that_waits_for_work_is_nothing, 0 },
		{ a_short_slice_short_queues_and_a_few_calls_are_nothing, 0 },
		{ a_lock_that_is_free_holds_nobody_up, 0 },
		{ a_circle_is_a_finding_and_no_reading, 0 },
		{ one_that_waits_for_nobody_knows_whom_is_nothing, 0 },
		{ one_sender_is_nothing, 0 },
		{ who_waits_on_with_a_cancelled_context_is_told, 0 },
		{ who_waits_for_its_done_or_for_others_to_end_notices, 0 },
		{ a_process_that_died_itself_is_not_read, 0 },
	};
	return run_tests("hang", tests);
}
