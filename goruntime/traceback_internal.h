#pragma once
/* Shared by the files that make the runtime's own traceback; nobody else includes it. */
#include "goruntime/traceback.h"

/* Whether gp=, m= and mp= stand in the header of G, and fp=, sp= and pc= behind its frames. */
bool traceback_has_columns(const struct traceback *traceback, const struct goroutine *g);

/* Appends the header of G, "goroutine 1 [chan receive]:" and a newline. */
void traceback_add_header(const struct traceback *traceback, const struct goroutine *g,
			  struct str *out);

/* Whether the runtime would print pprof labels in headers. */
bool traceback_wants_labels(const struct snapshot *snapshot, const struct traceback_style *style);

/* Appends "\tFILE:LINE +0xOFFSET" of PC, a return address in CODE, and a newline; the line is that
 * of the innermost call there. */
void traceback_add_place(const struct traceback *traceback, const struct code *code, uint64_t pc,
			 struct str *out);

/* Appends what GODEBUG=tracebackancestors=N kept of the goroutines that created G. */
void traceback_add_ancestors(const struct traceback *traceback, const struct goroutine *g,
			     struct str *out);
