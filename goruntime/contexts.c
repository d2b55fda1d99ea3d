/* Where a thread stood: its registers, and what each signal on its signal stack interrupted. */
#include <string.h>

#include "base/limits.h"
#include "goruntime/private.h"

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

/* The ucontext that the signal trampoline's frame holds. */
static uint64_t trampoline_context(const struct snapshot *s, const struct thread *t,
				   const struct context *from)
{
	struct unwinder u;
	struct frame frame;
	int16_t info = s->image->arch->ucontext_siginfo;
	unwind_at(&u, s, t, from->g, from->pc, from->sp, from->lr, from->trap, false);
	for (unsigned i = 0; i < 256 && unwind_next(&u, &frame); i++) {
		const char *name = pclntab_name(&frame.code->module->pclntab, &frame.code->func);
		if (strcmp(name, "runtime.sigtramp") == 0 || strcmp(name, "runtime.cgoSigtramp") == 0)
			return frame.fp + (info < 0 ? (uint64_t)-info : 0);
	}
	return 0;
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

/* A thread that C made has no signal stack: the handler runs on its own (runtime/signal_unix.go
 * badsignal, sigtrampgo). Its frame lies below what it interrupted. */
static uint64_t own_stack_context(const struct snapshot *s, const struct thread *t,
				  const struct context *from, struct context *next)
{
	uint64_t uc = trampoline_context(s, t, from);
	if (uc == 0 || !context_read(s, t, uc, next) || next->signo <= 0 || next->signo > 64 ||
	    next->sp <= uc || image_find(s->image, next->sp) != image_find(s->image, uc))
		return 0;
	return uc;
}

bool thread_signal_stack(const struct snapshot *s, const struct thread *t, uint64_t *lo, uint64_t *hi)
{
	struct context c = { .regs = t->lwp->regs };
	uint64_t size, stack = s->image->arch->ucontext_stack;
	fill_from_registers(s, t, &c);
	uint64_t uc = trampoline_context(s, t, &c);
	if (uc == 0 || !image_u64(s->image, uc + stack, lo, NULL) ||
	    !image_u64(s->image, uc + stack + 16, &size, NULL) || size > LIMIT_SIGNAL_STACK)
		return false;
	*hi = *lo + size;
	return c.sp > *lo && c.sp <= *hi;
}

void thread_contexts(const struct snapshot *s, const struct thread *t, struct contexts *contexts)
{
	*contexts = (struct contexts){ 0 };
	if (t->lwp == NULL || t->lwp->regs.known == 0)
		return;
	struct context *c = &contexts->items[contexts->count++];
	*c = (struct context){ .regs = t->lwp->regs };
	fill_from_registers(s, t, c);
	if (!on_signal_stack(t, c->sp) && own_stack_context(s, t, c, c + 1) != 0) {
		contexts->count++;
		return;
	}
	while (on_signal_stack(t, c->sp) && contexts->count < CONTEXTS_MAX) {
		uint64_t uc = trampoline_context(s, t, c);
		bool unwound = uc != 0 && signature(s, t, uc);
		if (!unwound)
			uc = search_context(s, t, c->sp);
		struct context *next = c + 1;
		if (uc == 0 || uc <= c->ucontext || !context_read(s, t, uc, next))
			return;
		contexts->by_scan |= !unwound;
		contexts->count++;
		c = next;
	}
}
