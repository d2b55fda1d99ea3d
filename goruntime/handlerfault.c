/*
 * A fault in a signal handler that C code installed. It runs on Go's signal stack, but g is still
 * that of the code which was interrupted: Go makes the fault a call of sigpanic by that g
 * (runtime/signal_unix.go sighandler), on a stack that is not g's, where sigpanic cannot go on.
 */
#include "goruntime/private.h"

static bool on_signal_stack(const struct thread *t, uint64_t sp)
{
	return t->gsignal != 0 && sp >= t->gsignal_stack_lo && sp < t->gsignal_stack_hi;
}

/* The fault's record in G, where it is one in C code. */
static bool read_record(const struct snapshot *s, uint64_t g, struct death_signal *signal)
{
	struct view view;
	if (g == 0 || !view_read(&view, s->image, &s->layout, RT_G, g, NULL) ||
	    view_get(&view, G_SIG) == 0 || !is_c_code(s, view_get(&view, G_SIGPC)))
		return false;
	*signal = signal_of_g(&view, "g.sig");
	return !signal->sent;
}

/* The handler interrupted a goroutine's code, which is the only way in which a goroutine itself,
 * not its thread's g0, has a fault in C: the runtime threw, as that goroutine's stack pointer was
 * none of its stack, or as its frames did not lead anywhere. What lay on the signal stack is
 * written over since: the runtime's own SIGABRT came there anew. */
static bool interrupted_goroutine(const struct snapshot *s, const struct thread *t,
				  struct handler_fault *fault)
{
	const struct goroutine *g = snapshot_g(s, t->curg);
	if (s->death.way != DEATH_THROW || g == NULL || !on_signal_stack(t, g->sched_sp))
		return false;
	return read_record(s, g->addr, &fault->signal);
}

static bool returns_into(const struct snapshot *s, uint64_t slot, enum func_id id)
{
	uint64_t pc;
	return image_u64(s->image, slot, &pc, NULL) && code_at(snapshot_code(s), pc)->func.id == id;
}

/* Up to 1.20, where it interrupted C code or the scheduler: sigpanic cannot grow the stack of g0,
 * and morestack calls abort (asm_amd64.s). C's frames are whole: the breakpoint's signal came below
 * them. */
static bool interrupted_system(const struct snapshot *s, const struct thread *t,
			       struct handler_fault *fault)
{
	const struct arch *arch = s->image->arch;
	struct contexts contexts;
	uint64_t pc;
	if (s->death.way != DEATH_SIGNAL || t->caughtsig != t->g0 || arch->link_register)
		return false;
	thread_contexts(s, t, &contexts);
	const struct context *stopped = contexts_fatal(&contexts);
	if (stopped == NULL || !on_signal_stack(t, stopped->sp) ||
	    code_at(snapshot_code(s), stopped->pc)->func.id != FUNC_ABORT ||
	    !returns_into(s, stopped->sp, FUNC_MORESTACK) ||
	    !returns_into(s, stopped->sp + 8, FUNC_SIGPANIC) ||
	    !image_u64(s->image, stopped->sp + 16, &pc, NULL) ||
	    !read_record(s, t->g0, &fault->signal) || pc != fault->signal.pc)
		return false;
	fault->signal.record = "g0.sig";
	fault->place = (struct context){ .pc = pc, .sp = stopped->sp + 24, .trap = true };
	fault->place.injected = true;
	registers_put(&fault->place.regs, arch->pc, pc);
	registers_put(&fault->place.regs, arch->sp, fault->place.sp);
	if (registers_has(&stopped->regs, arch->fp))
		registers_put(&fault->place.regs, arch->fp, stopped->regs.value[arch->fp]);
	return true;
}

bool handler_fault_find(const struct snapshot *s, struct handler_fault *fault)
{
	const struct thread *t = &s->threads[s->death.thread];
	*fault = (struct handler_fault){ 0 };
	return interrupted_goroutine(s, t, fault) || interrupted_system(s, t, fault);
}
