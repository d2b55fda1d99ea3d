/* data-race/torn-value: on the way of which crash, and how sure. */
#include "analyzer/signals.h"
#include "tests/unit/detecting.h"

#define FAULTED	 "panic;runtime.panicmem;runtime.sigpanic;main.f:9;main.main"
#define NIL_TEXT "runtime error: invalid memory address or nil pointer dereference"

static const struct finding *found(void)
{
	for (size_t i = 0; i < report.finding_count; i++)
		if (strcmp(report.findings[i].detector, "torn-value") == 0)
			return &report.findings[i];
	return NULL;
}

static void has_torn(bool shared)
{
	fake.torn = (struct torn_value){
		.path = "items",
		.type = "[]int",
		.addr = 0xc000300000,
		.text = "its length is 9, its capacity 3",
		.shared = shared,
	};
}

static void faulted(void)
{
	fake_panicked(&fake, "runtime.errorString", NIL_TEXT, FAULTED);
	fake.panics[0].is_runtime_error = true;
	fake_fault(&fake, LINUX_SIGSEGV, LINUX_SEGV_MAPERR, 8, 0x480300);
	fake.snapshot.death.culprit.frames[3].pc = 0x480300;
}

START_TEST(copy_in_the_culprits_frame_is_likely)
{
	has_torn(false);
	faulted();
	analyze(NULL);
	ck_assert_ptr_nonnull(found());
	ck_assert_int_eq(found()->confidence, LIKELY);
	ck_assert_str_eq(found()->title,
			 "items ([]int) in main.f is of two values: its length is 9, "
			 "its capacity 3");
	ck_assert_str_eq(report.verdict->kind, "pointer");
	ck_assert(has_line(&report.verdict->explanation, "A data race may be the reason: items"));
}
END_TEST

static const char *reason(void)
{
	for (size_t i = 0; i < report.detector_count; i++)
		if (strcmp(report.detectors[i].name, "torn-value") == 0)
			return report.detectors[i].reason;
	return "is no detector";
}

START_TEST(without_debug_information_it_is_said_that_nothing_was_looked_at)
{
	has_torn(false);
	faulted();
	fake.no_variables = true;
	analyze(NULL);
	ck_assert_ptr_null(found());
	ck_assert_ptr_nonnull(reason());
	ck_assert_ptr_nonnull(strstr(reason(), "DWARF"));
}
END_TEST

START_TEST(where_no_value_may_be_why_it_is_not_missed)
{
	fake.no_variables = true;
	fake_threw(&fake, DEATH_FATAL, "all goroutines are asleep - deadlock!", NULL,
		   "runtime.fatal;main.f");
	analyze(NULL);
	ck_assert_ptr_null(reason());
}
END_TEST

START_TEST(what_another_one_may_be_writing_is_possible)
{
	has_torn(true);
	faulted();
	analyze(NULL);
	ck_assert_int_eq(found()->confidence, POSSIBLE);
	ck_assert(!has_line(&report.verdict->explanation, "data race"));
}
END_TEST

static const struct {
	const char *type;
	bool torn;
} pointers[] = {
	{ "[]int", true },    { "string", true },   { "*string", false },
	{ "*main.T", false }, { "*[4]int", false }, { NULL, false },
};

START_TEST(index_into_a_nil_slice_has_passed_its_check)
{
	faulted();
	fake.has_insn = true;
	fake.insn = (struct fault_insn){ .text = "mov",
					 .operand = "[rax]",
					 .access = "read",
					 .pointer = "h.name",
					 .pointer_type = pointers[_i].type };
	analyze(NULL);
	ck_assert_int_eq(found() != NULL, pointers[_i].torn);
	if (found() != NULL)
		ck_assert_int_eq(found()->confidence, LIKELY);
}
END_TEST

START_TEST(index_out_of_range_may_be_by_one)
{
	has_torn(true);
	fake_panicked(&fake, "runtime.boundsError",
		      "runtime error: index out of range [5] with length 3",
		      "panic;runtime.goPanicIndex;main.f:9;main.main");
	fake.panics[0].is_runtime_error = true;
	analyze(NULL);
	ck_assert_ptr_nonnull(found());
}
END_TEST

/* --- near misses --- */

START_TEST(other_deaths_are_not_looked_at)
{
	has_torn(false);
	fake_panicked(&fake, "string", "boom", "panic;main.f:9;main.main");
	analyze(NULL);
	ck_assert_ptr_null(found());
}
END_TEST

START_TEST(fatal_errors_are_not_looked_at)
{
	has_torn(false);
	fake_threw(&fake, DEATH_FATAL, "all goroutines are asleep - deadlock!", NULL,
		   "runtime.fatal;main.f");
	analyze(NULL);
	ck_assert_ptr_null(found());
}
END_TEST

START_TEST(signal_from_outside_is_not_looked_at)
{
	has_torn(false);
	faulted();
	fake_fault(&fake, LINUX_SIGSEGV, 0, 0, 0x480300);
	analyze(NULL);
	ck_assert_ptr_null(found());
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ copy_in_the_culprits_frame_is_likely, 0 },
		{ without_debug_information_it_is_said_that_nothing_was_looked_at, 0 },
		{ where_no_value_may_be_why_it_is_not_missed, 0 },
		{ what_another_one_may_be_writing_is_possible, 0 },
		{ index_into_a_nil_slice_has_passed_its_check, rows_of(pointers) },
		{ index_out_of_range_may_be_by_one, 0 },
		{ other_deaths_are_not_looked_at, 0 },
		{ fatal_errors_are_not_looked_at, 0 },
		{ signal_from_outside_is_not_looked_at, 0 },
	};
	return run_tests("detect_torn", tests);
}
