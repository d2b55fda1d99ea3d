/* memory-corruption: texts of the collector and the stack walker, and faults in them. */
#include "tests/unit/detecting.h"

static const struct {
	const char *text, *kind;
} texts[] = {
	{ "found bad pointer in Go heap (incorrect use of unsafe or cgo?)", "bad-pointer" },
	{ "found pointer to free object", "bad-pointer" },
	{ "marking free object", "bad-pointer" },
	{ "invalid pointer found on stack", "bad-pointer" },
	{ "checkptr: misaligned pointer conversion", "bad-pointer" },
	{ "checkptr: converted pointer straddles multiple allocations", "bad-pointer" },
	{ "sweep increased allocation count", "bad-span" },
	{ "span has no free objects", "bad-span" },
	{ "mspan.sweep: bad span state", "bad-span" },
	{ "s.allocCount > s.nelems", "bad-span" },
	{ "mheap.freeSpanLocked - invalid free", "bad-span" },
	{ "unknown caller pc", "bad-stack" },
	{ "unknown pc", "bad-stack" },
	{ "traceback did not unwind completely", "bad-stack" },
	{ "traceback stuck", "bad-stack" },
	{ "bad frame pointer", "bad-stack" },
	{ "missing stackmap", "bad-stack" },
	{ "stack size not a power of 2", "bad-stack" },
	{ "found non-zeroed tail of allocation", "bad-span" },
	{ "runtime: invalid typeBitsBulkBarrier", "heap-bitmap" },
	{ "heapBitsSetType: inconsistent object sizes", "heap-bitmap" },
	{ "bad pointer bits written for small object", "heap-bitmap" },
	{ "scanobject of a noscan object", "heap-bitmap" },
};

/* Texts that only damage explains, but for a bug of the runtime's own. */
static const char *const likely_texts[] = { "invalid g status", "bad g status", "bad g transition",
					    "unexpected g status" };

START_TEST(status_that_no_goroutine_has_is_likely_corruption)
{
	fake_threw(&fake, DEATH_THROW, likely_texts[_i], NULL, "runtime.throw;runtime.suspendG");
	fake.bad_record = "goroutine 1: [0x41, 0x41) cannot be its stack";
	assert_verdict("memory-corruption", "bad-stack", LIKELY);
	ck_assert(has_evidence(report.verdict, "cannot be its stack"));
	ck_assert_str_eq(culprit(), "");
}
END_TEST

START_TEST(each_text_has_its_kind)
{
	fake_threw(&fake, DEATH_THROW, texts[_i].text, NULL, "runtime.throw;runtime.gcDrain");
	assert_verdict("memory-corruption", texts[_i].kind, CERTAIN);
	ck_assert_str_eq(report.verdict->message, texts[_i].text);
}
END_TEST

START_TEST(runtimes_lines_name_pointer_and_holder)
{
	fake_threw(&fake, DEATH_THROW, texts[0].text,
		   "runtime: pointer 0xc000400040 to unallocated span span.base()=0xc000400000\n"
		   "runtime: found in object at *(0xc000012340+0x8)",
		   "runtime.throw;runtime.badPointer;runtime.findObject");
	fake.address.text = "in a part of the Go heap that is not in use";
	assert_verdict("memory-corruption", "bad-pointer", CERTAIN);
	ck_assert(has_evidence(report.verdict, "0xc000400040: in a part of the Go heap"));
	ck_assert(has_evidence(report.verdict, "0xc000012348: "));
}
END_TEST

static const struct {
	const char *stack, *kind, *on;
} faults[] = {
	{ "runtime.(*unwinder).next;runtime.scanstack;runtime.gcDrain", "bad-stack", "a goroutine's stack" },
	{ "runtime.greyobject;runtime.scanobject;runtime.gcDrain", "bad-pointer", "the heap" },
	{ "runtime.(*mspan).nextFreeIndex;runtime.mallocgc", "bad-span", "the heap" },
	{ "runtime.memmove;runtime.(*mheap).allocSpan", "bad-span", "the heap" },
	{ "runtime.heapBitsForAddr;runtime.scanobject", "heap-bitmap", "the heap" },
	{ "runtime.stackpoolalloc;runtime.stackcacherefill;runtime.stackalloc", "bad-stack",
	  "its lists of free stacks" },
	{ "runtime.(*_panic).nextFrame.func1;runtime.systemstack", "bad-stack",
	  "a goroutine's deferred calls and panics" },
	{ "runtime.memmove;runtime.chansend;runtime.chansend1;main.f", "bad-pointer", "a channel" },
	{ "runtime.sendTime;runtime.runOneTimer;runtime.runtimer", "bad-pointer", "a timer" },
	{ "runtime.mcall", "bad-pointer", "its records of goroutines and threads" },
	{ "runtime.isSystemGoroutine;runtime.newproc1", "bad-pointer",
	  "its table of the program's functions" },
};

/* Frames of the runtime that say nothing of a fault above them, or below a function of the
 * program. */
static const char *const elsewhere[] = {
	"runtime.schedule;runtime.mstart",
	"runtime.schedule;runtime.park_m;runtime.mcall",
	"runtime.newproc1;runtime.newproc.func1;runtime.systemstack",
	"runtime.schedule;main.callback;runtime.scanobject",
};

START_TEST(fault_in_the_runtimes_memory_code_is_likely_corruption)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.systemstack;main.f;main.main");
	fake_trace(&fake, faults[_i].stack, &fake.snapshot.death.system);
	fake_fault(&fake, 11, 1, 0x118, 0x45aec5)->record = "signal context";
	assert_verdict("memory-corruption", faults[_i].kind, LIKELY);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
	ck_assert_str_eq(report.verdict->message, "SIGSEGV: segmentation violation");
	ck_assert_ptr_nonnull(strstr(report.verdict->title, faults[_i].on));
}
END_TEST

START_TEST(who_had_called_the_runtime_is_told)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.systemstack;main.f;main.main");
	fake_trace(&fake, faults[0].stack, &fake.snapshot.death.system);
	fake_fault(&fake, 11, 1, 0x118, 0x45aec5);
	fake.snapshot.death.goroutine = NO_INDEX;
	fake.snapshot.threads[0].goroutine = 0;
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "had called the runtime there"));
	ck_assert_uint_eq(report.verdict->goroutine, NO_INDEX);
}
END_TEST

/* The handler of the signal itself could not run: the kernel ended the process. */
START_TEST(fault_in_the_runtime_that_it_did_not_handle_is_likely_corruption)
{
	struct death *d = fake_death(&fake, DEATH_NONE, "runtime.mcall;runtime.Gosched;main.f");
	d->kernel = (struct death_signal){ .present = true, .number = 11, .code = 0x80, .pc = 0x1 };
	assert_verdict("memory-corruption", "bad-pointer", LIKELY);
	ck_assert_uint_eq(report.alternative_count, 0);
	fake_trace(&fake, "main.f;runtime.mcall", &d->culprit);
	assert_verdict("invalid-address", "non-canonical", CERTAIN);
}
END_TEST

START_TEST(switch_to_a_bad_pc_is_of_the_goroutines_record)
{
	fake_threw(&fake, DEATH_THROW, "fault", "unexpected fault address 0x0",
		   "runtime.throw;runtime.sigpanic;gogo");
	fake_fault(&fake, 11, 0x80, 0, 0x45aec5);
	assert_verdict("memory-corruption", "bad-stack", LIKELY);
	fake_trace(&fake, "runtime.throw;runtime.sigpanic;main.f;gogo", &fake.snapshot.death.culprit);
	assert_verdict("invalid-address", "non-canonical", CERTAIN);
	/* Allocation follows pointers of the program's, those of a finalizer or a type. */
	fake_trace(&fake, "runtime.throw;runtime.sigpanic;runtime.mallocgc;main.f",
		   &fake.snapshot.death.culprit);
	assert_verdict("invalid-address", "non-canonical", CERTAIN);
}
END_TEST

START_TEST(panic_of_the_collector_is_likely_corruption)
{
	fake_threw(&fake, DEATH_THROW, "index out of range", NULL, "runtime.systemstack_switch");
	fake.snapshot.death.on_system_stack = true;
	fake_trace(&fake, "runtime.throw;runtime.panicCheck1;runtime.tryDeferToSpanScan",
		   &fake.snapshot.death.system);
	assert_verdict("memory-corruption", "bad-pointer", LIKELY);
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "index out of range"));
	fake_trace(&fake, "runtime.throw;runtime.panicCheck1;runtime.findRunnable",
		   &fake.snapshot.death.system);
	assert_verdict("fatal-error", "panic-in-runtime", CERTAIN);
}
END_TEST

START_TEST(control_inside_an_instruction_makes_the_rest_doubtful)
{
	fake_threw(&fake, DEATH_THROW, "fault", "unexpected fault address 0x4b324b",
		   "runtime.throw;runtime.sigpanic;main.grow");
	fake_fault(&fake, 11, 2, 0x4b324b, 0x4b324c)->inside_insn = true;
	analyze(NULL);
	ck_assert_str_eq(report.verdict->kind, "bad-stack");
	ck_assert_int_eq(report.verdict->confidence, LIKELY);
	ck_assert_str_eq(culprit(), "");
	ck_assert_int_eq(report.alternatives[0]->confidence, POSSIBLE);
}
END_TEST

START_TEST(return_to_no_code_that_the_stack_walker_met)
{
	fake_threw(&fake, DEATH_THROW, "unknown caller pc", NULL, "runtime.throw;runtime.gentraceback");
	fake.broken = (struct broken_stack){ .value = 0x10, .landed = true };
	fake_trace(&fake, "runtime.sigpanic", &fake.broken.trace);
	assert_verdict("memory-corruption", "bad-stack", CERTAIN);
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "control went to 0x10"));
	ck_assert(has_evidence(report.verdict, "it was not called"));
}
END_TEST

/* A compiler of the program's own made the code; its faults near nil end like this. */
START_TEST(code_of_no_file_is_no_bad_return)
{
	fake_threw(&fake, DEATH_THROW, "unknown caller pc", NULL, "runtime.throw;runtime.gentraceback");
	fake_fault(&fake, 11, 1, 0, 0x7f0000000006)->off_code = true;
	fake.snapshot.death.cause_frame = fake.snapshot.death.culprit.count;
	assert_verdict("invalid-address", "unmapped", LIKELY);
	ck_assert_uint_eq(report.alternative_count, 0);
}
END_TEST

START_TEST(thread_that_nobody_made_is_possible_corruption)
{
	struct death *d = fake_death(&fake, DEATH_NONE, "main.f");
	d->kernel = (struct death_signal){ .present = true, .number = 11, .code = 1 };
	fake.snapshot.threads[0].m = 0;
	assert_verdict("memory-corruption", "bad-pointer", POSSIBLE);
	fake.snapshot.iscgo = true;
	analyze(NULL);
	ck_assert_str_eq(report.verdict->kind, "signal-on-foreign-thread");
}
END_TEST

START_TEST(same_fault_thrown_is_likely_corruption)
{
	fake_threw(&fake, DEATH_THROW, "unexpected signal during runtime execution", NULL,
		   "runtime.throw;runtime.sigpanic;runtime.(*mcache).nextFree;"
		   "runtime.mallocgc;main.f");
	fake_fault(&fake, 11, 1, 0x118, 0x45aec5);
	assert_verdict("memory-corruption", "bad-span", LIKELY);
	fake_trace(&fake, "runtime.systemstack", &fake.snapshot.death.system);
	assert_verdict("memory-corruption", "bad-span", LIKELY);
}
END_TEST

START_TEST(free_objects_that_something_points_to_are_listed)
{
	fake_threw(&fake, DEATH_THROW, "found pointer to free object", NULL,
		   "runtime.throw;runtime.(*mspan).reportZombies");
	fake.span = (struct span_facts){
		.text = "73 objects of 112 bytes",
		.elem_size = 112,
		.zombies = 6,
		.zombie = { 0xc000012000, 0xc000012070, 0xc0000120e0, 0xc000012150 },
	};
	fake.address.text = "in the Go heap: byte 0, free";
	fake.referrers.items[0] = (struct referrer){
		.kind = REFERRER_GLOBAL,
		.goroutine = NO_INDEX,
		.text = "the word at 0x8000 in the program's variable main.cache",
	};
	fake.referrers.count = fake.referrers.found[REFERRER_GLOBAL] = 1;
	assert_verdict("memory-corruption", "bad-pointer", CERTAIN);
	ck_assert(has_evidence(report.verdict, "73 objects of 112 bytes"));
	ck_assert(has_evidence(report.verdict, "0xc000012150: in the Go heap"));
	ck_assert(has_evidence(report.verdict, "2 more that are free"));
	ck_assert(has_evidence(report.verdict, "variable main.cache"));
}
END_TEST

START_TEST(slot_of_a_bad_pointer_is_placed)
{
	fake_threw(&fake, DEATH_THROW, "invalid pointer found on stack",
		   "runtime: bad pointer in frame main.f at 0xc000064fc0: 0x123",
		   "runtime.throw;runtime.adjustpointers");
	fake.word_place = "the frame of main.f, goroutine 6";
	assert_verdict("memory-corruption", "bad-pointer", CERTAIN);
	ck_assert(has_evidence(report.verdict, "0xc000064fc0, in the frame of main.f, goroutine 6, "
					       "holds 0x123"));
}
END_TEST

START_TEST(overwritten_return_address_is_what_it_is_about)
{
	static const struct call smashed = { .symbol = "main.smashed", .function = "main.smashed",
					     .file = "/src/main.go", .line = 7 };
	fake_threw(&fake, DEATH_THROW, "unknown caller pc", NULL, "runtime.throw;runtime.gentraceback");
	fake_add(&fake, G_WAITING, "sleep", "time.Sleep;main.smashed;main.main");
	fake.broken = (struct broken_stack){ .goroutine = 1, .call = &smashed,
					     .value = 0xdeadbeef, .words = "0x1 [0xdeadbeef] 0x2" };
	fake_trace(&fake, "time.Sleep;main.smashed", &fake.broken.trace);
	fake.address.text = "not mapped";
	assert_verdict("memory-corruption", "bad-stack", CERTAIN);
	ck_assert(has_evidence(report.verdict, "would return to 0xdeadbeef, not mapped"));
	ck_assert(has_evidence(report.verdict, "[0xdeadbeef]"));
	ck_assert_str_eq(report.verdict->title,
			 "the return address of main.smashed was overwritten: 0xdeadbeef");
	ck_assert_str_eq(culprit(), "main.smashed");
	ck_assert_uint_eq(report.verdict->goroutine, 1);
}
END_TEST

START_TEST(return_to_no_code_is_corruption_and_a_call_is_not)
{
	fake_threw(&fake, DEATH_THROW, "fault", "unexpected fault address 0x6c6c6548",
		   "runtime.throw;runtime.sigpanic");
	fake_fault(&fake, 11, 1, 0x6c6c6548, 0x6c6c6548);
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	fake.bad_return = (struct broken_stack){ .value = 0x6c6c6548, .words = "[0x6c6c6548]" };
	fake.address.text = "not mapped";
	analyze(NULL);
	ck_assert_str_eq(report.verdict->kind, "bad-stack");
	ck_assert_int_eq(report.verdict->confidence, CERTAIN);
	ck_assert(has_evidence(report.verdict, "a function would return to 0x6c6c6548, not mapped"));
	ck_assert_str_eq(culprit(), "");
	ck_assert_uint_eq(report.alternative_count, 1);
}
END_TEST

START_TEST(a_return_to_0_is_told_where_the_runtime_could_not_walk_on)
{
	fake_threw(&fake, DEATH_THROW, "traceback did not unwind completely", NULL,
		   "runtime.throw;runtime.sigpanic");
	analyze(NULL);
	ck_assert_ptr_null(strstr(report.verdict->title, "address 0"));
	fake_fault(&fake, 11, 1, 0, 0);
	fake.bad_return = (struct broken_stack){ .slot = 0xc000100000 };
	fake.returned = true;
	analyze(NULL);
	ck_assert_str_eq(report.verdict->kind, "bad-stack");
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "a function returned to address 0"));
}
END_TEST

/* The handler itself had no stack: no word of the runtime's. */
static void stackless(void)
{
	struct death_signal *fault;
	fake_add(&fake, G_RUNNING, "", "main.f;main.main");
	fake.snapshot.death.goroutine = 0;
	fake.snapshot.death.thread = 0;
	fault = fake_fault(&fake, 11, 1, 0x123456788ff8, 0x480300);
	fake.snapshot.death.kernel = *fault;
}

START_TEST(a_stack_pointer_that_is_none_comes_before_the_address)
{
	stackless();
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	fake.wild_sp = 0x123456789000;
	fake.address.text = "not mapped";
	analyze(NULL);
	ck_assert_str_eq(verdict_class_name(report.verdict->class), "memory-corruption");
	ck_assert_str_eq(report.verdict->kind, "bad-stack");
	ck_assert_int_eq(report.verdict->confidence, CERTAIN);
	ck_assert_ptr_nonnull(strstr(report.verdict->title, "the stack pointer was 0x123456789000"));
	ck_assert(has_evidence(report.verdict, "0x123456789000: not mapped"));
	ck_assert_uint_eq(report.alternative_count, 1);
}
END_TEST

START_TEST(broken_records_of_the_heap_are_evidence)
{
	fake_threw(&fake, DEATH_THROW, "sweep increased allocation count", NULL,
		   "runtime.throw;runtime.(*sweepLocked).sweep");
	fake.checks.faults[0] = (struct heap_fault){ .text = "allocCount is 5, its bits say 7" };
	fake.checks.fault_count = 1;
	fake.checks.fault_total = 3;
	fake.checks.checks[0] = (struct check){ .name = "span-counts", .text = "3 of 9" };
	fake.checks.check_count = 1;
	assert_verdict("memory-corruption", "bad-span", CERTAIN);
	ck_assert(has_evidence(report.verdict, "its bits say 7"));
	ck_assert(has_evidence(report.verdict, "and 2 more"));
	ck_assert_str_eq(report.checks[report.check_count - 1].name, "span-counts");
}
END_TEST

START_TEST(settings_that_hid_it_are_told)
{
	fake_threw(&fake, DEATH_THROW, texts[0].text, NULL, "runtime.throw");
	fake.settings.godebug = "madvdontneed=1,invalidptr=0";
	analyze(NULL);
	ck_assert(has_line(&report.verdict->advice, "GODEBUG=invalidptr=0 was in force"));
	ck_assert(has_line(&report.verdict->advice, "GODEBUG=clobberfree=1 overwrites"));
	ck_assert(!has_line(&report.verdict->advice, "GOTRACEBACK"));
}
END_TEST

/* --- near misses --- */

START_TEST(other_settings_are_no_advice)
{
	fake_threw(&fake, DEATH_THROW, texts[0].text, NULL, "runtime.throw");
	fake.settings.godebug = "invalidptr=01,xinvalidptr=0,clobberfree=1,cgocheck=0";
	analyze(NULL);
	ck_assert(!has_line(&report.verdict->advice, "in force"));
	ck_assert(!has_line(&report.verdict->advice, "clobberfree"));
}
END_TEST

/* checkptr stops before there is any damage. */
START_TEST(checkptr_searches_nothing)
{
	fake_threw(&fake, DEATH_THROW, "checkptr: misaligned pointer conversion", NULL,
		   "runtime.throw;runtime.checkptrAlignment;main.f");
	fake.checks.fault_count = 1;
	fake.checks.faults[0].text = "allocCount is 5";
	assert_verdict("memory-corruption", "bad-pointer", CERTAIN);
	ck_assert(!has_evidence(report.verdict, "allocCount"));
	ck_assert_uint_eq(fake.searches, 0);
}
END_TEST

/* mbitmap.go badPointer has more callers than the collector. */
START_TEST(bad_pointer_is_told_by_who_asked)
{
	static const struct {
		const char *stack, *why;
		unsigned searches;
	} rows[] = {
		{ "runtime.throw;runtime.badPointer;runtime.findObject;runtime.checkptrBase;"
		  "runtime.checkptrStraddles;runtime.unsafeslicecheckptr;main.f;main.main",
		  "The checks for unsafe.Pointer", 0 },
		{ "runtime.throw;runtime.badPointer;runtime.findObject;runtime.cgoCheckUnknownPointer;"
		  "runtime.cgoCheckArg;main.f;main.main",
		  "The pointer that a call of the runtime or of C was given", 1 },
		{ "runtime.throw;runtime.badPointer;runtime.findObject;runtime.scanobject;main.f",
		  "A live object holds a pointer", 1 },
	};
	const char *const text = "found bad pointer in Go heap (incorrect use of unsafe or cgo?)";
	fake_threw(&fake, DEATH_THROW, text, "runtime: pointer 0xc000012345 to unused region\n",
		   rows[_i].stack);
	assert_verdict("memory-corruption", "bad-pointer", CERTAIN);
	ck_assert(has_line(&report.verdict->explanation, rows[_i].why));
	ck_assert_uint_eq(fake.searches > 0, rows[_i].searches);
}
END_TEST

START_TEST(other_deaths_do_not_check_the_heap)
{
	fake_panicked(&fake, "string", "boom", "panic;main.f;main.main");
	fake.checks.checks[0] = (struct check){ .name = "span-counts", .text = "3 of 9" };
	fake.checks.check_count = 1;
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_uint_eq(report.check_count, fake.snapshot.check_count);
}
END_TEST

START_TEST(fault_elsewhere_in_the_runtime_is_a_fatal_error)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.systemstack;main.f;main.main");
	fake_trace(&fake, elsewhere[_i], &fake.snapshot.death.system);
	fake_fault(&fake, 11, 1, 0x118, 0x45aec5);
	assert_verdict("fatal-error", "fault-in-runtime", CERTAIN);
}
END_TEST

START_TEST(fault_that_somebody_sent_is_none)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.scanobject;runtime.gcDrain");
	fake_fault(&fake, 11, 0, 0, 0x45aec5);
	assert_verdict("external-signal", "other", CERTAIN);
}
END_TEST

START_TEST(waiters_that_contradict_each_other_are_likely_corruption)
{
	static const char *const waiters[] = { "G waiting list is corrupted",
					       "acquireSudog: found s.elem != nil in cache",
					       "runtime: sudog with non-nil next" };
	fake_threw(&fake, DEATH_THROW, waiters[_i], NULL, "runtime.throw;runtime.chansend;main.f");
	assert_verdict("memory-corruption", "bad-pointer", LIKELY);
}
END_TEST

START_TEST(unknown_text_is_a_fatal_error)
{
	fake_threw(&fake, DEATH_THROW, "schedule: holding locks", NULL, "runtime.throw");
	assert_verdict("fatal-error", "other", CERTAIN);
}
END_TEST

START_TEST(goexit_while_a_panic_is_printed_makes_a_bad_stack_likely)
{
	fake_threw(&fake, DEATH_THROW, "unknown pc", "", "main.main");
	struct panic_record *older = fake_panic(&fake, "main.E", "x");
	older->recovered = true;
	fake_panic(&fake, "", "")->goexit = true;
	assert_verdict("memory-corruption", "bad-stack", CERTAIN);
	older->recovered = false;
	assert_verdict("memory-corruption", "bad-stack", LIKELY);
	ck_assert(has_line(&report.verdict->explanation, "nothing was overwritten"));
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ each_text_has_its_kind, rows_of(texts) },
		{ runtimes_lines_name_pointer_and_holder, 0 },
		{ fault_in_the_runtimes_memory_code_is_likely_corruption, rows_of(faults) },
		{ same_fault_thrown_is_likely_corruption, 0 },
		{ free_objects_that_something_points_to_are_listed, 0 },
		{ slot_of_a_bad_pointer_is_placed, 0 },
		{ overwritten_return_address_is_what_it_is_about, 0 },
		{ return_to_no_code_is_corruption_and_a_call_is_not, 0 },
		{ broken_records_of_the_heap_are_evidence, 0 },
		{ settings_that_hid_it_are_told, 0 },
		{ other_settings_are_no_advice, 0 },
		{ checkptr_searches_nothing, 0 },
		{ bad_pointer_is_told_by_who_asked, 3 },
		{ other_deaths_do_not_check_the_heap, 0 },
		{ fault_elsewhere_in_the_runtime_is_a_fatal_error, rows_of(elsewhere) },
		{ status_that_no_goroutine_has_is_likely_corruption, rows_of(likely_texts) },
		{ who_had_called_the_runtime_is_told, 0 },
		{ fault_in_the_runtime_that_it_did_not_handle_is_likely_corruption, 0 },
		{ switch_to_a_bad_pc_is_of_the_goroutines_record, 0 },
		{ panic_of_the_collector_is_likely_corruption, 0 },
		{ control_inside_an_instruction_makes_the_rest_doubtful, 0 },
		{ return_to_no_code_that_the_stack_walker_met, 0 },
		{ code_of_no_file_is_no_bad_return, 0 },
		{ thread_that_nobody_made_is_possible_corruption, 0 },
		{ fault_that_somebody_sent_is_none, 0 },
		{ a_return_to_0_is_told_where_the_runtime_could_not_walk_on, 0 },
		{ a_stack_pointer_that_is_none_comes_before_the_address, 0 },
		{ waiters_that_contradict_each_other_are_likely_corruption, 3 },
		{ goexit_while_a_panic_is_printed_makes_a_bad_stack_likely, 0 },
		{ unknown_text_is_a_fatal_error, 0 },
	};
	return run_tests("detect_corruption", tests);
}
