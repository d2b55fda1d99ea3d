/* The lines of one frame, made once per pc: millions of frames share few. */
#include "goruntime/traceback_internal.h"

#include <stdlib.h>
#include <string.h>

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
	struct frame_text **slots; /* open addressing */
	size_t mask, count;
};

enum { START = 1024 };

struct frame_texts *frame_texts_create(void)
{
	struct frame_texts *texts = memory_grow(NULL, sizeof(*texts));
	*texts = (struct frame_texts){ .mask = START - 1 };
	arena_init(&texts->arena);
	texts->slots = memory_grow(NULL, START * sizeof(*texts->slots));
	memset(texts->slots, 0, START * sizeof(*texts->slots));
	return texts;
}

void frame_texts_destroy(struct frame_texts *texts)
{
	if (texts == NULL)
		return;
	arena_release(&texts->arena);
	free(texts->slots);
	free(texts);
}

static size_t slot_of(const struct frame_texts *texts, const struct call *call, uint64_t pc)
{
	uint64_t h = (pc ^ (uintptr_t)call) * 0x9e3779b97f4a7c15u;
	size_t i = (h ^ h >> 29) & texts->mask;
	while (texts->slots[i] != NULL &&
	       (texts->slots[i]->call != call || texts->slots[i]->pc != pc))
		i = (i + 1) & texts->mask;
	return i;
}

static void rehash(struct frame_texts *texts)
{
	size_t old = texts->mask + 1, room = old * 2;
	struct frame_text **slots = texts->slots;
	texts->slots = memory_grow(NULL, room * sizeof(*slots));
	memset(texts->slots, 0, room * sizeof(*slots));
	texts->mask = room - 1;
	for (size_t i = 0; i < old; i++)
		if (slots[i] != NULL)
			texts->slots[slot_of(texts, slots[i]->call, slots[i]->pc)] = slots[i];
	free(slots);
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
	size_t i = slot_of(texts, call, f->pc);
	if (texts->slots[i] != NULL)
		return texts->slots[i];
	if ((texts->count + 1) * 2 > texts->mask) {
		rehash(texts);
		i = slot_of(texts, call, f->pc);
	}
	texts->slots[i] = make(traceback, f, call, &texts->arena);
	texts->count++;
	return texts->slots[i];
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
