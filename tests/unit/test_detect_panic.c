/* panic: the kind follows from the type of the value, never from a program's text. */
#include "tests/unit/detecting.h"

#define STACK "panic;main.work:12;main.main"

/* What the runtime panics with, by type and text. */
static const struct {
	const char *type, *text, *kind;
} runtimes[] = {
	{ "runtime.boundsError", "runtime error: index out of range [7] with length 5",
	  "index-out-of-range" },
	{ "runtime.boundsError", "runtime error: index out of range [-1]", "index-out-of-range" },
	{ "runtime.boundsError", "runtime error: slice bounds out of range [:7] with capacity 5",
	  "slice-bounds" },
	{ "runtime.boundsError",
	  "runtime error: cannot convert slice with length 2 to array or pointer to array with "
	  "length 4",
	  "slice-bounds" },
	{ "runtime.errorString", "runtime error: integer divide by zero", "divide" },
	{ "*runtime.TypeAssertionError", "interface conversion: interface {} is string, not int",
	  "type-assertion" },
	{ "runtime.plainError", "assignment to entry in nil map", "nil-map-write" },
	{ "runtime.plainError", "send on closed channel", "closed-channel" },
	{ "runtime.plainError", "close of closed channel", "closed-channel" },
	{ "runtime.plainError", "close of nil channel", "close-of-nil-channel" },
	{ "runtime.errorString", "runtime error: negative shift amount", "negative-shift" },
	{ "runtime.errorString", "runtime error: makeslice: len out of range", "make-size" },
	{ "runtime.plainError", "makechan: size out of range", "make-size" },
	{ "runtime.errorString", "runtime error: growslice: len out of range", "make-size" },
	{ "runtime.errorString", "runtime error: hash of unhashable type []int", "unhashable-key" },
	{ "maps.unhashableTypeError", "hash of unhashable type: []int", "unhashable-key" },
	{ "runtime.errorString", "runtime error: comparing uncomparable type []int",
	  "runtime-error" },
	{ "runtime.plainError", "value method main.point.sum called using nil *point pointer",
	  "runtime-error" },
	{ "*runtime.PanicNilError",
	  "panic called with nil argument (use GODEBUG=panicnil=1 to disable)", "runtime-error" },
	{ "*runtime.PanicNilError", "runtime error: panic called with nil argument",
	  "runtime-error" },
	{ "runtime.errorString", "runtime error: something new", "runtime-error" },
};

/* Before 1.21 the runtime put no error of its own in its place. */
START_TEST(a_panic_with_nil_is_called_so)
{
	fake_panicked(&fake, "nil", "nil", STACK);
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "panic with nil");
}
END_TEST

START_TEST(a_panic_with_nil_is_less_than_certain_since_it_has_a_value)
{
	fake_panicked(&fake, "nil", "nil", STACK);
	analyze(NULL);
	ck_assert_int_eq(report.verdict->confidence, CERTAIN);
	fake.panics[0].nil_by_setting = true;
	analyze(NULL);
	ck_assert_int_eq(report.verdict->confidence, LIKELY);
}
END_TEST

START_TEST(runtimes_own_errors_have_their_kinds)
{
	fake_panicked(&fake, runtimes[_i].type, runtimes[_i].text, STACK);
	fake.panics[0].is_error = fake.panics[0].is_runtime_error = true;
	assert_verdict("panic", runtimes[_i].kind, CERTAIN);
	ck_assert_str_eq(report.verdict->title, runtimes[_i].text);
	ck_assert_str_eq(report.verdict->message, runtimes[_i].text);
	ck_assert_str_eq(culprit(), "main.work");
}
END_TEST

START_TEST(same_texts_as_a_users_error_are_errors)
{
	fake_panicked(&fake, "*errors.errorString", runtimes[_i].text, STACK);
	fake.panics[0].is_error = true;
	assert_verdict("panic", "error", CERTAIN);
}
END_TEST

START_TEST(same_texts_as_a_users_string_are_values)
{
	fake_panicked(&fake, "string", runtimes[_i].text, STACK);
	assert_verdict("panic", "value", CERTAIN);
}
END_TEST

START_TEST(lost_type_is_told_by_who_panicked)
{
	fake_panicked(&fake, "string", runtimes[_i].text,
		      "panic;runtime.goPanicX;main.work;main.main");
	assert_verdict("panic", runtimes[_i].kind, CERTAIN);
}
END_TEST

START_TEST(other_package_named_runtime_is_the_programs)
{
	fake_panicked(&fake, "*runtime.notRegisteredErr", "no kind is registered", STACK);
	fake.panics[0].is_error = true;
	assert_verdict("panic", "error", CERTAIN);
}
END_TEST

START_TEST(users_runtime_error_is_an_error)
{
	fake_panicked(&fake, "main.myRuntimeError", "runtime error: index out of range", STACK);
	fake.panics[0].is_error = fake.panics[0].is_runtime_error = true;
	assert_verdict("panic", "error", CERTAIN);
}
END_TEST

START_TEST(value_is_shown_with_its_type)
{
	fake_panicked(&fake, "main.myInt", "main.myInt(42)", STACK);
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "panic with a main.myInt: main.myInt(42)");
}
END_TEST

START_TEST(waitgroup_is_told_by_its_frame)
{
	fake_panicked(&fake, "string", "sync: negative WaitGroup counter",
		      "panic;sync.(*WaitGroup).Add;sync.(*WaitGroup).Done;main.done;main.main");
	assert_verdict("panic", "negative-waitgroup", CERTAIN);
	ck_assert_str_eq(culprit(), "main.done");
}
END_TEST

static const struct {
	const char *text, *stack, *why;
} misuses[] = {
	{ "sync: WaitGroup misuse: Add called concurrently with Wait",
	  "panic;sync.(*WaitGroup).Add;main.f;main.main", "at the same time" },
	{ "sync: WaitGroup is reused before previous Wait has returned",
	  "panic;sync.(*WaitGroup).Wait;main.f;main.main", "counting again" },
};

START_TEST(misuse_of_a_waitgroup_is_explained)
{
	fake_panicked(&fake, "string", misuses[_i].text, misuses[_i].stack);
	assert_verdict("panic", "value", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, misuses[_i].why));
	ck_assert(!has_line(&report.verdict->explanation, "The program called panic"));
}
END_TEST

START_TEST(misuse_of_a_waitgroup_from_elsewhere_is_the_programs_own)
{
	fake_panicked(&fake, "string", misuses[_i].text, STACK);
	assert_verdict("panic", "value", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, "The program called panic"));
}
END_TEST

START_TEST(waitgroups_text_from_elsewhere_is_a_value)
{
	fake_panicked(&fake, "string", "sync: negative WaitGroup counter", STACK);
	assert_verdict("panic", "value", CERTAIN);
}
END_TEST

/* testing/testing.go startAlarm: what hung is a test. */
START_TEST(alarm_of_a_test_binary_names_the_tests_that_wait)
{
	fake_panicked(&fake, "string", "test timed out after 1s\n\trunning tests:\n\t\tTestA (1s)",
		      "panic;testing.(*M).startAlarm.func1");
	fake.snapshot.death.cause_frame = 1;
	fake_add(&fake, G_WAITING, "chan receive", "runtime.gopark;testing.(*T).Run;main.TestB;testing.tRunner");
	fake_add(&fake, G_WAITING, "chan send", "runtime.gopark;main.TestA:7;testing.tRunner");
	fake_add(&fake, G_WAITING, "select", "runtime.gopark;main.worker");
	assert_verdict("panic", "value", CERTAIN);
	ck_assert(report.verdict->cause_frame == NO_FRAME);
	ck_assert(has_line(&report.verdict->explanation, "ran into its time limit"));
	ck_assert(has_evidence(report.verdict, "chan send, in main.TestA (app/main.go:7)"));
	ck_assert(!has_evidence(report.verdict, "main.worker"));
	ck_assert(!has_evidence(report.verdict, "testing.(*T).Run"));
}
END_TEST

START_TEST(text_of_the_alarm_from_elsewhere_is_a_value)
{
	fake_panicked(&fake, "string", "test timed out after 1s", STACK);
	assert_verdict("panic", "value", CERTAIN);
	ck_assert(report.verdict->cause_frame != NO_FRAME);
	ck_assert(!has_line(&report.verdict->explanation, "ran into its time limit"));
}
END_TEST

START_TEST(panic_that_was_raised_again_is_one)
{
	fake_panicked(&fake, "string", "first", STACK);
	fake.panics[0].recovered = fake.panics[0].repanicked = true;
	fake.panics[0].printed = "first [recovered, repanicked]";
	fake_panic(&fake, "string", "first");
	fake.panics[1].printed = "";
	assert_verdict("panic", "value", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, "panicked with it again"));
	ck_assert(!has_line(&report.verdict->explanation, "more panic"));
}
END_TEST

START_TEST(chain_has_all_lines_and_the_first_kind)
{
	fake_panicked(&fake, "runtime.boundsError",
		      "runtime error: index out of range [7] with length 5",
		      "panic;main.work.func1;panic;runtime.goPanicIndex;main.work;main.main");
	fake.snapshot.death.cause_frame = 4;
	fake_panic(&fake, "*errors.errorString", "cleanup failed")->is_error = true;
	assert_verdict("panic", "index-out-of-range", CERTAIN);
	ck_assert_str_eq(report.verdict->message,
			 "runtime error: index out of range [7] with length 5"
			 "\n\tpanic: cleanup failed");
	ck_assert(has_line(&report.verdict->explanation, "1 more panic followed"));
}
END_TEST

START_TEST(recovered_first_panic_that_left_the_stack_is_not_the_cause)
{
	fake_panicked(&fake, "string", "old", "panic;main.work.func1;main.work;main.main");
	fake.panics[0].printed = "old [recovered]";
	fake.panics[0].recovered = true;
	fake_panic(&fake, "string", "new");
	fake.snapshot.death.cause_panic = 1;
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "old [recovered]\n\tpanic: new");
	ck_assert_str_eq(report.verdict->title, "panic: new");
}
END_TEST

START_TEST(goexit_prints_its_own_tab_alone)
{
	fake_panicked(&fake, "string", "first", STACK);
	fake_panic(&fake, "nil", "nil")->goexit = true;
	fake.panics[1].printed = "";
	fake_panic(&fake, "string", "last");
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "first\n\tpanic: last");
	ck_assert(has_line(&report.verdict->explanation, "1 more panic followed"));
	ck_assert(has_line(&report.verdict->explanation, "which overtakes a panic"));
}
END_TEST

START_TEST(panic_in_a_deferred_call_of_goexit_is_no_recovered_one)
{
	fake_panicked(&fake, "nil", "nil", STACK);
	fake.panics[0].goexit = true;
	fake.panics[0].printed = "";
	fake_panic(&fake, "string", "last");
	fake_panic(&fake, "string", "and then");
	fake.snapshot.death.cause_panic = 1;
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "last\n\tpanic: and then");
	ck_assert(has_line(&report.verdict->explanation, "runtime.Goexit was ending"));
	ck_assert(!has_line(&report.verdict->explanation, "had been recovered"));
}
END_TEST

START_TEST(text_that_looks_like_a_line_of_the_runtime_stays)
{
	fake_panicked(&fake, "string", "panic: \tfatal error: fake [recovered]", STACK);
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "panic: \tfatal error: fake [recovered]");
}
END_TEST

START_TEST(message_is_never_cut)
{
	char *text = arena_alloc(&fake.arena, 65536);
	memset(text, 'x', 65535);
	fake_panicked(&fake, "string", text, STACK);
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_uint_eq(strlen(report.verdict->message), 65535);
	ck_assert_uint_lt(strlen(report.verdict->title), 200);
}
END_TEST

START_TEST(method_that_panics_while_printing_is_a_panic)
{
	fake_threw(&fake, DEATH_THROW, "panic while printing panic value: Error of x panics", NULL,
		   "runtime.throw;runtime.preprintpanics.func1;panic;main.(*badError).Error;"
		   "runtime.preprintpanics;panic;main.work;main.main");
	fake_panic(&fake, "*main.badError", "(*main.badError) 0xc000012000")->is_error = true;
	assert_verdict("panic", "error", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_FATAL_ERROR);
	ck_assert_str_eq(culprit(), "main.work");
	ck_assert_str_eq(report.verdict->message,
			 "panic while printing panic value: Error of x panics");
}
END_TEST

START_TEST(value_that_is_not_in_the_core_is_less_sure)
{
	fake_panicked(&fake, "*errors.errorString", "(*errors.errorString) 0xc000012000", STACK);
	fake.panics[0].is_error = fake.panics[0].unreadable = true;
	assert_verdict("panic", "error", LIKELY);
}
END_TEST

START_TEST(chain_that_is_not_in_the_core_is_still_a_panic)
{
	fake_death(&fake, DEATH_PANIC, STACK);
	assert_verdict("panic", "value", LIKELY);
	ck_assert_str_eq(report.verdict->message, "");
}
END_TEST

START_TEST(unrecovered_chain_on_the_culprit_of_a_throw_is_no_panic)
{
	fake_threw(&fake, DEATH_FATAL, "sync: unlock of unlocked mutex", NULL,
		   "sync.fatal;sync.(*Mutex).unlockSlow;main.unlock;panic;main.work;main.main");
	fake_panic(&fake, "string", "on the way");
	assert_verdict("data-race", "unlock-of-unlocked", CERTAIN);
}
END_TEST

/* A core that has lost the program's types and functions. */
START_TEST(words_of_the_runtime_without_type_or_stack_are_likely)
{
	fake_panicked(&fake, "string", "runtime error: invalid memory address", "");
	fake.snapshot.death.culprit.count = 0;
	assert_verdict("panic", "value", LIKELY);
	ck_assert(has_line(&report.verdict->explanation, "words are those of the runtime"));
	fake.panics[0].text = "boom";
	assert_verdict("panic", "value", CERTAIN);
	ck_assert(!has_line(&report.verdict->explanation, "words are those of the runtime"));
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ a_panic_with_nil_is_called_so, 0 },
		{ a_panic_with_nil_is_less_than_certain_since_it_has_a_value, 0 },
		{ runtimes_own_errors_have_their_kinds, rows_of(runtimes) },
		{ same_texts_as_a_users_error_are_errors, rows_of(runtimes) },
		{ same_texts_as_a_users_string_are_values, rows_of(runtimes) },
		{ lost_type_is_told_by_who_panicked, rows_of(runtimes) },
		{ other_package_named_runtime_is_the_programs, 0 },
		{ users_runtime_error_is_an_error, 0 },
		{ value_is_shown_with_its_type, 0 },
		{ waitgroup_is_told_by_its_frame, 0 },
		{ misuse_of_a_waitgroup_is_explained, rows_of(misuses) },
		{ misuse_of_a_waitgroup_from_elsewhere_is_the_programs_own, rows_of(misuses) },
		{ waitgroups_text_from_elsewhere_is_a_value, 0 },
		{ alarm_of_a_test_binary_names_the_tests_that_wait, 0 },
		{ text_of_the_alarm_from_elsewhere_is_a_value, 0 },
		{ panic_that_was_raised_again_is_one, 0 },
		{ chain_has_all_lines_and_the_first_kind, 0 },
		{ recovered_first_panic_that_left_the_stack_is_not_the_cause, 0 },
		{ goexit_prints_its_own_tab_alone, 0 },
		{ panic_in_a_deferred_call_of_goexit_is_no_recovered_one, 0 },
		{ text_that_looks_like_a_line_of_the_runtime_stays, 0 },
		{ message_is_never_cut, 0 },
		{ method_that_panics_while_printing_is_a_panic, 0 },
		{ value_that_is_not_in_the_core_is_less_sure, 0 },
		{ chain_that_is_not_in_the_core_is_still_a_panic, 0 },
		{ unrecovered_chain_on_the_culprit_of_a_throw_is_no_panic, 0 },
		{ words_of_the_runtime_without_type_or_stack_are_likely, 0 },
	};
	return run_tests("detect_panic", tests);
}
