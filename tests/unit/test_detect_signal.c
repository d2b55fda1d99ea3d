/* external-signal and snapshot: nothing failed in the program itself. */
#include "tests/unit/detecting.h"

static struct death_signal *sent(int number)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.futex;main.idle;main.main");
	fake.snapshot.death.bystander = true;
	struct death_signal *fault = fake_fault(&fake, number, 0, 0, 0x480000);
	fault->record = "signal context";
	fault->sender_pid = 4711;
	fault->sender_uid = 1000;
	return fault;
}

static const struct {
	int number;
	const char *kind, *message;
} signals[] = {
	{ 6, "abort", "SIGABRT: abort" },
	{ 3, "quit", "SIGQUIT: quit" },
	{ 11, "other", "SIGSEGV: segmentation violation" },
	{ 7, "other", "SIGBUS: bus error" },
	{ 8, "other", "SIGFPE: floating-point exception" },
	{ 5, "other", "SIGTRAP: trace trap" },
};

START_TEST(each_signal_has_its_kind)
{
	sent(signals[_i].number);
	assert_verdict("external-signal", signals[_i].kind, CERTAIN);
	ck_assert_str_eq(report.verdict->message, signals[_i].message);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
	ck_assert(has_evidence(report.verdict, "sent by process 4711 of user 1000"));
}
END_TEST

START_TEST(bystander_is_not_blamed)
{
	sent(6);
	assert_verdict("external-signal", "abort", CERTAIN);
	ck_assert_uint_eq(report.cause_frame, NO_FRAME);
	ck_assert(has_line(&report.verdict->explanation, "bystander"));
}
END_TEST

START_TEST(own_signal_that_another_thread_took_has_a_bystander)
{
	sent(11)->by_itself = true;
	assert_verdict("external-signal", "other", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "SIGSEGV that the process sent to itself");
	ck_assert_uint_eq(report.cause_frame, NO_FRAME);
	ck_assert(has_line(&report.verdict->explanation, "bystander"));
	ck_assert(has_evidence(report.verdict, "sent by process 4711, which is the one that ended"));
}
END_TEST

START_TEST(signal_by_which_an_emulator_ends_itself_is_not_believed)
{
	sent(6)->by_itself = true;
	fake.snapshot.death.emulator = "qemu-x86_64";
	assert_verdict("external-signal", "abort", POSSIBLE);
	ck_assert(has_line(&report.verdict->explanation, "qemu-x86_64, an emulator"));
}
END_TEST

START_TEST(an_abort_to_its_own_thread_may_be_the_runtimes)
{
	struct death_signal *signal = sent(6);
	signal->by_itself = true;
	signal->code = -6; /* SI_TKILL */
	assert_verdict("external-signal", "abort", LIKELY);
	ck_assert(has_line(&report.verdict->explanation, "The runtime itself ends so"));
	fake_death(&fake, DEATH_SIGNAL, "syscall.RawSyscall;syscall.Tgkill;main.ask:7;main.main");
	assert_verdict("external-signal", "abort", CERTAIN);
}
END_TEST

START_TEST(own_signal_names_who_asked_for_it)
{
	sent(11)->by_itself = true;
	fake_death(&fake, DEATH_SIGNAL, "syscall.RawSyscall;syscall.Tgkill;main.ask:7;main.main");
	assert_verdict("external-signal", "other", CERTAIN);
	ck_assert_str_eq(culprit(), "main.ask");
	ck_assert(!has_line(&report.verdict->explanation, "bystander"));
	ck_assert(has_line(&report.verdict->explanation, "main.ask (app/main.go:7) asked for it"));
}
END_TEST

START_TEST(own_signal_within_a_raw_system_call_leaves_it_open)
{
	sent(8)->by_itself = true;
	fake_death(&fake, DEATH_SIGNAL,
		   "internal/runtime/syscall/linux.Syscall6;syscall.RawSyscall6;syscall.RawSyscall;"
		   "main.ask:7;main.main");
	assert_verdict("external-signal", "other", CERTAIN);
	ck_assert_uint_eq(report.cause_frame, NO_FRAME);
	ck_assert(!has_line(&report.verdict->explanation, "bystander"));
	ck_assert(has_line(&report.verdict->explanation, "main.ask (app/main.go:7), which may be"));
}
END_TEST

START_TEST(own_signal_within_another_system_call_has_a_bystander)
{
	sent(8)->by_itself = true;
	fake_death(&fake, DEATH_SIGNAL,
		   "internal/runtime/syscall.Syscall6;syscall.Syscall;syscall.read;syscall.Read;main.f");
	assert_verdict("external-signal", "other", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, "bystander"));
}
END_TEST

START_TEST(records_of_the_bystander_are_no_evidence)
{
	sent(3);
	fake_panic(&fake, "string", "a panic that it is in the middle of handling");
	assert_verdict("external-signal", "quit", CERTAIN);
}
END_TEST

START_TEST(signal_without_a_dying_thread_is_the_kernels)
{
	fake.snapshot.death.kernel = (struct death_signal){
		.present = true,
		.number = 3,
		.sent = true,
		.sender_pid = 1,
	};
	assert_verdict("external-signal", "quit", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
}
END_TEST

START_TEST(no_signal_and_no_dying_thread_is_a_snapshot)
{
	assert_verdict("snapshot", "live", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_SNAPSHOT);
	ck_assert_str_eq(report.verdict->message, "");
	ck_assert_ptr_null(report.verdict->signal);
}
END_TEST

static const int stops[] = { 19, 5, 18, 23 };

START_TEST(signal_of_a_debugger_is_a_snapshot)
{
	fake.snapshot.death.kernel =
		(struct death_signal){ .present = true, .number = stops[_i], .sent = true };
	assert_verdict("snapshot", "live", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_SNAPSHOT);
	ck_assert_str_eq(report.verdict->message, "");
}
END_TEST

START_TEST(runtimes_own_raise_is_no_signal_from_outside)
{
	fake_panicked(&fake, "string", "boom", "panic;main.f;main.main");
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_ptr_null(report.verdict->signal);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ each_signal_has_its_kind, rows_of(signals) },
		{ bystander_is_not_blamed, 0 },
		{ own_signal_that_another_thread_took_has_a_bystander, 0 },
		{ signal_by_which_an_emulator_ends_itself_is_not_believed, 0 },
		{ an_abort_to_its_own_thread_may_be_the_runtimes, 0 },
		{ own_signal_names_who_asked_for_it, 0 },
		{ own_signal_within_a_raw_system_call_leaves_it_open, 0 },
		{ own_signal_within_another_system_call_has_a_bystander, 0 },
		{ records_of_the_bystander_are_no_evidence, 0 },
		{ signal_without_a_dying_thread_is_the_kernels, 0 },
		{ no_signal_and_no_dying_thread_is_a_snapshot, 0 },
		{ signal_of_a_debugger_is_a_snapshot, rows_of(stops) },
		{ runtimes_own_raise_is_no_signal_from_outside, 0 },
	};
	return run_tests("detect_signal", tests);
}
