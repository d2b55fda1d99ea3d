/* The text of `gocore analyze`: verdict, why, culprit's stack, what else, goroutines, caveats. */
#include <inttypes.h>
#include <string.h>

#include "analyzer/signals.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "cli/place.h"
#include "cli/text_parts.h"

enum {
	MESSAGE_LINES = 12,   /* of the runtime's message; JSON has all */
	MESSAGE_BYTES = 500,  /* of one of its lines */
	STACK_FRAMES = 24,    /* of the culprit's stack */
	GROUPS_SHOWN = 10,    /* of the groups of goroutines */
	LABEL_COLUMN = 12,    /* where the facts behind "Why" begin */
	WAIT_COLUMN_MOST = 26,
};

struct writer {
	struct text text;
	const struct report *report;
};

static bool is_calm(const struct finding *finding)
{
	return finding->class == CLASS_SNAPSHOT || finding->class == CLASS_EXTERNAL_SIGNAL ||
	       finding->class == CLASS_UNKNOWN;
}

static void add_class(const struct finding *finding, struct str *out)
{
	str_add(out, verdict_class_name(finding->class));
	if (finding->kind != NULL)
		str_printf(out, "/%s", finding->kind);
}

static void write_first_line(struct writer *w)
{
	struct text *t = &w->text;
	const struct finding *verdict = w->report->verdict;
	_cleanup_str_ struct str class = { 0 };
	_cleanup_str_ struct str program = { 0 };
	add_class(verdict, &class);
	str_add_program(&program, w->report->core.path, w->report->core.goarch,
			w->report->buildinfo);
	text_put(t, is_calm(verdict) ? STYLE_CALM : STYLE_VERDICT, str_text(&class));
	text_printf(t, STYLE_PLAIN, "  (%s)", confidence_name(verdict->confidence));
	unsigned column = (unsigned)(class.size + strlen(confidence_name(verdict->confidence)) + 4);
	if (column + 6 + text_columns(str_text(&program)) <= t->width) {
		text_put(t, STYLE_PLAIN, "      ");
		text_put(t, STYLE_FAINT, str_text(&program));
		text_line(t);
		return;
	}
	text_line(t);
	text_wrap(t, STYLE_FAINT, 0, 2, str_text(&program));
}

static void write_message_line(struct writer *w, const char *lead, const char *line, size_t size)
{
	struct text *t = &w->text;
	_cleanup_str_ struct str cut = { 0 };
	str_add(&cut, lead);
	str_add_bytes(&cut, line, size < MESSAGE_BYTES ? size : MESSAGE_BYTES);
	if (size > MESSAGE_BYTES)
		str_printf(&cut, "... (%zu bytes)", size);
	text_put(t, STYLE_PLAIN, "  ");
	text_put(t, STYLE_STRONG, str_text(&cut));
	text_line(t);
}

/* The runtime's own text, with what the runtime puts in front of it. */
static void write_message(struct writer *w)
{
	static const char *const leads[] = {
		[ORIGIN_PANIC] = "panic: ",
		[ORIGIN_FATAL_ERROR] = "fatal error: ",
		[ORIGIN_SIGNAL] = "",
		[ORIGIN_SNAPSHOT] = "",
	};
	const char *line = w->report->verdict->message;
	size_t lines = 0;
	for (; line != NULL && *line != '\0' && lines < MESSAGE_LINES; lines++) {
		size_t size = strcspn(line, "\n");
		const char *lead = lines == 0 ? leads[w->report->origin] : "";
		while (lines > 0 && size > 0 && *line == '\t') {
			lead = "    ";
			line++;
			size--;
		}
		write_message_line(w, lead, line, size);
		line += size + (line[size] == '\n');
	}
	if (line != NULL && *line != '\0') {
		text_put(&w->text, STYLE_FAINT, "  ... (all of it: --format json)");
		text_line(&w->text);
	}
}

static uint64_t culprit_id(const struct report *report)
{
	uint32_t g = report->verdict->goroutine;
	return g < report->snapshot->goroutine_count ? report->snapshot->goroutines[g].id : 0;
}

static const struct call *cause_call(const struct report *report)
{
	const struct trace *culprit = report->culprit;
	if (culprit == NULL || report->cause_frame >= culprit->count)
		return NULL;
	return culprit->frames[report->cause_frame].call;
}

static void write_culprit_line(struct writer *w)
{
	struct text *t = &w->text;
	const struct call *call = cause_call(w->report);
	uint64_t id = culprit_id(w->report);
	_cleanup_str_ struct str line = { 0 };
	if (call != NULL) {
		str_printf(&line, "%s  ", call->function);
		place_add(call, t->options, &line);
	}
	if (id != 0)
		str_printf(&line, "%sgoroutine %" PRIu64, line.size ? "  " : "", id);
	if (line.size == 0)
		return;
	text_put(t, STYLE_PLAIN, "  ");
	text_put(t, STYLE_PLAIN, str_text(&line));
	text_line(t);
}

static void write_verdict(struct writer *w)
{
	write_first_line(w);
	text_line(&w->text);
	if (w->report->verdict->title != NULL) {
		text_put(&w->text, STYLE_PLAIN, "  ");
		text_wrap(&w->text, STYLE_STRONG, 2, 2, w->report->verdict->title);
	}
	write_culprit_line(w);
	write_message(w);
}

/* One fact under "Why": a label, once for each run of alike, and a wrapped sentence. */
static void write_fact(struct writer *w, const char *label, const char *fact)
{
	struct text *t = &w->text;
	text_printf(t, STYLE_FAINT, "  %-*s", LABEL_COLUMN - 2, label);
	text_wrap(t, STYLE_PLAIN, LABEL_COLUMN, LABEL_COLUMN, fact);
}

static void add_signal_code(const struct death_signal *signal, struct str *out)
{
	const char *code = signal_code_name(signal->number, signal->code);
	const char *name = signal_name(signal->number);
	if (name != NULL)
		str_add(out, name);
	else
		str_printf(out, "signal %d", signal->number);
	if (code != NULL)
		str_printf(out, " (%s)", code);
	else
		str_printf(out, " (code %d)", signal->code);
}

static void write_fault(struct writer *w, const struct finding *verdict)
{
	const struct death_signal *signal = verdict->signal;
	const struct fault_insn *insn = verdict->fault;
	_cleanup_str_ struct str fact = { 0 };
	if (signal->has_addr)
		str_printf(&fact, "address 0x%" PRIx64 ", ", signal->addr);
	add_signal_code(signal, &fact);
	if (signal->pc != 0)
		str_printf(&fact, " at 0x%" PRIx64, signal->pc);
	if (insn != NULL && insn->text != NULL)
		str_printf(&fact, ": %s", insn->text);
	if (insn != NULL && insn->reg != NULL && !w->text.options->redact)
		str_printf(&fact, ", %s %s was 0x%" PRIx64, insn->reg_derived ? "so" : "where",
			   insn->reg, insn->reg_value);
	write_fact(w, "fault", str_text(&fact));
}

static void write_sent(struct writer *w, const struct death_signal *signal)
{
	_cleanup_str_ struct str fact = { 0 };
	add_signal_code(signal, &fact);
	if (signal->by_runtime)
		str_add(&fact, ", raised by the runtime itself");
	else if (signal->sender_pid != 0 && signal->sender_pid == w->report->core.pid)
		str_add(&fact, ", sent by the process itself");
	else if (signal->sender_pid != 0)
		str_printf(&fact, ", sent by process %d of user %u", signal->sender_pid,
			   signal->sender_uid);
	write_fact(w, "signal", str_text(&fact));
}

static void write_evidence(struct writer *w, const struct finding *verdict)
{
	for (size_t i = 0; i < verdict->evidence_count; i++) {
		const struct evidence *e = &verdict->evidence[i];
		write_fact(w, i == 0 ? "records" : "", e->text);
	}
}

static void write_why(struct writer *w)
{
	const struct finding *verdict = w->report->verdict;
	struct text *t = &w->text;
	bool signal = verdict->signal != NULL && verdict->signal->present;
	if (verdict->explanation.count == 0 && verdict->evidence_count == 0 && !signal)
		return;
	text_heading(t, "Why");
	text_line(t);
	for (size_t i = 0; i < verdict->explanation.count; i++) {
		text_put(t, STYLE_PLAIN, "  ");
		text_wrap(t, STYLE_PLAIN, 2, 2, verdict->explanation.items[i]);
	}
	if (signal && verdict->signal->sent)
		write_sent(w, verdict->signal);
	else if (signal)
		write_fault(w, verdict);
	write_evidence(w, verdict);
}

static void write_stack(struct writer *w)
{
	const struct report *r = w->report;
	const struct snapshot *s = r->snapshot;
	struct text *t = &w->text;
	if (r->culprit == NULL || r->culprit->count == 0)
		return;
	text_line(t);
	const struct goroutine *g = NULL;
	if (r->verdict->goroutine < s->goroutine_count)
		g = &s->goroutines[r->verdict->goroutine];
	if (g != NULL)
		text_printf(t, STYLE_HEADING, "Stack of goroutine %" PRIu64, g->id);
	else
		text_put(t, STYLE_HEADING, "Stack");
	if (g != NULL) {
		const char *wait = goroutine_wait(s, g);
		text_printf(t, STYLE_PLAIN, " (%s)", wait[0] ? wait : g_status_text(g->status));
	}
	text_line(t);
	size_t cause = r->cause_frame < r->culprit->count ? r->cause_frame : 0;
	const struct frame_list list = {
		.trace = r->culprit,
		.info = r->buildinfo,
		.begin = cause,
		.most = STACK_FRAMES,
		.minor = s->release.minor,
		.indent = 2,
	};
	text_frames(t, &list);
	if (g != NULL)
		text_created_by(t, 2, goroutine_created_by(s, g), g->parent);
}

static void write_also(struct writer *w, const struct finding *finding)
{
	struct text *t = &w->text;
	_cleanup_str_ struct str class = { 0 };
	add_class(finding, &class);
	str_printf(&class, " (%s)", confidence_name(finding->confidence));
	text_put(t, STYLE_PLAIN, "  ");
	text_put(t, STYLE_STRONG, str_text(&class));
	const char *title = finding->title ? finding->title : "";
	if (class.size + 5 + text_columns(title) <= t->width) {
		text_put(t, STYLE_PLAIN, "   ");
		text_put(t, STYLE_PLAIN, title);
		text_line(t);
		return;
	}
	text_put(t, STYLE_PLAIN, "\0");
	text_line(t);
	text_put(t, STYLE_PLAIN, "    ");
	text_wrap(t, STYLE_PLAIN, 4, 4, title);
}

static void write_also_found(struct writer *w)
{
	const struct report *r = w->report;
	bool headed = false;
	for (size_t i = 0; i < r->finding_count; i++) {
		if (&r->findings[i] == r->verdict)
			continue;
		if (!headed) {
			text_heading(&w->text, "Also found");
			text_line(&w->text);
		}
		headed = true;
		write_also(w, &r->findings[i]);
	}
}

struct columns {
	size_t count, wait, longest;
};

static void measure(const struct report *r, size_t shown, struct columns *columns)
{
	*columns = (struct columns){ .count = 6 };
	for (size_t i = 0; i < r->group_count && i < shown; i++) {
		const struct report_group *group = &r->groups[i];
		_cleanup_str_ struct str longest = { 0 };
		str_add_duration(&longest, group->longest_wait_seconds);
		size_t n = text_columns(group->wait[0] ? group->wait : group->status);
		if (n > columns->wait)
			columns->wait = n > WAIT_COLUMN_MOST ? WAIT_COLUMN_MOST : n;
		if (longest.size > columns->longest)
			columns->longest = longest.size;
	}
}

static void write_group(struct writer *w, const struct report_group *group,
			const struct columns *columns)
{
	struct text *t = &w->text;
	_cleanup_str_ struct str count = { 0 };
	_cleanup_str_ struct str longest = { 0 };
	_cleanup_str_ struct str place = { 0 };
	const struct call *call = trace_telling(&group->trace, w->report->buildinfo);
	str_add_grouped(&count, group->count);
	str_add_duration(&longest, group->longest_wait_seconds);
	text_printf(t, STYLE_PLAIN, "  %*s  %-*s  ", (int)columns->count, str_text(&count),
		    (int)columns->wait, group->wait[0] ? group->wait : group->status);
	if (columns->longest > 0)
		text_printf(t, STYLE_PLAIN, "%*s  ", (int)columns->longest, str_text(&longest));
	if (call != NULL) {
		size_t used = 2 + columns->count + 2 + columns->wait + 2 +
			      (columns->longest ? columns->longest + 2 : 0);
		place_add(call, t->options, &place);
		text_put(t, STYLE_PLAIN, call->function);
		if (used + text_columns(call->function) + 2 + place.size <= t->width) {
			text_put(t, STYLE_FAINT, "  ");
			text_put(t, STYLE_FAINT, str_text(&place));
		}
	}
	text_line(t);
}

static void write_other_groups(struct writer *w, size_t from, const struct columns *columns)
{
	const struct report *r = w->report;
	const struct options *o = w->text.options;
	uint64_t goroutines = 0;
	for (size_t i = from; i < r->group_count; i++)
		goroutines += r->groups[i].count;
	_cleanup_str_ struct str count = { 0 };
	_cleanup_str_ struct str line = { 0 };
	str_add_grouped(&count, goroutines);
	str_printf(&line, "in %zu other groups; all: gocore goroutines %s%s%s",
		   r->group_count - from, o->core, o->exe ? " " : "", o->exe ? o->exe : "");
	text_printf(&w->text, STYLE_PLAIN, "  %*s  ", (int)columns->count, str_text(&count));
	text_wrap(&w->text, STYLE_PLAIN, (unsigned)columns->count + 4, (unsigned)columns->count + 4,
		  str_text(&line));
}

static void write_goroutines(struct writer *w)
{
	const struct report *r = w->report;
	struct text *t = &w->text;
	_cleanup_str_ struct str total = { 0 };
	str_add_grouped(&total, r->goroutines_total);
	text_heading(t, "Goroutines");
	text_printf(t, STYLE_PLAIN, "  %s", str_text(&total));
	if (r->goroutines_system > 0)
		text_printf(t, STYLE_PLAIN, ", %" PRIu64 " of them the runtime's own",
			    r->goroutines_system);
	if (r->goroutines_unreadable > 0)
		text_printf(t, STYLE_WARN, ", %" PRIu64 " unreadable", r->goroutines_unreadable);
	text_line(t);
	struct columns columns;
	size_t shown = r->group_count > GROUPS_SHOWN + 1 ? GROUPS_SHOWN : r->group_count;
	measure(r, shown, &columns);
	for (size_t i = 0; i < shown; i++)
		write_group(w, &r->groups[i], &columns);
	if (shown < r->group_count)
		write_other_groups(w, shown, &columns);
}

static void write_advice(struct writer *w)
{
	const struct text_list *advice = &w->report->verdict->advice;
	if (advice->count == 0)
		return;
	text_heading(&w->text, "Look next");
	text_line(&w->text);
	for (size_t i = 0; i < advice->count; i++) {
		text_put(&w->text, STYLE_PLAIN, "  ");
		text_wrap(&w->text, STYLE_PLAIN, 2, 4, advice->items[i]);
	}
}

static void write_skipped(struct writer *w)
{
	bool headed = false;
	for (size_t i = 0; i < w->report->detector_count; i++) {
		const struct report_detector *d = &w->report->detectors[i];
		_cleanup_str_ struct str line = { 0 };
		if (d->reason == NULL)
			continue;
		if (!headed) {
			text_heading(&w->text, "Not looked for");
			text_line(&w->text);
		}
		headed = true;
		str_printf(&line, "%s: %s", d->name, d->reason);
		text_put(&w->text, STYLE_PLAIN, "  ");
		text_wrap(&w->text, STYLE_PLAIN, 2, 4, str_text(&line));
	}
}

void text_write_report(const struct report *report, const struct options *options, FILE *out)
{
	struct writer w = { .report = report };
	text_begin(&w.text, options, out);
	write_verdict(&w);
	if (!report->brief) {
		write_why(&w);
		write_stack(&w);
	}
	write_also_found(&w);
	if (!report->brief) {
		write_goroutines(&w);
		write_advice(&w);
	}
	write_skipped(&w);
	text_caveats(&w.text, report->caveats);
}
