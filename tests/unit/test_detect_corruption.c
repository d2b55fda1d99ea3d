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
	{ "heapBitsSetType: inconsistent object sizes", "heap-bitmap" },
	{ "bad pointer bits written for small object", "heap-bitmap" },
	{ "scanobject of a noscan object", "heap-bitmap" },
};

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
	ck_assert(has_evidence(report.verdict, "object at 0xc000012340"));
}
END_TEST

static const struct {
	const char *stack, *kind;
} faults[] = {
	{ "runtime.(*unwinder).next;runtime.scanstack;runtime.gcDrain", "bad-stack" },
	{ "runtime.greyobject;runtime.scanobject;runtime.gcDrain", "bad-pointer" },
	{ "runtime.(*mspan).nextFreeIndex;runtime.mallocgc", "bad-span" },
	{ "runtime.memmove;runtime.(*mheap).allocSpan", "bad-span" },
	{ "runtime.heapBitsForAddr;runtime.scanobject", "heap-bitmap" },
};

START_TEST(fault_in_the_runtimes_memory_code_is_likely_corruption)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.systemstack;main.f;main.main");
	fake_trace(&fake, faults[_i].stack, &fake.snapshot.death.system);
	fake_fault(&fake, 11, 1, 0x118, 0x45aec5)->record = "signal context";
	assert_verdict("memory-corruption", faults[_i].kind, LIKELY);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
	ck_assert_str_eq(report.verdict->message, "SIGSEGV: segmentation violation");
}
END_TEST

START_TEST(same_fault_thrown_is_likely_corruption)
{
	fake_threw(&fake, DEATH_THROW, "unexpected signal during runtime execution", NULL,
		   "runtime.throw;runtime.sigpanic;runtime.(*mcache).nextFree;"
		   "runtime.mallocgc;main.f");
	fake_fault(&fake, 11, 1, 0x118, 0x45aec5);
	assert_verdict("memory-corruption", "bad-span", LIKELY);
}
END_TEST

/* --- near misses --- */

START_TEST(fault_elsewhere_in_the_runtime_is_a_fatal_error)
{
	fake_death(&fake, DEATH_SIGNAL, "runtime.systemstack;main.f;main.main");
	fake_trace(&fake, "runtime.schedule;runtime.mstart", &fake.snapshot.death.system);
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

START_TEST(unknown_text_is_a_fatal_error)
{
	fake_threw(&fake, DEATH_THROW, "schedule: holding locks", NULL, "runtime.throw");
	assert_verdict("fatal-error", "other", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ each_text_has_its_kind, rows_of(texts) },
		{ runtimes_lines_name_pointer_and_holder, 0 },
		{ fault_in_the_runtimes_memory_code_is_likely_corruption, rows_of(faults) },
		{ same_fault_thrown_is_likely_corruption, 0 },
		{ fault_elsewhere_in_the_runtime_is_a_fatal_error, 0 },
		{ fault_that_somebody_sent_is_none, 0 },
		{ unknown_text_is_a_fatal_error, 0 },
	};
	return run_tests("detect_corruption", tests);
}
