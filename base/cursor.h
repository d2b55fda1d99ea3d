#pragma once
/*
 * A bounded reader of little-endian bytes in memory. It fails once and for all: the first read
 * beyond the end sets `failed`, and that one and every later one yield zero. So a record is read
 * straight through, checked once, and then used.
 */
#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A run of bytes that somebody else owns. */
struct bytes {
	const uint8_t *data;
	size_t size;
};

struct cursor {
	const uint8_t *data;
	size_t size;
	size_t pos;
	bool failed;
};

/* An address for no bytes: arithmetic on NULL is undefined even when nothing is added. */
static inline const uint8_t *bytes_start(struct bytes bytes)
{
	return bytes.data ? bytes.data : (const uint8_t *)"";
}

static inline struct cursor cursor_of(struct bytes bytes)
{
	return (struct cursor){ .data = bytes_start(bytes), .size = bytes.size };
}

/* The bytes from POS on; a cursor that has failed already where POS lies beyond the end. */
static inline struct cursor cursor_at(struct bytes bytes, uint64_t pos)
{
	if (pos > bytes.size)
		return (struct cursor){ .failed = true };
	return (struct cursor){ .data = bytes_start(bytes), .size = bytes.size, .pos = (size_t)pos };
}

/* [POS, POS + SIZE) of BYTES; empty where that is not wholly inside. */
static inline struct bytes bytes_sub(struct bytes bytes, uint64_t pos, uint64_t size)
{
	if (bytes.data == NULL || pos > bytes.size || size > bytes.size - pos)
		return (struct bytes){ 0 };
	return (struct bytes){ bytes.data + pos, (size_t)size };
}

static inline size_t cursor_left(const struct cursor *c)
{
	return c->failed ? 0 : c->size - c->pos;
}

/* A pointer to the next N bytes, which are passed over; NULL when they are not all there. */
static inline const uint8_t *cursor_take(struct cursor *c, uint64_t n)
{
	if (c->failed || n > c->size - c->pos) {
		c->failed = true;
		return NULL;
	}
	const uint8_t *p = c->data + c->pos;
	c->pos += (size_t)n;
	return p;
}

static inline void cursor_skip(struct cursor *c, uint64_t n)
{
	(void)cursor_take(c, n);
}

/* Passes over bytes up to the next multiple of ALIGN, a power of two, counted from the start. */
static inline void cursor_align(struct cursor *c, size_t align)
{
	cursor_skip(c, (0 - c->pos) & (align - 1));
}

/* Little-endian integers at P, which need not be aligned. */
static inline uint16_t bytes_u16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return le16toh(v);
}

static inline uint32_t bytes_u32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return le32toh(v);
}

static inline uint64_t bytes_u64(const uint8_t *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof(v));
	return le64toh(v);
}

uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16(struct cursor *c);
uint32_t cursor_u32(struct cursor *c);
uint64_t cursor_u64(struct cursor *c);

/* Unsigned LEB128, as Go's encoding/binary writes varints; fails past 64 bits. */
uint64_t cursor_uvarint(struct cursor *c);

/* A NUL-terminated string, borrowed; NULL when no NUL follows within the bytes. */
const char *cursor_cstring(struct cursor *c);
