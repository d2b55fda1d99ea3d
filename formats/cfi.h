#pragma once
/*
 * Call frame information: what .eh_frame or .debug_frame of an ELF file says of the caller of a C
 * frame (System V ABI, DWARF 5 section 6.4). One step at a time, from registers that are given.
 */
#include "formats/elffile.h"

struct cfi;

enum cfi_section {
	CFI_EH_FRAME,	 /* which programs have for their own use */
	CFI_DEBUG_FRAME, /* for debuggers: of code that was compiled without the other, with -g */
};

enum cfi_result {
	CFI_CALLER,	/* the caller's registers are there */
	CFI_OUTERMOST,	/* the return address is undefined: nobody called this */
	CFI_NO_RULE,	/* no entry for this code, or one that cannot be followed */
	CFI_UNREADABLE, /* memory that it leads to is not there */
};

struct cfi_memory { /* of the process that the registers belong to */
	bool (*read)(const void *data, uint64_t addr, uint64_t *word);
	const void *data;
};

struct cfi_place {
	const struct registers *regs; /* of the frame */
	uint64_t pc;   /* to look up: of a return address one less; an address in memory */
	uint64_t bias; /* address in memory minus address in the file */
};

struct cfi_caller {
	struct registers regs; /* pc and sp, and those that the frame preserved or saved */
	bool signal; /* a signal interrupted the caller: its pc is exact */
};

/* The tables of ELF, which must live as long. Fails with ERROR_NOT_FOUND where the file has none,
 * or they cannot be read. CFI_DEBUG_FRAME decompresses all debug sections. */
bool cfi_open(const struct elffile *elf, enum cfi_section section, struct cfi **cfi,
	      struct error *err) MUST_CHECK;
void cfi_close(struct cfi *cfi);

/* The caller of the frame at PLACE. CALLER is filled in for CFI_CALLER alone. */
enum cfi_result cfi_step(const struct cfi *cfi, const struct cfi_place *place,
			 const struct cfi_memory *memory, struct cfi_caller *caller);
