#pragma once
/*
 * The address space of the dead process: the core's segments first, then the files that were
 * mapped (the executable, shared objects), with holes named. A read never yields zero for a hole:
 * it fails and says why, unmapped or not dumped.
 */
#include "base/caveat.h"
#include "formats/corefile.h"
#include "formats/elffile.h"

enum image_source { IMAGE_CORE, IMAGE_FILE, IMAGE_MISSING };

/* A run of addresses with one source. Runs are sorted, disjoint; what lies in none was unmapped. */
struct image_run {
	uint64_t lo, hi;
	const uint8_t *bytes; /* NULL for IMAGE_MISSING */
	enum image_source source;
	uint32_t flags;	  /* PF_R, PF_W, PF_X as of the core's segment; 0 if not known */
	const char *path; /* of the mapped file, NULL if anonymous */
	uint64_t offset;  /* of LO in that file */
	bool truncated;	  /* missing since the core file is cut, not since it was never dumped */
};

/* Where a file that was opened lay in memory. Sorted, disjoint. */
struct image_object {
	uint64_t lo, hi;
	uint64_t bias;
	const struct elffile *elf;
};

struct debug_search; /* debugfile.h */
struct image_debug;

/* Slots of the cache of runs, one for each 4 MB, 64 of them in turn. */
enum { IMAGE_RECENT_SHIFT = 22, IMAGE_RECENT_COUNT = 64 };

struct image {
	const struct corefile *core;
	const struct arch *arch;
	const char *name; /* of the core file, for messages */
	struct image_run *runs;
	size_t run_count;
	uint64_t *starts; /* runs[i].lo, close together for the search */
	uint32_t *recent; /* runs found last, by address: a cache, and all that changes later */
	const struct elffile *executable; /* NULL: none */
	const struct elffile *debug;	  /* its symbols and DWARF, where it has none; NULL: none */
	uint64_t bias;			  /* address in memory minus address in the executable */
	struct elffile **objects;	  /* shared objects that were opened, unordered */
	size_t object_count;
	struct image_object *placed;
	size_t placed_count;
	/* Debug files of shared objects: where to look for them, and those that were asked for. */
	const struct debug_search *object_search;
	struct image_debug **object_debug;
	struct arena *arena;
	struct caveats *caveats;
	bool no_lines;
};

struct image_options {
	const struct elffile *executable; /* NULL: none */
	const struct elffile *debug;	  /* of the executable, of the same addresses; NULL: none */
	const char *sysroot;		  /* put in front of paths of shared objects; NULL: none */
	bool no_objects;		  /* do not open shared objects (no file system access) */
	bool only_files; /* leave out what the core has: the memory as it was when it was mapped */
	/* Where debug files of shared objects are looked for, when their symbols or lines are asked
	 * for; NULL: they are not. Lives as long as the image. */
	const struct debug_search *object_search;
	bool no_lines; /* nobody will look at source lines of C code, which DWARF alone has */
};

/* Builds the image. Shared objects named in NT_FILE are opened where they are readable and their
 * build id is that in the core's first page of them (or not known); they live in ARENA and are
 * closed with image_close(). Never fails but for limits. */
bool image_build(const struct corefile *core, const struct image_options *options,
		 struct arena *arena, struct image *image, struct caveats *caveats,
		 struct error *err) MUST_CHECK;
void image_close(struct image *image);

/* The file that has the executable's symbols, or its DWARF: the executable itself, or its debug
 * file. NULL where there is no executable; it may have none all the same. */
const struct elffile *image_symbols(const struct image *image);
const struct elffile *image_dwarf(const struct image *image);

/* The same for OBJECT, one that image_object() gave; here NULL where there is no DWARF. The debug
 * file of a shared object is looked for at the first question. */
const struct elffile *image_symbols_of(const struct image *image, const struct elffile *object);
const struct elffile *image_dwarf_of(const struct image *image, const struct elffile *object);

/* Closes the debug files of shared objects: a part of image_close(). */
void image_debug_close(struct image *image);

/* The run that holds ADDR, NULL if unmapped. */
const struct image_run *image_find(const struct image *image, uint64_t addr);

/* SIZE contiguous bytes at ADDR in one run, NULL if they are not there or cross a seam. */
const uint8_t *image_at(const struct image *image, uint64_t addr, size_t size);

/* The bytes from ADDR to the end of its run; empty if not readable. */
struct bytes image_rest(const struct image *image, uint64_t addr);

/* Copies across seams. ERROR_UNMAPPED or ERROR_NOT_DUMPED with the first address that fails. */
bool image_read(const struct image *image, uint64_t addr, void *to, size_t size,
		struct error *err) MUST_CHECK;
/* image_read() for memory that is looked at once: see mapfile_read(). False, without a reason,
 * where image_read() is needed. */
bool image_read_once(const struct image *image, uint64_t addr, void *to, size_t size) MUST_CHECK;
bool image_u8(const struct image *image, uint64_t addr, uint8_t *v, struct error *err) MUST_CHECK;
bool image_u32(const struct image *image, uint64_t addr, uint32_t *v, struct error *err) MUST_CHECK;
bool image_u64(const struct image *image, uint64_t addr, uint64_t *v, struct error *err) MUST_CHECK;

/* SIZE bytes at ADDR: a pointer into the mapping where contiguous, else a copy in ARENA. */
bool image_bytes(const struct image *image, uint64_t addr, uint64_t size, struct arena *arena,
		 struct bytes *bytes, struct error *err) MUST_CHECK;

/* The object (executable or shared) that was mapped at ADDR and its bias; NULL if none is open. */
const struct elffile *image_object(const struct image *image, uint64_t addr, uint64_t *bias);
