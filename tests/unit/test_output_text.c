/* The text of an analysis: what stands first, what is made safe, what is left out. */
#include "tests/unit/writing.h"

#define STACK "panic;main.work:12;main.main:3"

static const char *text(void)
{
	return written_by(text_write_report);
}

START_TEST(verdict_is_the_first_line)
{
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	ck_assert_int_eq(strncmp(text(), "panic/value  (certain)", 22), 0);
}
END_TEST

START_TEST(message_has_the_runtimes_words_before_it)
{
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	assert_has(text(), "\n  panic: boom\n");
	fake_threw(&fake, DEATH_FATAL, "concurrent map writes", NULL, "runtime.fatal;main.f:1");
	analyze(NULL);
	assert_has(text(), "\n  fatal error: concurrent map writes\n");
}
END_TEST

START_TEST(title_that_repeats_the_message_is_left_out)
{
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	const char *first = strstr(text(), "boom");
	ck_assert_ptr_null(strstr(first + 4, "boom"));
}
END_TEST

START_TEST(stack_begins_at_the_cause)
{
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	const char *stack = strstr(text(), "Stack of goroutine");
	ck_assert_ptr_nonnull(stack);
	assert_has(stack, "\n  main.work");
	assert_lacks(stack, "\n  panic");
}
END_TEST

START_TEST(text_of_the_target_cannot_write_to_the_terminal)
{
	fake_panicked(&fake, "string", "\x1b[2Jgone \xc2\x9b \xff", STACK);
	analyze(NULL);
	assert_lacks(text(), "\x1b");
	assert_lacks(text(), "\xc2\x9b");
	assert_has(text(), "\\x1b[2Jgone");
}
END_TEST

START_TEST(long_messages_are_cut_and_say_so)
{
	enum { LONG = 5000 };
	char message[LONG + 1];
	memset(message, 'x', LONG);
	message[LONG] = '\0';
	fake_panicked(&fake, "string", message, STACK);
	analyze(NULL);
	assert_has(text(), "(5000 bytes)");
	ck_assert_uint_lt(strlen(text()), LONG);
}
END_TEST

START_TEST(many_lines_are_cut_and_say_so)
{
	fake_panicked(&fake, "string", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14", STACK);
	analyze(NULL);
	assert_has(text(), "all of it: --format json");
}
END_TEST

START_TEST(colour_is_only_where_it_is_asked_for)
{
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	assert_lacks(text(), "\x1b");
	writer_options.color = COLOR_ALWAYS;
	assert_has(text(), "\x1b[1;31mpanic/value\x1b[0m");
	writer_options.color = COLOR_AUTO;
}
END_TEST

START_TEST(lines_fit_into_80_columns)
{
	fake_panicked(&fake, "string", "a message of many words, all of them short, that would be "
				       "wider than a terminal if nobody took care of it", STACK);
	fake_crowd(&fake, 3, "chan receive",
		   "runtime.gopark;main.aFunctionWithAVeryLongNameThatNobodyWouldWriteOnPurpose:1", 0,
		   0);
	analyze(NULL);
	for (const char *line = text(); *line != '\0'; line += strcspn(line, "\n") + 1)
		ck_assert_uint_le(strcspn(line, "\n"), 80);
}
END_TEST

START_TEST(large_numbers_are_grouped)
{
	fake_panicked(&fake, "string", "boom", STACK);
	fake_crowd(&fake, 200, "IO wait", "runtime.gopark;main.serve:7", 0, 0);
	analyze(NULL);
	report.goroutines_total = 1234567;
	assert_has(text(), "Goroutines  1,234,567\n");
}
END_TEST

START_TEST(what_else_was_at_work_is_told)
{
	static const struct call cleanup = { .symbol = "main.cleanup", .function = "main.cleanup", .file = "/src/a.go", .line = 9 };
	static const struct call f = { .symbol = "main.f", .function = "main.f", .file = "/src/a.go", .line = 3 };
	fake_threw(&fake, DEATH_FATAL, "sync: unlock of unlocked mutex", NULL,
		   "runtime.fatal;sync.fatal;main.f:3;main.main");
	fake.settings = (struct settings){ .traceback_known = true, .traceback_level = 1,
					   .gomaxprocs = 2, .cpus = 8, .godebug = "gctrace=1",
					   .godebug_built_in = "panicnil=1,updatemaxprocs=0" };
	fake.memory.gc_cycles = 4;
	fake.memory.gc_cycles_known = true;
	fake.gc.phase = 1;
	fake.gc.actors[0] = (struct actor){ .kind = ACTOR_COLLECTOR, .call = &f, .in = "runtime.GC" };
	fake.gc.actors[1] = (struct actor){ .kind = ACTOR_FINALIZER, .call = &cleanup };
	fake.gc.actor_count = 2;
	fake.defers = (struct defers){
		.items = { { .call = &cleanup, .by = &f }, { .call = &f, .by = &f, .fn = 0x1000 } },
		.count = 2,
		.total = 2,
	};
	analyze(NULL);
	const char *text = written_by(text_write_report);
	ck_assert_ptr_nonnull(strstr(text, "Deferred calls that did not run\n"
					   "  main.cleanup (src/a.go:9), deferred by main.f\n"));
	ck_assert_ptr_nonnull(strstr(text, "  main.f (src/a.go:3), deferred by main.f with a: 1, "
					   "b: 2, c: 3, d: 4, ...\n"));
	ck_assert_ptr_nonnull(strstr(text, "GOTRACEBACK=single, GOMAXPROCS=2 (8 CPUs), "
					   "GODEBUG=gctrace=1"));
	ck_assert_ptr_nonnull(strstr(text, "GODEBUG panicnil=1, updatemaxprocs=0\n"));
	ck_assert_ptr_nonnull(strstr(text, "collector marking, cycle 5, asked for by goroutine 1 in "
					   "runtime.GC"));
	ck_assert_ptr_nonnull(strstr(text, "finalizer main.cleanup (src/a.go:9) runs on goroutine 1"));
}
END_TEST

START_TEST(brief_has_no_stacks)
{
	const struct report_options options = { .brief = true };
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(&options);
	assert_lacks(text(), "Stack of");
	assert_lacks(text(), "Goroutines");
	assert_has(text(), "main.work");
}
END_TEST

START_TEST(caveats_are_always_printed)
{
	analyze(NULL);
	assert_has(text(), "\nCaveats  none\n");
	caveats_add(&fake.caveats, CAVEAT_WEAKENS, 0x10, "core", "it is cut");
	analyze(NULL);
	assert_has(text(), "\nCaveats\n  core: it is cut (0x10)\n");
}
END_TEST

START_TEST(skipped_detectors_are_named)
{
	const char *words[] = { "deadlock" };
	const struct report_options options = { .skip = words, .skip_count = 1 };
	analyze(&options);
	assert_has(text(), "\nNot looked for\n  deadlock: --skip\n");
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ verdict_is_the_first_line },
		{ message_has_the_runtimes_words_before_it },
		{ title_that_repeats_the_message_is_left_out },
		{ stack_begins_at_the_cause },
		{ text_of_the_target_cannot_write_to_the_terminal },
		{ long_messages_are_cut_and_say_so },
		{ many_lines_are_cut_and_say_so },
		{ colour_is_only_where_it_is_asked_for },
		{ lines_fit_into_80_columns },
		{ large_numbers_are_grouped },
		{ what_else_was_at_work_is_told },
		{ brief_has_no_stacks },
		{ caveats_are_always_printed },
		{ skipped_detectors_are_named },
	};
	return run_tests("output_text", tests);
}
