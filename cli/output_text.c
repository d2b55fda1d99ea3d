/* The text of `gocore analyze`: verdict, why, culprit's stack, what else, goroutines, caveats. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/place.h"
#include "cli/text_groups.h"
#include "cli/text_parts.h"
#include "cli/text_process.h"

enum {
	MESSAGE_LINES = 12,  /* of the runtime's message; JSON has all */
	MESSAGE_BYTES = 500, /* of one of its lines */
	STACK_FRAMES = 24,   /* of the culprit's stack */
	VALUES_CULPRIT = 12, /* variables of the frame that is to blame */
	VALUES_OTHERS = 6,   /* of each other one */
	LABEL_COLUMN = 12,   /* where the facts behind "Why" begin */
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
	size_t shown = size;
	if (shown > MESSAGE_BYTES)
		for (shown = MESSAGE_BYTES; ((uint8_t)line[shown] & 0xc0) == 0x80; shown--)
			continue; /* no character is cut */
	str_add(&cut, lead);
	str_add_bytes(&cut, line, shown);
	if (shown < size)
		str_printf(&cut, "... (%zu bytes)", size);
	text_put(t, STYLE_PLAIN, "  ");
	text_wrap(t, STYLE_STRONG, 2, 6, str_text(&cut));
}

/* What the runtime puts in front of its message. */
static const char *message_lead(const struct report *report)
{
	static const char *const leads[] = {
		[ORIGIN_PANIC] = "panic: ",
		[ORIGIN_FATAL_ERROR] = "fatal error: ",
		[ORIGIN_SIGNAL] = "",
		[ORIGIN_SNAPSHOT] = "",
	};
	return leads[report->origin];
}

/* Whether the title only says what the message's first line says, or the beginning of it. */
static bool title_is_message(const struct report *report)
{
	const char *title = report->verdict->title, *message = report->verdict->message;
	const char *lead = message_lead(report);
	if (title == NULL || message == NULL)
		return title == NULL;
	size_t n = strcspn(message, "\n");
	if (strncmp(title, lead, strlen(lead)) == 0)
		title += strlen(lead);
	size_t size = strlen(title);
	if (size > 3 && size < n && strcmp(title + size - 3, "...") == 0)
		n = size -= 3;
	return n > 0 && size == n && strncmp(title, message, n) == 0;
}

static void write_message(struct writer *w)
{
	const char *line = w->report->verdict->message;
	size_t lines = 0;
	for (; line != NULL && *line != '\0' && lines < MESSAGE_LINES; lines++) {
		size_t size = strcspn(line, "\n");
		const char *lead = lines == 0 ? message_lead(w->report) : "";
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
	text_wrap(t, STYLE_PLAIN, 2, 6, str_text(&line));
}

static void write_verdict(struct writer *w)
{
	write_first_line(w);
	text_line(&w->text);
	if (!title_is_message(w->report)) {
		text_put(&w->text, STYLE_PLAIN, "  ");
		text_wrap(&w->text, STYLE_STRONG, 2, 2, w->report->verdict->title);
	}
	write_culprit_line(w);
	write_message(w);
}

/* A sentence of its own, INDENT from its second line on. */
static void write_sentence(struct writer *w, const char *sentence, unsigned indent)
{
	text_put(&w->text, STYLE_PLAIN, "  ");
	text_wrap(&w->text, STYLE_PLAIN, 2, indent, sentence);
}

/* One fact under "Why": a label, once for each run of alike, and a wrapped sentence. */
static void write_fact(struct writer *w, const char *label, const char *fact)
{
	struct text *t = &w->text;
	text_printf(t, STYLE_FAINT, "  %-*s", LABEL_COLUMN - 2, label);
	text_wrap(t, STYLE_PLAIN, LABEL_COLUMN, LABEL_COLUMN, fact);
}

static void write_evidence(struct writer *w, const struct finding *verdict)
{
	const char *last = "";
	for (size_t i = 0; i < verdict->evidence_count; i++) {
		const struct evidence *e = &verdict->evidence[i];
		const char *label = e->label ? e->label : "";
		if (label[0] != '\0')
			write_fact(w, strcmp(label, last) != 0 ? label : "", e->text);
		else
			write_sentence(w, e->text, 2);
		last = label;
	}
}

static void write_why(struct writer *w)
{
	const struct finding *verdict = w->report->verdict;
	struct text *t = &w->text;
	if (verdict->explanation.count == 0 && verdict->evidence_count == 0)
		return;
	text_heading(t, "Why");
	text_line(t);
	for (size_t i = 0; i < verdict->explanation.count; i++)
		write_sentence(w, verdict->explanation.items[i], 2);
	write_evidence(w, verdict);
}

static void write_stack_of(struct writer *w, const char *heading, const struct goroutine *g,
			   const struct trace *trace, size_t begin)
{
	struct text *t = &w->text;
	const struct snapshot *s = w->report->snapshot;
	text_heading(t, heading);
	if (g != NULL) {
		const char *wait = goroutine_wait(s, g);
		text_printf(t, STYLE_PLAIN, " (%s)", wait[0] ? wait : g_status_text(g->status));
	}
	text_line(t);
	const struct frame_list list = {
		.trace = trace,
		.info = w->report->buildinfo,
		.begin = begin,
		.most = STACK_FRAMES,
		.minor = s->release.minor,
		.indent = 2,
	};
	text_frames(t, &list);
	if (g != NULL)
		text_created_by(t, 2, goroutine_created_by(s, g), g->parent);
}

/* The stack of the verdict: the culprit's, or that of many alike. */
static void write_stack(struct writer *w)
{
	const struct report *r = w->report;
	const struct finding *verdict = r->verdict;
	const struct goroutine *g = NULL;
	_cleanup_str_ struct str heading = { 0 };
	if (r->culprit == NULL || r->culprit->count == 0)
		return;
	if (verdict->goroutine < r->snapshot->goroutine_count)
		g = &r->snapshot->goroutines[verdict->goroutine];
	str_add(&heading, "Stack");
	if (g != NULL || verdict->goroutine_count > 0)
		str_printf(&heading, " of goroutine %" PRIu64, g ? g->id : verdict->goroutines[0]);
	if (g == NULL && verdict->goroutine_count > 1) {
		str_add(&heading, " and ");
		str_add_grouped(&heading, verdict->goroutine_count - 1);
		str_add(&heading, " more");
	}
	bool from_cause = r->cause_frame < r->culprit->count && !r->culprit->frames[0].call->is_c;
	write_stack_of(w, str_text(&heading), g, r->culprit, from_cause ? r->cause_frame : 0);
}

/* The other side of a race. */
static void write_other_stacks(struct writer *w)
{
	const struct finding *verdict = w->report->verdict;
	for (size_t i = 0; i < verdict->other_count; i++) {
		const struct other_stack *other = &verdict->others[i];
		const struct goroutine *g = &w->report->snapshot->goroutines[other->goroutine];
		_cleanup_str_ struct str heading = { 0 };
		str_printf(&heading, "Stack of goroutine %" PRIu64, g->id);
		write_stack_of(w, str_text(&heading), g, &other->trace, other->first);
	}
}

static void write_frame_values(struct writer *w, const struct value_source *source, size_t frame)
{
	struct text *t = &w->text;
	const struct call *call = source->trace->frames[frame].call;
	_cleanup_str_ struct str place = { 0 };
	place_add(call, t->options, &place);
	text_put(t, STYLE_PLAIN, "  ");
	text_put(t, STYLE_PLAIN, call->function);
	text_put(t, STYLE_PLAIN, "  ");
	text_put(t, STYLE_FAINT, str_text(&place));
	text_line(t);
	text_variables(t, source, frame, 4,
		       frame == w->report->cause_frame ? VALUES_CULPRIT : VALUES_OTHERS);
}

static void head_values(struct writer *w, bool *headed)
{
	if (!*headed) {
		text_heading(&w->text, "Values");
		text_line(&w->text);
	}
	*headed = true;
}

/* What was panicked with, where the runtime's message does not tell all of it. */
static void write_panic_value(struct writer *w, struct values *values, bool *headed)
{
	const struct death *death = &w->report->snapshot->death;
	_cleanup_str_ struct str line = { 0 };
	struct value value;
	if (!w->report->verdict->death || death->cause_panic >= death->panics.count)
		return;
	const struct panic_record *p = &death->panics.items[death->cause_panic];
	if (p->is_runtime_error || !value_of_panic(values, p, &value) ||
	    value.children[0].child_count == 0)
		return;
	head_values(w, headed);
	str_printf(&line, "panic(%s)", value.text);
	text_put(&w->text, STYLE_PLAIN, "  ");
	text_wrap(&w->text, STYLE_PLAIN, 2, 4, str_text(&line));
}

/* The panic's value, and the variables of the culprit's frame and of the program's own above it. */
static void write_values(struct writer *w)
{
	const struct report *r = w->report;
	const struct trace *trace = r->culprit;
	struct arena scratch;
	const struct value_limits limits = show_report_limits(w->text.options);
	bool headed = false;
	if (trace == NULL)
		return;
	arena_init(&scratch);
	struct value_source source = { .trace = trace };
	source.values = values_create(r->snapshot, &scratch, &limits);
	write_panic_value(w, source.values, &headed);
	if (r->verdict->goroutine < r->snapshot->goroutine_count)
		source.g = &r->snapshot->goroutines[r->verdict->goroutine];
	bool *wanted = arena_alloc(&scratch, trace->count + 1);
	show_wanted(trace, r->cause_frame, r->buildinfo, wanted);
	for (size_t i = 0; i < trace->count; i++) {
		if (!wanted[i] || !has_variables(&source, i, i == r->cause_frame))
			continue;
		head_values(w, &headed);
		write_frame_values(w, &source, i);
	}
	arena_release(&scratch);
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
	text_line(t);
	text_put(t, STYLE_PLAIN, "    ");
	text_wrap(t, STYLE_PLAIN, 4, 4, title);
}

/* The verdict may be a copy that also tells how the dump was taken. */
static bool is_verdict(const struct report *r, const struct finding *finding)
{
	return finding == r->verdict ||
	       (finding->title == r->verdict->title && finding->evidence == r->verdict->evidence &&
		finding->class == r->verdict->class);
}

static void write_also_found(struct writer *w)
{
	const struct report *r = w->report;
	bool headed = false;
	for (size_t i = 0; i < r->finding_count; i++) {
		if (is_verdict(r, &r->findings[i]))
			continue;
		if (!headed) {
			text_heading(&w->text, "Also found");
			text_line(&w->text);
		}
		headed = true;
		write_also(w, &r->findings[i]);
	}
}

/* What everything waits for in the end; nothing where there is nothing to say. */
static void write_hang(struct writer *w)
{
	enum { SHOWN = 4 };
	const struct hang *hang = &w->report->hang;
	if (hang->count == 0)
		return;
	text_heading(&w->text, "Held up by");
	text_line(&w->text);
	for (size_t i = 0; i < hang->count && i < SHOWN; i++)
		write_sentence(w, hang->items[i].text, 4);
}

static void write_advice(struct writer *w)
{
	const struct text_list *advice = &w->report->verdict->advice;
	if (advice->count == 0)
		return;
	text_heading(&w->text, "Look next");
	text_line(&w->text);
	for (size_t i = 0; i < advice->count; i++)
		write_sentence(w, advice->items[i], 4);
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
		write_sentence(w, str_text(&line), 4);
	}
}

/* Those that failed are caveats, with their numbers. */
static void write_integrity(struct writer *w)
{
	const struct report *report = w->report;
	size_t passed = 0;
	for (size_t i = 0; i < report->check_count; i++)
		passed += report->checks[i].passed;
	text_heading(&w->text, "Integrity");
	text_printf(&w->text, STYLE_PLAIN, "  %zu of %zu cross-checks passed", passed,
		    report->check_count);
	text_line(&w->text);
}

void text_write_report(const struct report *report, const struct options *options, FILE *out)
{
	struct writer w = { .report = report };
	text_begin(&w.text, options, out);
	write_verdict(&w);
	if (!report->brief) {
		write_why(&w);
		write_stack(&w);
		write_other_stacks(&w);
		text_deferred(&w.text, report);
		write_values(&w);
	}
	write_also_found(&w);
	if (!report->brief) {
		write_hang(&w);
		text_goroutines(&w.text, report);
		write_advice(&w);
	}
	write_skipped(&w);
	if (!report->brief) {
		text_process(&w.text, report);
		write_integrity(&w);
	}
	text_caveats(&w.text, report->caveats);
}
