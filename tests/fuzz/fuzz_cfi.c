/* Unwind tables of an ELF file: a walk through them with registers and memory that are made up. */
#include "formats/cfi.h"

static void walk_all(const struct elffile *elf, enum cfi_section section)
{
	struct cfi *cfi;
	if (!cfi_open(elf, section, &cfi, NULL))
		return;
	for (uint64_t pc = 0; pc < 0x400; pc += 3)
		walk(elf, cfi, pc);
	walk(elf, cfi, elf->entry);
	cfi_close(cfi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct elffile elf;
	arena_init(&arena);
	if (elffile_parse((struct bytes){ data, size }, "exe", &arena, &elf, NULL)) {
		walk_all(&elf, CFI_EH_FRAME);
		walk_all(&elf, CFI_DEBUG_FRAME);
		elffile_close(&elf);
	}
	arena_release(&arena);
	return 0;
}
