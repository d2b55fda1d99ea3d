/* Register maps of each CPU. */
#include "formats/arch.h"

#include <elf.h>
#include <string.h>
#include <sys/procfs.h>
#include <sys/ucontext.h>

#include "tests/unit/testrun.h"

static void fill(uint8_t *bytes, size_t words)
{
	for (size_t i = 0; i < words; i++)
		bytes[i * 8] = (uint8_t)(i + 1);
}

START_TEST(known_machines_are_found)
{
	ck_assert_ptr_eq(arch_find(EM_X86_64), &arch_amd64);
	ck_assert_ptr_eq(arch_find(EM_AARCH64), &arch_arm64);
	ck_assert_ptr_null(arch_find(EM_RISCV));
}
END_TEST

START_TEST(machines_have_names)
{
	char buf[32];
	ck_assert_str_eq(arch_machine_name(EM_RISCV, buf), "RISC-V");
	ck_assert_str_eq(arch_machine_name(65535, buf), "machine 65535");
}
END_TEST

START_TEST(amd64_prstatus_maps_every_register)
{
	uint8_t words[27 * 8] = { 0 };
	struct registers regs = { 0 };
	fill(words, 27);
	arch_registers(&arch_amd64, true, words, sizeof(words), &regs);
	ck_assert_uint_eq(regs.known, (1u << 17) - 1);
	ck_assert_uint_eq(regs.value[AMD64_R15], 1);
	ck_assert_uint_eq(regs.value[AMD64_RBP], 5);
	ck_assert_uint_eq(regs.value[AMD64_RDI], 15);
	ck_assert_uint_eq(regs.value[AMD64_RIP], 17);
	ck_assert_uint_eq(regs.value[AMD64_RSP], 20);
	ck_assert_uint_eq(regs.tls, 22);
}
END_TEST

START_TEST(amd64_ucontext_maps_every_register)
{
	uint8_t words[17 * 8] = { 0 };
	struct registers regs = { 0 };
	fill(words, 17);
	arch_registers(&arch_amd64, false, words, sizeof(words), &regs);
	ck_assert_uint_eq(regs.known, (1u << 17) - 1);
	ck_assert_uint_eq(regs.value[AMD64_R8], 1);
	ck_assert_uint_eq(regs.value[AMD64_RSP], 16);
	ck_assert_uint_eq(regs.value[AMD64_RIP], 17);
}
END_TEST

START_TEST(arm64_maps_are_the_identity)
{
	uint8_t words[34 * 8] = { 0 };
	struct registers regs = { 0 };
	fill(words, 34);
	arch_registers(&arch_arm64, true, words, sizeof(words), &regs);
	ck_assert_uint_eq(regs.known, (1ull << 33) - 1);
	ck_assert_uint_eq(regs.value[ARM64_FP], 30);
	ck_assert_uint_eq(regs.value[ARM64_PC], 33);
	ck_assert_uint_eq(regs.tls, 0);
}
END_TEST

START_TEST(short_records_give_what_they_have)
{
	uint8_t words[20] = { [0] = 1, [8] = 2, [16] = 3 };
	struct registers regs = { 0 };
	arch_registers(&arch_amd64, true, words, sizeof(words), &regs);
	ck_assert_uint_eq(regs.known, 1u << AMD64_R15 | 1u << AMD64_R14);
}
END_TEST

START_TEST(register_numbers_beyond_the_last_are_ignored)
{
	struct registers regs = { 0 };
	registers_put(&regs, ARCH_MAX_REGISTERS, 1);
	registers_put(&regs, 0xff, 1);
	ck_assert_uint_eq(regs.known, 0);
	ck_assert(!registers_has(&regs, 0xff));
}
END_TEST

#ifdef __x86_64__
START_TEST(amd64_row_agrees_with_the_system_headers)
{
	ck_assert_uint_eq(arch_amd64.prstatus_size, sizeof(prstatus_t));
	ck_assert_uint_eq(arch_amd64.prstatus_regs, offsetof(prstatus_t, pr_reg));
	ck_assert_uint_eq(arch_amd64.prstatus_count, ELF_NGREG);
	ck_assert_uint_eq(arch_amd64.ucontext_regs, offsetof(ucontext_t, uc_mcontext.gregs));
	ck_assert_uint_eq(arch_amd64.ucontext_stack, offsetof(ucontext_t, uc_stack.ss_sp));
	ck_assert_uint_eq(arch_amd64.ucontext_count, REG_RIP + 1);
}
END_TEST
#endif

int main(void)
{
	const TTest *const tests[] = {
		known_machines_are_found,
		machines_have_names,
		amd64_prstatus_maps_every_register,
		amd64_ucontext_maps_every_register,
		arm64_maps_are_the_identity,
		short_records_give_what_they_have,
		register_numbers_beyond_the_last_are_ignored,
#ifdef __x86_64__
		amd64_row_agrees_with_the_system_headers,
#endif
	};
	return test_run("arch", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
