#pragma once
/*
 * Text under construction. Always NUL-terminated; memory is the caller's, given back with
 * str_release(). Text from the target may hold any byte, NUL included: `size` counts.
 */
#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	char *text; /* never NULL after the first append; use str_text() */
	size_t size;
	size_t room;
};

void str_release(struct str *s);
void str_clear(struct str *s);
const char *str_text(const struct str *s); /* "" for an empty one */
void str_add(struct str *s, const char *text);
void str_add_bytes(struct str *s, const void *bytes, size_t n);
void str_add_char(struct str *s, char c);
void str_printf(struct str *s, const char *fmt, ...) FORMAT_PRINTF(2, 3);
void str_vprintf(struct str *s, const char *fmt, va_list args);

/* Numbers without the cost of a format: "0x1f", "42". */
void str_add_hex(struct str *s, uint64_t value);
void str_add_unsigned(struct str *s, uint64_t value);

/* A copy that lives in ARENA. */
char *str_keep(const struct str *s, struct arena *arena) __attribute__((returns_nonnull));

/* Appends N bytes made valid UTF-8: each byte that is not part of a well-formed sequence becomes
 * U+FFFD. */
void str_add_utf8(struct str *s, const char *bytes, size_t n);

/* Appends N bytes safe for a terminal: valid UTF-8, control characters escaped as \n, \t, \x1b. */
void str_add_escaped(struct str *s, const char *bytes, size_t n);

/* Whole numbers as people read them: 12408 -> "12,408". */
void str_add_grouped(struct str *s, uint64_t value);

/* A size as people read it: "512 B", "1.4 KB", "694 MB", powers of 1024. */
void str_add_size(struct str *s, uint64_t bytes);

/* Length in bytes of the well-formed UTF-8 sequence at P (N bytes left), 0 if there is none. */
size_t utf8_length(const uint8_t *p, size_t n);

/* Length in bytes of the prefix of TEXT that fits into LIMIT bytes without cutting a character. */
size_t utf8_prefix(const char *text, size_t limit);

/* Scoped cleanup: `_cleanup_str_ struct str s = { 0 };` */
#define _cleanup_str_ __attribute__((cleanup(str_release)))

/* Whether TEXT begins with PREFIX. */
static inline bool str_begins(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}
