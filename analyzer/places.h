#pragma once
/* Frames as clauses of a sentence, and which of them are the program's own. */
#include "analyzer/finding.h"
#include "goruntime/snapshot.h"

/* Whether FUNCTION (as Go prints it) belongs to the runtime: runtime.*, internal/runtime,
 * runtime/internal, and what stands for runtime.gopanic. */
bool function_is_runtime(const char *function);

/* Whether it only carries out what its caller asked for: the runtime, sync, time, internal. */
bool function_is_plumbing(const char *function);

/* Whether FUNCTION is exactly PREFIX or begins with it. */
bool function_begins(const char *function, const char *prefix);

/* Index of the first frame from FIRST on that is not plumbing; of FIRST itself where all are;
 * trace->count where there is none. */
size_t trace_own_frame(const struct trace *trace, size_t first);

/* Whether the file OBJECT (without directory; NULL: none) is the C library's, or the kernel's
 * page. */
bool object_is_c_library(const char *object);

/* Whether CALL, of C, is where C code ends up when its caller is wrong: the C or C++ library's, in
 * a file of its own or linked in; the end of a jump to where no code is; what stands for a
 * signal. */
bool call_is_c_plumbing(const struct call *call);

/* Index of the innermost frame of the C code on top of a stack that is the program's own: not the C
 * library's, not cgo's. Where it is all theirs, the C library's outermost one. */
size_t trace_c_frame(const struct trace *trace);

/* Index of the first frame before END whose function begins with PREFIX; END if none. */
size_t trace_find(const struct trace *trace, size_t end, const char *prefix);

/* "main.f (srv/server.go:118)"; the file with its last folder only. Memory of ARENA. */
const char *place_of(struct arena *arena, const struct call *call);

/* The innermost frame of a goroutine that is the program's own; NULL for a stack that cannot be
 * read. Memory of ARENA. */
const struct call *call_of(const struct snapshot *snapshot, const struct goroutine *g,
			   struct arena *arena);

/* The goroutine's stack as that of FINDING, caused in the innermost frame that is not plumbing. */
void finding_set_stack(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct goroutine *g);

/* "srv/server.go" of a long path: a pointer into FILE. */
const char *short_path(const char *file);
