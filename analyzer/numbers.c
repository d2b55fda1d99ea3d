#include "analyzer/numbers.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

bool number_after(const char *text, const char *words, uint64_t *value)
{
	const char *at = text ? strstr(text, words) : NULL;
	if (at == NULL)
		return false;
	at += strlen(words);
	if (!isdigit((unsigned char)*at))
		return false;
	errno = 0;
	*value = strtoull(at, NULL, at[0] == '0' && at[1] == 'x' ? 16 : 10);
	return errno == 0;
}

const char *grouped(struct arena *arena, uint64_t value)
{
	_cleanup_str_ struct str s = { 0 };
	str_add_grouped(&s, value);
	return str_keep(&s, arena);
}

const char *sized(struct arena *arena, uint64_t bytes)
{
	_cleanup_str_ struct str s = { 0 };
	str_add_size(&s, bytes);
	return str_keep(&s, arena);
}

const char *duration(struct arena *arena, double seconds)
{
	uint64_t s = seconds > 0 ? (uint64_t)seconds : 0;
	if (s >= 86400)
		return arena_printf(arena, "%llu d %llu h", (unsigned long long)(s / 86400),
				    (unsigned long long)(s / 3600 % 24));
	if (s >= 3600)
		return arena_printf(arena, "%llu h %llu m", (unsigned long long)(s / 3600),
				    (unsigned long long)(s / 60 % 60));
	if (s >= 60)
		return arena_printf(arena, "%llu m %llu s", (unsigned long long)(s / 60),
				    (unsigned long long)(s % 60));
	return arena_printf(arena, "%llu s", (unsigned long long)s);
}
