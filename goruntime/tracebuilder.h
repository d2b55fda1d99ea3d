#pragma once
/* Makes a trace out of frames, one after the other: bounded, whatever the depth of the stack. A
 * part of goruntime. */
#include "base/vec.h"
#include "goruntime/private.h"

struct logical { /* one frame before its text is made */
	struct frame frame; /* of C: without code */
	const struct call *call;
	const char *gap;
};

struct trace_builder { /* all while they are few; then the first ones and a ring of the last ones */
	VEC(struct logical) frames;
	struct logical ring[STACK_KEEP_ENDS];
	uint64_t total;
	const char *gap; /* said of the next frame: why those that it called are missing */
};

/* A Go frame with the calls that are inlined in it. */
void trace_builder_add(struct trace_builder *builder, const struct snapshot *snapshot,
		       const struct frame *frame);
/* A C frame, with its calls. */
void trace_builder_add_c(struct trace_builder *builder, const struct frame *frame,
			 struct calls calls);
/* Fills in the frames of TRACE, with argument words if ARGS, and gives the builder's memory
 * back. */
void trace_builder_finish(struct trace_builder *builder, const struct snapshot *snapshot, bool args,
			  struct arena *arena, struct trace *trace);
