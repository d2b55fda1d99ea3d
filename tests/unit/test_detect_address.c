/* invalid-address: what the address of a fault was. */
#include "tests/unit/detecting.h"

#define STACK "runtime.throw;runtime.sigpanic;main.read:7;main.main"

enum { BUS = 7, SEGV = 11, MAPERR = 1, ACCERR = 2, ADRERR = 2, KERNEL = 0x80 };

/* The fatal error "fault" with a fault at ADDR in main.read. */
static struct death_signal *fault_at(int number, int code, uint64_t addr)
{
	fake_threw(&fake, DEATH_THROW, "fault", "unexpected fault address 0xdeadbeef008", STACK);
	fake.has_insn = true;
	fake.insn = (struct fault_insn){
		.text = "mov rax, qword ptr [rax]",
		.operand = "[rax]",
		.access = "read",
	};
	fake.address = (struct address){ .kind = ADDRESS_UNMAPPED, .text = "not mapped" };
	return fake_fault(&fake, number, code, addr, fake.snapshot.death.culprit.frames[2].pc);
}

START_TEST(hole_is_unmapped)
{
	fault_at(SEGV, MAPERR, 0xdeadbeef008);
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "read of an address where nothing is mapped");
	ck_assert_str_eq(report.verdict->message, "fault\nunexpected fault address 0xdeadbeef008");
	ck_assert_int_eq(report.origin, ORIGIN_FATAL_ERROR);
	ck_assert_str_eq(culprit(), "main.read");
}
END_TEST

START_TEST(kernels_own_code_is_non_canonical)
{
	fault_at(SEGV, KERNEL, 0);
	assert_verdict("invalid-address", "non-canonical", CERTAIN);
	ck_assert(!has_evidence(report.verdict, "address 0x0"));
}
END_TEST

START_TEST(a_redacted_register_is_not_quoted)
{
	const struct report_options redacted = { .redact = true };
	fault_at(SEGV, KERNEL, 0);
	fake.insn.reg = "rax";
	fake.insn.reg_value = 0x54455243455373;
	fake.insn.reg_known = true;
	assert_verdict("invalid-address", "non-canonical", CERTAIN);
	ck_assert(has_evidence(report.verdict, "rax was 0x54455243455373"));
	analyze(&redacted);
	ck_assert(!has_evidence(report.verdict, "54455243455373"));
}
END_TEST

START_TEST(protection_fault_without_operand_is_less_sure)
{
	fault_at(SEGV, KERNEL, 0);
	fake.insn.operand = NULL;
	assert_verdict("invalid-address", "non-canonical", LIKELY);
}
END_TEST

START_TEST(write_to_a_readable_page_is_read_only)
{
	fault_at(SEGV, ACCERR, 0x4a1000);
	fake.insn.access = "write";
	fake.address = (struct address){
		.kind = ADDRESS_RODATA,
		.known_flags = true,
		.readable = true,
		.text = "in the program's read-only data",
	};
	assert_verdict("invalid-address", "read-only", CERTAIN);
}
END_TEST

START_TEST(write_to_code_is_read_only_without_flags)
{
	fault_at(SEGV, ACCERR, 0x4a1000);
	fake.insn.access = "write";
	fake.address = (struct address){ .kind = ADDRESS_TEXT, .text = "in the code of main.f" };
	assert_verdict("invalid-address", "read-only", CERTAIN);
}
END_TEST

START_TEST(read_of_a_page_without_rights_is_not_read_only)
{
	fault_at(SEGV, ACCERR, 0x7f0000001000);
	fake.address = (struct address){ .kind = ADDRESS_ANONYMOUS, .text = "reserved" };
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "read of memory that may not be accessed");
}
END_TEST

START_TEST(bus_error_on_a_file_is_truncated)
{
	fault_at(BUS, ADRERR, 0x7f0000001000);
	fake.address = (struct address){
		.kind = ADDRESS_FILE,
		.path = "/tmp/data",
		.text = "in a mapping of /tmp/data",
	};
	assert_verdict("invalid-address", "truncated-file-mapping", CERTAIN);
	ck_assert(has_evidence(report.verdict, "/tmp/data"));
}
END_TEST

START_TEST(bus_error_without_a_file_is_less_sure)
{
	fault_at(BUS, ADRERR, 0x7f0000001000);
	assert_verdict("invalid-address", "truncated-file-mapping", LIKELY);
}
END_TEST

START_TEST(freed_arena_is_freed_memory)
{
	fault_at(SEGV, ACCERR, 0xc000400008);
	fake.snapshot.death.fatal_preamble = "accessed data from freed user arena 0xc000400008";
	assert_verdict("invalid-address", "freed-memory", CERTAIN);
}
END_TEST

START_TEST(span_that_is_free_is_freed_memory)
{
	fault_at(SEGV, MAPERR, 0xc000400008);
	fake.address.kind = ADDRESS_GO_HEAP_FREE;
	assert_verdict("invalid-address", "freed-memory", LIKELY);
}
END_TEST

static void hold(struct referrers *to, struct referrer referrer)
{
	to->items[to->count++] = referrer;
	to->found[referrer.kind]++;
}

START_TEST(who_holds_the_address_is_told)
{
	fault_at(SEGV, MAPERR, 0xdeadbeef008);
	fake.address.hint = "its bytes read as the text \"abc\"";
	hold(&fake.referrers, (struct referrer){
				      .kind = REFERRER_HEAP,
				      .at = 0xc000012000,
				      .text = "the word at 0xc000012000 in the Go heap",
				      .slot = { .lo = 0xc000012000, .hi = 0xc000012020,
						.state = SLOT_ALLOCATED, .below_lo = 0xc000011fe0 },
				      .run_over = 24,
			      });
	fake.referrers.found[REFERRER_HEAP] = 3;
	fake.referrers.heap_bytes = 10 << 20;
	fake.referrers.heap_read = 1 << 20;
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	ck_assert(has_evidence(report.verdict, "the text \"abc\""));
	ck_assert(has_evidence(report.verdict, "the word at 0xc000012000"));
	ck_assert(has_evidence(report.verdict, "2 more words of the heap"));
	ck_assert(has_evidence(report.verdict, "looked for in 1.0 MB of 10 MB of the heap"));
	ck_assert(has_evidence(report.verdict, "past the end of the object below (0xc000011fe0"));
	ck_assert(!has_evidence(report.verdict, "use after free"));
}
END_TEST

START_TEST(a_holder_that_is_free_is_used_after_free)
{
	fault_at(SEGV, MAPERR, 0xdeadbeef008);
	hold(&fake.referrers, (struct referrer){
				      .kind = REFERRER_HEAP,
				      .text = "the word at 0xc000012000 in the Go heap",
				      .slot = { .lo = 0xc000012000, .hi = 0xc000012020,
						.state = SLOT_FREE },
			      });
	hold(&fake.stack_referrers, (struct referrer){
					    .kind = REFERRER_STACK,
					    .goroutine = fake.snapshot.death.goroutine,
					    .text = "the word at 0x1 in the frame of main.f",
				    });
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	ck_assert(has_evidence(report.verdict, "use after free: the object at 0xc000012000 is free, "
					       "and the word at 0x1 in the frame of main.f points"));
}
END_TEST

/* Another goroutine's leftover proves nothing of the one that died. */
START_TEST(a_word_of_a_bystander_is_no_use_after_free)
{
	fault_at(SEGV, MAPERR, 0xdeadbeef008);
	hold(&fake.referrers, (struct referrer){
				      .kind = REFERRER_HEAP,
				      .text = "the word at 0xc000012000 in the Go heap",
				      .slot = { .lo = 0xc000012000, .state = SLOT_FREE },
			      });
	hold(&fake.stack_referrers, (struct referrer){
					    .kind = REFERRER_STACK,
					    .goroutine = NO_INDEX,
					    .text = "a word",
				    });
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	ck_assert(!has_evidence(report.verdict, "use after free"));
}
END_TEST

START_TEST(pointers_that_can_be_none_may_have_been_it)
{
	fault_at(SEGV, KERNEL, 0)->has_addr = false;
	fake.address.hint = "its bytes read as the text \"the name\"";
	fake.wild.items[0] = (struct referrer){
		.kind = REFERRER_HEAP,
		.value = 0x656d616e20656874,
		.goroutine = NO_INDEX,
		.text = "the word at 0xc000012340 in the Go heap",
	};
	fake.wild.count = 1;
	fake.wild.found[REFERRER_HEAP] = 3;
	assert_verdict("invalid-address", "non-canonical", CERTAIN);
	ck_assert(has_evidence(report.verdict, "it was 0x656d616e20656874: the word at 0xc000012340"));
	ck_assert(has_evidence(report.verdict, "the text \"the name\""));
	ck_assert(has_evidence(report.verdict, "2 more pointers"));
	fake.searches = 0;
	fake.insn.reg_known = true; /* then it is known */
	fake.insn.reg = "rcx";
	fake.insn.reg_value = 0x4141414141414141;
	analyze(NULL);
	ck_assert(!has_evidence(report.verdict, "it was 0x"));
}
END_TEST

START_TEST(brief_searches_nothing)
{
	const struct report_options brief = { .brief = true };
	fault_at(SEGV, MAPERR, 0xdeadbeef008);
	analyze(&brief);
	ck_assert_uint_eq(fake.searches, 0);
}
END_TEST

START_TEST(pc_at_the_address_is_a_jump)
{
	struct death_signal *fault = fault_at(SEGV, MAPERR, 0xdeadbeef000);
	fault->pc = 0xdeadbeef000;
	fake.has_insn = false;
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	ck_assert_str_eq(report.verdict->title, "jump to an address that holds no code");
}
END_TEST

START_TEST(panic_on_fault_is_no_nil_dereference)
{
	fake_panicked(&fake, "runtime.errorAddressString",
		      "runtime error: invalid memory address or nil pointer dereference",
		      "panic;runtime.panicmemAddr;runtime.sigpanic;main.read;main.main");
	fake_fault(&fake, SEGV, MAPERR, 0xdeadbeef008, fake.snapshot.death.culprit.frames[3].pc);
	assert_verdict("invalid-address", "unmapped", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_PANIC);
	ck_assert(has_line(&report.verdict->explanation, "SetPanicOnFault"));
}
END_TEST

START_TEST(record_that_is_lost_is_less_sure)
{
	fake_threw(&fake, DEATH_THROW, "fault", "unexpected fault address 0xdeadbeef008", STACK);
	fake.address.text = "not mapped";
	assert_verdict("invalid-address", "unmapped", LIKELY);
	ck_assert_ptr_null(report.verdict->signal);
	ck_assert(has_evidence(report.verdict, "0xdeadbeef008: not mapped"));
}
END_TEST

/* --- near misses --- */

START_TEST(sent_signal_that_became_a_throw_is_none)
{
	fault_at(SEGV, -1, 0x1234);
	assert_verdict("external-signal", "other", CERTAIN);
	ck_assert_int_eq(report.origin, ORIGIN_FATAL_ERROR);
}
END_TEST

START_TEST(panic_with_that_text_is_none)
{
	fake_panicked(&fake, "string", "unexpected fault address 0xdeadbeef",
		      "panic;main.f;main.main");
	assert_verdict("panic", "value", CERTAIN);
}
END_TEST

START_TEST(printed_address_of_zero_is_none)
{
	fake_threw(&fake, DEATH_THROW, "fault", "unexpected fault address 0x0",
		   "runtime.throw;runtime.sigpanic;main.f;main.main");
	assert_verdict("invalid-address", "non-canonical", LIKELY);
	fake.snapshot.death.fatal_preamble = "unexpected fault address 0x5000";
	assert_verdict("invalid-address", "unmapped", LIKELY);
}
END_TEST

START_TEST(what_was_used_after_it_was_freed_is_possible)
{
	fake_threw(&fake, DEATH_THROW, "fault", "unexpected fault address 0x0",
		   "runtime.throw;runtime.sigpanic;main.f;main.main");
	fake_fault(&fake, 11, 0x80, 0, 0x45aec5);
	fake.used = (struct used_object){ .at = 0xc000012008, .value = 0x1234, .freed = true,
					  .place = "the frame of main.f, goroutine 1",
					  .text = "in the Go heap: byte 8, free" };
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "use after free: 0x1234 is in memory to which a word of "
					       "the frame of main.f, goroutine 1 points"));
	fake.used.freed = false;
	analyze(NULL);
	ck_assert(!has_evidence(report.verdict, "use after free"));
	ck_assert(has_evidence(report.verdict, "0x1234 is in memory"));
	fake.wild.count = fake.wild.found[REFERRER_HEAP] = 1;
	fake.wild.items[0] = (struct referrer){ .text = "the word", .goroutine = NO_INDEX };
	analyze(NULL);
	ck_assert(!has_evidence(report.verdict, "0x1234 is in memory")); /* something better is known */
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ hole_is_unmapped, 0 },
		{ kernels_own_code_is_non_canonical, 0 },
		{ a_redacted_register_is_not_quoted, 0 },
		{ protection_fault_without_operand_is_less_sure, 0 },
		{ write_to_a_readable_page_is_read_only, 0 },
		{ write_to_code_is_read_only_without_flags, 0 },
		{ read_of_a_page_without_rights_is_not_read_only, 0 },
		{ bus_error_on_a_file_is_truncated, 0 },
		{ bus_error_without_a_file_is_less_sure, 0 },
		{ freed_arena_is_freed_memory, 0 },
		{ span_that_is_free_is_freed_memory, 0 },
		{ who_holds_the_address_is_told, 0 },
		{ a_holder_that_is_free_is_used_after_free, 0 },
		{ a_word_of_a_bystander_is_no_use_after_free, 0 },
		{ pointers_that_can_be_none_may_have_been_it, 0 },
		{ brief_searches_nothing, 0 },
		{ pc_at_the_address_is_a_jump, 0 },
		{ panic_on_fault_is_no_nil_dereference, 0 },
		{ record_that_is_lost_is_less_sure, 0 },
		{ sent_signal_that_became_a_throw_is_none, 0 },
		{ panic_with_that_text_is_none, 0 },
		{ printed_address_of_zero_is_none, 0 },
		{ what_was_used_after_it_was_freed_is_possible, 0 },
	};
	return run_tests("detect_address", tests);
}
