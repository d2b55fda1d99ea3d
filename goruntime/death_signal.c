/*
 * The signals of a death: the kernel's, which is the last act, and the one that hit the culprit's
 * code, by g.sig*, by the context that Go's handler was called with, or by what C's handler left.
 */
#include <stdlib.h>
#include <string.h>

#include "formats/signals.h"
#include "formats/syscalls.h"
#include "goruntime/private.h"

/* The runtime's own functions that send a signal to the process (os_linux.go raise, raiseproc). */
static bool in_raise(const struct snapshot *s, uint64_t pc)
{
	static const char *const names[] = { "runtime.raise", "runtime.raise.abi0", "runtime.tgkill",
					     "runtime.raiseproc", "runtime.raiseproc.abi0" };
	const struct code *code = code_at(snapshot_code(s), pc);
	for (size_t i = 0; code->valid && i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(pclntab_name(&code->module->pclntab, &code->func), names[i]) == 0)
			return true;
	return false;
}

/* The runtime ends a process that panicked or threw with SIGABRT. Where its records of that are
 * lost with the Ms, the code that raised it tells. */
static bool raised_by_runtime(const struct snapshot *s, const struct core_thread *t)
{
	const struct death_signal *k = &s->death.kernel;
	if (k->number != LINUX_SIGABRT)
		return false;
	bool by_itself = !t->has_siginfo ||
			 (k->code == LINUX_SI_TKILL && k->sender_pid == s->image->core->pid);
	if (s->death.way == DEATH_NONE)
		return by_itself && s->threads_cut && in_raise(s, k->pc);
	return by_itself;
}

static void mark_own(const struct snapshot *s, struct death_signal *signal)
{
	int32_t pid = s->image->core->pid;
	signal->by_itself = signal->present && signal->sent && pid > 0 && signal->sender_pid == pid;
}

/* A system call that a seccomp filter refused (siginfo.h si_syscall); it may have been the filter's
 * RET_TRAP, which Go's handler sees, or its RET_KILL. */
static void add_refused(const struct snapshot *s, struct death_signal *signal, uint32_t number)
{
	if (signal->number != LINUX_SIGSYS || signal->code != LINUX_SYS_SECCOMP)
		return;
	const struct syscall *known = syscall_find(s->image->arch, number);
	signal->refused = true;
	signal->syscall = number;
	signal->syscall_name = known != NULL ? known->name : NULL;
	signal->has_addr = false;
}

void death_kernel_read(struct snapshot *s)
{
	struct death_signal *k = &s->death.kernel;
	const struct corefile *core = s->image->core;
	if (core->thread_count == 0)
		return;
	const struct core_thread *t = &core->threads[0];
	k->record = t->has_siginfo ? "NT_SIGINFO" : "NT_PRSTATUS";
	k->number = t->has_siginfo ? t->siginfo.signo : t->signal;
	/* A debugger stopped it to write the dump: no signal of the program's. */
	bool stopped = core->writer != CORE_BY_KERNEL &&
		       (k->number == LINUX_SIGSTOP || k->number == LINUX_SIGTRAP);
	if (k->number == 0 || stopped)
		return;
	k->present = true;
	k->code = t->has_siginfo ? t->siginfo.code : 0;
	k->sent = t->has_siginfo && k->code <= 0;
	k->sender_pid = k->sent ? t->siginfo.sender_pid : 0;
	k->sender_uid = k->sent ? t->siginfo.sender_uid : 0;
	if (t->has_siginfo && t->siginfo.refused)
		add_refused(s, k, (uint32_t)t->siginfo.syscall);
	k->has_addr = t->has_siginfo && k->code > 0 && k->code != LINUX_SI_KERNEL && !k->refused;
	k->addr = k->has_addr ? t->siginfo.addr : 0;
	k->has_regs = t->regs.known != 0;
	k->regs = t->regs;
	k->pc = k->has_regs ? t->regs.value[s->image->arch->pc] : 0;
	k->by_runtime = raised_by_runtime(s, t);
	mark_own(s, k);
}

static struct death_signal signal_of_context(const struct snapshot *s, const struct context *c)
{
	struct death_signal signal = {
		.present = true,
		.number = c->signo,
		.code = c->code,
		.sent = c->code <= 0,
		.sender_pid = c->code <= 0 ? c->sender_pid : 0,
		.sender_uid = c->code <= 0 ? c->sender_uid : 0,
		.has_addr = c->code > 0 && c->code != LINUX_SI_KERNEL,
		.addr = c->code > 0 ? c->siginfo_addr : 0,
		.pc = c->pc,
		.has_regs = true,
		.regs = c->regs,
		.record = "signal context",
	};
	add_refused(s, &signal, c->siginfo_syscall);
	return signal;
}

/* A fatal signal: the context on the dying M's signal stack that Go's handler was called for. */
static void signal_from_context(struct snapshot *s)
{
	struct contexts contexts;
	thread_contexts(s, &s->threads[s->death.thread], &contexts);
	if (contexts.count >= 2)
		s->death.fault = signal_of_context(s, contexts_fatal(&contexts));
}

/* What THREAD's handler was called for, where that is the signal that the process died of: the
 * handler passed it on (raisebadsignal), or could not run to its end. */
static bool handles_the_end(const struct snapshot *s, const struct thread *t,
			    struct death_signal *signal)
{
	struct contexts contexts;
	thread_contexts(s, t, &contexts);
	const struct context *c = contexts_fatal(&contexts);
	if (contexts.count < 2)
		return false;
	/* Without a stack the handler faults as soon as it makes a call of sigpanic. */
	bool stackless = c->code > 0 && s->death.kernel.code > 0 && is_wild_sp(s, t, c->pc, c->sp);
	if (c->signo != s->death.kernel.number && !stackless)
		return false;
	*signal = signal_of_context(s, c);
	return true;
}

/* No M is dying. The kernel writes the thread that died first; whoever else wrote the core need
 * not: then one thread alone in the handler of that signal is the one. */
static void signal_of_no_m(struct snapshot *s)
{
	struct death *d = &s->death;
	struct death_signal found, other;
	uint32_t thread = NO_INDEX;
	if (!d->kernel.present || d->kernel.by_runtime || d->thread == NO_INDEX)
		return;
	if (handles_the_end(s, &s->threads[d->thread], &d->fault))
		return;
	for (size_t i = 0; i < s->thread_count; i++) {
		if (!handles_the_end(s, &s->threads[i], &other))
			continue;
		if (thread != NO_INDEX)
			return;
		thread = (uint32_t)i;
		found = other;
	}
	if (thread == NO_INDEX)
		return;
	d->thread = thread;
	d->goroutine = s->threads[thread].goroutine;
	d->fault = found;
}

static const char fault_line[] = "unexpected fault address "; /* signal_unix.go sigpanic */

/* The frame that a sigpanic frame interrupted, from index FROM on; NULL if there is none. */
static struct trace_frame *interrupted(const struct trace *trace, size_t from, size_t *index)
{
	for (size_t i = from; i + 1 < trace->count; i++) {
		if (trace->frames[i].call->id != FUNC_SIGPANIC)
			continue;
		*index = i + 1;
		return &trace->frames[i + 1];
	}
	return NULL;
}

/* g.sig belongs to a fault whose sigpanic frame is on the stack, called from g.sigpc. Registers
 * and codes that an earlier, survived fault left are no evidence (panic.go, signal_unix.go). */
static bool record_fits(const struct snapshot *s, const struct trace *trace, uint64_t sigpc)
{
	size_t index = 0;
	for (const struct trace_frame *f = interrupted(trace, 0, &index); f != NULL;
	     f = interrupted(trace, index, &index)) {
		/* A call of pc 0 pushes no frame of its own: sigpanic's caller is the caller. */
		if (sigpc == 0 || f->pc == sigpc || off_code_record_fits(s, f, sigpc))
			return true;
	}
	return false;
}

/* A jump to what is no code: sigpanic looks called from there, or, where a return address lay on
 * top of the stack, from the caller (signal_amd64.go preparePanic). What the runtime printed is
 * that address. */
static bool record_fits_jump(const struct death *d, const struct view *view)
{
	uint64_t pc = view_get(view, G_SIGPC), printed;
	const struct trace *trace = &d->culprit;
	const char *line = d->fatal_preamble ? strstr(d->fatal_preamble, fault_line) : NULL;
	bool interrupts = false;
	/* Up to there the stack could be walked, when the panic of a fault near nil looked for who
	 * recovers it. */
	bool landed = d->way == DEATH_THROW && trace->end == UNWIND_BAD_PC &&
		      trace->bad_addr == pc && trace->count > 0 &&
		      trace->frames[trace->count - 1].call->id == FUNC_SIGPANIC;
	if (landed && pc != 0)
		return true;
	if (d->way != DEATH_THROW || pc == 0 || pc != view_get(view, G_SIGCODE1))
		return false;
	for (size_t i = 0; i < trace->count; i++)
		interrupts |= trace->frames[i].call->id == FUNC_SIGPANIC;
	if (!interrupts)
		return false;
	if (line == NULL)
		return false;
	printed = strtoull(line + sizeof(fault_line) - 1, NULL, 16);
	return printed == pc;
}

/* A return to address 0: after a call of it the caller would follow sigpanic's frame, which is the
 * last instead (signal_amd64.go shouldPushSigpanic). */
static bool record_fits_return(const struct death *d, const struct view *view)
{
	const struct trace *trace = &d->culprit;
	return d->way == DEATH_THROW && view_get(view, G_SIGPC) == 0 &&
	       view_get(view, G_SIGCODE1) == 0 && trace->count > 0 &&
	       (trace->end == UNWIND_BAD_PC || trace->end == UNWIND_COMPLETE) &&
	       trace->frames[trace->count - 1].call->id == FUNC_SIGPANIC;
}

struct death_signal signal_of_g(const struct view *view, const char *record)
{
	int32_t code = (int32_t)view_get(view, G_SIGCODE0);
	struct death_signal signal = {
		.present = true,
		.number = (int32_t)view_get(view, G_SIG),
		.code = code,
		.addr = view_get(view, G_SIGCODE1),
		.has_addr = code != LINUX_SI_KERNEL,
		.pc = view_get(view, G_SIGPC),
		.sent = code <= 0,
		.record = record,
	};
	if (!signal.sent)
		return signal;
	/* What the runtime takes for the address is the sender (siginfo_t's si_pid, si_uid). */
	signal.sender_pid = (int32_t)signal.addr;
	signal.sender_uid = (uint32_t)(signal.addr >> 32);
	signal.has_addr = false;
	return signal;
}

/* Up to 1.20 a fault on the system stack calls sigpanic there, and that throws: the stack goes on
 * where the fault hit, or ends in C code, at the pc that g0 recorded. */
static void signal_from_g0(struct snapshot *s)
{
	struct death *d = &s->death;
	const struct trace *system = &d->system;
	struct view view;
	if (d->way != DEATH_THROW || system->count == 0 ||
	    !view_read(&view, s->image, &s->layout, RT_G, s->threads[d->thread].g0, NULL) ||
	    view_get(&view, G_SIG) == 0)
		return;
	uint64_t pc = view_get(&view, G_SIGPC);
	bool in_c = system->end == UNWIND_BAD_PC &&
		    system->frames[system->count - 1].call->id == FUNC_SIGPANIC &&
		    (system->bad_addr == pc ||
		     c_called_nil(s, s->threads[d->thread].g0, system->bad_addr));
	if (in_c || (pc != 0 && record_fits(s, system, pc)))
		d->fault = signal_of_g(&view, "g0.sig");
}

static void signal_from_handler(struct snapshot *s)
{
	struct death *d = &s->death;
	struct handler_fault fault;
	if (!handler_fault_find(s, &fault))
		return;
	d->in_handler = true;
	if (d->way == DEATH_SIGNAL)
		d->stopped = d->fault;
	d->fault = fault.signal;
}

static void signal_from_g(struct snapshot *s)
{
	struct death *d = &s->death;
	struct view view;
	if (d->goroutine == NO_INDEX ||
	    !view_read(&view, s->image, &s->layout, RT_G, s->goroutines[d->goroutine].addr, NULL))
		return;
	if (view_get(&view, G_SIG) != 0 && (record_fits(s, &d->culprit, view_get(&view, G_SIGPC)) ||
					    record_fits_jump(d, &view) || record_fits_return(d, &view)))
		d->fault = signal_of_g(&view, "g.sig");
}

/* Where the address of the fault is that of the code, nothing was executed there. */
static void mark_off_code(struct snapshot *s)
{
	struct death *d = &s->death;
	struct death_signal *fault = &d->fault;
	bool jump = (fault->number == LINUX_SIGSEGV || fault->number == LINUX_SIGBUS) &&
		    fault->has_addr && fault->addr == fault->pc;
	bool in_c = d->thread < s->thread_count && s->threads[d->thread].incgo;
	fault->off_code = fault->present && !fault->sent && !jump && !in_c &&
			  is_off_code(s, fault->pc);
	fault->inside_insn = fault->present && !fault->sent &&
			     s->image->core->writer == CORE_BY_KERNEL && /* not of a debugger */
			     is_inside_insn(s, fault->pc);
}

void death_fault_read(struct snapshot *s)
{
	struct death *d = &s->death;
	if (d->way == DEATH_SIGNAL)
		signal_from_context(s);
	else
		signal_from_g(s);
	if (!d->fault.present)
		signal_from_g0(s);
	signal_from_handler(s);
	mark_own(s, &d->fault);
	mark_off_code(s);
}

void death_fault_without_m(struct snapshot *s)
{
	signal_of_no_m(s);
	mark_own(s, &s->death.fault);
}
