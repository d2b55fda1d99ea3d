/* The text of throw and fatal: in printBacklog, or as their argument. */
#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "goruntime/private.h"

enum { BACKLOG = 512 };

/* runtime.printBacklog, oldest byte first (print.go). False where it is not in the core. */
static bool backlog_read(const struct snapshot *s, char text[BACKLOG + 1])
{
	uint64_t ring, index_addr, index;
	uint8_t bytes[BACKLOG];
	if (!globals_get(&s->globals, RT_PRINTBACKLOG, &ring) ||
	    !globals_get(&s->globals, RT_PRINTBACKLOGINDEX, &index_addr) ||
	    !image_read(s->image, ring, bytes, BACKLOG, NULL) ||
	    !image_u64(s->image, index_addr, &index, NULL))
		return false;
	size_t at = index < BACKLOG ? (size_t)index : 0, n = 0;
	for (size_t i = 0; i < BACKLOG; i++) {
		char c = (char)bytes[(at + i) % BACKLOG];
		if (c != '\0')
			text[n++] = c;
	}
	text[n] = '\0';
	return true;
}

static const char *last_of(const char *text, const char *what)
{
	const char *found = NULL;
	for (const char *p = strstr(text, what); p != NULL; p = strstr(p + 1, what))
		found = p;
	return found;
}

/*
 * The lines that the runtime prints before "fatal error: TEXT" for the same event: at most MAX,
 * each beginning with one of LINES. What a program itself prints may look the same and stand right
 * before, so what is known of a text is said here; the last row is for all others (signal_unix.go
 * sigpanic, stack.go newstack, mheap.go grow, mem_linux.go, os_linux.go newosproc, proc.go
 * checkmcount, mgcsweep.go, mfinal.go, checkptr.go, panic.go preprintpanics).
 */
static const struct preamble_rule {
	const char *text;
	bool prefix; /* TEXT is only how it begins */
	unsigned max;
	const char *lines[5];
} preamble_rules[] = {
	{ "fault", false, 1, { "unexpected fault address ", "accessed data from freed user arena " } },
	{ "unexpected signal during runtime execution", false, 0, { NULL } },
	{ "stack overflow", false, 2, { "runtime: goroutine stack exceeds ", "runtime: sp=" } },
	{ "out of memory", false, 1, { "runtime: out of memory: " } },
	{ "out of memory (stackalloc)", false, 1, { "runtime: out of memory: " } },
	{ "out of memory allocating ", true, 0, { NULL } },
	{ "runtime: out of memory", false, 0, { NULL } },
	{ "runtime: cannot remap pages in address space", false, 0, { NULL } },
	{ "runtime: cannot map pages in arena address space", false, 1, { "runtime: mmap(" } },
	{ "thread exhaustion", false, 1, { "runtime: program exceeds " } },
	{ "newosproc", false, 2,
	  { "runtime: failed to create new OS thread ", "runtime: may need to increase max " } },
	{ "runtime.SetFinalizer: ", true, 0, { NULL } },
	{ "checkptr: ", true, 0, { NULL } },
	{ "panic while printing panic value", true, 0, { NULL } },
	{ "invalid pointer found on stack", false, UINT_MAX,
	  { "runtime: bad pointer in frame ", "runtime: frame " } },
	{ "sweep increased allocation count", false, 1, { "runtime: nelems=" } },
	{ "mspan.sweep: bad span state", true, 1, { "mspan.sweep: state=" } },
	{ "mheap.freeSpanLocked - invalid free", false, 1, { "mheap.freeSpanLocked - span " } },
	{ "s.allocCount > s.nelems", false, 1, { "s.allocCount=" } },
	/* mgcmark.go greyobject, gcDumpObject */
	{ "marking free object", false, UINT_MAX,
	  { "runtime: marking free object ", "base=", "obj=", " *(", " ..." } },
	/* mbitmap.go badPointer, gcDumpObject */
	{ "found bad pointer in Go heap", true, UINT_MAX,
	  { "runtime: ", "object=", " *(object+", " ..." } },
	{ "found pointer to free object", false, UINT_MAX,
	  { "runtime: marked free object", "\t", "0x" } },
	{ "", true, UINT_MAX, { "runtime: ", "\t", "stack: ", "0x", "0000" } },
};

static const struct preamble_rule *rule_of(const char *message)
{
	const struct preamble_rule *rule = preamble_rules;
	while (rule->prefix ? !str_begins(message, rule->text) : strcmp(message, rule->text) != 0)
		rule++;
	return rule;
}

static bool begins_line(const struct preamble_rule *rule, const char *line)
{
	for (size_t i = 0; i < 5 && rule->lines[i] != NULL; i++)
		if (str_begins(line, rule->lines[i]))
			return true;
	return false;
}

/* The last row's lines are those that no row with a fixed number claims. */
static bool belongs(const struct preamble_rule *rule, const char *line)
{
	if (!begins_line(rule, line))
		return false;
	if (rule->text[0] != '\0')
		return true;
	for (const struct preamble_rule *other = preamble_rules; other < rule; other++)
		if (other->max != UINT_MAX && begins_line(other, line))
			return false;
	return true;
}

/* The run of lines directly before MARK that belong to it. */
static const char *preamble(struct snapshot *s, const char *text, const char *mark,
			    const char *message)
{
	const struct preamble_rule *rule = rule_of(message);
	const char *start = mark;
	if (s->death.way == DEATH_FATAL) /* fatal prints nothing before */
		return NULL;
	for (unsigned lines = 0; lines < rule->max && start > text; lines++) {
		const char *line = start - 1; /* at the newline that ends the line before */
		while (line > text && line[-1] != '\n')
			line--;
		if (!belongs(rule, line))
			break;
		start = line;
	}
	size_t n = (size_t)(mark - start);
	while (n > 0 && start[n - 1] == '\n')
		n--;
	return n ? arena_strndup(s->arena, start, n) : NULL;
}

bool fataltext_from_backlog(struct snapshot *s)
{
	static const char mark[] = "fatal error: ";
	char text[BACKLOG + 1];
	if (!backlog_read(s, text))
		return false;
	const char *at = last_of(text, mark);
	if (at == NULL)
		return false;
	size_t n = strlen(at) - strlen(mark);
	const char *message = at + strlen(mark);
	while (n > 0 && message[n - 1] == '\n')
		n--;
	s->death.fatal_text = arena_strndup(s->arena, message, n);
	s->death.fatal_text_record = "printBacklog";
	s->death.fatal_preamble = preamble(s, text, at, s->death.fatal_text);
	return true;
}

static const struct trace_frame *frame_named(const struct trace *trace, const char *symbol)
{
	for (size_t i = 0; i < trace->count; i++)
		if (call_is(trace->frames[i].call, symbol))
			return &trace->frames[i];
	return NULL;
}

/* The string argument of throw or fatal: its pointer word is right, its length is not always
 * (panic.go throw: the argument is not live any more), so the text is cut at the first byte that
 * cannot belong to a message. A guess. */
static bool text_from_arguments(struct snapshot *s)
{
	const struct trace *traces[] = { &s->death.system, &s->death.culprit };
	static const char *const names[] = { "runtime.throw", "runtime.fatal" };
	for (size_t i = 0; i < 4; i++) {
		const struct trace_frame *f = frame_named(traces[i / 2], names[i % 2]);
		uint64_t ptr, len;
		if (f == NULL || f->fp == 0 || !frame_word(s, f->argp, 0, &ptr) ||
		    !frame_word(s, f->argp, 1, &len))
			continue;
		struct bytes rest = image_rest(s->image, ptr);
		size_t n = 0, limit = len > 0 && len < 200 ? len : 80;
		while (n < rest.size && n < limit && rest.data[n] >= 0x20 && rest.data[n] < 0x7f)
			n++;
		if (n == 0)
			continue;
		s->death.fatal_text = arena_strndup(s->arena, (const char *)rest.data, n);
		s->death.fatal_text_record = "the argument of throw";
		s->death.fatal_text_guessed = true;
		return true;
	}
	return false;
}

void fataltext_read(struct snapshot *s)
{
	enum death_way way = s->death.way;
	if (way != DEATH_FATAL && way != DEATH_THROW)
		return;
	if (fataltext_from_backlog(s))
		return;
	if (text_from_arguments(s))
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "message",
			    "the text of the fatal error was taken from the argument of throw: it "
			    "may be cut or too long");
	else
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "message",
			    "the text of the fatal error is not in the core");
}
