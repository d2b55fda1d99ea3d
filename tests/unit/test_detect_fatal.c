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

/* The argument of throw without its length runs on into the next string of the program. */
START_TEST(guessed_text_is_cut_to_one_that_is_known)
{
	fake_threw(&fake, DEATH_FATAL, "concurrent map writescorrupted semaphore ticket", NULL,
		   "internal/runtime/maps.fatal;runtime.mapassign_faststr;main.f;main.main");
	fake.snapshot.death.fatal_text_guessed = true;
	assert_verdict("data-race", "concurrent-map-write", LIKELY);
	ck_assert_str_eq(report.verdict->message, "concurrent map writes");
}
END_TEST

START_TEST(text_that_goes_on_is_another_where_it_was_not_guessed)
{
	fake_threw(&fake, DEATH_THROW, "stack overflow of another kind", NULL,
		   "runtime.throw;main.f");
	assert_verdict("fatal-error", "other", CERTAIN);
}
END_TEST

static const struct {
	const char *system, *culprit, *class, *kind;
} lost[] = {
	{ "runtime.throw;runtime.newstack;runtime.morestack", "main.f", "stack-overflow",
	  "recursion" },
	{ "runtime.fatal;runtime.checkdead;runtime.mput", "", "deadlock", "all-asleep" },
	{ "", "runtime.fatal;runtime.mapaccess1;main.f", "data-race", "concurrent-map-read-write" },
	{ "", "sync.fatal;sync.(*Mutex).unlockSlow;main.f", "data-race", "unlock-of-unlocked" },
	{ "", "runtime.throw;main.f;main.mapassign", "fatal-error", "other" },
};

START_TEST(lost_text_is_told_by_who_threw)
{
	fake_threw(&fake, DEATH_FATAL, NULL, NULL, lost[_i].culprit);
	fake_trace(&fake, lost[_i].system, &fake.snapshot.death.system);
	fake.snapshot.death.culprit.end = UNWIND_UNREADABLE;
	assert_verdict(lost[_i].class, lost[_i].kind, LIKELY);
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

/* A deferred Unlock after a panic is the classic. */
static const struct {
	bool recovered;
	const char *stack, *why;
} live_panics[] = {
	{ false, "runtime.fatal;sync.fatal;main.f.func1;panic;main.f:9;main.main",
	  "A panic came first, \"boom\", in main.f (app/main.go:9): a deferred call that it ran" },
	{ true, "runtime.fatal;sync.fatal;main.f.func1;panic;main.f:9;main.main",
	  "it was recovered, and the deferred call that did so" },
	{ false, "runtime.fatal;sync.fatal;main.f.func1;main.main", NULL },
};

START_TEST(panic_that_was_under_way_is_told)
{
	fake_threw(&fake, DEATH_FATAL, "sync: unlock of unlocked mutex", NULL, live_panics[_i].stack);
	fake_panic(&fake, "string", "boom")->recovered = live_panics[_i].recovered;
	assert_verdict("data-race", "unlock-of-unlocked", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation,
			   live_panics[_i].why ?: "A panic came first") ==
		  (live_panics[_i].why != NULL));
}
END_TEST

/* With SECCOMP_RET_TRAP Go's handler prints it; with SECCOMP_RET_KILL the kernel alone knows. */
START_TEST(refused_system_call_is_named)
{
	fake_death(&fake, DEATH_SIGNAL, "syscall.rawSyscallNoError;syscall.Getuid;main.f:3;main.main");
	struct death_signal *signal = fake_fault(&fake, 31, 1, 0, 0x480000);
	signal->refused = true;
	signal->syscall = 102;
	signal->syscall_name = "getuid";
	assert_verdict("fatal-error", "bad-system-call", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "the system call getuid was refused by a filter");
	ck_assert(has_evidence(report.verdict, "system call getuid, SIGSYS (SYS_SECCOMP)"));
	ck_assert_str_eq(culprit(), "main.f");
}
END_TEST

START_TEST(system_call_that_the_kernel_killed_for_is_named)
{
	fake_add(&fake, G_RUNNING, "", "syscall.rawSyscallNoError;main.f:3;main.main");
	fake.snapshot.death.way = DEATH_NONE;
	fake.snapshot.death.goroutine = 0;
	fake.snapshot.death.kernel = (struct death_signal){ .present = true, .number = 31, .code = 1,
		.refused = true, .syscall = 999, .pc = 0x480000 };
	assert_verdict("fatal-error", "bad-system-call", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
	ck_assert_str_eq(report.verdict->title, "system call number 999 was refused by a filter");
	ck_assert(has_line(&report.verdict->explanation, "the kernel ended the process at once"));
}
END_TEST

START_TEST(signal_that_somebody_sent_is_no_refused_system_call)
{
	fake_add(&fake, G_RUNNING, "", "main.f;main.main");
	fake.snapshot.death.way = DEATH_NONE;
	fake.snapshot.death.kernel = (struct death_signal){ .present = true, .number = 31, .code = 0,
		.sent = true };
	assert_verdict("external-signal", "other", CERTAIN);
}
END_TEST

START_TEST(an_instruction_of_no_files_code_has_a_caller_at_best)
{
	fake_death(&fake, DEATH_SIGNAL, "main.f;main.main");
	fake_fault(&fake, 4, 2, 0, 0x7f0000000000)->off_code = true;
	assert_verdict("fatal-error", "illegal-instruction", LIKELY);
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "in memory that is no code of any file"));
	ck_assert(has_line(&report.verdict->explanation, "says that main.f"));
}
END_TEST

START_TEST(without_a_caller_nobody_is_blamed_for_it)
{
	fake_death(&fake, DEATH_SIGNAL, "");
	fake_fault(&fake, 4, 2, 0, 0x7f0000000000)->off_code = true;
	assert_verdict("fatal-error", "illegal-instruction", CERTAIN);
	ck_assert_uint_eq(report.verdict->cause_frame, NO_FRAME);
	ck_assert(has_line(&report.verdict->explanation, "What jumped there is not known"));
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
		{ guessed_text_is_cut_to_one_that_is_known, 0 },
		{ text_that_goes_on_is_another_where_it_was_not_guessed, 0 },
		{ lost_text_is_told_by_who_threw, rows_of(lost) },
		{ signal_of_the_cpu_is_a_fatal_error, rows_of(signals) },
		{ panic_that_was_under_way_is_told, rows_of(live_panics) },
		{ refused_system_call_is_named, 0 },
		{ system_call_that_the_kernel_killed_for_is_named, 0 },
		{ signal_that_somebody_sent_is_no_refused_system_call, 0 },
		{ an_instruction_of_no_files_code_has_a_caller_at_best, 0 },
		{ without_a_caller_nobody_is_blamed_for_it, 0 },
		{ runtimes_own_trap_is_an_abort, 0 },
		{ same_signal_sent_is_from_outside, rows_of(signals) },
		{ same_signal_in_c_is_a_cgo_crash, rows_of(signals) },
	};
	return run_tests("detect_fatal", tests);
}
