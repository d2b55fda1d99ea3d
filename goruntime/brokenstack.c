#include "goruntime/brokenstack.h"

#include <inttypes.h>

#include "formats/disasm.h"
#include "goruntime/address.h"
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

/* Nobody called sigpanic: what it would return to is where the fault hit, or, for pc 0, what lay on
 * top of the stack (signal_amd64.go preparePanic). */
static void blame_landing(const struct snapshot *s, const struct goroutine *g,
			  struct broken_stack *broken)
{
	struct view view;
	broken->call = NULL;
	broken->landed = true;
	if (view_read(&view, s->image, &s->layout, RT_G, g->addr, NULL) &&
	    view_get(&view, G_SIGPC) == 0)
		broken->value = 0;
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
	if (last.code->func.id == FUNC_SIGPANIC)
		blame_landing(s, g, broken);
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

static bool is_parked(const struct goroutine *g)
{
	return g->status == G_WAITING || g->status == G_RUNNABLE || g->status == G_PREEMPTED;
}

/* What a record says that cannot be (runtime2.go gobuf, stack); NULL: nothing. */
static const char *bad_record(const struct goroutine *g, struct arena *arena)
{
	bool dead = g->status == G_DEAD || g->status == G_DEADEXTRA || g->status == G_IDLE;
	if (g->unreadable || dead)
		return NULL;
	if (g->bad_stack)
		return arena_printf(arena,
				    "goroutine %" PRIu64 ": [0x%" PRIx64 ", 0x%" PRIx64
				    ") cannot be its stack",
				    g->id, g->stack_lo, g->stack_hi);
	if (is_parked(g) && (g->sched_sp < g->stack_lo || g->sched_sp > g->stack_hi))
		return arena_printf(arena,
				    "goroutine %" PRIu64 ": its saved stack pointer 0x%" PRIx64
				    " is not in its stack [0x%" PRIx64 ", 0x%" PRIx64 ")",
				    g->id, g->sched_sp, g->stack_lo, g->stack_hi);
	return NULL;
}

size_t snapshot_bad_records(const struct snapshot *s, struct arena *arena,
			    struct bad_record *records, size_t room)
{
	size_t count = 0;
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const char *text = bad_record(&s->goroutines[i], arena);
		if (text == NULL)
			continue;
		if (count < room)
			records[count] = (struct bad_record){ (uint32_t)i, text };
		count++;
	}
	return count;
}

static bool is_return_insn(const struct snapshot *s, uint64_t pc)
{
	struct instruction insn;
	struct disasm *disasm = disasm_create(s->image->arch);
	bool found = disasm != NULL && disasm_one(disasm, image_rest(s->image, pc), pc, &insn) &&
		     insn.flow == DISASM_RETURN;
	disasm_destroy(disasm);
	return found;
}

/* A `ret` faults itself where the upper bits of the address are not all alike. */
static bool refused_return(const struct snapshot *s, struct broken_stack *broken)
{
	const struct trace *trace = &s->death.culprit;
	const struct death_signal *fault = &s->death.fault;
	for (size_t i = 0; i < trace->count; i++) {
		const struct trace_frame *f = &trace->frames[i];
		if (!f->trap || f->pc != fault->pc)
			continue;
		struct address address;
		if (!is_return_insn(s, f->pc) || !image_u64(s->image, f->sp, &broken->value, NULL))
			return false;
		address_locate(s, broken->value, s->arena, &address);
		broken->slot = f->sp;
		broken->call = f->call;
		return address.kind == ADDRESS_NON_CANONICAL;
	}
	return false;
}

/* sigpanic was made to look called from the address, as there was no return address on top of the
 * stack (signal_amd64.go preparePanic, panic.go shouldPushSigpanic). */
static bool landed_nowhere(const struct snapshot *s, struct broken_stack *broken)
{
	const struct trace *trace = &s->death.culprit;
	const struct death_signal *fault = &s->death.fault;
	if (s->death.way != DEATH_THROW || trace->count == 0 || trace->end != UNWIND_BAD_PC ||
	    trace->bad_addr != fault->pc || !fault->has_addr || fault->addr != fault->pc ||
	    trace->frames[trace->count - 1].call->id != FUNC_SIGPANIC)
		return false;
	broken->slot = trace->frames[trace->count - 1].fp - 8;
	broken->value = fault->pc;
	broken->call = NULL;
	return true;
}

/* The same for address 0: the word on top of the stack, which sigpanic seems to return to, is no
 * return address, as it would be after a call. Where the 0 lay sigpanic has written since. */
static bool landed_at_zero(const struct snapshot *s, struct broken_stack *broken)
{
	const struct trace *trace = &s->death.culprit;
	const struct death_signal *fault = &s->death.fault;
	if (s->death.way != DEATH_THROW || fault->pc != 0 || fault->addr != 0 || trace->count == 0 ||
	    (trace->end != UNWIND_BAD_PC && trace->end != UNWIND_COMPLETE) ||
	    trace->frames[trace->count - 1].call->id != FUNC_SIGPANIC)
		return false;
	broken->slot = trace->frames[trace->count - 1].fp - 16;
	broken->value = 0;
	broken->call = NULL;
	return true;
}

bool death_bad_return(const struct snapshot *s, struct arena *arena, struct broken_stack *broken)
{
	const struct death *death = &s->death;
	if (!death->fault.present || s->image->arch->link_register ||
	    death->goroutine >= s->goroutine_count)
		return false;
	const struct goroutine *g = &s->goroutines[death->goroutine];
	*broken = (struct broken_stack){ .goroutine = death->goroutine, .trace = death->culprit };
	bool zero = landed_at_zero(s, broken);
	if (!zero && (death->fault.pc == 0 || death->on_system_stack ||
		      (!refused_return(s, broken) && !landed_nowhere(s, broken))))
		return false;
	if (broken->slot < g->stack_lo || broken->slot >= g->stack_hi)
		return false;
	if (!s->redacted && !zero)
		broken->words = words_around(s, g, broken->slot, arena);
	return true;
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
