/* nil-dereference, and what only looks like it. */
#include "tests/unit/detecting.h"

#define NIL_TEXT  "runtime error: invalid memory address or nil pointer dereference"
#define NIL_STACK "panic;runtime.panicmem;runtime.sigpanic;main.handle:118;main.main"

enum { SEGV = 11, MAPERR = 1 };

/* A nil dereference at ADDR in main.handle. */
static void nil_at(uint64_t addr)
{
	fake_panicked(&fake, "runtime.errorString", NIL_TEXT, NIL_STACK);
	fake_fault(&fake, SEGV, MAPERR, addr, fake.snapshot.death.culprit.frames[3].pc);
	fake.has_insn = true;
	fake.insn = (struct fault_insn){
		.text = "mov rax, qword ptr [rcx + 0x18]",
		.reg = "rcx",
		.reg_known = true,
		.reg_derived = true,
		.displacement = (int64_t)addr,
		.access = "read",
	};
}

START_TEST(offset_without_names_is_a_field)
{
	nil_at(0x18);
	assert_verdict("nil-dereference", "field", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "read at offset 0x18 of a nil pointer");
	ck_assert_str_eq(report.verdict->message, NIL_TEXT);
	ck_assert_str_eq(culprit(), "main.handle");
	ck_assert(has_evidence(report.verdict, "address 0x18, SIGSEGV (SEGV_MAPERR)"));
	ck_assert(has_evidence(report.verdict, "rcx was 0x0 (follows from"));
}
END_TEST

START_TEST(names_make_the_title)
{
	nil_at(0x18);
	fake.insn.field = "Timeout";
	fake.insn.pointer = "s.cfg";
	fake.insn.pointer_type = "*main.Config";
	fake.insn.expression = "s.cfg.Timeout";
	assert_verdict("nil-dereference", "field", CERTAIN);
	ck_assert_str_eq(report.verdict->title,
			 "read of field Timeout of a nil *main.Config: s.cfg.Timeout");
	ck_assert(has_line(&report.verdict->advice, "s.cfg"));
}
END_TEST

START_TEST(a_small_number_is_not_called_nil)
{
	nil_at(0x19);
	fake.insn.reg_value = 1;
	fake.insn.displacement = 0x18;
	fake.insn.pointer = "p.points";
	fake.insn.pointer_type = "*[4]int";
	fake.insn.through_array = true;
	fake.insn.bytes = 8;
	assert_verdict("nil-dereference", "index", LIKELY);
	ck_assert_str_eq(report.verdict->title,
			 "read of an element through a *[4]int that was 0x1");
	ck_assert(has_evidence(report.verdict, "rcx was 0x1 (follows from"));
	ck_assert(!has_line(&report.verdict->advice, "should have set"));
}
END_TEST

START_TEST(an_interface_with_a_small_number_for_its_type_is_not_called_nil)
{
	nil_at(0x2f);
	fake.insn.reg_value = 0x17;
	fake.insn.displacement = 0x18;
	fake.insn.indirect_method = true;
	assert_verdict("nil-dereference", "method-on-nil-interface", LIKELY);
	ck_assert_str_eq(report.verdict->title,
			 "call of a method on an interface whose type word was 0x17");
}
END_TEST

START_TEST(nil_moved_to_a_field_stays_nil)
{
	nil_at(0x18);
	fake.insn.reg_value = 0x18;
	fake.insn.displacement = 0;
	assert_verdict("nil-dereference", "field", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "read at offset 0x18 of a nil pointer");
}
END_TEST

START_TEST(first_word_is_a_pointer)
{
	nil_at(0);
	assert_verdict("nil-dereference", "pointer", CERTAIN);
}
END_TEST

START_TEST(first_field_needs_its_name)
{
	nil_at(0);
	fake.insn.field = "name";
	assert_verdict("nil-dereference", "field", CERTAIN);
}
END_TEST

START_TEST(base_and_index_is_an_element)
{
	nil_at(0x28);
	fake.insn.indexed = true;
	fake.insn.displacement = 0;
	assert_verdict("nil-dereference", "index", CERTAIN);
}
END_TEST

START_TEST(pointer_to_an_array_is_an_element)
{
	nil_at(0);
	fake.insn.pointer_type = "*main.table";
	fake.insn.through_array = true;
	fake.insn.bytes = 8;
	assert_verdict("nil-dereference", "index", CERTAIN);
}
END_TEST

START_TEST(a_copy_of_the_whole_array_is_through_a_pointer)
{
	nil_at(0);
	fake.insn.pointer_type = "*[16]int";
	fake.insn.through_array = true;
	fake.insn.bytes = 16;
	assert_verdict("nil-dereference", "pointer", CERTAIN);
}
END_TEST

START_TEST(an_address_behind_nil_without_displacement_is_a_field)
{
	nil_at(0x18);
	fake.insn.displacement = 0;
	assert_verdict("nil-dereference", "field", CERTAIN);
}
END_TEST

START_TEST(pointer_to_a_slice_is_a_pointer)
{
	nil_at(8);
	fake.insn.pointer_type = "*[]int";
	assert_verdict("nil-dereference", "pointer", CERTAIN);
}
END_TEST

START_TEST(itab_is_a_method_on_a_nil_interface)
{
	nil_at(0x18);
	fake.insn.indirect_method = fake.insn.is_call = true;
	assert_verdict("nil-dereference", "method-on-nil-interface", CERTAIN);
}
END_TEST

START_TEST(closure_is_a_nil_function)
{
	nil_at(0);
	fake.insn.is_call = true;
	assert_verdict("nil-dereference", "nil-function-call", CERTAIN);
}
END_TEST

START_TEST(pc_zero_is_a_nil_function)
{
	nil_at(0);
	fake.snapshot.death.fault.pc = 0;
	fake.has_insn = false;
	assert_verdict("nil-dereference", "nil-function-call", LIKELY);
	ck_assert_str_eq(culprit(), "main.handle");
	ck_assert_str_eq(report.verdict->title, "call of a function whose address is 0");
}
END_TEST

START_TEST(a_negative_pointer_was_not_nil)
{
	nil_at(0xa);
	fake.insn.reg_value = 0xfffffffffffffff8;
	fake.insn.displacement = 0x12;
	fake.insn.pointer_type = "*main.node";
	assert_verdict("nil-dereference", "pointer", LIKELY);
	ck_assert_str_eq(report.verdict->title,
			 "read near nil through a pointer that was 0xfffffffffffffff8");
	fake.insn.reg_value = 0;
	assert_verdict("nil-dereference", "pointer", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "read through a nil *main.node");
}
END_TEST

START_TEST(code_that_is_not_there_leaves_a_pointer)
{
	nil_at(0);
	fake.has_insn = false;
	assert_verdict("nil-dereference", "pointer", CERTAIN);
}
END_TEST

START_TEST(first_cause_of_a_chain_stays)
{
	nil_at(0x18);
	fake_trace(&fake, "panic;main.handle.func1:30;" NIL_STACK, &fake.snapshot.death.culprit);
	fake.snapshot.death.cause_frame = 5;
	fake.snapshot.death.fault.pc = fake.snapshot.death.culprit.frames[5].pc;
	fake_panic(&fake, "string", "second");
	assert_verdict("nil-dereference", "field", CERTAIN);
	ck_assert_str_eq(report.verdict->message, NIL_TEXT "\n\tpanic: second");
	ck_assert_str_eq(culprit(), "main.handle");
}
END_TEST

START_TEST(overwritten_record_leaves_the_pc)
{
	nil_at(0x18);
	fake_trace(&fake, NIL_STACK ";" NIL_STACK, &fake.snapshot.death.culprit);
	fake.snapshot.death.cause_frame = 8;
	fake_panic(&fake, "runtime.errorString", NIL_TEXT);
	assert_verdict("nil-dereference", "field", CERTAIN);
	ck_assert_uint_eq(report.verdict->signal->pc, fake.snapshot.death.culprit.frames[8].pc);
	ck_assert(!report.verdict->signal->has_addr);
}
END_TEST

/* A core that a debugger wrote when the fault stopped the process. */
static void stopped_at(uint64_t addr)
{
	fake.snapshot.death.kernel = (struct death_signal){
		.present = true,
		.number = SEGV,
		.code = MAPERR,
		.has_addr = true,
		.addr = addr,
		.pc = 0x480300,
	};
}

START_TEST(fault_that_go_never_saw_is_likely)
{
	stopped_at(0x18);
	assert_verdict("nil-dereference", "pointer", LIKELY);
	ck_assert_int_eq(report.origin, ORIGIN_SIGNAL);
}
END_TEST

/* --- near misses --- */

START_TEST(fault_far_from_nil_that_go_never_saw_is_none)
{
	stopped_at(0xdeadbeef000);
	assert_verdict("invalid-address", "unmapped", CERTAIN);
}
END_TEST

START_TEST(nil_that_no_code_of_the_programs_read_is_none)
{
	nil_at(0x18);
	fake.snapshot.death.fault.pc = 0x7f0000000002;
	fake.snapshot.death.fault.off_code = true;
	assert_verdict("invalid-address", "unmapped", LIKELY);
	ck_assert_str_eq(report.verdict->title, "fault in memory that is no code of any file");
	ck_assert(has_line(&report.verdict->explanation, "says that main.handle"));
}
END_TEST

START_TEST(address_beyond_the_zero_page_is_none)
{
	nil_at(0x1238);
	fake.panics[0].type = "runtime.errorAddressString";
	assert_verdict("invalid-address", "unmapped", CERTAIN);
}
END_TEST

START_TEST(record_of_a_survived_fault_is_none)
{
	fake_panicked(&fake, "string", "boom", "panic;main.handle:118;main.main");
	fake_fault(&fake, SEGV, MAPERR, 0x18, 0x480300);
	assert_verdict("panic", "value", CERTAIN);
}
END_TEST

START_TEST(rethrown_value_is_a_panic)
{
	fake_panicked(&fake, "runtime.errorString", NIL_TEXT, "panic;main.rethrow:20;main.main");
	assert_verdict("panic", "runtime-error", CERTAIN);
	ck_assert_str_eq(culprit(), "main.rethrow");
}
END_TEST

START_TEST(users_error_with_that_text_is_an_error)
{
	fake_panicked(&fake, "*errors.errorString", NIL_TEXT, "panic;main.handle:118;main.main");
	fake.panics[0].is_error = true;
	assert_verdict("panic", "error", CERTAIN);
}
END_TEST

START_TEST(fault_in_a_deferred_call_is_not_the_first_cause)
{
	nil_at(0x18);
	fake_trace(&fake, NIL_STACK ";panic;main.first:7;main.main", &fake.snapshot.death.culprit);
	fake.snapshot.death.cause_frame = 6;
	fake.panics[1] = fake.panics[0];
	fake.panics[0] =
		(struct panic_record){ .type = "string", .text = "first", .printed = "first" };
	fake.snapshot.death.panics.count = 2;
	assert_verdict("panic", "value", CERTAIN);
	ck_assert_str_eq(report.verdict->message, "first\n\tpanic: " NIL_TEXT);
	ck_assert_str_eq(culprit(), "main.first");
}
END_TEST

START_TEST(divide_fault_is_none)
{
	fake_panicked(&fake, "runtime.errorString", "runtime error: integer divide by zero",
		      "panic;runtime.panicdivide;runtime.sigpanic;main.divide;main.main");
	fake_fault(&fake, 8, 1, 0x480300, 0x480300);
	assert_verdict("panic", "divide", CERTAIN);
}
END_TEST

START_TEST(address_that_the_cpu_did_not_tell_is_none)
{
	nil_at(0);
	fake_fault(&fake, SEGV, 0x80, 0, fake.snapshot.death.culprit.frames[3].pc);
	fake.insn.operand = "[rcx]";
	fake.panics[0].type = "runtime.errorAddressString";
	assert_verdict("invalid-address", "non-canonical", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ offset_without_names_is_a_field, 0 },
		{ names_make_the_title, 0 },
		{ a_small_number_is_not_called_nil, 0 },
		{ an_interface_with_a_small_number_for_its_type_is_not_called_nil, 0 },
		{ nil_moved_to_a_field_stays_nil, 0 },
		{ first_word_is_a_pointer, 0 },
		{ first_field_needs_its_name, 0 },
		{ base_and_index_is_an_element, 0 },
		{ pointer_to_an_array_is_an_element, 0 },
		{ a_copy_of_the_whole_array_is_through_a_pointer, 0 },
		{ an_address_behind_nil_without_displacement_is_a_field, 0 },
		{ pointer_to_a_slice_is_a_pointer, 0 },
		{ itab_is_a_method_on_a_nil_interface, 0 },
		{ closure_is_a_nil_function, 0 },
		{ pc_zero_is_a_nil_function, 0 },
		{ a_negative_pointer_was_not_nil, 0 },
		{ code_that_is_not_there_leaves_a_pointer, 0 },
		{ first_cause_of_a_chain_stays, 0 },
		{ overwritten_record_leaves_the_pc, 0 },
		{ fault_that_go_never_saw_is_likely, 0 },
		{ fault_far_from_nil_that_go_never_saw_is_none, 0 },
		{ nil_that_no_code_of_the_programs_read_is_none, 0 },
		{ address_beyond_the_zero_page_is_none, 0 },
		{ record_of_a_survived_fault_is_none, 0 },
		{ rethrown_value_is_a_panic, 0 },
		{ users_error_with_that_text_is_an_error, 0 },
		{ fault_in_a_deferred_call_is_not_the_first_cause, 0 },
		{ divide_fault_is_none, 0 },
		{ address_that_the_cpu_did_not_tell_is_none, 0 },
	};
	return run_tests("detect_nil", tests);
}
