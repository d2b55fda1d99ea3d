/* fatal-error: named ones, all others, and signals that end the process by themselves. */
#include "tests/unit/detecting.h"

static const struct {
	const char *text, *kind;
} texts[] = {
	{ "sync: inconsistent mutex state", "mutex-state" },
	{ "go of nil func value", "go-of-nil-func" },
	{ "runtime.SetFinalizer: finalizer already set", "set-finalizer" },
	{ "runtime.SetFinalizer: first argument is int, not pointer", "set-finalizer" },
	{ "send on synctest channel from outside bubble", "synctest-bubble" },
	{ "panic during malloc", "panic-in-runtime" },
	{ "panic on system stack", "panic-in-runtime" },
	{ "unsafe.Slice: len out of range", "panic-in-runtime" },
	{ "index out of range", "panic-in-runtime" },
	{ "unexpected signal during runtime execution", "fault-in-runtime" },
	{ "runtime: netpoll failed", "netpoll" },
	{ "timer data corruption", "timer" },
	{ "non-Go code set up signal handler without SA_ONSTACK flag", "signal-handler" },
	{ "schedule: holding locks", "other" },
	{ "something that no release has printed yet", "other" },
};

START_TEST(each_text_has_its_kind)
{
	fake_threw(&fake, DEATH_THROW, texts[_i].text, NULL, "runtime.throw;main.f:9;main.main");
	assert_verdict("fatal-error", texts[_i].kind, CERTAIN);
	ck_assert_str_eq(report.verdict->message, texts[_i].text);
	ck_assert_int_eq(report.origin, ORIGIN_FATAL_ERROR);
}
END_TEST

START_TEST(text_that_is_lost_is_less_sure)
{
	fake_threw(&fake, DEATH_THROW, NULL, NULL, "runtime.throw;main.f;main.main");
	assert_verdict("fatal-error", "other", LIKELY);
	ck_assert_str_eq(report.verdict->message, "");
}
END_TEST

static const struct {
	int number, code;
	const char *kind, *message;
} signals[] = {
	{ 5, 0x80, "trap", "SIGTRAP: trace trap" },
	{ 4, 2, "illegal-instruction", "SIGILL: illegal instruction" },
	{ 31, 1, "bad-system-call", "SIGSYS: bad system call" },
};

START_TEST(signal_of_the_cpu_is_a_fatal_error)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.breakpoint;main.f;main.main");
	fake_fault(&fake, signals[_i].number, signals[_i].code, 0, 0x480000);
	assert_verdict("fatal-error", signals[_i].kind, CERTAIN);
	ck_assert_str_eq(report.verdict->message, signals[_i].message);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
}
END_TEST

START_TEST(runtimes_own_trap_is_an_abort)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.systemstack;main.main");
	fake_trace(&fake, "runtime.abort;runtime.morestack", &fake.snapshot.death.system);
	fake_fault(&fake, 5, 0x80, 0, 0x480001);
	assert_verdict("fatal-error", "runtime-abort", CERTAIN);
}
END_TEST

/* --- near misses --- */

START_TEST(same_signal_sent_is_from_outside)
{
	fake_death(&fake, DEATH_SIGNAL, "main.f;main.main");
	fake_fault(&fake, signals[_i].number, 0, 0, 0x480000);
	assert_verdict("external-signal", "other", CERTAIN);
}
END_TEST

START_TEST(same_signal_in_c_is_a_cgo_crash)
{
	fake_death(&fake, DEATH_SIGNAL, "main.f;main.main");
	fake_fault(&fake, signals[_i].number, signals[_i].code, 0, 0x7f0000000000);
	fake.c_location = "libfoo.so.1";
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ each_text_has_its_kind, rows_of(texts) },
		{ text_that_is_lost_is_less_sure, 0 },
		{ signal_of_the_cpu_is_a_fatal_error, rows_of(signals) },
		{ runtimes_own_trap_is_an_abort, 0 },
		{ same_signal_sent_is_from_outside, rows_of(signals) },
		{ same_signal_in_c_is_a_cgo_crash, rows_of(signals) },
	};
	return run_tests("detect_fatal", tests);
}
