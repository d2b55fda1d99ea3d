/* gocore print: the value of an expression in a frame. */
#include <inttypes.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/json_parts.h"
#include "cli/place.h"
#include "cli/text_parts.h"
#include "goruntime/expression.h"

struct print {
	struct trace trace;
	struct expression_scope scope;
	struct value value;
};

/* The goroutine that was asked for, else the culprit; none is no error where none is needed. */
static bool find_scope(struct session *session, struct print *p, struct error *err)
{
	const struct snapshot *s = &session->snapshot;
	const struct options *o = session->options;
	struct expression_scope *scope = &p->scope;
	session->about = "program";
	if (o->goroutine != 0)
		scope->g = snapshot_goroutine(s, o->goroutine);
	else if (s->death.goroutine < s->goroutine_count)
		scope->g = &s->goroutines[s->death.goroutine];
	if (scope->g == NULL && (o->goroutine != 0 || o->frame_given))
		return error_set(err, ERROR_NOT_FOUND, 0, "%s: there is no goroutine %" PRIu64 " in it",
				 o->core, o->goroutine);
	if (scope->g == NULL)
		return true;
	goroutine_trace(s, scope->g, false, &session->arena, &p->trace);
	scope->trace = &p->trace;
	scope->frame = o->frame;
	if (o->frame_given && o->frame >= p->trace.count)
		return error_set(err, ERROR_NOT_FOUND, 0,
				 "goroutine %" PRIu64 " has %zu frames, from 0 on", scope->g->id,
				 p->trace.count);
	return true;
}

/* Unless a frame was asked for: the innermost of the program's own that has a variable of that
 * name, else the innermost of its own; of the goroutine that died from the one on that is to
 * blame. */
static void choose_frame(const struct session *session, struct print *p, struct values *values)
{
	const struct snapshot *s = &session->snapshot;
	struct expression_scope *scope = &p->scope;
	if (session->options->frame_given || scope->g == NULL)
		return;
	bool culprit = (size_t)(scope->g - s->goroutines) == s->death.goroutine;
	size_t first = trace_users_frame(&p->trace, culprit ? s->death.cause_frame : 0,
					 &s->buildinfo);
	for (scope->frame = first; scope->frame < p->trace.count; scope->frame++)
		if (call_is_users(p->trace.frames[scope->frame].call, &s->buildinfo) &&
		    expression_is_local(values, scope, session->options->operand))
			return;
	scope->frame = first;
}

static bool evaluate(struct session *session, void *what, struct error *err)
{
	struct print *p = what;
	const struct options *o = session->options;
	struct value_limits limits = show_limits(o);
	limits.text = limits.string = SHOW_WHOLE_BYTES;
	if (!find_scope(session, p, err))
		return false;
	session->about = "expression";
	struct values *values = values_create(&session->snapshot, &session->arena, &limits);
	choose_frame(session, p, values);
	return expression_value(values, &p->scope, o->operand, &p->value, err);
}

static void write_json(struct session *session, const void *what, FILE *out)
{
	const struct print *p = what;
	struct json json;
	const struct options *o = session->options;
	json_begin(&json, out);
	json_object(&json, NULL, JSON_LINES);
	json_header(&json);
	json_text(&json, "expression", o->operand);
	if (p->scope.g != NULL) {
		json_unsigned(&json, "goroutine", p->scope.g->id);
		json_unsigned(&json, "frame", p->scope.frame);
	} else {
		json_null(&json, "goroutine");
		json_null(&json, "frame");
	}
	json_value(&json, "value", &p->value);
	json_caveats(&json, &session->caveats);
	json_object_end(&json);
	json_end(&json);
}

static void write_text(struct session *session, const void *what, FILE *out)
{
	const struct print *p = what;
	struct text text;
	const struct expression_scope *scope = &p->scope;
	_cleanup_str_ struct str line = { 0 };
	text_begin(&text, session->options, out);
	str_add(&line, p->value.type);
	if (scope->g != NULL && scope->frame < p->trace.count)
		str_printf(&line, "  (goroutine %" PRIu64 ", frame %zu, %s)", scope->g->id,
			   scope->frame, p->trace.frames[scope->frame].call->function);
	text_wrap(&text, STYLE_FAINT, 0, 2, str_text(&line));
	str_clear(&line);
	str_add(&line, p->value.text);
	add_captured(&line, &p->value);
	text_wrap(&text, STYLE_PLAIN, 0, 2, str_text(&line));
	if (session->caveats.count > 0)
		text_caveats(&text, &session->caveats);
}

enum exit_code cmd_print(const struct options *options, FILE *out)
{
	static const struct answer answer = {
		.find = evaluate,
		.write = { [FORMAT_TEXT] = write_text, [FORMAT_JSON] = write_json },
	};
	struct print p = { 0 };
	return answer_run(&answer, &p, options, out);
}
