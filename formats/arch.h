#pragma once
/*
 * What differs by CPU, as data: one const row per CPU. Registers are numbered as DWARF numbers
 * them (System V AMD64 ABI figure 3.36; DWARF for the Arm 64-bit Architecture, table 1), with the
 * program counter behind the others.
 */
#include <stdbool.h>
#include <stdint.h>

enum { ARCH_MAX_REGISTERS = 33 };

/* amd64, DWARF numbers. */
enum {
	AMD64_RAX, AMD64_RDX, AMD64_RCX, AMD64_RBX, AMD64_RSI, AMD64_RDI, AMD64_RBP, AMD64_RSP,
	AMD64_R8, AMD64_R9, AMD64_R10, AMD64_R11, AMD64_R12, AMD64_R13, AMD64_R14, AMD64_R15,
	AMD64_RIP,
};

/* arm64: x0..x30 are 0..30. */
enum { ARM64_X0 = 0, ARM64_X28 = 28, ARM64_FP = 29, ARM64_LR = 30, ARM64_SP = 31, ARM64_PC = 32 };

struct registers {
	uint64_t value[ARCH_MAX_REGISTERS];
	uint64_t known; /* bit N: value[N] is known */
	uint64_t tls;	/* fs_base on amd64, tpidr_el0 on arm64; 0 where not known */
};

struct arch {
	uint16_t elf_machine;	/* EM_X86_64, EM_AARCH64 */
	const char *goarch;	/* "amd64" */
	uint8_t min_instruction; /* runtime/internal/sys PCQuantum: 1, 4 */
	bool link_register;	/* the return address is in a register, not pushed by the call */
	uint8_t register_count; /* pc included */
	uint8_t pc, sp, fp, lr, g; /* numbers; lr = 0xff where there is none */
	const char *const *register_names; /* "rax", ... */
	/* The kernel's elf_prstatus: size of the note, offset of pr_reg, DWARF number of each of
	 * its words (0xff: not a register we keep) (linux/elfcore.h, asm/user_64.h). */
	uint16_t prstatus_size, prstatus_regs, prstatus_count;
	const uint8_t *prstatus_map;
	uint16_t prstatus_tls; /* index of fs_base among the words; 0xffff: none */
	uint16_t prstatus_syscall; /* index of orig_rax; 0xffff: none */
	/* The kernel's calling convention: the register of the number, those of the arguments; the
	 * instruction that enters it. */
	uint8_t syscall_number, syscall_args[6];
	uint8_t syscall_insn_size, syscall_insn[4];
	/* The kernel's ucontext on a signal stack: offset of the registers, DWARF number of each
	 * word; offsets of uc_stack.ss_sp; where siginfo stands relative to the ucontext
	 * (arch/x86/kernel/signal_64.c rt_sigframe; arch/arm64/kernel/signal.c). */
	uint16_t ucontext_regs, ucontext_count;
	const uint8_t *ucontext_map;
	uint16_t ucontext_stack;
	int16_t ucontext_siginfo;
	/* First address that is not in user space's lower half: canonical limit. */
	uint64_t user_end;
};

/* NULL for a CPU that gocore does not know. */
const struct arch *arch_find(uint16_t elf_machine);

extern const struct arch arch_amd64, arch_arm64;

/* The name of an ELF machine number for messages: "RISC-V", or "machine 243" written to BUF. */
const char *arch_machine_name(uint16_t elf_machine, char buf[32]);

static inline bool registers_has(const struct registers *regs, unsigned n)
{
	return n < ARCH_MAX_REGISTERS && (regs->known >> n & 1);
}

static inline void registers_put(struct registers *regs, unsigned n, uint64_t value)
{
	if (n >= ARCH_MAX_REGISTERS)
		return;
	regs->value[n] = value;
	regs->known |= (uint64_t)1 << n;
}

/* Registers from the words of a prstatus (true) or a ucontext (false): BYTES is at pr_reg or at
 * the ucontext's registers, SIZE bytes long. */
void arch_registers(const struct arch *arch, bool prstatus, const uint8_t *bytes, uint64_t size,
		    struct registers *regs);
