/* Names of a crash: what changes them and what does not. */
#include "analyzer/fingerprint.h"
#include "tests/unit/detecting.h"

#define STACK "panic;main.work:12;main.serve:30;main.main:40"

static struct fingerprint of_panic(const char *type, const char *text, const char *stack,
				   const char *build_id)
{
	const struct report_options options = { .build_id = build_id };
	teardown();
	setup();
	fake_panicked(&fake, type, text, stack);
	analyze(&options);
	/* The arena goes with the next one. */
	static char words[16][3][20];
	static size_t next;
	size_t i = next++ % 16;
	strcpy(words[i][0], report.fingerprint_class);
	strcpy(words[i][1], report.fingerprint_crash);
	strcpy(words[i][2], report.fingerprint_exact);
	return (struct fingerprint){ words[i][0], words[i][1], words[i][2] };
}

START_TEST(they_are_stable)
{
	struct fingerprint f = of_panic("string", "boom", STACK, "abc");
	ck_assert_str_eq(f.class, "f27d4a49fd0b7e2f");
	ck_assert_uint_eq(strlen(f.crash), 16);
	ck_assert_uint_eq(strlen(f.exact), 16);
	struct fingerprint again = of_panic("string", "boom", STACK, "abc");
	ck_assert_str_eq(f.crash, again.crash);
	ck_assert_str_eq(f.exact, again.exact);
}
END_TEST

START_TEST(text_does_not_matter)
{
	struct fingerprint a = of_panic("string", "request 17 failed", STACK, "abc");
	struct fingerprint b = of_panic("string", "request 18 failed", STACK, "abc");
	ck_assert_str_eq(a.exact, b.exact);
}
END_TEST

START_TEST(line_makes_another_exact_one)
{
	struct fingerprint a = of_panic("string", "boom", STACK, "abc");
	struct fingerprint b =
		of_panic("string", "boom", "panic;main.work:13;main.serve:30;main.main:40", "abc");
	ck_assert_str_eq(a.crash, b.crash);
	ck_assert_str_ne(a.exact, b.exact);
}
END_TEST

START_TEST(build_makes_another_exact_one)
{
	struct fingerprint a = of_panic("string", "boom", STACK, "abc");
	struct fingerprint b = of_panic("string", "boom", STACK, "abd");
	ck_assert_str_eq(a.crash, b.crash);
	ck_assert_str_ne(a.exact, b.exact);
}
END_TEST

START_TEST(function_makes_another_crash)
{
	struct fingerprint a = of_panic("string", "boom", STACK, "abc");
	struct fingerprint b =
		of_panic("string", "boom", "panic;main.work:12;main.other:30;main.main:40", "abc");
	ck_assert_str_eq(a.class, b.class);
	ck_assert_str_ne(a.crash, b.crash);
}
END_TEST

START_TEST(kind_makes_another_class)
{
	struct fingerprint a = of_panic("string", "boom", STACK, "abc");
	struct fingerprint b = of_panic("runtime.plainError", "close of nil channel", STACK, "abc");
	ck_assert_str_ne(a.class, b.class);
	ck_assert_str_ne(a.crash, b.crash);
}
END_TEST

START_TEST(runtimes_frames_do_not_matter)
{
	struct fingerprint a = of_panic("string", "boom", STACK, NULL);
	struct fingerprint b =
		of_panic("string", "boom",
			 "panic;main.work:12;main.serve:30;main.main:40;runtime.main", NULL);
	ck_assert_str_eq(a.exact, b.exact);
}
END_TEST

START_TEST(depth_of_a_recursion_does_not_matter)
{
	struct fingerprint a =
		of_panic("string", "boom", "panic;main.walk;main.walk;main.main", NULL);
	struct fingerprint b =
		of_panic("string", "boom", "panic;main.walk;main.walk;main.walk;main.main", NULL);
	ck_assert_str_eq(a.exact, b.exact);
}
END_TEST

/* Where a cycle is cut depends on the size of the stack. */
START_TEST(cycle_may_be_cut_anywhere)
{
	struct call calls[] = { { .function = "main.a" },
				{ .function = "main.b" },
				{ .function = "main.c" } };
	const struct call *one[] = { &calls[0], &calls[1], &calls[2] };
	const struct call *other[] = { &calls[2], &calls[0], &calls[1] };
	struct finding finding = { .class = CLASS_STACK_OVERFLOW,
				   .kind = "recursion",
				   .identity = one,
				   .identity_count = 3,
				   .cause_frame = NO_FRAME };
	struct fingerprint a, b;
	fingerprint_make(&finding, "abc", &fake.arena, &a);
	finding.identity = other;
	fingerprint_make(&finding, "abc", &fake.arena, &b);
	ck_assert_str_eq(a.crash, b.crash);
	ck_assert_str_eq(a.exact, b.exact);
}
END_TEST

static const char *exact_of_c(const struct call *calls, size_t count)
{
	struct trace_frame frames[4] = { 0 };
	const struct trace stack = { .frames = frames, .count = count, .total = count };
	const struct finding verdict = {
		.class = CLASS_CGO_CRASH,
		.kind = "c-abort",
		.stack = &stack,
	};
	struct fingerprint f;
	for (size_t i = 0; i < count; i++)
		frames[i].call = &calls[i];
	fingerprint_make(&verdict, "abc", &fake.arena, &f);
	return f.exact;
}

START_TEST(debug_information_of_c_code_does_not_matter)
{
	const struct call bare[] = {
		{ .function = "work", .is_c = true, .object = "libwork.so" },
		{ .function = "libc.so.6+0x89044", .is_c = true, .object = "libc.so.6" },
	};
	const struct call known[] = {
		{ .function = "part", .is_c = true, .object = "libwork.so", .file = "work.c",
		  .line = 3, .inlined = true },
		{ .function = "work", .is_c = true, .object = "libwork.so", .file = "work.c",
		  .line = 9 },
		{ .function = "start_thread", .is_c = true, .object = "libc.so.6" },
	};
	const struct call other = { .function = "play", .is_c = true, .object = "libwork.so" };
	ck_assert_str_eq(exact_of_c(bare, 2), exact_of_c(known, 3));
	ck_assert_str_ne(exact_of_c(bare, 2), exact_of_c(&other, 1));
}
END_TEST

START_TEST(bystander_does_not_matter)
{
	const char *stacks[] = { "runtime.futex;main.idle;main.main", "main.spin;main.main" };
	char crash[2][20];
	for (int i = 0; i < 2; i++) {
		teardown();
		setup();
		fake_death(&fake, DEATH_SIGNAL, stacks[i]);
		fake_fault(&fake, 6, 0, 0, 0x480000);
		analyze(NULL);
		strcpy(crash[i], report.fingerprint_exact);
	}
	ck_assert_str_eq(crash[0], crash[1]);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ they_are_stable, 0 },
		{ text_does_not_matter, 0 },
		{ line_makes_another_exact_one, 0 },
		{ build_makes_another_exact_one, 0 },
		{ function_makes_another_crash, 0 },
		{ kind_makes_another_class, 0 },
		{ runtimes_frames_do_not_matter, 0 },
		{ depth_of_a_recursion_does_not_matter, 0 },
		{ cycle_may_be_cut_anywhere, 0 },
		{ debug_information_of_c_code_does_not_matter, 0 },
		{ bystander_does_not_matter, 0 },
	};
	return run_tests("fingerprint", tests);
}
