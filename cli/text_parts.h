#pragma once
/* Parts of the text that several commands print. */
#include "cli/show_values.h"
#include "cli/text.h"
#include "goruntime/snapshot.h"

/* Frames of a stack, one a line: function, place, "inlined". */
struct frame_list {
	const struct trace *trace;
	const struct buildinfo *info; /* tells the user's frames; NULL: all alike */
	size_t begin;		      /* first frame to show */
	size_t most;		      /* frames to show; the middle of a longer list is left out */
	bool all;		      /* those too that Go's own traceback hides */
	unsigned minor;		      /* release 1.MINOR, which says what is hidden */
	unsigned indent;
	const struct value_source *values; /* variables below each frame, whose number is shown; NULL:
					    * without */
};

/* What is counted as not shown is said. */
void text_frames(struct text *text, const struct frame_list *list);

/* Why frames behind the last one are missing, as a line; nothing where none are. */
void text_stack_end(struct text *text, const struct trace *trace);

void text_created_by(struct text *text, unsigned indent, const struct call *call, uint64_t parent);

/* "Caveats  none", or one a line. */
void text_caveats(struct text *text, const struct caveats *caveats);

/* "core.1234, go1.26.10 linux/amd64, example.com/shop v1.4.2 (rev 7f3a91c)" */
void str_add_program(struct str *out, const char *core_path, const char *goarch,
		     const struct buildinfo *info);
