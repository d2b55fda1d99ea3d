#pragma once
/* Builds a Go symbol table byte by byte, so that a test shows what it is about. */
#include <stdlib.h>
#include <string.h>

#include "formats/pclntab.h"

struct part {
	uint8_t bytes[4096];
	size_t size;
};

/* A function; what is not given is 0. */
struct make_func {
	uint32_t entry, name, args, pcsp, pcfile, pcln, cu_offset, start_line;
	uint8_t id, flags;
	uint32_t pcdata[5], funcdata[8];
	uint32_t pcdata_count;
	uint8_t funcdata_count;
	uint32_t record_entry; /* entryoff in _func, where it shall differ */
};

struct make_pclntab {
	uint32_t magic; /* 0: of Go 1.20 and later */
	uint8_t quantum; /* 0: 1 */
	uint64_t text_start;
	struct part names, cutab, filetab, pctab, gofunc, whole;
	struct make_func funcs[16];
	uint32_t count;
	uint32_t end; /* of the last function */
};

enum { MAGIC_1_18 = 0xfffffff0, MAGIC_1_20 = 0xfffffff1 };

static inline void put(struct part *part, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		part->bytes[part->size++] = (uint8_t)(value >> (8 * i));
}

static inline uint32_t put_string(struct part *part, const char *s)
{
	uint32_t offset = (uint32_t)part->size;
	memcpy(part->bytes + part->size, s, strlen(s) + 1);
	part->size += strlen(s) + 1;
	return offset;
}

static inline void put_varint(struct part *part, uint32_t value)
{
	for (; value >= 0x80; value >>= 7)
		put(part, value | 0x80, 1);
	put(part, value, 1);
}

/* A pc-value table: COUNT pairs of a value and the number of quanta that it holds for. */
static inline uint32_t put_table(struct part *pctab, const int32_t (*runs)[2], size_t count)
{
	if (pctab->size == 0)
		put(pctab, 0, 1); /* offset 0 means no table */
	uint32_t offset = (uint32_t)pctab->size;
	int32_t value = -1;
	for (size_t i = 0; i < count; i++) {
		int32_t delta = runs[i][0] - value;
		put_varint(pctab, (uint32_t)delta << 1 ^ (uint32_t)(delta >> 31));
		put_varint(pctab, (uint32_t)runs[i][1]);
		value = runs[i][0];
	}
	put(pctab, 0, 1);
	return offset;
}

#define TABLE(pctab, ...)                                                                          \
	put_table(pctab, (const int32_t[][2]){ __VA_ARGS__ },                                      \
		  sizeof((const int32_t[][2]){ __VA_ARGS__ }) / sizeof(int32_t[2]))

static inline void put_func(const struct make_pclntab *make, const struct make_func *f,
			    struct part *out)
{
	put(out, f->record_entry ? f->record_entry : f->entry, 4);
	put(out, f->name, 4);
	put(out, f->args, 4);
	put(out, 0, 4); /* deferreturn */
	put(out, f->pcsp, 4);
	put(out, f->pcfile, 4);
	put(out, f->pcln, 4);
	put(out, f->pcdata_count, 4);
	put(out, f->cu_offset, 4);
	if (make->magic != MAGIC_1_18)
		put(out, f->start_line, 4);
	put(out, f->id, 1);
	put(out, f->flags, 1);
	put(out, 0, 1);
	put(out, f->funcdata_count, 1);
	for (uint32_t i = 0; i < f->pcdata_count; i++)
		put(out, f->pcdata[i], 4);
	for (uint32_t i = 0; i < f->funcdata_count; i++)
		put(out, f->funcdata[i], 4);
}

/* functab: (entryoff, funcoff) of each function, the end of the last one, the records. */
static inline void put_functab(struct make_pclntab *make, struct part *out)
{
	struct part records = { 0 };
	uint32_t first = make->count * 8 + 8;
	for (uint32_t i = 0; i < make->count; i++) {
		put(out, make->funcs[i].entry, 4);
		put(out, first + records.size, 4);
		put_func(make, &make->funcs[i], &records);
	}
	put(out, make->end, 4);
	put(out, 0, 4);
	memcpy(out->bytes + out->size, records.bytes, records.size);
	out->size += records.size;
}

/* The table; it lives in MAKE. */
static inline struct bytes make_bytes(struct make_pclntab *make)
{
	const struct part *parts[] = { &make->names, &make->cutab, &make->filetab, &make->pctab };
	struct part *out = &make->whole;
	uint64_t offset = 72;
	out->size = 0;
	if (make->magic == 0)
		make->magic = MAGIC_1_20;
	put(out, make->magic, 4);
	put(out, 0, 2);
	put(out, make->quantum ? make->quantum : 1, 1);
	put(out, 8, 1);
	put(out, make->count, 8);
	put(out, 1, 8);
	put(out, make->text_start, 8);
	for (size_t i = 0; i < 4; i++) {
		put(out, offset, 8);
		offset += parts[i]->size;
	}
	put(out, offset, 8);
	for (size_t i = 0; i < 4; i++) {
		memcpy(out->bytes + out->size, parts[i]->bytes, parts[i]->size);
		out->size += parts[i]->size;
	}
	put_functab(make, out);
	return (struct bytes){ out->bytes, out->size };
}

/* The table, opened for go1.MINOR. */
static inline struct pclntab make_open(struct make_pclntab *make, unsigned minor)
{
	struct pclntab tab;
	struct error err = ERROR_INIT;
	if (!pclntab_open(make_bytes(make), 0, minor, 0, &tab, &err))
		abort();
	tab.gofunc = (struct bytes){ make->gofunc.bytes, make->gofunc.size };
	return tab;
}
