/* Logs: reports of the race detector and texts of crashes, and what stands around them. */
#include "formats/golog.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct golog log_;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	arena_release(&arena);
}

static void parse(const char *text)
{
	golog_parse((struct bytes){ (const uint8_t *)text, strlen(text) }, &arena, &log_);
}

/* Each line of TEXT with PREFIX in front and END behind it. */
static void parse_with(const char *prefix, const char *text, const char *end)
{
	_cleanup_str_ struct str s = { 0 };
	while (*text != '\0') {
		size_t n = strcspn(text, "\n");
		str_add(&s, prefix);
		str_add_bytes(&s, text, n);
		str_add(&s, end);
		text += n + (text[n] == '\n');
	}
	parse(str_text(&s));
}

static const char report[] = "==================\n"
			     "WARNING: DATA RACE\n"
			     "Write at 0x00c0000b4010 by goroutine 9:\n"
			     "  main.(*T).withdraw()\n"
			     "      /src/app/main.go:63 +0x3e\n"
			     "  main.work.gowrap2()\n"
			     "      /src/app/main.go:49 +0x39\n"
			     "\n"
			     "Previous read at 0x00c0000b4010 by main goroutine:\n"
			     "  main.main()\n"
			     "      /src/app/main.go:12 +0x56\n"
			     "\n"
			     "Goroutine 9 (finished) created at:\n"
			     "  main.work()\n"
			     "      /src/app/main.go:49 +0x17a\n"
			     "==================\n";

static void assert_report(void)
{
	ck_assert_uint_eq(log_.race_count, 1);
	const struct golog_race *race = &log_.races[0];
	ck_assert_uint_eq(race->access_count, 2);
	const struct golog_access *write = &race->accesses[0], *read = &race->accesses[1];
	ck_assert(write->write && !write->previous && !write->main);
	ck_assert_uint_eq(write->number, 9);
	ck_assert_uint_eq(write->addr, 0xc0000b4010);
	ck_assert_uint_eq(write->stack.count, 2);
	ck_assert_str_eq(write->stack.frames[0].function, "main.(*T).withdraw");
	ck_assert_str_eq(write->stack.frames[0].file, "/src/app/main.go");
	ck_assert_int_eq(write->stack.frames[0].line, 63);
	ck_assert_uint_eq(write->stack.frames[0].offset, 0x3e);
	ck_assert(!read->write && read->previous && read->main);
	ck_assert_uint_eq(race->creation_count, 1);
	ck_assert(race->creations[0].finished);
	ck_assert_uint_eq(race->creations[0].number, 9);
	ck_assert_str_eq(race->creations[0].stack.frames[0].function, "main.work");
}

START_TEST(report_has_accesses_and_creations)
{
	parse(report);
	assert_report();
	ck_assert_uint_eq(log_.races[0].line, 2);
	ck_assert_int_eq(log_.races[0].pid, 0);
}
END_TEST

static const struct {
	const char *prefix, *end;
	int64_t pid;
} prefixes[] = {
	{ "", "\r\n", 0 },
	{ "Nov 30 02:16:18 host app[1234]: ", "\n", 1234 },
	{ "Nov  3 02:16:18 host app: ", "\n", 0 },
	{ "2026-11-30T02:16:18+0000 host app[77]: ", "\n", 77 },
	{ "2026-11-30T02:16:18.123456789Z stderr F ", "\n", 0 },
	{ "[pod/app-1/app] 2026-11-30T02:16:18.123456789Z ", "\n", 0 },
	{ "2026-11-30T02:16:18.1234567Z ", "\n", 0 },
	{ "web_1  | ", "\n", 0 },
	{ "{\"log\":\"", "\\n\",\"stream\":\"stderr\",\"time\":\"2026-11-30T02:16:18Z\"}\n", 0 },
	{ "{\"stream\": \"stderr\", \"tags\": [{\"log\": 1}, \"}\"], \"log\" : \"", "\\n\"}\n", 0 },
	{ "{\"_PID\":\"1234\",\"MESSAGE\":\"", "\",\"_UID\":\"0\"}\n", 1234 },
	{ "{\"level\":\"info\",\"message\":\"", "\"}\n", 0 },
	{ "\x1b[36mweb_1  |\x1b[0m ", "\n", 0 },
	{ "\x1b[36mweb-1  | \x1b[0m", "\n", 0 },
	{ "\x1b[31m", "\x1b[0m\n", 0 },
	{ "\t\t", "\n", 0 },
};

START_TEST(what_a_collector_puts_in_front_is_taken_off)
{
	parse_with(prefixes[_i].prefix, report, prefixes[_i].end);
	assert_report();
	ck_assert_int_eq(log_.races[0].pid, prefixes[_i].pid);
}
END_TEST

START_TEST(record_of_json_may_have_several_lines_and_escapes)
{
	parse("{\"message\":\"panic: \\u00e4 \\\"x\\\" \\u003cb\\u003e\\n\\ngoroutine 7 [running]:\\nmain.f()\\n\"}\n"
	      "{\"n\":1}\n{\"message\":7}\n{\"message\":\"panic: cut");
	ck_assert_uint_eq(log_.crash_count, 2);
	ck_assert_str_eq(log_.crashes[0].text, "\xc3\xa4 \"x\" <b>");
	ck_assert_uint_eq(log_.crashes[0].line, 1);
	ck_assert_uint_eq(log_.crashes[0].goroutine, 7);
	ck_assert_uint_eq(log_.crashes[1].line, 4);
	ck_assert_uint_eq(log_.lines, 4);
}
END_TEST

START_TEST(other_writers_lines_may_stand_in_front_of_the_signals_pc)
{
	parse("SIGABRT: abort\nhello\nPC=0x46e1a1 m=0 sigcode=0\n\ngoroutine 1 [running]:\n");
	ck_assert_uint_eq(log_.crash_count, 1);
	ck_assert_uint_eq(log_.crashes[0].fault_pc, 0x46e1a1);
}
END_TEST

START_TEST(lines_of_another_process_in_between_are_left_out)
{
	parse("Nov 30 02:16:18 h a[7]: WARNING: DATA RACE\n"
	      "Nov 30 02:16:18 h a[8]: ==================\n"
	      "Nov 30 02:16:18 h a[7]: Read at 0x10 by goroutine 3:\n"
	      "Nov 30 02:16:18 h a[8]:   main.other()\n"
	      "Nov 30 02:16:18 h a[8]:       /o.go:1 +0x1\n"
	      "Nov 30 02:16:18 h a[7]:   main.f()\n"
	      "Nov 30 02:16:18 h a[7]:       /a.go:1 +0x1\n"
	      "Nov 30 02:16:18 h a[7]: ==================\n");
	ck_assert_uint_eq(log_.race_count, 1);
	ck_assert_uint_eq(log_.races[0].accesses[0].stack.count, 1);
	ck_assert_str_eq(log_.races[0].accesses[0].stack.frames[0].function, "main.f");
}
END_TEST

START_TEST(stack_that_was_forgotten_is_empty)
{
	parse("WARNING: DATA RACE\nRead at 0x10 by goroutine 3:\n  [failed to restore the stack]\n\n"
	      "Previous write at 0x10 by goroutine 4:\n  main.f()\n      /a.go:1 +0x1\n");
	ck_assert_uint_eq(log_.race_count, 1);
	ck_assert_uint_eq(log_.races[0].accesses[0].stack.count, 0);
	ck_assert_uint_eq(log_.races[0].accesses[1].stack.count, 1);
}
END_TEST

START_TEST(report_that_breaks_off_is_kept_as_far_as_it_goes)
{
	parse("WARNING: DATA RACE\nWrite at 0x10 by goroutine 3:\n  main.f()\n");
	ck_assert_uint_eq(log_.race_count, 1);
	ck_assert_uint_eq(log_.races[0].accesses[0].stack.count, 0);
	parse("WARNING: DATA RACE\n");
	ck_assert_uint_eq(log_.race_count, 0);
}
END_TEST

START_TEST(many_reports_are_counted_and_not_all_kept)
{
	_cleanup_str_ struct str s = { 0 };
	for (unsigned i = 0; i < 1500; i++)
		str_add(&s, report);
	parse(str_text(&s));
	ck_assert_uint_eq(log_.race_total, 1500);
	ck_assert_uint_eq(log_.race_count, 1000);
}
END_TEST

/* --- crashes -----------------------------------------------------------------------------------
 */

static const struct {
	const char *log, *text;
	enum golog_crash_kind kind;
	uint64_t goroutine;
} crashes[] = {
	{ "panic: boom\n\ngoroutine 8 [running]:\nmain.f()\n", "boom", GOLOG_PANIC, 8 },
	{ "panic: one\n\tpanic: two\n\ngoroutine 1 [running]:\n", "one\n\tpanic: two", GOLOG_PANIC,
	  1 },
	{ "panic: runtime error: index out of range [5] with length 3\n\n"
	  "goroutine 1 gp=0xc0000081e0 m=0 mp=0x6ad1c0 [running]:\n",
	  "runtime error: index out of range [5] with length 3", GOLOG_PANIC, 1 },
	{ "panic: a\nb\n\nc\n\ngoroutine 2 [running]:\n", "a\nb\n\nc", GOLOG_PANIC, 2 },
	{ "panic: runtime error: nil\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 "
	  "pc=0x48f0a2]\n\ngoroutine 3 [running]:\n",
	  "runtime error: nil", GOLOG_PANIC, 3 },
	{ "fatal error: concurrent map writes\n\ngoroutine 4 [running]:\n", "concurrent map writes",
	  GOLOG_FATAL, 4 },
	{ "runtime: x\nfatal error: stack overflow\n\nruntime stack:\nruntime.throw()\n\n"
	  "goroutine 5 [running]:\n",
	  "stack overflow", GOLOG_FATAL, 5 },
	{ "panic: main.E(1)\n\tfatal error: concurrent map writes\n\ngoroutine 6 [running]:\n",
	  "concurrent map writes", GOLOG_FATAL, 6 },
	{ "SIGQUIT: quit\nPC=0x46e1a1 m=0 sigcode=0\n\ngoroutine 7 [chan receive]:\n",
	  "SIGQUIT: quit", GOLOG_SIGNAL, 7 },
};

START_TEST(text_goes_on_to_the_traceback)
{
	parse(crashes[_i].log);
	ck_assert_uint_eq(log_.crash_count, 1);
	ck_assert_str_eq(log_.crashes[0].text, crashes[_i].text);
	ck_assert_int_eq(log_.crashes[0].kind, crashes[_i].kind);
	ck_assert_uint_eq(log_.crashes[0].goroutine, crashes[_i].goroutine);
	ck_assert(log_.crashes[0].traced);
}
END_TEST

START_TEST(records_of_the_first_goroutine_are_read)
{
	parse("panic: x\n[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f0a2]\n\n"
	      "goroutine 8 gp=0xc0000081e0 m=3 mp=0xc000100008 [running]:\n");
	ck_assert_uint_eq(log_.crashes[0].g, 0xc0000081e0);
	ck_assert_uint_eq(log_.crashes[0].fault_pc, 0x48f0a2);
	ck_assert(log_.crashes[0].goroutine_running);
}
END_TEST

START_TEST(signal_that_threads_relay_is_one)
{
	parse("SIGQUIT: quit\nPC=0x46e1a1 m=0 sigcode=0\n\ngoroutine 0 [idle]:\nruntime.futex()\n\n"
	      "-----\n\nSIGQUIT: quit\nPC=0x46e1a1 m=1 sigcode=0\n\ngoroutine 1 [running]:\n");
	ck_assert_uint_eq(log_.crash_total, 1);
	ck_assert_uint_eq(log_.crashes[0].goroutine, 0);
}
END_TEST

START_TEST(without_a_traceback_it_is_one_line_of_anybody)
{
	parse("fatal error: stdio.h: No such file or directory\ncompilation terminated.\n");
	ck_assert_uint_eq(log_.crash_count, 1);
	ck_assert(!log_.crashes[0].traced);
	ck_assert_str_eq(log_.crashes[0].text, "stdio.h: No such file or directory");
}
END_TEST

START_TEST(word_that_is_not_at_the_beginning_is_no_crash)
{
	parse("recovered from panic: boom\nSIGNAL: ok\nSIGHUP: reload\nreloading\n  panic: x\n");
	ck_assert_uint_eq(log_.crash_count, 0);
}
END_TEST

START_TEST(last_of_many_crashes_is_kept)
{
	_cleanup_str_ struct str s = { 0 };
	for (unsigned i = 0; i < 100; i++)
		str_printf(&s, "panic: %u\n\ngoroutine 1 [running]:\n", i);
	parse(str_text(&s));
	ck_assert_uint_eq(log_.crash_total, 100);
	ck_assert_str_eq(log_.crashes[log_.crash_count - 1].text, "99");
}
END_TEST

START_TEST(processes_are_told_apart_by_what_is_in_front)
{
	parse("Nov 30 02:16:18 h a[7]: panic: x\nNov 30 02:16:18 h a[7]: \n"
	      "Nov 30 02:16:18 h a[7]: goroutine 1 [running]:\n"
	      "Nov 30 02:17:18 h a[8]: panic: y\nNov 30 02:17:18 h a[8]:\n"
	      "Nov 30 02:17:18 h a[8]: goroutine 1 [running]:\n");
	ck_assert_uint_eq(log_.crash_count, 2);
	ck_assert_uint_eq(log_.pid_count, 2);
	ck_assert_int_eq(log_.crashes[1].pid, 8);
}
END_TEST

/* --- bytes of any kind --------------------------------------------------------------------------
 */

START_TEST(long_line_is_cut_and_the_next_one_read)
{
	_cleanup_str_ struct str s = { 0 };
	for (unsigned i = 0; i < 300000; i++)
		str_add_char(&s, 'x');
	str_add(&s, "\n");
	str_add(&s, report);
	parse(str_text(&s));
	ck_assert_uint_eq(log_.long_lines, 1);
	assert_report();
}
END_TEST

START_TEST(bytes_that_are_no_text_do_no_harm)
{
	static const uint8_t bytes[] =
		"panic: \xff\xfe\x00\x80\n\ngoroutine 1 [running]:\n\x00\x00";
	golog_parse((struct bytes){ bytes, sizeof(bytes) - 1 }, &arena, &log_);
	ck_assert_uint_eq(log_.crash_count, 1);
	ck_assert_int_eq(memcmp(log_.crashes[0].text, "\xff\xfe", 2), 0);
}
END_TEST

START_TEST(nothing_is_in_an_empty_log)
{
	parse("");
	ck_assert_uint_eq(log_.lines + log_.race_count + log_.crash_count, 0);
}
END_TEST

START_TEST(file_that_is_missing_says_so)
{
	struct error err = ERROR_INIT;
	ck_assert(!golog_read("/nonexistent/log", &arena, &log_, &err));
	ck_assert_int_eq(err.code, ERROR_IO);
	ck_assert_str_eq(err.text, "/nonexistent/log: No such file or directory");
	ck_assert(!golog_read("/", &arena, &log_, &err));
	ck_assert_str_eq(err.text, "/: is a directory");
}
END_TEST

START_TEST(file_is_read)
{
	char path[] = "/tmp/test_golog.XXXXXX";
	struct error err = ERROR_INIT;
	int fd = mkstemp(path);
	ck_assert_int_eq(write(fd, report, sizeof(report) - 1), sizeof(report) - 1);
	close(fd);
	ck_assert(golog_read(path, &arena, &log_, &err));
	unlink(path);
	assert_report();
	ck_assert_uint_eq(log_.bytes, sizeof(report) - 1);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ report_has_accesses_and_creations, 0 },
		{ what_a_collector_puts_in_front_is_taken_off, rows_of(prefixes) },
		{ record_of_json_may_have_several_lines_and_escapes, 0 },
		{ other_writers_lines_may_stand_in_front_of_the_signals_pc, 0 },
		{ lines_of_another_process_in_between_are_left_out, 0 },
		{ stack_that_was_forgotten_is_empty, 0 },
		{ report_that_breaks_off_is_kept_as_far_as_it_goes, 0 },
		{ many_reports_are_counted_and_not_all_kept, 0 },
		{ text_goes_on_to_the_traceback, rows_of(crashes) },
		{ records_of_the_first_goroutine_are_read, 0 },
		{ signal_that_threads_relay_is_one, 0 },
		{ without_a_traceback_it_is_one_line_of_anybody, 0 },
		{ word_that_is_not_at_the_beginning_is_no_crash, 0 },
		{ last_of_many_crashes_is_kept, 0 },
		{ processes_are_told_apart_by_what_is_in_front, 0 },
		{ long_line_is_cut_and_the_next_one_read, 0 },
		{ bytes_that_are_no_text_do_no_harm, 0 },
		{ nothing_is_in_an_empty_log, 0 },
		{ file_that_is_missing_says_so, 0 },
		{ file_is_read, 0 },
	};
	return run_tests("golog", tests);
}
