/* Texts of panics, fatal errors and signals (runtime/panic.go, signal_unix.go, traceback.go). */
#include <ctype.h>
#include <string.h>

#include "base/limits.h"
#include "formats/golog_internal.h"

enum {
	CRASHES_MAX = 64,
	CRASH_LINES_MAX = 10000, /* until the first goroutine of the traceback */
};

static size_t first_line(const char *text, size_t n)
{
	const char *end = memchr(text, '\n', n);
	return end != NULL ? (size_t)(end - text) : n;
}

void golog_end_crash(struct golog_parser *parser)
{
	parser->where = IN_NOTHING;
	struct golog_crash *crash = &parser->crash;
	if (crash->kind == GOLOG_SIGNAL && !parser->text_over)
		return; /* somebody else's words */
	size_t n = parser->text.size;
	if (!crash->traced) /* where its text ends is not known */
		n = first_line(str_text(&parser->text), n);
	while (n > 0 && parser->text.text[n - 1] == '\n')
		n--;
	parser->log->crash_total++;
	golog_add_pid(parser, crash->pid);
	if (parser->crashes.count < CRASHES_MAX) {
		crash->text = arena_strndup(parser->arena, str_text(&parser->text), n);
		vec_push(&parser->crashes, *crash);
		return;
	}
	/* One text after the other in the same memory: a log may be of nothing else. */
	str_clear(&parser->last);
	str_add_bytes(&parser->last, str_text(&parser->text), n);
	crash->text = NULL;
	parser->crashes.items[CRASHES_MAX - 1] = *crash;
}

static void add_text(struct golog_parser *parser, struct golog_text line)
{
	if (parser->text.size + line.n + 1 > LIMIT_MESSAGE)
		return;
	if (parser->text.size > 0)
		str_add_char(&parser->text, '\n');
	str_add_bytes(&parser->text, line.p, line.n);
}

static bool is_signal_line(struct golog_text line)
{
	size_t n = 0;
	if (!golog_take(&line, "SIG"))
		return false;
	while (n < line.n && isupper((unsigned char)line.p[n]))
		n++;
	return n >= 2 && n <= 6 && line.n > n + 2 && line.p[n] == ':' && line.p[n + 1] == ' ';
}

/* What LINE is the beginning of, *REST what it says; false: of no crash. The runtime indents what
 * does not begin a text (from 1.23 on the lines of a panic's value, always the second panic of a
 * chain). */
static bool read_crash_begin(struct golog_text line, enum golog_crash_kind *kind,
			     struct golog_text *rest)
{
	*rest = line;
	if (golog_take(rest, "panic: "))
		*kind = GOLOG_PANIC;
	else if (golog_take(rest, "fatal error: "))
		*kind = GOLOG_FATAL;
	else if (is_signal_line(line))
		*kind = GOLOG_SIGNAL;
	else
		return false;
	return true;
}

bool golog_begins_crash(struct golog_text line)
{
	enum golog_crash_kind kind;
	struct golog_text rest;
	return read_crash_begin(line, &kind, &rest);
}

void golog_begin_crash(struct golog_parser *parser, struct golog_text line, int64_t pid)
{
	struct golog_text rest;
	parser->where = IN_CRASH;
	parser->since = 0;
	parser->crash = (struct golog_crash){ .line = parser->log->lines, .pid = pid };
	(void)read_crash_begin(line, &parser->crash.kind, &rest);
	parser->text_over = false;
	/* With GOTRACEBACK=crash each thread prints the signal that killed the process, behind a
	 * line of dashes (runtime/signal_unix.go sighandler). */
	if (parser->crash.kind == GOLOG_SIGNAL && parser->relayed)
		parser->where = IN_NOTHING;
	parser->relayed = false;
	str_clear(&parser->text);
	add_text(parser, rest);
}

/* "goroutine 8 gp=0xc0000081e0 m=3 mp=0xc000100008 [running]:" */
static bool read_header(struct golog_text t, struct golog_crash *crash)
{
	uint64_t id, g = 0;
	if (!golog_take(&t, "goroutine ") || !golog_take_number(&t, 10, &id) ||
	    !golog_take(&t, " "))
		return false;
	if (golog_take(&t, "gp="))
		(void)golog_take_hex(&t, &g);
	const char *bracket = memchr(t.p, '[', t.n);
	if (bracket == NULL || t.p[t.n - 1] != ':' ||
	    memchr(bracket, ']', t.n - (size_t)(bracket - t.p)) == NULL)
		return false;
	t.n -= (size_t)(bracket + 1 - t.p);
	t.p = bracket + 1;
	crash->goroutine = id;
	crash->g = g;
	crash->goroutine_running = golog_take(&t, "running");
	crash->traced = true;
	return true;
}

/* "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x48f0a2]" */
static bool read_signal(struct golog_text t, struct golog_crash *crash)
{
	static const char mark[] = " pc=";
	if (!golog_take(&t, "[signal "))
		return false;
	const char *pc = memmem(t.p, t.n, mark, sizeof(mark) - 1);
	if (pc != NULL) {
		t.n -= (size_t)(pc + sizeof(mark) - 1 - t.p);
		t.p = pc + sizeof(mark) - 1;
		(void)golog_take_hex(&t, &crash->fault_pc);
	}
	return true;
}

/* Behind "SIGQUIT: quit" the runtime prints "PC=0x48f0a2 m=0 sigcode=0". Lines of other writers may
 * come between. */
static void read_signal_pc(struct golog_parser *parser, struct golog_text line)
{
	enum { OTHERS_MAX = 8 };
	if (golog_take(&line, "PC="))
		parser->text_over = golog_take_hex(&line, &parser->crash.fault_pc);
	else if (parser->since > OTHERS_MAX)
		parser->where = IN_NOTHING;
}

void golog_crash_line(struct golog_parser *parser, struct golog_text line)
{
	struct golog_crash *crash = &parser->crash;
	struct golog_text rest = line;
	if (crash->kind == GOLOG_SIGNAL && !parser->text_over) {
		read_signal_pc(parser, line);
	} else if (read_header(line, crash) || parser->since > CRASH_LINES_MAX) {
		golog_end_crash(parser);
	} else if (golog_is(line, "runtime stack:")) {
		crash->traced = parser->text_over = true;
	} else if (read_signal(line, crash)) {
		parser->text_over = true;
	} else if (golog_take(
			   &rest,
			   "\tfatal error: ")) { /* since 1.26, behind the panics that were live */
		crash->kind = GOLOG_FATAL;
		str_clear(&parser->text);
		add_text(parser, rest);
	} else if (crash->kind == GOLOG_FATAL && line.n == 0) {
		parser->text_over = true;
	} else if (!parser->text_over) {
		add_text(parser, line); /* the text of a panic may have empty lines */
	}
}
