#include "analyzer/redact.h"

#include <ctype.h>
#include <string.h>

#include "analyzer/panicvalue.h"
#include "base/str.h"

static const char *redact_text(struct arena *arena, const char *type, const char *text)
{
	return arena_printf(arena, "<redacted %s, %zu bytes>", type, strlen(text));
}

/* The text of a runtime.boundsError (runtime/error.go) without its numbers, which are values of the
 * program; that of other errors of the runtime has none. */
static const char *redact_bounds(struct arena *arena, const struct panic_record *p,
				 const char *text)
{
	_cleanup_str_ struct str s = { 0 };
	if (text == NULL || p->type == NULL || strcmp(p->type, "runtime.boundsError") != 0)
		return text;
	for (; *text != '\0'; text++) {
		bool starts = *text == '-' && isdigit((unsigned char)text[1]);
		if (starts || isdigit((unsigned char)*text)) {
			text += strspn(text + 1, "0123456789");
			str_add_char(&s, '_');
		} else {
			str_add_char(&s, *text);
		}
	}
	return str_keep(&s, arena);
}

static struct panic_record redact_panic(const struct snapshot *snapshot, size_t i,
					struct arena *arena)
{
	struct panic_record p = snapshot->death.panics.items[i];
	if (p.text == NULL || panic_of_waitgroup(snapshot, i) != WAITGROUP_NONE)
		return p;
	if (panic_is_runtimes(snapshot, i)) {
		p.text = redact_bounds(arena, &p, p.text);
		p.printed = redact_bounds(arena, &p, p.printed);
		return p;
	}
	const char *marks = "";
	if (p.printed != NULL && strncmp(p.printed, p.text, strlen(p.text)) == 0)
		marks = p.printed + strlen(p.text);
	p.text = redact_text(arena, p.type && p.type[0] ? p.type : "value", p.text);
	if (p.printed != NULL && p.printed[0] != '\0')
		p.printed = arena_printf(arena, "%s%s", p.text, marks);
	return p;
}

static void redact_panics(const struct snapshot *snapshot, struct arena *arena,
			  struct panics *panics)
{
	struct panic_record *items = arena_alloc(arena, (panics->count + 1) * sizeof(*items));
	for (size_t i = 0; i < panics->count; i++)
		items[i] = redact_panic(snapshot, i, arena);
	panics->items = items;
}

/* Fatal errors that quote a value of the program (runtime/panic.go preprintpanics). */
static const char *redact_fatal(struct arena *arena, const char *text)
{
	static const char quoting[] = "panic while printing panic value: ";
	if (text == NULL || strncmp(text, quoting, sizeof(quoting) - 1) != 0)
		return text;
	const char *value = text + sizeof(quoting) - 1;
	if (strncmp(value, "type ", 5) == 0)
		return text;
	return arena_printf(arena, "%s%s", quoting, redact_text(arena, "string", value));
}

/* Lines "panic: ..." that the runtime prints before a fatal error quote values; lines that begin
 * with "runtime: " are the runtime's own (from 1.26 on printPreFatalDeferPanic). */
static const char *redact_values(struct arena *arena, const char *lines)
{
	if (lines == NULL || strstr(lines, "panic: ") == NULL)
		return lines;
	_cleanup_str_ struct str s = { 0 };
	for (const char *line = lines; *line != '\0';) {
		size_t n = strcspn(line, "\n");
		if (strncmp(line, "runtime: ", 9) == 0)
			str_add_bytes(&s, line, n);
		else
			str_printf(&s, "<redacted, %zu bytes>", n);
		line += n;
		if (*line == '\n')
			str_add_char(&s, *line++);
	}
	return str_keep(&s, arena);
}

/* Lines that show words of memory: mgcmark.go gcDumpObject, traceback.go tracebackHexdump. */
static const char *redact_words(struct arena *arena, const char *lines)
{
	static const char *const begins[] = { " *(", "0x000000" };
	_cleanup_str_ struct str s = { 0 };
	for (const char *line = lines; line != NULL && *line != '\0';) {
		size_t n = strcspn(line, "\n");
		if (strncmp(line, begins[0], strlen(begins[0])) == 0 ||
		    strncmp(line, begins[1], strlen(begins[1])) == 0)
			str_printf(&s, "<redacted, %zu bytes>", n);
		else
			str_add_bytes(&s, line, n);
		line += n;
		if (*line == '\n')
			str_add_char(&s, *line++);
	}
	return lines ? str_keep(&s, arena) : NULL;
}

static const char *redact_lines(struct arena *arena, const char *lines)
{
	return redact_words(arena, redact_values(arena, lines));
}

/* Behind "foo.c:3: ", which begins an assertion in every language (assert/assert.c); NULL: not
 * there. */
static const char *behind_place(const char *text)
{
	for (; (text = strchr(text, ':')) != NULL; text++) {
		size_t digits = strspn(text + 1, "0123456789");
		if (digits > 0 && strncmp(text + 1 + digits, ": ", 2) == 0)
			return text + 1 + digits + 2;
	}
	return NULL;
}

/* Of what the C library said, an assertion quotes what its caller made up (assert/assert.c). */
static const char *redact_abort(struct arena *arena, const char *text)
{
	const char *quote = text != NULL ? strstr(text, "Assertion `") : NULL;
	const char *end = quote != NULL ? strrchr(quote, '\'') : NULL;
	const char *rest = text != NULL && quote == NULL ? behind_place(text) : NULL;
	if (rest != NULL)
		return arena_printf(arena, "%.*s<redacted, %zu bytes>", (int)(rest - text), text,
				    strlen(rest));
	if (quote == NULL)
		return text;
	quote += strlen("Assertion ");
	end = end != NULL && end > quote ? end + 1 : quote + strlen(quote);
	return arena_printf(arena, "%.*s<redacted, %zu bytes>%s", (int)(quote - text), text,
			    (size_t)(end - quote), end);
}

static const struct cxx_exception *redact_exception(struct arena *arena,
						    const struct cxx_exception *exception)
{
	if (exception == NULL || exception->text == NULL)
		return exception;
	struct cxx_exception *copy = arena_alloc(arena, sizeof(*copy));
	*copy = *exception;
	copy->text = redact_text(arena, exception->type, exception->text);
	return copy;
}

const struct snapshot *redact_snapshot(const struct snapshot *snapshot, struct arena *arena)
{
	struct snapshot *copy = arena_alloc(arena, sizeof(*copy));
	*copy = *snapshot;
	copy->redacted = true;
	redact_panics(snapshot, arena, &copy->death.panics);
	copy->death.fatal_text = redact_fatal(arena, copy->death.fatal_text);
	copy->death.fatal_preamble = redact_lines(arena, copy->death.fatal_preamble);
	copy->death.abort_text = redact_abort(arena, copy->death.abort_text);
	copy->death.exception = redact_exception(arena, copy->death.exception);
	return copy;
}
