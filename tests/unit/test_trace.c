/* Traces: logical frames for a report, bounded. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, work, leaf;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	work = process_func(&p, "main.work", 0x10);
	leaf = process_func(&p, "main.leaf", 8);
}

static void teardown(void)
{
	process_release(&p);
}

static struct make_stack turns(unsigned count)
{
	struct make_stack stack = process_stack(&p, 0x20000, goexit_);
	for (unsigned i = 0; i < count; i++)
		stack_call(&stack, work);
	stack_call(&stack, leaf);
	return stack;
}

static struct trace trace_of(size_t i, bool args)
{
	struct trace trace;
	goroutine_trace(&p.snapshot, &p.snapshot.goroutines[i], args, &p.arena, &trace);
	return trace;
}

START_TEST(a_trace_has_names_places_and_addresses)
{
	struct make_stack stack = turns(1);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct trace t = trace_of(0, false);
	ck_assert_uint_eq(t.count, 3);
	ck_assert_uint_eq(t.total, 3);
	ck_assert_uint_eq(t.elided, 0);
	ck_assert_int_eq(t.end, UNWIND_COMPLETE);
	ck_assert_str_eq(t.frames[0].call->symbol, "main.leaf");
	ck_assert_str_eq(t.frames[0].call->file, "/src/main.go");
	ck_assert_int_eq(t.frames[0].call->line, 12);
	ck_assert_uint_eq(t.frames[0].sp, stack.sp);
	ck_assert_uint_eq(t.frames[0].entry, leaf);
	ck_assert_ptr_null(t.frames[0].arg_words);
}
END_TEST

START_TEST(a_thousand_frames_are_all_kept)
{
	struct make_stack stack = turns(998);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct trace t = trace_of(0, false);
	ck_assert_uint_eq(t.count, 1000);
	ck_assert_uint_eq(t.elided, 0);
}
END_TEST

START_TEST(more_are_cut_to_both_ends)
{
	struct make_stack stack = turns(1234);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct trace t = trace_of(0, false);
	ck_assert_uint_eq(t.total, 1236);
	ck_assert_uint_eq(t.count, 2 * STACK_KEEP_ENDS);
	ck_assert_uint_eq(t.elided, 1236 - 2 * STACK_KEEP_ENDS);
	ck_assert_uint_eq(t.elided_at, STACK_KEEP_ENDS);
	ck_assert_str_eq(t.frames[0].call->symbol, "main.leaf");
	ck_assert_str_eq(t.frames[t.count - 1].call->symbol, "runtime.goexit");
	ck_assert_uint_eq(t.frames[t.count - 1].sp, t.frames[t.count - 2].fp);
	/* Frames of 24 bytes: the cut leaves out whole ones. */
	uint64_t gap = t.frames[STACK_KEEP_ENDS].sp - t.frames[STACK_KEEP_ENDS - 1].fp;
	ck_assert_uint_eq(gap, t.elided * 0x18);
}
END_TEST

START_TEST(a_running_goroutine_is_traced_from_its_threads_registers)
{
	struct make_stack stack = turns(2), stale = stack;
	stale.pc = 0x1234;
	uint64_t g = process_g(&p, 1, G_RUNNING, &stale);
	process_m(&p, 100, g);
	process_thread(&p, 100, stack.pc, stack.sp);
	process_read(&p);
	struct trace t = trace_of(0, false);
	ck_assert_uint_eq(t.count, 4);
	ck_assert_int_eq(t.frames[0].found_by, FOUND_BY_REGISTERS);
	ck_assert(t.frames[0].trap);
}
END_TEST

START_TEST(a_running_goroutine_without_a_thread_has_no_start)
{
	struct make_stack stack = turns(2);
	process_g(&p, 1, G_RUNNING, &stack);
	process_read(&p);
	struct trace t = trace_of(0, false);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_int_eq(t.end, UNWIND_NO_START);
}
END_TEST

START_TEST(a_stack_that_breaks_off_says_where)
{
	struct make_stack stack = turns(1);
	process_put64(&p, stack.sp + 8, 0xdead0000);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct trace t = trace_of(0, false);
	ck_assert_uint_eq(t.count, 1);
	ck_assert_int_eq(t.end, UNWIND_BAD_PC);
	ck_assert_uint_eq(t.bad_addr, 0xdead0000);
}
END_TEST

START_TEST(a_goroutine_that_cannot_be_read_has_no_frames)
{
	p.gs[p.g_count++] = 0xdead0000;
	process_read(&p);
	struct trace t = trace_of(0, true);
	ck_assert_uint_eq(t.count, 0);
	ck_assert_int_eq(t.end, UNWIND_NO_START);
}
END_TEST

START_TEST(argument_words_are_made_where_they_are_asked_for)
{
	struct make_stack stack = turns(1);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	/* No description of arguments: as in assembly, none are shown. */
	ck_assert_str_eq(trace_of(0, true).frames[0].arg_words, "");
}
END_TEST

START_TEST(words_of_a_frame_are_read_where_they_are)
{
	uint64_t addr = process_alloc(&p, 16), word = 0;
	process_put64(&p, addr + 8, 42);
	process_read(&p);
	ck_assert(frame_word(&p.snapshot, addr, 1, &word));
	ck_assert_uint_eq(word, 42);
	ck_assert(!frame_word(&p.snapshot, 0xdead0000, 0, &word));
}
END_TEST

START_TEST(a_stream_goes_over_the_same_frames)
{
	struct make_stack stack = turns(1500);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct unwinder u;
	struct frame f;
	uint64_t count = 0;
	goroutine_unwind(&u, &p.snapshot, &p.snapshot.goroutines[0]);
	while (unwind_next(&u, &f))
		count++;
	ck_assert_uint_eq(count, trace_of(0, false).total);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_trace_has_names_places_and_addresses,
		a_thousand_frames_are_all_kept,
		more_are_cut_to_both_ends,
		a_running_goroutine_is_traced_from_its_threads_registers,
		a_running_goroutine_without_a_thread_has_no_start,
		a_stack_that_breaks_off_says_where,
		a_goroutine_that_cannot_be_read_has_no_frames,
		argument_words_are_made_where_they_are_asked_for,
		words_of_a_frame_are_read_where_they_are,
		a_stream_goes_over_the_same_frames,
	};
	return test_run("trace", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
