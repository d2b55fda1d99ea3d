#pragma once
/*
 * Stacks as values: walked into scratch memory and interned by their list of pcs. Goroutines with
 * the same stack share one. Only what a report may print is kept of a deep one.
 */
#include "goruntime/unwind.h"

enum { STACK_KEEP_ALL = 1000, STACK_KEEP_ENDS = 50 };

/* Logical frames of more than STACK_KEEP_ALL are cut to the first and last STACK_KEEP_ENDS. */
struct stack_frame { /* a physical frame of an interned stack */
	uint64_t pc, lookup_pc;
};

struct stack {
	uint32_t id;	      /* unique within the snapshot, from 0 */
	uint32_t depth;	      /* physical frames */
	uint32_t kept;	      /* entries of `frames`: depth, or the innermost ones of a deep stack */
	enum unwind_end end;
	const struct stack_frame *frames; /* innermost first */
};

struct stacks; /* all that were interned */

/* One logical frame for the report. */
struct trace_frame {
	const struct call *call;
	uint64_t pc, sp, fp; /* sp, fp: 0 in an interned stack */
	uint64_t argp;	     /* where the spilled arguments are: frame_word() */
	uint64_t entry;	     /* of the physical function */
	const char *arg_words; /* as the runtime prints them, without parentheses; NULL: not asked */
	enum frame_found_by found_by;
	bool trap;	     /* pc is exact: where a signal hit */
	const char *gap;     /* why frames that were called from this one are missing; NULL: none */
};

/* A list of logical frames of one goroutine, with addresses. */
struct trace {
	struct trace_frame *frames; /* innermost first */
	size_t count;
	uint64_t elided; /* logical frames left out ... */
	size_t elided_at; /* ... before this index */
	uint64_t total;	  /* count + elided */
	enum unwind_end end;
	uint64_t bad_addr; /* where END says that something could not be used */
};
