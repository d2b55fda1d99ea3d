/*
 * Lines of logs that are JSON objects, with the process's own words in one of their members:
 *
 *	Docker json-file        {"log":"LINE\n","stream":"stderr",...}
 *	journalctl -o json      {"MESSAGE":"LINE","_PID":"1234",...}
 *	fluentd, Loki, Vector   {"message":"LINE",...}
 *	Google Cloud            {"textPayload":"LINE",...}
 */
#include <ctype.h>
#include <string.h>

#include "formats/golog_internal.h"

static void skip(struct golog_text *t, size_t n)
{
	t->p += n;
	t->n -= n;
}

static void skip_blanks(struct golog_text *t)
{
	while (t->n > 0 && (t->p[0] == ' ' || t->p[0] == '\t'))
		skip(t, 1);
}

/* Takes a string with its quotes; *INNER is what stands between them, escapes as they are. One that
 * the line's end cuts is taken as far as it goes. */
static bool take_string(struct golog_text *t, struct golog_text *inner)
{
	if (t->n == 0 || t->p[0] != '"')
		return false;
	size_t i = 1;
	while (i < t->n && t->p[i] != '"')
		i += t->p[i] == '\\' && i + 1 < t->n ? 2 : 1;
	*inner = (struct golog_text){ t->p + 1, i - 1 };
	skip(t, i < t->n ? i + 1 : i);
	return true;
}

/* Passes over a value that is no string. */
static void skip_value(struct golog_text *t)
{
	size_t depth = 0;
	struct golog_text inner;
	while (t->n > 0) {
		char c = t->p[0];
		if (c == '"') {
			(void)take_string(t, &inner);
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}'))
			return;
		depth += c == '{' || c == '[';
		depth -= c == '}' || c == ']';
		skip(t, 1);
	}
}

static int hex_digit(char c)
{
	return isdigit((unsigned char)c)	    ? c - '0'
	       : isxdigit((unsigned char)c) ? tolower((unsigned char)c) - 'a' + 10
					    : -1;
}

/* The code unit of "uXXXX" at the front of T; -1 where there is none. */
static int32_t code_unit(struct golog_text t)
{
	int32_t unit = 0;
	if (t.n < 5 || t.p[0] != 'u')
		return -1;
	for (size_t i = 1; i <= 4; i++) {
		int digit = hex_digit(t.p[i]);
		if (digit < 0)
			return -1;
		unit = unit * 16 + digit;
	}
	return unit;
}

/* As UTF-8, never longer than the escape was. */
static size_t put_unit(char *room, uint32_t unit)
{
	if (unit < 0x80) {
		room[0] = (char)unit;
		return 1;
	}
	if (unit < 0x800) {
		room[0] = (char)(0xc0 | unit >> 6);
		room[1] = (char)(0x80 | (unit & 0x3f));
		return 2;
	}
	room[0] = (char)(0xe0 | unit >> 12);
	room[1] = (char)(0x80 | (unit >> 6 & 0x3f));
	room[2] = (char)(0x80 | (unit & 0x3f));
	return 3;
}

static size_t unescape(struct golog_text t, char *room)
{
	static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
	size_t n = 0;
	while (t.n > 0) {
		if (t.p[0] != '\\' || t.n == 1) {
			room[n++] = t.p[0];
			skip(&t, 1);
			continue;
		}
		skip(&t, 1);
		int32_t unit = code_unit(t);
		const char *letter = memchr(from, t.p[0], sizeof(from) - 1);
		if (unit >= 0)
			n += put_unit(room + n, (uint32_t)unit);
		else
			room[n++] = letter != NULL ? to[letter - from] : t.p[0];
		skip(&t, unit >= 0 ? 5 : 1);
	}
	return n;
}

static bool holds_text(struct golog_text key)
{
	static const char *const keys[] = { "log", "message", "MESSAGE", "textPayload", "line" };
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (golog_is(key, keys[i]))
			return true;
	return false;
}

bool golog_take_json(struct golog_text *line, char *room, int64_t *pid)
{
	struct golog_text t = *line, key, value, found = { NULL, 0 };
	uint64_t number;
	if (!golog_take(&t, "{"))
		return false;
	for (;;) {
		skip_blanks(&t);
		if (!take_string(&t, &key))
			break;
		skip_blanks(&t);
		if (!golog_take(&t, ":"))
			break;
		skip_blanks(&t);
		if (!take_string(&t, &value))
			skip_value(&t);
		else if (found.p == NULL && holds_text(key))
			found = value;
		else if (golog_is(key, "_PID") && golog_take_number(&value, 10, &number) &&
			 number <= INT32_MAX)
			*pid = (int64_t)number;
		skip_blanks(&t);
		if (!golog_take(&t, ","))
			break;
	}
	if (found.p == NULL)
		return false;
	*line = (struct golog_text){ room, unescape(found, room) };
	return true;
}
