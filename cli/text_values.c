#include "cli/text_values.h"

#include "cli/place.h"
#include "cli/show_values.h"

enum {
	VALUES_CULPRIT = 12, /* variables of the frame that is to blame */
	VALUES_OTHERS = 6,   /* of each other one */
};

static void write_frame_values(struct text *t, const struct report *report,
			       const struct value_source *source, size_t frame)
{
	const struct call *call = source->trace->frames[frame].call;
	_cleanup_str_ struct str place = { 0 };
	place_add(call, t->options, &place);
	text_put(t, STYLE_PLAIN, "  ");
	text_put(t, STYLE_PLAIN, call->function);
	text_put(t, STYLE_PLAIN, "  ");
	text_put(t, STYLE_FAINT, str_text(&place));
	text_line(t);
	text_variables(t, source, frame, 4,
		       frame == report->cause_frame ? VALUES_CULPRIT : VALUES_OTHERS);
}

static void head_values(struct text *t, bool *headed)
{
	if (!*headed) {
		text_heading(t, "Values");
		text_line(t);
	}
	*headed = true;
}

/* What was panicked with, where the runtime's message does not tell all of it. */
static void write_panic_value(struct text *t, const struct report *report, struct values *values,
			      bool *headed)
{
	const struct death *death = &report->snapshot->death;
	_cleanup_str_ struct str line = { 0 };
	struct value value;
	if (!report->verdict->death || death->cause_panic >= death->panics.count)
		return;
	const struct panic_record *p = &death->panics.items[death->cause_panic];
	if (p->is_runtime_error || !value_of_panic(values, p, &value) ||
	    value.children[0].child_count == 0)
		return;
	head_values(t, headed);
	str_printf(&line, "panic(%s)", value.text);
	text_put(t, STYLE_PLAIN, "  ");
	text_wrap(t, STYLE_PLAIN, 2, 4, str_text(&line));
}

void text_values(struct text *t, const struct report *report)
{
	const struct trace *trace = report->culprit;
	struct arena scratch;
	const struct value_limits limits = show_report_limits(t->options);
	bool headed = false;
	if (trace == NULL)
		return;
	arena_init(&scratch);
	struct value_source source = { .trace = trace };
	source.values = values_create(report->snapshot, &scratch, &limits);
	write_panic_value(t, report, source.values, &headed);
	if (report->verdict->goroutine < report->snapshot->goroutine_count)
		source.g = &report->snapshot->goroutines[report->verdict->goroutine];
	bool *wanted = arena_alloc(&scratch, trace->count + 1);
	show_wanted(trace, report->cause_frame, report->buildinfo, wanted);
	for (size_t i = 0; i < trace->count; i++) {
		if (!wanted[i] || !has_variables(&source, i, i == report->cause_frame))
			continue;
		head_values(t, &headed);
		write_frame_values(t, report, &source, i);
	}
	arena_release(&scratch);
}
