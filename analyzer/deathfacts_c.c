/* What the records say of a death in C code. */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/fataltexts.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"

const char *death_c_location(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death_signal *signal = death_signal_of(snapshot);
	if (signal == NULL || signal->pc == 0)
		return NULL;
	return snapshot_c_location(snapshot, signal->pc, arena);
}

/* Whether the thread that died was in a C function that Go had called. */
static bool thread_is_in_c(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	return death->thread < snapshot->thread_count && snapshot->threads[death->thread].incgo;
}

bool death_in_c(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	const struct death_signal *signal = death_signal_of(snapshot);
	if (signal != NULL && death_c_location(snapshot, arena) != NULL)
		return true;
	switch (death->way) {
	case DEATH_SIGNAL:
		return signal != NULL && death->on_system_stack && thread_is_in_c(snapshot);
	case DEATH_THROW: /* up to 1.20 a fault in C becomes a throw on its thread's system stack */
		return death->on_system_stack && thread_is_in_c(snapshot) &&
		       strcmp(death_fatal_story(snapshot)->kind, "fault-in-runtime") == 0;
	case DEATH_NONE: /* the handler itself could not run: C had used up the stack */
		return signal != NULL && !signal->sent && thread_is_in_c(snapshot);
	default:
		return false;
	}
}

/* raisebadsignal passes a signal on that hit a thread without M (runtime/signal_unix.go). */
static bool was_passed_on(const struct snapshot *snapshot, const struct thread *thread)
{
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	thread_trace(snapshot, thread, false, &scratch, &trace);
	bool found = trace_find(&trace, trace.count, "runtime.raisebadsignal") < trace.count;
	arena_release(&scratch);
	return found;
}

/* Whether the stack that died begins and ends in C: nothing on it is Go's. */
static bool is_all_c(const struct trace *mixed)
{
	for (size_t i = 0; i < mixed->count; i++)
		if (!mixed->frames[i].call->is_c || mixed->frames[i].gap != NULL)
			return false;
	return mixed->count > 0 && mixed->end == UNWIND_COMPLETE;
}

/* Whether THREAD has an M, but is in no call of Go's. The runtime lends it one for a callback, from
 * 1.21 on for good (proc.go needm, cgoBindM), and to handle a signal (signal_unix.go badsignal). */
static bool has_borrowed(const struct snapshot *snapshot, const struct thread *thread)
{
	if (thread->ncgo > 0)
		return false;
	return thread->is_extra ||
	       (thread->goroutine == NO_INDEX && is_all_c(&snapshot->death.mixed));
}

bool death_on_foreign_thread(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	if (death->way != DEATH_NONE || death->thread >= snapshot->thread_count)
		return false;
	const struct thread *thread = &snapshot->threads[death->thread];
	bool unknown = thread->m == 0 && !snapshot->threads_cut;
	return unknown || has_borrowed(snapshot, thread) || was_passed_on(snapshot, thread);
}

bool death_is_c_abort(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death_signal *signal = death_signal_of(snapshot);
	if (signal == NULL || signal->number != LINUX_SIGABRT || signal->code != LINUX_SI_TKILL)
		return false;
	if (!snapshot->iscgo && death_c_location(snapshot, arena) == NULL)
		return false; /* whatever records there are of a thread of C's are damaged */
	return death_on_foreign_thread(snapshot) || death_in_c(snapshot, arena);
}

/* The address that the instruction at SIGNAL accesses, by the registers there; false where they do
 * not say. */
static bool accessed(const struct snapshot *snapshot, const struct death_signal *signal,
		     struct arena *arena, uint64_t *addr)
{
	struct fault_insn insn;
	if (!snapshot_fault(snapshot, signal, arena, &insn) || insn.reg == NULL ||
	    !insn.reg_known || insn.reg_derived || insn.indexed)
		return false;
	*addr = insn.reg_value + (uint64_t)insn.displacement;
	return true;
}

bool death_raised_again(const struct snapshot *snapshot, struct arena *arena, uint64_t *addr)
{
	const struct death_signal *signal = death_signal_of(snapshot);
	struct address address;
	if (signal == NULL || snapshot->death.way != DEATH_NONE || !signal->by_itself ||
	    signal->code != LINUX_SI_TKILL ||
	    (signal->number != LINUX_SIGSEGV && signal->number != LINUX_SIGBUS) ||
	    death_c_location(snapshot, arena) == NULL || !accessed(snapshot, signal, arena, addr))
		return false;
	snapshot_address(snapshot, *addr, arena, &address);
	return address.kind == ADDRESS_NIL_PAGE || address.kind == ADDRESS_UNMAPPED ||
	       address.kind == ADDRESS_NON_CANONICAL;
}
