#include "cli/cli.h"
#include "cli/facts.h"
#include "cli/output.h"
#include "cli/redact.h"

static const struct {
	void (*write)(const struct report *report, const struct options *options, FILE *out);
} writers[FORMAT_COUNT] = {
	[FORMAT_TEXT] = { text_write_report },
	[FORMAT_JSON] = { json_write_report },
};

static bool make_report(struct session *session, struct report_options *options,
			struct report *report, struct error *err)
{
	session->about = "program";
	progress_stage(&session->progress, "looking for the cause");
	facts_core(session, &report->core);
	facts_executable(session, &report->executable);
	options->build_id = report->executable.build_id ? report->executable.build_id
							: report->executable.go_build_id;
	return report_make(&session->snapshot, options, &session->arena, report, err);
}

static bool was_found(const struct report *report, const struct options *options)
{
	for (size_t i = 0; i < options->fail_on_count; i++)
		if (report_has(report, options->fail_on[i].class, options->fail_on[i].kind))
			return true;
	return false;
}

static enum exit_code analyze(const struct options *options, const struct golog *log, FILE *out)
{
	struct session session;
	struct report report = { 0 };
	struct report_options report_options = options->report;
	struct error err = ERROR_INIT;
	enum exit_code code;
	report_options.log = log;
	if (session_open(&session, options, SESSION_SNAPSHOT, &err) &&
	    make_report(&session, &report_options, &report, &err)) {
		progress_stop(&session.progress);
		session_check(&session);
		FILE *stream = redact_output(&session.snapshot, options, out);
		writers[options->format].write(&report, options, stream);
		redact_output_end(stream, out);
		code = was_found(&report, options) ? EXIT_FOUND : session_exit(&session);
	} else {
		progress_stop(&session.progress);
		code = cli_fail(options, out, session.about, &err);
	}
	session_close(&session);
	return code;
}

enum exit_code cmd_analyze(const struct options *options, FILE *out)
{
	struct arena arena;
	struct golog log;
	struct error err = ERROR_INIT;
	enum exit_code code;
	if (options->log == NULL)
		return analyze(options, NULL, out);
	arena_init(&arena);
	if (golog_read(options->log, &arena, &log, &err))
		code = analyze(options, &log, out);
	else
		code = cli_fail(options, out, "log", &err);
	arena_release(&arena);
	return code;
}
