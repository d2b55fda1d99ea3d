/* The stack of a death in C: the C function in front of the Go frames that called it. */
#include <string.h>

#include "goruntime/private.h"

/* The Go frames below: the culprit's, or those of the goroutine that the thread runs. */
static void go_frames(const struct snapshot *s, struct trace *trace)
{
	const struct death *d = &s->death;
	struct unwinder u;
	*trace = d->culprit;
	if (trace->count > 0 || d->thread >= s->thread_count || !s->threads[d->thread].incgo ||
	    s->threads[d->thread].goroutine == NO_INDEX)
		return;
	const struct goroutine *g = &s->goroutines[s->threads[d->thread].goroutine];
	struct trace_wish wish = { .args = true, .only_g = g->addr };
	if (g->status != G_SYSCALL || g->syscall_sp == 0)
		return;
	unwind_goroutine(&u, s, g);
	trace_collect(s, &u, &wish, s->arena, trace);
}

static const struct death_signal *signal_in_c(const struct snapshot *s)
{
	const struct death *d = &s->death;
	const struct death_signal *signal = d->fault.present ? &d->fault : &d->kernel;
	if (!signal->present || signal->by_runtime || signal->pc == 0 ||
	    !is_c_code(s, signal->pc))
		return NULL;
	return signal;
}

void death_in_c_read(struct snapshot *s)
{
	struct death *d = &s->death;
	const struct death_signal *signal = signal_in_c(s);
	struct trace go;
	if (signal == NULL || d->way == DEATH_PANIC || d->way == DEATH_FATAL)
		return;
	go_frames(s, &go);
	struct trace *mixed = &d->mixed;
	*mixed = go;
	mixed->count++;
	mixed->total++;
	mixed->elided_at++;
	mixed->frames = arena_alloc(s->arena, mixed->count * sizeof(*mixed->frames));
	mixed->frames[0] = (struct trace_frame){
		.call = c_call_at(s, signal->pc, signal->pc, s->arena),
		.pc = signal->pc,
		.sp = signal->has_regs ? signal->regs.value[s->image->arch->sp] : 0,
		.found_by = FOUND_BY_CONTEXT,
		.trap = true,
	};
	if (go.count > 0)
		memcpy(mixed->frames + 1, go.frames, go.count * sizeof(*go.frames));
}
