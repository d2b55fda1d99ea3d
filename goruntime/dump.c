#include "goruntime/dump.h"

void dump_row_read(const struct snapshot *s, uint64_t addr, uint64_t length, uint64_t offset,
		   struct dump_row *row)
{
	struct error err = ERROR_INIT;
	uint64_t left = length - offset;
	size_t wanted = left < DUMP_ROW ? (size_t)left : DUMP_ROW;
	*row = (struct dump_row){ .addr = addr + offset };
	while (row->size < wanted && image_read(s->image, row->addr + row->size,
						row->bytes + row->size, 1, &err))
		row->size++;
	row->missing = err.code;
}
