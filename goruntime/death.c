/*
 * How the process died. The rules are those of records-and-stacks in docs/ARCHITECTURE.md: the M
 * with `dying` names the culprit; the kernel's signal is the runtime's own last act.
 */
#include "goruntime/death.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "formats/syscalls.h"
#include "goruntime/private.h"

enum { SI_TKILL_CODE = -6, SI_KERNEL_CODE = 0x80 };
enum { SIGNAL_SYS = 31, SYS_SECCOMP_CODE = 1 };
enum { SIGNAL_TRAP = 5, SIGNAL_ABORT = 6, SIGNAL_BUS = 7, SIGNAL_SEGV = 11, SIGNAL_STOP = 19 };
enum { THROWING_NONE, THROWING_USER, THROWING_RUNTIME };

/* Names of the functions at which the runtime prints the dying goroutine's stack: what lies below
 * them is the printing itself (panic.go fatalpanic, fatalthrow). */
static bool is_printer(const char *symbol)
{
	return strcmp(symbol, "runtime.fatalpanic") == 0 ||
	       strcmp(symbol, "runtime.fatalthrow") == 0;
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A frame that belongs to the runtime and what stands close to it, not to who called it. */
static bool is_runtime_name(const char *symbol)
{
	static const char *const prefixes[] = {
		"runtime.", "internal/runtime/", "sync.", "internal/sync.", "reflect.",
		"runtime/internal/", "internal/abi.", "internal/bytealg.", "sync/atomic.",
	};
	if (strcmp(symbol, "runtime.main") == 0)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (starts(symbol, prefixes[i]))
			return true;
	/* Functions without a package are assembler or C: memeqbody, gogo, ... */
	return strchr(symbol, '.') == NULL;
}

static struct trace_frame *find_frame(const struct trace *trace, const char *symbol, size_t from)
{
	for (size_t i = from; i < trace->count; i++)
		if (call_is(trace->frames[i].call, symbol))
			return &trace->frames[i];
	return NULL;
}

static bool trace_has(const struct trace *trace, const char *symbol)
{
	return find_frame(trace, symbol, 0) != NULL;
}

/* Which of the dying Ms printed first: the one that did not raise the final signal sleeps in
 * lock(&deadlock) (panic.go dopanic_m). */
static bool raised_the_end(const struct snapshot *s, const struct thread *t)
{
	struct trace trace;
	thread_trace(s, t, false, s->arena, &trace);
	return trace_has(&trace, "runtime.dieFromSignal") || trace_has(&trace, "runtime.crash");
}

static void find_dying(struct snapshot *s)
{
	struct death *d = &s->death;
	for (size_t i = 0; i < s->thread_count; i++) {
		if (s->threads[i].dying <= 0)
			continue;
		if (d->thread == NO_INDEX) {
			d->thread = (uint32_t)i;
			continue;
		}
		if (d->second_thread != NO_INDEX)
			continue;
		d->second_thread = (uint32_t)i;
		if (raised_the_end(s, &s->threads[d->thread]) &&
		    !raised_the_end(s, &s->threads[i])) {
			d->second_thread = d->thread;
			d->thread = (uint32_t)i;
		}
	}
}

/* The goroutine that an M's records name. */
static uint32_t culprit_of(const struct snapshot *s, const struct thread *t, enum death_way way,
			   bool *on_system)
{
	*on_system = false;
	if (way != DEATH_SIGNAL || t->caughtsig != t->g0) {
		uint64_t g = way == DEATH_SIGNAL ? t->caughtsig : t->curg;
		const struct goroutine *found = snapshot_g(s, g);
		if (found != NULL)
			return (uint32_t)(found - s->goroutines);
	}
	*on_system = true;
	return way == DEATH_SIGNAL && t->incgo ? t->goroutine : (uint32_t)NO_INDEX;
}

static enum death_way way_of(const struct thread *t)
{
	if (t->throwing == THROWING_NONE)
		return DEATH_PANIC;
	if (t->throwing == THROWING_USER)
		return DEATH_FATAL;
	return t->caughtsig != 0 ? DEATH_SIGNAL : DEATH_THROW;
}

/* The dying thread's stacks: frames on G's stack, from where the runtime began to print. */
static void collect_from(const struct snapshot *s, const struct thread *t,
			 const struct context *c, uint64_t g, bool jump, struct trace *trace)
{
	struct unwinder u;
	struct trace_wish wish = { .args = true, .only_g = g };
	unwind_at(&u, s, t, c->g, c->pc, c->sp, c->lr, c->trap, jump);
	u.found_by = c->ucontext ? FOUND_BY_CONTEXT : FOUND_BY_REGISTERS;
	trace_collect(s, &u, &wish, s->arena, trace);
}

/* A fault on the system stack while the runtime printed why the process ends: that is how it died,
 * and the fault a second thing (panic.go fatalthrow, fatalpanic call dopanic_m there). */
static enum death_way way_before(const struct snapshot *s, const struct thread *t)
{
	struct contexts contexts;
	struct trace trace = { 0 };
	thread_contexts(s, t, &contexts);
	if (t->caughtsig != t->g0 || contexts.count < 2)
		return DEATH_SIGNAL;
	collect_from(s, t, &contexts.items[contexts.count - 1], t->g0, false, &trace);
	for (size_t i = 0; i < trace.count; i++) {
		const char *symbol = trace.frames[i].call->symbol;
		if (starts(symbol, "runtime.fatalthrow"))
			return DEATH_THROW;
		if (starts(symbol, "runtime.fatalpanic"))
			return DEATH_PANIC;
	}
	return DEATH_SIGNAL;
}

/* Leaves out the frames below and with fatalpanic or fatalthrow, if there are any. */
static void drop_printing(struct trace *trace)
{
	size_t limit = trace->elided ? trace->elided_at : trace->count;
	for (size_t i = 0; i < limit; i++) {
		if (!is_printer(trace->frames[i].call->symbol))
			continue;
		size_t drop = i + 1;
		trace->frames += drop;
		trace->count -= drop;
		trace->total -= drop;
		if (trace->elided)
			trace->elided_at -= drop;
		return;
	}
}

/* The newest panic record says where its gopanic was called (1.22 on): for a stack whose innermost
 * part is not in the core. */
static void collect_from_panic(struct snapshot *s, const struct goroutine *g, struct trace *trace)
{
	struct view view;
	struct unwinder u;
	if (g->panic == 0 || !layout_has(&s->layout, PANIC_STARTSP) ||
	    !view_read(&view, s->image, &s->layout, RT_PANIC, g->panic, NULL))
		return;
	struct trace_wish wish = { .args = true, .only_g = g->addr };
	unwind_at(&u, s, NULL, g->addr, view_get(&view, PANIC_STARTPC),
		  view_get(&view, PANIC_STARTSP), 0, false, false);
	trace_collect(s, &u, &wish, s->arena, trace);
}

static void collect_parked(struct snapshot *s, const struct goroutine *g, struct trace *trace)
{
	struct unwinder u;
	struct trace_wish wish = { .args = true, .only_g = g->addr };
	unwind_goroutine(&u, s, g);
	trace_collect(s, &u, &wish, s->arena, trace);
}

/* What the goroutine saved when it last left Go code is of an earlier moment. False where it is none
 * of G's: then C runs such code. */
static bool collect_off_code(const struct snapshot *s, const struct thread *t,
			     const struct context *c, uint64_t g, struct trace *trace)
{
	struct context caller;
	if (off_code_caller(s, c, &caller))
		collect_from(s, t, &caller, g, true, trace);
	return c->g == g;
}

static void collect_culprit(struct snapshot *s)
{
	struct death *d = &s->death;
	const struct thread *t = &s->threads[d->thread];
	struct contexts contexts;
	thread_contexts(s, t, &contexts);
	if (contexts.by_scan)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "threads",
			    "the signal frame of thread %lld was found by searching its stack",
			    (long long)t->procid);
	const struct context *c = contexts.count ? &contexts.items[contexts.count - 1] : NULL;
	if (c != NULL && (d->on_system_stack || c->g == t->g0)) {
		collect_from(s, t, c, t->g0, false, &d->system);
		drop_printing(&d->system);
	}
	if (d->goroutine == NO_INDEX)
		return;
	const struct goroutine *g = &s->goroutines[d->goroutine];
	/* The runtime itself prints from where a system call was entered (traceback1), and from
	 * where the goroutine left for the system stack (dopanic_m). */
	bool off_code = false;
	bool left = c != NULL && c->g == t->g0 && t->curg == g->addr && g->sched_sp != 0;
	if ((g->status == G_SYSCALL && g->syscall_sp != 0) || left)
		collect_parked(s, g, &d->culprit);
	else if (c != NULL && is_off_code(s, c->pc))
		off_code = collect_off_code(s, t, c, g->addr, &d->culprit);
	else if (c != NULL)
		collect_from(s, t, c, g->addr, true, &d->culprit);
	if (d->way != DEATH_SIGNAL)
		drop_printing(&d->culprit);
	if (d->culprit.count == 0 && d->way == DEATH_PANIC)
		collect_from_panic(s, g, &d->culprit);
	if (d->culprit.count == 0 && !off_code && (g->syscall_sp != 0 || g->sched_sp != 0))
		collect_parked(s, g, &d->culprit);
	/* A throw on the system stack: its frames are not on the goroutine's stack. */
	if (d->way != DEATH_NONE && !trace_has(&d->culprit, "runtime.throw") &&
	    !trace_has(&d->culprit, "runtime.fatal") && d->way != DEATH_PANIC &&
	    d->way != DEATH_SIGNAL)
		d->on_system_stack = true;
}

/* --- signals ----------------------------------------------------------------------------------- */

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
	if (k->number != SIGNAL_ABORT)
		return false;
	bool by_itself = !t->has_siginfo ||
			 (k->code == SI_TKILL_CODE && k->sender_pid == s->image->core->pid);
	if (s->death.way == DEATH_NONE)
		return by_itself && s->threads_cut && in_raise(s, k->pc);
	return by_itself;
}

static void mark_own(const struct snapshot *s, struct death_signal *signal)
{
	int32_t pid = s->image->core->pid;
	signal->by_itself = signal->present && signal->sent && pid > 0 && signal->sender_pid == pid;
}

/* A system call that a seccomp filter refused (siginfo.h si_syscall); it may have been the filter's RET_TRAP,
 * which Go's handler sees, or its RET_KILL. */
static void add_refused(const struct snapshot *s, struct death_signal *signal, uint32_t number)
{
	if (signal->number != SIGNAL_SYS || signal->code != SYS_SECCOMP_CODE)
		return;
	const struct syscall *known = syscall_find(s->image->arch, number);
	signal->refused = true;
	signal->syscall = number;
	signal->syscall_name = known != NULL ? known->name : NULL;
	signal->has_addr = false;
}

static void kernel_signal(struct snapshot *s)
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
		       (k->number == SIGNAL_STOP || k->number == SIGNAL_TRAP);
	if (k->number == 0 || stopped)
		return;
	k->present = true;
	k->code = t->has_siginfo ? t->siginfo.code : 0;
	k->sent = t->has_siginfo && k->code <= 0;
	k->sender_pid = k->sent ? t->siginfo.sender_pid : 0;
	k->sender_uid = k->sent ? t->siginfo.sender_uid : 0;
	if (t->has_siginfo && t->siginfo.refused)
		add_refused(s, k, (uint32_t)t->siginfo.syscall);
	k->has_addr = t->has_siginfo && k->code > 0 && k->code != SI_KERNEL_CODE && !k->refused;
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
		.has_addr = c->code > 0 && c->code != SI_KERNEL_CODE,
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

/* No M is dying. The kernel writes the thread that died first; whoever else wrote the core need not:
 * then one thread alone in the handler of that signal is the one. */
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

/* A jump to what is no code: sigpanic looks called from there, or, where a return address lay on top of
 * the stack, from the caller (signal_amd64.go preparePanic). What the runtime printed is that address. */
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

/* A return to address 0: after a call of it the caller would follow sigpanic's frame, which is the last
 * instead (signal_amd64.go shouldPushSigpanic). */
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
		.has_addr = code != SI_KERNEL_CODE,
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
	bool in_c = system->end == UNWIND_BAD_PC && system->bad_addr == pc &&
		    system->frames[system->count - 1].call->id == FUNC_SIGPANIC;
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

/* --- cause ------------------------------------------------------------------------------------- */

/* The first frame from FROM on that is not the runtime's; FROM itself if there is none. */
static size_t first_user_frame(const struct trace *trace, size_t from)
{
	for (size_t i = from; i < trace->count; i++)
		if (!is_runtime_name(trace->frames[i].call->symbol))
			return i;
	return from < trace->count ? from : 0;
}

/* The gopanic (or Goexit) frame in whose memory the record lies. */
static size_t frame_of_record(const struct trace *trace, uint64_t addr)
{
	for (size_t i = 0; i < trace->count; i++)
		if (addr >= trace->frames[i].sp && addr < trace->frames[i].fp &&
		    !trace->frames[i].call->inlined)
			return i;
	return (size_t)-1;
}

static void panic_cause(struct snapshot *s)
{
	struct death *d = &s->death;
	struct panic_record *items = (struct panic_record *)d->panics.items;
	bool found = false;
	d->cause_panic = d->panics.count ? d->panics.count - 1 : 0;
	for (size_t i = 0; i < d->panics.count; i++) {
		size_t frame = frame_of_record(&d->culprit, items[i].addr);
		if (frame == (size_t)-1)
			continue;
		const struct trace_frame *f = &d->culprit.frames[frame];
		if (!items[i].goexit && call_is(f->call, "runtime.gopanic"))
			panic_original(s, f->argp, &items[i]);
		if (found || items[i].goexit)
			continue;
		found = true;
		d->cause_panic = i;
		d->cause_frame = first_user_frame(&d->culprit, frame + 1);
	}
	if (!found)
		d->cause_frame = first_user_frame(&d->culprit, 0);
}

static void find_cause(struct snapshot *s)
{
	struct death *d = &s->death;
	if (d->way == DEATH_PANIC) {
		panic_cause(s);
		return;
	}
	d->cause_frame = first_user_frame(&d->culprit, 0);
	/* Nobody knows who led there: no frame below. */
	if (d->fault.off_code && d->culprit.end == UNWIND_BAD_PC)
		d->cause_frame = d->culprit.count;
}

/* --- all together ------------------------------------------------------------------------------ */

static void death_none(struct snapshot *s)
{
	struct death *d = &s->death;
	d->way = DEATH_NONE;
	d->thread = s->thread_count ? 0 : (uint32_t)NO_INDEX;
	if (d->thread != NO_INDEX)
		d->goroutine = s->threads[0].goroutine;
}

/* The runtime raised SIGABRT, but the Ms are lost, and with them which goroutine died of what: a
 * fatal error may still be in the runtime's last output. */
static void death_without_m(struct snapshot *s)
{
	struct death *d = &s->death;
	caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "death",
		    "the runtime ended the process itself, but the record of the thread that did is "
		    "not in the core");
	if (!fataltext_from_backlog(s))
		return;
	d->way = DEATH_THROW;
	d->fatal_text_guessed = true;
	caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "message",
		    "the text of the fatal error is the last one that the runtime printed");
}

/* The thread that the kernel wrote first is the one that raised the signal. */
static void find_lost(struct snapshot *s)
{
	struct death *d = &s->death;
	if (d->thread != NO_INDEX || s->thread_count == 0 || !lost_m_find(s, 0))
		return;
	d->thread = 0;
	caveats_add(s->caveats, CAVEAT_WEAKENS, s->threads[0].m, "death",
		    "the record of the thread that died is not in the core: how it died follows from "
		    "its registers and stack");
}

/* A fault in Go code that ended the process at once, or was stopped by a debugger before Go's
 * handler ran: of a thread that Go knows. */
static void collect_raw(struct snapshot *s)
{
	struct death *d = &s->death;
	const struct death_signal *signal = d->fault.present ? &d->fault : &d->kernel;
	if (!signal->present || signal->sent ||
	    (signal->number != SIGNAL_SEGV && signal->number != SIGNAL_BUS) ||
	    d->thread >= s->thread_count || s->threads[d->thread].m == 0)
		return;
	collect_culprit(s);
	find_cause(s);
}

/* Where the address of the fault is that of the code, nothing was executed there. */
static void mark_off_code(struct snapshot *s)
{
	struct death *d = &s->death;
	struct death_signal *fault = &d->fault;
	bool jump = (fault->number == SIGNAL_SEGV || fault->number == SIGNAL_BUS) &&
		    fault->has_addr && fault->addr == fault->pc;
	bool in_c = d->thread < s->thread_count && s->threads[d->thread].incgo;
	fault->off_code = fault->present && !fault->sent && !jump && !in_c &&
			  is_off_code(s, fault->pc);
	fault->inside_insn = fault->present && !fault->sent &&
			     s->image->core->writer == CORE_BY_KERNEL && /* not of a debugger */
			     is_inside_insn(s, fault->pc);
}

static void read_signals(struct snapshot *s)
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

void death_read(struct snapshot *s)
{
	struct death *d = &s->death;
	*d = (struct death){
		.thread = NO_INDEX,
		.goroutine = NO_INDEX,
		.second_thread = NO_INDEX,
		.second_goroutine = NO_INDEX,
	};
	find_dying(s);
	find_lost(s);
	if (d->thread == NO_INDEX) {
		death_none(s);
		kernel_signal(s);
		if (d->kernel.by_runtime)
			death_without_m(s);
		signal_of_no_m(s);
		mark_own(s, &d->fault);
		collect_raw(s);
		death_mixed_read(s);
		death_c_read(s);
		return;
	}
	const struct thread *t = &s->threads[d->thread];
	d->way = way_of(t);
	if (d->way == DEATH_SIGNAL && (d->way = way_before(s, t)) != DEATH_SIGNAL)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "death",
			    "the runtime faulted while it printed why the process ends");
	d->goroutine = culprit_of(s, t, d->way, &d->on_system_stack);
	if (d->second_thread != NO_INDEX)
		d->second_goroutine = s->threads[d->second_thread].goroutine;
	collect_culprit(s);
	fataltext_read(s);
	read_signals(s);
	d->bystander = d->way == DEATH_SIGNAL && d->fault.present && d->fault.sent;
	if (d->goroutine != NO_INDEX && d->way != DEATH_SIGNAL && !d->in_handler)
		panics_read(s, s->goroutines[d->goroutine].panic, &d->panics);
	find_cause(s);
	kernel_signal(s);
	death_mixed_read(s);
	death_c_read(s);
}
