#pragma once
/*
 * ELF files made in memory: cores and executables whose every byte a test decides. Offsets in the
 * file are congruent to addresses modulo 4096, as loaders want them.
 */
#include "base/cursor.h"
#include "base/str.h"

struct test_segment {
	uint32_t type, flags; /* PT_LOAD, ...; PF_R ... */
	uint64_t addr;
	uint64_t memory_size; /* 0: as many as file_size */
	const void *bytes;
	uint64_t file_size;
	bool head; /* the contents are the file's own first file_size bytes */
};

struct test_section {
	const char *name;
	uint32_t type, link;
	uint64_t flags, addr;
	const void *bytes;
	uint64_t size;
};

struct test_elf {
	uint16_t type, machine; /* ET_CORE, ...; 0: EM_X86_64 */
	uint64_t entry;
	const struct test_segment *segments;
	size_t segment_count;
	const struct test_section *sections; /* the null section and .shstrtab are added */
	size_t section_count;
};

/* The file; to be given back with str_release(). */
struct str test_elf_make(const struct test_elf *elf);

/* Appends a note, padded as notes are. The owner's size counts its NUL, and is 0 for "", as Delve
 * has it. */
void test_note(struct str *notes, const char *owner, uint32_t type, const void *desc, size_t size);

/* Appends NT_PRSTATUS of amd64: thread TID, with rip PC and rsp SP. */
void test_note_prstatus(struct str *notes, int32_t tid, uint64_t pc, uint64_t sp);

/* Appends an NT_AUXV of COUNT pairs. */
void test_note_auxv(struct str *notes, const uint64_t (*pairs)[2], size_t count);

struct test_mapping {
	uint64_t lo, hi, page; /* offset in pages */
	const char *path;
};

/* Appends NT_FILE with a page size of 4096. */
void test_note_file(struct str *notes, const struct test_mapping *mappings, size_t count);

void test_put16(struct str *s, uint16_t v);
void test_put32(struct str *s, uint32_t v);
void test_put64(struct str *s, uint64_t v);

/* Overwrites bytes that are there. */
void test_set16(struct str *s, size_t pos, uint16_t v);
void test_set32(struct str *s, size_t pos, uint32_t v);
void test_set64(struct str *s, size_t pos, uint64_t v);

static inline struct bytes test_bytes(const struct str *s)
{
	return (struct bytes){ (const uint8_t *)s->text, s->size };
}

/* A copy of exactly these bytes in memory of its own, so that sanitizers see a read beyond. Freed
 * at exit. */
struct bytes test_exact(struct bytes bytes);
