#include "cli/answer.h"
#include "cli/goroutine_list.h"
#include "cli/json_parts.h"
#include "cli/redact.h"
#include "cli/text_parts.h"

static const struct {
	void (*write)(struct session *session, struct filter *filter, FILE *out);
} writers[FORMAT_COUNT] = {
	[FORMAT_TEXT] = { goroutines_write_text },
	[FORMAT_JSON] = { goroutines_write_json },
	[FORMAT_GOTRACE] = { goroutines_write_gotrace },
	[FORMAT_PPROF] = { goroutines_write_pprof },
};

enum exit_code cmd_goroutines(const struct options *options, FILE *out)
{
	struct session session;
	struct filter filter;
	struct error err = ERROR_INIT;
	enum exit_code code;
	if (session_open(&session, options, SESSION_SNAPSHOT, &err)) {
		filter_init(&filter, &session.snapshot, options);
		FILE *stream = redact_output(&session.snapshot, options, out);
		writers[options->format].write(&session, &filter, stream);
		redact_output_end(stream, out);
		filter_release(&filter);
		code = (enum exit_code)session_exit(&session);
	} else {
		progress_stop(&session.progress);
		code = cli_fail(options, out, session.about, &err);
	}
	session_close(&session);
	return code;
}

static void write_stack_json(struct session *session, const void *what, FILE *out)
{
	const struct goroutine *const *g = what;
	struct json json;
	json_begin(&json, out);
	json_goroutine(&json, &session->snapshot, *g, session->options);
	json_end(&json);
}

static void write_stack_text(struct session *session, const void *what, FILE *out)
{
	const struct goroutine *const *g = what;
	struct text text;
	text_begin(&text, session->options, out);
	text_goroutine(&text, &session->snapshot, *g);
	text_caveats(&text, &session->caveats);
}

static bool find_goroutine(struct session *session, void *what, struct error *err)
{
	const struct goroutine **g = what;
	uint64_t id = session->options->goroutine;
	*g = snapshot_goroutine(&session->snapshot, id);
	if (*g != NULL)
		return true;
	session->about = "program";
	return error_set(err, ERROR_NOT_FOUND, 0, "%s: there is no goroutine %llu in it",
			 session->options->core, (unsigned long long)id);
}

enum exit_code cmd_stack(const struct options *options, FILE *out)
{
	static const struct answer answer = {
		.find = find_goroutine,
		.write = { [FORMAT_TEXT] = write_stack_text, [FORMAT_JSON] = write_stack_json },
	};
	const struct goroutine *g;
	return answer_run(&answer, &g, options, out);
}
