#include <elf.h>
#include <string.h>

#include "formats/disasm_internal.h"

/* The general registers under all their names, by capstone's numbers. */
static const uint8_t numbers[X86_REG_ENDING] = {
#define REGISTER(number, q, d, w, b)                                                               \
	[X86_REG_##q] = (number) + 1, [X86_REG_##d] = (number) + 1, [X86_REG_##w] = (number) + 1,  \
	[X86_REG_##b] = (number) + 1
	REGISTER(AMD64_RAX, RAX, EAX, AX, AL),
	REGISTER(AMD64_RDX, RDX, EDX, DX, DL),
	REGISTER(AMD64_RCX, RCX, ECX, CX, CL),
	REGISTER(AMD64_RBX, RBX, EBX, BX, BL),
	REGISTER(AMD64_RSI, RSI, ESI, SI, SIL),
	REGISTER(AMD64_RDI, RDI, EDI, DI, DIL),
	REGISTER(AMD64_RBP, RBP, EBP, BP, BPL),
	REGISTER(AMD64_RSP, RSP, ESP, SP, SPL),
	REGISTER(AMD64_R8, R8, R8D, R8W, R8B),
	REGISTER(AMD64_R9, R9, R9D, R9W, R9B),
	REGISTER(AMD64_R10, R10, R10D, R10W, R10B),
	REGISTER(AMD64_R11, R11, R11D, R11W, R11B),
	REGISTER(AMD64_R12, R12, R12D, R12W, R12B),
	REGISTER(AMD64_R13, R13, R13D, R13W, R13B),
	REGISTER(AMD64_R14, R14, R14D, R14W, R14B),
	REGISTER(AMD64_R15, R15, R15D, R15W, R15B),
#undef REGISTER
	[X86_REG_AH] = AMD64_RAX + 1,
	[X86_REG_BH] = AMD64_RBX + 1,
	[X86_REG_CH] = AMD64_RCX + 1,
	[X86_REG_DH] = AMD64_RDX + 1,
	[X86_REG_RIP] = AMD64_RIP + 1,
	[X86_REG_EIP] = AMD64_RIP + 1,
};

static uint8_t register_number(unsigned capstone_register)
{
	uint8_t n = capstone_register < X86_REG_ENDING ? numbers[capstone_register] : 0;
	return n ? n - 1 : DISASM_NO_REGISTER;
}

static bool is_vector(x86_reg reg)
{
	return (reg >= X86_REG_XMM0 && reg <= X86_REG_ZMM31) ||
	       (reg >= X86_REG_MM0 && reg <= X86_REG_MM7);
}

static bool in_group(const cs_insn *decoded, uint8_t group)
{
	for (unsigned i = 0; i < decoded->detail->groups_count; i++)
		if (decoded->detail->groups[i] == group)
			return true;
	return false;
}

/* Instructions whose memory operand is not accessed. */
static bool only_address(unsigned id)
{
	switch (id) {
	case X86_INS_LEA:
	case X86_INS_NOP:
	case X86_INS_PREFETCH:
	case X86_INS_PREFETCHNTA:
	case X86_INS_PREFETCHT0:
	case X86_INS_PREFETCHT1:
	case X86_INS_PREFETCHT2:
	case X86_INS_PREFETCHW:
	case X86_INS_CLFLUSH:
		return true;
	default:
		return false;
	}
}

static bool reads_and_writes(unsigned id)
{
	switch (id) {
	case X86_INS_CMPXCHG:
	case X86_INS_CMPXCHG8B:
	case X86_INS_CMPXCHG16B:
	case X86_INS_ROL:
	case X86_INS_ROR:
	case X86_INS_RCL:
	case X86_INS_RCR:
		return true;
	default:
		return false;
	}
}

/*
 * How the memory operand at INDEX is accessed. capstone 4.0.2 knows, but for stores from vector
 * registers and setcc, which it calls reads, and for rotations and cmpxchg, of which it forgets
 * the write.
 */
static unsigned access_of(const cs_insn *decoded, unsigned index)
{
	const cs_x86 *x86 = &decoded->detail->x86;
	if (only_address(decoded->id))
		return 0;
	if (index == 0 && reads_and_writes(decoded->id))
		return CS_AC_READ | CS_AC_WRITE;
	if (index == 0 && memcmp(decoded->mnemonic, "set", 3) == 0)
		return CS_AC_WRITE;
	if (index == 0 && x86->op_count > 1 && x86->operands[1].type == X86_OP_REG &&
	    is_vector(x86->operands[1].reg))
		return CS_AC_WRITE;
	return x86->operands[index].access;
}

static void put_memory(const cs_insn *decoded, unsigned index, struct instruction *insn)
{
	const cs_x86_op *op = &decoded->detail->x86.operands[index];
	unsigned access = access_of(decoded, index);
	if (insn->memory_count >= sizeof(insn->memory) / sizeof(insn->memory[0]))
		return;
	struct disasm_memory m = {
		.base = register_number(op->mem.base),
		.index = register_number(op->mem.index),
		.scale = (uint8_t)op->mem.scale,
		.tls = op->mem.segment == X86_REG_FS || op->mem.segment == X86_REG_GS,
		.displacement = op->mem.disp,
		.bytes = access ? op->size : 0,
		.read = access & CS_AC_READ,
		.write = access & CS_AC_WRITE,
	};
	insn->memory[insn->memory_count++] = m;
	if (m.base == AMD64_RIP && m.index == DISASM_NO_REGISTER) {
		insn->reference_kind = access ? DISASM_ACCESS : DISASM_ADDRESS;
		insn->reference = insn->pc + insn->size + (uint64_t)m.displacement;
	}
}

static void put_operands(const cs_insn *decoded, struct instruction *insn)
{
	const cs_x86 *x86 = &decoded->detail->x86;
	for (unsigned i = 0; i < x86->op_count; i++) {
		const cs_x86_op *op = &x86->operands[i];
		if (op->type == X86_OP_MEM) {
			put_memory(decoded, i, insn);
		} else if (op->type == X86_OP_IMM) {
			insn->has_immediate = true;
			insn->immediate = op->imm;
		} else if (op->type == X86_OP_REG) {
			insn->vector |= is_vector(op->reg);
		}
	}
}

static void put_flow(const cs_insn *decoded, struct instruction *insn)
{
	const cs_x86 *x86 = &decoded->detail->x86;
	if (in_group(decoded, CS_GRP_RET)) {
		insn->flow = DISASM_RETURN;
		return;
	}
	if (in_group(decoded, CS_GRP_CALL))
		insn->flow = DISASM_CALL;
	else if (in_group(decoded, CS_GRP_JUMP))
		insn->flow = decoded->id == X86_INS_JMP ? DISASM_JUMP : DISASM_BRANCH;
	else
		return;
	insn->indirect = x86->op_count == 0 || x86->operands[0].type != X86_OP_IMM;
	if (!insn->indirect)
		insn->target = (uint64_t)x86->operands[0].imm;
	else if (x86->op_count > 0 && x86->operands[0].type == X86_OP_REG)
		insn->flow_register = register_number(x86->operands[0].reg);
}

/* What is done to a register of 64 bits; 32 bits written clear the rest, which constants allow. */
static void put_effect(const cs_insn *decoded, struct instruction *insn)
{
	const cs_x86_op *to = &decoded->detail->x86.operands[0], *from = to + 1;
	if (decoded->detail->x86.op_count != 2 || to->type != X86_OP_REG ||
	    register_number(to->reg) == DISASM_NO_REGISTER)
		return;
	bool wide = to->size == 8, constant = from->type == X86_OP_IMM;
	bool copied = from->type == X86_OP_REG;
	if (decoded->id == X86_INS_LEA && wide)
		insn->effect = DISASM_FORM;
	else if (decoded->id == X86_INS_XOR && copied && to->reg == from->reg && to->size >= 4)
		insn->effect = DISASM_CONSTANT;
	else if ((decoded->id == X86_INS_MOV || decoded->id == X86_INS_MOVABS) && constant &&
		 (wide || (to->size == 4 && from->imm >= 0)))
		insn->effect = DISASM_CONSTANT;
	else if (decoded->id == X86_INS_MOV && copied && wide)
		insn->effect = DISASM_COPY;
	else if (decoded->id == X86_INS_ADD && wide && (constant || copied))
		insn->effect = constant ? DISASM_ADD_CONSTANT : DISASM_ADD;
	else
		return;
	insn->destination = register_number(to->reg);
	if (copied)
		insn->source = register_number(from->reg);
}

/* A plain move between a general register and memory. */
static void put_move(const cs_insn *decoded, struct instruction *insn)
{
	const cs_x86_op *to = &decoded->detail->x86.operands[0], *from = to + 1;
	unsigned id = decoded->id;
	bool extends = id == X86_INS_MOVZX || id == X86_INS_MOVSX || id == X86_INS_MOVSXD;
	if (decoded->detail->x86.op_count != 2 || (id != X86_INS_MOV && !extends))
		return;
	if (to->type == X86_OP_REG && from->type == X86_OP_MEM)
		insn->loaded[0] = register_number(to->reg);
	else if (to->type == X86_OP_MEM && from->type == X86_OP_REG)
		insn->stored[0] = register_number(from->reg);
}

/* movs, cmps, stos, lods, scas: one-byte opcodes (Intel SDM volume 2, appendix A). */
static bool is_string(const cs_x86 *x86)
{
	uint8_t opcode = x86->opcode[0];
	return (opcode >= 0xa4 && opcode <= 0xa7) || (opcode >= 0xaa && opcode <= 0xaf);
}

static void describe(const cs_insn *decoded, struct instruction *insn)
{
	const cs_x86 *x86 = &decoded->detail->x86;
	put_operands(decoded, insn);
	put_flow(decoded, insn);
	put_effect(decoded, insn);
	put_move(decoded, insn);
	insn->string = is_string(x86) && !insn->vector;
	insn->repeated = insn->string && (x86->prefix[0] == X86_PREFIX_REP ||
					  x86->prefix[0] == X86_PREFIX_REPNE);
	insn->nil_check = decoded->id == X86_INS_TEST && insn->memory_count == 1 &&
			  x86->operands[1].type == X86_OP_REG &&
			  x86->operands[1].reg == X86_REG_AL;
	if (decoded->id == X86_INS_CMPXCHG)
		insn->written |= (uint64_t)1 << AMD64_RAX;
}

const struct disasm_cpu disasm_amd64 = {
	.elf_machine = EM_X86_64,
	.arch = CS_ARCH_X86,
	.mode = CS_MODE_64,
	.step = 1,
	.describe = describe,
	.register_number = register_number,
};
