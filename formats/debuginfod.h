#pragma once
/*
 * Files by GNU build id from the servers that DEBUGINFOD_URLS names (elfutils' client library,
 * loaded when needed). Where the variable is not set nothing is loaded and nobody asked. A server
 * that sends nothing for some seconds is given up.
 */
#include "base/arena.h"
#include "base/error.h"

struct debuginfod {
	bool down; /* a server did not answer: nothing more is asked */
};

enum debuginfod_kind { DEBUGINFOD_EXECUTABLE, DEBUGINFOD_DEBUGINFO };

/* Whether there is a server to ask. */
bool debuginfod_is_set(void);

/* The path, in the library's cache, of the file with BUILD_ID (hex). ERROR_NOT_FOUND where no
 * server has it, ERROR_IO where none answers: the text is a clause that begins with
 * "debuginfod". */
bool debuginfod_find(struct debuginfod *debuginfod, enum debuginfod_kind kind,
		     const char *build_id, struct arena *arena, const char **path,
		     struct error *err) MUST_CHECK;
