#include "cli/words.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* runtime/traceback.go gStatusStrings, without the dead ones, which are counted only. */
const char *const words_status[] = {
	"idle",	     "runnable",  "running", "syscall", "waiting",
	"copystack", "preempted", "leaked",  NULL,
};

enum { WORD_MAX = 48 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned ab = a < b ? a : b;
	return ab < c ? ab : c;
}

/* How many characters must be put in, taken out, changed or swapped with their neighbour. */
static unsigned distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	if (na > WORD_MAX || nb > WORD_MAX)
		return WORD_MAX;
	unsigned rows[3][WORD_MAX + 1];
	for (size_t j = 0; j <= nb; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *older = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1,
				       above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    older[j - 2] + 1 < row[j])
				row[j] = older[j - 2] + 1;
		}
	}
	return rows[na % 3][nb];
}

const char *word_meant(const char *word, const char *const *table)
{
	const char *best = NULL;
	unsigned best_distance = (unsigned)strlen(word) / 3 + 1;
	for (size_t i = 0; table[i] != NULL; i++) {
		unsigned d = distance(word, table[i]);
		if (d < best_distance || (d == best_distance && best == NULL)) {
			best = table[i];
			best_distance = d;
		}
	}
	if (best != NULL || strlen(word) < 3)
		return best;
	for (size_t i = 0; table[i] != NULL; i++)
		if (strncmp(table[i], word, strlen(word)) == 0)
			return table[i];
	return NULL;
}

static const struct {
	const char *name;
	double seconds;
} units[] = {
	{ "ns", 1e-9 }, { "us", 1e-6 }, { "ms", 1e-3 }, { "s", 1 },
	{ "m", 60 },	{ "h", 3600 },	{ "d", 86400 },
};

static bool take_unit(const char **text, double *seconds)
{
	size_t n = 0;
	while (isalpha((unsigned char)(*text)[n]))
		n++;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strlen(units[i].name) == n && strncmp(units[i].name, *text, n) == 0) {
			*text += n;
			*seconds *= units[i].seconds;
			return true;
		}
	return false;
}

bool duration_parse(const char *text, double *seconds)
{
	double sum = 0;
	if (*text == '\0')
		return false;
	while (*text != '\0') {
		if (!isdigit((unsigned char)*text))
			return false;
		char *end;
		double part = strtod(text, &end);
		text = end;
		if (!take_unit(&text, &part))
			return false;
		sum += part;
	}
	*seconds = sum;
	return true;
}
