/* A fault in a signal handler of C's that Go made a call of sigpanic on the signal stack. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

enum { SIGTRAP_ = 5, SIGABRT_ = 6, SIGSEGV_ = 11, SEGV_MAPERR_ = 1, SI_KERNEL_ = 0x80, SI_TKILL_ = -6 };
enum { THROWING_RUNTIME = 2, C_CODE = PROCESS_TEXT + 0x20 * PROCESS_FUNC_SIZE };

static struct process p;
static uint64_t goexit_, work, sigtramp, sigpanic, morestack, abort_, raise_, newstack, mstart;
static struct make_stack stack;
static uint64_t g, m, signals; /* SIGNALS: a place in the middle of the signal stack */

static uint64_t field(uint64_t addr, enum rt_field f)
{
	return process_get64(&p, addr + p.snapshot.layout.field[f].offset);
}

static void begin(const struct arch *arch)
{
	process_release(&p);
	process_init(&p, 19, arch);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	mstart = process_func_as(&p, "runtime.mstart", 0, FUNC_MSTART, FUNC_FLAG_TOPFRAME);
	work = process_func(&p, "main.work", 0x20);
	newstack = process_func(&p, "runtime.newstack", 0x20);
	raise_ = process_func(&p, "runtime.raise", 8);
	sigtramp = process_func_as(&p, "runtime.sigtramp", 0x60, FUNC_NORMAL, FUNC_FLAG_TOPFRAME);
	sigpanic = process_func_as(&p, "runtime.sigpanic", 0x30, FUNC_SIGPANIC, 0);
	morestack = process_func_as(&p, "runtime.morestack", 0, FUNC_MORESTACK, FUNC_FLAG_SPWRITE);
	abort_ = process_func_as(&p, "runtime.abort", 0, FUNC_ABORT, 0);
	stack = process_stack(&p, 0x1000, goexit_);
	stack_call(&stack, work);
	g = process_g(&p, 1, G_RUNNING, &stack);
	m = process_m(&p, 100, g);
	process_put(&p, m, M_DYING, 1);
	process_put(&p, m, M_THROWING, THROWING_RUNTIME);
	signals = field(field(m, M_GSIGNAL), G_STACK_HI) - 0x1000;
	p.vdso = C_CODE;
}

static void setup(void)
{
	begin(&arch_amd64);
}

static void teardown(void)
{
	process_release(&p);
}

static void record(uint64_t in, uint64_t sigpc)
{
	process_put(&p, in, G_SIG, SIGSEGV_);
	process_put(&p, in, G_SIGCODE0, SEGV_MAPERR_);
	process_put(&p, in, G_SIGCODE1, 0x18);
	process_put(&p, in, G_SIGPC, sigpc);
}

static struct core_thread *died_at(uint64_t pc, uint64_t sp)
{
	struct core_thread *t = process_thread(&p, 100, pc, sp);
	t->signal = SIGABRT_;
	t->has_siginfo = true;
	t->siginfo = (struct core_siginfo){ .signo = SIGABRT_, .code = SI_TKILL_, .sender_pid = 100 };
	return t;
}

/* The handler had interrupted main.work and faulted at SIGPC; sigpanic wanted to grow the stack at
 * SP. */
static void threw(uint64_t sigpc, uint64_t sp)
{
	struct make_stack system = process_stack(&p, 0x1000, mstart);
	stack_call(&system, newstack);
	stack_call(&system, raise_);
	record(g, sigpc);
	process_put(&p, g, G_SCHED_PC, sigpanic + 8);
	process_put(&p, g, G_SCHED_SP, sp);
	died_at(system.pc, system.sp);
}

static const struct death *taken(void)
{
	process_take(&p);
	return &p.snapshot.death;
}

START_TEST(the_record_of_a_goroutine_on_the_signal_stack_tells_the_fault)
{
	threw(C_CODE + 0x20, signals);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_THROW);
	ck_assert(d->in_handler);
	ck_assert_int_eq(d->fault.number, SIGSEGV_);
	ck_assert_uint_eq(d->fault.pc, C_CODE + 0x20);
	ck_assert_uint_eq(d->fault.addr, 0x18);
	ck_assert_uint_eq(d->mixed.count, 1);
	ck_assert(d->mixed.frames[0].call->is_c);
	ck_assert(!d->stopped.present);
}
END_TEST

START_TEST(it_is_so_on_arm64_too)
{
	begin(&arch_arm64);
	threw(C_CODE + 0x20, signals);
	ck_assert(taken()->in_handler);
}
END_TEST

START_TEST(a_goroutine_on_its_own_stack_had_no_fault_in_a_handler)
{
	threw(C_CODE + 0x20, stack.sp);
	ck_assert(!taken()->in_handler);
}
END_TEST

START_TEST(a_record_of_gos_own_fault_is_none_of_a_handler)
{
	threw(work + 0x20, signals);
	ck_assert(!taken()->in_handler);
}
END_TEST

START_TEST(a_signal_that_was_sent_is_no_fault)
{
	threw(C_CODE + 0x20, signals);
	process_put(&p, g, G_SIGCODE0, 0);
	ck_assert(!taken()->in_handler);
}
END_TEST

/* Up to 1.20 sigpanic was called on g0, whose stack morestack does not grow. */
static void stopped(uint64_t sigpc, uint64_t pushed)
{
	uint64_t g0 = field(m, M_G0), words = signals;
	record(g0, sigpc);
	process_put(&p, m, M_CAUGHTSIG, g0);
	process_put64(&p, words, morestack + CALL_OFFSET);
	process_put64(&p, words + 8, sigpanic + CALL_OFFSET);
	process_put64(&p, words + 16, pushed);
	struct make_stack handler = { .p = &p, .pc = sigtramp + 8 };
	handler.sp = process_signal(&p, m, sigtramp, SIGTRAP_, SI_KERNEL_, 0, abort_ + 1, words);
	stack_call(&handler, raise_);
	died_at(handler.pc, handler.sp);
}

START_TEST(the_runtimes_own_abort_hides_the_fault_of_the_handler)
{
	stopped(C_CODE + 0x20, C_CODE + 0x20);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_SIGNAL);
	ck_assert(d->in_handler);
	ck_assert_int_eq(d->fault.number, SIGSEGV_);
	ck_assert_uint_eq(d->fault.pc, C_CODE + 0x20);
	ck_assert_str_eq(d->fault.record, "g0.sig");
	ck_assert_int_eq(d->stopped.number, SIGTRAP_);
	ck_assert_uint_eq(d->mixed.frames[0].sp, signals + 24);
}
END_TEST

START_TEST(an_old_record_of_g0_does_not_explain_an_abort)
{
	stopped(C_CODE + 0x20, C_CODE + 0x40);
	const struct death *d = taken();
	ck_assert(!d->in_handler);
	ck_assert_int_eq(d->fault.number, SIGTRAP_);
}
END_TEST

START_TEST(a_sigpanic_of_gos_own_code_is_none_of_a_handler)
{
	stopped(work + 0x20, work + 0x20);
	ck_assert(!taken()->in_handler);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_record_of_a_goroutine_on_the_signal_stack_tells_the_fault,
		it_is_so_on_arm64_too,
		a_goroutine_on_its_own_stack_had_no_fault_in_a_handler,
		a_record_of_gos_own_fault_is_none_of_a_handler,
		a_signal_that_was_sent_is_no_fault,
		the_runtimes_own_abort_hides_the_fault_of_the_handler,
		an_old_record_of_g0_does_not_explain_an_abort,
		a_sigpanic_of_gos_own_code_is_none_of_a_handler,
	};
	return test_run("handlerfault", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
