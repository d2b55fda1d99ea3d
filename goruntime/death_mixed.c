/* The culprit's stack with the C frames that belong to it. */
#include "goruntime/mixed.h"
#include "goruntime/tracebuilder.h"

/* Where C code was hit; NULL where it was not. */
static const struct death_signal *signal_in_c(const struct snapshot *s)
{
	const struct death *d = &s->death;
	const struct death_signal *signal = d->fault.present ? &d->fault : &d->kernel;
	bool goes = d->way == DEATH_PANIC || d->way == DEATH_FATAL;
	if (goes || !signal->present || signal->by_runtime)
		return NULL;
	/* C may have jumped to where no code is. */
	bool jumped = d->thread < s->thread_count && s->threads[d->thread].incgo &&
		      !code_at(snapshot_code(s), signal->pc)->valid;
	return jumped || is_c_code(s, signal->pc) ? signal : NULL;
}

static bool is_frame(const struct trace_frame *f, const struct trace_frame *other)
{
	return f->pc == other->pc && f->sp == other->sp && f->call == other->call;
}

/* The index of the first frame that the culprit's stack begins with; COUNT: there is none. */
static size_t find_start(const struct snapshot *s, const struct trace *all)
{
	const struct death *d = &s->death;
	const struct death_signal *signal = signal_in_c(s);
	bool in_c = signal != NULL || d->culprit.count == 0;
	for (size_t i = 0; i < all->count; i++) {
		const struct trace_frame *f = &all->frames[i];
		if (in_c ? f->call->is_c && (signal == NULL || f->pc == signal->pc)
			 : is_frame(f, &d->culprit.frames[0]))
			return i;
	}
	return all->count;
}

static bool has_c(const struct trace *trace, size_t from)
{
	for (size_t i = from; i < trace->count; i++)
		if (trace->frames[i].call->is_c || trace->frames[i].gap != NULL)
			return true;
	return false;
}

/* Whether no Go frame of the culprit's is lost: its outermost one is there, or what only stands for
 * the end of a stack. */
static bool is_whole(const struct snapshot *s, const struct trace *all)
{
	const struct trace *culprit = &s->death.culprit;
	size_t last = culprit->count;
	if (last > 0 && culprit->frames[last - 1].call->id == FUNC_GOEXIT)
		last--;
	for (size_t i = 0; last > 0 && i < all->count; i++)
		if (is_frame(&all->frames[i], &culprit->frames[last - 1]))
			return true;
	return last == 0;
}

static void drop_before(struct trace *trace, size_t start)
{
	trace->frames += start;
	trace->count -= start;
	trace->total -= start;
	if (trace->elided > 0)
		trace->elided_at -= start;
}

/* Whether ALL is the culprit's stack with C frames in it; *START is where it begins then. */
static bool is_mixed(const struct snapshot *s, const struct trace *all, size_t *start)
{
	*start = find_start(s, all);
	return *start < all->count && has_c(all, *start) && is_whole(s, all) &&
	       (all->elided == 0 || *start < all->elided_at);
}

/* All frames of the thread that died. False where there are none. */
static bool walk_thread(struct snapshot *s, struct trace *all)
{
	const struct thread *thread = &s->threads[s->death.thread];
	struct contexts contexts;
	thread_contexts(s, thread, &contexts);
	if (contexts.count == 0)
		return false;
	const struct context *c = signal_in_c(s) != NULL ? contexts_fatal(&contexts)
							  : &contexts.items[contexts.count - 1];
	struct handler_fault fault;
	if (s->death.in_handler && handler_fault_find(s, &fault))
		c = &fault.place;
	mixed_trace(s, thread, c, true, s->arena, all);
	return true;
}

/* Those of the goroutine that the runtime left for a stack of its own before it died. */
static bool walk_left(struct snapshot *s, struct trace *all)
{
	const struct death *d = &s->death;
	struct unwinder u;
	if (d->culprit.count == 0 || d->goroutine >= s->goroutine_count)
		return false;
	const struct goroutine *g = &s->goroutines[d->goroutine];
	unwind_goroutine(&u, s, g);
	mixed_goroutine_trace(&s->threads[d->thread], g, &u, true, s->arena, all);
	return true;
}

/* Of a handler whose frames the runtime has written over as it died, where it was hit. */
static bool only_place(struct snapshot *s)
{
	struct death *d = &s->death;
	struct handler_fault fault;
	struct trace_builder builder = { 0 };
	if (!d->in_handler || !handler_fault_find(s, &fault) || fault.place.pc != 0)
		return false;
	struct frame frame = {
		.pc = d->fault.pc,
		.lookup_pc = d->fault.pc,
		.exact = true,
		.found_by = FOUND_BY_CONTEXT,
	};
	d->mixed.end = UNWIND_NO_START;
	trace_builder_add_c(&builder, &frame, c_calls_at(s, frame.pc, frame.pc, s->arena));
	trace_builder_finish(&builder, s, false, s->arena, &d->mixed);
	return true;
}

void death_mixed_read(struct snapshot *s)
{
	struct death *d = &s->death;
	struct trace all;
	size_t start;
	bool in_c = signal_in_c(s) != NULL;
	if (d->thread >= s->thread_count || (!s->iscgo && !in_c))
		return;
	if (d->way == DEATH_NONE && !in_c && !s->threads[d->thread].incgo)
		return;
	if (only_place(s))
		return;
	bool found = (!d->on_system_stack || in_c) && walk_thread(s, &all) &&
		     is_mixed(s, &all, &start);
	if (!found && !in_c)
		found = walk_left(s, &all) && is_mixed(s, &all, &start);
	if (!found)
		return;
	d->mixed = all;
	drop_before(&d->mixed, start);
}
