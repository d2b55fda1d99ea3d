#include "goruntime/holders.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/vec.h"
#include "formats/disasm.h"
#include "goruntime/lock_acts.h"
#include "goruntime/private.h"

enum {
	WORDS_MAX = 64 * 1024, /* of one stack */
	FRAMES_MAX = 64,
	FUNCTION_MAX = 8192, /* bytes of a function that are searched for an address */
	MENTIONS_MAX = 4096, /* of one stack ... */
	MENTIONS_IN_FRAME = 128, /* ... and of one frame */
	GLOBALS_MAX = 64,    /* locks that a function's code is searched for */
	UNNAMED_AMONG = 1024, /* goroutines among which one may be the only one */
	UNNAMED_MAX = 64,
};

struct range { /* memory whose address tells of a lock: it or the object of the heap that it is part of */
	uint64_t lo, hi;
	size_t lock;
};

struct unnamed { /* a goroutine that has locked something which no lock asked for explains */
	uint32_t goroutine;
	size_t waits_for;
	const struct call *call;
};

struct search {
	const struct snapshot *snapshot;
	const struct lock_site *locks;
	size_t lock_count;
	struct range *ranges; /* one for each lock, ascending: they are disjoint or the same */
	size_t *globals;      /* the locks that are in no object of the heap */
	size_t global_count;
	VEC(struct holder) found;
	VEC(struct unnamed) unnamed;
	bool look_for_unnamed;
	struct arena *arena;
	struct disasm *disasm;
	struct table acts; /* struct lock_acts by pc: many goroutines stand at one place */
};

/* --- what a function does with locks ------------------------------------------------------------- */

static const struct lock_acts *acts_at(struct search *search, const struct frame *frame)
{
	uint64_t hash = table_hash(frame->lookup_pc);
	struct lock_acts *acts = table_find(&search->acts, hash);
	if (acts != NULL)
		return acts;
	struct lock_acts read;
	lock_acts_read(search->snapshot, search->disasm, frame->code, frame->lookup_pc, &read);
	size_t bytes = offsetof(struct lock_acts, items) + read.count * sizeof(read.items[0]);
	acts = arena_alloc(search->arena, bytes);
	memcpy(acts, &read, bytes);
	table_add(&search->acts, hash, acts);
	return acts;
}

/* The address that the instructions at PC make: adrp and add, which cmd/link puts behind one
 * another, or adr; 0 for others. */
static uint64_t address_arm64(uint64_t pc, const uint8_t *code)
{
	uint32_t first = bytes_u32(code), second = bytes_u32(code + 4);
	uint32_t bits = (first >> 5 & 0x7ffff) << 2 | (first >> 29 & 3);
	int64_t offset = (int64_t)(int32_t)(bits << 11) >> 11;
	if ((first & 0x9f000000) == 0x10000000)
		return pc + (uint64_t)offset;
	bool added = (second & 0xffc00000) == 0x91000000 && (second >> 5 & 31) == (first & 31);
	if ((first & 0x9f000000) != 0x90000000 || !added)
		return 0;
	return (pc & ~(uint64_t)0xfff) + ((uint64_t)offset << 12) + (second >> 10 & 0xfff);
}

/* What four bytes at PC name where they are the displacement at the end of an instruction. */
static uint64_t address_amd64(uint64_t pc, const uint8_t *code)
{
	return pc + 4 + (uint64_t)(int64_t)(int32_t)bytes_u32(code);
}

/* Whether the function's code names ADDR relative to its pc. */
static bool code_names(const struct snapshot *s, const struct code *code, uint64_t addr)
{
	bool arm64 = s->image->arch->link_register;
	const struct func *func = &code->func;
	uint64_t size = func->end - func->entry, need = arm64 ? 8 : 4;
	const uint8_t *bytes = image_at(s->image, func->entry, (size_t)size);
	if (bytes == NULL || size > FUNCTION_MAX)
		return false;
	for (uint64_t i = 0; i + need <= size; i += s->image->arch->min_instruction) {
		uint64_t pc = func->entry + i;
		if ((arm64 ? address_arm64 : address_amd64)(pc, bytes + i) == addr)
			return true;
	}
	return false;
}

/* --- one stack ----------------------------------------------------------------------------------- */

static bool is_of_lock(const char *name)
{
	return strncmp(name, "runtime.", 8) == 0 || strncmp(name, "sync.", 5) == 0 ||
	       strncmp(name, "internal/sync.", 14) == 0;
}

struct mention { /* of a lock, on the stack */
	size_t lock;
	uint64_t sp, word;
};

struct stack_view {
	const struct goroutine *g;
	size_t waits_for;
	uint64_t from; /* stack pointer of the first frame that is none of the lock's own */
	VEC(struct mention) mentions;
};

/* How many of the ranges begin at or below ADDR. */
static size_t ranges_up_to(const struct search *search, uint64_t addr)
{
	size_t lo = 0, hi = search->lock_count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (search->ranges[mid].lo <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void add_mentions(struct search *search, struct stack_view *view, uint64_t sp, uint64_t word)
{
	for (size_t i = ranges_up_to(search, word); i > 0; i--) {
		const struct range *r = &search->ranges[i - 1];
		if (word >= r->hi || view->mentions.count == MENTIONS_MAX)
			return;
		vec_push(&view->mentions, (struct mention){ r->lock, sp, word });
	}
}

static void read_words(struct search *search, struct stack_view *view, uint64_t lo, uint64_t hi)
{
	uint64_t sp = view->from;
	struct bytes rest = image_rest(search->snapshot->image, sp);
	uint64_t end = sp + rest.size < view->g->stack_hi ? sp + rest.size : view->g->stack_hi;
	if (sp % 8 != 0)
		return;
	for (size_t i = 0; sp + 8 <= end && i < WORDS_MAX; i++, sp += 8) {
		uint64_t word = bytes_u64(rest.data + i * 8);
		if (word >= lo && word < hi)
			add_mentions(search, view, sp, word);
	}
}

static void add_holder(struct search *search, const struct holder *holder)
{
	for (size_t i = search->found.count; i > 0; i--) {
		struct holder *old = &search->found.items[i - 1];
		if (old->goroutine != holder->goroutine)
			break;
		if (old->lock != holder->lock)
			continue;
		if (holder->strong + holder->exact > old->strong + old->exact)
			*old = *holder;
		return;
	}
	vec_push(&search->found, *holder);
}

/* The words of a frame: its locals and, above them, its own arguments; what lies at its bottom are
 * the arguments of the function that it called. */
static bool is_in_frame(const struct mention *m, const struct frame *frame, const struct frame *callee)
{
	uint64_t bottom = callee != NULL ? callee->code->func.args : 0;
	return m->sp >= frame->sp + bottom && m->sp < frame->argp + frame->code->func.args;
}

/* What one frame has to say: which locks its words tell of, and what its code has done so far. */
struct frame_view {
	const struct frame *frame;
	const struct lock_acts *acts;
	size_t act_count; /* without the call in which it waits */
	struct mention mentions[MENTIONS_IN_FRAME];
	size_t mention_count;
	bool blocking;
};

static void view_frame(struct search *search, const struct stack_view *view,
		       const struct frame *frame, const struct frame *callee, struct frame_view *out)
{
	out->frame = frame;
	out->acts = acts_at(search, frame);
	out->blocking = callee == NULL && view->waits_for != NO_LOCK;
	out->act_count = out->acts->count - (out->blocking && out->acts->count > 0 ? 1 : 0);
	out->mention_count = 0;
	for (size_t i = 0; i < view->mentions.count && out->mention_count < MENTIONS_IN_FRAME; i++)
		if (is_in_frame(&view->mentions.items[i], frame, callee))
			out->mentions[out->mention_count++] = view->mentions.items[i];
	for (size_t i = 0; i < search->global_count && out->mention_count < MENTIONS_IN_FRAME; i++) {
		uint64_t addr = search->locks[search->globals[i]].addr;
		if (code_names(search->snapshot, frame->code, addr))
			out->mentions[out->mention_count++] =
				(struct mention){ search->globals[i], 0, addr };
	}
}

/* Whether the act is on just that lock, by a pointer that the frame has. */
static bool is_on(const struct search *search, const struct frame_view *f,
		  const struct lock_act *act, size_t lock)
{
	uint64_t addr = search->locks[lock].addr;
	if (act->place == LOCK_PLACE_GLOBAL)
		return act->addr == addr;
	if (act->place != LOCK_PLACE_OFFSET)
		return false;
	for (size_t i = 0; i < f->mention_count; i++)
		if (f->mentions[i].lock == lock &&
		    f->mentions[i].word + (uint64_t)act->offset == addr)
			return true;
	return false;
}

/* Whether it is on another one of the locks that are asked for. */
static bool is_on_another(const struct search *search, const struct frame_view *f,
			  const struct lock_act *act, size_t lock)
{
	for (size_t i = 0; i < f->mention_count; i++)
		if (f->mentions[i].lock != lock && is_on(search, f, act, f->mentions[i].lock))
			return true;
	return false;
}

static void judge_lock(struct search *search, const struct stack_view *view,
		       const struct frame_view *f, const struct mention *m)
{
	const struct snapshot *s = search->snapshot;
	unsigned locks = 0, unlocks = 0;
	bool exact = m->word == search->locks[m->lock].addr;
	for (size_t i = 0; i < f->act_count; i++) {
		const struct lock_act *act = &f->acts->items[i];
		bool on = is_on(search, f, act, m->lock);
		if (!on && is_on_another(search, f, act, m->lock))
			continue;
		locks += !act->unlocks;
		unlocks += act->unlocks;
		exact |= on && !act->unlocks;
	}
	if (locks == 0)
		return;
	struct calls calls = code_calls(snapshot_code(s), f->frame->code, f->frame->lookup_pc);
	bool asks = view->waits_for == m->lock;
	const struct holder holder = {
		.lock = m->lock,
		.goroutine = (uint32_t)(view->g - s->goroutines),
		.call = &calls.items[calls.count - 1],
		.exact = exact,
		.strong = locks > unlocks && !(f->blocking && asks),
		.asks = asks,
	};
	add_holder(search, &holder);
}

/* CALLEE is NULL for the frame that stands in a lock's own functions, or in the runtime's. */
static void judge_frame(struct search *search, const struct stack_view *view,
			const struct frame *frame, const struct frame *callee)
{
	struct frame_view f;
	view_frame(search, view, frame, callee, &f);
	for (size_t i = 0; i < f.mention_count && f.act_count > 0; i++)
		judge_lock(search, view, &f, &f.mentions[i]);
}

/* That a goroutine names the lock which it asks for says little of what it holds. */
static bool is_holder(const struct holder *holder)
{
	return holder->strong || !holder->asks;
}

static bool is_named(const struct search *search, size_t from)
{
	for (size_t i = from; i < search->found.count; i++)
		if (is_holder(&search->found.items[i]))
			return true;
	return false;
}

/* Whether the function at FRAME has taken a lock and not given it back, in the order of its
 * code. */
static bool holds_something(struct search *search, const struct frame *frame, bool blocking)
{
	const struct lock_acts *acts = acts_at(search, frame);
	size_t locks = 0;
	for (size_t i = 0; i < acts->count; i++)
		locks += !acts->items[i].unlocks;
	return locks > acts->count - locks + (blocking ? 1 : 0);
}

/* The outermost such function: what it calls may lock what it likes. */
static void note_unnamed(struct search *search, const struct stack_view *view,
			 const struct frame *frames, size_t first, size_t count)
{
	const struct snapshot *s = search->snapshot;
	for (size_t i = count; i > first; i--) {
		const struct frame *frame = &frames[i - 1];
		bool blocking = i - 1 == first && view->waits_for != NO_LOCK;
		if (!holds_something(search, frame, blocking))
			continue;
		struct calls calls = code_calls(snapshot_code(s), frame->code, frame->lookup_pc);
		vec_push(&search->unnamed,
			 (struct unnamed){ (uint32_t)(view->g - s->goroutines), view->waits_for,
					   &calls.items[calls.count - 1] });
		return;
	}
}

static void search_stack(struct search *search, const struct lock_suspect *suspect, uint64_t lo,
			 uint64_t hi)
{
	const struct goroutine *g = &search->snapshot->goroutines[suspect->goroutine];
	struct stack_view view = { .g = g, .waits_for = suspect->waits_for };
	struct frame frames[FRAMES_MAX];
	struct unwinder u;
	size_t count = 0, first = 0;
	if (g->bad_stack || g->unreadable || g->system)
		return;
	goroutine_unwind(&u, search->snapshot, g);
	while (count < FRAMES_MAX && unwind_next(&u, &frames[count]))
		count += frames[count].g == g->addr;
	while (first < count && is_of_lock(pclntab_name(&frames[first].code->module->pclntab,
							&frames[first].code->func)))
		first++;
	if (first == count)
		return;
	view.from = frames[first].sp;
	read_words(search, &view, lo, hi);
	size_t found = search->found.count;
	for (size_t i = first; i < count; i++)
		judge_frame(search, &view, &frames[i], i > first ? &frames[i - 1] : NULL);
	if (search->look_for_unnamed && !is_named(search, found))
		note_unnamed(search, &view, frames, first, count);
	vec_release(&view.mentions);
}

bool stack_mentions(const struct snapshot *s, const struct goroutine *g, uint64_t addr)
{
	uint64_t lo = addr, hi = addr + 1, sp = g->sched_sp;
	if (g->bad_stack || sp % 8 != 0 || sp < g->stack_lo || sp >= g->stack_hi)
		return false;
	snapshot_heap_slot(s, addr, &lo, &hi);
	struct bytes rest = image_rest(s->image, sp);
	uint64_t size = rest.size < g->stack_hi - sp ? rest.size : g->stack_hi - sp;
	for (uint64_t i = 0; i + 8 <= size; i += 8) {
		uint64_t word = bytes_u64(rest.data + i);
		if (word >= lo && word < hi)
			return true;
	}
	return false;
}

/* --- all ----------------------------------------------------------------------------------------- */

static int by_lo(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	return x->lo < y->lo ? -1 : x->lo > y->lo;
}

static void make_ranges(struct search *search, uint64_t *lo, uint64_t *hi)
{
	search->ranges = arena_alloc(search->arena, search->lock_count * sizeof(struct range));
	search->globals = arena_alloc(search->arena, GLOBALS_MAX * sizeof(*search->globals));
	for (size_t i = 0; i < search->lock_count; i++) {
		struct range *r = &search->ranges[i];
		uint64_t addr = search->locks[i].addr;
		*r = (struct range){ addr, addr + 1, i };
		if (!snapshot_heap_slot(search->snapshot, addr, &r->lo, &r->hi) &&
		    search->global_count < GLOBALS_MAX)
			search->globals[search->global_count++] = i;
	}
	qsort(search->ranges, search->lock_count, sizeof(*search->ranges), by_lo);
	*lo = search->ranges[0].lo;
	*hi = search->ranges[search->lock_count - 1].hi;
}

static bool has_holder(const struct search *search, size_t lock)
{
	for (size_t i = 0; i < search->found.count; i++)
		if (search->found.items[i].lock == lock && is_holder(&search->found.items[i]))
			return true;
	return false;
}

/* Who else can it be? Whoever waits for a lock is not the one that holds it. */
static void add_only_ones(struct search *search)
{
	size_t found = search->found.count;
	for (size_t l = 0; l < search->lock_count; l++) {
		const struct unnamed *only = NULL;
		size_t candidates = 0;
		for (size_t i = 0; i < search->unnamed.count; i++)
			if (search->unnamed.items[i].waits_for != l) {
				only = &search->unnamed.items[i];
				candidates++;
			}
		if (candidates != 1 || has_holder(search, l))
			continue;
		vec_push(&search->found, (struct holder){ .lock = l,
							  .goroutine = only->goroutine,
							  .call = only->call,
							  .only = true });
	}
	/* One that would hold several such locks says nothing of any. */
	if (search->found.count - found > search->unnamed.count)
		search->found.count = found;
}

static int by_lock(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;
	if (x->lock != y->lock)
		return x->lock < y->lock ? -1 : 1;
	return x->goroutine < y->goroutine ? -1 : x->goroutine > y->goroutine;
}

void holders_find(const struct snapshot *snapshot, const struct lock_site *locks, size_t lock_count,
		  const struct lock_suspect *suspects, size_t count, struct arena *arena,
		  struct holders *holders)
{
	struct search search = { .snapshot = snapshot, .locks = locks, .lock_count = lock_count,
				 .arena = arena };
	uint64_t lo, hi;
	*holders = (struct holders){ 0 };
	if (lock_count == 0)
		return;
	search.disasm = disasm_create(snapshot->image->arch);
	if (search.disasm == NULL)
		return;
	make_ranges(&search, &lo, &hi);
	search.look_for_unnamed = count <= UNNAMED_AMONG;
	for (size_t i = 0; i < count; i++)
		search_stack(&search, &suspects[i], lo, hi);
	if (search.unnamed.count <= UNNAMED_MAX)
		add_only_ones(&search);
	if (search.found.count > 0)
		qsort(search.found.items, search.found.count, sizeof(*search.found.items), by_lock);
	holders->count = search.found.count;
	holders->items = vec_keep(&search.found, arena);
	vec_release(&search.found);
	vec_release(&search.unnamed);
	table_release(&search.acts);
	disasm_destroy(search.disasm);
}
