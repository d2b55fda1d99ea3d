/*
 * arm64: text and the registers written come from capstone, all else from the encoding, which is
 * regular (Arm Architecture Reference Manual for A-profile, C4.1 "A64 instruction set encoding").
 */
#include <elf.h>
#include <stdio.h>
#include <string.h>

#include "formats/disasm_internal.h"

enum { REGTMP = 27, ZERO = 31 }; /* cmd/internal/obj/arm64: scratch of the assembler; xzr or sp */

static uint32_t field(uint32_t word, unsigned lo, unsigned bits)
{
	return word >> lo & ((1u << bits) - 1);
}

/* The same, sign-extended. */
static int64_t signed_field(uint32_t word, unsigned lo, unsigned bits)
{
	uint64_t sign = (uint64_t)1 << (bits - 1);
	return (int64_t)((field(word, lo, bits) ^ sign) - sign);
}

static uint8_t register_number(unsigned capstone_register)
{
	if (capstone_register >= ARM64_REG_X0 && capstone_register <= ARM64_REG_X28)
		return (uint8_t)(capstone_register - ARM64_REG_X0);
	if (capstone_register >= ARM64_REG_W0 && capstone_register <= ARM64_REG_W30)
		return (uint8_t)(capstone_register - ARM64_REG_W0);
	switch (capstone_register) {
	case ARM64_REG_X29:
		return ARM64_FP;
	case ARM64_REG_X30:
		return ARM64_LR;
	case ARM64_REG_SP:
	case ARM64_REG_WSP:
		return ARM64_SP;
	default:
		return DISASM_NO_REGISTER;
	}
}

/* ld1 to ld4, st1 to st4. */
static void vector_structure(uint32_t w, struct disasm_memory *m)
{
	static const uint8_t registers[16] = { [0] = 4, [2] = 4, [4] = 3, [6] = 3,
					       [7] = 1, [8] = 2, [10] = 2 };
	if (!field(w, 24, 1)) { /* multiple structures */
		m->bytes = registers[field(w, 12, 4)] * (field(w, 30, 1) ? 16 : 8);
	} else { /* one lane, or one element to all lanes */
		unsigned scale = field(w, 14, 2);
		unsigned count = (field(w, 13, 1) << 1 | field(w, 21, 1)) + 1;
		if (scale == 3)
			scale = field(w, 10, 2);
		else if (scale == 2 && field(w, 10, 1))
			scale = 3;
		m->bytes = (uint16_t)(count << scale);
	}
	m->read = field(w, 22, 1);
	m->write = !m->read;
}

/* Exclusive and ordered accesses, compare and swap. */
static void exclusive(uint32_t w, struct disasm_memory *m)
{
	unsigned size = field(w, 30, 2);
	bool paired = !field(w, 23, 1) && field(w, 21, 1);
	bool swap = (field(w, 23, 1) && field(w, 21, 1)) || (paired && size < 2);
	m->bytes = (uint16_t)(!paired ? 1u << size : size < 2 ? 8u << size : 2u << size);
	m->read = swap || field(w, 22, 1);
	m->write = swap || !field(w, 22, 1);
}

static void literal_or_unscaled(uint32_t w, struct disasm_memory *m)
{
	unsigned size = field(w, 30, 2);
	if (field(w, 24, 1)) { /* ldapur, stlur */
		m->bytes = (uint16_t)(1u << size);
		m->displacement = signed_field(w, 12, 9);
		m->write = field(w, 22, 2) == 0;
		m->read = !m->write;
		return;
	}
	bool vector = field(w, 26, 1), prefetch = !vector && size == 3;
	m->base = ARM64_PC;
	m->displacement = 4 * signed_field(w, 5, 19);
	m->bytes = prefetch ? 0 : (uint16_t)(vector ? 4u << size : size == 1 ? 8 : 4);
	m->read = !prefetch;
}

static void pair(uint32_t w, struct disasm_memory *m)
{
	unsigned opc = field(w, 30, 2), bytes = field(w, 26, 1) ? 4u << opc : opc & 2 ? 8 : 4;
	bool post_index = field(w, 23, 2) == 1;
	m->bytes = (uint16_t)(2 * bytes);
	m->displacement = post_index ? 0 : signed_field(w, 15, 7) * bytes;
	m->read = field(w, 22, 1);
	m->write = !m->read;
}

static void register_offset(uint32_t w, unsigned scale, struct disasm_memory *m)
{
	unsigned option = field(w, 13, 3);
	m->index = (uint8_t)field(w, 16, 5);
	if (m->index == ZERO)
		m->index = DISASM_NO_REGISTER;
	m->scale = (uint8_t)(field(w, 12, 1) ? 1u << scale : 1);
	m->index_word = !(option & 1);
	m->index_signed = option >> 2;
}

static void single(uint32_t w, struct disasm_memory *m)
{
	bool vector = field(w, 26, 1);
	unsigned size = field(w, 30, 2), opc = field(w, 22, 2);
	unsigned scale = vector ? (opc >> 1) << 2 | size : size;
	bool prefetch = !vector && size == 3 && opc == 2;
	bool atomic = !field(w, 24, 1) && field(w, 21, 1) && field(w, 10, 2) == 0;
	bool ldapr = atomic && field(w, 12, 4) == 12; /* o3 = 1, opc = 4 */
	m->write = !prefetch && !ldapr && (atomic || (vector ? !(opc & 1) : opc == 0));
	m->read = !prefetch && (atomic || !m->write);
	m->bytes = prefetch ? 0 : (uint16_t)(1u << scale);
	if (field(w, 24, 1))
		m->displacement = (int64_t)field(w, 10, 12) << scale;
	else if (!field(w, 21, 1))
		m->displacement = field(w, 10, 2) == 1 ? 0 : signed_field(w, 12, 9);
	else if (field(w, 10, 2) == 2)
		register_offset(w, scale, m);
}

/* False if W is no load or store (C4.1: op0 = x1x0). */
static bool memory_operand(uint32_t w, struct disasm_memory *m)
{
	if ((w & 0x0a000000) != 0x08000000)
		return false;
	*m = (struct disasm_memory){
		.base = (uint8_t)field(w, 5, 5), /* 31: sp */
		.index = DISASM_NO_REGISTER,
		.scale = 1,
	};
	switch (field(w, 28, 2)) {
	case 0:
		(field(w, 26, 1) ? vector_structure : exclusive)(w, m);
		break;
	case 1:
		literal_or_unscaled(w, m);
		break;
	case 2:
		pair(w, m);
		break;
	default:
		single(w, m);
		break;
	}
	return true;
}

/* Branches (C4.1, "Branches, exception generating and system instructions"). */
static const struct {
	uint32_t mask, value;
	enum disasm_flow flow;
	uint8_t lo, bits; /* of the offset in words; 0 bits: through the register at bit 5 */
} branches[] = {
	{ 0xfc000000, 0x14000000, DISASM_JUMP, 0, 26 },	  /* b */
	{ 0xfc000000, 0x94000000, DISASM_CALL, 0, 26 },	  /* bl */
	{ 0xff000010, 0x54000000, DISASM_BRANCH, 5, 19 }, /* b.cond */
	{ 0x7e000000, 0x34000000, DISASM_BRANCH, 5, 19 }, /* cbz, cbnz */
	{ 0x7e000000, 0x36000000, DISASM_BRANCH, 5, 14 }, /* tbz, tbnz */
	{ 0xfffffc1f, 0xd61f0000, DISASM_JUMP, 5, 0 },	  /* br */
	{ 0xfffffc1f, 0xd63f0000, DISASM_CALL, 5, 0 },	  /* blr */
	{ 0xfffffc1f, 0xd65f0000, DISASM_RETURN, 5, 0 },  /* ret */
};

static void put_flow(uint32_t w, struct instruction *insn)
{
	for (size_t i = 0; i < sizeof(branches) / sizeof(branches[0]); i++) {
		if ((w & branches[i].mask) != branches[i].value)
			continue;
		insn->flow = branches[i].flow;
		insn->indirect = branches[i].bits == 0 && insn->flow != DISASM_RETURN;
		if (insn->indirect)
			insn->flow_register = (uint8_t)field(w, 5, 5);
		else if (branches[i].bits != 0)
			insn->target = insn->pc + 4 * (uint64_t)signed_field(w, branches[i].lo,
									      branches[i].bits);
		return;
	}
}

static bool is_adr(uint32_t w)
{
	return (w & 0x9f000000) == 0x10000000;
}

static bool is_adrp(uint32_t w)
{
	return (w & 0x9f000000) == 0x90000000;
}

/* add xd, xn, #imm */
static bool is_add(uint32_t w)
{
	return (w & 0xff800000) == 0x91000000;
}

/* The 21-bit offset of adr (bytes) and adrp (pages). */
static uint64_t adr_offset(uint32_t w)
{
	return (uint64_t)signed_field(w, 5, 19) << 2 | field(w, 29, 2);
}

/* The registers of a plain load or store: one, or a pair of 64 bits each. Register 31 is zero. */
static void put_move(uint32_t w, struct instruction *insn)
{
	const struct disasm_memory *m = &insn->memory[0];
	unsigned class = field(w, 28, 2), first = field(w, 0, 5), second = field(w, 10, 5);
	bool atomic = class == 3 && !field(w, 24, 1) && field(w, 21, 1) && field(w, 10, 2) == 0;
	bool is_pair = class == 2 && field(w, 30, 2) == 2, one = class == 3 && !atomic;
	uint8_t *registers = m->write ? insn->stored : insn->loaded;
	if (insn->vector || m->bytes == 0 || m->read == m->write || (!is_pair && !one))
		return;
	if (first != ZERO)
		registers[0] = (uint8_t)first;
	if (is_pair && second != ZERO)
		registers[1] = (uint8_t)second;
}

static void put_memory(uint32_t w, struct instruction *insn)
{
	struct disasm_memory *m = &insn->memory[0];
	if (!memory_operand(w, m))
		return;
	insn->memory_count = 1;
	insn->vector = field(w, 26, 1);
	put_move(w, insn);
	insn->nil_check = m->read && m->bytes == 1 && !insn->vector && field(w, 28, 2) == 3 &&
			  field(w, 0, 5) == REGTMP;
	if (m->base != ARM64_PC)
		return;
	insn->reference_kind = m->read ? DISASM_ACCESS : DISASM_ADDRESS;
	insn->reference = insn->pc + (uint64_t)m->displacement;
}

/* add and sub of a constant, 64 bits: register 31 is sp. */
static bool put_sum_constant(uint32_t w, struct disasm_memory *m)
{
	if ((w & 0xbf800000) != 0x91000000)
		return false;
	int64_t constant = (int64_t)field(w, 10, 12) << (field(w, 22, 1) ? 12 : 0);
	m->base = (uint8_t)field(w, 5, 5);
	m->displacement = field(w, 30, 1) ? -constant : constant;
	return true;
}

/* add of two registers, 64 bits, the second shifted by at most 4, or extended from a word. */
static bool put_sum(uint32_t w, struct disasm_memory *m)
{
	bool extended = (w & 0xffe00000) == 0x8b200000;
	unsigned shift = extended ? field(w, 10, 3) : field(w, 10, 6), option = field(w, 13, 3);
	if ((!extended && (w & 0xffe00000) != 0x8b000000) || shift > 4)
		return false;
	if (field(w, 16, 5) == ZERO || (extended ? (option & 3) < 2 : field(w, 5, 5) == ZERO))
		return false;
	m->base = (uint8_t)field(w, 5, 5);
	m->index = (uint8_t)field(w, 16, 5);
	m->scale = (uint8_t)(1u << shift);
	m->index_word = extended && !(option & 1);
	m->index_signed = extended && option >> 2;
	return true;
}

/* The mask of a logical immediate where it is one run of bits, or a run that repeats (Arm ARM,
 * DecodeBitMasks); Go forms so what movz cannot, and 24 (cmd/internal/obj/arm64 asm7.go). */
static bool put_bit_mask(uint32_t w, struct instruction *insn)
{
	bool wide = w >> 31;
	unsigned rotation = field(w, 16, 6), ones = field(w, 10, 6);
	unsigned n = field(w, 22, 1), element = 64;
	if (n == 0)
		for (element = 32; element > 1 && (ones & element) != 0; element /= 2)
			;
	ones &= element - 1;
	rotation &= element - 1;
	if (element < 2 || ones == element - 1 || (n != 0 && !wide))
		return false;
	uint64_t run = ((uint64_t)1 << (ones + 1)) - 1, mask = 0;
	for (unsigned i = 0; i < 64; i++) { /* bit I of the element rotated right, repeated */
		unsigned bit = (i + rotation) % element;
		mask |= (run >> bit & 1) << i;
	}
	insn->immediate = (int64_t)(wide ? mask : mask & UINT32_MAX);
	insn->has_immediate = true;
	return true;
}

static bool put_constant(uint32_t w, struct instruction *insn)
{
	if ((w & 0x7f800000) == 0x52800000) /* movz */
		insn->immediate = (int64_t)((uint64_t)field(w, 5, 16) << 16 * field(w, 21, 2));
	else if ((w & 0x7fffffe0) == 0x2a1f03e0) /* mov of zr */
		insn->immediate = 0;
	else if (field(w, 5, 5) == ZERO && field(w, 23, 8) == 0x64) /* orr with zr: a bit mask */
		return put_bit_mask(w, insn);
	else
		return false;
	insn->has_immediate = true;
	return true;
}

/* What is done to a register of 64 bits; 32 bits written clear the rest, which constants allow. */
static void put_effect(uint32_t w, struct instruction *insn)
{
	struct disasm_memory form = { .index = DISASM_NO_REGISTER, .scale = 1 };
	unsigned destination = field(w, 0, 5);
	if (put_sum_constant(w, &form) || (destination != ZERO && put_sum(w, &form))) {
		insn->effect = DISASM_FORM;
		insn->memory[0] = form;
		insn->memory_count = 1;
	} else if (destination == ZERO) {
		return;
	} else if (put_constant(w, insn)) {
		insn->effect = DISASM_CONSTANT;
	} else if ((w & 0xffe0ffe0) == 0xaa0003e0) { /* mov xd, xm: orr with xzr */
		insn->effect = DISASM_COPY;
		insn->source = (uint8_t)field(w, 16, 5);
	} else {
		return;
	}
	insn->destination = (uint8_t)destination; /* 31: sp */
}

/* capstone 4.0.2 says that the aliases of flag-setting instructions write their first operand. */
static bool only_flags(const char *mnemonic)
{
	static const char *const names[] = { "cmp", "cmn", "tst" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(mnemonic, names[i]) == 0)
			return true;
	return false;
}

static void describe(const cs_insn *decoded, struct instruction *insn)
{
	const cs_arm64 *arm64 = &decoded->detail->arm64;
	uint32_t w = bytes_u32(decoded->bytes);
	if (only_flags(decoded->mnemonic))
		insn->written = 0;
	for (unsigned i = 0; i < arm64->op_count; i++) {
		if (arm64->operands[i].type != ARM64_OP_IMM)
			continue;
		insn->has_immediate = true;
		insn->immediate = arm64->operands[i].imm;
	}
	put_flow(w, insn);
	put_memory(w, insn);
	put_effect(w, insn);
	if (is_adr(w)) {
		insn->reference_kind = DISASM_ADDRESS;
		insn->reference = insn->pc + adr_offset(w);
	}
}

/* The atomics of Armv8.1 (C4.1.94, "Atomic memory operations", "Compare and swap"), which capstone
 * 4.0.2 does not know and Go uses: NULL if W is none, else the stem of its name. */
static const char *atomic_name(uint32_t w)
{
	static const char *const names[16] = {
		"ldadd", "ldclr", "ldeor", "ldset", "ldsmax", "ldsmin", "ldumax", "ldumin", "swp",
	};
	if ((w & 0x3fa07c00) == 0x08a07c00)
		return "cas";
	return (w & 0x3f200c00) == 0x38200000 ? names[field(w, 12, 4)] : NULL;
}

/* Register NUMBER, which is called ZERO_NAME if it is 31. */
static void put_register(char text[8], char kind, unsigned number, const char *zero_name)
{
	if (number == ZERO)
		snprintf(text, 8, "%s", zero_name);
	else
		snprintf(text, 8, "%c%u", kind, number);
}

static bool decode(struct bytes code, uint64_t pc, struct instruction *insn)
{
	static const char *const widths[] = { "b", "h", "", "" };
	if (code.size < 4)
		return false;
	uint32_t w = bytes_u32(code.data);
	const char *name = atomic_name(w);
	if (name == NULL)
		return false;
	bool swap = name[0] == 'c';
	bool acquire = field(w, swap ? 22 : 23, 1), release = field(w, swap ? 15 : 22, 1);
	unsigned size = field(w, 30, 2), source = field(w, 16, 5), target = field(w, 0, 5);
	char kind = size == 3 ? 'x' : 'w', operands[3][8];
	put_register(operands[0], kind, source, size == 3 ? "xzr" : "wzr");
	put_register(operands[1], kind, target, size == 3 ? "xzr" : "wzr");
	put_register(operands[2], 'x', field(w, 5, 5), "sp");
	snprintf(insn->text, sizeof(insn->text), "%s%s%s%s %s, %s, [%s]", name, acquire ? "a" : "",
		 release ? "l" : "", widths[size], operands[0], operands[1], operands[2]);
	insn->pc = pc;
	insn->size = 4;
	unsigned written = swap ? source : target;
	insn->written = written == ZERO ? 0 : (uint64_t)1 << written;
	put_memory(w, insn);
	return true;
}

static void know(struct disasm_walk *walk, unsigned reg, uint64_t address)
{
	walk->address[reg] = address;
	walk->known |= 1u << reg;
}

/* What a load or store through a known address refers to. */
static void refer(const struct disasm_walk *walk, struct instruction *insn)
{
	const struct disasm_memory *m = &insn->memory[0];
	if (insn->memory_count == 0 || m->base >= ZERO || m->index != DISASM_NO_REGISTER ||
	    !(walk->known >> m->base & 1) || (!m->read && !m->write))
		return;
	insn->reference_kind = DISASM_ACCESS;
	insn->reference = walk->address[m->base] + (uint64_t)m->displacement;
}

static void follow(struct disasm_walk *walk, struct bytes code, struct instruction *insn)
{
	uint32_t w = bytes_u32(code.data);
	unsigned target = field(w, 0, 5), source = field(w, 5, 5);
	if (is_adrp(w)) {
		know(walk, target, (insn->pc & ~(uint64_t)0xfff) + (adr_offset(w) << 12));
	} else if (is_add(w) && walk->known >> source & 1 && source != ZERO && target != ZERO) {
		uint64_t immediate = (uint64_t)field(w, 10, 12) << (field(w, 22, 1) ? 12 : 0);
		know(walk, target, walk->address[source] + immediate);
		insn->reference_kind = DISASM_ADDRESS;
		insn->reference = walk->address[target];
	} else if (insn->flow == DISASM_CALL) {
		walk->known = 0;
	} else {
		refer(walk, insn);
		walk->known &= ~(uint32_t)insn->written;
	}
}

const struct disasm_cpu disasm_arm64 = {
	.elf_machine = EM_AARCH64,
	.arch = CS_ARCH_ARM64,
	.mode = CS_MODE_ARM,
	.step = 4,
	.describe = describe,
	.decode = decode,
	.follow = follow,
	.register_number = register_number,
};
