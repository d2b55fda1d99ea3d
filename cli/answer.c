#include "cli/answer.h"

#include "cli/redact.h"

enum exit_code answer_run(const struct answer *answer, void *what, const struct options *options,
			  FILE *out)
{
	struct session session;
	struct error err = ERROR_INIT;
	enum exit_code code;
	bool found = session_open(&session, options, SESSION_SNAPSHOT, &err) &&
		     (answer->find == NULL || answer->find(&session, what, &err));
	progress_stop(&session.progress);
	if (found) {
		FILE *stream = redact_output(&session.snapshot, options, out);
		answer->write[options->format](&session, what, stream);
		redact_output_end(stream, out);
		code = (enum exit_code)session_exit(&session);
	} else {
		code = cli_fail(options, out, session.about, &err);
	}
	session_close(&session);
	return code;
}
