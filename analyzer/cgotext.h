#pragma once
/* What the report says of a death in C code: title and explanation of a finding of cgo-crash. WHERE
 * is the place in C, NULL where it is not known. */
#include "analyzer/detector.h"

void cgo_set_title(struct findings *findings, struct finding *finding,
		   const struct snapshot *snapshot, const struct death_signal *signal,
		   const char *where);
void cgo_explain(struct findings *findings, struct finding *finding, const struct snapshot *snapshot,
		 const struct death_signal *signal, const char *where);

/* Whether the fault hit where C code had jumped to, in memory of no file. */
bool cgo_is_off_file(const struct finding *finding, const struct death_signal *signal);
/* Whether C code jumped there, and who did is known: to address 0 as well, then. */
bool cgo_jumped(const struct finding *finding, const struct death_signal *signal);
/* The frame of the Go function that called C: not the wrapper that cgo makes (_Cfunc_NAME);
 * NO_FRAME: there is none. */
size_t cgo_go_caller(const struct trace *stack);
