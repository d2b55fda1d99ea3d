/* Logical frames out of physical ones, for reports: bounded, whatever the depth of the stack. */
#include <string.h>

#include "base/str.h"
#include "goruntime/argwords.h"
#include "goruntime/mixed.h"
#include "goruntime/tracebuilder.h"

void trace_collect(const struct snapshot *s, struct unwinder *u, const struct trace_wish *wish,
		   struct arena *arena, struct trace *trace)
{
	struct trace_builder builder = { 0 };
	struct frame frame;
	while (unwind_next(u, &frame)) {
		if ((wish->only_g != 0 && frame.g != wish->only_g) ||
		    frame.sp < wish->skip_below_sp)
			continue;
		trace_builder_add(&builder, s, &frame);
	}
	*trace = (struct trace){ .end = u->end, .bad_addr = u->bad_addr };
	trace_builder_finish(&builder, s, wish->args, arena, trace);
}

bool call_is(const struct call *call, const char *symbol)
{
	return strcmp(call->symbol, symbol) == 0;
}

bool trace_has(const struct trace *trace, const char *symbol)
{
	for (size_t i = 0; i < trace->count; i++)
		if (call_is(trace->frames[i].call, symbol))
			return true;
	return false;
}

/* Where a running goroutine stands: the outermost thing that its thread's signals interrupted. */
static bool start_on_thread(const struct snapshot *s, const struct goroutine *g,
			    struct unwinder *u)
{
	const struct thread *t = &s->threads[g->thread];
	struct contexts contexts;
	thread_contexts(s, t, &contexts);
	if (contexts.count == 0)
		return false;
	const struct context *c = &contexts.items[contexts.count - 1];
	struct frame frame;
	unwind_at(u, s, t, c->g, c->pc, c->sp, c->lr, c->trap, true);
	if (c->ucontext == 0)
		u->found_by = FOUND_BY_REGISTERS;
	struct unwinder probe = *u;
	while (unwind_next(&probe, &frame))
		if (frame.g == g->addr)
			return true;
	return false;
}

/* Begins a goroutine's stack where it stands now, be it parked or running. */
static void goroutine_unwinder(const struct snapshot *s, const struct goroutine *g,
			       struct unwinder *u)
{
	bool running = g->status == G_RUNNING || g->status == G_COPYSTACK;
	if (!running || g->syscall_sp != 0 || g->thread == NO_INDEX) {
		unwind_goroutine(u, s, g);
		if (running && g->syscall_sp == 0)
			u->end = UNWIND_NO_START; /* sched is stale while it runs */
		return;
	}
	const struct thread *t = &s->threads[g->thread];
	if (t->vdso_sp != 0 || start_on_thread(s, g, u)) {
		if (t->vdso_sp != 0)
			unwind_goroutine(u, s, g);
		return;
	}
	unwind_goroutine(u, s, g);
	u->end = UNWIND_NO_START;
}

static const struct trace *culprit_trace(const struct snapshot *s, const struct goroutine *g)
{
	const struct death *d = &s->death;
	if (d->goroutine == NO_INDEX || &s->goroutines[d->goroutine] != g)
		return NULL;
	return d->culprit.count > 0 ? &d->culprit : NULL;
}

void goroutine_trace(const struct snapshot *s, const struct goroutine *g, bool args,
		     struct arena *arena, struct trace *trace)
{
	const struct trace *culprit = culprit_trace(s, g);
	if (culprit != NULL) {
		*trace = *culprit;
		return;
	}
	struct unwinder u;
	struct trace_wish wish = { .args = args, .only_g = g->addr };
	if (g->unreadable) {
		*trace = (struct trace){ .end = UNWIND_NO_START };
		return;
	}
	goroutine_unwinder(s, g, &u);
	trace_collect(s, &u, &wish, arena, trace);
}

void goroutine_unwind(struct unwinder *u, const struct snapshot *s, const struct goroutine *g)
{
	if (g->unreadable)
		*u = (struct unwinder){ .snapshot = s, .end = UNWIND_NO_START };
	else
		goroutine_unwinder(s, g, u);
}

/* Whether the frames so far led to where the signal of C hit: through the handler, C by C. */
static bool is_reached(const struct trace *trace, const struct context *c)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->frames[i].pc == c->pc && trace->frames[i].sp == c->sp)
			return true;
	return false;
}

void thread_trace(const struct snapshot *s, const struct thread *t, bool args, struct arena *arena,
		  struct trace *trace)
{
	struct contexts contexts;
	thread_contexts(s, t, &contexts);
	*trace = (struct trace){ .end = UNWIND_NO_START };
	for (size_t i = 0; i < contexts.count; i++) {
		const struct context *c = &contexts.items[i];
		struct trace part;
		if (is_reached(trace, c))
			continue;
		mixed_trace(s, t, c, args, arena, &part);
		struct trace_frame *all =
			arena_alloc(arena, (trace->count + part.count + 1) * sizeof(*all));
		if (trace->count > 0)
			memcpy(all, trace->frames, trace->count * sizeof(*all));
		if (part.count > 0)
			memcpy(all + trace->count, part.frames, part.count * sizeof(*all));
		part.elided_at += trace->count;
		part.count += trace->count;
		part.total += trace->total;
		part.frames = all;
		*trace = part;
	}
}

struct calls snapshot_calls(const struct snapshot *s, uint64_t pc, uint64_t lookup_pc)
{
	const struct code *code = code_at(snapshot_code(s), pc);
	return code->valid ? code_calls(snapshot_code(s), code, lookup_pc) : (struct calls){ 0 };
}

bool frame_word(const struct snapshot *s, uint64_t argp, unsigned word, uint64_t *value)
{
	return image_u64(s->image, argp + (uint64_t)word * 8, value, NULL);
}

bool frame_word_spilled(const struct snapshot *s, const struct trace_frame *frame, unsigned word)
{
	struct arg_slot slots[ARG_SLOTS_MAX];
	_cleanup_str_ struct str text = { 0 };
	size_t count;
	const struct code *code = code_at(snapshot_code(s), frame->pc);
	uint64_t lookup = frame->trap ? frame->pc : frame->pc - 1;
	if (!code->valid ||
	    !argwords_describe(&code->module->pclntab, &code->func, lookup, &text, slots, &count))
		return false;
	for (size_t i = 0; i < count; i++)
		if (slots[i].offset == word * 8)
			return !slots[i].stale;
	return false;
}
