#include "goruntime/holders.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "goruntime/private.h"

enum {
	WORDS_MAX = 64 * 1024, /* of one stack */
	FRAMES_MAX = 64,
	FUNCTION_MAX = 8192, /* bytes of a function that are looked through */
	CALLS_AT_PC = 8,
};

struct range { /* memory whose address tells of a lock */
	uint64_t lo, hi;
	size_t lock;
	bool exact;
};

struct acts { /* what a function does before the place where the frame stands */
	unsigned locks, unlocks;
};

enum { KNOWN_ACTS = 1024 };

struct known_acts {
	uint64_t pc;
	struct acts acts;
};

struct search {
	const struct snapshot *snapshot;
	const struct lock_site *locks;
	size_t lock_count;
	struct range *ranges; /* two for each lock: itself, and its object */
	size_t range_count;
	VEC(struct holder) found;
	struct arena *arena;
	struct known_acts *known; /* by pc: many goroutines stand at one place */
};

/* --- what a function does with locks ------------------------------------------------------------- */

enum lock_act { ACT_NONE, ACT_LOCK, ACT_UNLOCK };

static enum lock_act act_of(const char *name)
{
	static const struct {
		const char *name;
		enum lock_act act;
	} rows[] = {
		{ "sync.(*Mutex).Lock", ACT_LOCK },	 { "sync.(*Mutex).Unlock", ACT_UNLOCK },
		{ "sync.(*RWMutex).Lock", ACT_LOCK },	 { "sync.(*RWMutex).Unlock", ACT_UNLOCK },
		{ "sync.(*RWMutex).RLock", ACT_LOCK },	 { "sync.(*RWMutex).RUnlock", ACT_UNLOCK },
		{ "sync.(*Once).doSlow", ACT_LOCK },	 { "sync.(*Once).Do", ACT_LOCK },
	};
	if (strncmp(name, "sync.", 5) != 0)
		return ACT_NONE;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(name, rows[i].name) == 0)
			return rows[i].act;
	return ACT_NONE;
}

/* Where a call instruction at PC leads: call rel32 on amd64, bl on arm64; 0 for another one. */
static uint64_t call_target(const struct snapshot *s, uint64_t pc, const uint8_t *code, size_t left)
{
	if (s->image->arch->link_register) {
		uint32_t insn = left >= 4 ? bytes_u32(code) : 0;
		if (insn >> 26 != 0x25)
			return 0;
		return pc + (uint64_t)((int64_t)(int32_t)(insn << 6) >> 4);
	}
	if (left < 5 || code[0] != 0xe8)
		return 0;
	return pc + 5 + (uint64_t)(int64_t)(int32_t)bytes_u32(code + 1);
}

static const char *called_at(const struct snapshot *s, uint64_t pc, const uint8_t *code, size_t left)
{
	uint64_t target = call_target(s, pc, code, left);
	if (target == 0)
		return "";
	const struct code *callee = code_at(snapshot_code(s), target);
	if (!callee->valid || callee->func.entry != target)
		return "";
	return pclntab_name(&callee->module->pclntab, &callee->func);
}

/* The inlined call at PC that is one of a lock's; "" for none. */
static const char *inlined_at(const struct code *code, uint64_t pc, int32_t *line)
{
	struct pcln_call calls[CALLS_AT_PC];
	size_t n = pclntab_calls(&code->module->pclntab, &code->func, pc, calls, CALLS_AT_PC);
	for (size_t i = 0; i + 1 < n; i++)
		if (act_of(calls[i].name) != ACT_NONE) {
			*line = calls[i + 1].line;
			return calls[i].name;
		}
	return "";
}

/* Counts, in the order of the code, calls of Lock and Unlock up to PC: those that were inlined by
 * the places that they cover, others by their instructions. */
static struct acts count_acts(const struct snapshot *s, const struct code *code, uint64_t pc)
{
	struct acts acts = { 0 };
	const struct func *func = &code->func;
	uint64_t size = func->end - func->entry;
	const uint8_t *bytes = image_at(s->image, func->entry, (size_t)size);
	int32_t last_line = -1;
	if (bytes == NULL || size > FUNCTION_MAX)
		return acts;
	for (uint64_t at = func->entry; at <= pc && at < func->end;
	     at += s->image->arch->min_instruction) {
		size_t offset = (size_t)(at - func->entry);
		int32_t line = -1;
		const char *inlined = inlined_at(code, at, &line);
		enum lock_act act = act_of(inlined);
		if (act != ACT_NONE) {
			acts.locks += act == ACT_LOCK && line != last_line;
			acts.unlocks += act == ACT_UNLOCK && line != last_line;
			last_line = line;
			continue;
		}
		act = act_of(called_at(s, at, bytes + offset, (size_t)size - offset));
		acts.locks += act == ACT_LOCK;
		acts.unlocks += act == ACT_UNLOCK;
	}
	return acts;
}

static struct acts acts_at(struct search *search, const struct frame *frame)
{
	struct known_acts *known = &search->known[frame->lookup_pc % KNOWN_ACTS];
	if (known->pc != frame->lookup_pc)
		*known = (struct known_acts){
			frame->lookup_pc,
			count_acts(search->snapshot, frame->code, frame->lookup_pc),
		};
	return known->acts;
}

/* Whether the function's code names ADDR relative to its pc (amd64: a 32-bit displacement at the end
 * of an instruction). */
static bool code_names(const struct snapshot *s, const struct code *code, uint64_t addr)
{
	const struct func *func = &code->func;
	uint64_t size = func->end - func->entry;
	const uint8_t *bytes = image_at(s->image, func->entry, (size_t)size);
	if (bytes == NULL || size > FUNCTION_MAX || s->image->arch->link_register)
		return false;
	for (size_t i = 0; i + 4 <= size; i++)
		if (func->entry + i + 4 + (uint64_t)(int64_t)(int32_t)bytes_u32(bytes + i) == addr)
			return true;
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
	uint64_t sp;
	bool exact;
};

struct stack_view {
	const struct goroutine *g;
	size_t waits_for;
	uint64_t from; /* stack pointer of the first frame that is none of the lock's own */
	VEC(struct mention) mentions;
};

static void add_mentions(struct search *search, struct stack_view *view, uint64_t sp, uint64_t word)
{
	for (size_t i = 0; i < search->range_count; i++) {
		const struct range *r = &search->ranges[i];
		if (word >= r->lo && word < r->hi)
			vec_push(&view->mentions, (struct mention){ r->lock, sp, r->exact });
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

/* The words of a frame: its locals and, above them, its own arguments; what lies at its bottom are the
 * arguments of the function that it called. */
static bool is_in_frame(const struct mention *m, const struct frame *frame, const struct frame *callee)
{
	uint64_t bottom = callee != NULL ? callee->code->func.args : 0;
	return m->sp >= frame->sp + bottom && m->sp < frame->argp + frame->code->func.args;
}

static bool is_mentioned(const struct stack_view *view, size_t lock, const struct frame *frame,
			 const struct frame *callee, bool *exact)
{
	bool found = false;
	for (size_t i = 0; i < view->mentions.count; i++) {
		const struct mention *m = &view->mentions.items[i];
		if (m->lock != lock || !is_in_frame(m, frame, callee))
			continue;
		found = true;
		*exact |= m->exact;
	}
	return found;
}

/* CALLEE is NULL for the frame that stands in a lock's own functions, or in the runtime's. */
static void judge_frame(struct search *search, const struct stack_view *view,
			const struct frame *frame, const struct frame *callee)
{
	const struct snapshot *s = search->snapshot;
	bool blocking = callee == NULL && view->waits_for != NO_LOCK;
	for (size_t l = 0; l < search->lock_count; l++) {
		struct holder holder = { .lock = l,
					 .goroutine = (uint32_t)(view->g - s->goroutines) };
		if (!is_mentioned(view, l, frame, callee, &holder.exact)) {
			if (!code_names(s, frame->code, search->locks[l].addr))
				continue;
			holder.exact = true;
		}
		struct acts acts = acts_at(search, frame);
		unsigned own = blocking ? 1 : 0; /* the call in which it waits */
		if (acts.locks <= own)
			return;
		holder.strong = acts.locks - own > acts.unlocks &&
				!(blocking && view->waits_for == l);
		struct calls calls = code_calls(snapshot_code(s), frame->code, frame->lookup_pc);
		holder.call = &calls.items[calls.count - 1];
		add_holder(search, &holder);
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
	for (size_t i = first; i < count; i++)
		judge_frame(search, &view, &frames[i], i > first ? &frames[i - 1] : NULL);
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

static void make_ranges(struct search *search, uint64_t *lo, uint64_t *hi)
{
	search->ranges = arena_alloc(search->arena, 2 * search->lock_count * sizeof(struct range));
	*lo = UINT64_MAX;
	*hi = 0;
	for (size_t i = 0; i < search->lock_count; i++) {
		const struct lock_site *lock = &search->locks[i];
		struct range object = { .lock = i };
		search->ranges[search->range_count++] =
			(struct range){ lock->addr, lock->addr + 1, i, true };
		if (snapshot_heap_slot(search->snapshot, lock->addr, &object.lo, &object.hi))
			search->ranges[search->range_count++] = object;
	}
	for (size_t i = 0; i < search->range_count; i++) {
		*lo = search->ranges[i].lo < *lo ? search->ranges[i].lo : *lo;
		*hi = search->ranges[i].hi > *hi ? search->ranges[i].hi : *hi;
	}
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
	search.known = arena_alloc(arena, KNOWN_ACTS * sizeof(*search.known));
	make_ranges(&search, &lo, &hi);
	for (size_t i = 0; i < count; i++)
		search_stack(&search, &suspects[i], lo, hi);
	if (search.found.count > 0)
		qsort(search.found.items, search.found.count, sizeof(*search.found.items), by_lock);
	holders->count = search.found.count;
	holders->items = vec_keep(&search.found, arena);
	vec_release(&search.found);
}
