/* allgs and what is taken of each g. */
#include "goruntime/goroutine.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, work;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	work = process_func(&p, "main.work", 0x20);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t parked(uint64_t id, enum g_status status)
{
	struct make_stack stack = process_stack(&p, 0x400, goexit_);
	stack_call(&stack, work);
	return process_g(&p, id, status, &stack);
}

static const struct goroutine *only(void)
{
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.goroutine_count, 1);
	return &p.snapshot.goroutines[0];
}

START_TEST(live_and_dead_ones_add_up_to_allgs)
{
	parked(1, G_WAITING);
	process_g(&p, 2, G_DEAD, NULL);
	parked(3, G_RUNNABLE);
	process_g(&p, 0, G_DEADEXTRA, NULL);
	process_read(&p);
	const struct snapshot *s = &p.snapshot;
	ck_assert_uint_eq(s->allgs_length, 4);
	ck_assert_uint_eq(s->goroutine_count, 2);
	ck_assert_uint_eq(s->dead, 1);
	ck_assert_uint_eq(s->deadextra, 1);
	ck_assert_uint_eq(s->by_status[G_DEAD], 1);
	ck_assert_uint_eq(s->by_status[G_WAITING], 1);
	ck_assert_uint_eq(s->goroutines[1].id, 3);
}
END_TEST

START_TEST(the_scan_bit_is_no_part_of_the_status)
{
	parked(1, G_SCAN | G_WAITING);
	const struct goroutine *g = only();
	ck_assert_int_eq(g->status, G_WAITING);
	ck_assert(g->scan);
}
END_TEST

START_TEST(a_status_out_of_range_is_kept_apart)
{
	parked(1, 0x77);
	const struct goroutine *g = only();
	ck_assert_int_eq(g->status, G_STATUS_SLOTS - 1);
	ck_assert_str_eq(g_status_text(g->status), "unknown");
}
END_TEST

START_TEST(fields_are_taken_by_the_release)
{
	for (unsigned minor = 19; minor <= 27; minor += 8) {
		begin(minor);
		uint64_t addr = parked(7, G_WAITING);
		process_put(&p, addr, G_WAITREASON, 3);
		process_put(&p, addr, G_WAITSINCE, 5);
		process_put(&p, addr, G_GOPC, work + 5);
		process_put(&p, addr, G_STARTPC, work);
		process_put(&p, addr, G_LABELS, 0xabc);
		const struct goroutine *g = only();
		ck_assert_uint_eq(g->addr, addr);
		ck_assert_uint_eq(g->id, 7);
		ck_assert_int_eq(g->wait_reason, 3);
		ck_assert_int_eq(g->waitsince, 5);
		ck_assert_uint_eq(g->gopc, work + 5);
		ck_assert_uint_eq(g->startpc, work);
		ck_assert_uint_eq(g->labels, 0xabc);
		ck_assert_uint_eq(g->thread, NO_INDEX);
		ck_assert(!g->bad_stack);
	}
}
END_TEST

START_TEST(a_parent_is_known_from_121_on)
{
	begin(21);
	process_put(&p, parked(2, G_WAITING), G_PARENTGOID, 1);
	ck_assert_uint_eq(only()->parent, 1);
	begin(19);
	parked(2, G_WAITING);
	ck_assert_uint_eq(only()->parent, 0);
}
END_TEST

START_TEST(stack_bounds_that_make_no_sense_are_marked)
{
	uint64_t g = parked(1, G_WAITING);
	process_put(&p, g, G_STACK_HI, 0x10);
	ck_assert(only()->bad_stack);
	begin(27);
	g = parked(1, G_WAITING);
	process_put(&p, g, G_STACK_HI, PROCESS_HEAP + ((uint64_t)8 << 30));
	ck_assert(only()->bad_stack);
}
END_TEST

START_TEST(a_record_that_is_not_in_the_core_stays_in_the_list)
{
	parked(1, G_WAITING);
	p.gs[p.g_count++] = 0xdead0000;
	process_read(&p);
	const struct snapshot *s = &p.snapshot;
	ck_assert_uint_eq(s->goroutine_count, 2);
	ck_assert_uint_eq(s->unreadable, 1);
	ck_assert(s->goroutines[1].unreadable);
	ck_assert_uint_eq(s->goroutines[1].addr, 0xdead0000);
	ck_assert(p.caveats.weakened);
}
END_TEST

static void set_length(uint64_t length)
{
	uint64_t allgs, len;
	ck_assert(globals_get(&p.snapshot.globals, RT_ALLGS, &allgs));
	ck_assert(globals_get(&p.snapshot.globals, RT_ALLGLEN, &len));
	process_image(&p); /* puts allgs; the next image has what is put here */
	process_put64(&p, allgs + 8, length);
	process_put64(&p, len, length);
}

START_TEST(what_allgs_says_beyond_the_core_is_counted_as_unreadable)
{
	parked(1, G_WAITING);
	set_length(10000000);
	process_read(&p);
	const struct snapshot *s = &p.snapshot;
	ck_assert_uint_eq(s->allgs_length, 10000000);
	ck_assert_uint_lt(s->goroutine_count, 0x200000 / 8);
	ck_assert_uint_ge(s->unreadable, 10000000 - 0x200000 / 8);
	ck_assert_uint_eq(s->goroutines[0].id, 1);
	ck_assert(p.caveats.weakened);
}
END_TEST

/* allgs lies behind everything else in a large heap: a cut core lacks it first. */
START_TEST(where_allgs_is_lost_those_that_threads_run_are_listed)
{
	uint64_t ptr;
	uint64_t g = parked(7, G_RUNNING);
	parked(8, G_WAITING);
	process_m(&p, 100, g);
	ck_assert(globals_get(&p.snapshot.globals, RT_ALLGPTR, &ptr));
	process_image(&p);
	process_put64(&p, ptr, 0xdead0000);
	process_read(&p);
	const struct snapshot *s = &p.snapshot;
	ck_assert_uint_eq(s->allgs_length, 2);
	ck_assert_uint_eq(s->goroutine_count, 1);
	ck_assert_uint_eq(s->goroutines[0].id, 7);
	ck_assert_uint_eq(s->unreadable, 1);
	ck_assert_uint_eq(s->by_status[G_RUNNING], 1);
	ck_assert_ptr_eq(snapshot_goroutine(s, 7), &s->goroutines[0]);
	ck_assert_ptr_eq(snapshot_g(s, g), &s->goroutines[0]);
	ck_assert_uint_eq(s->goroutines[0].thread, 0);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(where_not_even_allgs_can_be_read_those_that_threads_run_are_listed)
{
	struct error err = ERROR_INIT;
	process_m(&p, 100, parked(7, G_RUNNING));
	process_dump(&p);
	p.snapshot.globals.item[RT_ALLGS].addr = 0xdead0000;
	p.snapshot.globals.item[RT_ALLGPTR].origin = GLOBAL_ABSENT;
	ck_assert(!goroutines_read(&p.snapshot, &err));
	ck_assert(goroutines_lost(&p.snapshot, &err));
	ck_assert(threads_read(&p.snapshot, &err));
	ck_assert_uint_eq(p.snapshot.goroutine_count, 1);
	ck_assert_uint_eq(p.snapshot.allgs_length, 1);
	ck_assert_uint_eq(p.snapshot.unreadable, 0);
	ck_assert_uint_eq(p.snapshot.goroutines[0].id, 7);
}
END_TEST

START_TEST(where_allgs_is_whole_nothing_is_added)
{
	struct make_stack stack = process_stack(&p, 0x400, goexit_);
	uint64_t stray = process_g(&p, 7, G_RUNNING, &stack);
	p.g_count = 0; /* it is in no list */
	parked(8, G_WAITING);
	process_m(&p, 100, stray);
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.goroutine_count, 1);
	ck_assert_uint_eq(p.snapshot.goroutines[0].id, 8);
}
END_TEST

START_TEST(an_absurd_length_is_refused)
{
	struct error err = ERROR_INIT;
	parked(1, G_WAITING);
	set_length((uint64_t)1 << 40);
	process_dump(&p);
	ck_assert(!goroutines_read(&p.snapshot, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
}
END_TEST

START_TEST(without_the_published_pair_allgs_itself_is_used)
{
	parked(5, G_WAITING);
	process_dump(&p);
	p.snapshot.globals.item[RT_ALLGPTR].origin = GLOBAL_ABSENT;
	struct error err = ERROR_INIT;
	ck_assert(goroutines_read(&p.snapshot, &err));
	ck_assert_uint_eq(p.snapshot.goroutine_count, 1);
	ck_assert_uint_eq(p.snapshot.goroutines[0].id, 5);
}
END_TEST

START_TEST(goroutines_are_found_by_id_and_by_address)
{
	uint64_t addrs[100];
	for (unsigned i = 0; i < 100; i++)
		addrs[i] = process_g(&p, i * 1000 + 1, G_RUNNABLE, NULL);
	process_read(&p);
	for (unsigned i = 0; i < 100; i++) {
		ck_assert_ptr_eq(snapshot_g(&p.snapshot, addrs[i]), &p.snapshot.goroutines[i]);
		ck_assert_ptr_eq(snapshot_goroutine(&p.snapshot, i * 1000 + 1),
				 &p.snapshot.goroutines[i]);
	}
	ck_assert_ptr_null(snapshot_g(&p.snapshot, 0));
	ck_assert_ptr_null(snapshot_g(&p.snapshot, addrs[0] + 8));
	ck_assert_ptr_null(snapshot_goroutine(&p.snapshot, 2));
}
END_TEST

START_TEST(of_goroutines_with_one_id_the_first_is_found)
{
	for (unsigned i = 0; i < 3; i++)
		process_g(&p, 5, G_IDLE, NULL);
	process_read(&p);
	ck_assert_ptr_eq(snapshot_goroutine(&p.snapshot, 5), &p.snapshot.goroutines[0]);
}
END_TEST

/* Two hundred thousand entries that are one word: quadratic in an index that keeps them all. */
START_TEST(a_damaged_allgs_full_of_one_address_takes_no_time)
{
	uint64_t allgs, len;
	parked(1, G_WAITING);
	ck_assert(globals_get(&p.snapshot.globals, RT_ALLGS, &allgs));
	ck_assert(globals_get(&p.snapshot.globals, RT_ALLGLEN, &len));
	process_image(&p);
	process_alloc(&p, 0x190000); /* zeros behind the array */
	process_put64(&p, allgs + 8, 200000);
	process_put64(&p, len, 200000);
	process_read(&p);
	ck_assert_uint_ge(p.snapshot.goroutine_count, 200000);
	ck_assert_uint_eq(p.snapshot.unreadable, 199999);
}
END_TEST

START_TEST(a_list_of_other_things_is_refused)
{
	struct error err = ERROR_INIT;
	uint64_t g = parked(1, G_RUNNING);
	process_m(&p, 100, g);
	for (uint64_t id = 2; id < 8; id++)
		parked(id, G_IDLE);
	process_dump(&p);
	ck_assert(!goroutines_read(&p.snapshot, &err));
	ck_assert_int_eq(err.code, ERROR_FORMAT);
	ck_assert_msg(strstr(err.text, "6 of 7") != NULL, "%s", err.text);
	ck_assert(goroutines_lost(&p.snapshot, &err));
	ck_assert(threads_read(&p.snapshot, &err));
	ck_assert_uint_eq(p.snapshot.goroutine_count, 1);
	ck_assert_uint_eq(p.snapshot.by_status[G_IDLE], 0);
}
END_TEST

START_TEST(the_runtimes_own_goroutines_are_marked)
{
	uint64_t worker = process_func(&p, "runtime.bgsweep", 8);
	uint64_t main_ = process_func_as(&p, "runtime.main", 8, FUNC_RUNTIME_MAIN, 0);
	uint64_t finalizers = process_func_as(&p, "runtime.runFinalizers", 8, FUNC_RUN_FINALIZERS, 0);
	uint64_t starts[] = { work, worker, main_, finalizers };
	for (unsigned i = 0; i < 4; i++)
		process_put(&p, parked(i + 1, G_WAITING), G_STARTPC, starts[i]);
	process_take(&p);
	const struct goroutine *g = p.snapshot.goroutines;
	ck_assert(!g[0].system);
	ck_assert(g[1].system);
	ck_assert(!g[2].system);
	ck_assert(g[3].system);
}
END_TEST

START_TEST(a_finalizer_that_runs_makes_its_goroutine_the_users)
{
	uint64_t finalizers = process_func_as(&p, "runtime.runFinalizers", 8, FUNC_RUN_FINALIZERS, 0);
	process_put(&p, parked(1, G_WAITING), G_STARTPC, finalizers);
	process_put32(&p, process_global(&p, RT_FINGSTATUS, 4), 2);
	process_take(&p);
	ck_assert(!p.snapshot.goroutines[0].system);
}
END_TEST

START_TEST(now_is_the_latest_moment_that_was_noted)
{
	uint64_t sched = process_global(&p, RT_SCHED_, p.snapshot.layout.struct_size[RT_SCHED]);
	process_put(&p, parked(1, G_WAITING), G_WAITSINCE, 500);
	process_put(&p, sched, SCHED_LASTPOLL, 4000);
	process_take(&p);
	ck_assert_int_eq(p.snapshot.now_lower_bound, 4000);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		live_and_dead_ones_add_up_to_allgs,
		the_scan_bit_is_no_part_of_the_status,
		a_status_out_of_range_is_kept_apart,
		fields_are_taken_by_the_release,
		a_parent_is_known_from_121_on,
		stack_bounds_that_make_no_sense_are_marked,
		a_record_that_is_not_in_the_core_stays_in_the_list,
		what_allgs_says_beyond_the_core_is_counted_as_unreadable,
		where_allgs_is_lost_those_that_threads_run_are_listed,
		where_not_even_allgs_can_be_read_those_that_threads_run_are_listed,
		where_allgs_is_whole_nothing_is_added,
		an_absurd_length_is_refused,
		without_the_published_pair_allgs_itself_is_used,
		goroutines_are_found_by_id_and_by_address,
		of_goroutines_with_one_id_the_first_is_found,
		a_damaged_allgs_full_of_one_address_takes_no_time,
		a_list_of_other_things_is_refused,
		the_runtimes_own_goroutines_are_marked,
		a_finalizer_that_runs_makes_its_goroutine_the_users,
		now_is_the_latest_moment_that_was_noted,
	};
	return test_run("goroutines", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
