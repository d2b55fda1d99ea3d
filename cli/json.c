#include "cli/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/str.h"

static void flush(struct json *json)
{
	fwrite(json->buffer, 1, json->used, json->out);
	json->used = 0;
}

static void put_bytes(struct json *json, const void *bytes, size_t size)
{
	if (size > sizeof(json->buffer) - json->used)
		flush(json);
	if (size > sizeof(json->buffer)) {
		fwrite(bytes, 1, size, json->out);
		return;
	}
	memcpy(json->buffer + json->used, bytes, size);
	json->used += size;
}

static void put_char(struct json *json, char c)
{
	if (json->used == sizeof(json->buffer))
		flush(json);
	json->buffer[json->used++] = c;
}

static void put(struct json *json, const char *text)
{
	put_bytes(json, text, strlen(text));
}

void json_begin(struct json *json, FILE *out)
{
	json->out = out;
	json->depth = json->inline_from = 0;
	json->empty = true;
	json->used = 0;
}

void json_end(struct json *json)
{
	put_char(json, '\n');
	flush(json);
}

static bool on_one_line(const struct json *json)
{
	return json->inline_from != 0 && json->depth >= json->inline_from;
}

static void new_line(struct json *json)
{
	put_char(json, '\n');
	for (unsigned i = 0; i < json->depth; i++)
		put(json, "  ");
}

static void put_control(struct json *json, uint8_t c)
{
	char text[8];
	snprintf(text, sizeof(text), "\\u%04x", c);
	put(json, text);
}

static void put_escaped_byte(struct json *json, uint8_t c)
{
	switch (c) {
	case '"':
		put(json, "\\\"");
		break;
	case '\\':
		put(json, "\\\\");
		break;
	case '\n':
		put(json, "\\n");
		break;
	case '\t':
		put(json, "\\t");
		break;
	case '\r':
		put(json, "\\r");
		break;
	default:
		put_control(json, c);
	}
}

static bool is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/* One character that is not plain ASCII; returns how many bytes it took. */
static size_t put_character(struct json *json, const uint8_t *p, size_t left)
{
	size_t len = utf8_length(p, left);
	if (len == 0)
		put(json, "\xef\xbf\xbd");
	else if (len == 1)
		put_escaped_byte(json, p[0]);
	else if (len == 2 && p[0] == 0xc2 && p[1] < 0xa0)
		put_escaped_byte(json, p[1]);
	else
		put_bytes(json, p, len);
	return len ? len : 1;
}

static void put_string(struct json *json, const char *text, size_t size)
{
	const uint8_t *p = (const uint8_t *)text;
	put_char(json, '"');
	for (size_t i = 0; i < size;) {
		size_t run = i;
		while (run < size && is_plain(p[run]))
			run++;
		put_bytes(json, p + i, run - i);
		i = run;
		if (i < size)
			i += put_character(json, p + i, size - i);
	}
	put_char(json, '"');
}

/* What stands before a value: comma, line break, key. */
static void lead(struct json *json, const char *key)
{
	if (!json->empty)
		put(json, on_one_line(json) ? ", " : ",");
	if (json->depth > 0 && !on_one_line(json))
		new_line(json);
	json->empty = false;
	if (key == NULL)
		return;
	put_string(json, key, strlen(key));
	put(json, ": ");
}

static void open_scope(struct json *json, const char *key, enum json_layout layout, char bracket)
{
	lead(json, key);
	put_char(json, bracket);
	json->depth++;
	json->empty = true;
	if (layout == JSON_INLINE && json->inline_from == 0)
		json->inline_from = json->depth;
}

static void close_scope(struct json *json, char bracket)
{
	bool one_line = on_one_line(json);
	if (json->inline_from == json->depth)
		json->inline_from = 0;
	json->depth--;
	if (!json->empty && !one_line)
		new_line(json);
	put_char(json, bracket);
	json->empty = false;
}

void json_object(struct json *json, const char *key, enum json_layout layout)
{
	open_scope(json, key, layout, '{');
}

void json_object_end(struct json *json)
{
	close_scope(json, '}');
}

void json_array(struct json *json, const char *key, enum json_layout layout)
{
	open_scope(json, key, layout, '[');
}

void json_array_end(struct json *json)
{
	close_scope(json, ']');
}

void json_text_bytes(struct json *json, const char *key, const char *text, size_t size)
{
	lead(json, key);
	put_string(json, text, size);
}

void json_text(struct json *json, const char *key, const char *text)
{
	if (text == NULL)
		json_null(json, key);
	else
		json_text_bytes(json, key, text, strlen(text));
}

static void put_unsigned(struct json *json, uint64_t value)
{
	char digits[20];
	size_t n = sizeof(digits);
	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value != 0);
	put_bytes(json, digits + n, sizeof(digits) - n);
}

void json_unsigned(struct json *json, const char *key, uint64_t value)
{
	lead(json, key);
	put_unsigned(json, value);
}

void json_signed(struct json *json, const char *key, int64_t value)
{
	char text[24];
	snprintf(text, sizeof(text), "%" PRId64, value);
	lead(json, key);
	put(json, text);
}

void json_bool(struct json *json, const char *key, bool value)
{
	lead(json, key);
	put(json, value ? "true" : "false");
}

void json_null(struct json *json, const char *key)
{
	lead(json, key);
	put(json, "null");
}

void json_seconds(struct json *json, const char *key, double value)
{
	if (!(value >= 0 && value < 1e15)) {
		json_null(json, key);
		return;
	}
	char text[32];
	snprintf(text, sizeof(text), "%.3f", value);
	lead(json, key);
	put(json, text);
}

void json_address(struct json *json, const char *key, uint64_t addr)
{
	static const char digits[] = "0123456789abcdef";
	char text[18];
	size_t n = sizeof(text);
	do {
		text[--n] = digits[addr & 15];
		addr >>= 4;
	} while (addr != 0);
	lead(json, key);
	put(json, "\"0x");
	put_bytes(json, text + n, sizeof(text) - n);
	put_char(json, '"');
}

void json_numbers(struct json *json, const char *key, const uint64_t *values, size_t count)
{
	lead(json, key);
	put_char(json, '[');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			put(json, ", ");
		put_unsigned(json, values[i]);
	}
	put_char(json, ']');
}
