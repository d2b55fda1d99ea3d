/*
 * The thread that died, where its M is not in the core: of the first thread the M is a variable,
 * and a core that is cut may have lost those and kept the heap. The registers name the g of the
 * signal stack, and the context on that stack names the goroutine that was interrupted
 * (abi-internal.md: R14 on amd64, x28 on arm64). What the M would say of the death, the frames say.
 */
#include "goruntime/private.h"

enum { THROWING_RUNTIME = 2 };

/* The g in these registers, if it is one. */
static bool g_of_registers(const struct snapshot *s, const struct registers *regs, struct view *g)
{
	uint8_t number = s->image->arch->g;
	return registers_has(regs, number) &&
	       view_read(g, s->image, &s->layout, RT_G, regs->value[number], NULL);
}

static bool stands_on(const struct snapshot *s, const struct registers *regs, const struct view *g)
{
	uint64_t sp = registers_has(regs, s->image->arch->sp) ? regs->value[s->image->arch->sp] : 0;
	return sp > view_get(g, G_STACK_LO) && sp <= view_get(g, G_STACK_HI);
}

static bool is_readable_m(const struct snapshot *s, uint64_t addr)
{
	struct view m;
	return view_read(&m, s->image, &s->layout, RT_M, addr, NULL);
}

/* The M that is missing, and the signal stack that T stands on. The handler sets gsignal only after
 * it has seen whether the signal is to be passed on (signal_unix.go sigtrampgo): until then the
 * register has what was interrupted, and the bounds of the stack stand for the g of it. */
static bool find_signal_stack(const struct snapshot *s, struct thread *t)
{
	struct view g;
	uint64_t lo, hi;
	if (!g_of_registers(s, &t->lwp->regs, &g) || view_get(&g, G_M) == 0 ||
	    is_readable_m(s, view_get(&g, G_M)) || !thread_signal_stack(s, t, &lo, &hi))
		return false;
	t->m = view_get(&g, G_M);
	t->gsignal = stands_on(s, &t->lwp->regs, &g) ? g.addr : lo;
	t->gsignal_stack_lo = lo;
	t->gsignal_stack_hi = hi;
	return true;
}

/* The goroutine that the signal interrupted; NULL if none. */
static const struct goroutine *find_interrupted(struct snapshot *s, const struct thread *t,
						size_t *contexts_count)
{
	struct contexts contexts;
	struct view g;
	thread_contexts(s, t, &contexts);
	*contexts_count = contexts.count;
	const struct registers *regs = &contexts.items[contexts.count - 1].regs;
	if (contexts.count < 2 || !g_of_registers(s, regs, &g) || !stands_on(s, regs, &g) ||
	    g.addr == t->gsignal || view_get(&g, G_M) != t->m)
		return NULL;
	goroutines_add_named(s, g.addr);
	return snapshot_g(s, g.addr);
}

static bool stands_in(const struct snapshot *s, const struct thread *t, const char *symbol)
{
	struct trace trace;
	thread_trace(s, t, false, s->arena, &trace);
	for (size_t i = 0; i < trace.count; i++)
		if (call_is(trace.frames[i].call, symbol))
			return true;
	return false;
}

/* A panic that nothing recovered calls fatalpanic on the goroutine's stack (panic.go); a signal
 * that ends the process has its handler on the signal stack, and the raise in it is a second
 * signal. */
static bool died(const struct snapshot *s, struct thread *t, size_t contexts)
{
	if (stands_in(s, t, "runtime.fatalpanic"))
		return true;
	if (contexts < 3 || !stands_in(s, t, "runtime.sighandler"))
		return false;
	t->throwing = THROWING_RUNTIME;
	t->caughtsig = t->curg;
	return true;
}

bool lost_m_find(struct snapshot *s, uint32_t thread)
{
	size_t contexts;
	struct thread *t = &s->threads[thread];
	struct thread before = *t;
	if (!s->threads_cut || t->m != 0 || t->lwp == NULL || !find_signal_stack(s, t)) {
		*t = before;
		return false;
	}
	const struct goroutine *g = find_interrupted(s, t, &contexts);
	if (g != NULL) {
		t->curg = g->addr;
		t->goroutine = (uint32_t)(g - s->goroutines);
	}
	if (g == NULL || !died(s, t, contexts)) {
		*t = before;
		return false;
	}
	t->dying = 1;
	t->unreadable = true;
	s->goroutines[t->goroutine].thread = thread;
	return true;
}
