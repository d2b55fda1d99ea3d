/* Interned stacks: alike ones are one. */
#include "goruntime/stack.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, work, other;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	work = process_func(&p, "main.work", 0x20);
	other = process_func(&p, "main.other", 8);
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t calling(const uint64_t *funcs, size_t count)
{
	struct make_stack stack = process_stack(&p, 0x20000, goexit_);
	for (size_t i = 0; i < count; i++)
		stack_call(&stack, funcs[i]);
	return process_g(&p, p.g_count + 1, G_WAITING, &stack);
}

#define CALLING(...)                                                                               \
	calling((const uint64_t[]){ __VA_ARGS__ },                                                 \
		sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static const struct stack *stack_of(size_t i)
{
	return goroutine_stack(&p.snapshot, &p.snapshot.goroutines[i]);
}

START_TEST(goroutines_with_the_same_pcs_share_a_stack)
{
	CALLING(work, other);
	CALLING(other, work);
	CALLING(work, other);
	process_read(&p);
	ck_assert_ptr_eq(stack_of(0), stack_of(2));
	ck_assert_ptr_ne(stack_of(0), stack_of(1));
	ck_assert_uint_eq(snapshot_stack_count(&p.snapshot), 2);
	ck_assert_uint_eq(stack_of(0)->id, 0);
	ck_assert_uint_eq(stack_of(1)->id, 1);
}
END_TEST

START_TEST(another_depth_is_another_stack)
{
	CALLING(work);
	CALLING(work, work);
	process_read(&p);
	ck_assert_ptr_ne(stack_of(0), stack_of(1));
	ck_assert_uint_eq(stack_of(0)->depth, 2);
	ck_assert_uint_eq(stack_of(1)->depth, 3);
}
END_TEST

START_TEST(another_end_is_another_stack)
{
	CALLING(work, other);
	uint64_t g = CALLING(work, other);
	uint64_t hi = process_get64(&p, g + p.snapshot.layout.field[G_STACK_HI].offset);
	process_put64(&p, hi - 0x28, 0xdead0000); /* the return address into goexit */
	process_read(&p);
	ck_assert_int_eq(stack_of(0)->end, UNWIND_COMPLETE);
	ck_assert_int_eq(stack_of(1)->end, UNWIND_BAD_PC);
	ck_assert_ptr_ne(stack_of(0), stack_of(1));
}
END_TEST

START_TEST(frames_are_kept_innermost_first)
{
	CALLING(work, other);
	process_read(&p);
	const struct stack *s = stack_of(0);
	ck_assert_uint_eq(s->kept, 3);
	ck_assert_uint_eq(s->frames[0].pc, other + CALL_OFFSET);
	ck_assert_uint_eq(s->frames[1].lookup_pc, work + CALL_OFFSET - 1);
}
END_TEST

START_TEST(of_a_deep_stack_the_innermost_frames_are_kept)
{
	enum { DEPTH = 2000 };
	uint64_t funcs[DEPTH];
	for (int i = 0; i < DEPTH; i++)
		funcs[i] = i == DEPTH - 1 ? other : work;
	calling(funcs, DEPTH);
	process_read(&p);
	const struct stack *s = stack_of(0);
	ck_assert_uint_eq(s->depth, DEPTH + 1);
	ck_assert_uint_eq(s->kept, STACK_KEEP_ENDS);
	ck_assert_uint_eq(s->frames[0].pc, other + CALL_OFFSET);
	ck_assert_uint_eq(s->frames[STACK_KEEP_ENDS - 1].pc, work + CALL_OFFSET);
}
END_TEST

START_TEST(many_different_stacks_are_kept_apart)
{
	enum { MANY = 200 };
	uint64_t funcs[MANY];
	for (int i = 0; i < MANY; i++)
		funcs[i] = other;
	for (size_t i = 1; i <= MANY; i++) {
		struct make_stack stack = process_stack(&p, 0x1200, goexit_);
		for (size_t j = 0; j < i; j++)
			stack_call(&stack, funcs[j]);
		process_g(&p, i, G_WAITING, &stack);
	}
	process_read(&p);
	for (size_t i = 0; i < MANY; i++)
		ck_assert_uint_eq(stack_of(i)->depth, i + 2);
	ck_assert_uint_eq(snapshot_stack_count(&p.snapshot), MANY);
	ck_assert_ptr_eq(stack_of(7), stack_of(7));
}
END_TEST

START_TEST(a_goroutine_that_cannot_be_read_has_an_empty_stack)
{
	p.gs[p.g_count++] = 0xdead0000;
	process_read(&p);
	ck_assert_uint_eq(stack_of(0)->depth, 0);
	ck_assert_int_eq(stack_of(0)->end, UNWIND_NO_START);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		goroutines_with_the_same_pcs_share_a_stack,
		another_depth_is_another_stack,
		another_end_is_another_stack,
		frames_are_kept_innermost_first,
		of_a_deep_stack_the_innermost_frames_are_kept,
		many_different_stacks_are_kept_apart,
		a_goroutine_that_cannot_be_read_has_an_empty_stack,
	};
	return test_run("stacks", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
