/* The instruction at a fault and what it tells, without DWARF. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct fault_insn insn;
static uint64_t func;

static void begin(const struct arch *arch)
{
	process_release(&p);
	process_init(&p, 27, arch);
	func = process_func(&p, "main.work", 8);
}

static void setup(void)
{
	begin(&arch_amd64);
}

static void teardown(void)
{
	process_release(&p);
}

/* A fault at the first of these instructions, at ADDR. */
static bool fault_at(const uint8_t *code, size_t size, uint64_t addr)
{
	struct death_signal fault = { .present = true, .number = 11, .code = 1, .addr = addr,
				      .has_addr = true, .pc = func + 0x20 };
	process_put_bytes(&p, func + 0x20, code, size);
	process_read(&p);
	return snapshot_fault(&p.snapshot, &fault, &p.arena, &insn);
}

#define FAULT(addr, ...)                                                                           \
	fault_at((const uint8_t[]){ __VA_ARGS__ }, sizeof((const uint8_t[]){ __VA_ARGS__ }), addr)

START_TEST(a_load_tells_register_and_offset)
{
	ck_assert(FAULT(0x18, 0x48, 0x8b, 0x41, 0x18)); /* mov rax, [rcx+0x18] */
	ck_assert_str_eq(insn.text, "mov rax, qword ptr [rcx + 0x18]");
	ck_assert_str_eq(insn.operand, "[rcx + 0x18]");
	ck_assert_str_eq(insn.reg, "rcx");
	ck_assert_int_eq(insn.displacement, 0x18);
	ck_assert_uint_eq(insn.bytes, 8);
	ck_assert_str_eq(insn.access, "read");
	ck_assert(insn.reg_known && insn.reg_derived);
	ck_assert_uint_eq(insn.reg_value, 0);
	ck_assert(!insn.is_call);
}
END_TEST

START_TEST(a_store_is_a_write)
{
	ck_assert(FAULT(0x8, 0x89, 0x41, 0x08)); /* mov [rcx+8], eax */
	ck_assert_str_eq(insn.access, "write");
	ck_assert_uint_eq(insn.bytes, 4);
}
END_TEST

START_TEST(registers_of_a_context_are_read_not_derived)
{
	struct death_signal fault = { .present = true, .pc = func, .has_addr = true, .addr = 0x18,
				      .has_regs = true };
	registers_put(&fault.regs, AMD64_RCX, 0xc000000008);
	process_put_bytes(&p, func, "\x48\x8b\x41\x18", 4);
	process_read(&p);
	ck_assert(snapshot_fault(&p.snapshot, &fault, &p.arena, &insn));
	ck_assert(insn.reg_known && !insn.reg_derived);
	ck_assert_uint_eq(insn.reg_value, 0xc000000008);
}
END_TEST

START_TEST(an_index_hides_the_base)
{
	ck_assert(FAULT(0x40, 0x48, 0x8b, 0x04, 0xc8)); /* mov rax, [rax+rcx*8] */
	ck_assert(insn.indexed);
	ck_assert(!insn.reg_known);
}
END_TEST

START_TEST(a_nil_check_is_followed_to_the_access)
{
	/* test [rax], al; mov ecx, 1; mov [rax+0x30], rcx */
	ck_assert(FAULT(0, 0x84, 0x00, 0xb9, 1, 0, 0, 0, 0x48, 0x89, 0x48, 0x30));
	ck_assert(insn.nil_check);
	ck_assert_int_eq(insn.displacement, 0x30);
	ck_assert_str_eq(insn.access, "write");
	ck_assert_str_eq(insn.operand, "[rax]");
}
END_TEST

START_TEST(a_nil_check_is_followed_through_sums_and_bounds_checks)
{
	uint64_t panics = process_func(&p, "runtime.panicBounds", 8);
	int32_t to = (int32_t)(panics - (func + 0x20 + 21));
	/* test [rax], al; cmp rbx, 8; jae 1f; lea rcx, [rax+rbx*8+8]; mov rdx, [rcx+8]; ret; 1:
	 * call */
	ck_assert(FAULT(0, 0x84, 0x00, 0x48, 0x83, 0xfb, 0x08, 0x73, 0x0a, 0x48, 0x8d, 0x4c, 0xd8,
			0x08, 0x48, 0x8b, 0x51, 0x08, 0xc3, 0xe8, (uint8_t)to, (uint8_t)(to >> 8),
			(uint8_t)(to >> 16), (uint8_t)(to >> 24)));
	ck_assert_int_eq(insn.displacement, 0x10);
	ck_assert(insn.indexed);
	ck_assert_str_eq(insn.access, "read");
	ck_assert_uint_eq(insn.bytes, 8);
}
END_TEST

START_TEST(a_nil_check_is_followed_to_where_a_write_barrier_joins)
{
	/* test [rax], al; jne 1f; call -; 1: mov [rax+0x30], rcx */
	ck_assert(FAULT(0, 0x84, 0x00, 0x75, 0x05, 0xe8, 0, 0, 0, 0, 0x48, 0x89, 0x48, 0x30));
	ck_assert_int_eq(insn.displacement, 0x30);
	ck_assert_str_eq(insn.access, "write");
}
END_TEST

START_TEST(a_register_written_anew_is_not_the_pointer)
{
	/* test [rax], al; mov rax, rbx; mov rcx, [rax+0x30]; ret */
	ck_assert(FAULT(0, 0x84, 0x00, 0x48, 0x89, 0xd8, 0x48, 0x8b, 0x48, 0x30, 0xc3));
	ck_assert(insn.nil_check);
	ck_assert_int_eq(insn.displacement, 0);
}
END_TEST

START_TEST(a_nil_function_is_a_call_through_the_closure_register)
{
	ck_assert(FAULT(0, 0x48, 0x8b, 0x0a, 0xff, 0xd1)); /* mov rcx, [rdx]; call rcx */
	ck_assert(insn.is_call);
	ck_assert(!insn.indirect_method);
}
END_TEST

START_TEST(a_method_of_a_nil_interface_is_a_call_through_the_itab)
{
	ck_assert(FAULT(0x18, 0x48, 0x8b, 0x48, 0x18, 0xff, 0xd1)); /* mov rcx, [rax+0x18]; call rcx */
	ck_assert(insn.is_call);
	ck_assert(insn.indirect_method);
}
END_TEST

START_TEST(a_method_of_an_interface_that_the_compiler_knows_to_be_nil_is_one)
{
	/* xor ecx, ecx; test [rcx], al; mov ecx, 0x18; mov rcx, [rcx]; xor eax, eax; call rcx */
	process_put_bytes(&p, func + 0x1e, "\x31\xc9", 2);
	ck_assert(FAULT(0, 0x84, 0x01, 0xb9, 0x18, 0, 0, 0, 0x48, 0x8b, 0x09, 0x31, 0xc0, 0xff, 0xd1));
	ck_assert(insn.nil_check);
	ck_assert(insn.is_call);
	ck_assert(insn.indirect_method);
	ck_assert_int_eq(insn.displacement, 0x18);
}
END_TEST

START_TEST(a_method_may_be_called_through_the_closure_register)
{
	/* xor edx, edx; test [rdx], al; mov edx, 0x28; mov rdx, [rdx]; call rdx */
	process_put_bytes(&p, func + 0x1e, "\x31\xd2", 2);
	ck_assert(FAULT(0, 0x84, 0x02, 0xba, 0x28, 0, 0, 0, 0x48, 0x8b, 0x12, 0xff, 0xd2));
	ck_assert(insn.indirect_method);
}
END_TEST

START_TEST(a_func_in_a_struct_that_the_compiler_knows_to_be_nil_is_no_method)
{
	/* xor eax, eax; test [rax], al; mov eax, 0x18; mov rdx, [rax]; mov rax, [rdx]; call rax */
	process_put_bytes(&p, func + 0x1e, "\x31\xc0", 2);
	ck_assert(FAULT(0, 0x84, 0x00, 0xb8, 0x18, 0, 0, 0, 0x48, 0x8b, 0x10, 0x48, 0x8b, 0x02, 0xff,
			0xd0));
	ck_assert(!insn.is_call);
	ck_assert(!insn.indirect_method);
	ck_assert_int_eq(insn.displacement, 0x18);
}
END_TEST

START_TEST(a_call_of_a_copy_of_the_loaded_word_is_a_call)
{
	/* mov rax, [rax+0x18]; mov rcx, rax; mov rax, rbx; call rcx */
	ck_assert(FAULT(0x18, 0x48, 0x8b, 0x40, 0x18, 0x48, 0x89, 0xc1, 0x48, 0x89, 0xd8, 0xff, 0xd1));
	ck_assert(insn.indirect_method);
}
END_TEST

START_TEST(arm64_methods_of_a_nil_that_the_compiler_knows_are_the_same)
{
	begin(&arch_arm64);
	/* mov x1, xzr; ldrb w27, [x1]; orr x2, xzr, #0x18; ldr x2, [x2]; mov x0, xzr; blr x2 */
	process_put_bytes(&p, func + 0x1c, "\xe1\x03\x1f\xaa", 4);
	ck_assert(FAULT(0, 0x3b, 0x00, 0x80, 0x39, 0xe2, 0x07, 0x7d, 0xb2, 0x42, 0x00, 0x40, 0xf9, 0xe0,
			0x03, 0x1f, 0xaa, 0x40, 0x00, 0x3f, 0xd6));
	ck_assert(insn.nil_check);
	ck_assert(insn.indirect_method);
	ck_assert_int_eq(insn.displacement, 0x18);
}
END_TEST

START_TEST(a_loaded_word_that_is_not_called_is_no_call)
{
	/* mov rcx, [rax+0x18]; mov rcx, rdx; call rcx */
	ck_assert(FAULT(0x18, 0x48, 0x8b, 0x48, 0x18, 0x48, 0x89, 0xd1, 0xff, 0xd1));
	ck_assert(!insn.is_call);
}
END_TEST

START_TEST(arm64_loads_tell_the_same)
{
	begin(&arch_arm64);
	ck_assert(FAULT(0x18, 0x20, 0x0c, 0x40, 0xf9)); /* ldr x0, [x1, #0x18] */
	ck_assert_str_eq(insn.reg, "x1");
	ck_assert_int_eq(insn.displacement, 0x18);
	ck_assert_uint_eq(insn.bytes, 8);
	ck_assert_uint_eq(insn.reg_value, 0);
}
END_TEST

START_TEST(a_pc_of_zero_was_executed)
{
	struct death_signal fault = { .present = true, .has_addr = true };
	process_read(&p);
	ck_assert(snapshot_fault(&p.snapshot, &fault, &p.arena, &insn));
	ck_assert_str_eq(insn.access, "execute");
	ck_assert(insn.is_call);
	ck_assert_ptr_null(insn.text);
}
END_TEST

START_TEST(a_pc_that_is_the_bad_address_was_executed)
{
	struct death_signal fault = { .present = true, .has_addr = true, .addr = 0xdead0000,
				      .pc = 0xdead0000 };
	process_read(&p);
	ck_assert(snapshot_fault(&p.snapshot, &fault, &p.arena, &insn));
	ck_assert_str_eq(insn.access, "execute");
}
END_TEST

START_TEST(code_that_is_not_in_the_core_tells_nothing)
{
	struct death_signal fault = { .present = true, .has_addr = true, .pc = 0xdead0000 };
	process_read(&p);
	ck_assert(!snapshot_fault(&p.snapshot, &fault, &p.arena, &insn));
	ck_assert_ptr_null(insn.text);
	fault = (struct death_signal){ 0 };
	ck_assert(!snapshot_fault(&p.snapshot, &fault, &p.arena, &insn));
}
END_TEST

START_TEST(bytes_that_are_no_instruction_tell_nothing)
{
	ck_assert(!FAULT(0, 0x06)); /* push es: not in 64-bit mode */
}
END_TEST

START_TEST(an_instruction_cut_by_the_functions_end_tells_nothing)
{
	struct death_signal fault = { .present = true, .has_addr = true, .addr = 0x18 };
	fault.pc = func + PROCESS_FUNC_SIZE - 2;
	process_put_bytes(&p, fault.pc, "\x48\x8b\x41\x18", 4);
	process_read(&p);
	ck_assert(!snapshot_fault(&p.snapshot, &fault, &p.arena, &insn));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_load_tells_register_and_offset,
		a_store_is_a_write,
		registers_of_a_context_are_read_not_derived,
		an_index_hides_the_base,
		a_nil_check_is_followed_to_the_access,
		a_nil_check_is_followed_through_sums_and_bounds_checks,
		a_nil_check_is_followed_to_where_a_write_barrier_joins,
		a_register_written_anew_is_not_the_pointer,
		a_nil_function_is_a_call_through_the_closure_register,
		a_method_of_a_nil_interface_is_a_call_through_the_itab,
		a_method_of_an_interface_that_the_compiler_knows_to_be_nil_is_one,
		a_method_may_be_called_through_the_closure_register,
		a_func_in_a_struct_that_the_compiler_knows_to_be_nil_is_no_method,
		a_call_of_a_copy_of_the_loaded_word_is_a_call,
		arm64_methods_of_a_nil_that_the_compiler_knows_are_the_same,
		a_loaded_word_that_is_not_called_is_no_call,
		arm64_loads_tell_the_same,
		a_pc_of_zero_was_executed,
		a_pc_that_is_the_bad_address_was_executed,
		code_that_is_not_in_the_core_tells_nothing,
		bytes_that_are_no_instruction_tell_nothing,
		an_instruction_cut_by_the_functions_end_tells_nothing,
	};
	return test_run("fault", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
