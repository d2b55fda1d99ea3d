#pragma once
/* One frame of C code and the step to its caller. A part of goruntime. */
#include "formats/cfi.h"
#include "goruntime/private.h"

struct c_frame {
	struct registers regs; /* pc and sp are always known */
	bool exact;	       /* pc is where a signal hit, no return address */
	enum frame_found_by found_by;
};

uint64_t c_frame_pc(const struct snapshot *snapshot, const struct c_frame *frame);
/* Whether the instruction before PC is a call: of a frame that may be no frame. */
bool is_behind_call(const struct snapshot *snapshot, uint64_t pc);
uint64_t c_frame_sp(const struct snapshot *snapshot, const struct c_frame *frame);

/* By the unwind tables of the file that the code is from, else those of its debug information. A
 * call of an address where no code is, is undone: the return address is on top of the stack. */
enum cfi_result c_frame_step(const struct snapshot *snapshot, const struct c_frame *frame,
			     struct c_frame *caller);

/* The same for code without unwind tables, by the frame pointer: right where each function keeps
 * one, else its caller is skipped. False where no frame is there. */
bool c_frame_step_pointer(const struct snapshot *snapshot, const struct c_frame *frame,
			  struct c_frame *caller);

struct cfi_table; /* of one file, opened at the first question */
void cfi_tables_close(struct cfi_table *tables);
