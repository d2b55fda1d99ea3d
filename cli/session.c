#include "cli/session.h"

#include <string.h>

#include "cli/cli.h"
#include "formats/filekind.h"

/* A refused CORE that is an executable: the arguments are swapped, or the core is missing. */
static void explain_refused_core(struct session *s, struct error *err)
{
	struct arena scratch;
	struct error ignored = ERROR_INIT;
	struct elffile elf;
	struct corefile core;
	struct caveats caveats;
	if (err->code == ERROR_IO)
		return;
	arena_init(&scratch);
	caveats_init(&caveats, &scratch);
	if (s->options->exe != NULL && elffile_open(s->options->core, &scratch, &elf, &ignored)) {
		elffile_close(&elf);
		if (corefile_open(s->options->exe, NULL, &scratch, &core, &caveats, &ignored)) {
			corefile_close(&core);
			error_set(err, ERROR_FORMAT, 0,
				  "%s is an executable and %s is a core: the core comes first:\n"
				  "gocore %s %s %s",
				  s->options->core, s->options->exe,
				  commands[s->options->command].name, s->options->exe,
				  s->options->core);
		}
	}
	arena_release(&scratch);
}

static void on_arrived(void *progress, uint64_t bytes)
{
	progress_bytes(progress, bytes);
}

static bool open_core(struct session *s, struct error *err)
{
	const struct core_watch watch = { .arrived = on_arrived, .data = &s->progress };
	s->about = "core";
	progress_stage(&s->progress, "reading the core");
	s->has_core = corefile_open(s->options->core, &watch, &s->arena, &s->core, &s->caveats,
				    err);
	if (!s->has_core)
		explain_refused_core(s, err);
	return s->has_core;
}

static bool check_match(struct session *s, struct error *err)
{
	const char *reason = s->check.reason ? s->check.reason
					     : "it differs from what the core holds";
	if (s->check.match != EXE_MATCH_NO)
		return true;
	if (!s->options->force && !s->core.damaged)
		return error_set(err, ERROR_MISMATCH, 0,
				 "%s is not the executable that dumped %s: %s\n"
				 "(--force goes on with it)",
				 s->exe.path, s->options->core, reason);
	caveats_add(
		&s->caveats, CAVEAT_WEAKENS, 0, "executable",
		"%s is not the executable that dumped the core (%s); used %s", s->exe.path, reason,
		s->options->force ? "since --force asks for it"
				  : "since the core itself is known to be damaged");
	return true;
}

/* What asks debuginfod; NULL where that is not wanted. */
static struct debuginfod *server(struct session *s)
{
	return s->options->no_debuginfod || !debuginfod_is_set() ? NULL : &s->debuginfod;
}

/* Whether names of variables, which only DWARF has, are worth the wait for a server to send it. */
static bool wants_names(const struct options *options)
{
	return options->command != COMMAND_INFO && options->command != COMMAND_GOROUTINES &&
	       options->command != COMMAND_THREADS && !options->report.brief;
}

/* Variables of an executable without symbols or DWARF are in a file apart, perhaps. */
static void open_debug(struct session *s)
{
	s->debug_search = (struct debug_search){
		.debug_dir = s->options->debug_dir,
		.sysroot = s->options->sysroot,
		.debuginfod = wants_names(s->options) ? server(s) : NULL,
	};
	if (!s->has_exe || s->exe.has_dwarf)
		return;
	progress_stage(&s->progress, "finding the debug information");
	s->has_debug = debugfile_find(&s->exe, &s->debug_search, &s->arena, &s->debug, &s->caveats);
}

static bool open_executable(struct session *s, struct error *err)
{
	const struct exe_search search = {
		.exe = s->options->exe,
		.debug_dir = s->options->debug_dir,
		.sysroot = s->options->sysroot,
		.debuginfod = server(s),
	};
	s->about = "executable";
	progress_stage(&s->progress, "finding the executable");
	s->has_exe = exe_find(&s->core, &search, &s->arena, &s->exe, &s->check, &s->caveats, err);
	if (s->has_exe)
		return check_match(s, err);
	if (err->code != ERROR_NOT_FOUND || s->options->exe != NULL)
		return false;
	caveats_add(&s->caveats, CAVEAT_WEAKENS, 0, "executable", "%s", err->text);
	*err = (struct error)ERROR_INIT;
	return true;
}

/* Whether lines of C code are worth opening the DWARF of the files that it is from. */
static bool wants_lines(const struct session *s)
{
	enum command_id command = s->options->command;
	if (command == COMMAND_INFO || command == COMMAND_GOROUTINES || command == COMMAND_GRAPH)
		return false;
	return !s->options->report.brief || !s->has_exe || !dwarf_takes_long(&s->exe);
}

bool session_image(struct session *s, struct error *err)
{
	open_debug(s);
	const struct image_options options = {
		.executable = s->has_exe ? &s->exe : NULL,
		.debug = s->has_debug ? &s->debug : NULL,
		.sysroot = s->options->sysroot,
		.object_search = &s->debug_search,
		.no_lines = !wants_lines(s),
	};
	s->about = "core";
	s->has_image = image_build(&s->core, &options, &s->arena, &s->image, &s->caveats, err);
	return s->has_image;
}

/* A line of its own behind the reason. */
static void add_hint(struct error *err, const char *fmt, ...) FORMAT_PRINTF(2, 3);

static void add_hint(struct error *err, const char *fmt, ...)
{
	size_t used = strlen(err->text);
	if (used + 2 >= sizeof(err->text))
		return;
	err->text[used++] = '\n';
	va_list args;
	va_start(args, fmt);
	vsnprintf(err->text + used, sizeof(err->text) - used, fmt, args);
	va_end(args);
}

bool session_snapshot(struct session *s, struct error *err)
{
	s->about = "program";
	progress_stage(&s->progress, "reading the runtime's records");
	s->has_snapshot = snapshot_take(&s->image, &s->arena, &s->snapshot, &s->caveats, err);
	s->snapshot.in_haste = s->options->report.brief;
	if (!s->has_snapshot && !s->has_exe)
		add_hint(
			err,
			"the executable was not found; with it there may be more: gocore %s %s EXE",
			commands[s->options->command].name, s->options->core);
	return s->has_snapshot;
}

/* The file that was written to since it was opened; NULL if none was. */
static const char *changed_file(const struct session *s)
{
	if (s->has_core && mapfile_changed(&s->core.file))
		return s->options->core;
	if (s->has_exe && mapfile_changed(&s->exe.file))
		return s->exe.path;
	return NULL;
}

static const char changed_text[] =
	"%s was written to while it was read: what was read may not belong together";

void session_check(struct session *s)
{
	const char *path = s->changed ? NULL : changed_file(s);
	if (path == NULL)
		return;
	s->changed = s->snapshot.damaged = true;
	caveats_add(&s->caveats, CAVEAT_WEAKENS, 0, "files", changed_text, path);
}

static bool open_once(struct session *session, const struct options *options,
		      enum session_depth depth, struct error *err)
{
	*session = (struct session){ .options = options, .about = "core" };
	arena_init(&session->arena);
	caveats_init(&session->caveats, &session->arena);
	progress_start(&session->progress);
	if (!open_core(session, err) || !open_executable(session, err) ||
	    !session_image(session, err))
		return false;
	return depth == SESSION_IMAGE || session_snapshot(session, err);
}

bool session_open(struct session *session, const struct options *options, enum session_depth depth,
		  struct error *err)
{
	struct error first = ERROR_INIT;
	bool ok = open_once(session, options, depth, &first);
	if (changed_file(session) != NULL) {
		/* What is gone from the file is a hole for one who opens it now. */
		session_close(session);
		first = (struct error)ERROR_INIT;
		ok = open_once(session, options, depth, &first);
		session_check(session);
	}
	if (!ok && err != NULL)
		*err = first;
	return ok;
}

void session_close(struct session *session)
{
	progress_stop(&session->progress);
	if (session->has_snapshot)
		snapshot_release(&session->snapshot);
	if (session->has_image)
		image_close(&session->image);
	if (session->has_debug)
		elffile_close(&session->debug);
	if (session->has_exe)
		elffile_close(&session->exe);
	if (session->has_core)
		corefile_close(&session->core);
	arena_release(&session->arena);
}

int session_exit(struct session *session)
{
	const char *path = session->changed ? NULL : changed_file(session);
	session_check(session);
	if (path != NULL) { /* the caveats are printed already */
		struct error late = ERROR_INIT;
		error_set(&late, ERROR_IO, 0, changed_text, path);
		cli_complain(&late);
	}
	return session->caveats.weakened ? EXIT_WEAKENED : EXIT_COMPLETE;
}
