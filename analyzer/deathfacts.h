#pragma once
/* What all detectors of deaths say in the same way: message, culprit, fault and records. */
#include "analyzer/finding.h"

/* The runtime's own text as the report's message: all lines of a chain of panics, oldest first,
 * with the runtime's marks and tabs, without the first "panic: "; the text of a fatal error without
 * "fatal error: ", then the runtime's own lines that belong to it; the signal's line. "" for a
 * snapshot. Memory of ARENA. */
const char *death_message(const struct snapshot *snapshot, struct arena *arena);

/* The panic that is the first cause; NULL where nothing panicked or nothing can be read. */
const struct panic_record *death_cause(const struct snapshot *snapshot);

/* The fault that raised the first cause (its sigpanic is on the stack): death.fault, or, where a
 * later fault has overwritten the record, what the stack still tells: pc, but no address. NULL
 * where the first cause is no fault. Memory of ARENA. */
const struct death_signal *death_cause_fault(const struct snapshot *snapshot, struct arena *arena);

/* Whether the first cause is a signal that a process sent and the runtime took for a fault: a
 * SIGFPE by tgkill up to Go 1.20, or one by sigqueue (os_linux.go sigFromUser). */
bool death_was_sent_fault(const struct snapshot *snapshot);

/* A fault of memory in Go code that ended the process (or stopped it in a debugger) before Go's
 * handler ran; NULL where there is none. */
const struct death_signal *death_raw_fault(const struct snapshot *snapshot, struct arena *arena);

/* Whether the runtime takes FAULT for a nil dereference: an address in the zero page, and not a
 * fault whose address the CPU did not tell (runtime/signal_unix.go sigpanic). */
bool fault_is_near_nil(const struct death_signal *fault);

/* The signal that ended the process or hit its code: death.fault, else death.kernel unless that is
 * the runtime's own raise, or one with which a debugger had stopped a live process; NULL where
 * there is none. */
const struct death_signal *death_signal_of(const struct snapshot *snapshot);

/* No M was dying, and the thread that dumped is none of Go's: the runtime could only pass the
 * signal on (runtime/signal_unix.go badsignal). */
bool death_on_foreign_thread(const struct snapshot *snapshot);

/* Whether a value that makes no sense may be why: a fault of memory, or a check of the runtime's on
 * a value that failed. */
bool death_may_be_by_value(const struct snapshot *snapshot, struct arena *arena);

/* Whether SIGNAL is abort(3) of C code: raise and pthread_kill send SIGABRT to their own thread
 * (SI_TKILL), with the pc in C, or on a thread that Go does not know. */
bool death_is_c_abort(const struct snapshot *snapshot, struct arena *arena);

/* Whether a handler of C's that had taken a fault in C may have sent the signal to its own thread
 * again, with the default action: the thread is back at an instruction that cannot but fault, by
 * its registers. *ADDR is the address that it accesses. */
bool death_raised_again(const struct snapshot *snapshot, struct arena *arena, uint64_t *addr);

/* Whether the signal hit a thread that was in C: its pc is in C code, or nowhere, but Go was
 * waiting for a C function on that thread. */
bool death_in_c(const struct snapshot *snapshot, struct arena *arena);

/* Where in C it hit: "crash+0x12 in libfoo.so"; NULL where that is not known. */
const char *death_c_location(const struct snapshot *snapshot, struct arena *arena);

/* The function that called panic for the first cause; "" if that is not on the stack. */
const char *death_raiser(const struct snapshot *snapshot);

/* The frame that caused it; NULL where nobody is to blame. */
const struct trace_frame *death_cause_frame(const struct snapshot *snapshot);

/* The id of the goroutine at INDEX; 0 for NO_INDEX. */
uint64_t snapshot_id(const struct snapshot *snapshot, uint32_t index);

/* Adds a finding that killed the process, with goroutine, thread, message, stack and cause of the
 * death records. */
struct finding *findings_add_death(struct findings *findings, const struct snapshot *snapshot,
				   const char *detector, enum verdict_class class, const char *kind,
				   enum confidence confidence);

/* Adds the stack of G, from the frame of USER (NULL: its innermost) on, to what is shown; at most
 * OTHER_STACKS_MAX. */
void finding_add_stack(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct goroutine *g,
		       const struct call *user);

/* Of a fault off code (struct death_signal): who called what stands there, if that is known. */
void death_explain_off_code(struct findings *findings, struct finding *finding,
			    const struct snapshot *snapshot);

/* Evidence of SIGNAL as a fault: "address 0x18, SIGSEGV (SEGV_MAPERR) at 0x4a1b2c: mov ...". */
void finding_add_fault(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct death_signal *signal);

/* Evidence of the records that tell of a panic: g.sig, the chain, what the kernel's last signal
 * was. */
void finding_add_panic_records(struct findings *findings, struct finding *finding,
			       const struct snapshot *snapshot);

/* Evidence of the records that tell of a throw or fatal: the dying M's, and where the text is from.
 */
void finding_add_fatal_records(struct findings *findings, struct finding *finding,
			       const struct snapshot *snapshot);

/* "SIGSEGV (SEGV_MAPERR)", "signal 40 (code 3)". Memory of ARENA. */
const char *signal_words(struct arena *arena, const struct death_signal *signal);
