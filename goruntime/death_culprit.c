/* The stacks of a death: the culprit's from where the runtime began to print it, and the system
 * stack's. */
#include <string.h>

#include "base/str.h"
#include "goruntime/private.h"

/* Names of the functions at which the runtime prints the dying goroutine's stack: what lies below
 * them is the printing itself (panic.go fatalpanic, fatalthrow). */
static bool is_printer(const char *symbol)
{
	return strcmp(symbol, "runtime.fatalpanic") == 0 ||
	       strcmp(symbol, "runtime.fatalthrow") == 0;
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
enum death_way death_way_before(const struct snapshot *s, const struct thread *t)
{
	struct contexts contexts;
	struct trace trace = { 0 };
	thread_contexts(s, t, &contexts);
	if (t->caughtsig != t->g0 || contexts.count < 2)
		return DEATH_SIGNAL;
	collect_from(s, t, &contexts.items[contexts.count - 1], t->g0, false, &trace);
	for (size_t i = 0; i < trace.count; i++) {
		const char *symbol = trace.frames[i].call->symbol;
		if (str_begins(symbol, "runtime.fatalthrow"))
			return DEATH_THROW;
		if (str_begins(symbol, "runtime.fatalpanic"))
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

/* What the goroutine saved when it last left Go code is of an earlier moment. False where it is
 * none of G's: then C runs such code. */
static bool collect_off_code(const struct snapshot *s, const struct thread *t,
			     const struct context *c, uint64_t g, struct trace *trace)
{
	struct context caller;
	if (off_code_caller(s, c, &caller))
		collect_from(s, t, &caller, g, true, trace);
	return c->g == g;
}

void death_culprit_read(struct snapshot *s)
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
