/* Where a thread stood, through the signals on its signal stack. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

enum { SIGSEGV_ = 11, SEGV_MAPERR_ = 1 };

static struct process p;
static uint64_t goexit_, work, sigtramp, sighandler, raise_;
static struct make_stack stack;
static uint64_t g, m;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	work = process_func(&p, "main.work", 0x20);
	sigtramp = process_func_as(&p, "runtime.sigtramp", 0x60, FUNC_NORMAL, FUNC_FLAG_TOPFRAME);
	sighandler = process_func(&p, "runtime.sighandler", 0x40);
	raise_ = process_func(&p, "runtime.raise", 0x8);
	stack = process_stack(&p, 0x1000, goexit_);
	stack_call(&stack, work);
	g = process_g(&p, 1, G_RUNNING, &stack);
	m = process_m(&p, 100, g);
}

static void teardown(void)
{
	process_release(&p);
}

/* The thread is in raise, called by the handler of a signal that hit main.work. */
static struct make_stack in_handler(int32_t code, uint64_t addr)
{
	struct make_stack handler = { .p = &p, .pc = sigtramp + 8 };
	handler.sp = process_signal(&p, m, sigtramp, SIGSEGV_, code, addr, stack.pc, stack.sp);
	stack_call(&handler, sighandler);
	stack_call(&handler, raise_);
	return handler;
}

static struct contexts contexts_of(uint64_t pc, uint64_t sp)
{
	struct contexts contexts;
	process_thread(&p, 100, pc, sp);
	process_read(&p);
	thread_contexts(&p.snapshot, &p.snapshot.threads[0], &contexts);
	return contexts;
}

START_TEST(a_thread_without_signal_has_its_registers_alone)
{
	struct contexts c = contexts_of(stack.pc, stack.sp);
	ck_assert_uint_eq(c.count, 1);
	ck_assert_uint_eq(c.items[0].pc, stack.pc);
	ck_assert_uint_eq(c.items[0].g, g);
	ck_assert_uint_eq(c.items[0].ucontext, 0);
	ck_assert_int_eq(c.items[0].signo, 0);
}
END_TEST

START_TEST(a_signal_frame_tells_what_was_interrupted)
{
	struct make_stack handler = in_handler(SEGV_MAPERR_, 0x18);
	struct contexts c = contexts_of(handler.pc, handler.sp);
	ck_assert_uint_eq(c.count, 2);
	ck_assert_uint_eq(c.items[0].g, p.snapshot.threads[0].gsignal);
	ck_assert_uint_eq(c.items[1].pc, stack.pc);
	ck_assert_uint_eq(c.items[1].sp, stack.sp);
	ck_assert_uint_eq(c.items[1].g, g);
	ck_assert_int_eq(c.items[1].signo, SIGSEGV_);
	ck_assert_int_eq(c.items[1].code, SEGV_MAPERR_);
	ck_assert_uint_eq(c.items[1].siginfo_addr, 0x18);
	ck_assert(c.items[1].trap);
	ck_assert(c.items[1].by_sighandler);
	ck_assert(!c.items[1].by_c);
	ck_assert(!c.by_scan);
}
END_TEST

START_TEST(a_sent_signal_names_its_sender)
{
	struct make_stack handler = in_handler(0, (uint64_t)1000 << 32 | 4711);
	struct contexts c = contexts_of(handler.pc, handler.sp);
	ck_assert_int_eq(c.items[1].code, 0);
	ck_assert_int_eq(c.items[1].sender_pid, 4711);
	ck_assert_uint_eq(c.items[1].sender_uid, 1000);
}
END_TEST

START_TEST(where_the_signal_stack_does_not_unwind_it_is_searched)
{
	struct make_stack handler = in_handler(SEGV_MAPERR_, 0x18);
	struct contexts c = contexts_of(0xdead0000, handler.sp);
	ck_assert_uint_eq(c.count, 2);
	ck_assert_uint_eq(c.items[1].pc, stack.pc);
	ck_assert(c.by_scan);
}
END_TEST

START_TEST(a_signal_stack_without_a_frame_yields_no_context)
{
	uint64_t lo = process_alloc(&p, 0x1000);
	uint64_t gsignal = process_get64(&p, m + p.snapshot.layout.field[M_GSIGNAL].offset);
	process_put(&p, gsignal, G_STACK_LO, lo);
	process_put(&p, gsignal, G_STACK_HI, lo + 0x1000);
	struct contexts c = contexts_of(0xdead0000, lo + 0x100);
	ck_assert_uint_eq(c.count, 1);
}
END_TEST

START_TEST(wild_bounds_of_a_signal_stack_are_not_searched_through)
{
	uint64_t gsignal = process_get64(&p, m + p.snapshot.layout.field[M_GSIGNAL].offset);
	process_put(&p, gsignal, G_STACK_LO, 0);
	process_put(&p, gsignal, G_STACK_HI, UINT64_MAX);
	struct contexts c = contexts_of(0xdead0000, 0x7fff0000);
	ck_assert_uint_eq(c.count, 1);
}
END_TEST

START_TEST(a_context_that_points_back_to_the_signal_stack_does_not_loop)
{
	struct make_stack handler = in_handler(SEGV_MAPERR_, 0x18);
	process_signal(&p, m, sigtramp, SIGSEGV_, SEGV_MAPERR_, 0x18, handler.pc, handler.sp);
	struct contexts c = contexts_of(handler.pc, handler.sp);
	ck_assert_uint_le(c.count, CONTEXTS_MAX);
	ck_assert_uint_ge(c.count, 1);
}
END_TEST

static struct make_stack in_handler_at(uint64_t uc, int32_t signo)
{
	uint64_t info = uc + (uint64_t)(int64_t)p.arch->ucontext_siginfo;
	struct make_stack handler = { .p = &p, .pc = sigtramp + 8 };
	/* struct sigcontext keeps rsp and rip as its 16th and 17th word. */
	process_put64(&p, uc + p.arch->ucontext_regs + 15 * 8, stack.sp);
	process_put64(&p, uc + p.arch->ucontext_regs + 16 * 8, stack.pc);
	process_put32(&p, info, (uint32_t)signo);
	process_put32(&p, info + 8, SEGV_MAPERR_);
	process_put64(&p, info + 16, 0x18);
	handler.sp = uc - 0x60 - 8; /* sigtramp's frame and its return address */
	stack_call(&handler, raise_);
	return handler;
}

/* A handler that runs on the stack of what it interrupted, as on a thread that C made. */
static struct make_stack in_handler_on_its_stack(int32_t signo)
{
	return in_handler_at(stack.sp - 0x600, signo);
}

START_TEST(a_handler_on_the_threads_own_stack_tells_what_it_interrupted)
{
	struct make_stack handler = in_handler_on_its_stack(SIGSEGV_);
	struct contexts c = contexts_of(handler.pc, handler.sp);
	ck_assert_uint_eq(c.count, 2);
	ck_assert_uint_eq(c.items[1].pc, stack.pc);
	ck_assert_uint_eq(c.items[1].sp, stack.sp);
	ck_assert_int_eq(c.items[1].signo, SIGSEGV_);
	ck_assert_uint_eq(c.items[1].siginfo_addr, 0x18);
}
END_TEST

START_TEST(a_handler_on_a_stack_of_its_own_tells_what_it_interrupted)
{
	uint64_t other = process_alloc(&p, 0x4000), uc = other + 0x2000;
	process_put64(&p, uc + p.arch->ucontext_stack, other);
	process_put64(&p, uc + p.arch->ucontext_stack + 16, 0x4000);
	struct make_stack handler = in_handler_at(uc, SIGSEGV_);
	struct contexts c = contexts_of(handler.pc, handler.sp);
	ck_assert_uint_eq(c.count, 2);
	ck_assert_uint_eq(c.items[1].sp, stack.sp);
}
END_TEST

/* A handler of C's was hit by what Go's handler judged: what C's was called for is not the end. */
START_TEST(the_signal_that_was_judged_is_the_fatal_one)
{
	struct contexts c = { .count = 4 };
	c.items[1].signo = 6; /* the runtime's own, which sigfwdgo passes on */
	c.items[2] = (struct context){ .signo = SIGSEGV_, .by_sighandler = true };
	c.items[3].by_c = true;
	ck_assert_ptr_eq(contexts_fatal(&c), &c.items[2]);
	c.items[2].by_sighandler = false;
	ck_assert_ptr_eq(contexts_fatal(&c), &c.items[3]);
	c.count = 0;
	ck_assert_ptr_null(contexts_fatal(&c));
}
END_TEST

START_TEST(what_no_signal_wrote_is_no_context)
{
	struct make_stack handler = in_handler_on_its_stack(0);
	struct contexts c = contexts_of(handler.pc, handler.sp);
	ck_assert_uint_eq(c.count, 1);
}
END_TEST

START_TEST(an_m_without_a_thread_stands_nowhere)
{
	struct contexts c;
	process_read(&p);
	thread_contexts(&p.snapshot, &p.snapshot.threads[0], &c);
	ck_assert_uint_eq(c.count, 0);
}
END_TEST

START_TEST(a_threads_trace_goes_through_the_signal)
{
	struct make_stack handler = in_handler(SEGV_MAPERR_, 0x18);
	contexts_of(handler.pc, handler.sp);
	struct trace trace;
	thread_trace(&p.snapshot, &p.snapshot.threads[0], false, &p.arena, &trace);
	ck_assert_uint_eq(trace.count, 5);
	ck_assert_str_eq(trace.frames[0].call->symbol, "runtime.raise");
	ck_assert_str_eq(trace.frames[2].call->symbol, "runtime.sigtramp");
	ck_assert_str_eq(trace.frames[3].call->symbol, "main.work");
	ck_assert_int_eq(trace.frames[3].found_by, FOUND_BY_CONTEXT);
	ck_assert_int_eq(trace.frames[0].found_by, FOUND_BY_REGISTERS);
	ck_assert_uint_eq(trace.total, 5);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_thread_without_signal_has_its_registers_alone,
		a_signal_frame_tells_what_was_interrupted,
		a_sent_signal_names_its_sender,
		a_handler_on_the_threads_own_stack_tells_what_it_interrupted,
		a_handler_on_a_stack_of_its_own_tells_what_it_interrupted,
		the_signal_that_was_judged_is_the_fatal_one,
		what_no_signal_wrote_is_no_context,
		where_the_signal_stack_does_not_unwind_it_is_searched,
		a_signal_stack_without_a_frame_yields_no_context,
		wild_bounds_of_a_signal_stack_are_not_searched_through,
		a_context_that_points_back_to_the_signal_stack_does_not_loop,
		an_m_without_a_thread_stands_nowhere,
		a_threads_trace_goes_through_the_signal,
	};
	return test_run("contexts", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
