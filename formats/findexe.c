#include "formats/findexe.h"

#include <dirent.h>
#include <string.h>

#include "base/str.h"

enum { DIRECTORY_MAX = 10000 };

struct search {
	const struct corefile *core;
	const struct exe_search *options;
	struct arena *arena;
	struct elffile *elf;
	struct exe_check *check;
	struct caveats *caveats;
	const char *build_id, *go_build_id; /* in the core */
	struct str tried; /* what was looked at and why it was not it, for the final message */
};

const char *exe_host_path(const char *path, const char *sysroot, struct arena *arena, bool *deleted)
{
	static const char suffix[] = " (deleted)";
	size_t n = strlen(path), tail = sizeof(suffix) - 1;
	*deleted = n > tail && strcmp(path + n - tail, suffix) == 0;
	if (*deleted)
		n -= tail;
	return arena_printf(arena, "%s%.*s", sysroot ? sysroot : "", (int)(n < 4096 ? n : 4096),
			    path);
}

static void tried(struct search *s, const char *text)
{
	str_printf(&s->tried, "%s%s", s->tried.size ? "; " : "", text);
}

/* Opens PATH and takes it if it fits. With SURE one that cannot be checked is not enough. */
static bool try_file(struct search *s, const char *path, bool sure)
{
	struct elffile elf;
	struct error err = ERROR_INIT;
	if (!elffile_open(path, s->arena, &elf, &err)) {
		tried(s, err.text);
		return false;
	}
	struct exe_check check;
	exe_check(s->core, &elf, s->arena, &check);
	if (check.match == EXE_MATCH_YES || (check.match == EXE_MATCH_UNKNOWN && !sure)) {
		*s->elf = elf;
		*s->check = check;
		return true;
	}
	elffile_close(&elf);
	_cleanup_str_ struct str text = { 0 };
	str_printf(&text, "%s: is not the one that dumped the core: %s", path, check.reason);
	tried(s, str_text(&text));
	return false;
}

/* AT_EXECFN: the path as it was given to execve, in memory. */
static const char *exec_path(const struct search *s)
{
	struct cursor c = cursor_of(corefile_at(s->core, s->core->execfn));
	if (c.size > 4096)
		c.size = 4096;
	return s->core->execfn ? cursor_cstring(&c) : NULL;
}

static bool try_recorded_path(struct search *s)
{
	bool deleted;
	const char *path = corefile_executable(s->core);
	if (path != NULL) {
		path = exe_host_path(path, s->options->sysroot, s->arena, &deleted);
		return try_file(s, path, deleted);
	}
	path = exec_path(s);
	if (path == NULL || path[0] == '\0')
		return false;
	/* A relative path counts from a directory that the core does not tell. */
	path = path[0] == '/' ? exe_host_path(path, s->options->sysroot, s->arena, &deleted) :
				path;
	return try_file(s, path, path[0] != '/');
}

static bool try_by_id(struct search *s, const char *suffix)
{
	if (s->build_id == NULL || strlen(s->build_id) < 3)
		return false;
	const char *path = arena_printf(s->arena, "%s/.build-id/%.2s/%s%s", s->options->debug_dir,
					s->build_id, s->build_id + 2, suffix);
	return try_file(s, path, true);
}

static void close_dir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

/* Reads no more of a file than its headers, unless its ids fit. */
static bool has_ids(struct search *s, const char *path)
{
	struct arena scratch;
	arena_init(&scratch);
	struct elffile elf;
	bool fits = false;
	if (elffile_open(path, &scratch, &elf, NULL)) {
		fits = (s->build_id && elf.build_id && strcmp(s->build_id, elf.build_id) == 0) ||
		       (s->go_build_id && elf.go_build_id &&
			strcmp(s->go_build_id, elf.go_build_id) == 0);
		elffile_close(&elf);
	}
	arena_release(&scratch);
	return fits;
}

/* Any file directly in the directory. */
static bool try_directory(struct search *s)
{
	__attribute__((cleanup(close_dir))) DIR *dir = opendir(s->options->debug_dir);
	if (dir == NULL || (s->build_id == NULL && s->go_build_id == NULL))
		return false;
	for (unsigned left = DIRECTORY_MAX; left > 0; left--) {
		const struct dirent *entry = readdir(dir);
		if (entry == NULL)
			break;
		if (entry->d_type == DT_DIR)
			continue;
		const char *path = arena_printf(s->arena, "%s/%s", s->options->debug_dir,
						entry->d_name);
		if (has_ids(s, path) && try_file(s, path, true))
			return true;
	}
	return false;
}

static bool try_server(struct search *s)
{
	struct error err = ERROR_INIT;
	const char *path;
	if (s->options->debuginfod == NULL || s->build_id == NULL)
		return false;
	if (debuginfod_find(s->options->debuginfod, DEBUGINFOD_EXECUTABLE, s->build_id, s->arena,
			    &path, &err))
		return try_file(s, path, true);
	tried(s, err.text);
	return false;
}

static bool search(struct search *s)
{
	const char *dir = s->options->debug_dir;
	/* The whole executable before its debug half. */
	if (try_recorded_path(s) || (dir != NULL && (try_by_id(s, "") || try_directory(s))) ||
	    try_server(s) || (dir != NULL && try_by_id(s, ".debug")))
		return true;
	if (dir != NULL)
		tried(s, arena_printf(s->arena, "%s: nothing with its build id", dir));
	return false;
}

static bool not_found(struct search *s, struct error *err)
{
	_cleanup_str_ struct str ids = { 0 };
	if (s->build_id != NULL)
		str_printf(&ids, " GNU build id %s", s->build_id);
	if (s->go_build_id != NULL)
		str_printf(&ids, "%s Go build id %s", s->build_id ? "," : "", s->go_build_id);
	return error_set(err, ERROR_NOT_FOUND, 0,
			 "the executable of this core is not found%s%s%s%s%s",
			 ids.size ? " (" : "", ids.size ? str_text(&ids) + 1 : "",
			 ids.size ? ")" : "", s->tried.size ? ": " : ": the core does not name it",
			 str_text(&s->tried));
}

/* One that was found, but not at the first place, or that could not be checked. */
static void tell(struct search *s)
{
	if (s->tried.size > 0)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "executable", "passed over: %s",
			    str_text(&s->tried));
	if (s->check->match == EXE_MATCH_UNKNOWN)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "executable",
			    "%s could not be checked: %s", s->elf->path, s->check->reason);
}

static bool open_named(struct search *s, struct error *err)
{
	if (!elffile_open(s->options->exe, s->arena, s->elf, err))
		return false;
	exe_check(s->core, s->elf, s->arena, s->check);
	return true;
}

bool exe_find(const struct corefile *core, const struct exe_search *options, struct arena *arena,
	      struct elffile *elf, struct exe_check *check, struct caveats *caveats,
	      struct error *err)
{
	struct search s = {
		.core = core,
		.options = options,
		.arena = arena,
		.elf = elf,
		.check = check,
		.caveats = caveats,
	};
	exe_core_ids(core, arena, &s.build_id, &s.go_build_id);
	bool found = options->exe != NULL ? open_named(&s, err) : search(&s) || not_found(&s, err);
	if (found)
		tell(&s);
	str_release(&s.tried);
	return found;
}
