#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void str_release(struct str *s)
{
	if (s == NULL)
		return;
	free(s->text);
	*s = (struct str){ 0 };
}

void str_clear(struct str *s)
{
	s->size = 0;
	if (s->text != NULL)
		s->text[0] = '\0';
}

const char *str_text(const struct str *s)
{
	return s->text ? s->text : "";
}

static void reserve(struct str *s, size_t more)
{
	size_t need = s->size + more + 1;
	if (need <= s->room)
		return;
	size_t room = s->room ? s->room * 2 : 64;
	if (room < need)
		room = need;
	s->text = memory_grow(s->text, room);
	s->room = room;
}

void str_add_bytes(struct str *s, const void *bytes, size_t n)
{
	reserve(s, n);
	if (n > 0)
		memcpy(s->text + s->size, bytes, n);
	s->size += n;
	s->text[s->size] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_add_bytes(s, text, strlen(text));
}

void str_add_char(struct str *s, char c)
{
	str_add_bytes(s, &c, 1);
}

void str_vprintf(struct str *s, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0)
		return;
	reserve(s, (size_t)n);
	vsnprintf(s->text + s->size, (size_t)n + 1, fmt, args);
	s->size += (size_t)n;
}

void str_printf(struct str *s, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	str_vprintf(s, fmt, args);
	va_end(args);
}

static void add_number(struct str *s, uint64_t value, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits);
	do
		digits[--at] = "0123456789abcdef"[value % base];
	while ((value /= base) != 0);
	str_add_bytes(s, digits + at, sizeof(digits) - at);
}

void str_add_hex(struct str *s, uint64_t value)
{
	str_add_bytes(s, "0x", 2);
	add_number(s, value, 16);
}

void str_add_unsigned(struct str *s, uint64_t value)
{
	add_number(s, value, 10);
}

char *str_keep(const struct str *s, struct arena *arena)
{
	return arena_strndup(arena, str_text(s), s->size);
}

size_t utf8_length(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return len;
}

size_t utf8_prefix(const char *text, size_t limit)
{
	size_t n = strlen(text);
	if (n <= limit)
		return n;
	while (limit > 0 && ((uint8_t)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

void str_add_utf8(struct str *s, const char *bytes, size_t n)
{
	const uint8_t *p = (const uint8_t *)bytes;
	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(p + i, n - i);
		if (len == 0) {
			str_add(s, "\xef\xbf\xbd");
			i++;
			continue;
		}
		str_add_bytes(s, p + i, len);
		i += len;
	}
}

/* C1 control characters, U+0080 to U+009F, which terminals act on as on escape sequences. */
static bool is_c1(const uint8_t *p, size_t len)
{
	return len == 2 && p[0] == 0xc2 && p[1] < 0xa0;
}

void str_add_escaped(struct str *s, const char *bytes, size_t n)
{
	const uint8_t *p = (const uint8_t *)bytes;
	for (size_t i = 0; i < n;) {
		size_t len = utf8_length(p + i, n - i);
		if (len == 0 || is_c1(p + i, len))
			str_printf(s, len == 2 ? "\\u%04x" : "\\x%02x", len == 2 ? p[i + 1] : p[i]);
		else if (p[i] == '\n')
			str_add(s, "\\n");
		else if (p[i] == '\t')
			str_add(s, "\\t");
		else if (p[i] == '\r')
			str_add(s, "\\r");
		else if (p[i] < 0x20 || p[i] == 0x7f)
			str_printf(s, "\\x%02x", p[i]);
		else
			str_add_bytes(s, p + i, len);
		i += len ? len : 1;
	}
}

void str_add_grouped(struct str *s, uint64_t value)
{
	char digits[32];
	int n = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			str_add_char(s, ',');
		str_add_char(s, digits[i]);
	}
}

void str_add_size(struct str *s, uint64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes;
	size_t unit = 0;
	while (value >= 1023.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	str_printf(s, unit > 0 && value < 9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
