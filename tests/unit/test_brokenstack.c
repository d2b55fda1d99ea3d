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

int main(void)
{
	const TTest *const tests[] = {
		a_sound_stack_is_none,
		the_function_that_would_return_is_named,
		a_word_has_its_frame,
	};
	return test_run("brokenstack", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
