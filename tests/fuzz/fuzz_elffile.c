/* An executable; and the same bytes as what a core holds of one, so that it is compared. */
#include "formats/elffile.h"
#include "formats/findexe.h"
#include "formats/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ask(const struct elffile *elf)
{
	struct elf_symbol symbols[] = { { .name = "runtime.allgs" },
					{ .name = "main.main" },
					{ .name = "" } };
	uint64_t addr = elf->entry;
	elffile_symbols(elf, symbols, 3);
	elffile_function_at(elf, symbols[1].value, &addr);
	elffile_section(elf, ".gopclntab", &addr);
	elffile_at(elf, elf->entry);
	elffile_address(elf, 0, &addr);
}

static void compare(struct elffile *elf, struct arena *arena)
{
	struct caveats caveats;
	struct exe_check check;
	struct image image;
	size_t size = elf->file.bytes.size;
	struct core_segment segment = { .lo = 0x400000, .hi = 0x400000 + size, .file_size = size,
					.present = size, .flags = 5 };
	struct core_mapping mapping = { .lo = 0x400000, .hi = 0x500000, .path = "/exe" };
	struct corefile core = { .file = elf->file, .arch = &arch_amd64, .segments = &segment,
				 .segment_count = 1, .mappings = &mapping, .mapping_count = 1,
				 .phdr = 0x400040, .entry = 0x401000 };
	struct image_options options = { .executable = elf, .no_objects = true };
	caveats_init(&caveats, arena);
	for (int without = 0; without < 2; without++) {
		core.mapping_count = 1 - (size_t)without;
		exe_check(&core, elf, arena, &check);
		if (image_build(&core, &options, arena, &image, &caveats, NULL))
			image_close(&image);
		elf->build_id = elf->go_build_id = NULL; /* so that bytes are compared */
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct elffile elf;
	struct error err = ERROR_INIT;
	arena_init(&arena);
	if (elffile_parse((struct bytes){ data, size }, "exe", &arena, &elf, &err)) {
		ask(&elf);
		compare(&elf, &arena);
	}
	arena_release(&arena);
	return 0;
}
