/*
 * What collectors put in front of a line: time, host, name and number of the process.
 *
 *	journald, syslog   Nov 30 02:16:18 host name[1234]: LINE
 *	journald -o short-iso, rsyslog   2026-11-30T02:16:18+00:00 host name[1234]: LINE
 *	Kubernetes (CRI)   2026-11-30T02:16:18.123456789Z stderr F LINE
 *	kubectl --prefix   [pod/name/container] LINE
 *	GitHub Actions     2026-11-30T02:16:18.1234567Z LINE
 *	docker compose     name  | LINE
 *
 * And in front of these, colors of a terminal.
 */
#include <ctype.h>
#include <string.h>

#include "formats/golog_internal.h"

static void skip(struct golog_text *t, size_t n)
{
	t->p += n;
	t->n -= n;
}

/* Whether T begins as PATTERN says: 9 a digit, A a letter, anything else itself. */
static bool looks_like(struct golog_text t, const char *pattern)
{
	size_t n = strlen(pattern);
	if (t.n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)t.p[i];
		if (pattern[i] == '9'	? !isdigit(c)
		    : pattern[i] == 'A' ? !isalpha(c)
					: c != (unsigned char)pattern[i])
			return false;
	}
	return true;
}

static bool begins(struct golog_text t, const char *word)
{
	size_t n = strlen(word);
	return t.n >= n && memcmp(t.p, word, n) == 0;
}

/* The rest behind one space; false where there is none. */
static bool take_space(struct golog_text *t)
{
	if (t->n == 0 || t->p[0] != ' ')
		return false;
	skip(t, 1);
	return true;
}

static bool take_iso_time(struct golog_text *line)
{
	struct golog_text t = *line;
	if (!looks_like(t, "9999-99-99T99:99:99") && !looks_like(t, "9999-99-99 99:99:99"))
		return false;
	skip(&t, 19);
	if (t.n > 0 && (t.p[0] == '.' || t.p[0] == ','))
		do
			skip(&t, 1);
		while (t.n > 0 && isdigit((unsigned char)t.p[0]));
	if (looks_like(t, "+99:99") || looks_like(t, "-99:99"))
		skip(&t, 6);
	else if (looks_like(t, "+9999") || looks_like(t, "-9999"))
		skip(&t, 5);
	else if (begins(t, "Z"))
		skip(&t, 1);
	if (t.n > 0 && !take_space(&t))
		return false;
	*line = t;
	return true;
}

static bool take_syslog_time(struct golog_text *line)
{
	struct golog_text t = *line;
	if (!looks_like(t, "AAA 99 99:99:99") && !looks_like(t, "AAA  9 99:99:99"))
		return false;
	skip(&t, 15);
	if (t.n > 0 && t.p[0] == '.')
		do
			skip(&t, 1);
		while (t.n > 0 && isdigit((unsigned char)t.p[0]));
	if (!take_space(&t))
		return false;
	*line = t;
	return true;
}

/* "host name[1234]: ", which stands behind a time only. */
static bool take_sender(struct golog_text *line, int64_t *pid)
{
	enum { NAME_MAX_BYTES = 256 };
	struct golog_text t = *line;
	const char *space = memchr(t.p, ' ', t.n < NAME_MAX_BYTES ? t.n : NAME_MAX_BYTES);
	if (space == NULL || space == t.p)
		return false;
	skip(&t, (size_t)(space - t.p) + 1);
	size_t i = 0;
	int64_t number = 0;
	while (i < t.n && i < NAME_MAX_BYTES && t.p[i] != '[' && t.p[i] != ' ' && t.p[i] != ':')
		i++;
	if (i == 0 || i >= t.n)
		return false;
	if (t.p[i] == '[') {
		size_t digits = ++i;
		while (i < t.n && isdigit((unsigned char)t.p[i]) && number < INT32_MAX)
			number = number * 10 + (t.p[i++] - '0');
		if (i == digits || i >= t.n || t.p[i++] != ']')
			return false;
	}
	if (i >= t.n || t.p[i] != ':')
		return false;
	skip(&t, i + 1);
	take_space(&t); /* of an empty line it may be cut off */
	if (number > 0)
		*pid = number;
	*line = t;
	return true;
}

static bool take_cri(struct golog_text *line)
{
	struct golog_text t = *line;
	if (!begins(t, "stderr ") && !begins(t, "stdout "))
		return false;
	skip(&t, 7);
	if (!begins(t, "F") && !begins(t, "P"))
		return false;
	skip(&t, 1);
	if (t.n > 0 && !take_space(&t))
		return false;
	*line = t;
	return true;
}

static bool take_pod(struct golog_text *line)
{
	enum { POD_MAX = 512 };
	if (!begins(*line, "[pod/"))
		return false;
	const char *end = memchr(line->p, ']', line->n < POD_MAX ? line->n : POD_MAX);
	if (end == NULL)
		return false;
	skip(line, (size_t)(end - line->p) + 1);
	take_space(line);
	return true;
}

static bool take_compose(struct golog_text *line)
{
	enum { NAME_MAX_BYTES = 128 };
	size_t i = 0;
	while (i < line->n && i < NAME_MAX_BYTES &&
	       (isalnum((unsigned char)line->p[i]) || strchr("-_.", line->p[i]) != NULL))
		i++;
	size_t name = i;
	while (i < line->n && i < NAME_MAX_BYTES && line->p[i] == ' ')
		i++;
	if (name == 0 || i == name || i >= line->n || line->p[i] != '|')
		return false;
	skip(line, i + 1);
	take_space(line);
	return true;
}

/* "ESC [ 31 m", any number of them. */
static bool take_colors(struct golog_text *line)
{
	bool any = false;
	while (begins(*line, "\x1b[")) {
		size_t i = 2;
		while (i < line->n && (isdigit((unsigned char)line->p[i]) || line->p[i] == ';'))
			i++;
		if (i >= line->n || line->p[i] != 'm')
			break;
		skip(line, i + 1);
		any = true;
	}
	return any;
}

/* Those at the end of a line that begins with one. */
static void drop_colors(struct golog_text *line)
{
	const char *escape;
	while (line->n > 0 && line->p[line->n - 1] == 'm' &&
	       (escape = memrchr(line->p, '\x1b', line->n)) != NULL) {
		struct golog_text tail = { escape, line->n - (size_t)(escape - line->p) };
		if (!take_colors(&tail) || tail.n > 0)
			return;
		line->n = (size_t)(escape - line->p);
	}
}

struct golog_text golog_strip(struct golog_text line, int64_t *pid)
{
	bool colored = take_colors(&line);
	bool named = take_pod(&line) || take_compose(&line);
	if (take_colors(&line)) {
		if (named)
			take_space(&line); /* of Compose 1 the color ends in front of it */
		colored = true;
	}
	if (colored)
		drop_colors(&line);
	bool iso = take_iso_time(&line);
	if (iso && take_cri(&line))
		return line;
	if (iso || take_syslog_time(&line))
		take_sender(&line, pid);
	return line;
}
