/* Deaths in C code: what called address 0, a stack that is used up, an emulator's own core. */
#include "goruntime/death.h"
#include "goruntime/mixed.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

enum { SIGSEGV_ = 11, SEGV_MAPERR_ = 1, THROWING_RUNTIME = 2 };
enum { C_CODE = PROCESS_TEXT + 0x20 * PROCESS_FUNC_SIZE, C_CALLER = C_CODE + 0x20 };

static struct process p;

static void setup(void)
{
	process_init(&p, 19, &arch_amd64);
	p.vdso = C_CODE;
}

static void teardown(void)
{
	process_release(&p);
}

/* --- calls of address 0 -------------------------------------------------------------------------- */

/* What g0 recorded of the fault. */
struct nil_record {
	uint64_t pc, addr;
	int32_t code;
};

/* Go 1.19: sigpanic, on the system stack, seems to be called by the C code behind BEFORE. */
static const struct death *c_went_to(const struct nil_record *record, const char *before)
{
	uint64_t mstart = process_func_as(&p, "runtime.mstart", 0, FUNC_MSTART, FUNC_FLAG_TOPFRAME);
	uint64_t goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	uint64_t sigpanic = process_func_as(&p, "runtime.sigpanic", 0x30, FUNC_SIGPANIC, 0);
	uint64_t throw_ = process_func(&p, "runtime.throw", 0x20);
	uint64_t fatalthrow = process_func(&p, "runtime.fatalthrow", 0x40);
	uint64_t raise_ = process_func(&p, "runtime.raise", 8);
	struct make_stack stack = process_stack(&p, 0x1000, goexit_);
	struct make_stack system = process_stack(&p, 0x1000, mstart);
	stack_call(&stack, process_func(&p, "runtime.cgocall", 0x20));
	system.pc = C_CALLER;
	system.sp -= 0x40;
	stack_call(&system, sigpanic);
	stack_call(&system, throw_);
	stack_call(&system, fatalthrow);
	stack_call(&system, raise_);
	uint64_t g = process_g(&p, 1, G_SYSCALL, &stack), m = process_m(&p, 100, g);
	uint64_t g0 = process_get64(&p, m + p.snapshot.layout.field[M_G0].offset);
	process_put(&p, g, G_SYSCALLSP, stack.sp); /* where it left for C */
	process_put(&p, g, G_SYSCALLPC, stack.pc);
	process_put(&p, m, M_DYING, 1);
	process_put(&p, m, M_THROWING, THROWING_RUNTIME);
	process_put(&p, m, M_INCGO, 1);
	process_put(&p, g0, G_STACK_LO, system.lo);
	process_put(&p, g0, G_STACK_HI, system.hi);
	process_put(&p, g0, G_SIG, SIGSEGV_);
	process_put(&p, g0, G_SIGPC, record->pc);
	process_put(&p, g0, G_SIGCODE0, (uint64_t)record->code);
	process_put(&p, g0, G_SIGCODE1, record->addr);
	process_thread(&p, 100, system.pc, system.sp);
	memcpy(p.text + (C_CALLER - 2 - PROCESS_TEXT), before, 2);
	process_take(&p);
	return &p.snapshot.death;
}

static const char call_rax[] = "\xff\xd0", nops[] = "\x90\x90";

START_TEST(who_called_address_0_is_behind_its_call)
{
	struct nil_record record = { .code = SEGV_MAPERR_ };
	const struct death *d = c_went_to(&record, call_rax);
	ck_assert(d->fault.present);
	ck_assert_str_eq(d->fault.record, "g0.sig");
	ck_assert_uint_eq(d->mixed.frames[0].pc, 0);
	ck_assert(d->mixed.frames[0].call->is_c);
	ck_assert_uint_eq(d->mixed.frames[1].pc, C_CALLER);
	ck_assert(!d->mixed.frames[1].trap);
	ck_assert_uint_eq(d->mixed.frames[1].sp, d->mixed.frames[0].sp + 8);
}
END_TEST

static const struct {
	struct nil_record record;
	const char *before;
} others[] = {
	{ { .code = SEGV_MAPERR_ }, nops },			     /* behind no call */
	{ { .code = SEGV_MAPERR_, .addr = 0x18 }, call_rax },	     /* it accessed another address */
	{ { .code = SEGV_MAPERR_, .pc = C_CODE + 0x80 }, call_rax }, /* of a fault elsewhere */
	{ { .code = 0 }, call_rax },				     /* sent by someone */
};

START_TEST(what_has_not_called_address_0_is_not_told_of)
{
	const struct death *d = c_went_to(&others[_i].record, others[_i].before);
	ck_assert(!d->fault.present);
	ck_assert(d->mixed.count == 0 || d->mixed.frames[0].pc != 0);
}
END_TEST

START_TEST(fault_of_the_c_code_itself_is_no_call)
{
	struct nil_record record = { .code = SEGV_MAPERR_, .pc = C_CALLER };
	const struct death *d = c_went_to(&record, call_rax);
	ck_assert(d->fault.present);
	ck_assert_uint_eq(d->mixed.frames[0].pc, C_CALLER);
	ck_assert(d->mixed.frames[0].trap);
}
END_TEST

/* From 1.21 on a thread of C's that has called Go keeps the M, and a goroutine that stands in
 * nothing. */
START_TEST(goroutine_without_frames_of_its_own_has_lost_none)
{
	uint64_t goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	uint64_t sigtramp = process_func_as(&p, "runtime.sigtramp", 0x60, FUNC_NORMAL, FUNC_FLAG_TOPFRAME);
	uint64_t sp = process_alloc(&p, 0x400);
	struct make_stack stack = process_stack(&p, 0x1000, goexit_);
	uint64_t g = process_g(&p, 1, G_SYSCALL, &stack), m = process_m(&p, 100, g);
	struct make_stack handler = { .p = &p, .pc = sigtramp + 8 };
	handler.sp = process_signal(&p, m, sigtramp, SIGSEGV_, SEGV_MAPERR_, 0, C_CODE + 0x80, sp);
	stack_call(&handler, process_func(&p, "runtime.dieFromSignal", 0x20));
	stack_call(&handler, process_func(&p, "runtime.raise", 8));
	struct core_thread *t = process_thread(&p, 100, handler.pc, handler.sp);
	t->has_siginfo = true;
	t->siginfo = (struct core_siginfo){ .signo = SIGSEGV_, .code = -6, .sender_pid = 100 };
	process_take(&p);
	const struct death *d = &p.snapshot.death;
	ck_assert_uint_eq(d->culprit.count, 1);
	ck_assert_int_eq(d->culprit.frames[0].call->id, FUNC_GOEXIT);
	ck_assert_uint_eq(d->mixed.count, 1);
	ck_assert_uint_eq(d->mixed.frames[0].pc, C_CODE + 0x80);
}
END_TEST

/* --- hand-made stacks of C ------------------------------------------------------------------------ */

enum { STACK_SIZE = 0x40000 };

static struct trace_frame frames[4];
static struct call calls[4];

/* A C function, called by those that follow it. Gives the snapshot, of no death. */
static struct death *prepare(void)
{
	uint64_t end = process_alloc(&p, STACK_SIZE) + STACK_SIZE;
	process_take(&p);
	memset(frames, 0, sizeof(frames));
	for (size_t i = 0; i < 4; i++) {
		calls[i] = (struct call){ .is_c = true, .object = "app" };
		calls[i].function = calls[i].symbol = "recurse";
		frames[i].call = &calls[i];
	}
	frames[0].sp = PROCESS_HEAP + 0x100;
	frames[1].sp = PROCESS_HEAP + 0x10000;
	frames[2].sp = end - 0x100;
	calls[3].is_c = false;
	frames[3].sp = end + 0x10000000; /* Go's */
	struct death *d = &p.snapshot.death;
	d->mixed = (struct trace){ .frames = frames, .count = 4, .total = 4 };
	d->kernel = (struct death_signal){ .present = true, .number = SIGSEGV_, .code = SEGV_MAPERR_,
					   .has_addr = true, .addr = PROCESS_HEAP - 8 };
	return d;
}

/* --- stacks that are used up --------------------------------------------------------------------- */

START_TEST(access_below_the_memory_of_cs_stack_is_told)
{
	struct death *d = prepare();
	death_c_read(&p.snapshot);
	ck_assert_uint_eq(d->c_stack.lo, PROCESS_HEAP);
	ck_assert_uint_eq(d->c_stack.used, frames[2].sp - frames[0].sp);
}
END_TEST

START_TEST(without_an_address_the_stack_pointer_tells_it)
{
	struct death *d = prepare();
	d->kernel.has_addr = false;
	frames[0].sp = PROCESS_HEAP - 0x40;
	death_c_read(&p.snapshot);
	ck_assert_uint_eq(d->c_stack.lo, PROCESS_HEAP);
	frames[0].sp = PROCESS_HEAP + 0x40; /* there was room */
	death_c_read(&p.snapshot);
	ck_assert_uint_eq(d->c_stack.lo, 0);
}
END_TEST

static void at_nil(struct death *d)
{
	d->kernel.addr = 0;
}

static void on_the_stack(struct death *d)
{
	d->kernel.addr = PROCESS_HEAP + 8;
}

static void far_below(struct death *d)
{
	d->kernel.addr = PROCESS_HEAP - (2 << 20);
}

static void with_room(struct death *d)
{
	(void)d;
	frames[0].sp = PROCESS_HEAP + 0x20000;
}

static void sent(struct death *d)
{
	d->kernel.sent = true;
}

static void of_another_kind(struct death *d)
{
	d->kernel.number = 8; /* SIGFPE */
}

static void one_frame(struct death *d)
{
	(void)d;
	calls[1].is_c = false;
}

static void unreadable(struct death *d)
{
	(void)d;
	frames[2].sp = 0x7f0000000000;
}

static void in_go(struct death *d)
{
	(void)d;
	calls[0].is_c = false;
}

static void (*const no_overflows[])(struct death *d) = {
	at_nil, on_the_stack, far_below, with_room, sent, of_another_kind, one_frame, unreadable, in_go,
};

START_TEST(other_faults_have_not_used_up_the_stack)
{
	struct death *d = prepare();
	no_overflows[_i](d);
	death_c_read(&p.snapshot);
	ck_assert_uint_eq(d->c_stack.lo, 0);
}
END_TEST

START_TEST(fault_that_go_recorded_comes_before_the_kernels_signal)
{
	struct death *d = prepare();
	d->fault = d->kernel;
	d->fault.addr = 0;
	death_c_read(&p.snapshot);
	ck_assert_uint_eq(d->c_stack.lo, 0);
}
END_TEST

/* --- emulators ----------------------------------------------------------------------------------- */

static const struct {
	const char *object, *symbol;
	bool is_c, is_emulator;
} programs[] = {
	{ "qemu-aarch64", "cpu_loop", true, true },
	{ "qemu-x86_64-static", "cpu_loop", true, true },
	{ "app", "cpu_loop", true, false },
	{ "qemu-aarch64", "cpu_exec", true, false }, /* QEMU, but who knows what it does */
	{ "libqemu-aarch64.so", "cpu_loop", true, false },
	{ NULL, "cpu_loop", true, false },
	{ "qemu-aarch64", "cpu_loop", false, false }, /* Go's, of such a name */
};

START_TEST(emulator_is_known_by_its_file_and_function)
{
	struct death *d = prepare();
	calls[2] = (struct call){ .object = programs[_i].object, .symbol = programs[_i].symbol,
				  .function = programs[_i].symbol, .is_c = programs[_i].is_c };
	size_t before = p.caveats.count;
	death_c_read(&p.snapshot);
	ck_assert_int_eq(d->emulator != NULL, programs[_i].is_emulator);
	ck_assert_uint_eq(p.caveats.count - before, programs[_i].is_emulator);
	if (programs[_i].is_emulator)
		ck_assert_str_eq(d->emulator, programs[_i].object);
}
END_TEST

START_TEST(emulator_behind_go_is_not_looked_for)
{
	struct death *d = prepare();
	calls[1].is_c = false;
	calls[2].object = "qemu-aarch64";
	calls[2].symbol = "cpu_loop";
	death_c_read(&p.snapshot);
	ck_assert_ptr_null(d->emulator);
}
END_TEST

/* --- ends of a walk ------------------------------------------------------------------------------ */

enum { C_STACK_SIZE = 0x400 };

/* The stack of a foreign thread in C whose frame pointer is FP bytes into its stack, where RETURN
 * lies. */
static void walk(uint64_t fp, uint64_t return_address, struct trace *trace)
{
	uint64_t sp = process_alloc(&p, C_STACK_SIZE);
	process_put64(&p, sp + fp, 0);
	process_put64(&p, sp + fp + 8, return_address);
	struct core_thread *t = process_thread(&p, 100, C_CODE + 0x80, sp);
	registers_put(&t->regs, AMD64_RBP, sp + fp);
	memcpy(p.text + (C_CALLER - 2 - PROCESS_TEXT), call_rax, 2);
	process_take(&p);
	thread_trace(&p.snapshot, &p.snapshot.threads[0], false, &p.arena, trace);
}

START_TEST(c_stack_that_could_not_be_followed_says_so)
{
	struct trace trace;
	walk(0x20, C_CALLER, &trace);
	ck_assert_uint_eq(trace.count, 2);
	ck_assert_uint_eq(trace.frames[1].pc, C_CALLER);
	ck_assert_ptr_nonnull(trace.frames[1].gap); /* followed by its frame pointer */
	ck_assert_int_eq(trace.end, UNWIND_NO_CFI);
	ck_assert_uint_eq(trace.bad_addr, C_CALLER);
}
END_TEST

START_TEST(frame_that_leads_to_no_call_ends_the_stack)
{
	struct trace trace;
	walk(0x20, C_CALLER + 8, &trace);
	ck_assert_uint_eq(trace.count, 1);
	ck_assert_int_eq(trace.end, UNWIND_NO_CFI);
	ck_assert_uint_eq(trace.bad_addr, C_CODE + 0x80);
}
END_TEST

enum around { THREAD_OF_CS, CALLED_BY_GO };

/* Go that C called, which has no unwind tables. FOUND: C's half of the callback is where g0
 * says. */
static void walk_callback(enum around around, bool found, struct trace *trace)
{
	struct unwinder u;
	uint64_t goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	uint64_t cgocall = process_func(&p, "runtime.cgocall", 0x20);
	uint64_t cgocallback = process_func_as(&p, "runtime.cgocallback", 0x28, FUNC_CGOCALLBACK, 0);
	uint64_t crosscall2 = process_func(&p, "crosscall2", 0x48);
	struct make_stack stack = process_stack(&p, 0x1000, goexit_);
	if (around == CALLED_BY_GO)
		stack_call(&stack, cgocall);
	stack_call(&stack, cgocallback);
	uint64_t arguments = process_alloc(&p, C_STACK_SIZE) + 0x300, sp = arguments - 0x200;
	process_put64(&p, stack.sp, 0x1234);
	process_put64(&p, stack.sp + 8, arguments);
	process_put64(&p, sp + 0x28, crosscall2 + CALL_OFFSET);
	process_put64(&p, sp + 0x30, 0x1234);
	process_put64(&p, sp + 0x38, found ? arguments : 0);
	process_put64(&p, sp + 0x30 + 0x48, C_CALLER);
	stack_call(&stack, process_func(&p, "main.callback", 0x20));
	uint64_t g = process_g(&p, 1, G_RUNNING, &stack), m = process_m(&p, 100, g);
	uint64_t g0 = process_get64(&p, m + p.snapshot.layout.field[M_G0].offset);
	process_put(&p, g0, G_SCHED_SP, sp);
	process_thread(&p, 100, stack.pc, stack.sp);
	process_take(&p);
	const struct thread *t = &p.snapshot.threads[0];
	const struct goroutine *callback = &p.snapshot.goroutines[0];
	unwind_at(&u, &p.snapshot, t, g, stack.pc, stack.sp, 0, false, true);
	mixed_goroutine_trace(t, callback, &u, false, &p.arena, trace);
}

static const char *last_symbol(const struct trace *trace)
{
	return trace->frames[trace->count - 1].call->symbol;
}

/* What follows is only there for show: a thread of C's has its own frames there. */
START_TEST(lost_frames_of_a_thread_of_cs_are_its_first)
{
	struct trace trace;
	walk_callback(THREAD_OF_CS, true, &trace);
	ck_assert_int_eq(trace.end, UNWIND_NO_CFI);
	ck_assert_uint_eq(trace.frames[trace.count - 1].pc, C_CALLER);
	ck_assert_ptr_null(trace.frames[trace.count - 1].gap);
}
END_TEST

START_TEST(lost_frames_that_go_called_are_a_gap)
{
	struct trace trace;
	walk_callback(CALLED_BY_GO, true, &trace);
	ck_assert_int_eq(trace.end, UNWIND_COMPLETE);
	ck_assert_str_eq(last_symbol(&trace), "runtime.goexit");
	ck_assert_str_eq(trace.frames[trace.count - 2].call->symbol, "runtime.cgocall");
	ck_assert_ptr_nonnull(trace.frames[trace.count - 2].gap);
}
END_TEST

START_TEST(callback_that_was_not_found_is_a_gap)
{
	struct trace trace;
	walk_callback(THREAD_OF_CS, false, &trace);
	ck_assert_int_eq(trace.end, UNWIND_COMPLETE);
	ck_assert_str_eq(last_symbol(&trace), "runtime.goexit");
	ck_assert_ptr_nonnull(trace.frames[trace.count - 1].gap);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ who_called_address_0_is_behind_its_call, 0 },
		{ what_has_not_called_address_0_is_not_told_of, rows_of(others) },
		{ fault_of_the_c_code_itself_is_no_call, 0 },
		{ goroutine_without_frames_of_its_own_has_lost_none, 0 },
		{ access_below_the_memory_of_cs_stack_is_told, 0 },
		{ without_an_address_the_stack_pointer_tells_it, 0 },
		{ other_faults_have_not_used_up_the_stack, rows_of(no_overflows) },
		{ fault_that_go_recorded_comes_before_the_kernels_signal, 0 },
		{ emulator_is_known_by_its_file_and_function, rows_of(programs) },
		{ emulator_behind_go_is_not_looked_for, 0 },
		{ c_stack_that_could_not_be_followed_says_so, 0 },
		{ frame_that_leads_to_no_call_ends_the_stack, 0 },
		{ lost_frames_of_a_thread_of_cs_are_its_first, 0 },
		{ lost_frames_that_go_called_are_a_gap, 0 },
		{ callback_that_was_not_found_is_a_gap, 0 },
	};
	return run_tests("death_c", tests);
}
