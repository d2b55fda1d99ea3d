#include "cli/text_verdict.h"

#include <inttypes.h>
#include <string.h>

#include "cli/place.h"
#include "cli/text_parts.h"

enum {
	MESSAGE_LINES = 12,  /* of the runtime's message; JSON has all */
	MESSAGE_BYTES = 500, /* of one of its lines */
};

static bool is_calm(const struct finding *finding)
{
	return finding->class == CLASS_SNAPSHOT || finding->class == CLASS_EXTERNAL_SIGNAL ||
	       finding->class == CLASS_UNKNOWN;
}

void str_add_class(struct str *out, const struct finding *finding)
{
	str_add(out, verdict_class_name(finding->class));
	if (finding->kind != NULL)
		str_printf(out, "/%s", finding->kind);
}

static void write_first_line(struct text *t, const struct report *report)
{
	const struct finding *verdict = report->verdict;
	_cleanup_str_ struct str class = { 0 };
	_cleanup_str_ struct str program = { 0 };
	str_add_class(&class, verdict);
	str_add_program(&program, report->core.path, report->core.goarch, report->buildinfo);
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

static void write_message_line(struct text *t, const char *lead, const char *line, size_t size)
{
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
	if (str_begins(title, lead))
		title += strlen(lead);
	size_t size = strlen(title);
	if (size > 3 && size < n && strcmp(title + size - 3, "...") == 0)
		n = size -= 3;
	return n > 0 && size == n && strncmp(title, message, n) == 0;
}

static void write_message(struct text *t, const struct report *report)
{
	const char *line = report->verdict->message;
	size_t lines = 0;
	for (; line != NULL && *line != '\0' && lines < MESSAGE_LINES; lines++) {
		size_t size = strcspn(line, "\n");
		const char *lead = lines == 0 ? message_lead(report) : "";
		while (lines > 0 && size > 0 && *line == '\t') {
			lead = "    ";
			line++;
			size--;
		}
		write_message_line(t, lead, line, size);
		line += size + (line[size] == '\n');
	}
	if (line != NULL && *line != '\0') {
		text_put(t, STYLE_FAINT, "  ... (all of it: --format json)");
		text_line(t);
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

static void write_culprit_line(struct text *t, const struct report *report)
{
	const struct call *call = cause_call(report);
	uint64_t id = culprit_id(report);
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

void text_verdict(struct text *t, const struct report *report)
{
	write_first_line(t, report);
	text_line(t);
	if (!title_is_message(report)) {
		text_put(t, STYLE_PLAIN, "  ");
		text_wrap(t, STYLE_STRONG, 2, 2, report->verdict->title);
	}
	write_culprit_line(t, report);
	write_message(t, report);
}
