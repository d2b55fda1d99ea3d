/* Words and numbers of a line, and what is kept of them. */
#include <ctype.h>
#include <string.h>

#include "formats/golog_internal.h"

bool golog_take(struct golog_text *t, const char *word)
{
	size_t n = strlen(word);
	if (t->n < n || memcmp(t->p, word, n) != 0)
		return false;
	t->p += n;
	t->n -= n;
	return true;
}

bool golog_take_number(struct golog_text *t, unsigned base, uint64_t *number)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;
	*number = 0;
	while (n < t->n) {
		const char *digit = memchr(digits, tolower((unsigned char)t->p[n]), base);
		if (digit == NULL)
			break;
		if (*number > (UINT64_MAX - base) / base)
			return false;
		*number = *number * base + (uint64_t)(digit - digits);
		n++;
	}
	t->p += n;
	t->n -= n;
	return n > 0;
}

bool golog_take_hex(struct golog_text *t, uint64_t *number)
{
	return golog_take(t, "0x") && golog_take_number(t, 16, number);
}

struct golog_text golog_trimmed(struct golog_text t)
{
	while (t.n > 0 && (t.p[0] == ' ' || t.p[0] == '\t'))
		t.p++, t.n--;
	while (t.n > 0 && (t.p[t.n - 1] == ' ' || t.p[t.n - 1] == '\t'))
		t.n--;
	return t;
}

bool golog_is(struct golog_text t, const char *word)
{
	return golog_take(&t, word) && t.n == 0;
}

/* A copy, cut where it is too long for a name; NULL where enough was kept already. */
const char *golog_keep(struct golog_parser *parser, struct golog_text t)
{
	size_t n = t.n < GOLOG_PIECE ? t.n : GOLOG_PIECE;
	if (parser->kept + n > GOLOG_KEPT_MAX)
		return NULL;
	parser->kept += n + 1;
	return arena_strndup(parser->arena, t.p, n);
}

void golog_add_pid(struct golog_parser *parser, int64_t pid)
{
	for (size_t i = 0; i < parser->pids.count; i++)
		if (parser->pids.items[i] == pid)
			return;
	if (pid != 0 &&
	    parser->pids.count < sizeof(parser->log->pids) / sizeof(parser->log->pids[0]))
		vec_push(&parser->pids, pid);
}
