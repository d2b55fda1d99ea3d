/* The report as a whole: skipped detectors, counts, redaction, what --fail-on asks. */
#include "analyzer/detector.h"
#include "tests/unit/detecting.h"

#define STACK "panic;main.work:12;main.main"

static const char *reason_of(const char *name)
{
	for (size_t i = 0; i < report.detector_count; i++)
		if (strcmp(report.detectors[i].name, name) == 0)
			return report.detectors[i].reason;
	return "not in the list";
}

static const struct finding *skip(const char *word)
{
	const char *words[] = { word };
	const struct report_options options = { .skip = words, .skip_count = 1 };
	return analyze(&options);
}

START_TEST(all_detectors_are_accounted_for)
{
	const struct golog log = { .path = "log" };
	const struct report_options options = { .log = &log };
	analyze(&options);
	ck_assert_uint_eq(report.detector_count, detector_count);
	for (size_t i = 0; i < detector_count; i++)
		ck_assert_str_eq(report.detectors[i].name, detectors[i].name);
}
END_TEST

START_TEST(skipped_class_is_said_and_not_found)
{
	fake_panicked(&fake, "string", "boom", STACK);
	ck_assert_int_eq(skip("panic")->class, CLASS_UNKNOWN);
	ck_assert_str_eq(reason_of("panic"), "--skip");
	ck_assert_uint_eq(report.detector_count, detector_count - 1); /* there is no log */
	ck_assert_str_eq(report.verdict->message, "boom");
	ck_assert(has_line(&report.verdict->explanation, "--skip"));
}
END_TEST

START_TEST(skipped_kind_is_said_and_not_found)
{
	fake_panicked(&fake, "string", "boom", STACK);
	ck_assert_int_eq(skip("panic/value")->class, CLASS_UNKNOWN);
	ck_assert_ptr_null(reason_of("panic"));
	ck_assert_str_eq(reason_of("panic/value"), "--skip");
}
END_TEST

START_TEST(other_kinds_are_still_found)
{
	fake_panicked(&fake, "string", "boom", STACK);
	ck_assert_int_eq(skip("panic/error")->class, CLASS_PANIC);
}
END_TEST

START_TEST(only_kind_of_a_detector_is_all_of_it)
{
	skip("goroutine-leak/suspected");
	ck_assert_str_eq(reason_of("goroutine-leak"), "--skip");
	skip("data-race/race-report");
	ck_assert_str_eq(reason_of("race-report"), "--skip");
	skip("snapshot/live");
	ck_assert_str_eq(reason_of("snapshot"), "--skip");
}
END_TEST

START_TEST(wrong_word_is_refused)
{
	struct error err = ERROR_INIT;
	const char *words[] = { "panics" };
	const struct report_options options = { .skip = words, .skip_count = 1 };
	ck_assert(!report_make(&fake.snapshot, &options, &fake.arena, &report, &err));
	ck_assert_int_eq(err.code, ERROR_USAGE);
}
END_TEST

START_TEST(nothing_readable_skips_the_leak)
{
	analyze(NULL);
	ck_assert_ptr_nonnull(reason_of("goroutine-leak"));
}
END_TEST

START_TEST(statuses_and_waits_are_counted)
{
	fake_crowd(&fake, 3, "chan receive", "runtime.gopark;main.a", 0, 0);
	fake_crowd(&fake, 5, "select", "runtime.gopark;main.b", 0, 0);
	fake_add(&fake, G_RUNNABLE, "", "main.c");
	fake.snapshot.dead = 4;
	analyze(NULL);
	ck_assert_uint_eq(report.goroutines_total, 9);
	ck_assert_uint_eq(report.goroutines_dead, 4);
	ck_assert_uint_eq(report.by_status_count, 2);
	ck_assert_str_eq(report.by_status[0].name, "runnable");
	ck_assert_uint_eq(report.by_status[1].count, 8);
	ck_assert_str_eq(report.by_wait[0].name, "select");
	ck_assert_uint_eq(report.by_wait[1].count, 3);
	ck_assert_uint_eq(report.group_count, 3);
	ck_assert_str_eq(report.groups[0].wait, "select");
	ck_assert_uint_eq(report.groups[0].trace.count, 2);
}
END_TEST

START_TEST(brief_has_no_groups)
{
	const struct report_options options = { .brief = true };
	fake_crowd(&fake, 3, "chan receive", "runtime.gopark;main.a", 0, 0);
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(&options);
	ck_assert_uint_eq(report.group_count, 0);
	ck_assert_uint_eq(fake.stack_walks, 0);
	ck_assert_str_eq(culprit(), "main.work");
}
END_TEST

START_TEST(many_different_stacks_are_walked_as_they_are_written)
{
	char *deep = arena_alloc(&fake.arena, 30000);
	for (size_t i = 0; i < 2000; i++)
		strcpy(deep + strlen(deep), "main.f;");
	for (size_t i = 0; i < 150; i++)
		fake_add(&fake, G_WAITING, "sleep", deep)->gopc = i;
	analyze(NULL);
	ck_assert(!report.groups[0].lazy);
	ck_assert(report.groups[149].lazy);
	ck_assert_uint_eq(report.groups[149].trace.count, 0);
	for (size_t i = 0; i < 150; i += 149) {
		struct trace trace;
		report_group_trace(&report, &report.groups[i], &fake.arena, &trace);
		ck_assert_uint_eq(trace.count, 2000);
	}
}
END_TEST

START_TEST(verdict_from_outside_tells_the_signal)
{
	fake_crowd(&fake, 1000, "chan receive", "runtime.gopark;main.a", 0xc000500000, 96);
	fake_death(&fake, DEATH_SIGNAL, "main.idle;main.main");
	fake_fault(&fake, 3, 0, 0, 0x480000);
	analyze(NULL);
	ck_assert_int_eq(report.verdict->class, CLASS_GOROUTINE_LEAK);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
	ck_assert_int_eq(report.verdict->signal->number, 3);
	ck_assert_uint_eq(report.alternative_count, 1);
	ck_assert_int_eq(report.alternatives[0]->class, CLASS_EXTERNAL_SIGNAL);
}
END_TEST

/* --- redaction --- */

#define SECRET "the secret of user 4711"

static bool holds(const char *text)
{
	return text != NULL && strstr(text, "secret") != NULL;
}

static bool finding_holds(const struct finding *finding)
{
	for (size_t i = 0; i < finding->explanation.count; i++)
		if (holds(finding->explanation.items[i]))
			return true;
	return holds(finding->title) || holds(finding->message) || has_evidence(finding, "secret");
}

static void redact(void)
{
	const struct report_options options = { .redact = true };
	analyze(&options);
	ck_assert(report.redacted);
	for (size_t i = 0; i < report.finding_count; i++)
		ck_assert(!finding_holds(&report.findings[i]));
	const struct death *death = &report.snapshot->death;
	for (size_t i = 0; i < death->panics.count; i++) {
		ck_assert(!holds(death->panics.items[i].text));
		ck_assert(!holds(death->panics.items[i].printed));
	}
	ck_assert(!holds(death->fatal_text) && !holds(death->fatal_preamble));
}

START_TEST(values_go_and_types_stay)
{
	fake_panicked(&fake, "*main.MyErr", SECRET, STACK);
	fake.panics[0].is_error = true;
	fake.panics[0].printed = SECRET " [recovered]";
	fake_panic(&fake, "string", "another " SECRET);
	redact();
	ck_assert_str_eq(report.verdict->kind, "error");
	ck_assert_str_eq(report.verdict->message, "<redacted *main.MyErr, 23 bytes> [recovered]\n"
						  "\tpanic: <redacted string, 31 bytes>");
	ck_assert_str_eq(fake.snapshot.death.panics.items[0].text, SECRET);
}
END_TEST

START_TEST(runtimes_own_text_stays_without_numbers)
{
	fake_panicked(&fake, "runtime.boundsError",
		      "runtime error: index out of range [7] with length 5", STACK);
	redact();
	ck_assert_str_eq(report.verdict->message,
			 "runtime error: index out of range [_] with length _");
	ck_assert_str_eq(report.verdict->kind, "index-out-of-range");
}
END_TEST

START_TEST(negative_waitgroup_keeps_its_kind)
{
	fake_panicked(&fake, "string", "sync: negative WaitGroup counter",
		      "panic;sync.(*WaitGroup).Add;main.work;main.main");
	redact();
	ck_assert_str_eq(report.verdict->kind, "negative-waitgroup");
}
END_TEST

START_TEST(value_quoted_by_a_fatal_error_goes)
{
	fake_threw(
		&fake, DEATH_THROW, "panic while printing panic value: " SECRET, NULL,
		"runtime.throw;runtime.preprintpanics.func1;panic;main.(*E).Error;panic;main.work");
	fake_panic(&fake, "*main.E", "(*main.E) 0xc000012000")->is_error = true;
	redact();
	ck_assert_str_eq(report.verdict->message,
			 "panic while printing panic value: <redacted string, 23 bytes>");
}
END_TEST

START_TEST(panic_before_a_fatal_error_goes)
{
	fake_threw(&fake, DEATH_FATAL, "sync: unlock of unlocked mutex", "panic: " SECRET,
		   "sync.fatal;main.work;main.main");
	redact();
	ck_assert_str_eq(report.verdict->message,
			 "sync: unlock of unlocked mutex\n<redacted, 30 bytes>");
}
END_TEST

/* --- --fail-on --- */

START_TEST(verdict_counts_however_sure)
{
	fake_death(&fake, DEATH_PANIC, STACK);
	analyze(NULL);
	ck_assert(report_has(&report, CLASS_PANIC, NULL));
	ck_assert(report_has(&report, CLASS_PANIC, "value"));
	ck_assert(!report_has(&report, CLASS_PANIC, "error"));
	ck_assert(!report_has(&report, CLASS_DATA_RACE, NULL));
}
END_TEST

START_TEST(findings_count_if_likely)
{
	fake_crowd(&fake, 1000, "chan receive", "runtime.gopark;main.a", 0xc000500000, 96);
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	ck_assert(report_has(&report, CLASS_GOROUTINE_LEAK, "suspected"));
}
END_TEST

START_TEST(findings_that_are_only_possible_do_not_count)
{
	fake_crowd(&fake, 1000, "chan receive", "runtime.gopark;main.a", 0, 0);
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	ck_assert_uint_eq(report.finding_count, 2);
	ck_assert(!report_has(&report, CLASS_GOROUTINE_LEAK, NULL));
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ all_detectors_are_accounted_for, 0 },
		{ skipped_class_is_said_and_not_found, 0 },
		{ skipped_kind_is_said_and_not_found, 0 },
		{ other_kinds_are_still_found, 0 },
		{ only_kind_of_a_detector_is_all_of_it, 0 },
		{ wrong_word_is_refused, 0 },
		{ nothing_readable_skips_the_leak, 0 },
		{ statuses_and_waits_are_counted, 0 },
		{ brief_has_no_groups, 0 },
		{ many_different_stacks_are_walked_as_they_are_written, 0 },
		{ verdict_from_outside_tells_the_signal, 0 },
		{ values_go_and_types_stay, 0 },
		{ runtimes_own_text_stays_without_numbers, 0 },
		{ negative_waitgroup_keeps_its_kind, 0 },
		{ value_quoted_by_a_fatal_error_goes, 0 },
		{ panic_before_a_fatal_error_goes, 0 },
		{ verdict_counts_however_sure, 0 },
		{ findings_count_if_likely, 0 },
		{ findings_that_are_only_possible_do_not_count, 0 },
	};
	return run_tests("report", tests);
}
