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
	/* The data word of a direct-interface type is marked in TFlag, not in Kind_ (abi/type.go). */
	bool direct_iface_in_tflag;
	/* pprof labels are a slice of key and value, not a map (pprof/label.go, runtime/pprof). */
	bool labels_are_list;
	/* asmcgocall leaves room below what it saves on the C stack (asm_amd64.s). */
	bool asmcgocall_leaves_room;
	/* An idle extra M's g has its own status, deadextra. */
	bool has_deadextra;
};

struct traits traits_of(unsigned minor);
