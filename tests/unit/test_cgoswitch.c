/* Where Go and C stacks join. */
#include "goruntime/cgoswitch.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, cgocall, asmcgocall, cgocallback, crosscall2, g, c_stack;
static struct make_stack stack;

static void prepare(unsigned minor)
{
	process_init(&p, minor, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	cgocall = process_func(&p, "runtime.cgocall", 0x20);
	asmcgocall = process_func_as(&p, "runtime.asmcgocall", 8, FUNC_ASMCGOCALL, FUNC_FLAG_SPWRITE);
	cgocallback = process_func_as(&p, "runtime.cgocallback", 0x28, FUNC_CGOCALLBACK,
				      FUNC_FLAG_SPWRITE);
	crosscall2 = process_func(&p, "crosscall2", 0x48);
	stack = process_stack(&p, 0x1000, goexit_);
	stack_call(&stack, cgocall);
	stack_call(&stack, asmcgocall);
	g = process_g(&p, 1, G_SYSCALL, &stack);
	c_stack = process_alloc(&p, 0x1000);
}

static void setup(void)
{
	prepare(27);
}

static void teardown(void)
{
	process_release(&p);
}

static bool caller_at(uint64_t pc, uint64_t sp, struct go_place *caller)
{
	process_read(&p);
	return asmcgocall_caller(&p.snapshot, pc, sp, caller);
}

START_TEST(asmcgocall_says_where_go_goes_on)
{
	struct go_place caller;
	process_put64(&p, c_stack, stack.hi - stack.sp);
	process_put64(&p, c_stack + 8, g);
	ck_assert(caller_at(asmcgocall + CALL_OFFSET, c_stack, &caller));
	ck_assert_uint_eq(caller.g, g);
	ck_assert_uint_eq(caller.pc, cgocall + CALL_OFFSET);
	ck_assert_uint_eq(caller.sp, stack.sp + 16);
}
END_TEST

START_TEST(old_releases_leave_room_below)
{
	struct go_place caller;
	process_release(&p);
	prepare(21);
	process_put64(&p, c_stack + 40, stack.hi - stack.sp);
	process_put64(&p, c_stack + 48, g);
	ck_assert(caller_at(asmcgocall + CALL_OFFSET, c_stack, &caller));
	ck_assert_uint_eq(caller.pc, cgocall + CALL_OFFSET);
}
END_TEST

START_TEST(what_is_no_goroutine_is_not_believed)
{
	struct go_place caller;
	process_put64(&p, c_stack, stack.hi - stack.sp);
	process_put64(&p, c_stack + 8, g + 16);
	ck_assert(!caller_at(asmcgocall + CALL_OFFSET, c_stack, &caller));
}
END_TEST

START_TEST(a_depth_beyond_the_stack_is_not_believed)
{
	struct go_place caller;
	process_put64(&p, c_stack, stack.hi - stack.lo + 8);
	process_put64(&p, c_stack + 8, g);
	ck_assert(!caller_at(asmcgocall + CALL_OFFSET, c_stack, &caller));
}
END_TEST

START_TEST(other_functions_do_not_switch_stacks)
{
	struct go_place caller;
	process_put64(&p, c_stack, stack.hi - stack.sp);
	process_put64(&p, c_stack + 8, g);
	ck_assert(!caller_at(cgocall + CALL_OFFSET, c_stack, &caller));
}
END_TEST

START_TEST(a_callback_that_crosscall2_did_not_make_is_lost)
{
	struct frame frame = { .sp = stack.sp, .fp = stack.sp + 0x30 };
	struct callback callback;
	process_put64(&p, c_stack, c_stack + 0x100);
	process_put64(&p, c_stack + 0x28, cgocall + CALL_OFFSET);
	process_read(&p);
	ck_assert(!callback_read(&p.snapshot, &frame, c_stack, &callback));
	ck_assert(!callback_read(&p.snapshot, &frame, 0, &callback));
	ck_assert(!callback_read(&p.snapshot, &frame, UINT64_MAX - 8, &callback));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		asmcgocall_says_where_go_goes_on,
		old_releases_leave_room_below,
		what_is_no_goroutine_is_not_believed,
		a_depth_beyond_the_stack_is_not_believed,
		other_functions_do_not_switch_stacks,
		a_callback_that_crosscall2_did_not_make_is_lost,
	};
	return test_run("cgoswitch", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
