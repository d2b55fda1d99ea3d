/* The cycle of functions in a deep stack. The stack is walked as a stream: memory is flat. */
#include <string.h>

#include "goruntime/private.h"

enum { WINDOW = 4096, MAX_CYCLE = 256 };

/* One physical frame of the window: its function's entry and the calls at its pc. */
struct seen {
	const struct code *code;
	uint64_t lookup_pc;
	uint64_t sp;
};

/* The shortest period in terms of functions: seen[i] == seen[i - period] for the third quarter of
 * the window. What begins the recursion lies behind that, a leaf before it. 0 if there is none. */
static size_t period_of(const struct seen *seen, size_t count)
{
	size_t from = count / 2, to = count - count / 4;
	for (size_t period = 1; period <= MAX_CYCLE && period <= count / 4; period++) {
		size_t i = from;
		while (i < to && seen[i].code->func.entry == seen[i - period].code->func.entry)
			i++;
		if (i == to)
			return period;
	}
	return 0;
}

static void cycle_calls(const struct snapshot *s, const struct seen *seen, size_t period,
			struct arena *arena, struct recursion *r)
{
	r->cycle = arena_alloc(arena, MAX_CYCLE * sizeof(struct call *));
	for (size_t i = 0; i < period; i++) {
		struct calls calls = code_calls(snapshot_code(s), seen[i].code, seen[i].lookup_pc);
		for (size_t j = 0; j < calls.count && r->length < MAX_CYCLE; j++)
			((const struct call **)r->cycle)[r->length++] = &calls.items[j];
	}
}

void goroutine_recursion(const struct snapshot *s, const struct goroutine *g, struct arena *arena,
			 struct recursion *r)
{
	*r = (struct recursion){ .stack_bytes = g->stack_hi - g->stack_lo };
	struct unwinder u;
	struct frame f;
	struct arena scratch;
	arena_init(&scratch);
	struct seen *seen = arena_alloc(&scratch, WINDOW * sizeof(*seen));
	size_t count = 0, period = 0;
	uint64_t first = 0, turns_frames = 0, physical = 0;
	goroutine_unwind(&u, s, g);
	while (unwind_next(&u, &f)) {
		if (f.g != g->addr)
			continue;
		r->frames += code_calls(snapshot_code(s), f.code, f.lookup_pc).count;
		physical++;
		if (count < WINDOW)
			seen[count++] = (struct seen){ f.code, f.lookup_pc, f.sp };
		if (count == WINDOW && period == 0 && first == 0) {
			period = period_of(seen, count);
			first = 1;
		}
		if (period == 0 || physical <= WINDOW)
			continue;
		/* Still in the cycle? Compared with its place in the window. */
		size_t at = WINDOW - period + (physical - WINDOW - 1) % period;
		turns_frames += seen[at].code->func.entry == f.code->func.entry;
	}
	if (period == 0 && count > 16)
		period = period_of(seen, count);
	if (period != 0) {
		size_t from = count / 2;
		cycle_calls(s, seen + from, period, arena, r);
		r->turns = (turns_frames + count) / period;
		r->bytes_per_turn = seen[from + period].sp - seen[from].sp;
	}
	arena_release(&scratch);
}
