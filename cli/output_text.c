/* The text of `gocore analyze`: verdict, why, culprit's stack, what else, goroutines, caveats. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "cli/text_groups.h"
#include "cli/text_parts.h"
#include "cli/text_process.h"
#include "cli/text_values.h"
#include "cli/text_verdict.h"

enum {
	STACK_FRAMES = 24, /* of the culprit's stack */
	LABEL_COLUMN = 12, /* where the facts behind "Why" begin */
};

struct writer {
	struct text text;
	const struct report *report;
};

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
	if (trace->count > 0 && trace->frames[trace->count - 1].call->is_c)
		text_stack_end(t, trace);
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

static void write_also(struct writer *w, const struct finding *finding)
{
	struct text *t = &w->text;
	_cleanup_str_ struct str class = { 0 };
	str_add_class(&class, finding);
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
	text_verdict(&w.text, report);
	if (!report->brief) {
		write_why(&w);
		write_stack(&w);
		write_other_stacks(&w);
		text_deferred(&w.text, report);
		text_values(&w.text, report);
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
