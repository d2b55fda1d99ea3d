/* Unwind tables of an ELF file: a walk through them with registers and memory that are made up. */
#include "formats/cfi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Words that are as wild as the file. */
static bool read_word(const void *data, uint64_t addr, uint64_t *word)
{
	const struct bytes *bytes = data;
	uint64_t at = addr % (bytes->size + 16);
	if (bytes->size < 8 || at > bytes->size - 8)
		return false;
	*word = bytes_u64(bytes->data + at);
	return true;
}

static void walk(const struct elffile *elf, const struct cfi *cfi, uint64_t pc)
{
	struct registers regs = { 0 };
	struct cfi_memory memory = { .read = read_word, .data = &elf->file.bytes };
	for (unsigned i = 0; i < elf->arch->register_count; i++)
		registers_put(&regs, i, 0x1000 + i * 64);
	for (unsigned i = 0; i < 16; i++) {
		struct cfi_place place = { .regs = &regs, .pc = pc };
		struct cfi_caller caller;
		if (cfi_step(cfi, &place, &memory, &caller) != CFI_CALLER)
			return;
		regs = caller.regs;
		pc = regs.value[elf->arch->pc];
	}
}

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
