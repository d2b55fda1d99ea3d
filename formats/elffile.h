#pragma once
/*
 * An ELF executable or shared object on disk (libelf): segments, symbols, build ids. Addresses are
 * the file's own; the caller adds the bias.
 */
#include "base/arena.h"
#include "formats/arch.h"
#include "formats/mapfile.h"

struct elf_segment { /* PT_LOAD */
	uint64_t addr, offset, file_size, memory_size;
	uint32_t flags;
};

struct elffile {
	struct mapfile file;
	const char *path;
	const struct arch *arch; /* NULL: a CPU that is not known */
	uint16_t elf_machine, elf_type;
	bool pie;	   /* ET_DYN */
	bool dynamic;	   /* has PT_INTERP or PT_DYNAMIC with needed libraries */
	bool has_symtab, has_dwarf;
	bool has_gopclntab; /* section of that name, else unknown */
	bool debug_only;    /* the debug half of a split file: its segments have no contents */
	uint64_t entry;
	struct elf_segment *segments;
	size_t segment_count;
	const char *build_id;	 /* GNU build id in hex, NULL if none */
	const char *go_build_id; /* Go build id note (name "Go", type 4), NULL if none */
	struct elffile_private *private;
};

bool elffile_open(const char *path, struct arena *arena, struct elffile *elf,
		  struct error *err) MUST_CHECK;
bool elffile_parse(struct bytes bytes, const char *name, struct arena *arena, struct elffile *elf,
		   struct error *err) MUST_CHECK;
void elffile_close(struct elffile *elf);

struct elf_symbol {
	const char *name; /* asked for */
	uint64_t value, size;
	bool found;
};

/* Fills in those of COUNT symbols that .symtab (else .dynsym) has, in one pass; of two of one name
 * the first. Returns how many. */
size_t elffile_symbols(const struct elffile *elf, struct elf_symbol *symbols, size_t count);

/* The addresses of the symbols of .symtab whose names begin with PREFIX and end with SUFFIX, at
 * most ROOM of them; returns how many there are. */
size_t elffile_symbols_like(const struct elffile *elf, const char *prefix, const char *suffix,
			    uint64_t *addrs, size_t room);

/* The function symbol (STT_FUNC with a size) that holds ADDR, of .symtab and .dynsym; of several
 * names of one address the global one without leading underscores wins, of those the shortest. NULL
 * if none; *OFFSET is ADDR minus its start. */
const char *elffile_function_at(const struct elffile *elf, uint64_t addr, uint64_t *offset);

/* The variable's symbol (STT_OBJECT with a size) that holds ADDR; NULL if none. Reads the whole
 * table. */
const char *elffile_object_at(const struct elffile *elf, uint64_t addr, uint64_t *offset);

/* The bytes of section NAME as they are in the file (not decompressed); empty if there is none.
 * *ADDR, if not NULL, gets its address. */
struct bytes elffile_section(const struct elffile *elf, const char *name, uint64_t *addr);

/* How many bytes of compressed DWARF there are: to open DWARF takes time in proportion to them. */
uint64_t elffile_packed_dwarf(const struct elffile *elf);

/* What the file has of memory from ADDR to the end of its segment; empty where it has nothing (bss,
 * no segment, a debug-only file). */
struct bytes elffile_at(const struct elffile *elf, uint64_t addr);

/* The address of the byte at file offset OFFSET; false if no segment holds it. */
bool elffile_address(const struct elffile *elf, uint64_t offset, uint64_t *addr);

/* The GNU and Go build ids in a run of note bytes (PT_NOTE contents), hex or text; NULL if none. */
void elf_note_ids(struct bytes notes, struct arena *arena, const char **build_id,
		  const char **go_build_id);

/* The same of the program headers at the start of ELF, which may be no more than the first page of
 * a file. */
void elf_header_ids(struct bytes elf, struct arena *arena, const char **build_id,
		    const char **go_build_id);
