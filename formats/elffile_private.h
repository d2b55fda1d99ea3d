#pragma once
/* What elffile.c and elfsymbols.c share: the section table, and the index of functions. */
#include "formats/elffile.h"

struct elf_section {
	const char *name; /* "" if it has none */
	uint32_t type, link;
	uint64_t flags, addr, offset, size;
};

struct elf_function {
	uint64_t addr, size;
	const char *name;
	uint8_t rank; /* of names of one address the lowest is shown */
};

struct elffile_private {
	struct arena *arena;
	struct elf_section *sections;
	size_t section_count;
	/* Made by the first elffile_function_at(). */
	bool indexed;
	struct elf_function *functions;
	size_t function_count;
};

/* The contents of a section; empty for SHT_NOBITS and for one that is not all in the file. */
struct bytes elf_section_bytes(const struct elffile *elf, const struct elf_section *section);

/* The first section of TYPE, NULL if there is none. */
const struct elf_section *elf_section_of_type(const struct elffile *elf, uint32_t type);

/* STRINGS without what follows its last NUL: every string that begins inside ends inside. */
struct bytes elf_whole_strings(struct bytes strings);
