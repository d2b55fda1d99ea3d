/* What a wait is in words. */
#include "analyzer/waittext.h"

#include "tests/unit/fake_snapshot.h"
#include "tests/unit/testrun.h"

static struct fake fake;

static void setup(void)
{
	fake_init(&fake);
	fake.snapshot.now_lower_bound = 1000000000;
}

static void teardown(void)
{
	fake_release(&fake);
}

static const char *text_of(struct wait wait)
{
	const char *text = wait_text(&fake.snapshot, &wait, &fake.arena);
	return text ? text : "(none)";
}

static struct wait on(enum wait_kind kind, const struct wait_case *cases, size_t count)
{
	return (struct wait){
		.kind = kind,
		.object = cases[0].channel.addr,
		.cases = cases,
		.case_count = count,
		.case_total = count,
	};
}

START_TEST(a_channel_has_type_address_and_buffer)
{
	const struct wait_case c = { { .addr = 0x10, .known = true, .elem = "int" },
				     DIRECTION_RECEIVE };
	ck_assert_str_eq(text_of(on(WAIT_RECEIVE, &c, 1)),
			 "to receive from chan int 0x10 (unbuffered)");
	const struct wait_case full = {
		{ .addr = 0x10, .known = true, .capacity = 2, .length = 2, .closed = true },
		DIRECTION_SEND
	};
	ck_assert_str_eq(text_of(on(WAIT_SEND, &full, 1)),
			 "to send to channel 0x10 (2 of 2 buffered, closed)");
}
END_TEST

START_TEST(a_timer_says_how_long_it_takes)
{
	const struct wait_case c = { { .addr = 0x10, .known = true, .elem = "time.Time",
				       .timer = true, .when = 6000000000 },
				     DIRECTION_RECEIVE };
	ck_assert_str_eq(text_of(on(WAIT_RECEIVE, &c, 1)),
			 "to receive from chan time.Time 0x10 (of a timer, at most 5 s left)");
}
END_TEST

START_TEST(a_select_has_all_its_cases)
{
	const struct wait_case c[] = {
		{ { .addr = 0x10, .known = true, .elem = "int" }, DIRECTION_SEND },
		{ { .addr = 0 }, DIRECTION_RECEIVE },
	};
	struct wait wait = on(WAIT_SELECT, c, 2);
	ck_assert_str_eq(text_of(wait),
			 "for one of 2 cases: send to chan int 0x10 (unbuffered); "
			 "receive from a nil channel");
	wait.case_total = 70;
	ck_assert_ptr_nonnull(strstr(text_of(wait), "; and 68 more"));
}
END_TEST

START_TEST(where_it_was_made_is_told_where_it_is_known)
{
	const struct call made = { .function = "main.makes", .symbol = "main.makes",
				   .file = "/src/app/a.go", .line = 7 };
	const struct wait_case c = { { .addr = 0x10, .known = true, .made_at = &made },
				     DIRECTION_RECEIVE };
	ck_assert_ptr_nonnull(strstr(text_of(on(WAIT_RECEIVE, &c, 1)),
				     "(unbuffered, made in main.makes (app/a.go:7))"));
	const struct wait lock = { .kind = WAIT_MUTEX, .object = 0x10, .state_known = true,
				   .made_at = &made };
	ck_assert_ptr_nonnull(strstr(text_of(lock), "(unlocked), made in main.makes"));
}
END_TEST

START_TEST(a_context_follows_its_channel)
{
	const struct wait_case c = { { .addr = 0x10 }, DIRECTION_RECEIVE };
	struct wait wait = on(WAIT_RECEIVE, &c, 1);
	wait.context = (struct wait_context){ 0x20, "context.Background.WithCancel", false };
	ck_assert_str_eq(text_of(wait),
			 "to receive from channel 0x10, Done of context.Background.WithCancel "
			 "0x20 (not cancelled)");
	wait.context.deadline = 61000000000;
	ck_assert_ptr_nonnull(
		strstr(text_of(wait), "0x20 (not cancelled, by its deadline in at most 1 m 0 s)"));
	wait.context.cancelled = true;
	wait.context.error = "deadline exceeded";
	ck_assert_ptr_nonnull(strstr(text_of(wait), "0x20 (cancelled: deadline exceeded)"));
}
END_TEST

START_TEST(locks_tell_their_state)
{
	struct wait wait = { .kind = WAIT_MUTEX, .object = 0x10 };
	ck_assert_str_eq(text_of(wait), "for sync.Mutex 0x10");
	wait.state_known = wait.locked = true;
	wait.waiters = 2;
	ck_assert_str_eq(text_of(wait), "for sync.Mutex 0x10 (locked, 2 waiting)");
	wait.kind = WAIT_RWMUTEX_WRITE;
	wait.readers = 1;
	ck_assert_str_eq(text_of(wait),
			 "to write under sync.RWMutex 0x10 (1 reader, a writer is next)");
	wait = (struct wait){ .kind = WAIT_WAITGROUP, .object = 0x10, .state_known = true,
			      .counter = 3 };
	ck_assert_str_eq(text_of(wait), "for sync.WaitGroup 0x10 (counter 3)");
	wait.kind = WAIT_COND;
	ck_assert_str_eq(text_of(wait), "for sync.Cond 0x10");
}
END_TEST

START_TEST(an_object_that_was_not_found_has_no_text)
{
	ck_assert_str_eq(text_of((struct wait){ .kind = WAIT_MUTEX }), "(none)");
	ck_assert_str_eq(text_of((struct wait){ .kind = WAIT_NIL_RECEIVE }), "(none)");
	ck_assert_str_eq(text_of((struct wait){ .kind = WAIT_SYSCALL }), "(none)");
	ck_assert_str_eq(text_of((struct wait){ .kind = WAIT_SLEEP }), "(none)");
}
END_TEST

START_TEST(a_system_call_has_name_and_arguments)
{
	struct wait wait = {
		.kind = WAIT_SYSCALL,
		.syscall_known = true,
		.syscall_name = "read",
		.syscall_args = { 5, 0x1000 },
		.syscall_arg_count = 2,
	};
	ck_assert_str_eq(text_of(wait), "in system call read(0x5, 0x1000)");
	wait.syscall_name = NULL;
	wait.syscall_number = 999;
	wait.syscall_arg_count = 0;
	ck_assert_str_eq(text_of(wait), "in system call number 999 ()");
}
END_TEST

START_TEST(io_has_its_descriptor_and_deadline)
{
	struct wait wait = { .kind = WAIT_IO, .object = 0x10, .fd = 7, .when = 3000000000 };
	ck_assert_str_eq(text_of(wait), "for file descriptor 7 to become readable, its deadline in "
					"at most 2 s");
	wait.writes = true;
	wait.when = 0;
	ck_assert_str_eq(text_of(wait), "for file descriptor 7 to become writable");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_channel_has_type_address_and_buffer,
		a_timer_says_how_long_it_takes,
		a_select_has_all_its_cases,
		where_it_was_made_is_told_where_it_is_known,
		a_context_follows_its_channel,
		locks_tell_their_state,
		an_object_that_was_not_found_has_no_text,
		a_system_call_has_name_and_arguments,
		io_has_its_descriptor_and_deadline,
	};
	return test_run("waittext", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
