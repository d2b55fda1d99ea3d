#pragma once
/* The bytes of memory, row by row, for a person. */
#include "goruntime/snapshot.h"

enum { DUMP_ROW = 16 };

struct dump_row {
	uint64_t addr;
	uint8_t bytes[DUMP_ROW];
	size_t size; /* bytes that are there, up to the first that is missing */
	enum error_code missing; /* ERROR_NONE: all; ERROR_UNMAPPED, ERROR_NOT_DUMPED */
};

/* The row at OFFSET, a multiple of DUMP_ROW below LENGTH, of the LENGTH bytes at ADDR. */
void dump_row_read(const struct snapshot *snapshot, uint64_t addr, uint64_t length,
		   uint64_t offset, struct dump_row *row);
