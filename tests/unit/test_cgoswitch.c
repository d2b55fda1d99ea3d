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

enum { C_CODE = PROCESS_TEXT + 0x20 * PROCESS_FUNC_SIZE };

/* A page of code that is not Go's. */
static void read_with_c_code(void)
{
	process_read(&p);
	p.core.vdso = C_CODE;
}

/* C code that passed FRAME on to crosscall2, whose half of cgocallback lies at SP. */
static void put_callback(uint64_t sp, uint64_t fn, uint64_t frame)
{
	uint64_t crosscall = sp + 0x30;
	process_put64(&p, sp, c_stack + 0xf00);
	process_put64(&p, crosscall - 8, crosscall2 + CALL_OFFSET);
	process_put64(&p, crosscall, fn);
	process_put64(&p, crosscall + 8, frame);
	process_put64(&p, crosscall + 0x48, C_CODE + 0x20);
}

START_TEST(a_callback_is_found_by_what_was_passed_on)
{
	struct frame frame = { .sp = stack.sp, .fp = stack.sp + 0x30 };
	struct callback callback;
	uint64_t arguments = c_stack + 0x800;
	put_callback(arguments - 0x100, 0x1234, arguments - 0x40); /* of an earlier one */
	put_callback(arguments - 0x200, 0x1234, arguments);
	process_put64(&p, frame.sp, 0x1234);
	process_put64(&p, frame.sp + 8, arguments);
	read_with_c_code();
	ck_assert(callback_find(&p.snapshot, &frame, &callback));
	ck_assert_uint_eq(callback.crosscall_sp, arguments - 0x200 + 0x30);
	ck_assert_uint_eq(callback.outer_sp, c_stack + 0xf00);
	ck_assert_uint_eq(c_frame_pc(&p.snapshot, &callback.caller), C_CODE + 0x20);
	ck_assert_uint_eq(c_frame_sp(&p.snapshot, &callback.caller), callback.crosscall_sp + 0x50);
}
END_TEST

START_TEST(the_callback_around_it_is_another_one)
{
	struct frame frame = { .sp = stack.sp, .fp = stack.sp + 0x30 };
	struct callback callback;
	uint64_t sp = c_stack + 0x600;
	put_callback(sp, 0x1234, c_stack + 0x800);
	process_put64(&p, frame.sp, 0x1234);
	process_put64(&p, frame.sp + 8, c_stack + 0x800);
	read_with_c_code();
	ck_assert(callback_read(&p.snapshot, &frame, sp, &callback));
	process_put64(&p, frame.sp + 8, c_stack + 0x400); /* C had called again, further down */
	read_with_c_code();
	ck_assert(!callback_read(&p.snapshot, &frame, sp, &callback));
}
END_TEST

START_TEST(a_callback_that_was_written_over_is_not_found)
{
	struct frame frame = { .sp = stack.sp, .fp = stack.sp + 0x30 };
	struct callback callback;
	uint64_t arguments = c_stack + 0x800;
	put_callback(arguments - 0x200, 0x1234, arguments);
	process_put64(&p, frame.sp, 0x1234);
	process_put64(&p, frame.sp + 8, arguments);
	process_put64(&p, arguments - 0x200 + 0x30 + 0x48, cgocall); /* where C was */
	read_with_c_code();
	ck_assert(!callback_find(&p.snapshot, &frame, &callback));
	process_put64(&p, frame.sp + 8, 8);
	read_with_c_code();
	ck_assert(!callback_find(&p.snapshot, &frame, &callback));
}
END_TEST

static struct c_frame c_frame_at(uint64_t sp, uint64_t fp)
{
	struct c_frame frame = { 0 };
	registers_put(&frame.regs, AMD64_RIP, C_CODE + 0x80);
	registers_put(&frame.regs, AMD64_RSP, sp);
	registers_put(&frame.regs, AMD64_RBP, fp);
	return frame;
}

START_TEST(a_frame_pointer_leads_to_who_called)
{
	struct c_frame frame = c_frame_at(c_stack, c_stack + 0x20), caller;
	memcpy(p.text + (C_CODE + 0x1b - PROCESS_TEXT), "\xe8\x00\x00\x00\x00", 5); /* call */
	process_put64(&p, c_stack + 0x20, c_stack + 0x80);
	process_put64(&p, c_stack + 0x28, C_CODE + 0x20);
	read_with_c_code();
	ck_assert(c_frame_step_pointer(&p.snapshot, &frame, &caller));
	ck_assert_uint_eq(c_frame_pc(&p.snapshot, &caller), C_CODE + 0x20);
	ck_assert_uint_eq(c_frame_sp(&p.snapshot, &caller), c_stack + 0x30);
	ck_assert_uint_eq(caller.regs.value[AMD64_RBP], c_stack + 0x80);
}
END_TEST

static enum cfi_result step_from_nowhere(const char *before_the_return_address)
{
	struct c_frame frame = c_frame_at(c_stack, 0), caller;
	frame.exact = true;
	registers_put(&frame.regs, AMD64_RIP, 0x10);
	memcpy(p.text + (asmcgocall + CALL_OFFSET - 2 - PROCESS_TEXT), before_the_return_address, 2);
	process_put64(&p, c_stack, asmcgocall + CALL_OFFSET);
	read_with_c_code();
	return c_frame_step(&p.snapshot, &frame, &caller);
}

START_TEST(a_jump_to_nowhere_may_have_left_no_frame_but_gos)
{
	ck_assert_int_eq(step_from_nowhere("\xff\xd0"), CFI_CALLER); /* call rax */
}
END_TEST

START_TEST(what_is_behind_no_call_has_not_jumped)
{
	ck_assert_int_eq(step_from_nowhere("\x90\x90"), CFI_NO_RULE);
}
END_TEST

START_TEST(a_frame_pointer_that_is_none_is_not_believed)
{
	struct c_frame below = c_frame_at(c_stack + 0x40, c_stack + 0x20), caller;
	struct c_frame odd = c_frame_at(c_stack, c_stack + 0x21);
	struct c_frame no_call = c_frame_at(c_stack, c_stack + 0x20);
	process_put64(&p, c_stack + 0x20, c_stack + 0x80);
	process_put64(&p, c_stack + 0x28, C_CODE + 0x20);
	read_with_c_code();
	ck_assert(!c_frame_step_pointer(&p.snapshot, &below, &caller));
	ck_assert(!c_frame_step_pointer(&p.snapshot, &odd, &caller));
	ck_assert(!c_frame_step_pointer(&p.snapshot, &no_call, &caller));
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
		a_callback_is_found_by_what_was_passed_on,
		the_callback_around_it_is_another_one,
		a_callback_that_was_written_over_is_not_found,
		a_frame_pointer_leads_to_who_called,
		a_jump_to_nowhere_may_have_left_no_frame_but_gos,
		what_is_behind_no_call_has_not_jumped,
		a_frame_pointer_that_is_none_is_not_believed,
	};
	return test_run("cgoswitch", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
