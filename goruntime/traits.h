#pragma once
/*
 * What changed its meaning, not its place, between Go releases: one row for each change in
 * traits.c. Code asks for the trait by name and never for a release number.
 */
#include <stdbool.h>
#include <stdint.h>

struct traits {
	/* The caller of asyncPreempt and debugCall is looked up at its exact pc, not at pc - 1
	 * (traceback.go: unwindTrap). */
	bool exact_pc_after_preempt;
	/* g.sigcode0 and sigcode1 hold sp and pc of a recovery, not the signal's (panic.go
	 * recovery). */
	bool recovery_in_sigcode;
	/* printpanicval indents the lines after the first (error.go printindented). */
	bool panic_lines_indented;
	/* Floats print in shortest form (print.go printfloat). */
	bool floats_shortest;
	/* "[recovered, repanicked]" is printed for a repanicked entry only if it was also recovered
	 * (panic.go printpanics). */
	bool repanicked_needs_recovered;
	/* fatal() prints the goroutine's live panics first (panic.go printPreFatalDeferPanic). */
	bool fatal_prints_panics;
	/* The data word of a direct-interface type is marked in TFlag, not in Kind_
	 * (abi/type.go). */
	bool direct_iface_in_tflag;
	/* pprof labels are a slice of key and value, not a map (pprof/label.go, runtime/pprof). */
	bool labels_are_list;
	/* asmcgocall leaves room below what it saves on the C stack (asm_amd64.s). */
	bool asmcgocall_leaves_room;
	/* An idle extra M's g has its own status, deadextra. */
	bool has_deadextra;
	/* The pointer mask of a large type may be written as a program (type.go KindGCProg). */
	bool gc_programs;
	/* The pointer mask of a large type is made when the collector first needs it, behind a
	 * pointer (type.go getGCMaskOnDemand). */
	bool gc_mask_on_demand;
	/* A sudog is on g.waiting for locks too, with the lock in elem (sema.go, since the
	 * collector looks for leaked goroutines). */
	bool lock_waits_in_g;
	/* arm64 keeps things of different processors 128 bytes apart, 64 before, as amd64 does
	 * (internal/cpu/cpu_arm64.go CacheLinePadSize). */
	bool wide_lines_on_arm64;
	/* Reason "semacquire" is that of sync's locks, too; by 1.24 each has its own. */
	bool locks_wait_as_semacquire;
	/* gopanic makes an error of nil, unless GODEBUG=panicnil=1 (panic.go PanicNilError). */
	bool nil_panics_by_setting;
	/* FUNCDATA_OpenCodedDeferInfo has an offset for each of the frame's defers, not of the first
	 * alone (cmd/compile/internal/ssagen/ssa.go emitOpenDeferInfo). */
	bool open_defers_have_offsets;
	/* cancelCtx.err is an atomic.Value, not an error (context.go). */
	bool context_error_is_atomic;
};

struct traits traits_of(unsigned minor);
