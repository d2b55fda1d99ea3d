#pragma once
/*
 * Go stacks, frame by frame, by pclntab's stack deltas (runtime/traceback.go unwinder). An unwinder
 * is a value of fixed size: a stack of a million frames costs no memory.
 */
#include "goruntime/code.h"
#include "goruntime/goroutine.h"

struct snapshot;

enum frame_found_by { FOUND_BY_PCSP, FOUND_BY_CONTEXT, FOUND_BY_SCHED, FOUND_BY_REGISTERS,
		      FOUND_BY_CFI, FOUND_BY_FRAME_POINTER, FOUND_BY_SEARCH };

struct frame { /* one physical frame of a Go function */
	uint64_t pc;	    /* as the runtime prints it: a return address but for the innermost */
	uint64_t lookup_pc; /* for lines, inlining and argument liveness: pc or pc - 1 */
	uint64_t sp, fp;    /* fp: the caller's sp (CFA) */
	uint64_t argp;	    /* where spilled arguments begin */
	const struct code *code;
	enum frame_found_by found_by;
	enum func_id callee; /* id of the frame below it, FUNC_NORMAL for the innermost */
	uint64_t g;	     /* the g on whose stack it lies */
	bool exact;	     /* lookup_pc == pc */
};

enum unwind_end {
	UNWIND_RUNNING,	     /* more frames follow */
	UNWIND_COMPLETE,     /* reached the top of the stack (goexit, mstart, ...) */
	UNWIND_SPWRITE,	     /* a function that switches stacks: what lies above is another stack */
	UNWIND_BAD_PC,	     /* a return address that is in no Go function */
	UNWIND_UNREADABLE,   /* the stack's bytes are not in the core */
	UNWIND_BAD_SP,	     /* the stack pointer left its stack, or stood still */
	UNWIND_NO_START,     /* where to begin is not known (a running goroutine without thread) */
	UNWIND_LIMIT,
	UNWIND_NO_CFI,	 /* C code without unwind tables, or with none that can be followed */
	UNWIND_NO_TABLE, /* the symbol table of the code is neither in the core nor in a file */
};

/* Memory of the process that is at hand. */
struct window {
	const uint8_t *bytes; /* of [lo, hi) */
	uint64_t lo, hi;
};

struct unwinder {
	const struct snapshot *snapshot;
	struct code_cache *code; /* the snapshot's, or one of a thread's own */
	const struct thread *thread; /* for jumps from g0 to curg; NULL: none */
	uint64_t g;		     /* whose stack we are on */
	uint64_t stack_lo, stack_hi; /* its bounds; 0, 0 if not known */
	uint64_t pc, sp, lr;	     /* of the next frame */
	struct window window;	     /* what was read last */
	uint64_t bad_addr; /* what could not be read or used, for UNWIND_BAD_PC, .. */
	uint64_t count;	   /* frames so far */
	enum func_id callee;
	enum frame_found_by found_by;
	enum unwind_end end;
	bool innermost, trap, jump, from_syscall;
};

/* Begins where the runtime's own traceback would begin for a goroutine that is not running
 * (syscallpc/sp, else sched). */
void unwind_goroutine(struct unwinder *u, const struct snapshot *snapshot,
		      const struct goroutine *g);

/* Copies what is used of the stack into ROOM, where it fits; ROOM must outlive the walk. For the
 * walk over many stacks, each looked at once: see image_read_once(). */
void unwind_load(struct unwinder *u, uint8_t *room, size_t size);

/* Begins at given registers on the stack of G (any g of THREAD: curg, g0, gsignal). TRAP: pc is
 * exact (a signal context). JUMP: follow systemstack and morestack from g0 to curg. */
void unwind_at(struct unwinder *u, const struct snapshot *snapshot, const struct thread *thread,
	       uint64_t g, uint64_t pc, uint64_t sp, uint64_t lr, bool trap, bool jump);

/* The next frame; false at the end, u->end then says why. */
bool unwind_next(struct unwinder *u, struct frame *frame);

/* "complete", "unreadable", ...: a word for caveats. */
const char *unwind_end_name(enum unwind_end end);
