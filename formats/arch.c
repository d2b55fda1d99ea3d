#include "formats/arch.h"

#include <elf.h>
#include <stdio.h>

#include "base/cursor.h"

static const struct arch *const archs[] = { &arch_amd64, &arch_arm64 };

/* Machines that Go programs or cores may come from, named for the message that refuses them. */
static const struct {
	uint16_t machine;
	const char *name;
} machine_names[] = {
	{ EM_386, "x86 (32-bit)" },
	{ EM_MIPS, "MIPS" },
	{ EM_PPC, "PowerPC (32-bit)" },
	{ EM_PPC64, "PowerPC 64" },
	{ EM_S390, "IBM Z (s390x)" },
	{ EM_ARM, "ARM (32-bit)" },
	{ EM_SPARCV9, "SPARC V9" },
	{ EM_X86_64, "x86-64" },
	{ EM_AARCH64, "ARM64" },
	{ EM_RISCV, "RISC-V" },
	{ EM_LOONGARCH, "LoongArch" },
};

const struct arch *arch_find(uint16_t elf_machine)
{
	for (size_t i = 0; i < sizeof(archs) / sizeof(archs[0]); i++)
		if (archs[i]->elf_machine == elf_machine)
			return archs[i];
	return NULL;
}

const char *arch_machine_name(uint16_t elf_machine, char buf[32])
{
	for (size_t i = 0; i < sizeof(machine_names) / sizeof(machine_names[0]); i++)
		if (machine_names[i].machine == elf_machine)
			return machine_names[i].name;
	snprintf(buf, 32, "machine %u", elf_machine);
	return buf;
}

void arch_registers(const struct arch *arch, bool prstatus, const uint8_t *bytes, uint64_t size,
		    struct registers *regs)
{
	size_t count = prstatus ? arch->prstatus_count : arch->ucontext_count;
	const uint8_t *map = prstatus ? arch->prstatus_map : arch->ucontext_map;
	for (size_t i = 0; i < count && i < size / 8; i++) {
		uint64_t word = bytes_u64(bytes + i * 8);
		registers_put(regs, map[i], word);
		if (prstatus && i == arch->prstatus_tls)
			regs->tls = word;
	}
}
