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

/* The texts of frames of one traceback. */
struct frame_texts *frame_texts_create(void);
void frame_texts_destroy(struct frame_texts *texts);

/* Appends the two lines of CALL in frame F, "main.f(0x1)\n\t/src/main.go:5 +0x1d", without the last
 * newline. WINDOW is looked at for words before the image. */
void traceback_add_frame(const struct traceback *traceback, const struct frame *f,
			 const struct call *call, const struct window *window, struct str *out);

/* "\tFILE:LINE", and " +0xOFFSET" of PC in its function where it is not 0. */
void traceback_add_line(const struct traceback *traceback, const char *file, int32_t line,
			struct str *out);
void traceback_add_offset(uint64_t pc, uint64_t entry, struct str *out);

/* Appends "\tFILE:LINE +0xOFFSET" of PC, a return address in CODE, and a newline; the line is that
 * of the innermost call there. */
void traceback_add_place(const struct traceback *traceback, const struct code *code, uint64_t pc,
			 struct str *out);

/* Appends what GODEBUG=tracebackancestors=N kept of the goroutines that created G. */
void traceback_add_ancestors(const struct traceback *traceback, const struct goroutine *g,
			     struct str *out);
