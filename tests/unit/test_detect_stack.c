/* stack-overflow: a recursion is a cycle that fills the stack. */
#include "tests/unit/detecting.h"

#define LINES                                                                                      \
	"runtime: goroutine stack exceeds 1000000000-byte limit\n"                                 \
	"runtime: sp=0xc0200e0390 stack=[0xc0200e0000, 0xc0400e0000]"

static void overflowed(const char *stack)
{
	fake_threw(&fake, DEATH_THROW, "stack overflow", LINES, stack);
}

/* COUNT functions of a cycle, innermost first, in TURNS turns that take SHARE of the stack. */
static void recursion_of(const char *const *functions, size_t count, uint64_t turns, double share)
{
	static const struct call *cycle[FAKE_CYCLE];
	for (size_t i = 0; i < count; i++) {
		fake.calls[i] = (struct call){ .function = functions[i], .file = "/src/app/f.go" };
		cycle[i] = &fake.calls[i];
	}
	fake.recursion = (struct recursion){
		.cycle = cycle,
		.length = count,
		.turns = turns,
		.frames = turns * count,
		.bytes_per_turn = (uint64_t)(share * 1e9 / (double)turns),
		.stack_bytes = 1000000000,
	};
}

START_TEST(cycle_of_one_is_a_recursion)
{
	overflowed("main.recurse;main.recurse;main.recurse;main.main");
	recursion_of((const char *[]){ "main.recurse" }, 1, 10000000, 0.99);
	assert_verdict("stack-overflow", "recursion", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "main.recurse calls itself without end");
	ck_assert(has_evidence(report.verdict, "10,000,000 turns of 99 B each"));
	ck_assert(has_evidence(report.verdict, "1,000,000,000 bytes"));
	ck_assert_str_eq(report.verdict->message, "stack overflow\n" LINES);
	ck_assert_str_eq(culprit(), "main.recurse");
}
END_TEST

START_TEST(cycle_of_many_is_named_callers_first)
{
	overflowed("main.pang;main.pong;main.ping;main.main");
	recursion_of((const char *[]){ "main.pang", "main.pong", "main.ping" }, 3, 1000000, 0.9);
	assert_verdict("stack-overflow", "recursion", CERTAIN);
	ck_assert_str_eq(report.verdict->title,
			 "main.ping -> main.pong -> main.pang -> main.ping without end");
}
END_TEST

START_TEST(few_turns_of_large_frames_are_a_recursion)
{
	overflowed("main.large;main.large;main.large;main.main");
	recursion_of((const char *[]){ "main.large" }, 1, 60, 0.95);
	assert_verdict("stack-overflow", "recursion", CERTAIN);
}
END_TEST

START_TEST(stack_that_is_not_in_the_core_is_likely_a_recursion)
{
	overflowed("main.recurse");
	fake.snapshot.death.culprit.end = UNWIND_UNREADABLE;
	assert_verdict("stack-overflow", "recursion", LIKELY);
}
END_TEST

/* --- near misses --- */

START_TEST(no_cycle_is_deep_frames)
{
	overflowed("main.hugest;main.huger;main.huge;main.main");
	fake.recursion = (struct recursion){ .frames = 8, .stack_bytes = 2000000 };
	assert_verdict("stack-overflow", "deep-frames", CERTAIN);
	ck_assert(has_evidence(report.verdict, "8 frames in 1.9 MB"));
}
END_TEST

START_TEST(small_cycle_in_a_large_stack_is_deep_frames)
{
	overflowed("main.huge;main.walk;main.walk;main.main");
	recursion_of((const char *[]){ "main.walk" }, 1, 20, 0.01);
	assert_verdict("stack-overflow", "deep-frames", CERTAIN);
}
END_TEST

START_TEST(stack_of_a_thread_is_named_as_such)
{
	fake_threw(&fake, DEATH_THROW, "morestack on g0",
		   "runtime: morestack on g0, stack [0x1 0x2], sp=0x3, called from",
		   "runtime.throw;runtime.badmorestackg0.func1;runtime.switchToCrashStack0");
	assert_verdict("stack-overflow", "deep-frames", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "the system stack of a thread overflowed");
}
END_TEST

START_TEST(split_stack_is_corruption)
{
	fake_threw(&fake, DEATH_THROW, "runtime: split stack overflow", NULL, "runtime.throw");
	assert_verdict("memory-corruption", "bad-stack", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ cycle_of_one_is_a_recursion, 0 },
		{ cycle_of_many_is_named_callers_first, 0 },
		{ few_turns_of_large_frames_are_a_recursion, 0 },
		{ stack_that_is_not_in_the_core_is_likely_a_recursion, 0 },
		{ no_cycle_is_deep_frames, 0 },
		{ small_cycle_in_a_large_stack_is_deep_frames, 0 },
		{ stack_of_a_thread_is_named_as_such, 0 },
		{ split_stack_is_corruption, 0 },
	};
	return run_tests("detect_stack", tests);
}
