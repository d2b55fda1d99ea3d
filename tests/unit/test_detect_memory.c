/* out-of-memory: what the kernel refused. */
#include "tests/unit/detecting.h"

#define STACK "runtime.throw;runtime.(*mcache).allocLarge;runtime.mallocgc;main.keep:40;main.main"

static void refused(const char *text, const char *lines)
{
	fake_threw(&fake, DEATH_THROW, text, lines, STACK);
	fake.memory.heap_in_use = (struct memory_figure){ .bytes = 255 << 20, .known = true };
}

static void mallocgc_words(const char *words)
{
	fake.snapshot.death.culprit.frames[2].arg_words = words;
}

START_TEST(addresses_refused_for_a_small_block)
{
	refused("out of memory",
		"runtime: out of memory: cannot allocate 4194304-byte block (255590400 in use)");
	assert_verdict("out-of-memory", "address-space", CERTAIN);
	ck_assert(has_evidence(report.verdict, "4,194,304 bytes (4.0 MB)"));
	ck_assert(has_evidence(report.verdict, "heap in use: 255 MB"));
	ck_assert_str_eq(
		report.verdict->message,
		"out of memory\n"
		"runtime: out of memory: cannot allocate 4194304-byte block (255590400 in use)");
}
END_TEST

START_TEST(addresses_refused_for_a_huge_block)
{
	refused("out of memory",
		"runtime: out of memory: cannot allocate 70368744177664-byte block (3932160 in "
		"use)");
	assert_verdict("out-of-memory", "allocation-failed", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "one allocation of 64 TB");
	ck_assert(has_line(&report.verdict->advice, "main.keep (app/main.go:40)"));
}
END_TEST

START_TEST(memory_refused_is_a_limit)
{
	refused("runtime: out of memory", NULL);
	mallocgc_words("0x100000, 0x5d6210, 0x1");
	assert_verdict("out-of-memory", "limit", CERTAIN);
	ck_assert(has_evidence(report.verdict, "1,048,576 bytes (1.0 MB)"));
}
END_TEST

START_TEST(memory_refused_for_a_huge_block)
{
	refused("runtime: out of memory", NULL);
	mallocgc_words("0x400000000000, 0x5d6210, 0x1");
	assert_verdict("out-of-memory", "allocation-failed", CERTAIN);
}
END_TEST

START_TEST(stale_argument_word_is_not_used)
{
	refused("runtime: out of memory", NULL);
	mallocgc_words("0x400000000000?, 0x5d6210, 0x1");
	assert_verdict("out-of-memory", "limit", CERTAIN);
	ck_assert(!has_evidence(report.verdict, "64 TB"));
}
END_TEST

START_TEST(tables_refused_are_an_allocation)
{
	refused("out of memory allocating heap arena metadata", NULL);
	assert_verdict("out-of-memory", "allocation-failed", CERTAIN);
}
END_TEST

START_TEST(tables_refused_are_no_fault_of_a_small_request)
{
	refused("out of memory allocating heap arena metadata", NULL);
	mallocgc_words("0x100000, 0x5d6210, 0x1");
	assert_verdict("out-of-memory", "allocation-failed", CERTAIN);
	ck_assert_str_eq(report.verdict->title,
			 "the runtime could not get memory for its own tables");
	ck_assert(!has_line(&report.verdict->explanation, "A single allocation"));
	ck_assert(has_evidence(report.verdict, "1,048,576 bytes (1.0 MB)"));
}
END_TEST

START_TEST(limit_of_the_runtime)
{
	refused("thread exhaustion", "runtime: program exceeds 10000-thread limit");
	assert_verdict("out-of-memory", "thread-limit", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "the program needed more than 10,000 threads");
}
END_TEST

START_TEST(limit_of_the_kernel)
{
	refused("newosproc",
		"runtime: failed to create new OS thread (have 512 already; errno=11)\n"
		"runtime: may need to increase max user processes (ulimit -u)");
	assert_verdict("out-of-memory", "thread-limit", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "the kernel refused a thread after 512");
}
END_TEST

/* --- near misses --- */

START_TEST(make_that_is_too_large_is_a_panic)
{
	fake_panicked(&fake, "runtime.errorString", "runtime error: makeslice: len out of range",
		      "panic;runtime.makeslice;main.f;main.main");
	assert_verdict("panic", "make-size", CERTAIN);
}
END_TEST

START_TEST(error_of_the_kernel_in_a_panic_is_an_error)
{
	fake_panicked(&fake, "*os.PathError", "open /x: cannot allocate memory",
		      "panic;main.f;main.main");
	fake.panics[0].is_error = true;
	assert_verdict("panic", "error", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ addresses_refused_for_a_small_block, 0 },
		{ addresses_refused_for_a_huge_block, 0 },
		{ memory_refused_is_a_limit, 0 },
		{ memory_refused_for_a_huge_block, 0 },
		{ stale_argument_word_is_not_used, 0 },
		{ tables_refused_are_an_allocation, 0 },
		{ tables_refused_are_no_fault_of_a_small_request, 0 },
		{ limit_of_the_runtime, 0 },
		{ limit_of_the_kernel, 0 },
		{ make_that_is_too_large_is_a_panic, 0 },
		{ error_of_the_kernel_in_a_panic_is_an_error, 0 },
	};
	return run_tests("detect_memory", tests);
}
