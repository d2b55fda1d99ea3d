/* The command line as a table: what each command takes, and what is wrong usage. */
#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/path_map.h"
#include "cli/words.h"
#include "tests/unit/testrun.h"

enum { WORDS = 16 };

static struct options options;
static struct error err;
static char line[512];

/* Parses LINE, words separated by spaces, the command first. */
static bool parse(enum command_id command, const char *text)
{
	char *words[WORDS] = { NULL }, *rest = line;
	int count = 0;
	snprintf(line, sizeof(line), "%s %s", commands[command].name, text);
	for (char *word; (word = strsep(&rest, " ")) != NULL;)
		if (word[0] != '\0')
			words[count++] = word;
	err = (struct error)ERROR_INIT;
	return options_parse(&options, command, count, words, &err);
}

static void assert_usage(enum command_id command, const char *text, const char *part)
{
	ck_assert_msg(!parse(command, text), "accepted: %s", text);
	ck_assert_int_eq(err.code, ERROR_USAGE);
	ck_assert_msg(strstr(err.text, part) != NULL, "'%s' lacks '%s'", err.text, part);
}

START_TEST(core_alone_has_defaults)
{
	ck_assert(parse(COMMAND_ANALYZE, "core"));
	ck_assert_str_eq(options.core, "core");
	ck_assert_ptr_null(options.exe);
	ck_assert_int_eq(options.format, FORMAT_TEXT);
	ck_assert_int_eq(options.color, COLOR_AUTO);
	ck_assert(!options.force && !options.redact && !options.report.brief);
	ck_assert_uint_eq(options.fail_on_count, 0);
	ck_assert(options.min_wait_seconds < 0);
}
END_TEST

START_TEST(options_stand_anywhere)
{
	ck_assert(parse(COMMAND_ANALYZE, "core --format json bin --brief"));
	ck_assert_str_eq(options.exe, "bin");
	ck_assert_int_eq(options.format, FORMAT_JSON);
	ck_assert(options.report.brief && options.detect.brief);
}
END_TEST

START_TEST(letters_stand_for_names)
{
	ck_assert(parse(COMMAND_STACK, "-g 17 -fjson core"));
	ck_assert_uint_eq(options.goroutine, 17);
	ck_assert_int_eq(options.format, FORMAT_JSON);
}
END_TEST

START_TEST(two_dashes_end_the_options)
{
	ck_assert(parse(COMMAND_ANALYZE, "-- --brief"));
	ck_assert_str_eq(options.core, "--brief");
	ck_assert(!options.report.brief);
}
END_TEST

START_TEST(redact_holds_for_report_and_writers)
{
	ck_assert(parse(COMMAND_ANALYZE, "--redact core"));
	ck_assert(options.redact && options.report.redact);
}
END_TEST

START_TEST(help_needs_no_core)
{
	for (unsigned c = 0; c < COMMAND_COUNT; c++) {
		ck_assert(parse((enum command_id)c, "--help"));
		ck_assert(options.help);
	}
}
END_TEST

START_TEST(fail_on_takes_a_list)
{
	ck_assert(parse(COMMAND_ANALYZE, "--fail-on panic,deadlock/cycle --fail-on snapshot core"));
	ck_assert_uint_eq(options.fail_on_count, 3);
	ck_assert_int_eq(options.fail_on[0].class, CLASS_PANIC);
	ck_assert_ptr_null(options.fail_on[0].kind);
	ck_assert_int_eq(options.fail_on[1].class, CLASS_DEADLOCK);
	ck_assert_str_eq(options.fail_on[1].kind, "cycle");
	ck_assert_int_eq(options.fail_on[2].class, CLASS_SNAPSHOT);
}
END_TEST

START_TEST(skipped_classes_reach_the_report)
{
	ck_assert(parse(COMMAND_ANALYZE, "--skip panic --skip deadlock/self core"));
	ck_assert_uint_eq(options.report.skip_count, 2);
	ck_assert_str_eq(options.report.skip[1], "deadlock/self");
}
END_TEST

START_TEST(leak_threshold_has_a_count_and_a_share)
{
	ck_assert(parse(COMMAND_ANALYZE, "--leak-threshold 500 core"));
	ck_assert_uint_eq(options.detect.leak_count, 500);
	ck_assert(options.detect.leak_share == 0);
	ck_assert(parse(COMMAND_ANALYZE, "--leak-threshold 20,12.5% core"));
	ck_assert_uint_eq(options.detect.leak_count, 20);
	ck_assert(options.detect.leak_share == 0.125);
}
END_TEST

START_TEST(filters_are_lists)
{
	ck_assert(parse(COMMAND_GOROUTINES,
			"--status waiting,syscall --status running --wait chan --function f "
			"--label k=v --min-wait 1h30m core"));
	ck_assert_uint_eq(options.status.count, 3);
	ck_assert_str_eq(options.status.items[2], "running");
	ck_assert_str_eq(options.wait.items[0], "chan");
	ck_assert_str_eq(options.function.items[0], "f");
	ck_assert_str_eq(options.label.items[0], "k=v");
	ck_assert(options.min_wait_seconds == 5400);
}
END_TEST

START_TEST(words_of_gotraceback_are_taken)
{
	ck_assert(parse(COMMAND_GOROUTINES, "--format gotrace core"));
	ck_assert_int_eq(options.traceback, TRACEBACK_WORD_ALL);
	ck_assert(parse(COMMAND_GOROUTINES, "--format gotrace --traceback crash core"));
	ck_assert_int_eq(options.traceback, TRACEBACK_WORD_CRASH);
}
END_TEST

START_TEST(wrong_usage_is_named)
{
	assert_usage(COMMAND_ANALYZE, "", "needs a core");
	assert_usage(COMMAND_ANALYZE, "a b c", "too many arguments: 'c'");
	assert_usage(COMMAND_ANALYZE, "--brif core", "did you mean --brief?");
	assert_usage(COMMAND_ANALYZE, "--traceback all core", "one of goroutines");
	assert_usage(COMMAND_ANALYZE, "--format gotrace core", "no format gotrace");
	assert_usage(COMMAND_ANALYZE, "--skip panik core", "did you mean panic?");
	assert_usage(COMMAND_ANALYZE, "--fail-on panic/x core", "class panic has no kind 'x'");
	assert_usage(COMMAND_ANALYZE, "--path-map =x core", "not FROM=TO");
	assert_usage(COMMAND_STACK, "core", "-g ID");
	assert_usage(COMMAND_STACK, "-g x core", "no goroutine id");
	assert_usage(COMMAND_GOROUTINES, "--status asleep core", "none of idle, runnable");
	assert_usage(COMMAND_GOROUTINES, "--wait", "needs an argument: TEXT");
}
END_TEST

START_TEST(more_words_than_there_is_room_for_are_wrong_usage)
{
	enum { TOO_MANY = OPTION_WORDS_MAX + 1 };
	char *words[2 * TOO_MANY + 2] = { "goroutines" };
	char option[] = "--wait", text[] = "x", core[] = "core";
	for (int i = 0; i < TOO_MANY; i++) {
		words[1 + 2 * i] = option;
		words[2 + 2 * i] = text;
	}
	words[2 * TOO_MANY + 1] = core;
	ck_assert(!options_parse(&options, COMMAND_GOROUTINES, 2 * TOO_MANY + 2, words, &err));
	ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

START_TEST(first_path_map_that_fits_holds)
{
	_cleanup_str_ struct str buf = { 0 };
	ck_assert(parse(COMMAND_ANALYZE, "--path-map /a/b=/x --path-map /a=/y --path-map c= core"));
	ck_assert_str_eq(path_mapped(&options.report, "/a/b/f.go", &buf), "/x/f.go");
	ck_assert_str_eq(path_mapped(&options.report, "/a/f.go", &buf), "/y/f.go");
	ck_assert_str_eq(path_mapped(&options.report, "c/f.go", &buf), "/f.go");
	ck_assert_str_eq(path_mapped(&options.report, "d/f.go", &buf), "d/f.go");
	ck_assert_ptr_null(path_mapped(&options.report, NULL, &buf));
}
END_TEST

START_TEST(durations_are_sums_of_units)
{
	static const struct {
		const char *text;
		double seconds;
	} good[] = {
		{ "90s", 90 },	   { "5m", 300 },     { "1h30m", 5400 }, { "2d", 172800 },
		{ "1.5h", 5400 }, { "250ms", 0.25 }, { "0s", 0 },
	};
	static const char *const bad[] = { "", "5", "m", "5x", "5 m", "-5s", "5m5", "nan", "infs" };
	double seconds;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		ck_assert(duration_parse(good[i].text, &seconds));
		ck_assert(seconds == good[i].seconds);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(!duration_parse(bad[i], &seconds), "accepted: %s", bad[i]);
}
END_TEST

START_TEST(near_misses_are_guessed_and_others_not)
{
	static const char *const words[] = { "analyze", "info", "goroutines", NULL };
	ck_assert_str_eq(word_meant("analyse", words), "analyze");
	ck_assert_str_eq(word_meant("gorutines", words), "goroutines");
	ck_assert_str_eq(word_meant("inof", words), "info");
	ck_assert_str_eq(word_meant("gorou", words), "goroutines");
	ck_assert_ptr_null(word_meant("frobnicate", words));
	ck_assert_ptr_null(word_meant("", words));
}
END_TEST

START_TEST(an_expression_stands_before_the_files)
{
	ck_assert(parse(COMMAND_PRINT, "-g 7 -f 2 s.cfg core exe"));
	ck_assert_str_eq(options.operand, "s.cfg");
	ck_assert_str_eq(options.core, "core");
	ck_assert_str_eq(options.exe, "exe");
	ck_assert_uint_eq(options.goroutine, 7);
	ck_assert(options.frame_given);
	ck_assert_uint_eq(options.frame, 2);
	assert_usage(COMMAND_PRINT, "s.cfg", "needs a core");
	assert_usage(COMMAND_PRINT, "a b c d", "too many arguments");
}
END_TEST

START_TEST(an_expression_may_stand_behind_files_that_are_there)
{
	ck_assert(parse(COMMAND_PRINT, "/dev/null /dev/zero s.cfg"));
	ck_assert_str_eq(options.operand, "s.cfg");
	ck_assert_str_eq(options.core, "/dev/null");
	ck_assert_str_eq(options.exe, "/dev/zero");
}
END_TEST

START_TEST(numbers_have_bounds)
{
	ck_assert(parse(COMMAND_STACK, "-g 1 --locals --depth 0 --elements 9 core"));
	ck_assert(options.locals && options.depth_given);
	ck_assert_uint_eq(options.depth, 0);
	ck_assert_uint_eq(options.elements, 9);
	assert_usage(COMMAND_STACK, "-g 1 --depth 21 core", "--depth");
	assert_usage(COMMAND_STACK, "-g 1 --depth -1 core", "--depth");
	assert_usage(COMMAND_STACK, "-g 1 --elements 0 core", "--elements");
	assert_usage(COMMAND_MEMORY, "-n 0x10 0 core", "--length");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		core_alone_has_defaults,
		options_stand_anywhere,
		letters_stand_for_names,
		two_dashes_end_the_options,
		redact_holds_for_report_and_writers,
		help_needs_no_core,
		fail_on_takes_a_list,
		skipped_classes_reach_the_report,
		leak_threshold_has_a_count_and_a_share,
		filters_are_lists,
		words_of_gotraceback_are_taken,
		wrong_usage_is_named,
		more_words_than_there_is_room_for_are_wrong_usage,
		first_path_map_that_fits_holds,
		durations_are_sums_of_units,
		near_misses_are_guessed_and_others_not,
		an_expression_stands_before_the_files,
		an_expression_may_stand_behind_files_that_are_there,
		numbers_have_bounds,
	};
	return test_run("options", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
