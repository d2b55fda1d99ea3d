/* The cycle of functions in a deep stack. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, begin_, a, b, c, leaf;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	begin_ = process_func(&p, "main.begin", 0x10);
	a = process_func(&p, "main.a", 0x10);
	b = process_func(&p, "main.b", 0x20);
	c = process_func(&p, "main.c", 8);
	leaf = process_func(&p, "main.leaf", 0x18);
}

static void teardown(void)
{
	process_release(&p);
}

/* TURNS times the functions of CYCLE (0-terminated), called by main.begin, LEAVES leaves inside. */
static struct recursion recursion_of(const uint64_t *cycle, unsigned turns, unsigned leaves)
{
	struct make_stack stack = process_stack(&p, 0x100000, goexit_);
	stack_call(&stack, begin_);
	for (unsigned i = 0; i < turns; i++)
		for (const uint64_t *f = cycle; *f != 0; f++)
			stack_call(&stack, *f);
	for (unsigned i = 0; i < leaves; i++)
		stack_call(&stack, leaf);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct recursion r;
	goroutine_recursion(&p.snapshot, &p.snapshot.goroutines[0], &p.arena, &r);
	return r;
}

#define CYCLE(...) ((const uint64_t[]){ __VA_ARGS__, 0 })

static void check_turns(const struct recursion *r, uint64_t turns)
{
	ck_assert_uint_ge(r->turns, turns - 2);
	ck_assert_uint_le(r->turns, turns + 2);
}

START_TEST(a_function_that_calls_itself_is_a_cycle_of_one)
{
	struct recursion r = recursion_of(CYCLE(a), 9000, 1);
	ck_assert_uint_eq(r.length, 1);
	ck_assert_str_eq(r.cycle[0]->symbol, "main.a");
	ck_assert_uint_eq(r.bytes_per_turn, 0x18);
	ck_assert_uint_eq(r.frames, 9003);
	check_turns(&r, 9000);
	ck_assert_uint_eq(r.stack_bytes, 0x100000);
}
END_TEST

START_TEST(a_longer_cycle_is_named_innermost_first)
{
	struct recursion r = recursion_of(CYCLE(a, b, c), 3000, 2);
	ck_assert_uint_eq(r.length, 3);
	ck_assert_uint_eq(r.bytes_per_turn, 0x18 + 0x28 + 0x10);
	check_turns(&r, 3000);
	/* Which comes first is by chance; who follows whom is not. */
	for (size_t i = 0; i < 3; i++) {
		const char *callee = r.cycle[i]->symbol, *caller = r.cycle[(i + 1) % 3]->symbol;
		if (strcmp(callee, "main.c") == 0)
			ck_assert_str_eq(caller, "main.b");
	}
}
END_TEST

START_TEST(the_shortest_cycle_counts)
{
	ck_assert_uint_eq(recursion_of(CYCLE(a, b, a, b), 1500, 0).length, 2);
}
END_TEST

/* Frames may be so large that a full stack has few of them. */
START_TEST(a_few_hundred_frames_are_enough)
{
	struct recursion r = recursion_of(CYCLE(a, b), 200, 3);
	ck_assert_uint_eq(r.length, 2);
	check_turns(&r, 200);
}
END_TEST

START_TEST(a_stack_of_different_functions_has_none)
{
	struct make_stack stack = process_stack(&p, 0x10000, goexit_);
	static const unsigned char order[] = "abcacbbaccabacbcbabccabbacabcbacbbca";
	for (unsigned i = 0; i < sizeof(order) - 1; i++)
		stack_call(&stack, order[i] == 'a' ? a : order[i] == 'b' ? b : c);
	process_g(&p, 1, G_WAITING, &stack);
	process_read(&p);
	struct recursion r;
	goroutine_recursion(&p.snapshot, &p.snapshot.goroutines[0], &p.arena, &r);
	ck_assert_uint_eq(r.length, 0);
	ck_assert_uint_eq(r.turns, 0);
}
END_TEST

START_TEST(a_shallow_stack_has_none)
{
	struct recursion r = recursion_of(CYCLE(a), 3, 0);
	ck_assert_uint_eq(r.length, 0);
	ck_assert_uint_eq(r.frames, 5);
}
END_TEST

START_TEST(a_goroutine_without_a_stack_has_none)
{
	process_g(&p, 1, G_WAITING, NULL);
	process_read(&p);
	struct recursion r;
	goroutine_recursion(&p.snapshot, &p.snapshot.goroutines[0], &p.arena, &r);
	ck_assert_uint_eq(r.length, 0);
	ck_assert_uint_eq(r.frames, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_function_that_calls_itself_is_a_cycle_of_one,
		a_longer_cycle_is_named_innermost_first,
		the_shortest_cycle_counts,
		a_few_hundred_frames_are_enough,
		a_stack_of_different_functions_has_none,
		a_shallow_stack_has_none,
		a_goroutine_without_a_stack_has_none,
	};
	return test_run("recursion", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
