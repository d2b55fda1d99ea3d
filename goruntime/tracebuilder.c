#include "goruntime/tracebuilder.h"

#include <string.h>

#include "base/str.h"
#include "goruntime/argwords.h"

static void add(struct trace_builder *b, const struct frame *frame, const struct call *call)
{
	struct logical l = { *frame, call, b->gap };
	b->gap = NULL;
	if (b->total < STACK_KEEP_ALL) {
		vec_push(&b->frames, l);
	} else {
		if (b->total == STACK_KEEP_ALL)
			for (size_t i = STACK_KEEP_ALL - STACK_KEEP_ENDS; i < STACK_KEEP_ALL; i++)
				b->ring[i % STACK_KEEP_ENDS] = b->frames.items[i];
		b->ring[b->total % STACK_KEEP_ENDS] = l;
	}
	b->total++;
}

void trace_builder_add_c(struct trace_builder *b, const struct frame *frame, struct calls calls)
{
	for (size_t i = 0; i < calls.count; i++)
		add(b, frame, &calls.items[i]);
}

void trace_builder_add(struct trace_builder *b, const struct snapshot *s, const struct frame *frame)
{
	trace_builder_add_c(b, frame, code_calls(snapshot_code(s), frame->code, frame->lookup_pc));
}

static void frame_fill(const struct snapshot *s, const struct logical *l, bool args,
		       struct arena *arena, struct trace_frame *out)
{
	const struct frame *f = &l->frame;
	*out = (struct trace_frame){
		.call = l->call,
		.pc = f->pc,
		.sp = f->sp,
		.fp = f->fp,
		.argp = f->argp,
		.entry = f->code ? f->code->func.entry : 0,
		.found_by = f->found_by,
		.trap = f->exact,
		.gap = l->gap,
	};
	if (!args || l->call->inlined || f->code == NULL || f->argp == 0)
		return;
	_cleanup_str_ struct str words = { 0 };
	argwords(&f->code->module->pclntab, &f->code->func, f->lookup_pc, f->argp, s->image, &words);
	out->arg_words = str_keep(&words, arena);
}

void trace_builder_finish(struct trace_builder *b, const struct snapshot *s, bool args,
			  struct arena *arena, struct trace *trace)
{
	trace->total = b->total;
	trace->count = b->frames.count;
	if (b->total > STACK_KEEP_ALL) {
		trace->count = 2 * STACK_KEEP_ENDS;
		trace->elided = b->total - trace->count;
		trace->elided_at = STACK_KEEP_ENDS;
	}
	trace->frames = arena_alloc(arena, (trace->count + 1) * sizeof(*trace->frames));
	for (size_t i = 0; i < trace->count; i++) {
		const struct logical *l = &b->frames.items[i];
		if (trace->elided > 0 && i >= STACK_KEEP_ENDS)
			l = &b->ring[(b->total - trace->count + i) % STACK_KEEP_ENDS];
		frame_fill(s, l, args, arena, &trace->frames[i]);
	}
	vec_release(&b->frames);
}
