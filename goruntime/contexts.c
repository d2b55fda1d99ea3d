/* Where a thread stood: its registers, and what each signal on its signal stack interrupted. */
#include <string.h>

#include "base/limits.h"
#include "goruntime/cframe.h"

enum { HANDLER_FRAMES = 256 };

/* How a thread came to the handler of a signal. */
struct handler {
	uint64_t uc; /* of the signal's frame; 0: not found */
	bool by_sighandler, by_c; /* as in struct context */
};

static void fill_from_registers(const struct snapshot *s, const struct thread *t,
				struct context *c)
{
	const struct arch *arch = s->image->arch;
	c->pc = c->regs.value[arch->pc];
	c->sp = c->regs.value[arch->sp];
	c->lr = arch->lr < ARCH_MAX_REGISTERS ? c->regs.value[arch->lr] : 0;
	c->g = thread_g_of_sp(s, t, c->sp);
	c->trap = true;
}

/* Reads the signal frame at UC (struct ucontext, siginfo_t beside it). */
static bool context_read(const struct snapshot *s, const struct thread *t, uint64_t uc,
			 struct context *c)
{
	const struct arch *arch = s->image->arch;
	uint8_t words[ARCH_MAX_REGISTERS * 8 + 64], info[32];
	size_t size = (size_t)arch->ucontext_count * 8;
	if (size > sizeof(words) || !image_read(s->image, uc + arch->ucontext_regs, words, size, NULL))
		return false;
	*c = (struct context){ .ucontext = uc };
	arch_registers(arch, false, words, size, &c->regs);
	fill_from_registers(s, t, c);
	if (!image_read(s->image, uc + (uint64_t)(int64_t)arch->ucontext_siginfo, info, sizeof(info),
			NULL))
		return true;
	c->signo = (int32_t)bytes_u32(info);
	c->code = (int32_t)bytes_u32(info + 8);
	c->siginfo_addr = bytes_u64(info + 16);
	c->siginfo_syscall = bytes_u32(info + 24);
	c->sender_pid = (int32_t)bytes_u32(info + 16);
	c->sender_uid = bytes_u32(info + 20);
	return true;
}

/* A signal frame names the stack it was delivered on: uc_stack.ss_sp is gsignal's low end. */
static bool signature(const struct snapshot *s, const struct thread *t, uint64_t uc)
{
	uint64_t stack, size;
	uint16_t offset = s->image->arch->ucontext_stack;
	return image_u64(s->image, uc + offset, &stack, NULL) && stack == t->gsignal_stack_lo &&
	       image_u64(s->image, uc + offset + 16, &size, NULL) &&
	       size == t->gsignal_stack_hi - t->gsignal_stack_lo;
}

static bool is_named(const struct frame *frame, const char *name)
{
	return strcmp(pclntab_name(&frame->code->module->pclntab, &frame->code->func), name) == 0;
}

/* The signal's frame at the end of C frames from AT on: the function that the kernel makes a
 * handler return to stands right below it. 0: there is none. */
static uint64_t signal_frame_of_c(const struct snapshot *s, struct c_frame at)
{
	int16_t info = s->image->arch->ucontext_siginfo;
	for (unsigned i = 0; i < HANDLER_FRAMES; i++) {
		struct c_frame caller;
		uint64_t sp = c_frame_sp(s, &at);
		if (c_frame_step(s, &at, &caller) != CFI_CALLER)
			return 0;
		if (caller.exact)
			return sp + (info < 0 ? (uint64_t)-info : 0);
		if (c_frame_sp(s, &caller) <= sp && !at.exact)
			return 0;
		at = caller;
	}
	return 0;
}

/* Between sigtramp and the signal's frame stand frames of C where C collects a traceback first
 * (runtime/cgo gcc_traceback.c x_cgo_callers). */
static uint64_t frame_above(const struct snapshot *s, const struct frame *sigtramp)
{
	const struct arch *arch = s->image->arch;
	int16_t info = arch->ucontext_siginfo;
	struct c_frame at = { .found_by = FOUND_BY_PCSP };
	uint64_t pc, next = sigtramp->fp + (info < 0 ? (uint64_t)-info : 0);
	if (arch->link_register || !image_u64(s->image, sigtramp->fp - 8, &pc, NULL) ||
	    !is_c_code(s, pc))
		return next;
	registers_put(&at.regs, arch->pc, pc);
	registers_put(&at.regs, arch->sp, sigtramp->fp);
	uint64_t uc = signal_frame_of_c(s, at);
	return uc != 0 ? uc : next;
}

/* The ucontext of the signal in whose handler FROM stands. */
static struct handler find_handler(const struct snapshot *s, const struct thread *t,
				   const struct context *from)
{
	struct handler handler = { 0 };
	struct unwinder u;
	struct frame frame;
	if (is_c_code(s, from->pc)) {
		struct c_frame at = { .regs = from->regs, .exact = from->trap };
		handler.uc = signal_frame_of_c(s, at);
		handler.by_c = true;
		return handler;
	}
	unwind_at(&u, s, t, from->g, from->pc, from->sp, from->lr, from->trap, false);
	for (unsigned i = 0; i < HANDLER_FRAMES && unwind_next(&u, &frame); i++) {
		handler.by_sighandler |= is_named(&frame, "runtime.sighandler");
		if (!is_named(&frame, "runtime.sigtramp") && !is_named(&frame, "runtime.cgoSigtramp"))
			continue;
		handler.uc = frame_above(s, &frame);
		break;
	}
	return handler;
}

/* The same by searching upwards, for a stack that does not unwind. */
static uint64_t search_context(const struct snapshot *s, const struct thread *t, uint64_t sp)
{
	uint64_t from = (sp + 7) & ~(uint64_t)7;
	uint64_t size = image_rest(s->image, from).size; /* bounds may be wild */
	size = size < LIMIT_SIGNAL_STACK ? size : LIMIT_SIGNAL_STACK;
	for (uint64_t uc = from;
	     uc >= t->gsignal_stack_lo && uc < t->gsignal_stack_hi && uc - from < size; uc += 8)
		if (signature(s, t, uc))
			return uc;
	return 0;
}

static bool on_signal_stack(const struct thread *t, uint64_t sp)
{
	return t->gsignal != 0 && sp >= t->gsignal_stack_lo && sp <= t->gsignal_stack_hi;
}

/* Whether the handler was called on a stack of its own, at UC (sigaltstack): then what the signal
 * interrupted may stand anywhere. */
static bool on_other_stack(const struct snapshot *s, uint64_t uc)
{
	uint64_t lo, size, stack = s->image->arch->ucontext_stack;
	return image_u64(s->image, uc + stack, &lo, NULL) &&
	       image_u64(s->image, uc + stack + 16, &size, NULL) && uc > lo && uc - lo < size &&
	       size <= LIMIT_SIGNAL_STACK;
}

/* A thread that C made has no signal stack: the handler runs on its own (runtime/signal_unix.go
 * badsignal, sigtrampgo). Its frame lies below what it interrupted. */
static bool own_stack_context(const struct snapshot *s, const struct thread *t,
			      const struct context *from, struct context *next)
{
	struct handler handler = find_handler(s, t, from);
	uint64_t uc = handler.uc;
	if (uc == 0 || handler.by_c || !context_read(s, t, uc, next) || next->signo <= 0 ||
	    next->signo > 64)
		return false;
	next->by_sighandler = handler.by_sighandler;
	return on_other_stack(s, uc) ||
	       (next->sp > uc && image_find(s->image, next->sp) == image_find(s->image, uc));
}

bool thread_signal_stack(const struct snapshot *s, const struct thread *t, uint64_t *lo, uint64_t *hi)
{
	struct context c = { .regs = t->lwp->regs };
	uint64_t size, stack = s->image->arch->ucontext_stack;
	fill_from_registers(s, t, &c);
	uint64_t uc = find_handler(s, t, &c).uc;
	if (uc == 0 || !image_u64(s->image, uc + stack, lo, NULL) ||
	    !image_u64(s->image, uc + stack + 16, &size, NULL) || size > LIMIT_SIGNAL_STACK)
		return false;
	*hi = *lo + size;
	return c.sp > *lo && c.sp <= *hi;
}

/* What the signal interrupted in whose handler the last of CONTEXTS stands, on T's signal stack. */
static bool add_interrupted(const struct snapshot *s, const struct thread *t,
			    struct contexts *contexts)
{
	const struct context *last = &contexts->items[contexts->count - 1];
	struct context *next = &contexts->items[contexts->count];
	struct handler handler = find_handler(s, t, last);
	bool unwound = handler.uc != 0 && signature(s, t, handler.uc);
	if (!unwound)
		handler = (struct handler){ .uc = search_context(s, t, last->sp) };
	if (handler.uc == 0 || handler.uc <= last->ucontext ||
	    !context_read(s, t, handler.uc, next))
		return false;
	next->by_sighandler = handler.by_sighandler;
	next->by_c = handler.by_c;
	if (next->by_c)
		next->signo = next->code = 0;
	contexts->by_scan |= !unwound;
	contexts->count++;
	return true;
}

void thread_contexts(const struct snapshot *s, const struct thread *t, struct contexts *contexts)
{
	*contexts = (struct contexts){ 0 };
	if (t->lwp == NULL || t->lwp->regs.known == 0)
		return;
	struct context *c = &contexts->items[contexts->count++];
	*c = (struct context){ .regs = t->lwp->regs };
	fill_from_registers(s, t, c);
	if (!on_signal_stack(t, c->sp) && own_stack_context(s, t, c, c + 1)) {
		contexts->count++;
		return;
	}
	while (on_signal_stack(t, contexts->items[contexts->count - 1].sp) &&
	       contexts->count < CONTEXTS_MAX)
		if (!add_interrupted(s, t, contexts))
			return;
}

const struct context *contexts_fatal(const struct contexts *contexts)
{
	for (size_t i = 1; i < contexts->count; i++)
		if (contexts->items[i].by_sighandler)
			return &contexts->items[i];
	return contexts->count > 0 ? &contexts->items[contexts->count - 1] : NULL;
}
