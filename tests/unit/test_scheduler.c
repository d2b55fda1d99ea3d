/* What the scheduler's records say. */
#include "goruntime/scheduler.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct scheduler sched;
static uint64_t ps[2], allp, record, work, stop;

static void setup(void)
{
	process_init(&p, 25, &arch_amd64);
	work = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	stop = process_func(&p, "runtime.stopTheWorldWithSema", 0);
	uint64_t list = process_alloc(&p, 16);
	allp = process_global(&p, RT_ALLP, 24);
	for (unsigned i = 0; i < 2; i++) {
		ps[i] = process_struct(&p, RT_P);
		process_put(&p, ps[i], P_ID, i);
		process_put64(&p, list + i * 8, ps[i]);
	}
	process_put64(&p, allp, list);
	process_put64(&p, allp + 8, 2);
	record = process_global(&p, RT_SCHED_, p.snapshot.layout.struct_size[RT_SCHED]);
}

static void teardown(void)
{
	process_release(&p);
}

static void read_scheduler(void)
{
	process_take(&p);
	snapshot_scheduler(&p.snapshot, &p.arena, &sched);
}

/* A thread that has the first P and runs a goroutine of that status. */
static void running(enum g_status status)
{
	struct make_stack stack = process_stack(&p, 0x400, work);
	uint64_t g = process_g(&p, 7, status, &stack), m = process_m(&p, 100, g);
	process_put(&p, ps[0], P_STATUS, P_RUNNING);
	process_put(&p, m, M_P, ps[0]);
	process_thread(&p, 100, work, stack.sp);
}

START_TEST(queues_and_statuses_are_counted)
{
	process_put(&p, ps[0], P_STATUS, P_RUNNING);
	process_put(&p, ps[0], P_RUNQHEAD, 0xfffffffe);
	process_put(&p, ps[0], P_RUNQTAIL, 1);
	process_put(&p, ps[1], P_RUNNEXT, 0x1234);
	process_put(&p, record, SCHED_RUNQSIZE, 5);
	process_put(&p, record, SCHED_MAXMCOUNT, 10000);
	read_scheduler();
	ck_assert(sched.known && !sched.stopping);
	ck_assert_uint_eq(sched.processor_count, 2);
	ck_assert_uint_eq(sched.by_status[P_RUNNING], 1);
	ck_assert_uint_eq(sched.by_status[P_IDLE], 1);
	ck_assert_uint_eq(sched.global_queue, 5);
	ck_assert_uint_eq(sched.local_queues, 4);
	ck_assert_uint_eq(sched.thread_limit, 10000);
}
END_TEST

START_TEST(a_processor_has_the_goroutine_that_its_thread_runs)
{
	running(G_RUNNING);
	read_scheduler();
	ck_assert_uint_eq(sched.processors[0].goroutine, 0);
	ck_assert_uint_eq(sched.processors[1].goroutine, NO_INDEX);
}
END_TEST

START_TEST(a_processor_in_a_system_call_does_not_run)
{
	running(G_SYSCALL);
	read_scheduler();
	ck_assert_uint_eq(sched.by_status[P_RUNNING], 0);
	ck_assert_uint_eq(sched.by_status[P_SYSCALL], 1);
}
END_TEST

START_TEST(a_slice_lasts_since_the_monitor_saw_it)
{
	process_put(&p, ps[0], P_SCHEDTICK, 9);
	process_put(&p, ps[0], P_SYSMON_SCHEDTICK, 9);
	process_put(&p, ps[0], P_SYSMON_SCHEDWHEN, 1000000000);
	process_put(&p, ps[1], P_SYSMON_SCHEDWHEN, 4000000000);
	process_put(&p, ps[1], P_SCHEDTICK, 3);
	read_scheduler();
	ck_assert_double_eq_tol(sched.processors[0].slice_seconds, 3, 0.001);
	ck_assert_double_lt(sched.processors[1].slice_seconds, 0);
}
END_TEST

START_TEST(a_death_freezes_what_was_there)
{
	process_put(&p, record, SCHED_GCWAITING, 1);
	process_put(&p, record, SCHED_STOPWAIT, 0x7fffffff - 2);
	read_scheduler();
	ck_assert(sched.stopping && sched.frozen);
}
END_TEST

START_TEST(who_stops_the_world_stands_in_its_function)
{
	struct make_stack stack = process_stack(&p, 0x400, work);
	struct stopper stopper;
	process_m(&p, 100, process_g(&p, 7, G_RUNNING, &stack));
	process_thread(&p, 100, stop, stack.sp);
	process_put(&p, record, SCHED_GCWAITING, 1);
	process_put(&p, record, SCHED_STOPWAIT, 1);
	read_scheduler();
	ck_assert(sched.stopping && !sched.frozen);
	scheduler_stopper(&p.snapshot, &sched, &p.arena, &stopper);
	ck_assert_uint_eq(stopper.thread, 0);
	ck_assert_uint_eq(stopper.goroutine, 0);
	ck_assert_ptr_null(stopper.reason);
}
END_TEST

START_TEST(nobody_stops_a_world_that_goes_on)
{
	struct make_stack stack = process_stack(&p, 0x400, work);
	struct stopper stopper;
	process_m(&p, 100, process_g(&p, 7, G_RUNNING, &stack));
	process_thread(&p, 100, stop, stack.sp);
	read_scheduler();
	scheduler_stopper(&p.snapshot, &sched, &p.arena, &stopper);
	ck_assert_uint_eq(stopper.thread, NO_INDEX);
}
END_TEST

START_TEST(without_a_p_nothing_is_known)
{
	process_put64(&p, allp, 0xdead0000);
	read_scheduler();
	ck_assert(!sched.known);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		queues_and_statuses_are_counted,
		a_processor_has_the_goroutine_that_its_thread_runs,
		a_processor_in_a_system_call_does_not_run,
		a_slice_lasts_since_the_monitor_saw_it,
		a_death_freezes_what_was_there,
		who_stops_the_world_stands_in_its_function,
		nobody_stops_a_world_that_goes_on,
		without_a_p_nothing_is_known,
	};
	return test_run("scheduler", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
