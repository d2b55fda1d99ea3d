/* cgo-crash: the pc is in C code. */
#include "tests/unit/detecting.h"

#define GO_STACK "runtime.cgocall;main._Cfunc_crash;main.callC:55;main.main"

enum { ABRT = 6, SEGV = 11, MAPERR = 1, USER = 0, TKILL = -6 };

/* A signal that hit C code below Go. */
static struct death_signal *hit_in_c(int number, int code)
{
	fake_death(&fake, DEATH_SIGNAL, GO_STACK);
	fake.snapshot.death.on_system_stack = true;
	fake.c_location = "crash+0x12 in libfoo.so.1";
	return fake_fault(&fake, number, code, 0, 0x7f0000001234);
}

START_TEST(fault_in_c_names_the_library)
{
	hit_in_c(SEGV, MAPERR);
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "SIGSEGV in C code, in crash+0x12 in libfoo.so.1");
	ck_assert_str_eq(report.verdict->message, "SIGSEGV: segmentation violation");
	ck_assert(has_line(&report.verdict->explanation, "main.callC (app/main.go:55)"));
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
	ck_assert_str_eq(report.verdict->function, "crash");
	ck_assert_str_eq(culprit(), "main.callC");
}
END_TEST

/* A handler of C's that had interrupted Go: the runtime threw because of its own stack. */
START_TEST(a_fault_in_a_handler_is_not_what_the_runtime_made_of_it)
{
	fake_threw(&fake, DEATH_THROW, "runtime: split stack overflow", "", "main.main");
	fake_fault(&fake, SEGV, MAPERR, 0, 0x7f0000001234);
	fake.c_location = "handle+0x12 in libfoo.so.1";
	fake.snapshot.death.in_handler = true;
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "SIGSEGV in C code, in handle+0x12 in libfoo.so.1");
	ck_assert_str_eq(report.verdict->message, "runtime: split stack overflow");
	ck_assert(has_line(&report.verdict->explanation, "had installed in place of Go's"));
	ck_assert_uint_eq(report.alternative_count, 0);
}
END_TEST

START_TEST(a_split_stack_overflow_of_gos_own_is_none_of_c)
{
	fake_threw(&fake, DEATH_THROW, "runtime: split stack overflow", "", "main.main");
	assert_verdict("memory-corruption", "bad-stack", CERTAIN);
}
END_TEST

START_TEST(the_message_is_what_the_runtime_said)
{
	hit_in_c(SEGV, MAPERR);
	fake.snapshot.death.in_handler = true;
	fake.snapshot.death.stopped = (struct death_signal){ .present = true, .number = 5 };
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "SIGTRAP: trace trap");
}
END_TEST

/* The first N frames of the stack are C's: "FUNCTION@OBJECT". */
static void mixed_stack(const char *stack)
{
	struct trace *mixed = &fake.snapshot.death.mixed;
	fake_trace(&fake, stack, mixed);
	for (size_t i = 0; i < mixed->count; i++) {
		struct call *call = (struct call *)mixed->frames[i].call;
		char *object = strchr(call->function, '@');
		if (object == NULL)
			continue;
		*object = '\0';
		call->object = object + 1;
		call->is_c = true;
		call->file = NULL;
	}
}

START_TEST(c_function_is_to_blame)
{
	hit_in_c(SEGV, MAPERR);
	mixed_stack("crash@libfoo.so.1;run@libfoo.so.1;" GO_STACK);
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_str_eq(culprit(), "crash");
	ck_assert(has_line(&report.verdict->explanation, "main.callC (app/main.go:55)"));
}
END_TEST

START_TEST(c_library_aborts_for_its_caller)
{
	hit_in_c(ABRT, TKILL);
	mixed_stack("libc.so.6+0x8aeec@libc.so.6;abort@libc.so.6;check@libfoo.so.1;" GO_STACK);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(culprit(), "check");
}
END_TEST

START_TEST(c_library_linked_in_aborts_for_its_caller)
{
	hit_in_c(ABRT, TKILL);
	mixed_stack("__pthread_kill_implementation@app;raise@app;abort@app;abort_all@app;" GO_STACK);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(culprit(), "abort_all");
}
END_TEST

START_TEST(called_straight_from_go_the_c_library_is_not_to_blame)
{
	hit_in_c(ABRT, TKILL);
	mixed_stack("abort@libc.so.6;free@libc.so.6;_cgo_1234_Cfunc_free@app;" GO_STACK);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(culprit(), "main.callC");
}
END_TEST

START_TEST(what_cgo_makes_is_not_to_blame_without_a_name_either)
{
	hit_in_c(ABRT, TKILL);
	mixed_stack("libc.so.6+0x8aeec@libc.so.6;abort@libc.so.6;app+0x1234@app;runtime.asmcgocall;"
		    GO_STACK);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(culprit(), "main.callC");
	ck_assert_str_eq(report.verdict->title,
			 "C code called abort; Go called it from main.callC (app/main.go:55)");
}
END_TEST

static const struct {
	const char *stack, *title;
} cxx_ends[] = {
	{ "abort@libc.so.6;libstdc++.so.6+0x9d919@libstdc++.so.6;_ZSt9terminatev@libstdc++.so.6;"
	  "__cxa_throw@libstdc++.so.6;check@libfoo.so.1;" GO_STACK,
	  "an exception that no C++ code caught, thrown in check in libfoo.so.1" },
	{ "abort@libc.so.6;_ZSt9terminatev@app;__cxa_pure_virtual@app;check@app;" GO_STACK,
	  "C++ code called a pure virtual function in check in app" },
	{ "abort@libc.so.6;_ZSt9terminatev@app;_ZNSt6vectorIiSaIiEE2atEm@app;check@app;" GO_STACK,
	  "C++ code called std::terminate in check in app" },
	{ "abort@libc.so.6;check@app;__cxa_throw_it@app;" GO_STACK,
	  "C code called abort, in check in app" },
};

START_TEST(cxx_library_aborts_for_its_caller)
{
	hit_in_c(ABRT, TKILL);
	mixed_stack(cxx_ends[_i].stack);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(culprit(), "check");
	ck_assert_str_eq(report.verdict->title, cxx_ends[_i].title);
}
END_TEST

START_TEST(go_that_called_what_threw_has_not_thrown)
{
	hit_in_c(ABRT, TKILL);
	mixed_stack("abort@libc.so.6;_ZSt9terminatev@app;__cxa_throw@app;app+0x1234@app;"
		    "runtime.asmcgocall;" GO_STACK);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(report.verdict->title,
			 "an exception that no C++ code caught, thrown in code that Go called from "
			 "main.callC (app/main.go:55)");
}
END_TEST

static void throws(void)
{
	static const struct cxx_exception exception = { 0x1000, "std::runtime_error", "pin is 4711" };
	hit_in_c(ABRT, TKILL);
	mixed_stack("abort@libc.so.6;_ZSt9terminatev@app;__cxa_throw@app;check@app;" GO_STACK);
	fake.snapshot.death.exception = &exception;
}

START_TEST(exception_is_told_with_its_text)
{
	throws();
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "an exception that no C++ code caught, thrown in check "
						"in app: std::runtime_error: pin is 4711");
	ck_assert(has_evidence(report.verdict, "std::runtime_error at 0x1000: pin is 4711"));
}
END_TEST

START_TEST(text_of_an_exception_is_redacted)
{
	const struct report_options options = { .redact = true };
	throws();
	analyze(&options);
	ck_assert_ptr_null(strstr(report.verdict->title, "4711"));
	ck_assert(!has_evidence(report.verdict, "4711"));
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "std::runtime_error"));
}
END_TEST

static void off_file(uint64_t pc, uint64_t addr, const char *stack)
{
	hit_in_c(SEGV, MAPERR)->addr = addr;
	fake.snapshot.death.fault.pc = pc;
	fake.snapshot.threads[0].incgo = true;
	fake.c_location = NULL;
	mixed_stack(stack);
	struct trace_frame *first = (struct trace_frame *)fake.snapshot.death.mixed.frames;
	((struct call *)first->call)->object = NULL;
	first->pc = pc;
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
}

START_TEST(jump_to_where_no_code_is_names_who_jumped)
{
	off_file(0x1234, 0x1234, "0x1234@;run@libfoo.so.1;" GO_STACK);
	ck_assert_str_eq(report.verdict->title,
			 "SIGSEGV: run in libfoo.so.1 called 0x1234, where no code is");
}
END_TEST

START_TEST(call_of_address_0_names_who_called)
{
	off_file(0, 0, "0x0@;run@libfoo.so.1;" GO_STACK);
	ck_assert_str_eq(report.verdict->title,
			 "SIGSEGV: run in libfoo.so.1 called 0x0, where no code is");
}
END_TEST

START_TEST(jump_of_c_that_has_left_no_frame_is_not_gos)
{
	off_file(0x1234, 0x1234, "0x1234@;" GO_STACK);
	ck_assert_str_eq(report.verdict->title, "SIGSEGV: C code that Go called from main.callC "
						"(app/main.go:55) called 0x1234, where no code is");
}
END_TEST

START_TEST(fault_in_code_of_no_file_is_no_jump)
{
	off_file(0x1234, 8, "0x1234@;run@libfoo.so.1;" GO_STACK);
	ck_assert_str_eq(report.verdict->title, "SIGSEGV in C code, in code of no file, at 0x1234");
	ck_assert_str_eq(culprit(), "run");
}
END_TEST


/* Nothing is known of the C code. */
START_TEST(going_to_no_code_is_told)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.cgocall;main.f");
	fake.snapshot.death.on_system_stack = true;
	fake.snapshot.threads[0].incgo = true;
	fake_fault(&fake, SEGV, 2, 0x5e33050, 0x5e33050);
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "it went to 0x5e33050, where no code is"));
	ck_assert(has_line(&report.verdict->explanation, "a return address was none"));
	fake.snapshot.death.fault.pc = 0x7f0000001234; /* it accessed it */
	analyze(NULL);
	ck_assert_str_eq(report.verdict->title, "SIGSEGV while C code ran");
}
END_TEST

START_TEST(overwritten_return_address_of_c_is_told)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.cgocall;main.f");
	fake.c_location = "crash+0x12 in libfoo.so.1";
	fake_fault(&fake, SEGV, 0x80, 0, 0x7f0000001234);
	fake.has_insn = true;
	fake.insn.text = "ret";
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, "A C function returned"));
	fake.insn.text = "mov rax, qword ptr [rcx]";
	analyze(NULL);
	ck_assert(!has_line(&report.verdict->explanation, "A C function returned"));
}
END_TEST

START_TEST(foreign_thread_has_c_frames_and_no_goroutine)
{
	fake_add(&fake, G_SYSCALL, "", "runtime.goexit");
	fake.snapshot.death.goroutine = 0;
	fake.snapshot.threads[0].m = 0;
	fake.c_location = "crash+0x12 in libfoo.so.1";
	fake_fault(&fake, SEGV, MAPERR, 8, 0x7f0000001234);
	mixed_stack("crash@libfoo.so.1;start_thread@libc.so.6");
	assert_verdict("cgo-crash", "signal-on-foreign-thread", CERTAIN);
	ck_assert_str_eq(culprit(), "crash");
	ck_assert_uint_eq(report.verdict->goroutine, NO_INDEX);
	ck_assert(!has_line(&report.verdict->explanation, "Go called it"));
}
END_TEST

START_TEST(c_librarys_words_are_told)
{
	hit_in_c(ABRT, TKILL);
	mixed_stack("abort@libc.so.6;check@libfoo.so.1;" GO_STACK);
	fake.snapshot.death.abort_text = "app: foo.c:3: check: Assertion `n > 0' failed.";
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "Assertion `n > 0' failed."));
	ck_assert_str_eq(report.verdict->message,
			 "SIGABRT: abort\napp: foo.c:3: check: Assertion `n > 0' failed.");
}
END_TEST

START_TEST(assertion_of_another_language_is_redacted)
{
	const struct report_options options = { .redact = true };
	hit_in_c(ABRT, TKILL);
	mixed_stack("abort@libc.so.6;check@libfoo.so.1;" GO_STACK);
	fake.snapshot.death.abort_text = "app: foo.c:3: check: Zusicherung »pin == 4711«";
	analyze(&options);
	ck_assert_ptr_null(strstr(report.verdict->title, "4711"));
	ck_assert_str_eq(report.verdict->message,
			 "SIGABRT: abort\napp: foo.c:3: <redacted, 34 bytes>");
	fake.snapshot.death.abort_text = "free(): invalid pointer";
	analyze(&options);
	ck_assert_str_eq(report.verdict->message, "SIGABRT: abort\nfree(): invalid pointer");
}
END_TEST

START_TEST(assertion_is_redacted)
{
	const struct report_options options = { .redact = true };
	hit_in_c(ABRT, TKILL);
	mixed_stack("abort@libc.so.6;check@libfoo.so.1;" GO_STACK);
	fake.snapshot.death.abort_text = "app: foo.c:3: check: Assertion `pin == 4711' failed.";
	analyze(&options);
	ck_assert_ptr_null(strstr(report.verdict->title, "4711"));
	ck_assert_str_eq(report.verdict->message,
			 "SIGABRT: abort\napp: foo.c:3: check: Assertion <redacted, 13 bytes> failed.");
}
END_TEST

/* C code gave the argument of main._Cfunc_drop to free. */
static void freed(const char *said, const char *words, enum address_kind kind)
{
	struct trace *mixed = &fake.snapshot.death.mixed;
	hit_in_c(ABRT, TKILL);
	mixed_stack("abort@libc.so.6;free@libc.so.6;drop@libfoo.so.1;runtime.cgocall;"
		    "main._Cfunc_drop;main.main");
	mixed->frames[4].arg_words = words;
	fake.snapshot.death.abort_text = said;
	fake.address = (struct address){ .kind = kind, .text = "in the Go heap" };
}

START_TEST(go_pointer_that_c_frees_is_named)
{
	freed("free(): invalid pointer", "0xc000076040", ADDRESS_GO_HEAP);
	assert_verdict("cgo-crash", "go-pointer-freed-by-c", POSSIBLE); /* drop may free another */
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "0xc000076040"));
	ck_assert(has_evidence(report.verdict, "which Go handed to C, is in the Go heap"));
}
END_TEST

START_TEST(go_pointer_that_go_gives_to_free_is_what_was_freed)
{
	struct trace *mixed = &fake.snapshot.death.mixed;
	freed("free(): invalid pointer", "", ADDRESS_GO_HEAP);
	mixed_stack("abort@libc.so.6;free@libc.so.6;_cgo_0a1b_Cfunc_free@app;runtime.cgocall;"
		    "main._Cfunc_free;main.main");
	mixed->frames[4].arg_words = "0xc000076040";
	assert_verdict("cgo-crash", "go-pointer-freed-by-c", LIKELY);
}
END_TEST

START_TEST(pointer_of_c_that_c_frees_is_no_gos)
{
	freed("free(): invalid pointer", "0x5581c0", ADDRESS_ANONYMOUS);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
}
END_TEST

START_TEST(what_c_frees_twice_is_its_own)
{
	freed("free(): double free detected in tcache 2", "0xc000076040", ADDRESS_GO_HEAP);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
}
END_TEST

START_TEST(call_without_arguments_hands_nothing_over)
{
	freed("free(): invalid pointer", "", ADDRESS_GO_HEAP);
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
}
END_TEST

/* C code, given the argument WORD of main._Cfunc_fill, faulted at ADDR. */
static void ran_on(const char *word, uint64_t addr, enum address_kind kind)
{
	struct trace *mixed = &fake.snapshot.death.mixed;
	struct death_signal *signal = hit_in_c(SEGV, MAPERR);
	signal->addr = addr;
	signal->has_addr = true;
	mixed_stack("memset@libc.so.6;fill@libfoo.so.1;runtime.cgocall;main._Cfunc_fill;main.main");
	mixed->frames[3].arg_words = word;
	fake.address = (struct address){ .kind = kind, .text = "in the Go heap" };
}

START_TEST(go_memory_that_c_may_have_run_past_is_named)
{
	ran_on("0xc000076040, 0x40000000", 0xc000400000, ADDRESS_GO_HEAP);
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert(has_evidence(report.verdict, "0xc000076040, which Go handed to C, is in the Go"));
	ck_assert(has_evidence(report.verdict, "the fault is 3710912 bytes behind it"));
}
END_TEST

START_TEST(memory_that_the_fault_is_far_from_or_before_is_not)
{
	ran_on("0xc000076040, 0x40000000", 0x7f0000400000, ADDRESS_GO_HEAP);
	analyze(NULL);
	ck_assert(!has_evidence(report.verdict, "which Go handed to C"));
	ran_on("0xc000076040, 0x40000000", 0xc000076000, ADDRESS_GO_HEAP);
	analyze(NULL);
	ck_assert(!has_evidence(report.verdict, "which Go handed to C"));
	ran_on("0xc000076040, 0x40000000", 0xc000400000, ADDRESS_ANONYMOUS);
	analyze(NULL);
	ck_assert(!has_evidence(report.verdict, "which Go handed to C"));
}
END_TEST

START_TEST(panic_as_c_enters_the_runtime_blames_who_called)
{
	struct death *death = &fake.snapshot.death;
	fake_panicked(&fake, "string", "no callback", "panic;runtime.cgocallback;main._Cfunc_call");
	mixed_stack("panic;runtime.cgocallback;crosscall2;export@app;call@app;main._Cfunc_call");
	death->cause_frame = 2;
	death->mixed.frames[5].call = death->culprit.frames[2].call;
	death->mixed.frames[5].sp = death->culprit.frames[2].sp;
	analyze(NULL);
	ck_assert_str_eq(culprit(), "call");
}
END_TEST

START_TEST(panic_in_a_callback_blames_its_go_frame)
{
	struct death *death = &fake.snapshot.death;
	fake_panicked(&fake, "string", "in a callback", "panic;main.f;runtime.cgocallback;main.main");
	mixed_stack("panic;main.f;runtime.cgocallback;call@app;main.main");
	for (size_t i = 0; i < 2; i++) {
		death->mixed.frames[i].call = death->culprit.frames[i].call;
		death->mixed.frames[i].pc = death->culprit.frames[i].pc;
	}
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(culprit(), "main.f");
	ck_assert_uint_eq(report.culprit->count, 5);
}
END_TEST

START_TEST(jump_to_nowhere_from_c_is_in_c)
{
	hit_in_c(SEGV, MAPERR)->pc = 0x1234;
	fake.c_location = NULL;
	fake.snapshot.threads[0].incgo = true;
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_ptr_null(report.verdict->function);
	ck_assert_str_eq(report.verdict->title, "SIGSEGV while C code ran");
}
END_TEST

START_TEST(handler_of_gos_that_gave_up_while_c_ran_is_only_likely)
{
	hit_in_c(SEGV, MAPERR)->pc = 0x1234;
	fake.c_location = NULL;
	fake.go_pc = 0x1234;
	fake.snapshot.threads[0].incgo = true;
	assert_verdict("cgo-crash", "signal-in-c", LIKELY);
}
END_TEST

START_TEST(abort_raises_on_its_own_thread)
{
	hit_in_c(ABRT, TKILL);
	fake.c_location = "libc.so.6";
	assert_verdict("cgo-crash", "c-abort", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "SIGABRT: abort");
}
END_TEST

START_TEST(old_runtimes_throw_for_a_fault_in_c)
{
	fake_threw(&fake, DEATH_THROW, "unexpected signal during runtime execution", NULL,
		   GO_STACK);
	fake_fault(&fake, SEGV, MAPERR, 0, 0x7f0000001234);
	fake.c_location = "crash+0x12 in libfoo.so.1";
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_FATAL_ERROR);
}
END_TEST

/* A thread that C made: no M, no record but the kernel's. */
static void foreign(int number, int code)
{
	struct death_signal *kernel = &fake.snapshot.death.kernel;
	fake.snapshot.threads[0].m = 0;
	fake.snapshot.iscgo = true;
	*kernel = (struct death_signal){
		.present = true,
		.number = number,
		.code = code,
		.sent = code <= 0,
		.pc = 0x401234,
		.record = "NT_SIGINFO",
	};
}

START_TEST(program_without_c_has_none_that_aborts)
{
	foreign(ABRT, TKILL);
	fake.c_location = NULL;
	assert_verdict("cgo-crash", "c-abort", LIKELY);
	fake.snapshot.iscgo = false;
	ck_assert_int_eq(analyze(NULL)->class, CLASS_UNKNOWN);
}
END_TEST

START_TEST(signal_passed_on_is_of_a_foreign_thread)
{
	foreign(SEGV, TKILL);
	assert_verdict("cgo-crash", "signal-on-foreign-thread", LIKELY);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
}
END_TEST

START_TEST(c_stack_that_is_used_up_is_told)
{
	hit_in_c(SEGV, MAPERR);
	mixed_stack("crash@libfoo.so.1;crash@libfoo.so.1;" GO_STACK);
	fake.snapshot.death.c_stack = (struct c_stack){ .lo = 0x7f0000000000, .used = 8 << 20 };
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
	ck_assert_str_eq(report.verdict->title,
			 "SIGSEGV: C code ran out of stack, in crash+0x12 in libfoo.so.1");
	ck_assert(has_evidence(report.verdict, "C frames take 8192 KB"));
}
END_TEST

/* The thread is back where it faulted; the instruction accesses memory of KIND. */
static void raised_again(enum address_kind kind)
{
	foreign(SEGV, TKILL);
	fake.snapshot.death.kernel.by_itself = true;
	fake.snapshot.threads[0].m = 0x1000;
	fake.snapshot.threads[0].incgo = true;
	fake.snapshot.threads[0].ncgo = 1;
	fake.c_location = "crash+0x12 in libfoo.so.1";
	fake.has_insn = true;
	fake.insn = (struct fault_insn){ .reg = "rdi", .reg_known = true, .displacement = 8 };
	fake.address = (struct address){ .kind = kind, .text = "somewhere" };
	mixed_stack("crash@libfoo.so.1;" GO_STACK);
}

START_TEST(fault_that_a_handler_raised_again_is_one)
{
	raised_again(ADDRESS_NIL_PAGE);
	assert_verdict("cgo-crash", "signal-in-c", LIKELY);
	ck_assert_str_eq(culprit(), "crash");
	ck_assert(has_line(&report.verdict->explanation, "accesses 0x8, where no memory is"));
}
END_TEST

START_TEST(raise_where_nothing_faults_is_the_programs_own)
{
	raised_again(ADDRESS_ANONYMOUS);
	assert_verdict("external-signal", "other", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, "The process sent it to this thread"));
}
END_TEST

START_TEST(address_that_no_register_tells_is_not_believed)
{
	raised_again(ADDRESS_NIL_PAGE);
	fake.insn.reg_known = false;
	assert_verdict("external-signal", "other", CERTAIN);
}
END_TEST

START_TEST(borrowed_thread_counts_as_foreign)
{
	foreign(SEGV, TKILL);
	fake.snapshot.threads[0].m = 0x1000;
	fake.snapshot.threads[0].is_extra = true;
	fake.c_location = "worker+0x20 in libfoo.so.1";
	assert_verdict("cgo-crash", "signal-on-foreign-thread", CERTAIN);
}
END_TEST

START_TEST(borrowed_thread_in_a_call_of_gos_is_not_foreign)
{
	foreign(SEGV, MAPERR);
	fake.snapshot.threads[0].m = 0x1000;
	fake.snapshot.threads[0].is_extra = true;
	fake.snapshot.threads[0].ncgo = 1;
	fake.c_location = "worker+0x20 in libfoo.so.1";
	mixed_stack("worker@libfoo.so.1;" GO_STACK);
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
}
END_TEST

static void all_c(const char *stack)
{
	foreign(SEGV, MAPERR);
	fake.snapshot.threads[0].m = 0x1000; /* of which is not known that it is lent */
	fake.snapshot.threads[0].goroutine = NO_INDEX;
	fake.c_location = "worker+0x20 in libfoo.so.1";
	mixed_stack(stack);
}

START_TEST(thread_that_was_lent_an_m_is_foreign_where_all_is_c)
{
	all_c("worker@libfoo.so.1;start_thread@libc.so.6");
	assert_verdict("cgo-crash", "signal-on-foreign-thread", CERTAIN);
}
END_TEST

START_TEST(c_that_the_runtime_called_is_not_foreign)
{
	all_c("worker@libfoo.so.1;runtime.asmcgocall;runtime.mstart");
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
}
END_TEST

START_TEST(signal_that_the_runtime_passed_on_shows_in_the_stack)
{
	foreign(SEGV, TKILL);
	fake.snapshot.threads[0].m = 0x1000;
	fake.thread_stack = "runtime.raise;runtime.raisebadsignal;runtime.badsignal";
	assert_verdict("cgo-crash", "signal-on-foreign-thread", LIKELY);
}
END_TEST

START_TEST(used_up_c_stack_leaves_only_the_kernels_record)
{
	foreign(SEGV, MAPERR);
	fake.snapshot.threads[0].m = 0x1000;
	fake.snapshot.threads[0].incgo = true;
	assert_verdict("cgo-crash", "signal-in-c", LIKELY);
}
END_TEST

START_TEST(old_throw_without_record_is_in_c)
{
	fake_threw(&fake, DEATH_THROW, "unexpected signal during runtime execution", NULL,
		   GO_STACK);
	fake.snapshot.death.on_system_stack = true;
	fake.snapshot.threads[0].incgo = true;
	assert_verdict("cgo-crash", "signal-in-c", CERTAIN);
}
END_TEST

START_TEST(abort_on_a_foreign_thread_is_an_abort)
{
	foreign(ABRT, TKILL);
	assert_verdict("cgo-crash", "c-abort", LIKELY);
}
END_TEST

/* --- near misses --- */

START_TEST(kill_while_in_c_is_from_outside)
{
	hit_in_c(ABRT, USER)->sender_pid = 77;
	assert_verdict("external-signal", "abort", CERTAIN);
}
END_TEST

START_TEST(tgkill_from_go_is_from_outside)
{
	hit_in_c(ABRT, TKILL);
	fake.c_location = NULL;
	assert_verdict("external-signal", "abort", CERTAIN);
}
END_TEST

START_TEST(kill_on_a_foreign_thread_is_from_outside)
{
	foreign(SEGV, USER);
	assert_verdict("external-signal", "other", CERTAIN);
}
END_TEST

START_TEST(panic_below_c_is_a_panic)
{
	fake_panicked(
		&fake, "string", "in a callback",
		"panic;main.goCallback;runtime.cgocallback;runtime.cgocall;main.callC;main.main");
	fake.c_location = "crash+0x12 in libfoo.so.1";
	assert_verdict("panic", "value", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ fault_in_c_names_the_library, 0 },
		{ a_fault_in_a_handler_is_not_what_the_runtime_made_of_it, 0 },
		{ a_split_stack_overflow_of_gos_own_is_none_of_c, 0 },
		{ the_message_is_what_the_runtime_said, 0 },
		{ c_function_is_to_blame, 0 },
		{ c_library_aborts_for_its_caller, 0 },
		{ c_library_linked_in_aborts_for_its_caller, 0 },
		{ called_straight_from_go_the_c_library_is_not_to_blame, 0 },
		{ what_cgo_makes_is_not_to_blame_without_a_name_either, 0 },
		{ cxx_library_aborts_for_its_caller, rows_of(cxx_ends) },
		{ go_that_called_what_threw_has_not_thrown, 0 },
		{ exception_is_told_with_its_text, 0 },
		{ text_of_an_exception_is_redacted, 0 },
		{ jump_to_where_no_code_is_names_who_jumped, 0 },
		{ call_of_address_0_names_who_called, 0 },
		{ jump_of_c_that_has_left_no_frame_is_not_gos, 0 },
		{ fault_in_code_of_no_file_is_no_jump, 0 },
		{ foreign_thread_has_c_frames_and_no_goroutine, 0 },
		{ going_to_no_code_is_told, 0 },
		{ overwritten_return_address_of_c_is_told, 0 },
		{ c_librarys_words_are_told, 0 },
		{ assertion_is_redacted, 0 },
		{ assertion_of_another_language_is_redacted, 0 },
		{ go_pointer_that_c_frees_is_named, 0 },
		{ go_pointer_that_go_gives_to_free_is_what_was_freed, 0 },
		{ pointer_of_c_that_c_frees_is_no_gos, 0 },
		{ what_c_frees_twice_is_its_own, 0 },
		{ call_without_arguments_hands_nothing_over, 0 },
		{ go_memory_that_c_may_have_run_past_is_named, 0 },
		{ memory_that_the_fault_is_far_from_or_before_is_not, 0 },
		{ panic_as_c_enters_the_runtime_blames_who_called, 0 },
		{ panic_in_a_callback_blames_its_go_frame, 0 },
		{ jump_to_nowhere_from_c_is_in_c, 0 },
		{ handler_of_gos_that_gave_up_while_c_ran_is_only_likely, 0 },
		{ abort_raises_on_its_own_thread, 0 },
		{ old_runtimes_throw_for_a_fault_in_c, 0 },
		{ program_without_c_has_none_that_aborts, 0 },
		{ signal_passed_on_is_of_a_foreign_thread, 0 },
		{ c_stack_that_is_used_up_is_told, 0 },
		{ fault_that_a_handler_raised_again_is_one, 0 },
		{ raise_where_nothing_faults_is_the_programs_own, 0 },
		{ address_that_no_register_tells_is_not_believed, 0 },
		{ borrowed_thread_counts_as_foreign, 0 },
		{ borrowed_thread_in_a_call_of_gos_is_not_foreign, 0 },
		{ thread_that_was_lent_an_m_is_foreign_where_all_is_c, 0 },
		{ c_that_the_runtime_called_is_not_foreign, 0 },
		{ signal_that_the_runtime_passed_on_shows_in_the_stack, 0 },
		{ used_up_c_stack_leaves_only_the_kernels_record, 0 },
		{ old_throw_without_record_is_in_c, 0 },
		{ abort_on_a_foreign_thread_is_an_abort, 0 },
		{ kill_while_in_c_is_from_outside, 0 },
		{ tgkill_from_go_is_from_outside, 0 },
		{ kill_on_a_foreign_thread_is_from_outside, 0 },
		{ panic_below_c_is_a_panic, 0 },
	};
	return run_tests("detect_cgo", tests);
}
