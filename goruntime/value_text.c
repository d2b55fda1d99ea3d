/* Numbers and strings in Go's syntax. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "goruntime/floattext.h"
#include "goruntime/value_internal.h"

/* --- strings ----------------------------------------------------------------------------------- */

/* Ranges that unicode.IsPrint refuses: controls, spaces other than U+0020, format characters,
 * surrogates and private use. */
static bool is_printable(uint32_t c)
{
	static const struct {
		uint32_t lo, hi;
	} hidden[] = {
		{ 0, 0x1f },	   { 0x7f, 0xa0 },     { 0xad, 0xad },	   { 0x1680, 0x1680 },
		{ 0x2000, 0x200f }, { 0x2028, 0x202f }, { 0x205f, 0x206f }, { 0x3000, 0x3000 },
		{ 0xd800, 0xf8ff }, { 0xfeff, 0xfeff }, { 0xfff0, 0xfffb }, { 0xfffe, 0xffff },
		{ 0xe0000, 0x10ffff },
	};
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (c >= hidden[i].lo && c <= hidden[i].hi)
			return false;
	return true;
}

static uint32_t decode_utf8(const uint8_t *p, size_t n)
{
	static const uint8_t first[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	uint32_t c = p[0] & first[n];
	for (size_t i = 1; i < n; i++)
		c = c << 6 | (p[i] & 0x3f);
	return c;
}

static void add_hidden(struct str *out, uint32_t c)
{
	static const char escapes[] = "abtnvfr"; /* of U+0007 to U+000D */
	if (c >= 7 && c <= 13)
		str_printf(out, "\\%c", escapes[c - 7]);
	else if (c < 0x80)
		str_printf(out, "\\x%02x", c);
	else
		str_printf(out, c < 0x10000 ? "\\u%04x" : "\\U%08x", c);
}

static void add_quoted_bytes(struct str *out, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n;) {
		size_t size = utf8_length(bytes + i, n - i);
		uint32_t c = size > 0 ? decode_utf8(bytes + i, size) : bytes[i];
		if (size == 0)
			str_printf(out, "\\x%02x", c);
		else if (c == '"' || c == '\\')
			str_printf(out, "\\%c", (char)c);
		else if (is_printable(c))
			str_add_bytes(out, bytes + i, size);
		else
			add_hidden(out, c);
		i += size > 0 ? size : 1;
	}
}

void str_add_left_out(struct str *out, uint64_t count)
{
	str_add(out, "... ");
	str_add_grouped(out, count);
	str_add(out, " more");
}

void str_add_quoted(struct str *out, const uint8_t *bytes, size_t n, uint64_t length)
{
	str_add_char(out, '"');
	add_quoted_bytes(out, bytes, n);
	str_add_char(out, '"');
	if (n < length) {
		str_add_left_out(out, length - n);
		str_add(out, " bytes");
	}
}

/* Bytes of a text that is cut, so that no character is. */
static size_t whole_characters(const uint8_t *bytes, size_t n)
{
	size_t back = 0;
	while (back < 3 && back < n && (bytes[n - 1 - back] & 0xc0) == 0x80)
		back++;
	if (back < n && bytes[n - 1 - back] >= 0xc0 &&
	    utf8_length(bytes + n - 1 - back, back + 1) == 0)
		return n - 1 - back;
	return n;
}

void value_make_string(struct values *v, const struct operand *operand, struct value *value)
{
	uint64_t addr = 0, length;
	struct bytes bytes = { 0 };
	struct error err = ERROR_INIT;
	static const char *const words[] = { "at", "len" };
	enum value_state state = operand_u64(v, operand, 8, &length);
	if (state == VALUE_OK && length > 0) /* an empty one needs no place */
		state = operand_u64(v, operand, 0, &addr);
	if (state != VALUE_OK) {
		value_fail_in_part(v, state, operand, words, 2, value);
		return;
	}
	size_t kept = length < v->limits.string ? length : v->limits.string;
	bool there = length == 0 || image_bytes(v->snapshot->image, addr, kept, v->arena, &bytes, &err);
	if (!there || length > INT64_MAX) {
		value->state = err.code == ERROR_NOT_DUMPED ? VALUE_NOT_IN_CORE : VALUE_UNREADABLE;
		value->text = arena_printf(v->arena, "<%s: %" PRIu64 " bytes at 0x%" PRIx64 ">",
					   value->state == VALUE_NOT_IN_CORE ? "not in the core"
									     : "not readable",
					   length, addr);
		return;
	}
	if (v->limits.redact) {
		value->state = VALUE_REDACTED;
		value->text = arena_printf(v->arena, "<redacted, %" PRIu64 " bytes>", length);
		return;
	}
	_cleanup_str_ struct str out = { 0 };
	if (kept < length)
		bytes.size = whole_characters(bytes.data, bytes.size);
	str_add_quoted(&out, bytes.data, bytes.size, length);
	value->text = str_keep(&out, v->arena);
}

/* --- numbers ----------------------------------------------------------------------------------- */

static void add_complex(struct str *out, const uint8_t *raw, bool single)
{
	_cleanup_str_ struct str imaginary = { 0 };
	str_add_float(&imaginary, float_at(raw + (single ? 4 : 8), single), single);
	str_add_char(out, '(');
	str_add_float(out, float_at(raw, single), single);
	if (imaginary.text[0] != '-' && imaginary.text[0] != '+')
		str_add_char(out, '+');
	str_add(out, str_text(&imaginary));
	str_add(out, "i)");
}

static void add_number(struct str *out, const struct value_type *type, const uint8_t *raw)
{
	unsigned unused = 64 - 8 * (unsigned)(type->size < 8 ? type->size : 8);
	switch (type->kind) {
	case KIND_BOOL:
		str_add(out, raw[0] ? "true" : "false");
		break;
	case KIND_INT:
	case KIND_INT8:
	case KIND_INT16:
	case KIND_INT32:
	case KIND_INT64:
		str_printf(out, "%" PRId64, (int64_t)(bytes_u64(raw) << unused) >> unused);
		break;
	case KIND_FLOAT32:
	case KIND_FLOAT64:
		str_add_float(out, float_at(raw, type->kind == KIND_FLOAT32),
			      type->kind == KIND_FLOAT32);
		break;
	case KIND_COMPLEX64:
	case KIND_COMPLEX128:
		add_complex(out, raw, type->kind == KIND_COMPLEX64);
		break;
	case KIND_UNSAFE_POINTER:
		if (bytes_u64(raw) == 0)
			str_add(out, "nil");
		else
			str_printf(out, "unsafe.Pointer(0x%" PRIx64 ")", bytes_u64(raw));
		break;
	default:
		str_printf(out, "%" PRIu64, bytes_u64(raw));
	}
}

void value_make_number(struct values *v, const struct operand *operand, struct value *value)
{
	uint8_t raw[16] = { 0 };
	size_t size = operand->type->size;
	enum value_state state = size == 0 || size > sizeof(raw)
					 ? VALUE_UNREADABLE
					 : operand_read(v, operand, 0, raw, size);
	if (state == VALUE_OK && v->limits.redact)
		state = VALUE_REDACTED;
	if (state != VALUE_OK) {
		value_fail(v, state, state == VALUE_REDACTED ? 0 : operand->addr, value);
		return;
	}
	_cleanup_str_ struct str out = { 0 };
	if (operand->type->kind == KIND_UNSAFE_POINTER && bytes_u64(raw) == 0)
		str_add(&out, "nil");
	else
		add_number(&out, operand->type, raw);
	const char *constant = value_constant_name(v, operand->type, bytes_u64(raw));
	value->text = constant != NULL
			      ? arena_printf(v->arena, "%s (%s)", constant, str_text(&out))
			      : str_keep(&out, v->arena);
}
