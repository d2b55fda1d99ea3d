#pragma once
/*
 * Instructions of amd64 and arm64: their text for people; what they read, write, call and refer to
 * for the analysis. Registers have their DWARF numbers (formats/arch.h); vector and flag registers
 * have none and are left out.
 */
#include "base/str.h"
#include "base/cursor.h"
#include "formats/arch.h"

enum { DISASM_NO_REGISTER = 0xff, DISASM_TEXT = 200 };

/* Where control goes after the instruction. */
enum disasm_flow {
	DISASM_NEXT,   /* to the next one */
	DISASM_CALL,   /* to `target`, and back */
	DISASM_JUMP,   /* to `target` */
	DISASM_BRANCH, /* to `target` or to the next one */
	DISASM_RETURN,
};

/* What a pc-relative operand refers to. */
enum disasm_reference {
	DISASM_NO_REFERENCE,
	DISASM_ADDRESS, /* forms an address: lea, adr, adrp + add */
	DISASM_ACCESS,	/* reads or writes there */
};

/* What the instruction does with its destination register, where that is simple. Of amd64 only. */
enum disasm_effect {
	DISASM_NO_EFFECT,    /* something else, or nothing */
	DISASM_COPY,	     /* all of `source` */
	DISASM_CONSTANT,     /* `immediate` */
	DISASM_ADD_CONSTANT, /* adds `immediate` */
	DISASM_ADD,	     /* adds `source` */
	DISASM_FORM,	     /* the address of `memory[0]`: lea */
};

/* An operand in memory: base + index * scale + displacement. */
struct disasm_memory {
	uint8_t base; /* register, DISASM_NO_REGISTER; the pc for pc-relative operands */
	uint8_t index;
	uint8_t scale;		       /* 1, 2, 4, 8, 16 */
	bool index_word, index_signed; /* only the low 32 bits of the index, (sign-)extended */
	bool tls;		       /* relative to the thread's block (fs:, gs:) as well */
	int64_t displacement; /* on amd64 from the end of the instruction where base is the pc, on
			       * arm64 from its start */
	uint16_t bytes;	      /* that one step accesses; 0 where it accesses none (lea, prefetch) */
	bool read, write;     /* neither: only the address is formed, or hinted at */
};

struct instruction {
	uint64_t pc;
	uint8_t size; /* bytes */
	char text[DISASM_TEXT]; /* Intel syntax: "mov rax, qword ptr [rcx + 0x18]" */

	/* Explicit operands; what push, call and ret do to the stack is not among them. A string
	 * move has two, the destination first. */
	struct disasm_memory memory[2];
	uint8_t memory_count;
	bool string;	/* movs, stos, cmps, scas, lods */
	bool repeated;	/* with rep: as many steps as rcx says at its start */
	bool vector;	/* moves vector registers */
	bool nil_check; /* the compiler's explicit nil check, whose result nobody uses: amd64
			 * `test byte ptr [reg], al`, arm64 a byte load into x27
			 * (cmd/compile/internal/{amd64,arm64}/ssa.go LoweredNilCheck) */
	uint64_t written; /* bit N: register N is written. A callee's doing is not counted */
	bool has_immediate;
	int64_t immediate; /* the last one */

	enum disasm_effect effect;
	uint8_t destination, source; /* of the effect; DISASM_NO_REGISTER */

	/* General registers that a plain move fills from memory[0], whatever it does with the bits
	 * that it does not read, or writes there: the second is that of a pair (arm64), at the
	 * higher address. DISASM_NO_REGISTER */
	uint8_t loaded[2], stored[2];

	enum disasm_flow flow;
	bool indirect;	       /* through a register or memory: no `target` */
	uint8_t flow_register; /* an indirect one's; DISASM_NO_REGISTER */
	uint64_t target;       /* a direct one's address */

	enum disasm_reference reference_kind;
	uint64_t reference; /* address in the target */
};

/* A decoder; memory of the callee. NULL for a CPU it does not know. */
struct disasm;
struct disasm *disasm_create(const struct arch *arch);
void disasm_destroy(struct disasm *disasm);

/* Decodes the instruction at the start of CODE, whose address is PC. False where there is none, or
 * none that the decoder knows. A reference made by two instructions (arm64) is seen by a walk
 * only. */
bool disasm_one(struct disasm *disasm, struct bytes code, uint64_t pc, struct instruction *insn);

/* TEXT with "_" for each number that is an operand by itself ("mov eax, 0x2a"): the program may
 * have it as data. Numbers within an address ("[rsp + 0x18]") and where a jump leads to stay. */
void disasm_add_redacted(const char *text, struct str *out);

/*
 * A walk over the instructions of a function, in order of address: bytes that do not decode are
 * passed over. On arm64 it follows what ADRP and ADD leave in registers, up to the next write of
 * the register or the next call, and resolves the loads and stores through them.
 *
 *	struct disasm_walk walk = disasm_walk_start(disasm, code, func.entry);
 *	struct instruction insn;
 *	while (disasm_walk_next(&walk, &insn))
 *		...
 */
struct disasm_walk {
	struct disasm *disasm;
	struct bytes code;
	uint64_t pc;
	size_t pos;
	uint64_t address[32]; /* that register N is known to hold */
	uint32_t known;	      /* bit N */
};

struct disasm_walk disasm_walk_start(struct disasm *disasm, struct bytes code, uint64_t pc);
bool disasm_walk_next(struct disasm_walk *walk, struct instruction *insn);

/* The address of memory operand N with the registers as they are before INSN. False if one of them
 * is not known. */
bool disasm_address(const struct instruction *insn, unsigned n, const struct arch *arch,
		    const struct registers *regs, uint64_t *addr);
