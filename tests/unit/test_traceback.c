/* The runtime's own traceback, text for text. */
#include "goruntime/traceback.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static uint64_t goexit_, main_, work, wrapper, park, starter;
static struct str out;

static void begin(unsigned minor)
{
	process_release(&p);
	str_clear(&out);
	process_init(&p, minor, &arch_amd64);
	goexit_ = process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	main_ = process_func(&p, "main.main", 0x10);
	work = process_func(&p, "main.work[go.shape.int]", 0x20);
	wrapper = process_func_as(&p, "main.(*T).work", 8, FUNC_WRAPPER, 0);
	park = process_func(&p, "runtime.gopark", 0x18);
	starter = process_func(&p, "main.starter", 0x18);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	str_release(&out);
	process_release(&p);
}

static uint64_t parked(void)
{
	struct make_stack stack = process_stack(&p, 0x400, goexit_);
	stack_call(&stack, main_);
	stack_call(&stack, wrapper);
	stack_call(&stack, work);
	stack_call(&stack, park);
	uint64_t g = process_g(&p, 7, G_WAITING, &stack);
	process_put(&p, g, G_WAITREASON, 14); /* by chance the same from 1.19 on */
	process_put(&p, g, G_GOPC, starter + 5);
	return g;
}

static const char *printed(unsigned level)
{
	struct traceback traceback;
	process_take(&p);
	str_clear(&out);
	traceback_init(&traceback, &p.snapshot, level);
	traceback_add(&traceback, &p.snapshot.goroutines[0], &out);
	return str_text(&out);
}

/* Without the address columns. */
START_TEST(a_parked_goroutine_is_printed_as_the_runtime_prints_it)
{
	process_put(&p, parked(), G_PARENTGOID, 1);
	_cleanup_str_ struct str want = { 0 };
	str_printf(&want,
		   "goroutine 7 [%s]:\n"
		   "main.work[...]()\n\t/src/main.go:12 +0x10\n"
		   "main.main()\n\t/src/main.go:11 +0x10\n"
		   "created by main.starter in goroutine 1\n\t/src/main.go:15 +0x5\n",
		   wait_reason_text(27, 14));
	ck_assert_str_eq(printed(TRACEBACK_USER), str_text(&want));
}
END_TEST

START_TEST(before_121_the_creator_is_named_alone)
{
	begin(19);
	parked();
	ck_assert_ptr_nonnull(strstr(printed(TRACEBACK_USER),
				     "created by main.starter\n\t/src/main.go:15 +0x5\n"));
}
END_TEST

START_TEST(the_system_level_shows_all_frames_with_addresses)
{
	uint64_t g = parked();
	const char *text = printed(TRACEBACK_SYSTEM);
	_cleanup_str_ struct str head = { 0 };
	str_printf(&head, "goroutine 7 gp=0x%lx m=nil [", (unsigned long)g);
	ck_assert_int_eq(strncmp(text, str_text(&head), head.size), 0);
	ck_assert_ptr_nonnull(strstr(text, "runtime.gopark()\n\t/src/main.go:14 +0x10 fp=0x"));
	ck_assert_ptr_nonnull(strstr(text, "main.(*T).work()\n"));
	ck_assert_ptr_nonnull(strstr(text, "runtime.goexit()\n\t/src/main.go:10 +0x1 fp=0x"));
}
END_TEST

START_TEST(columns_for_g_and_m_come_with_122)
{
	begin(21);
	parked();
	ck_assert_int_eq(strncmp(printed(TRACEBACK_SYSTEM), "goroutine 7 [", 13), 0);
}
END_TEST

START_TEST(a_scan_bit_and_a_lock_stand_in_the_header)
{
	uint64_t g = parked();
	process_put(&p, g, G_ATOMICSTATUS, G_SCAN | G_WAITING);
	process_put(&p, g, G_LOCKEDM, process_m(&p, 100, 0));
	ck_assert_ptr_nonnull(strstr(printed(TRACEBACK_USER), " (scan), locked to thread]:\n"));
}
END_TEST

START_TEST(minutes_are_told_from_the_first_on)
{
	uint64_t sched = process_global(&p, RT_SCHED_, p.snapshot.layout.struct_size[RT_SCHED]);
	process_put(&p, parked(), G_WAITSINCE, 1);
	process_put(&p, sched, SCHED_LASTPOLL, 185000000000);
	ck_assert_ptr_nonnull(strstr(printed(TRACEBACK_USER), ", 3 minutes]:\n"));
}
END_TEST

START_TEST(a_stack_that_cannot_be_known_is_said_to_be_unavailable)
{
	process_g(&p, 1, G_RUNNING, NULL);
	ck_assert_str_eq(printed(TRACEBACK_USER),
			 "goroutine 1 [running]:\n"
			 "\tgoroutine running on other thread; stack unavailable\n");
}
END_TEST

static uint64_t deep(unsigned depth)
{
	struct make_stack stack = process_stack(&p, 0x8000, goexit_);
	for (unsigned i = 0; i < depth; i++)
		stack_call(&stack, main_);
	return process_g(&p, 1, G_WAITING, &stack);
}

static unsigned lines_of(const char *text)
{
	unsigned lines = 0;
	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

START_TEST(from_121_on_the_middle_of_a_deep_stack_is_left_out)
{
	deep(150);
	const char *text = printed(TRACEBACK_USER);
	ck_assert_ptr_nonnull(strstr(text, "...50 frames elided...\n"));
	ck_assert_uint_eq(lines_of(text), 1 + 100 * 2 + 1);
}
END_TEST

START_TEST(a_hundred_frames_are_printed_whole)
{
	deep(100);
	const char *text = printed(TRACEBACK_USER);
	ck_assert_ptr_null(strstr(text, "elided"));
	ck_assert_uint_eq(lines_of(text), 1 + 100 * 2);
}
END_TEST

START_TEST(before_121_the_first_hundred_are_printed)
{
	begin(19);
	deep(150);
	const char *text = printed(TRACEBACK_USER);
	ck_assert_ptr_nonnull(strstr(text, "...additional frames elided...\n"));
	ck_assert_uint_eq(lines_of(text), 1 + 100 * 2 + 1);
}
END_TEST

START_TEST(a_stack_without_user_frames_is_printed_whole)
{
	struct make_stack stack = process_stack(&p, 0x400, goexit_);
	stack_call(&stack, park);
	process_g(&p, 1, G_WAITING, &stack);
	ck_assert_ptr_nonnull(strstr(printed(TRACEBACK_USER), "runtime.gopark()\n"));
}
END_TEST

START_TEST(the_runtimes_own_goroutines_are_listed_from_the_system_level_on)
{
	struct traceback user, system;
	uint64_t worker = process_func(&p, "runtime.bgsweep", 8);
	process_put(&p, parked(), G_STARTPC, worker);
	process_take(&p);
	traceback_init(&user, &p.snapshot, TRACEBACK_USER);
	traceback_init(&system, &p.snapshot, TRACEBACK_SYSTEM);
	ck_assert(!traceback_lists(&user, &p.snapshot.goroutines[0]));
	ck_assert(traceback_lists(&system, &p.snapshot.goroutines[0]));
}
END_TEST

static const char *mapped(const void *data, const char *path, struct str *buf)
{
	str_printf(buf, "%s%s", (const char *)data, path);
	return str_text(buf);
}

START_TEST(paths_can_be_shown_as_they_lie_elsewhere)
{
	struct traceback traceback;
	parked();
	process_take(&p);
	traceback_init(&traceback, &p.snapshot, TRACEBACK_USER);
	traceback.map_path = mapped;
	traceback.map_data = "/home/me";
	traceback_add(&traceback, &p.snapshot.goroutines[0], &out);
	ck_assert_ptr_nonnull(strstr(str_text(&out), "\t/home/me/src/main.go:12 +0x10\n"));
	ck_assert_ptr_null(strstr(str_text(&out), "\t/src/main.go"));
}
END_TEST

START_TEST(labels_are_quoted_where_they_need_it)
{
	const struct label labels[] = { { "path", "/a" }, { "q", "a \"b\"\n" } };
	struct traceback_style style = traceback_style_of(27);
	traceback_add_labels(&style, labels, 2, &out);
	ck_assert_str_eq(str_text(&out), " {path: /a, q: \"a \\\"b\\\"\\n\"}");
	str_clear(&out);
	style = traceback_style_of(26);
	traceback_add_labels(&style, labels, 1, &out);
	ck_assert_str_eq(str_text(&out), " labels:{\"path\": \"/a\"}");
}
END_TEST

START_TEST(exported_functions_of_the_runtime_are_shown)
{
	struct traceback_view view = { .style = traceback_style_of(27) };
	struct call call = { .symbol = "runtime.GC" };
	ck_assert(traceback_shows(&view, &call, false, FUNC_NORMAL));
	call.symbol = "runtime.(*Func).Entry";
	ck_assert(traceback_shows(&view, &call, false, FUNC_NORMAL));
	view.style = traceback_style_of(22);
	ck_assert(!traceback_shows(&view, &call, false, FUNC_NORMAL));
	call.symbol = "runtime.(*mcache).nextFree";
	view.style = traceback_style_of(27);
	ck_assert(!traceback_shows(&view, &call, false, FUNC_NORMAL));
}
END_TEST

START_TEST(a_wrapper_that_called_a_panic_is_shown)
{
	struct traceback_view view = { .style = traceback_style_of(27) };
	struct call call = { .symbol = "main.(*T).f", .id = FUNC_WRAPPER };
	ck_assert(!traceback_shows(&view, &call, false, FUNC_NORMAL));
	ck_assert(traceback_shows(&view, &call, false, FUNC_PANICWRAP));
	ck_assert(traceback_shows(&view, &call, false, FUNC_SIGPANIC));
}
END_TEST

START_TEST(panic_is_shown_but_not_as_the_first_frame)
{
	struct traceback_view view = { .style = traceback_style_of(27) };
	struct call call = { .symbol = "runtime.gopanic", .id = FUNC_GOPANIC };
	ck_assert(!traceback_shows(&view, &call, true, FUNC_NORMAL));
	ck_assert(traceback_shows(&view, &call, false, FUNC_NORMAL));
}
END_TEST

/* As after a signal that hit runtime.gopark on the system stack. */
static bool system_printed(bool on_system_stack, struct death_signal signal)
{
	static const struct call call = { .symbol = "runtime.gopark", .function = "runtime.gopark",
					  .file = "/src/main.go", .line = 14 };
	static struct trace_frame frame;
	parked();
	process_take(&p);
	struct thread thread = { .m = 0xc000048008, .g0 = 0xc000007180, .id = 3 };
	frame = (struct trace_frame){ .call = &call, .pc = park + 2, .entry = park, .arg_words = "",
				      .trap = true };
	p.snapshot.threads = &thread;
	p.snapshot.thread_count = 1;
	struct death *d = &p.snapshot.death;
	d->way = DEATH_SIGNAL;
	d->thread = 0;
	d->on_system_stack = on_system_stack;
	d->system = (struct trace){ .frames = &frame, .count = 1 };
	d->fault = signal;
	d->bystander = signal.sent;
	struct traceback traceback;
	traceback_init(&traceback, &p.snapshot, TRACEBACK_SYSTEM);
	bool added = traceback_add_system(&traceback, &out);
	p.snapshot.thread_count = 0;
	return added;
}

START_TEST(the_system_stack_that_a_signal_hit_is_goroutine_0)
{
	static const char head[] = "goroutine 0 gp=0xc000007180 m=3 mp=0xc000048008 [idle]:\n"
				   "runtime.gopark()\n";
	ck_assert(system_printed(true, (struct death_signal){ .present = true, .pc = park + 2 }));
	ck_assert(strncmp(str_text(&out), head, sizeof(head) - 1) == 0);
	begin(27);
	ck_assert(!system_printed(false, (struct death_signal){ .present = true, .pc = park + 2 }));
	ck_assert_uint_eq(out.size, 0);
}
END_TEST

START_TEST(so_is_that_of_an_idle_thread_that_a_signal_was_sent_to)
{
	ck_assert(system_printed(true, (struct death_signal){ .present = true, .pc = park + 2,
							       .sent = true }));
}
END_TEST

START_TEST(what_a_handler_interrupted_that_was_hit_itself_is_not)
{
	ck_assert(!system_printed(true, (struct death_signal){ .present = true, .pc = 0x7f0000001234 }));
	ck_assert_uint_eq(out.size, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_parked_goroutine_is_printed_as_the_runtime_prints_it,
		before_121_the_creator_is_named_alone,
		the_system_level_shows_all_frames_with_addresses,
		columns_for_g_and_m_come_with_122,
		a_scan_bit_and_a_lock_stand_in_the_header,
		minutes_are_told_from_the_first_on,
		a_stack_that_cannot_be_known_is_said_to_be_unavailable,
		from_121_on_the_middle_of_a_deep_stack_is_left_out,
		a_hundred_frames_are_printed_whole,
		before_121_the_first_hundred_are_printed,
		a_stack_without_user_frames_is_printed_whole,
		the_runtimes_own_goroutines_are_listed_from_the_system_level_on,
		paths_can_be_shown_as_they_lie_elsewhere,
		labels_are_quoted_where_they_need_it,
		exported_functions_of_the_runtime_are_shown,
		a_wrapper_that_called_a_panic_is_shown,
		panic_is_shown_but_not_as_the_first_frame,
		the_system_stack_that_a_signal_hit_is_goroutine_0,
		so_is_that_of_an_idle_thread_that_a_signal_was_sent_to,
		what_a_handler_interrupted_that_was_hit_itself_is_not,
	};
	return test_run("traceback", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
