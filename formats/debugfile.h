#pragma once
/*
 * Where the symbols and the DWARF of an executable are that has none itself: in a file named by its
 * build id, or by its .gnu_debuglink with the CRC of that file (gdb manual, "Debugging Information
 * in Separate Files"), or on a debuginfod server.
 */
#include "base/caveat.h"
#include "formats/debuginfod.h"
#include "formats/elffile.h"

struct debug_search {
	const char *debug_dir; /* searched first; NULL: none */
	const char *sysroot;   /* put in front of /usr/lib/debug; NULL: none */
	struct debuginfod *debuginfod; /* NULL: servers are not asked */
};

/* Finds and opens the debug file of EXE. One that is found but does not fit is passed over with a
 * caveat. The caller closes it. */
bool debugfile_find(const struct elffile *exe, const struct debug_search *search,
		    struct arena *arena, struct elffile *debug, struct caveats *caveats) MUST_CHECK;
