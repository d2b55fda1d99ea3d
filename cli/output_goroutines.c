/* Goroutines as text and as JSON. */
#include <inttypes.h>

#include "analyzer/groups.h"
#include "analyzer/waittext.h"
#include "cli/goroutine_list.h"
#include "cli/json_parts.h"
#include "cli/json_waits.h"
#include "cli/redact.h"
#include "cli/text_parts.h"

enum { FRAMES_SHOWN = 60, IDS_SHOWN = 8 };

static void text_state(struct text *text, const struct snapshot *s, const struct goroutine *g,
		       double seconds)
{
	_cleanup_str_ struct str state = { 0 };
	const char *wait = goroutine_wait(s, g);
	str_add(&state, wait[0] ? wait : g_status_text(g->status));
	if (seconds >= 0) {
		str_add(&state, ", ");
		str_add_duration(&state, seconds);
	}
	if (g->locked_m != 0)
		str_add(&state, ", locked to thread");
	if (g->system)
		str_add(&state, ", the runtime's own");
	if (g->unreadable)
		str_add(&state, ", unreadable");
	text_printf(text, STYLE_PLAIN, "  (%s)", str_text(&state));
}

static void text_labels(struct text *text, const struct snapshot *s, const struct goroutine *g)
{
	struct arena scratch;
	size_t count;
	_cleanup_str_ struct str line = { 0 };
	if (g->labels == 0)
		return;
	arena_init(&scratch);
	const struct label *labels =
		shown_labels(s, g, text->options->redact, &scratch, &count);
	for (size_t i = 0; i < count; i++)
		str_printf(&line, "%s%s=%s", i > 0 ? ", " : "labels ", labels[i].key,
			   labels[i].value);
	arena_release(&scratch);
	if (line.size == 0)
		return;
	text_put(text, STYLE_PLAIN, "  ");
	text_wrap(text, STYLE_FAINT, 2, 4, str_text(&line));
}

/* "waits to receive from ..."; in a group of many, which one it is that does. */
static void text_wait(struct text *text, const struct snapshot *s, const struct goroutine *g,
		      bool one_of_many)
{
	struct arena scratch;
	struct wait wait;
	_cleanup_str_ struct str line = { 0 };
	arena_init(&scratch);
	goroutine_wait_read(s, g, &scratch, &wait);
	const char *what = wait_text(s, &wait, &scratch);
	if (what != NULL) {
		const char *verb = wait.kind == WAIT_SYSCALL ? "is" : "waits";
		if (one_of_many)
			str_printf(&line, "goroutine %" PRIu64 " %s %s", g->id, verb, what);
		else
			str_printf(&line, "%s %s", verb, what);
		text_put(text, STYLE_PLAIN, "  ");
		text_wrap(text, STYLE_PLAIN, 2, 4, str_text(&line));
	}
	arena_release(&scratch);
}

static void text_stack(struct text *text, const struct snapshot *s, const struct goroutine *g,
		       size_t most, bool all)
{
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	if (all)
		goroutine_mixed_trace(s, g, false, &scratch, &trace);
	else
		goroutine_trace(s, g, false, &scratch, &trace);
	const struct value_limits limits = show_limits(text->options);
	struct value_source source = { .g = g, .trace = &trace };
	if (text->options->locals)
		source.values = values_create(s, &scratch, &limits);
	const struct frame_list list = {
		.trace = &trace,
		.values = source.values ? &source : NULL,
		.info = &s->buildinfo,
		.most = most,
		.all = all,
		.minor = s->release.minor,
		.indent = 2,
	};
	text_frames(text, &list);
	text_stack_end(text, &trace);
	text_created_by(text, 2, goroutine_created_by(s, g), g->parent);
	arena_release(&scratch);
}

void text_goroutine(struct text *text, const struct snapshot *s, const struct goroutine *g)
{
	text_printf(text, STYLE_HEADING, "goroutine %" PRIu64, g->id);
	text_state(text, s, g, goroutine_wait_seconds(s, g));
	text_line(text);
	text_wait(text, s, g, false);
	text_labels(text, s, g);
	text_stack(text, s, g, SIZE_MAX, true);
}

/* "goroutines 4, 5, 6, 7 and 96 more". */
static void text_ids(struct text *text, const struct snapshot *s, const uint32_t *members,
		     size_t count)
{
	_cleanup_str_ struct str line = { 0 };
	str_add(&line, count == 1 ? "goroutine" : "goroutines");
	size_t shown = count > IDS_SHOWN + 1 ? IDS_SHOWN : count;
	for (size_t i = 0; i < shown; i++)
		str_printf(&line, "%s %" PRIu64, i > 0 ? "," : "", s->goroutines[members[i]].id);
	if (shown < count) {
		str_add(&line, " and ");
		str_add_grouped(&line, count - shown);
		str_add(&line, " more");
	}
	text_put(text, STYLE_PLAIN, "  ");
	text_wrap(text, STYLE_FAINT, 2, 4, str_text(&line));
}

/* The members that the filter takes, in MEMBERS; how many. */
static size_t filter_group(struct filter *filter, const struct groups *groups,
			   const struct group *group, uint32_t *members)
{
	const uint32_t *all = group_members(groups, group);
	size_t count = 0;
	for (uint64_t i = 0; i < group->count; i++)
		if (filter_takes(filter, &filter->snapshot->goroutines[all[i]]))
			members[count++] = all[i];
	return count;
}

static double longest_wait(const struct snapshot *s, const uint32_t *members, size_t count)
{
	double longest = -1;
	for (size_t i = 0; i < count; i++) {
		double wait = goroutine_wait_seconds(s, &s->goroutines[members[i]]);
		longest = wait > longest ? wait : longest;
	}
	return longest;
}

static void text_group(struct text *text, const struct snapshot *s, const struct groups *groups,
		       const uint32_t *members, size_t count)
{
	const struct goroutine *first = &s->goroutines[members[0]];
	_cleanup_str_ struct str number = { 0 };
	str_add_grouped(&number, count);
	text_printf(text, STYLE_HEADING, "%s goroutine%s", str_text(&number),
		    count == 1 ? "" : "s");
	text_state(text, s, first, longest_wait(s, members, count));
	text_line(text);
	text_ids(text, s, members, count);
	text_wait(text, s, first, count > 1);
	if (groups->stacks)
		text_stack(text, s, first, FRAMES_SHOWN,
			   text->options->traceback >= TRACEBACK_WORD_SYSTEM);
	else
		text_created_by(text, 2, goroutine_created_by(s, first), 0);
}

/* What is done with each group: MEMBERS are COUNT > 0 indices in the snapshot. */
typedef void group_visit(void *data, const struct groups *groups, const uint32_t *members,
			 size_t count);

static uint64_t each_group(struct session *session, struct filter *filter, group_visit *visit,
			   void *data)
{
	struct groups groups;
	uint64_t taken = 0;
	bool stacks = session->options->group != GROUP_CREATOR;
	groups_make(&session->snapshot, stacks, &session->arena, &groups);
	uint32_t *members = arena_alloc(&session->arena,
					(session->snapshot.goroutine_count + 1) * sizeof(*members));
	progress_stop(&session->progress);
	for (size_t i = 0; i < groups.count; i++) {
		size_t count = filter_group(filter, &groups, &groups.items[i], members);
		if (count > 0)
			visit(data, &groups, members, count);
		taken += count;
	}
	return taken;
}

struct text_visit {
	struct text text;
	const struct snapshot *snapshot;
};

static void visit_text(void *data, const struct groups *groups, const uint32_t *members,
		       size_t count)
{
	struct text_visit *v = data;
	text_group(&v->text, v->snapshot, groups, members, count);
	text_line(&v->text);
}

static uint64_t text_each(struct text *text, struct session *session, struct filter *filter)
{
	const struct snapshot *s = &session->snapshot;
	uint64_t taken = 0;
	progress_stop(&session->progress);
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		if (!filter_takes(filter, g))
			continue;
		text_goroutine(text, s, g);
		text_line(text);
		taken++;
	}
	return taken;
}

void goroutines_write_text(struct session *session, struct filter *filter, FILE *out)
{
	struct text_visit v = { .snapshot = &session->snapshot };
	text_begin(&v.text, session->options, out);
	uint64_t taken = session->options->group == GROUP_NONE
				 ? text_each(&v.text, session, filter)
				 : each_group(session, filter, visit_text, &v);
	_cleanup_str_ struct str total = { 0 };
	str_add_grouped(&total, taken);
	if (!filter_is_open(session->options)) {
		str_add(&total, " of ");
		str_add_grouped(&total, session->snapshot.goroutine_count);
	}
	text_printf(&v.text, STYLE_HEADING, "%s goroutines", str_text(&total));
	if (session->snapshot.unreadable > 0)
		text_printf(&v.text, STYLE_WARN, ", %" PRIu64 " unreadable",
			    session->snapshot.unreadable);
	text_line(&v.text);
	text_caveats(&v.text, &session->caveats);
}

struct json_visit {
	struct json json;
	struct session *session;
};

static void json_ids(struct json *json, const struct snapshot *s, const uint32_t *members,
		     size_t count)
{
	json_array(json, "ids", JSON_INLINE);
	for (size_t i = 0; i < count; i++)
		json_unsigned(json, NULL, s->goroutines[members[i]].id);
	json_array_end(json);
}

static void json_group_stack(struct json *json, const struct snapshot *s, const struct goroutine *g,
			     const struct options *options)
{
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	goroutine_trace(s, g, false, &scratch, &trace);
	json_frames(json, &trace, options);
	arena_release(&scratch);
}

static void visit_json(void *data, const struct groups *groups, const uint32_t *members,
		       size_t count)
{
	struct json_visit *v = data;
	struct json *json = &v->json;
	const struct snapshot *s = &v->session->snapshot;
	const struct options *options = v->session->options;
	const struct goroutine *first = &s->goroutines[members[0]];
	json_object(json, NULL, JSON_LINES);
	json_unsigned(json, "count", count);
	json_ids(json, s, members, count);
	json_text(json, "status", g_status_text(first->status));
	json_text(json, "wait", goroutine_wait(s, first));
	json_seconds(json, "longest_wait_seconds", longest_wait(s, members, count));
	json_bool(json, "system", first->system);
	json_waiting_on(json, s, first);
	json_call(json, "created_by", goroutine_created_by(s, first), options);
	if (groups->stacks)
		json_group_stack(json, s, first, options);
	json_object_end(json);
}

static uint64_t json_each(struct json *json, struct session *session, struct filter *filter)
{
	const struct snapshot *s = &session->snapshot;
	uint64_t taken = 0;
	for (size_t i = 0; i < s->goroutine_count; i++) {
		if (!filter_takes(filter, &s->goroutines[i]))
			continue;
		json_goroutine(json, s, &s->goroutines[i], session->options);
		taken++;
	}
	return taken;
}

void goroutines_write_json(struct session *session, struct filter *filter, FILE *out)
{
	struct json_visit v = { .session = session };
	struct json *json = &v.json;
	bool grouped = session->options->group > GROUP_NONE;
	progress_stop(&session->progress);
	json_begin(json, out);
	json_object(json, NULL, JSON_LINES);
	json_header(json);
	json_array(json, grouped ? "groups" : "goroutines", JSON_LINES);
	uint64_t taken = grouped ? each_group(session, filter, visit_json, &v)
				 : json_each(json, session, filter);
	json_array_end(json);
	json_unsigned(json, "listed", taken);
	json_unsigned(json, "total", session->snapshot.goroutine_count);
	json_unsigned(json, "unreadable", session->snapshot.unreadable);
	json_unsigned(json, "dead", session->snapshot.dead + session->snapshot.deadextra);
	json_caveats(json, &session->caveats);
	json_object_end(json);
	json_end(json);
}
