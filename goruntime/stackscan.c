/* Stacks as roots: runtime/mgcmark.go scanstack, scanframeworker. */
#include "goruntime/marker.h"
#include "goruntime/private.h"

enum { DEFERS_MAX = 1 << 20 };
/* Bytes of runtime.xRegs at most: 32 vector registers of 64 bytes and 8 mask registers on amd64. */
enum { X_REGS_AMD64 = 2112, X_REGS_ARM64 = 512 };

struct scan {
	struct mark_worker *w;
	const struct image *image;
	bool link; /* the CPU has a link register */
	uint64_t lo, hi; /* the goroutine's stack */
	uint64_t g;
	bool guess; /* the next frame has no map that holds: it was stopped anywhere */
};

/* A pointer into this very stack is looked up among its objects afterwards. */
static void put(struct scan *s, uint64_t value, bool guess)
{
	if (value >= s->lo && value < s->hi)
		vec_push(&s->w->pending, (struct mark_pending){ value, guess });
	else if (guess)
		mark_guess(s->w, value);
	else
		mark_address(s->w, value);
}

static void put_word(struct scan *s, uint64_t addr, bool guess)
{
	uint64_t value;
	if (image_u64(s->image, addr, &value, NULL))
		put(s, value, guess);
	else
		mark_hole(s->w, addr);
}

/* The words from ADDR on whose bit is set in MASK (NULL: all). */
static void put_words(struct scan *s, uint64_t addr, uint64_t words, const uint8_t *mask,
		      bool guess)
{
	const uint8_t *bytes = image_at(s->image, addr, words * 8);
	for (uint64_t i = 0; i < words; i++) {
		if (mask != NULL && !(mask[i / 8] >> i % 8 & 1))
			continue;
		if (bytes != NULL)
			put(s, bytes_u64(bytes + i * 8), guess);
		else
			put_word(s, addr + i * 8, guess);
	}
}

/* [LO, HI) conservatively; bounds may be wild. */
static void put_range(struct scan *s, uint64_t lo, uint64_t hi)
{
	enum { MOST = 1 << 28 };
	if (lo < hi && hi - lo <= (uint64_t)MOST * 8)
		put_words(s, lo, (hi - lo) / 8, NULL, true);
}

static void add_objects(struct scan *s, const struct frame *frame, const struct stackmap *map)
{
	uint64_t locals_end = frame_locals_end(frame, s->link);
	for (size_t i = 0; i < map->objects.size / STACK_OBJECT_BYTES; i++) {
		struct stack_object object = stack_object_at(map, i);
		uint64_t base = object.offset < 0 ? locals_end : frame->argp;
		uint64_t addr = base + (uint64_t)(int64_t)object.offset;
		if (addr >= frame->sp && addr >= s->lo && addr < s->hi)
			vec_push(&s->w->stack_objects,
				 (struct mark_stack_object){ addr, frame->code->module, object,
							     false });
	}
}

/* A stub of package reflect keeps the context of its call at its stack's top (reflect/makefunc.go
 * makeFuncCtxt {fn, stack *bitVector, argLen}): how many words of arguments there are. */
static void put_stub_arguments(struct scan *s, const struct frame *frame)
{
	enum { WORDS_MOST = 4096 };
	uint64_t context, map;
	uint32_t words;
	if (image_u64(s->image, frame->sp + (s->link ? 8 : 0), &context, NULL) &&
	    image_u64(s->image, context + 8, &map, NULL) &&
	    image_u32(s->image, map, &words, NULL) && words <= WORDS_MOST)
		put_words(s, frame->argp, words, NULL, true);
}

static void guess_frame(struct scan *s, const struct frame *frame, const struct stackmap *map)
{
	uint32_t args = frame->code->func.args;
	s->w->guessed_frames++;
	put_range(s, frame->sp, frame->fp);
	if (map->reflect_stub)
		put_stub_arguments(s, frame);
	else if (args < 1u << 20)
		put_words(s, frame->argp, args / 8, NULL, true);
}

static void scan_frame(struct scan *s, const struct frame *frame)
{
	enum func_id id = frame->code->func.id;
	const struct stackmap *map = stackmap_of(s->w->maps, frame, s->link);
	bool injected = id == FUNC_ASYNC_PREEMPT || id == FUNC_DEBUG_CALL;
	s->w->frames++;
	if (s->guess || injected || map->kind == STACKMAP_GUESS) {
		guess_frame(s, frame, map);
		s->guess = injected; /* its caller's registers are in it */
		return;
	}
	if (map->kind == STACKMAP_DEAD)
		return;
	if (map->local_words > 0)
		put_words(s, frame_locals_end(frame, s->link) - map->local_words * 8,
			  map->local_words, map->locals, false);
	if (map->arg_words > 0)
		put_words(s, frame->argp, map->arg_words, map->args, false);
	add_objects(s, frame, map);
}

static void scan_defers(struct scan *s, uint64_t defer)
{
	const struct snapshot *snapshot = s->w->marker->snapshot;
	struct view view;
	for (unsigned i = 0; defer != 0 && i < DEFERS_MAX; i++) {
		if (!view_read(&view, s->image, &snapshot->layout, RT_DEFER, defer, NULL)) {
			mark_hole(s->w, defer);
			return;
		}
		put(s, view_get(&view, DEFER_FN), false);
		if (view_get(&view, DEFER_HEAP) != 0)
			put(s, defer, false);
		uint64_t next = view_get(&view, DEFER_LINK);
		put(s, next, false);
		defer = next == defer ? 0 : next;
	}
}

static void scan_record(struct scan *s, const struct goroutine *g)
{
	const struct snapshot *snapshot = s->w->marker->snapshot;
	struct view view;
	if (!view_read(&view, s->image, &snapshot->layout, RT_G, g->addr, NULL)) {
		mark_hole(s->w, g->addr);
		return;
	}
	put(s, view_get(&view, G_SCHED_CTXT), false);
	scan_defers(s, view_get(&view, G_DEFER));
	put(s, g->panic, false);
	uint64_t registers = view_get(&view, G_XREGS_STATE);
	if (view_get(&view, G_ASYNCSAFEPOINT) != 0 && registers != 0)
		put_range(s, registers, registers + (s->link ? X_REGS_ARM64 : X_REGS_AMD64));
}

static struct mark_stack_object *find_object(struct mark_worker *w, uint64_t addr)
{
	size_t lo = 0, hi = w->stack_objects.count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (w->stack_objects.items[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return NULL;
	struct mark_stack_object *object = &w->stack_objects.items[lo - 1];
	return addr - object->addr < object->object.size ? object : NULL;
}

/* Objects of frames that called each other lie above each other; a damaged table may say else. */
static void sort_objects(struct mark_worker *w)
{
	for (size_t i = 1; i < w->stack_objects.count; i++) {
		if (w->stack_objects.items[i].addr >= w->stack_objects.items[i - 1].addr)
			continue;
		w->stack_objects.count = i;
		w->guessed_frames++;
		return;
	}
}

static void scan_stack_objects(struct scan *s)
{
	struct mark_worker *w = s->w;
	sort_objects(w);
	while (w->pending.count > 0) {
		struct mark_pending pending = w->pending.items[--w->pending.count];
		struct mark_stack_object *object = find_object(w, pending.addr);
		if (object == NULL || object->scanned)
			continue;
		object->scanned = true;
		uint64_t words = object->object.pointer_bytes / 8;
		const uint8_t *mask = NULL;
		if (!object->object.program)
			mask = image_at(s->image, object->module->rodata + object->object.mask,
					(words + 7) / 8);
		if (object->addr + words * 8 <= s->hi)
			put_words(s, object->addr, words, mask, pending.guess || mask == NULL);
	}
}

/* The part of the stack that could not be walked counts word by word. */
static void scan_rest(struct scan *s, const struct unwinder *u, uint64_t from)
{
	if (u->end == UNWIND_COMPLETE)
		return;
	s->w->guessed_frames++;
	put_range(s, from & ~(uint64_t)7, s->hi);
}

static void scan_frames(struct scan *s, struct unwinder *u, uint64_t from)
{
	struct frame frame;
	while (unwind_next(u, &frame)) {
		scan_frame(s, &frame);
		if (frame.g == s->g && frame.sp >= s->lo && frame.sp < s->hi)
			from = frame.sp;
	}
	if (s->hi != 0)
		scan_rest(s, u, from);
}

/* What the thread's registers hold where it left Go code for the last time. */
static bool put_registers(struct scan *s, const struct thread *t, struct context *context)
{
	struct contexts contexts;
	thread_contexts(s->w->marker->snapshot, t, &contexts);
	if (contexts.count == 0)
		return false;
	*context = contexts.items[contexts.count - 1];
	for (unsigned i = 0; i < ARCH_MAX_REGISTERS; i++)
		if (registers_has(&context->regs, i))
			put(s, context->regs.value[i], true);
	return true;
}

void mark_stack(struct mark_worker *w, size_t index)
{
	const struct snapshot *snapshot = w->marker->snapshot;
	const struct goroutine *g = &snapshot->goroutines[index];
	struct scan s = {
		.w = w,
		.image = snapshot->image,
		.link = snapshot->image->arch->link_register,
		.lo = g->stack_lo,
		.hi = g->stack_hi,
		.g = g->addr,
	};
	struct unwinder u;
	struct context context;
	w->stacks++;
	if (g->unreadable || g->bad_stack) {
		mark_hole(w, g->addr);
		return;
	}
	vec_clear(&w->stack_objects);
	vec_clear(&w->pending);
	goroutine_unwind(&u, snapshot, g);
	u.code = w->code;
	if (g->thread != NO_INDEX && (g->status == G_RUNNING || g->status == G_COPYSTACK))
		s.guess = put_registers(&s, &snapshot->threads[g->thread], &context) &&
			  u.found_by != FOUND_BY_SCHED;
	scan_frames(&s, &u, u.end == UNWIND_RUNNING && u.sp >= s.lo && u.sp < s.hi ? u.sp : s.lo);
	scan_record(&s, g);
	scan_stack_objects(&s);
}

void mark_thread(struct mark_worker *w, const struct thread *t)
{
	const struct snapshot *snapshot = w->marker->snapshot;
	struct scan s = {
		.w = w,
		.image = snapshot->image,
		.link = snapshot->image->arch->link_register,
		.guess = true,
	};
	struct unwinder u;
	struct context c;
	vec_clear(&w->stack_objects);
	vec_clear(&w->pending);
	if (!put_registers(&s, t, &c))
		return;
	unwind_at(&u, snapshot, t, c.g, c.pc, c.sp, c.lr, c.trap, false);
	scan_frames(&s, &u, 0);
}
