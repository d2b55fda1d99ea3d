#pragma once
/* Shared by the disassembler's files: the only ones that know capstone. */
#include <capstone/capstone.h>

#include "formats/disasm.h"

struct disasm {
	const struct disasm_cpu *cpu;
	csh handle;
	cs_insn *insn;
};

/* What differs by CPU. */
struct disasm_cpu {
	uint16_t elf_machine;
	cs_arch arch;
	cs_mode mode;
	uint8_t step; /* bytes passed over where nothing decodes */
	/* Fills in what capstone decoded; text, pc, size and the registers written are there. */
	void (*describe)(const cs_insn *decoded, struct instruction *insn);
	/* Decodes what capstone does not know; NULL: nothing. */
	bool (*decode)(struct bytes code, uint64_t pc, struct instruction *insn);
	/* The walk's own state after INSN, and the references that come of it; NULL: none. */
	void (*follow)(struct disasm_walk *walk, struct bytes code, struct instruction *insn);
	uint8_t (*register_number)(unsigned capstone_register); /* or DISASM_NO_REGISTER */
};

extern const struct disasm_cpu disasm_amd64, disasm_arm64;
