/* The contents of one PT_NOTE, as of a core and as of an executable. The first byte chooses the
 * CPU. */
#include "formats/corenotes.h"
#include "formats/elffile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct bytes bytes = { data + 1, size - 1 };
	struct corefile core = { .arch = data[0] & 1 ? &arch_arm64 : &arch_amd64 };
	struct arena arena;
	struct caveats caveats;
	struct corenotes notes;
	arena_init(&arena);
	caveats_init(&caveats, &arena);
	corenotes_init(&notes, &core, &arena, &caveats);
	corenotes_parse(&notes, bytes);
	corenotes_finish(&notes);
	corefile_executable(&core);
	const char *build_id = NULL, *go_build_id = NULL;
	elf_note_ids(bytes, &arena, &build_id, &go_build_id);
	arena_release(&arena);
	return 0;
}
