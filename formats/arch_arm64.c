#include "formats/arch.h"

#include <elf.h>

static const char *const names[] = {
	"x0",  "x1",  "x2",  "x3",  "x4",  "x5",  "x6",	 "x7",	"x8",  "x9",  "x10",
	"x11", "x12", "x13", "x14", "x15", "x16", "x17", "x18", "x19", "x20", "x21",
	"x22", "x23", "x24", "x25", "x26", "x27", "x28", "x29", "x30", "sp",  "pc",
};

/* struct user_pt_regs and struct sigcontext (arch/arm64/include/uapi/asm/ptrace.h, sigcontext.h)
 * have the same order: x0 to x30, sp, pc; pstate follows. */
static const uint8_t map[] = {
	0,  1,	2,  3,	4,  5,	6,  7,	8,  9,	10, 11, 12, 13, 14, 15, 16,
	17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
};

const struct arch arch_arm64 = {
	.elf_machine = EM_AARCH64,
	.goarch = "arm64",
	.min_instruction = 4,
	.link_register = true,
	.register_count = 33,
	.pc = ARM64_PC,
	.sp = ARM64_SP,
	.fp = ARM64_FP,
	.lr = ARM64_LR,
	.g = ARM64_X28,
	.register_names = names,
	.prstatus_size = 392,
	.prstatus_regs = 112,
	.prstatus_count = sizeof(map),
	.prstatus_map = map,
	.prstatus_tls = 0xffff, /* NT_ARM_TLS has it */
	.prstatus_syscall = 0xffff,
	.syscall_number = 8,
	.syscall_args = { 0, 1, 2, 3, 4, 5 },
	.syscall_insn_size = 4,
	.syscall_insn = { 0x01, 0x00, 0x00, 0xd4 }, /* svc #0 */
	.ucontext_regs = 184,
	.ucontext_count = sizeof(map),
	.ucontext_map = map,
	.ucontext_stack = 16,
	.ucontext_siginfo = -128,
	.user_end = (uint64_t)1 << 48,
};
