#pragma once
/* Functions and source lines as a person reads them. */
#include "cli/options.h"

/* "srv/server.go:118": the file from its package's path on where that is in it, else its last
 * directory and name; after --path-map. "" where it is not known. */
void place_add(const struct call *call, const struct options *options, struct str *out);

/* Whether the function is of the program or of a module it uses, not of Go itself. */
bool call_is_users(const struct call *call, const struct buildinfo *info);

/* The frame that tells most of what a goroutine does: the innermost one of the user's code, else
 * the outermost that is not the runtime's. NULL for an empty trace. */
const struct call *trace_telling(const struct trace *trace, const struct buildinfo *info);

/* Index of the innermost frame from FIRST on that is of the user's code; FIRST where none is. */
size_t trace_users_frame(const struct trace *trace, size_t first, const struct buildinfo *info);
