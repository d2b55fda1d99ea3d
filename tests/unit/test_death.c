/* How the process died, from the records that an M and its goroutine carry. */
#include "goruntime/death.h"

#include <stdio.h>

#include "goruntime/gotype.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

enum { SIGILL_ = 4, SIGABRT_ = 6, SIGSEGV_ = 11, SIGQUIT_ = 3, SIGTRAP_ = 5, SEGV_MAPERR_ = 1, SI_USER_ = 0,
       SI_TKILL_ = -6 };
enum { THROWING_USER = 1, THROWING_RUNTIME = 2 };

static struct process p;
static uint64_t goexit_, work, gopanic, throw_, fatal, fatalpanic, fatalthrow, systemstack, raise_,
	sigtramp, sigpanic, mstart, switch_, die, lock2;
static struct make_stack stack; /* of the goroutine that dies */
static uint64_t g, m;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	mstart = process_func_as(&p, "runtime.mstart", 0, FUNC_MSTART, FUNC_FLAG_TOPFRAME);
	work = process_func(&p, "main.work", 0x20);
	gopanic = process_func_as(&p, "runtime.gopanic", 0x100, FUNC_GOPANIC, 0);
	throw_ = process_func(&p, "runtime.throw", 0x20);
	fatal = process_func(&p, "runtime.fatal", 0x20);
	fatalpanic = process_func(&p, "runtime.fatalpanic", 0x40);
	fatalthrow = process_func(&p, "runtime.fatalthrow", 0x40);
	systemstack = process_func_as(&p, "runtime.systemstack", 8, FUNC_SYSTEMSTACK, FUNC_FLAG_SPWRITE);
	switch_ = process_func_as(&p, "runtime.systemstack_switch", 8, FUNC_SYSTEMSTACK_SWITCH, 0);
	raise_ = process_func(&p, "runtime.raise", 8);
	die = process_func(&p, "runtime.dieFromSignal", 0x20);
	lock2 = process_func(&p, "runtime.lock2", 0x20);
	sigtramp = process_func_as(&p, "runtime.sigtramp", 0x60, FUNC_NORMAL, FUNC_FLAG_TOPFRAME);
	sigpanic = process_func_as(&p, "runtime.sigpanic", 0x30, FUNC_SIGPANIC, 0);
	stack = process_stack(&p, 0x1000, goexit_);
	stack_call(&stack, work);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

/* The goroutine runs on an M with thread TID. */
static void on_thread(int32_t tid, int32_t throwing)
{
	g = process_g(&p, 1, G_RUNNING, &stack);
	m = process_m(&p, (uint64_t)tid, g);
	process_put(&p, m, M_DYING, 1);
	process_put(&p, m, M_THROWING, (uint64_t)throwing);
}

/* The thread printed the goroutine's stack from the system stack and raised SIGABRT there. */
static void raised_on_system_stack(int32_t tid)
{
	struct make_stack system = process_stack(&p, 0x1000, mstart);
	stack_call(&system, systemstack);
	stack_call(&system, die);
	stack_call(&system, raise_);
	struct core_thread *t = process_thread(&p, tid, system.pc, system.sp);
	t->signal = SIGABRT_;
	t->has_siginfo = true;
	t->siginfo = (struct core_siginfo){ .signo = SIGABRT_, .code = SI_TKILL_, .sender_pid = 100 };
}

static const struct death *taken(void)
{
	process_take(&p);
	return &p.snapshot.death;
}

/* main.work panicked with VALUE; the record lies in gopanic's frame. Where the panic was in turn
 * raised in a signal's name, RAISER is sigpanic. */
static uint64_t panics(const char *value, uint64_t raiser)
{
	if (raiser != 0)
		stack_call(&stack, raiser);
	stack_call(&stack, gopanic);
	uint64_t data = process_alloc(&p, 16), string = process_type(&p, KIND_STRING, "string", 16);
	process_put_string(&p, data, value);
	return process_panic(&p, stack.sp + 0x10, 0, string, data);
}

static void panicked(const char *value, uint64_t raiser)
{
	uint64_t record = panics(value, raiser);
	stack_call(&stack, fatalpanic);
	stack_call(&stack, switch_);
	on_thread(100, 0);
	process_put(&p, g, G_PANIC, record);
	raised_on_system_stack(100);
}

START_TEST(an_unrecovered_panic_is_one_of_a_goroutine)
{
	panicked("boom", 0);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_PANIC);
	ck_assert_uint_eq(d->goroutine, 0);
	ck_assert_uint_eq(d->thread, 0);
	ck_assert_uint_eq(d->panics.count, 1);
	ck_assert_str_eq(d->panics.items[0].text, "boom");
	ck_assert_uint_eq(d->second_thread, NO_INDEX);
	ck_assert(!d->bystander);
	ck_assert(!d->fault.present);
	ck_assert(d->kernel.present);
	ck_assert(d->kernel.by_runtime);
}
END_TEST

START_TEST(its_stack_begins_where_the_runtime_began_to_print)
{
	panicked("boom", 0);
	const struct death *d = taken();
	ck_assert_str_eq(d->culprit.frames[0].call->symbol, "runtime.gopanic");
	ck_assert_str_eq(d->culprit.frames[d->cause_frame].call->symbol, "main.work");
	ck_assert_uint_eq(d->culprit.count, 3);
}
END_TEST

START_TEST(where_the_system_stack_is_missing_the_panic_tells_where_it_began)
{
	uint64_t record = panics("boom", 0);
	struct make_stack raised = stack; /* at gopanic */
	stack_call(&stack, fatalpanic);
	on_thread(100, 0);
	process_put(&p, g, G_SCHED_SP, 0);
	process_put(&p, g, G_PANIC, record);
	process_put(&p, record, PANIC_STARTPC, raised.pc);
	process_put(&p, record, PANIC_STARTSP, raised.sp);
	process_thread(&p, 100, 0xdead0000, 0xdead0000);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_PANIC);
	ck_assert_str_eq(d->culprit.frames[0].call->symbol, "runtime.gopanic");
	ck_assert_str_eq(d->culprit.frames[d->cause_frame].call->symbol, "main.work");
}
END_TEST

static void put_fault_record(uint64_t sigpc)
{
	process_put(&p, g, G_SIG, SIGSEGV_);
	process_put(&p, g, G_SIGCODE0, SEGV_MAPERR_);
	process_put(&p, g, G_SIGCODE1, 0x18);
	process_put(&p, g, G_SIGPC, sigpc);
}

START_TEST(a_fault_that_became_a_panic_is_in_gs_record)
{
	uint64_t pc = stack.pc;
	panicked("runtime error: invalid memory address or nil pointer dereference", sigpanic);
	put_fault_record(pc);
	const struct death *d = taken();
	ck_assert(d->fault.present);
	ck_assert_int_eq(d->fault.number, SIGSEGV_);
	ck_assert_uint_eq(d->fault.addr, 0x18);
	ck_assert(d->fault.has_addr);
	ck_assert_uint_eq(d->fault.pc, pc);
	ck_assert_str_eq(d->fault.record, "g.sig");
	ck_assert(!d->fault.sent);
}
END_TEST

/* g.sig stays as it was when an earlier fault was recovered from. */
START_TEST(a_record_of_a_fault_survived_is_no_evidence)
{
	panicked("boom", 0);
	put_fault_record(work + 0x30);
	ck_assert(!taken()->fault.present);
}
END_TEST

START_TEST(a_record_that_names_another_pc_is_no_evidence)
{
	panicked("again", sigpanic);
	put_fault_record(work + 0x77);
	ck_assert(!taken()->fault.present);
}
END_TEST

static void printed(const char *text)
{
	uint64_t ring = process_global(&p, RT_PRINTBACKLOG, 512);
	uint64_t index = process_global(&p, RT_PRINTBACKLOGINDEX, 8);
	process_put_bytes(&p, ring, text, strlen(text));
	process_put64(&p, index, strlen(text));
}

static void threw(uint64_t func, int32_t throwing)
{
	stack_call(&stack, func);
	stack_call(&stack, fatalthrow);
	stack_call(&stack, switch_);
	on_thread(100, throwing);
	raised_on_system_stack(100);
}

enum { NOWHERE = 0x6c6c6548 };

/* main.work went to NOWHERE, of which the runtime printed ADDR; CALLER is what sigpanic returns
 * to. */
static void jumped(uint64_t caller, const char *addr)
{
	stack.pc = caller;
	stack_call(&stack, sigpanic);
	threw(throw_, THROWING_RUNTIME);
	process_put(&p, g, G_SIG, SIGSEGV_);
	process_put(&p, g, G_SIGCODE0, SEGV_MAPERR_);
	process_put(&p, g, G_SIGCODE1, NOWHERE);
	process_put(&p, g, G_SIGPC, NOWHERE);
	char text[128];
	snprintf(text, sizeof(text), "unexpected fault address %s\nfatal error: fault\n", addr);
	printed(text);
}

START_TEST(a_jump_to_no_code_is_in_gs_record)
{
	jumped(stack.pc, "0x6c6c6548"); /* by a call: the caller is on the stack */
	const struct death *d = taken();
	ck_assert(d->fault.present);
	ck_assert_uint_eq(d->fault.pc, NOWHERE);
	begin(27);
	jumped(NOWHERE, "0x6c6c6548"); /* by a return */
	ck_assert(taken()->fault.present);
}
END_TEST

START_TEST(a_record_of_another_jump_is_no_evidence)
{
	jumped(stack.pc, "0x6c6c6550");
	ck_assert(!taken()->fault.present);
}
END_TEST

START_TEST(throw_is_told_from_fatal)
{
	threw(throw_, THROWING_RUNTIME);
	printed("fatal error: sweep increased allocation count\n");
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_THROW);
	ck_assert_str_eq(d->fatal_text, "sweep increased allocation count");
	ck_assert(!d->fatal_text_guessed);
	ck_assert_str_eq(d->culprit.frames[0].call->symbol, "runtime.throw");
	begin(27);
	threw(fatal, THROWING_USER);
	printed("fatal error: concurrent map writes\n");
	d = taken();
	ck_assert_int_eq(d->way, DEATH_FATAL);
	ck_assert_str_eq(d->fatal_text, "concurrent map writes");
}
END_TEST

START_TEST(of_several_texts_the_last_one_counts)
{
	threw(throw_, THROWING_RUNTIME);
	printed("fatal error: a joke by the program\nsomething\nfatal error: all too true\n");
	ck_assert_str_eq(taken()->fatal_text, "all too true");
}
END_TEST

START_TEST(a_text_that_went_around_the_ring_is_put_together)
{
	threw(throw_, THROWING_RUNTIME);
	uint64_t ring = process_global(&p, RT_PRINTBACKLOG, 512);
	uint64_t index = process_global(&p, RT_PRINTBACKLOGINDEX, 8);
	char bytes[513];
	memset(bytes, '.', 512);
	memcpy(bytes + 507, "fatal", 5);
	memcpy(bytes, " error: split\n", 14);
	bytes[14] = '\n';
	process_put_bytes(&p, ring, bytes, 512);
	process_put64(&p, index, 14);
	ck_assert_str_eq(taken()->fatal_text, "split");
}
END_TEST

START_TEST(lines_of_the_runtime_before_it_belong_to_it)
{
	threw(throw_, THROWING_RUNTIME);
	printed("hello\nruntime: goroutine stack exceeds 1000000000-byte limit\n"
		"runtime: sp=0xc0 stack=[0xc0, 0xe0]\nfatal error: stack overflow\n");
	ck_assert_str_eq(taken()->fatal_preamble,
			 "runtime: goroutine stack exceeds 1000000000-byte limit\n"
			 "runtime: sp=0xc0 stack=[0xc0, 0xe0]");
}
END_TEST

START_TEST(lines_of_the_program_before_it_do_not_belong_to_it)
{
	threw(throw_, THROWING_RUNTIME);
	printed("runtime: out of memory: cannot allocate 99-byte block (1 in use)\n"
		"runtime: program exceeds 20-thread limit\nfatal error: thread exhaustion\n");
	ck_assert_str_eq(taken()->fatal_preamble, "runtime: program exceeds 20-thread limit");
	begin(27);
	threw(throw_, THROWING_RUNTIME);
	printed("runtime: out of memory: cannot allocate 99-byte block (1 in use)\n"
		"fatal error: out of memory allocating heap arena metadata\n");
	ck_assert_ptr_null(taken()->fatal_preamble);
}
END_TEST

START_TEST(without_the_backlog_the_argument_of_throw_is_a_guess)
{
	uint64_t text = process_alloc(&p, 64);
	process_put_bytes(&p, text, "unlock of unlocked lock", 23);
	stack_call(&stack, throw_);
	uint64_t argp = stack.sp + 0x20 + 8;
	process_put64(&p, argp, text);
	process_put64(&p, argp + 8, 23);
	stack_call(&stack, fatalthrow);
	stack_call(&stack, switch_);
	on_thread(100, THROWING_RUNTIME);
	raised_on_system_stack(100);
	const struct death *d = taken();
	ck_assert_str_eq(d->fatal_text, "unlock of unlocked lock");
	ck_assert(d->fatal_text_guessed);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(without_either_the_text_is_missing_and_told)
{
	threw(throw_, THROWING_RUNTIME);
	const struct death *d = taken();
	/* The argument words are zero. */
	ck_assert_ptr_null(d->fatal_text);
	ck_assert(p.caveats.weakened);
}
END_TEST

/* A signal hit main.work; the handler runs on the signal stack. */
static void hit_by(int32_t signo, int32_t code, uint64_t addr)
{
	on_thread(100, THROWING_RUNTIME);
	process_put(&p, m, M_CAUGHTSIG, g);
	struct make_stack handler = { .p = &p, .pc = sigtramp + 8 };
	handler.sp = process_signal(&p, m, sigtramp, signo, code, addr, stack.pc, stack.sp);
	stack_call(&handler, die);
	stack_call(&handler, raise_);
	struct core_thread *t = process_thread(&p, 100, handler.pc, handler.sp);
	t->has_siginfo = true;
	t->siginfo = (struct core_siginfo){ .signo = signo, .code = SI_TKILL_, .sender_pid = 100 };
}

START_TEST(a_fatal_signal_is_read_from_the_context_it_interrupted)
{
	hit_by(SIGSEGV_, SEGV_MAPERR_, 0x18);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_SIGNAL);
	ck_assert_uint_eq(d->goroutine, 0);
	ck_assert(d->fault.present);
	ck_assert_str_eq(d->fault.record, "signal context");
	ck_assert_uint_eq(d->fault.pc, stack.pc);
	ck_assert_uint_eq(d->fault.addr, 0x18);
	ck_assert(d->fault.has_regs);
	ck_assert_str_eq(d->culprit.frames[0].call->symbol, "main.work");
	ck_assert(d->culprit.frames[0].trap);
	ck_assert(!d->fault.off_code);
	ck_assert(!d->bystander);
}
END_TEST

START_TEST(control_in_the_middle_of_an_instruction_is_seen)
{
	static const uint8_t mov[] = { 0x48, 0x89, 0xe5 }; /* mov rbp, rsp */
	process_put_bytes(&p, stack.pc, mov, sizeof(mov));
	stack.pc += 1;
	hit_by(SIGSEGV_, SEGV_MAPERR_, 0x18);
	ck_assert(taken()->fault.inside_insn);
	teardown();
	setup();
	process_put_bytes(&p, stack.pc, mov, sizeof(mov));
	stack.pc += sizeof(mov);
	hit_by(SIGSEGV_, SEGV_MAPERR_, 0x18);
	ck_assert(!taken()->fault.inside_insn);
}
END_TEST

/* On the system stack, while PRINTER had the traceback printed. */
static const struct death *faulted_again(uint64_t printer)
{
	stack_call(&stack, throw_);
	stack_call(&stack, switch_);
	struct make_stack system = process_stack(&p, 0x1000, mstart);
	stack_call(&system, systemstack);
	stack_call(&system, printer);
	stack_call(&system, work);
	on_thread(100, THROWING_RUNTIME);
	uint64_t g0 = process_get64(&p, m + p.snapshot.layout.field[M_G0].offset);
	process_put(&p, m, M_CAUGHTSIG, g0);
	process_put(&p, g0, G_STACK_LO, system.lo);
	process_put(&p, g0, G_STACK_HI, system.hi);
	struct make_stack handler = { .p = &p, .pc = sigtramp + 8 };
	handler.sp = process_signal(&p, m, sigtramp, SIGSEGV_, SEGV_MAPERR_, 0x4141, system.pc,
				    system.sp);
	stack_call(&handler, die);
	stack_call(&handler, raise_);
	process_thread(&p, 100, handler.pc, handler.sp);
	return taken();
}

START_TEST(what_the_runtime_was_printing_is_how_it_died)
{
	const struct death *d = faulted_again(fatalthrow);
	ck_assert_int_eq(d->way, DEATH_THROW);
	ck_assert_uint_eq(d->goroutine, 0);
	teardown();
	setup();
	d = faulted_again(fatalpanic);
	ck_assert_int_eq(d->way, DEATH_PANIC);
	teardown();
	setup();
	d = faulted_again(lock2);
	ck_assert_int_eq(d->way, DEATH_SIGNAL);
}
END_TEST

/* Up to 1.20 sigpanic is called on the system stack too: at PC of lock2, by what g0 recorded. */
static const struct death *threw_on_system_stack(uint64_t recorded)
{
	struct make_stack system = process_stack(&p, 0x1000, mstart);
	stack_call(&system, systemstack);
	stack_call(&system, lock2);
	uint64_t hit = system.pc;
	stack_call(&system, sigpanic);
	stack_call(&system, throw_);
	stack_call(&system, fatalthrow);
	stack_call(&system, raise_);
	stack_call(&stack, switch_);
	on_thread(100, THROWING_RUNTIME);
	uint64_t g0 = process_get64(&p, m + p.snapshot.layout.field[M_G0].offset);
	process_put(&p, g0, G_STACK_LO, system.lo);
	process_put(&p, g0, G_STACK_HI, system.hi);
	process_put(&p, g0, G_SIG, SIGSEGV_);
	process_put(&p, g0, G_SIGPC, hit + recorded);
	process_put(&p, g0, G_SIGCODE0, SEGV_MAPERR_);
	process_put(&p, g0, G_SIGCODE1, 0x4141);
	process_thread(&p, 100, system.pc, system.sp);
	return taken();
}

START_TEST(fault_on_the_system_stack_is_read_from_its_record)
{
	const struct death *d = threw_on_system_stack(0);
	ck_assert_int_eq(d->way, DEATH_THROW);
	ck_assert(d->fault.present);
	ck_assert_str_eq(d->fault.record, "g0.sig");
	ck_assert_uint_eq(d->fault.addr, 0x4141);
	teardown();
	setup();
	ck_assert(!threw_on_system_stack(8)->fault.present); /* of an earlier one */
}
END_TEST

/* Control is in memory that is no code. What the goroutine saved before is of an earlier moment. */
static void hit_off_code(uint64_t top)
{
	static const uint8_t call[] = { 0xff, 0xd0 }; /* call rax */
	process_put_bytes(&p, stack.pc - sizeof(call), call, sizeof(call));
	stack.sp -= 8;
	process_put64(&p, stack.sp, top);
	stack.pc = process_alloc(&p, 64);
	hit_by(SIGILL_, 2, stack.pc);
}

START_TEST(code_of_no_file_was_called_by_what_is_on_top_of_the_stack)
{
	hit_off_code(stack.pc);
	const struct death *d = taken();
	ck_assert(d->fault.off_code);
	ck_assert_str_eq(d->culprit.frames[0].call->symbol, "main.work");
	ck_assert(!d->culprit.frames[0].trap);
}
END_TEST

START_TEST(code_of_no_file_that_has_pushed_a_word_has_no_stack)
{
	hit_off_code(stack.pc + 1); /* behind no call */
	const struct death *d = taken();
	ck_assert(d->fault.off_code);
	ck_assert_uint_eq(d->culprit.count, 0);
}
END_TEST

START_TEST(who_runs_when_a_signal_is_sent_is_a_bystander)
{
	hit_by(SIGQUIT_, SI_USER_, (uint64_t)1000 << 32 | 4711);
	const struct death *d = taken();
	ck_assert(d->bystander);
	ck_assert(d->fault.sent);
	ck_assert_int_eq(d->fault.sender_pid, 4711);
	ck_assert(!d->fault.has_addr);
}
END_TEST

START_TEST(a_signal_by_the_process_itself_is_marked)
{
	hit_by(SIGSEGV_, SI_USER_, 4711);
	process_read(&p);
	ck_assert(!p.snapshot.death.fault.by_itself);
	p.core.pid = 4711;
	death_read(&p.snapshot);
	ck_assert(p.snapshot.death.fault.by_itself);
}
END_TEST

START_TEST(a_stale_record_does_not_speak_for_a_signal)
{
	hit_by(SIGQUIT_, SI_USER_, 4711);
	put_fault_record(stack.pc);
	ck_assert_int_eq(taken()->fault.number, SIGQUIT_);
}
END_TEST

START_TEST(a_signal_that_hit_the_system_stack_has_no_culprit)
{
	hit_by(SIGSEGV_, SEGV_MAPERR_, 0x18);
	process_put(&p, m, M_CAUGHTSIG,
		    process_get64(&p, m + p.snapshot.layout.field[M_G0].offset));
	const struct death *d = taken();
	ck_assert_uint_eq(d->goroutine, NO_INDEX);
	ck_assert(d->on_system_stack);
	ck_assert_uint_eq(d->culprit.count, 0);
}
END_TEST

START_TEST(a_throw_on_the_system_stack_is_told)
{
	stack_call(&stack, switch_);
	on_thread(100, THROWING_RUNTIME);
	struct make_stack system = process_stack(&p, 0x1000, mstart);
	stack_call(&system, systemstack);
	stack_call(&system, throw_);
	stack_call(&system, fatalthrow);
	stack_call(&system, raise_);
	process_thread(&p, 100, system.pc, system.sp);
	printed("fatal error: bad sweepgen in refill\n");
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_THROW);
	ck_assert(d->on_system_stack);
	ck_assert_str_eq(d->system.frames[0].call->symbol, "runtime.throw");
	ck_assert_str_eq(d->culprit.frames[d->cause_frame].call->symbol, "main.work");
}
END_TEST

/* Two Ms died at once: the one that did not raise the end printed first and sleeps. */
START_TEST(of_two_dying_ms_the_one_that_printed_first_counts)
{
	uint64_t record = panics("late", 0);
	stack_call(&stack, fatalpanic);
	stack_call(&stack, switch_);
	on_thread(100, 0);
	process_put(&p, g, G_PANIC, record);
	raised_on_system_stack(100);
	struct make_stack other = process_stack(&p, 0x1000, goexit_), system;
	stack_call(&other, work);
	stack = other;
	record = panics("first", 0);
	stack_call(&stack, fatalpanic);
	stack_call(&stack, switch_);
	uint64_t g2 = process_g(&p, 2, G_RUNNING, &stack), m2 = process_m(&p, 101, g2);
	process_put(&p, g2, G_PANIC, record);
	process_put(&p, m2, M_DYING, 1);
	system = process_stack(&p, 0x1000, mstart);
	stack_call(&system, systemstack);
	stack_call(&system, lock2);
	process_thread(&p, 101, system.pc, system.sp);
	const struct death *d = taken();
	ck_assert_uint_eq(d->goroutine, 1);
	ck_assert_str_eq(d->panics.items[0].text, "first");
	ck_assert_uint_eq(d->second_thread, 0);
	ck_assert_uint_eq(d->second_goroutine, 0);
}
END_TEST

START_TEST(where_no_m_is_dying_there_is_no_death)
{
	g = process_g(&p, 1, G_RUNNING, &stack);
	m = process_m(&p, 100, g);
	process_thread(&p, 100, stack.pc, stack.sp);
	put_fault_record(stack.pc);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_NONE);
	ck_assert(!d->fault.present);
	ck_assert_uint_eq(d->goroutine, 0);
}
END_TEST

START_TEST(a_kernel_signal_alone_is_kept_with_its_address)
{
	g = process_g(&p, 1, G_RUNNING, &stack);
	m = process_m(&p, 100, g);
	struct core_thread *t = process_thread(&p, 100, stack.pc, stack.sp);
	t->has_siginfo = true;
	t->siginfo = (struct core_siginfo){ .signo = SIGSEGV_, .code = SEGV_MAPERR_, .addr = 0x28 };
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_NONE);
	ck_assert(d->kernel.present);
	ck_assert_uint_eq(d->kernel.addr, 0x28);
	ck_assert_uint_eq(d->kernel.pc, stack.pc);
	ck_assert(!d->kernel.by_runtime);
}
END_TEST

START_TEST(a_stop_by_a_debugger_is_no_signal_of_the_programs)
{
	g = process_g(&p, 1, G_RUNNING, &stack);
	m = process_m(&p, 100, g);
	process_thread(&p, 100, stack.pc, stack.sp)->signal = SIGTRAP_;
	p.writer = CORE_BY_GCORE;
	ck_assert(!taken()->kernel.present);
}
END_TEST

START_TEST(without_threads_nothing_is_claimed)
{
	process_g(&p, 1, G_WAITING, &stack);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_NONE);
	ck_assert_uint_eq(d->thread, NO_INDEX);
	ck_assert(!d->kernel.present);
}
END_TEST

/* The thread raised SIGABRT in the runtime's raise, but its M is not in the core. */
static void raised_without_m(void)
{
	process_g(&p, 1, G_WAITING, &stack);
	p.snapshot.globals.item[RT_ALLM].origin = GLOBAL_ABSENT;
	raised_on_system_stack(100);
}

START_TEST(without_its_m_a_raise_by_the_runtime_is_still_told)
{
	raised_without_m();
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_NONE);
	ck_assert(d->kernel.by_runtime);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(without_its_m_the_last_fatal_error_printed_is_a_guess)
{
	raised_without_m();
	printed("fatal error: concurrent map writes\n");
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_THROW);
	ck_assert_str_eq(d->fatal_text, "concurrent map writes");
	ck_assert(d->fatal_text_guessed);
	ck_assert_uint_eq(d->goroutine, NO_INDEX);
}
END_TEST

/* The goroutine panicked and raised SIGABRT on its own stack; the handler on the signal stack
 * raised it again. The M and allm are lost: the register names the goroutine, the signal frame its
 * stacks. */
static void panicked_without_m(uint64_t printer)
{
	uint64_t record = panics("boom", 0);
	if (printer != 0)
		stack_call(&stack, printer);
	stack_call(&stack, raise_);
	on_thread(100, 0);
	process_put(&p, g, G_PANIC, record);
	struct make_stack handler = { .p = &p, .pc = sigtramp + 8 };
	handler.sp = process_signal(&p, m, sigtramp, SIGABRT_, SI_TKILL_, 0, stack.pc, stack.sp);
	stack_call(&handler, raise_);
	struct core_thread *t = process_thread(&p, 100, handler.pc, handler.sp);
	registers_put(&t->regs, p.arch->g, g);
	t->has_siginfo = true;
	t->siginfo = (struct core_siginfo){ .signo = SIGABRT_, .code = SI_TKILL_, .sender_pid = 100 };
	process_put(&p, g, G_M, 0xdead0000);
	p.snapshot.globals.item[RT_ALLM].origin = GLOBAL_ABSENT;
}

START_TEST(without_its_m_a_panic_follows_from_the_stack)
{
	panicked_without_m(fatalpanic);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_PANIC);
	ck_assert_uint_eq(d->goroutine, 0);
	ck_assert_str_eq(d->panics.items[0].text, "boom");
	ck_assert_str_eq(d->culprit.frames[0].call->symbol, "runtime.gopanic");
	ck_assert(p.snapshot.threads[0].unreadable);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(without_its_m_a_panic_that_was_not_fatal_is_no_death)
{
	panicked_without_m(0);
	const struct death *d = taken();
	ck_assert_int_eq(d->way, DEATH_NONE);
	ck_assert_uint_eq(p.snapshot.threads[0].m, 0);
}
END_TEST

START_TEST(a_raise_by_other_code_is_not_the_runtimes)
{
	uint64_t kill_ = process_func(&p, "syscall.kill", 8);
	process_g(&p, 1, G_WAITING, &stack);
	p.snapshot.globals.item[RT_ALLM].origin = GLOBAL_ABSENT;
	raised_on_system_stack(100);
	registers_put(&p.threads[0].regs, p.arch->pc, kill_ + 8);
	ck_assert(!taken()->kernel.by_runtime);
}
END_TEST

/* The value was replaced by its text before the process died; gopanic's words have the type. */
START_TEST(a_panic_knows_the_type_it_was_raised_with)
{
	static const char *const fault[] = { "Error", "RuntimeError", NULL };
	uint64_t original = process_type_with(&p, KIND_STRUCT, "runtime.boundsError", fault);
	panicked("runtime error: index out of range [5] with length 3", 0);
	/* gopanic's arguments lie above its frame: record at sp + 0x10, frame of 0x100 bytes. */
	uint64_t record = process_get64(&p, g + p.snapshot.layout.field[G_PANIC].offset);
	process_put64(&p, record - 0x10 + 0x100 + 8, original);
	const struct death *d = taken();
	ck_assert_str_eq(d->panics.items[0].type, "runtime.boundsError");
	ck_assert(d->panics.items[0].is_runtime_error);
	ck_assert_str_eq(d->panics.items[0].record_type, "string");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_unrecovered_panic_is_one_of_a_goroutine,
		its_stack_begins_where_the_runtime_began_to_print,
		where_the_system_stack_is_missing_the_panic_tells_where_it_began,
		a_fault_that_became_a_panic_is_in_gs_record,
		a_record_of_a_fault_survived_is_no_evidence,
		a_record_that_names_another_pc_is_no_evidence,
		a_jump_to_no_code_is_in_gs_record,
		a_record_of_another_jump_is_no_evidence,
		throw_is_told_from_fatal,
		of_several_texts_the_last_one_counts,
		a_text_that_went_around_the_ring_is_put_together,
		lines_of_the_runtime_before_it_belong_to_it,
		lines_of_the_program_before_it_do_not_belong_to_it,
		without_the_backlog_the_argument_of_throw_is_a_guess,
		without_either_the_text_is_missing_and_told,
		a_fatal_signal_is_read_from_the_context_it_interrupted,
		control_in_the_middle_of_an_instruction_is_seen,
		what_the_runtime_was_printing_is_how_it_died,
		fault_on_the_system_stack_is_read_from_its_record,
		a_signal_by_the_process_itself_is_marked,
		code_of_no_file_was_called_by_what_is_on_top_of_the_stack,
		code_of_no_file_that_has_pushed_a_word_has_no_stack,
		who_runs_when_a_signal_is_sent_is_a_bystander,
		a_stale_record_does_not_speak_for_a_signal,
		a_signal_that_hit_the_system_stack_has_no_culprit,
		a_throw_on_the_system_stack_is_told,
		of_two_dying_ms_the_one_that_printed_first_counts,
		where_no_m_is_dying_there_is_no_death,
		a_kernel_signal_alone_is_kept_with_its_address,
		a_stop_by_a_debugger_is_no_signal_of_the_programs,
		without_threads_nothing_is_claimed,
		without_its_m_a_raise_by_the_runtime_is_still_told,
		without_its_m_the_last_fatal_error_printed_is_a_guess,
		without_its_m_a_panic_follows_from_the_stack,
		without_its_m_a_panic_that_was_not_fatal_is_no_death,
		a_raise_by_other_code_is_not_the_runtimes,
		a_panic_knows_the_type_it_was_raised_with,
	};
	return test_run("death", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
