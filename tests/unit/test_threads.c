/* Ms and the threads of the core that ran them. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, work;

static void begin(unsigned minor, const struct arch *arch)
{
	process_release(&p);
	process_init(&p, minor, arch);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	work = process_func(&p, "main.work", 0x20);
}

static void setup(void)
{
	begin(27, &arch_amd64);
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t running(uint64_t id)
{
	struct make_stack stack = process_stack(&p, 0x400, goexit_);
	stack_call(&stack, work);
	return process_g(&p, id, G_RUNNING, &stack);
}

static uint64_t field(uint64_t addr, enum rt_field f)
{
	return process_get64(&p, addr + p.snapshot.layout.field[f].offset);
}

START_TEST(a_thread_and_its_m_are_joined_by_procid)
{
	uint64_t first = process_m(&p, 100, 0), second = process_m(&p, 101, running(1));
	process_thread(&p, 101, work, 0);
	process_thread(&p, 100, work, 0);
	process_read(&p);
	const struct snapshot *s = &p.snapshot;
	ck_assert_uint_eq(s->thread_count, 2);
	ck_assert_uint_eq(s->threads[0].m, second);
	ck_assert_uint_eq(s->threads[1].m, first);
	ck_assert_int_eq(s->threads[0].lwp->tid, 101);
	ck_assert_uint_eq(s->threads[0].goroutine, 0);
	ck_assert_uint_eq(s->goroutines[0].thread, 0);
}
END_TEST

/* A dump taken from outside of a container: the runtime knows its threads by other numbers. */
START_TEST(where_numbers_differ_they_are_joined_by_the_g_in_tls)
{
	uint64_t m = process_m(&p, 7, running(1));
	uint64_t tls = process_alloc(&p, 16);
	process_put64(&p, tls, p.gs[0]);
	process_thread(&p, 4711, work, 0)->regs.tls = tls + 8;
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.thread_count, 1);
	ck_assert_uint_eq(p.snapshot.threads[0].m, m);
	ck_assert_int_eq(p.snapshot.threads[0].lwp->tid, 4711);
}
END_TEST

START_TEST(on_arm64_the_g_is_in_a_register)
{
	begin(27, &arch_arm64);
	uint64_t m = process_m(&p, 7, running(1));
	struct core_thread *t = process_thread(&p, 4711, work, 0);
	registers_put(&t->regs, arch_arm64.g, p.gs[0]);
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.threads[0].m, m);
}
END_TEST

START_TEST(a_thread_unknown_to_go_stays_in_the_list)
{
	process_m(&p, 100, 0);
	process_thread(&p, 100, work, 0);
	process_thread(&p, 999, 0x1234, 0);
	process_read(&p);
	const struct thread *t = &p.snapshot.threads[1];
	ck_assert_uint_eq(p.snapshot.thread_count, 2);
	ck_assert_uint_eq(t->m, 0);
	ck_assert_int_eq(t->id, -1);
	ck_assert_int_eq(t->p_id, -1);
	ck_assert_int_eq(t->lwp->tid, 999);
}
END_TEST

START_TEST(ms_without_a_thread_come_last)
{
	uint64_t lost = process_m(&p, 100, 0);
	process_m(&p, 101, 0);
	process_thread(&p, 101, work, 0);
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.thread_count, 2);
	ck_assert_ptr_null(p.snapshot.threads[1].lwp);
	ck_assert_uint_eq(p.snapshot.threads[1].m, lost);
}
END_TEST

START_TEST(a_list_of_ms_that_begins_again_ends)
{
	uint64_t first = process_m(&p, 100, 0), second = process_m(&p, 101, 0);
	process_put(&p, second, M_ALLLINK, first);
	process_read(&p);
	ck_assert_uint_lt(p.snapshot.thread_count, 5);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(a_list_of_ms_with_a_circle_at_its_end_ends)
{
	process_m(&p, 100, 0);
	uint64_t second = process_m(&p, 101, 0), third = process_m(&p, 102, 0);
	process_put(&p, third, M_ALLLINK, second);
	process_read(&p);
	ck_assert_uint_lt(p.snapshot.thread_count, 10);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(an_m_that_links_to_itself_ends_the_list)
{
	uint64_t m = process_m(&p, 100, 0);
	process_put(&p, m, M_ALLLINK, m);
	process_read(&p);
	ck_assert_uint_lt(p.snapshot.thread_count, 4);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(an_m_that_is_not_in_the_core_ends_the_list_with_a_caveat)
{
	uint64_t m = process_m(&p, 100, 0);
	process_put(&p, m, M_ALLLINK, 0xdead0000);
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.thread_count, 1);
	ck_assert(p.caveats.weakened);
	ck_assert_str_eq(p.caveats.items[0].about, "threads");
}
END_TEST

/* What a cut core may have lost of the list is named elsewhere too. */
START_TEST(where_the_list_breaks_ms_of_goroutines_are_still_found)
{
	uint64_t m = process_m(&p, 100, 0), other = process_m(&p, 101, running(1));
	process_put(&p, m, M_ALLLINK, 0xdead0000);
	process_thread(&p, 101, work, 0);
	process_read(&p);
	ck_assert(p.snapshot.threads_cut);
	ck_assert_uint_eq(p.snapshot.thread_count, 2);
	ck_assert_uint_eq(p.snapshot.threads[0].m, other);
	ck_assert_uint_eq(p.snapshot.goroutines[0].thread, 0);
}
END_TEST

START_TEST(where_the_list_is_lost_registers_name_ms_and_those_behind_them)
{
	uint64_t m = process_m(&p, 100, running(1)), older = process_m(&p, 101, 0);
	struct core_thread *t = process_thread(&p, 100, work, 0);
	registers_put(&t->regs, arch_amd64.g, p.gs[0]);
	p.snapshot.globals.item[RT_ALLM].origin = GLOBAL_ABSENT;
	p.g_count = 0; /* nor is there an allgs */
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.thread_count, 2);
	ck_assert_uint_eq(p.snapshot.threads[0].m, m);
	ck_assert_uint_eq(p.snapshot.threads[1].m, older);
	ck_assert(p.snapshot.threads_cut);
}
END_TEST

START_TEST(what_a_goroutine_calls_its_m_must_be_one)
{
	uint64_t m = process_m(&p, 100, 0);
	process_put(&p, m, M_ALLLINK, 0xdead0000);
	process_put(&p, running(1), G_M, process_alloc(&p, 1024));
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.thread_count, 1);
}
END_TEST

START_TEST(a_whole_list_is_not_cut)
{
	process_m(&p, 100, 0);
	process_read(&p);
	ck_assert(!p.snapshot.threads_cut);
}
END_TEST

START_TEST(without_allm_the_threads_of_the_core_remain)
{
	p.snapshot.globals.item[RT_ALLM].origin = GLOBAL_ABSENT;
	process_thread(&p, 100, work, 0);
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.thread_count, 1);
	ck_assert_uint_eq(p.snapshot.threads[0].m, 0);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(a_goroutine_that_names_another_m_is_not_said_to_run)
{
	uint64_t g = running(1);
	process_m(&p, 100, g);
	process_put(&p, g, G_M, 0x1234);
	process_read(&p);
	ck_assert_uint_eq(p.snapshot.threads[0].goroutine, 0);
	ck_assert_uint_eq(p.snapshot.goroutines[0].thread, NO_INDEX);
}
END_TEST

START_TEST(numbers_of_an_m_keep_their_sign)
{
	uint64_t m = process_m(&p, 100, 0);
	process_put(&p, m, M_ID, (uint64_t)-1);
	process_put(&p, m, M_THROWING, (uint32_t)-1);
	process_put(&p, m, M_DYING, 1);
	process_read(&p);
	ck_assert_int_eq(p.snapshot.threads[0].id, -1);
	ck_assert_int_eq(p.snapshot.threads[0].throwing, -1);
	ck_assert_int_eq(p.snapshot.threads[0].dying, 1);
}
END_TEST

START_TEST(the_number_of_its_p_is_known)
{
	uint64_t m = process_m(&p, 100, 0), processor = process_struct(&p, RT_P);
	process_put(&p, processor, P_ID, 3);
	process_put(&p, m, M_P, processor);
	process_m(&p, 101, 0);
	process_read(&p);
	ck_assert_int_eq(p.snapshot.threads[0].p_id, 3);
	ck_assert_int_eq(p.snapshot.threads[1].p_id, -1);
}
END_TEST

START_TEST(a_stack_pointer_tells_on_whose_stack_it_is)
{
	uint64_t g = running(1), m = process_m(&p, 100, g);
	process_read(&p);
	const struct thread *t = &p.snapshot.threads[0];
	uint64_t lo = field(field(m, M_GSIGNAL), G_STACK_LO);
	ck_assert_uint_eq(thread_g_of_sp(&p.snapshot, t, lo + 0x100), t->gsignal);
	ck_assert_uint_eq(thread_g_of_sp(&p.snapshot, t, field(g, G_STACK_LO) + 0x100), g);
	ck_assert_uint_eq(thread_g_of_sp(&p.snapshot, t, t->g0_stack_lo + 0x100), t->g0);
	ck_assert_uint_eq(thread_g_of_sp(&p.snapshot, t, 0x7fff0000), t->g0);
}
END_TEST

START_TEST(bounds_are_known_of_every_stack_but_g0s)
{
	uint64_t g = running(1), lo, hi;
	process_m(&p, 100, g);
	process_read(&p);
	const struct thread *t = &p.snapshot.threads[0];
	ck_assert(snapshot_stack_bounds(&p.snapshot, t, g, &lo, &hi));
	ck_assert_uint_eq(lo, field(g, G_STACK_LO));
	ck_assert(snapshot_stack_bounds(&p.snapshot, t, t->gsignal, &lo, &hi));
	ck_assert_uint_eq(hi, t->gsignal_stack_hi);
	ck_assert(!snapshot_stack_bounds(&p.snapshot, t, t->g0, &lo, &hi));
	ck_assert(!snapshot_stack_bounds(&p.snapshot, t, 0, &lo, &hi));
}
END_TEST

START_TEST(a_locked_goroutine_names_its_thread)
{
	uint64_t g = running(1), m = process_m(&p, 142, 0);
	process_put(&p, g, G_LOCKEDM, m);
	running(2);
	process_read(&p);
	ck_assert_int_eq(goroutine_locked_thread(&p.snapshot, &p.snapshot.goroutines[0]), 42);
	ck_assert_int_eq(goroutine_locked_thread(&p.snapshot, &p.snapshot.goroutines[1]), -1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_thread_and_its_m_are_joined_by_procid,
		where_numbers_differ_they_are_joined_by_the_g_in_tls,
		on_arm64_the_g_is_in_a_register,
		a_thread_unknown_to_go_stays_in_the_list,
		ms_without_a_thread_come_last,
		a_list_of_ms_that_begins_again_ends,
		a_list_of_ms_with_a_circle_at_its_end_ends,
		an_m_that_links_to_itself_ends_the_list,
		an_m_that_is_not_in_the_core_ends_the_list_with_a_caveat,
		where_the_list_breaks_ms_of_goroutines_are_still_found,
		where_the_list_is_lost_registers_name_ms_and_those_behind_them,
		what_a_goroutine_calls_its_m_must_be_one,
		a_whole_list_is_not_cut,
		without_allm_the_threads_of_the_core_remain,
		a_goroutine_that_names_another_m_is_not_said_to_run,
		numbers_of_an_m_keep_their_sign,
		the_number_of_its_p_is_known,
		a_stack_pointer_tells_on_whose_stack_it_is,
		bounds_are_known_of_every_stack_but_g0s,
		a_locked_goroutine_names_its_thread,
	};
	return test_run("threads", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
