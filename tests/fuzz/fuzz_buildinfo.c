/* Build information somewhere in the bytes of a segment. */
#include "formats/buildinfo.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes bytes = { data, size };
	struct arena arena;
	struct buildinfo info;
	uint64_t offset;
	if (!buildinfo_find(bytes, &offset))
		return 0;
	if (offset > size || offset % 16 != 0)
		__builtin_trap();
	arena_init(&arena);
	(void)buildinfo_parse(bytes_sub(bytes, offset, size - offset), &arena, &info);
	(void)buildinfo_setting(&info, "-race");
	arena_release(&arena);
	return 0;
}
