#include "formats/arch.h"

#include <elf.h>

#define NONE 0xff

static const char *const names[] = {
	"rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
	"r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rip",
};

/* struct user_regs_struct (arch/x86/include/asm/user_64.h). */
static const uint8_t prstatus_map[] = {
	AMD64_R15, AMD64_R14, AMD64_R13, AMD64_R12, AMD64_RBP, AMD64_RBX, AMD64_R11,
	AMD64_R10, AMD64_R9,  AMD64_R8,	 AMD64_RAX, AMD64_RCX, AMD64_RDX, AMD64_RSI,
	AMD64_RDI, NONE /* orig_rax */,	 AMD64_RIP, NONE /* cs */,   NONE /* eflags */,
	AMD64_RSP, NONE /* ss */,	 NONE /* fs_base */, NONE /* gs_base */,
	NONE /* ds */, NONE /* es */,	 NONE /* fs */, NONE /* gs */,
};

/* struct sigcontext (arch/x86/include/uapi/asm/sigcontext.h), up to the program counter. */
static const uint8_t ucontext_map[] = {
	AMD64_R8,  AMD64_R9,  AMD64_R10, AMD64_R11, AMD64_R12, AMD64_R13, AMD64_R14, AMD64_R15,
	AMD64_RDI, AMD64_RSI, AMD64_RBP, AMD64_RBX, AMD64_RDX, AMD64_RAX, AMD64_RCX, AMD64_RSP,
	AMD64_RIP,
};

const struct arch arch_amd64 = {
	.elf_machine = EM_X86_64,
	.goarch = "amd64",
	.min_instruction = 1,
	.link_register = false,
	.register_count = 17,
	.pc = AMD64_RIP,
	.sp = AMD64_RSP,
	.fp = AMD64_RBP,
	.lr = NONE,
	.g = AMD64_R14, /* cmd/compile ABIInternal */
	.register_names = names,
	.prstatus_size = 336,
	.prstatus_regs = 112,
	.prstatus_count = sizeof(prstatus_map),
	.prstatus_map = prstatus_map,
	.prstatus_tls = 21,
	.prstatus_syscall = 15,
	.syscall_number = AMD64_RAX,
	.syscall_args = { AMD64_RDI, AMD64_RSI, AMD64_RDX, AMD64_R10, AMD64_R8, AMD64_R9 },
	.syscall_insn_size = 2,
	.syscall_insn = { 0x0f, 0x05 }, /* syscall */
	.ucontext_regs = 40,
	.ucontext_count = sizeof(ucontext_map),
	.ucontext_map = ucontext_map,
	.ucontext_stack = 16,
	.ucontext_siginfo = 0x130,
	.user_end = (uint64_t)1 << 47,
};
