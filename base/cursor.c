#include "base/cursor.h"

#include <string.h>

uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);
	return p ? *p : 0;
}

uint16_t cursor_u16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);
	return p ? bytes_u16(p) : 0;
}

uint32_t cursor_u32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);
	return p ? bytes_u32(p) : 0;
}

uint64_t cursor_u64(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 8);
	return p ? bytes_u64(p) : 0;
}

uint64_t cursor_uvarint(struct cursor *c)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t b = cursor_u8(c);
		if (c->failed)
			return 0;
		if (shift == 63 && b > 1)
			break;
		value |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80)
			return value;
	}
	c->failed = true;
	return 0;
}

const char *cursor_cstring(struct cursor *c)
{
	size_t left = cursor_left(c);
	if (left == 0) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *start = c->data + c->pos;
	const uint8_t *nul = memchr(start, 0, left);
	if (nul == NULL) {
		c->failed = true;
		return NULL;
	}
	c->pos += (size_t)(nul - start) + 1;
	return (const char *)start;
}
