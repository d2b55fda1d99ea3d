/* The lines of one frame, made once per pc: millions of frames share few. */
#include "goruntime/traceback_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "goruntime/argwords.h"

struct frame_text { /* "main.f(0x1, ...)\n\t/src/main.go:5 +0x1d", without the words */
	const struct call *call;
	uint64_t pc;
	const char *text;
	size_t size;
	const struct arg_slot *slots;
	size_t slot_count;
};

struct frame_texts {
	struct arena arena;
	struct table table; /* struct frame_text by pc and call */
};

struct frame_texts *frame_texts_create(void)
{
	struct frame_texts *texts = memory_grow(NULL, sizeof(*texts));
	*texts = (struct frame_texts){ 0 };
	arena_init(&texts->arena);
	return texts;
}

void frame_texts_destroy(struct frame_texts *texts)
{
	if (texts == NULL)
		return;
	table_release(&texts->table);
	arena_release(&texts->arena);
	free(texts);
}

static struct frame_text *make(const struct traceback *traceback, const struct frame *f,
			       const struct call *call, struct arena *arena)
{
	struct arg_slot slots[ARG_SLOTS_MAX];
	struct frame_text *made = arena_alloc(arena, sizeof(*made));
	_cleanup_str_ struct str text = { 0 };
	size_t count = 0;
	str_add(&text, call->function);
	str_add_char(&text, '(');
	if (call->inlined)
		str_add(&text, "...");
	else
		(void)argwords_describe(&f->code->module->pclntab, &f->code->func, f->lookup_pc,
					&text, slots, &count);
	str_add(&text, ")\n");
	traceback_add_line(traceback, call->file, call->line, &text);
	if (!call->inlined)
		traceback_add_offset(f->pc, f->code->func.entry, &text);
	struct arg_slot *kept = arena_alloc(arena, count * sizeof(*kept));
	if (count > 0)
		memcpy(kept, slots, count * sizeof(*kept));
	*made = (struct frame_text){ call, f->pc, str_keep(&text, arena), text.size, kept, count };
	return made;
}

static const struct frame_text *frame_text(const struct traceback *traceback,
					   const struct frame *f, const struct call *call)
{
	struct frame_texts *texts = traceback->texts;
	uint64_t hash = table_hash_add(table_hash(f->pc), (uintptr_t)call);
	struct frame_text *text;
	size_t probe = 0;
	while ((text = table_next(&texts->table, hash, &probe)) != NULL)
		if (text->call == call && text->pc == f->pc)
			return text;
	text = make(traceback, f, call, &texts->arena);
	table_add(&texts->table, hash, text);
	return text;
}

static void fill(const struct traceback *traceback, const struct frame_text *text,
		 const struct frame *f, const struct window *window, struct str *out)
{
	struct arg_memory from = { traceback->snapshot->image, window, f->argp, traceback->redact };
	argwords_fill(text->text, text->size, text->slots, text->slot_count, &from, out);
}

void traceback_add_frame(const struct traceback *traceback, const struct frame *f,
			 const struct call *call, const struct window *window, struct str *out)
{
	if (traceback->texts != NULL) {
		fill(traceback, frame_text(traceback, f, call), f, window, out);
		return;
	}
	struct arena scratch;
	arena_init(&scratch);
	fill(traceback, make(traceback, f, call, &scratch), f, window, out);
	arena_release(&scratch);
}
