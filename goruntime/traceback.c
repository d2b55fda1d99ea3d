#include "goruntime/traceback.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "goruntime/argwords.h"
#include "goruntime/private.h"
#include "goruntime/traceback_internal.h"

enum {
	INNER_FRAMES = 50, /* traceback.go tracebackInnerFrames */
	OUTER_FRAMES = 50, /* tracebackOuterFrames */
	MAX_FRAMES = 100,  /* _TracebackMaxFrames, before 1.21 */
	THROWING_RUNTIME = 2,
};

/* A walk over physical frames, from an unwinder or from the trace of the culprit. A value: a copy
 * of it goes on from the same place, as a clone of the runtime's unwinder does. */
struct walk {
	const struct traceback *traceback;
	const struct goroutine *g;
	uint64_t lowest_sp; /* frames below are not the traceback's */
	struct unwinder u;
	const struct trace *trace; /* NULL: from the unwinder */
	size_t next;
	bool valid;
	enum func_id callee;
	struct frame frame;		 /* from the unwinder */
	const struct trace_frame *first; /* or from the trace: COUNT logical ones */
	struct calls calls;
	size_t count;
};

static void walk_trace(struct walk *w)
{
	w->valid = w->next < w->trace->count;
	w->first = &w->trace->frames[w->next];
	w->count = 0;
	while (w->next < w->trace->count) {
		w->count++;
		if (!w->trace->frames[w->next++].call->inlined)
			break;
	}
}

static void walk_next(struct walk *w)
{
	if (w->trace != NULL) {
		walk_trace(w);
		return;
	}
	do
		w->valid = unwind_next(&w->u, &w->frame);
	while (w->valid && (w->frame.g != w->g->addr || w->frame.sp < w->lowest_sp));
	if (!w->valid)
		return;
	w->calls = code_calls(w->traceback->code, w->frame.code, w->frame.lookup_pc);
	w->count = w->calls.count;
}

static const struct trace *culprit_trace(const struct snapshot *s, const struct goroutine *g)
{
	const struct death *d = &s->death;
	bool is = d->goroutine != NO_INDEX && &s->goroutines[d->goroutine] == g;
	return is && d->culprit.count > 0 ? &d->culprit : NULL;
}

/* Whether the runtime itself begins the culprit's traceback at what g saved, not where it died: in
 * a system call (traceback1), or when its thread threw on the system stack (tracebackothers). */
static bool begins_at_saved(const struct snapshot *s, const struct goroutine *g)
{
	const struct death *d = &s->death;
	return g->status == G_SYSCALL ||
	       (d->on_system_stack && (d->way == DEATH_THROW || d->way == DEATH_FATAL));
}

static void walk_unwinder(struct walk *w)
{
	w->u.code = w->traceback->code;
	if (w->traceback->stack != NULL)
		unwind_load(&w->u, w->traceback->stack, TRACEBACK_STACK);
	walk_next(w);
}

static void walk_begin(struct walk *w, const struct traceback *traceback, const struct goroutine *g)
{
	const struct snapshot *s = traceback->snapshot;
	const struct trace *culprit = culprit_trace(s, g);
	*w = (struct walk){ .traceback = traceback, .g = g, .callee = FUNC_NORMAL };
	if (culprit != NULL && begins_at_saved(s, g)) {
		unwind_goroutine(&w->u, s, g);
		walk_unwinder(w);
	} else if (culprit == NULL || culprit->elided > 0) {
		w->lowest_sp = culprit ? culprit->frames[0].sp : 0;
		goroutine_unwind(&w->u, s, g);
		walk_unwinder(w);
	}
	if (culprit != NULL && !w->valid) {
		w->trace = culprit;
		walk_next(w);
	}
}

static const struct call *walk_call(const struct walk *w, size_t i)
{
	return w->trace != NULL ? w->first[i].call : &w->calls.items[i];
}

struct traceback_view traceback_view_of(const struct traceback *traceback,
					const struct goroutine *g)
{
	const struct snapshot *s = traceback->snapshot;
	struct traceback_view view = { traceback->style, traceback->level >= TRACEBACK_SYSTEM };
	if (s->death.way == DEATH_NONE || s->death.thread >= s->thread_count)
		return view;
	const struct thread *t = &s->threads[s->death.thread];
	if (t->throwing >= THROWING_RUNTIME && (t->curg == g->addr || t->caughtsig == g->addr))
		view.all_frames = true;
	return view;
}

/* The words as they are known; redacted, each becomes "_". */
static void add_known_words(const char *words, bool redact, struct str *out)
{
	for (const char *p = words; *p != '\0'; p++) {
		if (!redact || p[0] != '0' || p[1] != 'x') {
			str_add_char(out, *p);
			continue;
		}
		p += 1 + strspn(p + 2, "0123456789abcdef");
		str_add_char(out, '_');
	}
}

void traceback_add_offset(uint64_t pc, uint64_t entry, struct str *out)
{
	if (pc <= entry)
		return;
	str_add(out, " +");
	str_add_hex(out, pc - entry);
}

void traceback_add_line(const struct traceback *traceback, const char *file, int32_t line,
			struct str *out)
{
	_cleanup_str_ struct str buf = { 0 };
	if (file == NULL || file[0] == '\0')
		file = "?";
	else if (traceback->map_path != NULL)
		file = traceback->map_path(traceback->map_data, file, &buf);
	str_add_char(out, '\t');
	str_add(out, file);
	str_add_char(out, ':');
	str_add_unsigned(out, line > 0 ? (uint64_t)line : 0);
}

static void add_frame_columns(uint64_t fp, uint64_t sp, uint64_t pc, struct str *out)
{
	str_add(out, " fp=");
	str_add_hex(out, fp);
	str_add(out, " sp=");
	str_add_hex(out, sp);
	str_add(out, " pc=");
	str_add_hex(out, pc);
}

/* A frame of the culprit's trace, whose words were read when it was made. */
static void add_traced(const struct walk *w, const struct call *call, struct str *out)
{
	const char *words = w->first[w->count - 1].arg_words;
	str_add(out, call->function);
	str_add_char(out, '(');
	if (call->inlined)
		str_add(out, "...");
	else if (words != NULL)
		add_known_words(words, w->traceback->redact, out);
	str_add(out, ")\n");
	traceback_add_line(w->traceback, call->file, call->line, out);
	if (!call->inlined)
		traceback_add_offset(w->first->pc, w->first->entry, out);
}

static void add_frame(const struct walk *w, const struct call *call, struct str *out)
{
	if (w->trace != NULL)
		add_traced(w, call, out);
	else
		traceback_add_frame(w->traceback, &w->frame, call, &w->u.window, out);
	if (!call->inlined && traceback_has_columns(w->traceback, w->g)) {
		if (w->trace != NULL)
			add_frame_columns(w->first->fp, w->first->sp, w->first->pc, out);
		else
			add_frame_columns(w->frame.fp, w->frame.sp, w->frame.pc, out);
	}
	str_add_char(out, '\n');
}

/*
 * traceback2: passes over SKIP logical frames that are shown, then prints at most MAX. Returns how
 * many were passed over and printed; *LAST is how many of them belong to the frame where W stopped.
 */
static uint64_t add_frames(struct walk *w, const struct traceback_view *view, bool show_all,
			   uint64_t skip, uint64_t max, uint64_t *last, struct str *out)
{
	uint64_t n = 0;
	for (; w->valid; walk_next(w)) {
		*last = 0;
		for (size_t i = 0; i < w->count; i++) {
			const struct call *call = walk_call(w, i);
			enum func_id callee = w->callee;
			w->callee = call->id;
			if (!show_all && !traceback_shows(view, call, n == 0, callee))
				continue;
			if (skip == 0 && max == 0)
				return n;
			n++;
			++*last;
			if (skip > 0) {
				skip--;
				continue;
			}
			max--;
			add_frame(w, call, out);
		}
	}
	*last = 0;
	return n;
}

/* From 1.21 on: the innermost frames, and the outermost of the rest (traceback1). */
static uint64_t add_stack(const struct traceback *traceback, const struct goroutine *g,
			  const struct traceback_view *view, bool show_all, struct str *out)
{
	struct walk w;
	uint64_t last, ignored;
	walk_begin(&w, traceback, g);
	uint64_t n = add_frames(&w, view, show_all, 0, INNER_FRAMES, &last, out);
	if (n < INNER_FRAMES)
		return n;
	struct walk rest = w;
	uint64_t left = add_frames(&w, view, show_all, UINT64_MAX, 0, &ignored, out);
	uint64_t skip = last;
	if (left > last + OUTER_FRAMES) {
		uint64_t elided = left - last - OUTER_FRAMES;
		str_printf(out, "...%" PRIu64 " frames elided...\n", elided);
		skip += elided;
	}
	add_frames(&rest, view, show_all, skip, OUTER_FRAMES, &ignored, out);
	return n;
}

/* Before: the first physical frames, hidden ones counted; that there are more is said only where
 * as many were printed (gentraceback). */
static uint64_t add_stack_head(const struct traceback *traceback, const struct goroutine *g,
			       const struct traceback_view *view, bool show_all, struct str *out)
{
	struct walk w;
	uint64_t printed = 0;
	walk_begin(&w, traceback, g);
	for (unsigned n = 0; n < MAX_FRAMES && w.valid; n++, walk_next(&w)) {
		for (size_t i = 0; i < w.count; i++) {
			const struct call *call = walk_call(&w, i);
			enum func_id callee = w.callee;
			w.callee = call->id;
			if (!show_all && !traceback_shows(view, call, printed == 0, callee))
				continue;
			add_frame(&w, call, out);
			printed++;
		}
	}
	if (printed == MAX_FRAMES)
		str_add(out, "...additional frames elided...\n");
	return printed;
}

static uint64_t add_all_frames(const struct traceback *traceback, const struct goroutine *g,
			       const struct traceback_view *view, struct str *out)
{
	uint64_t (*add)(const struct traceback *, const struct goroutine *,
			const struct traceback_view *, bool,
			struct str *) = traceback->style.elides_middle ? add_stack : add_stack_head;
	uint64_t n = add(traceback, g, view, false, out);
	return n > 0 ? n : add(traceback, g, view, true, out);
}

void traceback_add_place(const struct traceback *traceback, const struct code *code, uint64_t pc,
			 struct str *out)
{
	uint64_t lookup = pc > code->func.entry ? pc - code->module->pclntab.quantum : pc;
	const struct call *call = code_calls(traceback->code, code, lookup).items;
	traceback_add_line(traceback, call->file, call->line, out);
	traceback_add_offset(pc, code->func.entry, out);
	str_add_char(out, '\n');
}

static void add_created_by(const struct traceback *traceback, const struct goroutine *g,
			   const struct traceback_view *view, struct str *out)
{
	struct code_cache *cache = traceback->code;
	const struct code *code = code_at(cache, g->gopc);
	if (g->gopc == 0 || !code->valid || g->id == 1)
		return;
	uint64_t lookup = g->gopc > code->func.entry ? g->gopc - 1 : g->gopc;
	struct calls calls = code_calls(cache, code, lookup);
	const struct call *call = &calls.items[calls.count - 1];
	if (!traceback_shows(view, call, false, FUNC_NORMAL))
		return;
	str_add(out, "created by ");
	str_add(out, call->function);
	if (traceback->style.names_creator && g->parent != 0) {
		str_add(out, " in goroutine ");
		str_add_unsigned(out, g->parent);
	}
	str_add_char(out, '\n');
	traceback_add_place(traceback, code, g->gopc, out);
}

void traceback_add(const struct traceback *traceback, const struct goroutine *g, struct str *out)
{
	struct traceback_view view = traceback_view_of(traceback, g);
	traceback_add_header(traceback, g, out);
	if (add_all_frames(traceback, g, &view, out) == 0)
		str_add(out, g->status == G_RUNNING
				     ? "\tgoroutine running on other thread; stack unavailable\n"
				     : "\tstack unavailable\n");
	add_created_by(traceback, g, &view, out);
	traceback_add_ancestors(traceback, g, out);
}

bool traceback_add_system(const struct traceback *traceback, struct str *out)
{
	const struct snapshot *s = traceback->snapshot;
	const struct death *d = &s->death;
	if (d->way != DEATH_SIGNAL || !d->on_system_stack || d->system.count == 0 ||
	    d->goroutine != NO_INDEX || d->thread >= s->thread_count)
		return false;
	/* A handler of C's may stand between, in which it was hit; a call of 0 has no frame. */
	if (d->fault.pc != 0 && d->system.frames[0].pc != d->fault.pc)
		return false;
	const struct thread *t = &s->threads[d->thread];
	const struct goroutine g0 = { .addr = t->g0, .m = t->m, .thread = d->thread };
	struct traceback_view view = traceback_view_of(traceback, &g0);
	struct walk w = { .traceback = traceback, .g = &g0, .callee = FUNC_NORMAL,
			  .trace = &d->system };
	uint64_t last;
	traceback_add_header(traceback, &g0, out);
	walk_next(&w);
	/* showframe: all frames of the goroutine that the signal hit */
	add_frames(&w, &view, true, 0, INNER_FRAMES, &last, out);
	return true;
}

bool traceback_lists(const struct traceback *traceback, const struct goroutine *g)
{
	return !g->system || traceback->level >= TRACEBACK_SYSTEM;
}

void traceback_init(struct traceback *traceback, const struct snapshot *snapshot, unsigned level)
{
	*traceback = (struct traceback){
		.snapshot = snapshot,
		.style = traceback_style_of(snapshot->release.minor),
		.level = level,
		.code = snapshot_code(snapshot),
	};
	traceback->labels = traceback_wants_labels(snapshot, &traceback->style);
}

void traceback_fork(struct traceback *traceback, const struct traceback *one)
{
	*traceback = *one;
	traceback->code = code_cache_create(&one->snapshot->modules);
	traceback->texts = frame_texts_create();
	traceback->stack = memory_grow(NULL, TRACEBACK_STACK);
}

void traceback_join(struct traceback *traceback)
{
	code_cache_destroy(traceback->code);
	frame_texts_destroy(traceback->texts);
	free(traceback->stack);
	traceback->texts = NULL;
	traceback->code = NULL;
	traceback->stack = NULL;
}
