/* gocore info: what the core is, from its headers, its notes and the build information. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/facts.h"
#include "cli/json_parts.h"
#include "cli/json_process.h"
#include "cli/text_parts.h"
#include "goruntime/environment.h"
#include "goruntime/isgo.h"

struct info {
	struct session session;
	struct report_core core;
	struct report_executable exe;
	struct error err; /* why it cannot be analyzed; ERROR_NONE: it can */
	bool is_go;
};

/* The snapshot is begun, no more: build information and release. */
static void identify(struct info *info)
{
	struct session *s = &info->session;
	s->snapshot = (struct snapshot){
		.arena = &s->arena,
		.caveats = &s->caveats,
		.image = &s->image,
	};
	info->is_go = release_find(&s->snapshot);
	if (!info->is_go && info->err.code == ERROR_NONE) {
		s->about = "program";
		not_go(&s->snapshot, &info->err);
	}
}

static const char *wanted_path(const struct info *info)
{
	const char *path = corefile_executable(&info->session.core);
	return path ? path : "";
}

static bool is_cgo(const struct buildinfo *info)
{
	const char *setting = buildinfo_setting(info, "CGO_ENABLED");
	return setting != NULL && strcmp(setting, "1") == 0;
}

static bool is_race(const struct buildinfo *info)
{
	const char *setting = buildinfo_setting(info, "-race");
	return setting != NULL && strcmp(setting, "true") == 0;
}

static void write_json(const struct info *info, FILE *out)
{
	const struct session *s = &info->session;
	const struct buildinfo *build = &s->snapshot.buildinfo;
	struct json json;
	json_begin(&json, out);
	json_object(&json, NULL, JSON_LINES);
	json_header(&json);
	json_bool(&json, "is_go", info->is_go);
	json_core(&json, &info->core, s->options);
	json_text(&json, "wants", wanted_path(info));
	json_executable(&json, &info->exe, build, is_cgo(build), is_race(build));
	if (s->options->environment)
		json_process_start(&json, &s->snapshot, s->options);
	if (info->err.code != ERROR_NONE)
		json_error(&json, s->about, &info->err);
	json_caveats(&json, &s->caveats);
	json_object_end(&json);
	json_end(&json);
}

static void write_row(struct text *text, const char *label, const char *value)
{
	enum { COLUMN = 14 };
	if (value == NULL || value[0] == '\0')
		return;
	text_printf(text, STYLE_FAINT, "%-*s", COLUMN, label);
	text_wrap(text, STYLE_PLAIN, COLUMN, COLUMN, value);
}

static void write_core(struct text *text, const struct info *info)
{
	const struct report_core *core = &info->core;
	_cleanup_str_ struct str size = { 0 };
	_cleanup_str_ struct str process = { 0 };
	str_add_size(&size, core->size_bytes);
	if (core->compression != NULL) {
		str_printf(&size, " (%s, ", core->compression);
		str_add_size(&size, core->stream_bytes);
		str_add(&size, " read)");
	}
	str_printf(&size, ", written by %s, linux/%s, %zu thread%s", core->writer, core->goarch,
		   core->threads, core->threads == 1 ? "" : "s");
	if (core->truncated) {
		str_add(&size, "; cut: ");
		str_add_size(&size, core->missing_bytes);
		str_add(&size, " are missing");
	}
	if (core->pid != 0)
		str_printf(&process, "%d  ", core->pid);
	str_add(&process, text->options->redact ? core->command
			  : core->arguments[0]	? core->arguments
						: core->command);
	write_row(text, "core", core->path);
	write_row(text, "", str_text(&size));
	write_row(text, "process", str_text(&process));
}

static void write_program(struct text *text, const struct info *info)
{
	const struct buildinfo *build = &info->session.snapshot.buildinfo;
	_cleanup_str_ struct str module = { 0 };
	if (build->module != NULL)
		str_printf(&module, "%s %s", build->module,
			   build->module_version ? build->module_version : "");
	write_row(text, "go", info->is_go ? build->go_version : "no Go program is known here");
	write_row(text, "package", build->path);
	write_row(text, "module", str_text(&module));
	write_row(text, "revision", buildinfo_setting(build, "vcs.revision"));
	write_row(text, "flags", buildinfo_setting(build, "-ldflags"));
	write_row(text, "experiments", buildinfo_setting(build, "GOEXPERIMENT"));
}

static void write_executable(struct text *text, const struct info *info)
{
	const struct report_executable *exe = &info->exe;
	_cleanup_str_ struct str found = { 0 };
	write_row(text, "wants", wanted_path(info));
	write_row(text, "build id", exe->build_id);
	write_row(text, "go build id", exe->go_build_id);
	if (exe->path == NULL) {
		write_row(text, "executable", "not found");
		return;
	}
	str_printf(&found, "%s (%s%s%s)", exe->path,
		   strcmp(exe->matches, "yes") == 0  ? "it fits the core"
		   : strcmp(exe->matches, "no") == 0 ? "it does NOT fit the core"
						     : "whether it fits cannot be told",
		   exe->pie ? ", PIE" : "", exe->stripped ? ", stripped" : "");
	write_row(text, "executable", str_text(&found));
	write_row(text, "debug info", exe->debug_path);
}

static void write_environment(struct text *text, const struct info *info)
{
	struct environment environment;
	struct arena scratch;
	bool redact = text->options->redact;
	arena_init(&scratch);
	environment_read(&info->session.snapshot, &scratch, &environment);
	if (!environment.known)
		write_row(text, "environment", "not in the core");
	for (size_t i = 0; i < environment.argument_count; i++)
		write_row(text, i == 0 ? "arguments" : "",
			  redact && i > 0 ? "<redacted>" : environment.arguments[i]);
	for (size_t i = 0; i < environment.variable_count; i++) {
		const char *variable = environment.variables[i];
		const char *name = arena_strndup(&scratch, variable, strcspn(variable, "="));
		write_row(text, i == 0 ? "environment" : "", redact ? name : variable);
	}
	arena_release(&scratch);
}

static void write_text(const struct info *info, FILE *out)
{
	struct text text;
	text_begin(&text, info->session.options, out);
	write_core(&text, info);
	write_program(&text, info);
	write_executable(&text, info);
	if (info->session.options->environment)
		write_environment(&text, info);
	text_caveats(&text, &info->session.caveats);
}

enum exit_code cmd_info(const struct options *options, FILE *out)
{
	struct info info = { .err = ERROR_INIT };
	struct session *s = &info.session;
	struct error ignored = ERROR_INIT;
	bool opened = session_open(s, options, SESSION_IMAGE, &info.err);
	if (!opened && info.err.code == ERROR_MISMATCH)
		opened = session_image(s, &ignored); /* what it is can be said all the same */
	progress_stop(&s->progress);
	if (!opened) {
		enum exit_code code = cli_fail(options, out, s->about, &info.err);
		session_close(s);
		return code;
	}
	identify(&info);
	facts_core(s, &info.core);
	facts_executable(s, &info.exe);
	if (options->format == FORMAT_JSON)
		write_json(&info, out);
	else
		write_text(&info, out);
	enum exit_code code = (enum exit_code)session_exit(s);
	if (info.err.code != ERROR_NONE)
		code = cli_complain(&info.err);
	session_close(s);
	return code;
}
