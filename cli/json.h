#pragma once
/*
 * A JSON writer that streams: what was put is gone, nothing is kept but the state of the line, so
 * memory does not grow with what is written (jansson, which the tests read it back with, builds a
 * tree). Objects and arrays are laid out one member a line, those begun as JSON_INLINE, and all
 * within them, on one line.
 *
 * Text from the target may hold any byte: what is not UTF-8 becomes U+FFFD, control characters
 * (also DEL and U+0080 to U+009F, which terminals act on) are escaped.
 *
 * Write errors stay in the stream: ask ferror() at the end.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum json_layout { JSON_LINES, JSON_INLINE };

enum { JSON_BUFFER = 16 * 1024 };

struct json {
	FILE *out;
	unsigned depth;
	unsigned inline_from; /* depth from which all is on one line; 0: none */
	bool empty;	      /* nothing written yet in the innermost object or array */
	size_t used;	      /* of buffer: what OUT has not got yet */
	char buffer[JSON_BUFFER];
};

void json_begin(struct json *json, FILE *out);
void json_end(struct json *json); /* the newline behind the document; all is in OUT then */

void json_object(struct json *json, const char *key, enum json_layout layout);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *key, enum json_layout layout);
void json_array_end(struct json *json);

/* A member of an object; within an array KEY is NULL. */
void json_text(struct json *json, const char *key, const char *text); /* NULL: null */
void json_text_bytes(struct json *json, const char *key, const char *text, size_t size);
void json_unsigned(struct json *json, const char *key, uint64_t value);
void json_signed(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);
void json_seconds(struct json *json, const char *key, double value); /* negative: null */
void json_address(struct json *json, const char *key, uint64_t addr); /* "0x1f" */

/* An array of whole numbers on one line, written straight from memory. */
void json_numbers(struct json *json, const char *key, const uint64_t *values, size_t count);
