#include "goruntime/isgo.h"

#include <string.h>

#include "base/limits.h"
#include "goruntime/private.h"

/* Build information of the executable, read through the image: the section, else the magic at the
 * start of each writable run of the executable's own file, else of any writable run. */
static bool buildinfo_at(struct snapshot *s, struct bytes bytes)
{
	uint64_t offset;
	return buildinfo_find(bytes, &offset) &&
	       buildinfo_parse(bytes_sub(bytes, offset, bytes.size - offset), s->arena,
			       &s->buildinfo);
}

static bool buildinfo_in_section(struct snapshot *s)
{
	const struct elffile *exe = s->image->executable;
	uint64_t addr = 0;
	if (exe == NULL)
		return false;
	struct bytes section = elffile_section(exe, ".go.buildinfo", &addr);
	return section.size > 0 && buildinfo_at(s, section);
}

enum { FLAG_WRITE = 2, SCAN_BYTES = 64 << 20 };

static bool buildinfo_in_image(struct snapshot *s)
{
	for (size_t i = 0; i < s->image->run_count; i++) {
		const struct image_run *run = &s->image->runs[i];
		if (run->bytes == NULL || (run->flags != 0 && !(run->flags & FLAG_WRITE)))
			continue;
		uint64_t skip = (0 - run->lo) & 15, size = run->hi - run->lo;
		if (skip >= size)
			continue;
		size -= skip;
		struct bytes bytes = { run->bytes + skip, size < SCAN_BYTES ? size : SCAN_BYTES };
		if (buildinfo_at(s, bytes))
			return true;
	}
	return false;
}

/* runtime.buildVersion, a string (runtime/extern.go). */
static const char *build_version(struct snapshot *s)
{
	uint64_t addr, ptr, len;
	struct bytes bytes;
	if (!globals_get(&s->globals, RT_BUILDVERSION, &addr) ||
	    !image_u64(s->image, addr, &ptr, NULL) || !image_u64(s->image, addr + 8, &len, NULL) ||
	    len > 256 || !image_bytes(s->image, ptr, len, s->arena, &bytes, NULL))
		return NULL;
	return arena_strndup(s->arena, (const char *)bytes.data, bytes.size);
}

bool release_find(struct snapshot *s)
{
	if (!buildinfo_in_section(s) && !buildinfo_in_image(s))
		s->buildinfo.go_version = NULL;
	const char *version = s->buildinfo.go_version;
	if (version == NULL || !release_parse(version, &s->release)) {
		version = build_version(s);
		if (version == NULL || !release_parse(version, &s->release))
			return false;
		s->buildinfo.go_version = version;
	}
	return true;
}

static bool maps_file(const struct snapshot *s, const char *part)
{
	const struct corefile *core = s->image->core;
	for (size_t i = 0; i < core->mapping_count; i++)
		if (core->mappings[i].path != NULL && strstr(core->mappings[i].path, part) != NULL)
			return true;
	return false;
}

static bool has_symbol(const struct snapshot *s, const char *name)
{
	struct elf_symbol symbol = { .name = name };
	const struct elffile *exe = image_symbols(s->image);
	return exe != NULL && elffile_symbols(exe, &symbol, 1) == 1;
}

bool not_go(const struct snapshot *s, struct error *err)
{
	if (maps_file(s, "/libgo.so") || has_symbol(s, "__go_init_main") ||
	    has_symbol(s, "runtime_mstart"))
		return error_set(err, ERROR_NOT_GO, 0,
				 "%s is of a program made by gccgo, whose runtime is another one: not "
				 "supported",
				 s->image->name);
	if (has_symbol(s, "tinygo_startTask") || has_symbol(s, "tinygo_task_exit") ||
	    has_symbol(s, "tinygo_scanCurrentStack") || has_symbol(s, "runtime.tinygo_unwind"))
		return error_set(err, ERROR_NOT_GO, 0,
				 "%s is of a program made by TinyGo, whose runtime is another one: not "
				 "supported",
				 s->image->name);
	return error_set(err, ERROR_NOT_GO, 0, "%s is not of a Go program: no Go runtime found in it",
			 s->image->name);
}
