#pragma once
/*
 * One run over one core: what was opened, in the order of the path of data, and what is owned. All
 * of it lives until session_close().
 */
#include "cli/options.h"
#include "cli/progress.h"
#include "formats/debugfile.h"
#include "formats/findexe.h"
#include "goruntime/snapshot.h"

/* How far session_open() goes. */
enum session_depth {
	SESSION_IMAGE,	  /* core, executable, address space */
	SESSION_SNAPSHOT, /* and the Go program in it */
};

struct session {
	const struct options *options;
	struct arena arena;
	struct caveats caveats;
	struct progress progress;
	struct corefile core;
	struct elffile exe, debug; /* DEBUG: its symbols and DWARF, where they are in a file apart */
	struct exe_check check;
	struct debuginfod debuginfod;
	struct debug_search debug_search;
	struct image image;
	struct snapshot snapshot;
	bool has_core, has_exe, has_debug, has_image, has_snapshot;
	bool changed; /* a file was written to while it was read, and a caveat says so */
	const char *about; /* what a failure is about: "core", "executable", "program" */
};

/* Fails with ERROR_MISMATCH where the named executable is not the core's (unless --force). After a
 * failure the session holds what was reached before it, and must be closed as well. */
bool session_open(struct session *session, const struct options *options, enum session_depth depth,
		  struct error *err) MUST_CHECK;

/* From an open core and, where there is one, executable to the address space: what is left to do
 * for SESSION_IMAGE after a mismatch. */
bool session_image(struct session *session, struct error *err) MUST_CHECK;

/* From an open image to the snapshot. */
bool session_snapshot(struct session *session, struct error *err) MUST_CHECK;
void session_close(struct session *session);

/* Adds the caveat that the core or the executable was written to since it was opened, where that is
 * so. session_open() begins anew once before it comes to that. */
void session_check(struct session *session);

/* EXIT_COMPLETE or EXIT_WEAKENED, by the caveats so far. A change of the files that was not told of
 * yet is, on stderr. */
int session_exit(struct session *session);
