#pragma once
/*
 * Where Go and C stacks join: what asmcgocall, cgocallback and crosscall2 leave on them
 * (runtime/asm_GOARCH.s, runtime/cgo/asm_GOARCH.s). A part of goruntime.
 */
#include "goruntime/cframe.h"

/* Where Go code goes on that C returns to. */
struct go_place {
	uint64_t g;  /* the goroutine, 0: it had called from the system stack */
	uint64_t pc, sp;
};

/* The Go function that called asmcgocall, from SP, the stack pointer as C leaves it when it returns
 * to asmcgocall at PC. False where what lies there does not fit. */
bool asmcgocall_caller(const struct snapshot *snapshot, uint64_t pc, uint64_t sp,
		       struct go_place *caller);

/* Where C called into Go. */
struct callback {
	uint64_t outer_sp;	  /* m.g0.sched.sp before it, which leads to the callback around it */
	uint64_t crosscall_pc, crosscall_sp; /* the frame of crosscall2 */
	struct c_frame caller;	  /* the C function that called it */
};

/* The callback whose half on the C stack lies at SP, which is what m.g0.sched.sp is while Go runs
 * inside. FRAME is cgocallback's other half, on the goroutine's stack. False where that is not what
 * lies there. */
bool callback_read(const struct snapshot *snapshot, const struct frame *frame, uint64_t sp,
		   struct callback *callback);

/* The same where that address is lost, as it is once a panic has unwound the callback: by what
 * crosscall2 passed on to FRAME, which the goroutine's stack has, and C's stack as long as nothing
 * has been written over it. */
bool callback_find(const struct snapshot *snapshot, const struct frame *frame,
		   struct callback *callback);
