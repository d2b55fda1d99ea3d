/* Where a program counter outside Go code lies. */
#include <inttypes.h>
#include <string.h>

#include "goruntime/private.h"

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

const char *snapshot_c_location(const struct snapshot *s, uint64_t pc, struct arena *arena)
{
	uint64_t bias = 0, offset = 0;
	const struct code *code = code_at(snapshot_code(s), pc);
	if (code->valid && code->func.pcsp != 0)
		return NULL;
	const struct elffile *object = image_object(s->image, pc, &bias);
	if (object != NULL) {
		const struct elffile *symbols = object == s->image->executable ?
							image_symbols(s->image) :
							object;
		const char *function = elffile_function_at(symbols, pc - bias, &offset);
		if (function != NULL)
			return arena_printf(arena, "%s+0x%" PRIx64 " in %s", function, offset,
					    base_name(object->path));
		return arena_printf(arena, "%s+0x%" PRIx64, base_name(object->path), pc - bias);
	}
	const struct image_run *run = image_find(s->image, pc);
	if (run == NULL)
		return NULL;
	const struct corefile *core = s->image->core;
	if (core->vdso != 0 && pc >= core->vdso && pc - core->vdso < 0x4000)
		return arena_printf(arena, "vDSO+0x%" PRIx64, pc - core->vdso);
	if (run->path == NULL)
		return NULL;
	return arena_printf(arena, "%s+0x%" PRIx64, base_name(run->path),
			    pc - run->lo + run->offset);
}
