#include "formats/debugfile.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#define SYSTEM_DIR "/usr/lib/debug"

struct search {
	const struct elffile *exe;
	const struct debug_search *options;
	struct arena *arena;
	struct elffile *debug;
	struct caveats *caveats;
	const char *dirs[2]; /* trees of debug files, NULL: none */
};

struct link { /* .gnu_debuglink */
	const char *name;
	uint32_t crc;
};

static bool pass_over(struct search *s, const char *path, const char *why)
{
	caveats_add(s->caveats, CAVEAT_NOTE, 0, "debug information", "passed over: %s: %s", path,
		    why);
	return false;
}

/* What is wrong with FILE as the debug file; NULL if nothing is. LINK may be NULL. */
static const char *misfit(const struct search *s, const struct elffile *file,
			  const struct link *link)
{
	const char *mine = s->exe->build_id, *its = file->build_id;
	if (file->elf_machine != s->exe->elf_machine)
		return "it is for another CPU";
	if (mine != NULL && its != NULL && strcmp(mine, its) != 0)
		return "its build id is another";
	if (link != NULL && crc32_z(0, file->file.bytes.data, file->file.bytes.size) != link->crc)
		return "its CRC is not that in .gnu_debuglink";
	return file->has_dwarf || file->has_symtab ? NULL : "it has neither symbols nor DWARF";
}

static bool try_file(struct search *s, const char *path, const struct link *link)
{
	struct error err = ERROR_INIT;
	struct elffile file;
	if (access(path, F_OK) != 0)
		return false;
	if (!elffile_open(path, s->arena, &file, &err))
		return pass_over(s, path, err.text);
	const char *why = misfit(s, &file, link);
	if (why == NULL) {
		*s->debug = file;
		return true;
	}
	elffile_close(&file);
	return pass_over(s, path, why);
}

static bool by_build_id(struct search *s)
{
	const char *id = s->exe->build_id;
	for (unsigned i = 0; id != NULL && strlen(id) > 2 && i < 2; i++)
		if (s->dirs[i] != NULL &&
		    try_file(s,
			     arena_printf(s->arena, "%s/.build-id/%.2s/%s.debug", s->dirs[i], id,
					  id + 2),
			     NULL))
			return true;
	return false;
}

/* The name, NUL-terminated and padded to four bytes, then the CRC. */
static bool read_link(const struct elffile *exe, struct link *link)
{
	struct cursor c = cursor_of(elffile_section(exe, ".gnu_debuglink", NULL));
	link->name = cursor_cstring(&c);
	cursor_align(&c, 4);
	link->crc = cursor_u32(&c);
	return !c.failed && link->name[0] != '\0' && strchr(link->name, '/') == NULL;
}

/* The directory of the executable without its last slash: "" for one in /. */
static const char *directory_of(const struct search *s)
{
	char *real = realpath(s->exe->path, NULL);
	const char *path = arena_strdup(s->arena, real ? real : s->exe->path);
	free(real);
	const char *slash = strrchr(path, '/');
	return slash ? arena_strndup(s->arena, path, (size_t)(slash - path)) : ".";
}

static bool by_link(struct search *s)
{
	struct link link;
	if (!read_link(s->exe, &link))
		return false;
	const char *dir = directory_of(s);
	if (try_file(s, arena_printf(s->arena, "%s/%s", dir, link.name), &link) ||
	    try_file(s, arena_printf(s->arena, "%s/.debug/%s", dir, link.name), &link))
		return true;
	for (unsigned i = 0; i < 2; i++)
		if (s->dirs[i] != NULL &&
		    (try_file(s, arena_printf(s->arena, "%s/%s/%s", s->dirs[i], dir, link.name),
			      &link) ||
		     try_file(s, arena_printf(s->arena, "%s/%s", s->dirs[i], link.name), &link)))
			return true;
	return false;
}

static bool by_server(struct search *s)
{
	struct error err = ERROR_INIT;
	const char *path;
	if (s->options->debuginfod == NULL || s->exe->build_id == NULL)
		return false;
	if (debuginfod_find(s->options->debuginfod, DEBUGINFOD_DEBUGINFO, s->exe->build_id,
			    s->arena, &path, &err))
		return try_file(s, path, NULL);
	if (err.code != ERROR_NOT_FOUND)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "debug information", "%s", err.text);
	return false;
}

bool debugfile_find(const struct elffile *exe, const struct debug_search *search,
		    struct arena *arena, struct elffile *debug, struct caveats *caveats)
{
	struct search s = {
		.exe = exe,
		.options = search,
		.arena = arena,
		.debug = debug,
		.caveats = caveats,
		.dirs = { search->debug_dir,
			  arena_printf(arena, "%s" SYSTEM_DIR,
				       search->sysroot ? search->sysroot : "") },
	};
	return by_build_id(&s) || by_link(&s) || by_server(&s);
}
