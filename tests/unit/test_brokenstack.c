/* Overwritten return addresses. */
#include "goruntime/brokenstack.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_stack stack;
static struct broken_stack broken;
static uint64_t main_main, smashed, callee;

static void begin(const struct arch *arch)
{
	process_init(&p, 27, arch);
	main_main = process_func(&p, "main.main", 0x20);
	smashed = process_func(&p, "main.smashed", 0x30);
	callee = process_func(&p, "main.callee", 0x10);
	stack = process_stack(&p, 0x400, main_main);
	stack_call(&stack, smashed);
}

static void setup(void)
{
	begin(&arch_amd64);
}

static void teardown(void)
{
	process_release(&p);
}

static size_t run(void)
{
	process_read(&p);
	return snapshot_broken_stacks(&p.snapshot, &p.arena, &broken, 1);
}

START_TEST(a_sound_stack_is_none)
{
	stack_call(&stack, callee);
	process_g(&p, 5, G_WAITING, &stack);
	ck_assert_uint_eq(run(), 0);
}
END_TEST

START_TEST(the_function_that_would_return_is_named)
{
	uint64_t slot = stack.sp + 0x30; /* above its locals */
	process_put64(&p, slot, 0x4141414141414141);
	stack_call(&stack, callee);
	process_g(&p, 5, G_WAITING, &stack);
	ck_assert_uint_eq(run(), 1);
	ck_assert_uint_eq(broken.slot, slot);
	ck_assert_uint_eq(broken.value, 0x4141414141414141);
	ck_assert_str_eq(broken.call->function, "main.smashed");
	ck_assert_uint_eq(broken.trace.count, 2);
	ck_assert_ptr_nonnull(strstr(broken.words, "[0x4141414141414141]"));
	p.snapshot.redacted = true;
	ck_assert_uint_eq(snapshot_broken_stacks(&p.snapshot, &p.arena, &broken, 1), 1);
	ck_assert_ptr_null(broken.words);
}
END_TEST

START_TEST(a_word_has_its_frame)
{
	uint64_t word = stack.sp + 8;
	stack_call(&stack, callee);
	process_g(&p, 5, G_WAITING, &stack);
	process_read(&p);
	ck_assert_str_eq(stack_word_place(&p.snapshot, word, &p.arena),
			 "the frame of main.smashed, goroutine 5");
	ck_assert_str_eq(stack_word_place(&p.snapshot, stack.lo, &p.arena),
			 "no frame of the stack of goroutine 5");
	ck_assert_ptr_null(stack_word_place(&p.snapshot, stack.hi, &p.arena));
}
END_TEST

/* main.smashed died of a fault at its instruction, behind which VALUE lies on top of the stack. */
static void faulted(uint64_t value, bool at_return)
{
	stack.sp += 0x30; /* its locals are gone */
	process_put64(&p, stack.sp, value);
	process_g(&p, 5, G_WAITING, &stack);
	process_put8(&p, smashed + 0x20, at_return ? 0xc3 : 0x90); /* ret or nop */
	process_read(&p);
	struct death *d = &p.snapshot.death;
	struct trace_frame *f = arena_alloc(&p.arena, sizeof(*f));
	*f = (struct trace_frame){ .pc = smashed + 0x20, .sp = stack.sp, .trap = true };
	static const struct call call = { .function = "main.smashed", .symbol = "main.smashed" };
	f->call = &call;
	d->goroutine = 0;
	d->culprit = (struct trace){ .frames = f, .count = 1 };
	d->fault = (struct death_signal){ .present = true, .number = 11, .code = 0x80, .pc = f->pc };
}

START_TEST(a_return_that_the_cpu_refused_is_bad)
{
	faulted(0x4141414141414141, true);
	ck_assert(death_bad_return(&p.snapshot, &p.arena, &broken));
	ck_assert_uint_eq(broken.slot, stack.sp);
	ck_assert_uint_eq(broken.value, 0x4141414141414141);
	ck_assert_str_eq(broken.call->function, "main.smashed");
}
END_TEST

START_TEST(other_faults_are_no_bad_return)
{
	faulted(0x4141414141414141, false);
	ck_assert(!death_bad_return(&p.snapshot, &p.arena, &broken));
	teardown();
	setup();
	faulted(main_main + 0x10, true); /* it would have come there */
	ck_assert(!death_bad_return(&p.snapshot, &p.arena, &broken));
}
END_TEST

static void landed(uint64_t nowhere, uint64_t addr)
{
	faulted(nowhere, false);
	struct death *d = &p.snapshot.death;
	static const struct call call = { .function = "runtime.sigpanic", .id = FUNC_SIGPANIC };
	d->way = DEATH_THROW;
	d->culprit.frames[0].call = &call;
	d->culprit.frames[0].fp = stack.sp + 8;
	d->culprit.end = UNWIND_BAD_PC;
	d->culprit.bad_addr = nowhere;
	d->fault.code = 1;
	d->fault.has_addr = true;
	d->fault.addr = addr;
	d->fault.pc = nowhere;
}

START_TEST(a_return_to_no_code_leaves_nobody_who_called)
{
	landed(0x6c6c6548, 0x6c6c6548);
	ck_assert(death_bad_return(&p.snapshot, &p.arena, &broken));
	ck_assert_uint_eq(broken.slot, stack.sp);
	ck_assert_uint_eq(broken.value, 0x6c6c6548);
	ck_assert_ptr_null(broken.call);
	p.snapshot.death.culprit.end = UNWIND_COMPLETE; /* it was called */
	ck_assert(!death_bad_return(&p.snapshot, &p.arena, &broken));
	p.snapshot.death.culprit.end = UNWIND_BAD_PC;
	p.snapshot.death.fault.addr = 0x1234;
	ck_assert(!death_bad_return(&p.snapshot, &p.arena, &broken));
}
END_TEST

START_TEST(nobody_called_what_faulted_nowhere)
{
	uint64_t sigpanic = process_func_as(&p, "runtime.sigpanic", 0x30, FUNC_SIGPANIC, 0);
	stack_call(&stack, sigpanic);
	process_put64(&p, stack.sp + 0x30, 0x10);
	stack_call(&stack, callee);
	uint64_t g = process_g(&p, 5, G_WAITING, &stack);
	process_put(&p, g, G_SIGPC, 0x10);
	ck_assert_uint_eq(run(), 1);
	ck_assert(broken.landed);
	ck_assert_ptr_null(broken.call);
	ck_assert_uint_eq(broken.value, 0x10);
}
END_TEST

/* How many there are where a field of the record is changed. */
static size_t bad_records(enum rt_field field, uint64_t value, struct bad_record *record)
{
	teardown();
	setup();
	uint64_t g = process_g(&p, 5, G_WAITING, &stack);
	process_put(&p, g, G_SCHED_SP, stack.sp);
	process_put(&p, g, field, value);
	process_read(&p);
	return snapshot_bad_records(&p.snapshot, &p.arena, record, 1);
}

START_TEST(records_of_stacks_that_cannot_be_are_told)
{
	struct bad_record record;
	ck_assert_uint_eq(bad_records(G_PANIC, 0, &record), 0);
	ck_assert_uint_eq(bad_records(G_SCHED_SP, 0x10, &record), 1);
	ck_assert_ptr_nonnull(strstr(record.text, "saved stack pointer 0x10"));
	ck_assert_uint_eq(bad_records(G_STACK_HI, 0x10, &record), 1);
	ck_assert_ptr_nonnull(strstr(record.text, "cannot be its stack"));
	/* While it runs, what it saved is of an earlier moment. */
	ck_assert_uint_eq(bad_records(G_ATOMICSTATUS, G_RUNNING, &record), 0);
	ck_assert_uint_eq(bad_records(G_ATOMICSTATUS, G_DEAD, &record), 0);
}
END_TEST

/* g.sig has no pc and no address, and nobody called: the stack ends at sigpanic. */
START_TEST(a_return_to_address_0_leaves_nobody_who_called)
{
	static const struct call caller = { .function = "main.main", .symbol = "main.main" };
	landed(0x6c6c6548, 0);
	struct death *d = &p.snapshot.death;
	d->fault.pc = 0;
	ck_assert(death_bad_return(&p.snapshot, &p.arena, &broken));
	ck_assert_uint_eq(broken.value, 0);
	ck_assert_uint_eq(broken.slot, stack.sp - 8);
	ck_assert_ptr_null(broken.words);
	d->culprit.end = UNWIND_COMPLETE; /* the word there is 0 */
	ck_assert(death_bad_return(&p.snapshot, &p.arena, &broken));
	/* A call of a nil function: its caller follows. */
	struct trace_frame frames[2] = { d->culprit.frames[0], { .call = &caller } };
	d->culprit.frames = frames;
	d->culprit.count = 2;
	ck_assert(!death_bad_return(&p.snapshot, &p.arena, &broken));
	d->culprit.count = 1;
	d->way = DEATH_PANIC;
	ck_assert(!death_bad_return(&p.snapshot, &p.arena, &broken));
}
END_TEST

/* A goroutine on an M faulted in main.smashed with that stack pointer. */
static bool stood_at(uint64_t pc, uint64_t sp)
{
	uint64_t found;
	if (p.thread_count == 0) {
		uint64_t g = process_g(&p, 5, G_RUNNING, &stack);
		process_m(&p, 100, g);
		process_thread(&p, 100, pc, sp);
		process_read(&p);
	}
	struct death *d = &p.snapshot.death;
	d->thread = 0;
	d->fault = (struct death_signal){ .present = true, .number = 11, .code = 1, .pc = pc,
					  .has_regs = true };
	registers_put(&d->fault.regs, p.arch->sp, sp);
	return death_wild_sp(&p.snapshot, &found) && found == sp;
}

START_TEST(a_stack_pointer_where_nothing_is_mapped_is_none)
{
	ck_assert(stood_at(smashed + 8, 0x123456789000));
	ck_assert(stood_at(smashed + 8, 0x6d616e2065687420));
	ck_assert(stood_at(smashed + 8, 0));
}
END_TEST

START_TEST(a_stack_pointer_on_a_stack_is_sound)
{
	ck_assert(!stood_at(smashed + 8, stack.sp));
	ck_assert(!stood_at(smashed + 8, p.snapshot.threads[0].gsignal_stack_lo + 64));
}
END_TEST

/* The memory is there, be it no stack: not proven. */
START_TEST(a_stack_pointer_into_other_memory_is_not_told_of)
{
	uint64_t object = process_alloc(&p, 64);
	ck_assert(!stood_at(smashed + 8, object));
}
END_TEST

START_TEST(a_stack_that_is_used_up_is_no_wild_pointer)
{
	/* All that is mapped here lies behind the goroutine's stack. */
	ck_assert(!stood_at(smashed + 8, PROCESS_HEAP - 64));
}
END_TEST

START_TEST(code_of_c_may_stand_where_it_likes)
{
	ck_assert(!stood_at(0x7f0000001234, 0x123456789000));
}
END_TEST

START_TEST(of_a_cut_core_no_stack_pointer_is_known)
{
	ck_assert(stood_at(smashed + 8, 0x123456789000));
	p.core.truncated = true;
	ck_assert(!stood_at(smashed + 8, 0x123456789000));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_sound_stack_is_none,
		the_function_that_would_return_is_named,
		a_word_has_its_frame,
		a_return_that_the_cpu_refused_is_bad,
		other_faults_are_no_bad_return,
		a_return_to_no_code_leaves_nobody_who_called,
		nobody_called_what_faulted_nowhere,
		records_of_stacks_that_cannot_be_are_told,
		a_return_to_address_0_leaves_nobody_who_called,
		a_stack_pointer_where_nothing_is_mapped_is_none,
		a_stack_pointer_on_a_stack_is_sound,
		a_stack_pointer_into_other_memory_is_not_told_of,
		a_stack_that_is_used_up_is_no_wild_pointer,
		code_of_c_may_stand_where_it_likes,
		of_a_cut_core_no_stack_pointer_is_known,
	};
	return test_run("brokenstack", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
