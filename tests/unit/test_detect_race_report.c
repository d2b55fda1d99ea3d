/* data-race/race-report: reports in a log, held against the core. */
#include "formats/golog.h"
#include "tests/unit/detecting.h"

#define REPORT                                                                                     \
	"==================\n"                                                                     \
	"WARNING: DATA RACE\n"                                                                     \
	"Write at 0x00c000200010 by goroutine 9:\n"                                                \
	"  main.withdraw()\n"                                                                      \
	"      /src/app/bank.go:63 +0x3e\n"                                                        \
	"\n"                                                                                       \
	"Previous write at 0x00c000200010 by goroutine 7:\n"                                       \
	"  main.deposit()\n"                                                                       \
	"      /src/app/bank.go:56 +0x56\n"                                                        \
	"\n"                                                                                       \
	"Goroutine 9 (running) created at:\n"                                                      \
	"  main.main()\n"                                                                          \
	"      /src/app/main.go:12 +0x17a\n"                                                       \
	"\n"                                                                                       \
	"Goroutine 7 (finished) created at:\n"                                                     \
	"  main.main()\n"                                                                          \
	"      /src/app/main.go:11 +0x106\n"                                                       \
	"==================\n"
#define BOOM "panic: boom\n\ngoroutine 2 [running]:\nmain.f()\n"
#define BANG "panic: bang\n\ngoroutine 2 [running]:\nmain.f()\n"

static struct golog log_;
static struct report_options options;

static const struct finding *found(void)
{
	for (size_t i = 0; i < report.finding_count; i++)
		if (report.findings[i].kind != NULL &&
		    strcmp(report.findings[i].kind, "race-report") == 0)
			return &report.findings[i];
	return NULL;
}

static size_t count_found(void)
{
	size_t count = 0;
	for (size_t i = 0; i < report.finding_count; i++)
		count += strcmp(report.findings[i].detector, "race-report") == 0;
	return count;
}

/* With TEXT as the log. */
static void analyze_with(const char *text)
{
	golog_parse((struct bytes){ (const uint8_t *)text, strlen(text) }, &fake.arena, &log_);
	log_.path = "log";
	options = (struct report_options){ .log = &log_ };
	fake.snapshot.race = true;
	fake.address.text = "in the Go heap";
	analyze(&options);
}

static bool has_caveat(const char *part)
{
	for (size_t i = 0; i < fake.caveats.count; i++)
		if (strcmp(fake.caveats.items[i].about, "log") == 0 &&
		    strstr(fake.caveats.items[i].text, part) != NULL)
			return true;
	return false;
}

/* Goroutine 1, created on LINE of main.main, waits in main.withdraw. */
static struct fake_goroutine *withdrawer(const char *created_by)
{
	struct fake_goroutine *facts = fake_facts(
		&fake, fake_add(&fake, G_WAITING, "select", "runtime.gopark;main.withdraw;main.w"));
	facts->created_by = created_by;
	facts->started_by = "main.withdraw";
	return facts;
}

/* On goroutine 2, if no more than one was there. */
static void panicked(void)
{
	if (fake.snapshot.goroutine_count == 0)
		fake_add(&fake, G_WAITING, "sleep", "runtime.gopark;main.sleep");
	fake_panicked(&fake, "string", "boom", "panic;main.f:3;main.main");
}

/* --- whose report it is ----------------------------------------------------------------------- */

START_TEST(text_of_the_end_and_a_goroutine_make_it_certain)
{
	withdrawer("main.main:12");
	panicked();
	analyze_with(REPORT BOOM);
	ck_assert_ptr_nonnull(found());
	ck_assert_int_eq(found()->confidence, CERTAIN);
	ck_assert_str_eq(report.verdict->kind, "value");
	ck_assert_int_eq(report.log_verdict, LOG_AGREES);
	ck_assert(has_evidence(report.verdict, "has the text of this end, of the same goroutine"));
	ck_assert(has_evidence(found(), "goroutine 1 of the core (select)"));
	ck_assert(has_evidence(found(), "the detector's goroutine 7, which had ended"));
	ck_assert_uint_eq(found()->goroutine_count, 1);
	ck_assert_uint_eq(fake.caveats.count, 0);
}
END_TEST

START_TEST(text_of_the_end_alone_makes_it_likely)
{
	panicked();
	analyze_with(REPORT BOOM);
	ck_assert_int_eq(found()->confidence, LIKELY);
	ck_assert(has_evidence(found(), "which has ended since"));
}
END_TEST

START_TEST(goroutine_alone_makes_it_likely)
{
	withdrawer("main.main:12");
	panicked();
	analyze_with(REPORT);
	ck_assert_int_eq(found()->confidence, LIKELY);
	ck_assert(has_caveat("the text with which the process ended is not in it"));
}
END_TEST

START_TEST(code_alone_makes_it_possible)
{
	panicked();
	analyze_with(REPORT);
	ck_assert_int_eq(found()->confidence, POSSIBLE);
}
END_TEST

START_TEST(same_end_twice_is_not_certain)
{
	withdrawer("main.main:12");
	panicked();
	analyze_with(BOOM REPORT BOOM);
	ck_assert_int_eq(found()->confidence, LIKELY);
}
END_TEST

START_TEST(number_of_the_process_makes_it_certain)
{
	static const char prefixed[] = "Nov 30 02:16:18 h a[77]: WARNING: DATA RACE\n"
				       "Nov 30 02:16:18 h a[77]: Read at 0x10 by goroutine 3:\n"
				       "Nov 30 02:16:18 h a[77]:   main.f()\n"
				       "Nov 30 02:16:18 h a[77]:       /a.go:1 +0x1\n"
				       "Nov 30 02:16:18 h a[78]: WARNING: DATA RACE\n"
				       "Nov 30 02:16:18 h a[78]: Read at 0x10 by goroutine 3:\n"
				       "Nov 30 02:16:18 h a[78]:   main.g()\n"
				       "Nov 30 02:16:18 h a[78]:       /a.go:2 +0x1\n";
	panicked();
	report.core.pid = 77;
	analyze_with(prefixed);
	ck_assert_uint_eq(count_found(), 1);
	ck_assert_int_eq(found()->confidence, CERTAIN);
	ck_assert(has_caveat("1 of its race reports"));
	report.core.pid = 0;
}
END_TEST

START_TEST(reports_of_the_same_places_are_one)
{
	panicked();
	analyze_with(REPORT REPORT BOOM);
	ck_assert_uint_eq(count_found(), 1);
	ck_assert(has_evidence(found(), "the first of 2 reports"));
}
END_TEST

START_TEST(only_what_follows_the_crash_before_is_of_this_run)
{
	panicked();
	analyze_with(REPORT BANG BOOM);
	ck_assert_ptr_null(found());
	ck_assert(has_caveat("1 of its race reports"));
	ck_assert(has_caveat("2 crashes are in it"));
}
END_TEST

/* --- which goroutine -------------------------------------------------------------------------- */

START_TEST(one_of_several_is_said_to_be)
{
	withdrawer("main.main:12");
	withdrawer("main.main:12");
	panicked();
	analyze_with(REPORT BOOM);
	ck_assert(has_evidence(found(), "one of 2 goroutines that were created there"));
	ck_assert_uint_eq(found()->goroutine_count, 0);
}
END_TEST

START_TEST(object_on_the_stack_chooses_among_them)
{
	withdrawer("main.main:12");
	withdrawer("main.main:12")->mentions = 0xc000200010;
	panicked();
	analyze_with(REPORT BOOM);
	ck_assert(has_evidence(found(), "goroutine 2 of the core (select), which alone"));
}
END_TEST

START_TEST(variable_is_named)
{
	fake.memory_name = (struct memory_name){ "a.balance", "*main.account", "main.withdraw" };
	panicked();
	analyze_with(REPORT BOOM);
	ck_assert_ptr_nonnull(strstr(found()->title, "write of a.balance in main.withdraw"));
	ck_assert(has_evidence(found(), "it is a.balance in main.withdraw (*main.account)"));
}
END_TEST

START_TEST(other_places_of_creation_are_no_match)
{
	withdrawer("main.main:13");
	withdrawer("main.other:12");
	withdrawer("main.main:12")->started_by = "main.other";
	panicked();
	analyze_with(REPORT);
	ck_assert_int_eq(found()->confidence, POSSIBLE);
}
END_TEST

/* --- the verdict ------------------------------------------------------------------------------ */

START_TEST(it_is_the_verdict_of_a_live_process)
{
	withdrawer("main.main:12");
	analyze_with(REPORT);
	ck_assert_str_eq(report.verdict->kind, "race-report");
	ck_assert_int_eq(report.verdict->confidence, LIKELY);
	ck_assert_uint_eq(report.verdict->other_count, 1);
}
END_TEST

START_TEST(what_is_only_possible_is_no_verdict)
{
	fake_add(&fake, G_WAITING, "select", "runtime.gopark;main.main");
	analyze_with(REPORT);
	ck_assert_str_eq(report.verdict->kind, "live");
	ck_assert_ptr_nonnull(found());
}
END_TEST

/* --- near misses ------------------------------------------------------------------------------ */

START_TEST(code_of_another_program_is_none)
{
	fake.no_places = true;
	panicked();
	analyze_with(REPORT BOOM);
	ck_assert_ptr_null(found());
	ck_assert(has_caveat("another process or another build"));
}
END_TEST

#define MAP_REPORT                                                                                 \
	"==================\n"                                                                     \
	"WARNING: DATA RACE\n"                                                                     \
	"Write at 0x00c000200010 by goroutine 9:\n"                                                \
	"  runtime.mapassign_faststr()\n"                                                          \
	"      /go/src/runtime/map_faststr.go:203 +0x0\n"                                          \
	"  main.withdraw()\n"                                                                      \
	"      /src/app/bank.go:63 +0x3e\n"                                                        \
	"\n"                                                                                       \
	"Previous write at 0x00c000200010 by goroutine 7:\n"                                       \
	"  runtime.mapassign_faststr()\n"                                                          \
	"      /go/src/runtime/map_faststr.go:203 +0x0\n"                                          \
	"  main.deposit()\n"                                                                       \
	"      /src/app/bank.go:56 +0x56\n"                                                        \
	"\n"                                                                                       \
	"Goroutine 9 (running) created at:\n"                                                      \
	"  main.main()\n"                                                                          \
	"      /src/app/main.go:12 +0x17a\n"                                                       \
	"==================\n"

START_TEST(code_of_the_runtime_alone_is_of_any_program)
{
	fake.place = "runtime.mapassign_faststr";
	withdrawer("main.main:12");
	panicked();
	analyze_with(MAP_REPORT BOOM);
	ck_assert_ptr_null(found());
	ck_assert(has_caveat("another process or another build"));
}
END_TEST

START_TEST(place_of_creation_alone_is_not_its_code)
{
	fake.place = "main.main";
	withdrawer("main.main:12");
	panicked();
	analyze_with(REPORT BOOM);
	ck_assert_ptr_null(found());
}
END_TEST

START_TEST(one_access_that_is_no_code_of_the_program_is_not_certain)
{
	fake.place = "main.withdraw";
	withdrawer("main.main:12");
	panicked();
	analyze_with(MAP_REPORT BOOM);
	ck_assert_int_eq(found()->confidence, LIKELY);
}
END_TEST

START_TEST(program_without_the_detector_has_no_reports)
{
	struct build_setting setting = { "CGO_ENABLED", "0" };
	panicked();
	fake.snapshot.buildinfo.settings = &setting;
	fake.snapshot.buildinfo.setting_count = 1;
	golog_parse((struct bytes){ (const uint8_t *)REPORT, strlen(REPORT) }, &fake.arena, &log_);
	options = (struct report_options){ .log = &log_ };
	analyze(&options);
	ck_assert_ptr_null(found());
	ck_assert(has_caveat("built without -race"));
}
END_TEST

START_TEST(log_of_another_end_is_a_caveat)
{
	withdrawer("main.main:12");
	panicked();
	analyze_with(REPORT BANG);
	ck_assert_int_eq(report.log_verdict, LOG_CONTRADICTS);
	ck_assert(has_caveat("\"bang\" on goroutine 2, that is not the one of the core, \"boom\""));
	ck_assert(fake.caveats.weakened);
	ck_assert_int_eq(found()->confidence, POSSIBLE);
}
END_TEST

START_TEST(same_text_of_another_goroutine_is_another_end)
{
	fake_add(&fake, G_WAITING, "select", "runtime.gopark;main.main");
	fake_add(&fake, G_WAITING, "select", "runtime.gopark;main.main");
	panicked();
	analyze_with(BOOM);
	ck_assert_int_eq(report.log_verdict, LOG_CONTRADICTS);
}
END_TEST

START_TEST(words_of_the_program_stay_out_of_a_redacted_caveat)
{
	panicked();
	golog_parse((struct bytes){ (const uint8_t *)BANG, strlen(BANG) }, &fake.arena, &log_);
	options = (struct report_options){ .log = &log_, .redact = true };
	analyze(&options);
	ck_assert_int_eq(report.log_verdict, LOG_CONTRADICTS);
	ck_assert(has_caveat("is of another process"));
	ck_assert(!has_caveat("bang") && !has_caveat("boom"));
}
END_TEST

START_TEST(crash_in_the_log_of_a_live_process_is_a_note)
{
	fake_add(&fake, G_WAITING, "select", "runtime.gopark;main.main");
	analyze_with(BOOM);
	ck_assert_int_eq(report.log_verdict, LOG_SILENT);
	ck_assert(has_caveat("it came later"));
	ck_assert(!fake.caveats.weakened);
}
END_TEST

START_TEST(without_a_log_the_detector_is_not_mentioned)
{
	panicked();
	analyze(NULL);
	for (size_t i = 0; i < report.detector_count; i++)
		ck_assert_str_ne(report.detectors[i].name, "race-report");
	ck_assert_ptr_null(report.log);
}
END_TEST

/* --- texts that agree ------------------------------------------------------------------------- */

START_TEST(chains_agree_whatever_the_tabs)
{
	fake_death(&fake, DEATH_PANIC, "panic;main.f:3;main.main");
	fake_panic(&fake, "string", "one\n\ttwo");
	fake_panic(&fake, "string", "three");
	analyze_with("panic: one\ntwo\n\tpanic: three\n\ngoroutine 1 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_AGREES);
}
END_TEST

START_TEST(fatal_errors_agree_by_their_text)
{
	fake_threw(&fake, DEATH_FATAL, "concurrent map writes", NULL,
		   "runtime.fatal;main.f;main.main");
	analyze_with("fatal error: concurrent map writes\n\ngoroutine 1 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_AGREES);
}
END_TEST

START_TEST(panic_is_no_fatal_error_of_the_same_words)
{
	fake_threw(&fake, DEATH_FATAL, "concurrent map writes", NULL,
		   "runtime.fatal;main.f;main.main");
	analyze_with("panic: concurrent map writes\n\ngoroutine 1 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_CONTRADICTS);
}
END_TEST

/* --- texts between which other writers' lines stand --- */

START_TEST(lines_of_others_in_between_do_not_make_it_another_end)
{
	panicked();
	analyze_with("panic: boom\nINFO request\n\ngoroutine 2 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_AGREES);
	ck_assert(!fake.caveats.weakened);
}
END_TEST

START_TEST(mixed_lines_prove_no_race_report)
{
	withdrawer("main.main:12");
	panicked();
	analyze_with(REPORT "panic: boom\nINFO request\n\ngoroutine 2 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_AGREES);
	ck_assert_int_eq(found()->confidence, LIKELY);
}
END_TEST

START_TEST(first_line_has_to_be_the_first)
{
	panicked();
	analyze_with("panic: bang\nboom\n\ngoroutine 2 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_CONTRADICTS);
}
END_TEST

START_TEST(part_of_the_text_is_another_end)
{
	fake_death(&fake, DEATH_PANIC, "panic;main.f:3;main.main");
	fake_panic(&fake, "string", "one\n\ttwo\n\tthree");
	analyze_with("panic: one\nINFO\nthree\n\ngoroutine 1 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_CONTRADICTS);
}
END_TEST

START_TEST(mixed_lines_of_another_goroutine_are_another_end)
{
	panicked();
	analyze_with("panic: boom\nINFO request\n\ngoroutine 77 [running]:\n");
	ck_assert_int_eq(report.log_verdict, LOG_CONTRADICTS);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ text_of_the_end_and_a_goroutine_make_it_certain, 0 },
		{ text_of_the_end_alone_makes_it_likely, 0 },
		{ goroutine_alone_makes_it_likely, 0 },
		{ code_alone_makes_it_possible, 0 },
		{ same_end_twice_is_not_certain, 0 },
		{ number_of_the_process_makes_it_certain, 0 },
		{ reports_of_the_same_places_are_one, 0 },
		{ only_what_follows_the_crash_before_is_of_this_run, 0 },
		{ one_of_several_is_said_to_be, 0 },
		{ object_on_the_stack_chooses_among_them, 0 },
		{ variable_is_named, 0 },
		{ other_places_of_creation_are_no_match, 0 },
		{ it_is_the_verdict_of_a_live_process, 0 },
		{ what_is_only_possible_is_no_verdict, 0 },
		{ code_of_another_program_is_none, 0 },
		{ code_of_the_runtime_alone_is_of_any_program, 0 },
		{ place_of_creation_alone_is_not_its_code, 0 },
		{ one_access_that_is_no_code_of_the_program_is_not_certain, 0 },
		{ program_without_the_detector_has_no_reports, 0 },
		{ log_of_another_end_is_a_caveat, 0 },
		{ same_text_of_another_goroutine_is_another_end, 0 },
		{ words_of_the_program_stay_out_of_a_redacted_caveat, 0 },
		{ crash_in_the_log_of_a_live_process_is_a_note, 0 },
		{ without_a_log_the_detector_is_not_mentioned, 0 },
		{ chains_agree_whatever_the_tabs, 0 },
		{ fatal_errors_agree_by_their_text, 0 },
		{ panic_is_no_fatal_error_of_the_same_words, 0 },
		{ lines_of_others_in_between_do_not_make_it_another_end, 0 },
		{ mixed_lines_prove_no_race_report, 0 },
		{ first_line_has_to_be_the_first, 0 },
		{ part_of_the_text_is_another_end, 0 },
		{ mixed_lines_of_another_goroutine_are_another_end, 0 },
	};
	return run_tests("detect_race_report", tests);
}
