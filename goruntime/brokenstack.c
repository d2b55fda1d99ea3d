#include "goruntime/brokenstack.h"

#include <inttypes.h>

#include "goruntime/private.h"

/* Words around SLOT, from low addresses on; the return address is marked. */
static const char *words_around(const struct snapshot *s, const struct goroutine *g, uint64_t slot,
				struct arena *arena)
{
	enum { AROUND = 3 };
	const char *words = NULL;
	for (uint64_t at = slot - AROUND * 8; at <= slot + AROUND * 8; at += 8) {
		uint64_t word;
		if (at < g->stack_lo || at >= g->stack_hi || !image_u64(s->image, at, &word, NULL))
			continue;
		words = arena_printf(arena, at == slot ? "%s%s[0x%" PRIx64 "]" : "%s%s0x%" PRIx64,
				     words ? words : "", words ? " " : "", word);
	}
	return words;
}

/* Walks to the frame whose return address is bad. */
static bool broken_fill(const struct snapshot *s, const struct goroutine *g, struct arena *arena,
			struct broken_stack *broken)
{
	bool link = s->image->arch->link_register;
	struct unwinder u;
	struct frame frame, last = { 0 };
	goroutine_unwind(&u, s, g);
	while (unwind_next(&u, &frame))
		last = frame;
	if (u.end != UNWIND_BAD_PC || last.code == NULL || is_c_code(s, u.bad_addr))
		return false;
	struct calls calls = snapshot_calls(s, last.pc, last.lookup_pc);
	*broken = (struct broken_stack){
		.goroutine = (uint32_t)(g - s->goroutines),
		.slot = link ? last.sp : last.fp - 8,
		.value = u.bad_addr,
		.call = calls.count ? &calls.items[calls.count - 1] : NULL,
	};
	if (broken->slot < g->stack_lo || broken->slot >= g->stack_hi)
		return false;
	if (!s->redacted)
		broken->words = words_around(s, g, broken->slot, arena);
	goroutine_trace(s, g, false, arena, &broken->trace);
	return true;
}

size_t snapshot_broken_stacks(const struct snapshot *s, struct arena *arena,
			      struct broken_stack *stacks, size_t room)
{
	size_t count = 0;
	struct broken_stack broken;
	snapshot_walk_stacks(s);
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		if (g->unreadable || goroutine_stack(s, g)->end != UNWIND_BAD_PC)
			continue;
		if (count >= room)
			count++; /* it is only counted: there may be a million */
		else if (broken_fill(s, g, arena, &broken))
			stacks[count++] = broken;
	}
	return count;
}

const char *stack_word_place(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	const struct goroutine *g = goroutine_of_stack(s, addr);
	struct unwinder u;
	struct frame frame;
	if (g == NULL)
		return NULL;
	goroutine_unwind(&u, s, g);
	while (unwind_next(&u, &frame)) {
		if (frame.g != g->addr || addr >= frame.fp)
			continue;
		if (addr < frame.sp)
			return arena_printf(arena, "no frame of the stack of goroutine %" PRIu64,
					    g->id);
		struct calls calls = snapshot_calls(s, frame.pc, frame.lookup_pc);
		if (calls.count == 0)
			break;
		return arena_printf(arena, "the frame of %s, goroutine %" PRIu64,
				    calls.items[calls.count - 1].function, g->id);
	}
	return arena_printf(arena, "the stack of goroutine %" PRIu64, g->id);
}
