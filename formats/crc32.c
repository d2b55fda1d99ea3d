#include "formats/crc32.h"

#include <pthread.h>

enum { SLICES = 8 };

/* table[0] is of one byte; table[n] of a byte that n zeros follow: eight bytes at a time. */
static uint32_t table[SLICES][256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_table(void)
{
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;
		for (unsigned bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
		table[0][i] = crc;
	}
	for (unsigned n = 1; n < SLICES; n++)
		for (uint32_t i = 0; i < 256; i++)
			table[n][i] = table[n - 1][i] >> 8 ^ table[0][table[n - 1][i] & 0xff];
}

static uint32_t eight(const uint8_t *p, uint32_t crc)
{
	uint32_t low = bytes_u32(p) ^ crc, high = bytes_u32(p + 4);
	return table[7][low & 0xff] ^ table[6][low >> 8 & 0xff] ^ table[5][low >> 16 & 0xff] ^
	       table[4][low >> 24] ^ table[3][high & 0xff] ^ table[2][high >> 8 & 0xff] ^
	       table[1][high >> 16 & 0xff] ^ table[0][high >> 24];
}

uint32_t crc32_add(uint32_t crc, struct bytes bytes)
{
	pthread_once(&made, make_table);
	const uint8_t *p = bytes.data;
	size_t left = bytes.size;
	crc = ~crc;
	for (; left >= 8; left -= 8, p += 8)
		crc = eight(p, crc);
	for (; left > 0; left--, p++)
		crc = crc >> 8 ^ table[0][(crc ^ *p) & 0xff];
	return ~crc;
}
