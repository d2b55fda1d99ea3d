/* Go stacks frame by frame, on stacks built by hand. */
#include "goruntime/unwind.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, leaf, middle, outer;

static void begin(unsigned minor, const struct arch *arch)
{
	process_release(&p);
	process_init(&p, minor, arch);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	outer = process_func(&p, "main.outer", 0x20);
	middle = process_func(&p, "main.middle", 0x40);
	leaf = process_func(&p, "main.leaf", 0x10);
}

static void setup(void)
{
	begin(27, &arch_amd64);
}

static void teardown(void)
{
	process_release(&p);
}

/* main.leaf, called from main.middle, from main.outer. */
static struct make_stack three_calls(void)
{
	struct make_stack stack = process_stack(&p, 0x1000, goexit_);
	stack_call(&stack, outer);
	stack_call(&stack, middle);
	stack_call(&stack, leaf);
	return stack;
}

struct walked {
	struct frame frames[32];
	size_t count;
	struct unwinder u;
};

static void walk_rest(struct walked *w)
{
	struct frame f;
	w->count = 0;
	while (unwind_next(&w->u, &f))
		if (w->count < 32)
			w->frames[w->count++] = f;
}

static struct walked walk(size_t index)
{
	struct walked w;
	unwind_goroutine(&w.u, &p.snapshot, &p.snapshot.goroutines[index]);
	walk_rest(&w);
	return w;
}

static void check_func(const struct walked *w, size_t i, uint64_t func)
{
	ck_assert_uint_lt(i, w->count);
	ck_assert_uint_eq(w->frames[i].code->func.entry, func);
}

static void check_three_calls(const struct walked *w)
{
	ck_assert_uint_eq(w->count, 4);
	check_func(w, 0, leaf);
	check_func(w, 1, middle);
	check_func(w, 2, outer);
	check_func(w, 3, goexit_);
	ck_assert_int_eq(w->u.end, UNWIND_COMPLETE);
}

START_TEST(plain_frames_follow_the_stack_deltas)
{
	struct make_stack stack = three_calls();
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	check_three_calls(&w);
	ck_assert_uint_eq(w.frames[0].sp, stack.sp);
	ck_assert_uint_eq(w.frames[0].fp, stack.sp + 0x10 + 8);
	ck_assert_uint_eq(w.frames[1].sp, w.frames[0].fp);
	ck_assert_uint_eq(w.frames[1].pc, middle + CALL_OFFSET);
	ck_assert_uint_eq(w.frames[1].lookup_pc, middle + CALL_OFFSET - 1);
	ck_assert_uint_eq(w.frames[1].argp, w.frames[1].fp);
	ck_assert_int_eq(w.frames[0].found_by, FOUND_BY_SCHED);
	ck_assert_int_eq(w.frames[1].found_by, FOUND_BY_PCSP);
}
END_TEST

START_TEST(arm64_keeps_return_addresses_at_the_stack_pointer)
{
	begin(27, &arch_arm64);
	struct make_stack stack = three_calls();
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	check_three_calls(&w);
	ck_assert_uint_eq(w.frames[0].fp, stack.sp + 0x10);
	ck_assert_uint_eq(w.frames[0].argp, w.frames[0].fp + 8);
}
END_TEST

START_TEST(arm64_leaf_returns_by_the_link_register)
{
	begin(27, &arch_arm64);
	uint64_t bare = process_func(&p, "main.bare", 0);
	struct make_stack stack = three_calls();
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w;
	unwind_at(&w.u, &p.snapshot, NULL, p.gs[0], bare + 4, stack.sp, stack.pc, true, false);
	walk_rest(&w);
	check_func(&w, 0, bare);
	check_func(&w, 1, leaf);
	check_func(&w, 2, middle);
	ck_assert_int_eq(w.u.end, UNWIND_COMPLETE);
}
END_TEST

START_TEST(a_goroutine_in_a_system_call_begins_where_it_entered_it)
{
	struct make_stack stack = three_calls();
	uint64_t g = process_g(&p, 1, G_SYSCALL, NULL);
	process_put(&p, g, G_STACK_LO, stack.lo);
	process_put(&p, g, G_STACK_HI, stack.hi);
	process_put(&p, g, G_SCHED_PC, 0x1234);
	process_put(&p, g, G_SCHED_SP, 0x1234);
	process_put(&p, g, G_SYSCALLPC, stack.pc);
	process_put(&p, g, G_SYSCALLSP, stack.sp);
	process_read(&p);
	struct walked w = walk(0);
	check_three_calls(&w);
}
END_TEST

START_TEST(entry_of_a_system_call_may_write_the_stack_pointer)
{
	uint64_t entersyscall = process_func_as(&p, "runtime.cgocall", 0x18, FUNC_NORMAL,
						FUNC_FLAG_SPWRITE);
	struct make_stack stack = three_calls();
	stack_call(&stack, entersyscall);
	uint64_t g = process_g(&p, 1, G_SYSCALL, &stack);
	process_put(&p, g, G_SYSCALLPC, stack.pc);
	process_put(&p, g, G_SYSCALLSP, stack.sp);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 5);
	ck_assert_int_eq(w.u.end, UNWIND_COMPLETE);
}
END_TEST

START_TEST(a_function_that_writes_sp_ends_the_walk)
{
	uint64_t switches = process_func_as(&p, "runtime.gogo", 0, FUNC_GOGO, FUNC_FLAG_SPWRITE);
	struct make_stack stack = three_calls();
	stack_call(&stack, switches);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 1);
	check_func(&w, 0, switches);
	ck_assert_int_eq(w.u.end, UNWIND_SPWRITE);
}
END_TEST

START_TEST(a_top_frame_ends_the_walk_whatever_lies_above)
{
	uint64_t top = process_func_as(&p, "runtime.mstart", 8, FUNC_MSTART, FUNC_FLAG_TOPFRAME);
	struct make_stack stack = process_stack(&p, 0x1000, outer);
	stack_call(&stack, top);
	stack_call(&stack, leaf);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 2);
	check_func(&w, 1, top);
	ck_assert_int_eq(w.u.end, UNWIND_COMPLETE);
}
END_TEST

START_TEST(a_return_address_in_no_function_is_told)
{
	struct make_stack stack = three_calls();
	process_put64(&p, stack.sp + 0x10, 0xdead0000);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 1);
	ck_assert_int_eq(w.u.end, UNWIND_BAD_PC);
	ck_assert_uint_eq(w.u.bad_addr, 0xdead0000);
}
END_TEST

START_TEST(a_return_address_of_zero_is_the_end)
{
	struct make_stack stack = three_calls();
	process_put64(&p, stack.sp + 0x10, 0);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 1);
	ck_assert_int_eq(w.u.end, UNWIND_COMPLETE);
}
END_TEST

START_TEST(a_stack_that_is_not_in_the_core_is_told_after_its_first_frame)
{
	struct make_stack stack = three_calls();
	const uint64_t missing = PROCESS_HEAP + 0x100000;
	stack.lo = missing;
	stack.hi = missing + 0x1000;
	stack.sp = missing + 0x800;
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 1);
	ck_assert_int_eq(w.u.end, UNWIND_UNREADABLE);
	ck_assert_uint_eq(w.u.bad_addr, missing + 0x800 + 0x10);
}
END_TEST

START_TEST(a_stack_pointer_outside_of_its_stack_is_told)
{
	struct make_stack stack = three_calls();
	uint64_t g = process_g(&p, 1, G_WAITING, &stack);
	process_put(&p, g, G_SCHED_SP, stack.hi + 8);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 0);
	ck_assert_int_eq(w.u.end, UNWIND_BAD_SP);
	ck_assert_uint_eq(w.u.bad_addr, stack.hi + 8);
}
END_TEST

START_TEST(without_a_stack_pointer_there_is_no_start)
{
	process_g(&p, 1, G_WAITING, NULL);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_eq(w.count, 0);
	ck_assert_int_eq(w.u.end, UNWIND_NO_START);
}
END_TEST

START_TEST(a_walk_that_stands_still_ends)
{
	/* On arm64 a frame of no size whose saved return address is its own. */
	begin(27, &arch_arm64);
	uint64_t bare = process_func(&p, "main.bare", 0);
	struct make_stack stack = process_stack(&p, 0x1000, goexit_);
	stack.sp -= 0x100;
	stack.pc = bare + 8;
	process_put64(&p, stack.sp, bare + 8);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_le(w.count, 2);
	ck_assert_int_eq(w.u.end, UNWIND_BAD_SP);
}
END_TEST

START_TEST(a_frame_that_would_grow_downwards_is_a_bad_stack_pointer)
{
	uint64_t damaged = process_func(&p, "main.damaged", -0x100);
	struct make_stack stack = three_calls();
	stack.pc = damaged + CALL_OFFSET;
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	ck_assert_uint_le(w.count, 1);
	ck_assert_int_eq(w.u.end, UNWIND_BAD_SP);
}
END_TEST

/* A panic by a fault: sigpanic was pushed onto the stack at main.leaf's faulting instruction. */
START_TEST(the_frame_below_sigpanic_has_an_exact_pc)
{
	uint64_t sigpanic = process_func_as(&p, "runtime.sigpanic", 0x30, FUNC_SIGPANIC, 0);
	struct make_stack stack = three_calls();
	stack_call(&stack, sigpanic);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	check_func(&w, 1, leaf);
	ck_assert(w.frames[1].exact);
	ck_assert_uint_eq(w.frames[1].lookup_pc, leaf + CALL_OFFSET);
	ck_assert_int_eq(w.frames[1].callee, FUNC_SIGPANIC);
	ck_assert(!w.frames[2].exact);
}
END_TEST

static struct walked preempted(unsigned minor)
{
	begin(minor, &arch_amd64);
	uint64_t preempt = process_func_as(&p, "runtime.asyncPreempt", 0x80, FUNC_ASYNC_PREEMPT, 0);
	struct make_stack stack = three_calls();
	stack_call(&stack, preempt);
	process_g(&p, 1, G_RUNNABLE, &stack);
	process_read(&p);
	return walk(0);
}

START_TEST(from_121_on_the_frame_below_async_preempt_has_an_exact_pc)
{
	struct walked w = preempted(21);
	check_func(&w, 1, leaf);
	ck_assert(w.frames[1].exact);
}
END_TEST

START_TEST(before_121_it_is_looked_up_one_byte_before)
{
	struct walked w = preempted(19);
	check_func(&w, 1, leaf);
	ck_assert(!w.frames[1].exact);
	ck_assert_uint_eq(w.frames[1].lookup_pc, leaf + CALL_OFFSET - 1);
}
END_TEST

START_TEST(arm64_injected_call_finds_the_saved_link_register)
{
	/* sigpanic was injected into a leaf without a frame: its lr is saved on top of the
	 * stack. */
	begin(27, &arch_arm64);
	uint64_t sigpanic = process_func_as(&p, "runtime.sigpanic", 0x30, FUNC_SIGPANIC, 0);
	uint64_t bare = process_func(&p, "main.bare", 0);
	struct make_stack stack = three_calls();
	stack.sp -= 16;
	process_put64(&p, stack.sp, stack.pc); /* the interrupted lr */
	stack.pc = bare + CALL_OFFSET;
	stack_call(&stack, sigpanic);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct walked w = walk(0);
	check_func(&w, 0, sigpanic);
	check_func(&w, 1, bare);
	check_func(&w, 2, leaf);
	check_func(&w, 3, middle);
	ck_assert_int_eq(w.u.end, UNWIND_COMPLETE);
}
END_TEST

/* An M on its g0 in FUNC, which FROM on the goroutine's stack has switched to. */
static struct walked on_system_stack(uint64_t func, uint64_t from, bool jump)
{
	struct make_stack stack = three_calls(), system;
	if (from != 0)
		stack_call(&stack, from);
	uint64_t g = process_g(&p, 1, G_RUNNING, &stack);
	uint64_t m = process_m(&p, 100, g);
	uint64_t mstart = process_func_as(&p, "runtime.mstart", 0, FUNC_MSTART, FUNC_FLAG_TOPFRAME);
	system = process_stack(&p, 0x1000, mstart);
	stack_call(&system, func);
	stack_call(&system, leaf);
	process_read(&p);
	struct walked w;
	const struct thread *t = &p.snapshot.threads[0];
	ck_assert_uint_eq(t->m, m);
	unwind_at(&w.u, &p.snapshot, t, t->g0, system.pc, system.sp, 0, true, jump);
	walk_rest(&w);
	return w;
}

START_TEST(systemstack_leads_back_to_the_goroutine)
{
	uint64_t systemstack = process_func_as(&p, "runtime.systemstack", 8, FUNC_SYSTEMSTACK,
					       FUNC_FLAG_SPWRITE);
	uint64_t sw = process_func_as(&p, "runtime.systemstack_switch", 8, FUNC_SYSTEMSTACK_SWITCH, 0);
	struct walked w = on_system_stack(systemstack, sw, true);
	uint64_t g = p.gs[0];
	check_func(&w, 0, leaf);
	check_func(&w, 1, systemstack);
	check_func(&w, 2, leaf);
	ck_assert_uint_eq(w.frames[0].g, p.snapshot.threads[0].g0);
	ck_assert_uint_eq(w.frames[2].g, g);
	check_func(&w, 4, outer);
	ck_assert_int_eq(w.u.end, UNWIND_COMPLETE);
}
END_TEST

START_TEST(without_leave_to_jump_systemstack_ends_the_walk)
{
	uint64_t systemstack = process_func_as(&p, "runtime.systemstack", 8, FUNC_SYSTEMSTACK,
					       FUNC_FLAG_SPWRITE);
	struct walked w = on_system_stack(systemstack, 0, false);
	ck_assert_uint_eq(w.count, 2);
	ck_assert_int_eq(w.u.end, UNWIND_SPWRITE);
}
END_TEST

START_TEST(morestack_leads_back_to_where_the_goroutine_called_it)
{
	uint64_t morestack = process_func_as(&p, "runtime.morestack", 8, FUNC_MORESTACK,
					     FUNC_FLAG_SPWRITE);
	struct walked w = on_system_stack(morestack, 0, true);
	check_func(&w, 0, leaf);
	/* morestack itself shows as the function that needed the stack. */
	check_func(&w, 1, leaf);
	ck_assert_uint_eq(w.frames[1].g, p.gs[0]);
	ck_assert_int_eq(w.frames[1].found_by, FOUND_BY_SCHED);
	check_func(&w, 2, middle);
	ck_assert_int_eq(w.u.end, UNWIND_COMPLETE);
}
END_TEST

START_TEST(a_goroutine_that_runs_elsewhere_is_not_jumped_to)
{
	uint64_t systemstack = process_func_as(&p, "runtime.systemstack", 8, FUNC_SYSTEMSTACK,
					       FUNC_FLAG_SPWRITE);
	struct make_stack stack = three_calls(), system;
	uint64_t g = process_g(&p, 1, G_RUNNING, &stack);
	process_m(&p, 100, g);
	process_put(&p, g, G_M, 0x1234); /* as records may say for a moment while it moves */
	system = process_stack(&p, 0x1000, systemstack);
	stack_call(&system, leaf);
	process_read(&p);
	struct walked w;
	const struct thread *t = &p.snapshot.threads[0];
	unwind_at(&w.u, &p.snapshot, t, t->g0, system.pc, system.sp, 0, true, true);
	walk_rest(&w);
	ck_assert_uint_eq(w.count, 2);
	ck_assert_int_eq(w.u.end, UNWIND_SPWRITE);
}
END_TEST

START_TEST(a_g0_that_is_its_own_goroutine_ends_too)
{
	/* A damaged m.g0: the jump leads to the stack it came from. */
	uint64_t systemstack = process_func_as(&p, "runtime.systemstack", 8, FUNC_SYSTEMSTACK,
					       FUNC_FLAG_SPWRITE);
	struct make_stack stack = process_stack(&p, 0x1000, goexit_);
	stack_call(&stack, systemstack);
	struct make_stack again = stack;
	stack_call(&stack, leaf);
	uint64_t g = process_g(&p, 1, G_RUNNING, &again);
	uint64_t m = process_m(&p, 100, g);
	process_put(&p, m, M_G0, g);
	process_read(&p);
	struct walked w;
	const struct thread *t = &p.snapshot.threads[0];
	unwind_at(&w.u, &p.snapshot, t, g, stack.pc, stack.sp, 0, true, true);
	walk_rest(&w);
	ck_assert_uint_le(w.count, 4);
	ck_assert_int_ne(w.u.end, UNWIND_RUNNING);
}
END_TEST

START_TEST(a_call_of_pc_zero_begins_in_the_caller)
{
	/* The call has pushed its return address, the callee's pc is nil. */
	struct make_stack stack = three_calls();
	struct walked w;
	uint64_t sp = stack.sp - 8, after = leaf + 0x20;
	process_put64(&p, sp, after);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	unwind_at(&w.u, &p.snapshot, NULL, p.gs[0], 0, sp, 0, true, false);
	walk_rest(&w);
	check_three_calls(&w);
	ck_assert_uint_eq(w.frames[0].pc, after);
	ck_assert_uint_eq(w.frames[0].lookup_pc, after - 1);
	ck_assert_uint_eq(w.frames[0].sp, stack.sp);
}
END_TEST

START_TEST(a_signal_context_is_exact_and_says_so)
{
	struct make_stack stack = three_calls();
	process_g(&p, 1, G_RUNNING, &stack);
	process_read(&p);
	struct walked w;
	unwind_at(&w.u, &p.snapshot, NULL, p.gs[0], stack.pc, stack.sp, 0, true, false);
	walk_rest(&w);
	ck_assert(w.frames[0].exact);
	ck_assert_int_eq(w.frames[0].found_by, FOUND_BY_CONTEXT);
	check_three_calls(&w);
}
END_TEST

START_TEST(every_end_has_a_name)
{
	for (enum unwind_end end = UNWIND_RUNNING; end <= UNWIND_NO_TABLE; end++)
		ck_assert_str_ne(unwind_end_name(end), "?");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		plain_frames_follow_the_stack_deltas,
		arm64_keeps_return_addresses_at_the_stack_pointer,
		arm64_leaf_returns_by_the_link_register,
		a_goroutine_in_a_system_call_begins_where_it_entered_it,
		entry_of_a_system_call_may_write_the_stack_pointer,
		a_function_that_writes_sp_ends_the_walk,
		a_top_frame_ends_the_walk_whatever_lies_above,
		a_return_address_in_no_function_is_told,
		a_return_address_of_zero_is_the_end,
		a_stack_that_is_not_in_the_core_is_told_after_its_first_frame,
		a_stack_pointer_outside_of_its_stack_is_told,
		without_a_stack_pointer_there_is_no_start,
		a_walk_that_stands_still_ends,
		a_frame_that_would_grow_downwards_is_a_bad_stack_pointer,
		the_frame_below_sigpanic_has_an_exact_pc,
		from_121_on_the_frame_below_async_preempt_has_an_exact_pc,
		before_121_it_is_looked_up_one_byte_before,
		arm64_injected_call_finds_the_saved_link_register,
		systemstack_leads_back_to_the_goroutine,
		without_leave_to_jump_systemstack_ends_the_walk,
		morestack_leads_back_to_where_the_goroutine_called_it,
		a_goroutine_that_runs_elsewhere_is_not_jumped_to,
		a_g0_that_is_its_own_goroutine_ends_too,
		a_call_of_pc_zero_begins_in_the_caller,
		a_signal_context_is_exact_and_says_so,
		every_end_has_a_name,
	};
	return test_run("unwind", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
