#pragma once
/* CRC-32 of IEEE 802.3, as gzip (RFC 1952, 8) and .gnu_debuglink (gdb's gnu_debuglink_crc32) have
 * it. */
#include "base/cursor.h"

/* CRC of what CRC was made of, then BYTES; begins with 0. */
uint32_t crc32_add(uint32_t crc, struct bytes bytes);
