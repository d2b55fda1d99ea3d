#pragma once
/*
 * Which executable dumped this core, and whether a given one is it. It is compared by GNU build
 * id, by Go build id, and by bytes that lie in both (program headers, notes, build info, read-only
 * pages that were dumped), never by .data, which changes while the program runs, nor by what
 * strip(1) changes in the ELF header.
 */
#include "base/caveat.h"
#include "formats/corefile.h"
#include "formats/debuginfod.h"
#include "formats/elffile.h"

enum exe_match { EXE_MATCH_UNKNOWN, EXE_MATCH_YES, EXE_MATCH_NO };

struct exe_check {
	enum exe_match match;
	const char *reason; /* a clause: "GNU build id 1234.. is not the core's 5678.." */
	const char *core_build_id, *core_go_build_id; /* as found in the core; NULL if not */
	uint64_t bias;
};

struct exe_search {
	const char *exe;	/* named on the command line; NULL: search */
	const char *debug_dir;	/* searched by build id; NULL: none */
	const char *sysroot;	/* put in front of NT_FILE paths; NULL: none */
	struct debuginfod *debuginfod; /* asked last; NULL: not */
};

/* The address in memory minus the address in the file of the executable ELF: from AT_PHDR and
 * AT_ENTRY where they agree, else from NT_FILE. False (and 0) where nothing tells. */
bool exe_bias(const struct corefile *core, const struct elffile *elf, uint64_t *bias);

/* The build ids in the first page of the executable, which cores hold; NULL where they are not. */
void exe_core_ids(const struct corefile *core, struct arena *arena, const char **build_id,
		  const char **go_build_id);

/* PATH of NT_FILE as it is on this machine: the sysroot (may be NULL) in front, and without the
 * " (deleted)" of the kernel, which *DELETED tells. */
const char *exe_host_path(const char *path, const char *sysroot, struct arena *arena,
			  bool *deleted);

/* Compares ELF with CORE. */
void exe_check(const struct corefile *core, const struct elffile *elf, struct arena *arena,
	       struct exe_check *check);

/* Finds and opens the executable: the one named, else NT_FILE's path (with the sysroot in front),
 * else by build id under debug_dir (.build-id/ab/cdef..., .build-id/ab/cdef....debug, and any file
 * directly in it), else on a debuginfod server by GNU build id. One that is found by itself and
 * does not fit is passed over with a caveat. Returns false with ERROR_NOT_FOUND (the text names
 * build id and path looked for) when there is none; with other errors only for a named EXE that
 * cannot be opened or is no ELF executable. A named EXE that does not match is returned with
 * check->match EXE_MATCH_NO: the caller decides. */
bool exe_find(const struct corefile *core, const struct exe_search *search, struct arena *arena,
	      struct elffile *elf, struct exe_check *check, struct caveats *caveats,
	      struct error *err) MUST_CHECK;
