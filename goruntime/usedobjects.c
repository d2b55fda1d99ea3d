#include "goruntime/usedobjects.h"

#include "goruntime/address.h"
#include "goruntime/brokenstack.h"
#include "goruntime/private.h"
#include "goruntime/span.h"

enum { FRAMES = 4, FRAME_BYTES = 4096, OBJECT_BYTES = 512 };

struct search {
	const struct snapshot *s;
	uint64_t wanted;
	bool allocated;
	struct arena *arena;
	struct used_object *items;
	size_t count, room;
};

/* Where the object begins to which ADDR points, or, in a part of the heap that is free, ADDR
 * itself. */
static bool object_at(const struct snapshot *s, uint64_t addr, uint64_t *lo, uint64_t *hi,
		      bool *freed)
{
	struct span span;
	uint32_t index;
	if (span_find(s, addr, &span) && span.state != SPAN_MANUAL &&
	    span_object(&span, addr, &index)) {
		enum slot_state state = span_slot_state(s->image, &span, index);
		*lo = span.start + index * span.elem_size;
		*hi = *lo + span.elem_size;
		*freed = state == SLOT_FREE || state == SLOT_UNREACHED;
		return state != SLOT_UNKNOWN;
	}
	*lo = addr;
	*hi = addr + OBJECT_BYTES;
	*freed = true;
	return span_arena(s, addr >> SPAN_ARENA_SHIFT) != 0 && !span_find(s, addr, &span) &&
	       span_was_used(s, addr);
}

/* Any number at all is no address, so where the object is in use it must look like something. */
static bool is_wanted(const struct search *search, uint64_t value, bool freed)
{
	uint64_t end = search->s->image->arch->user_end;
	if (search->wanted != 0)
		return value == search->wanted;
	return end != 0 && value >= end && value < ~(end - 1) &&
	       (freed || address_text_bytes(value) == sizeof(value));
}

static bool is_known(const struct search *search, uint64_t at)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->items[i].at == at)
			return true;
	return false;
}

/* The object to which WORD of a frame points. */
static void look_into(struct search *search, uint64_t word, uint64_t addr)
{
	struct arena *arena = search->arena;
	struct address address;
	uint64_t lo, hi, value;
	bool freed;
	if (addr % 8 != 0 || !object_at(search->s, addr, &lo, &hi, &freed) ||
	    (!freed && !search->allocated))
		return;
	hi = hi - lo > OBJECT_BYTES ? lo + OBJECT_BYTES : hi;
	for (uint64_t at = lo; at + 8 <= hi && search->count < search->room; at += 8) {
		if (!image_u64(search->s->image, at, &value, NULL) ||
		    !is_wanted(search, value, freed) || is_known(search, at))
			continue;
		snapshot_address(search->s, at, arena, &address);
		search->items[search->count++] = (struct used_object){
			.word = word,
			.at = at,
			.value = value,
			.place = stack_word_place(search->s, word, arena),
			.text = address.text,
			.freed = freed,
		};
		return;
	}
}

size_t death_used_objects(const struct snapshot *s, uint64_t wanted, bool allocated,
			  struct arena *arena, struct used_object *objects, size_t room)
{
	struct search search = { s, wanted, allocated, arena, objects, 0, room };
	const struct trace *trace = &s->death.culprit;
	unsigned frames = 0;
	for (size_t i = s->death.cause_frame; i < trace->count && frames < FRAMES; i++) {
		const struct trace_frame *f = &trace->frames[i];
		uint64_t word, end = f->fp - f->sp > FRAME_BYTES ? f->sp + FRAME_BYTES : f->fp;
		if (f->call->inlined || f->sp % 8 != 0 || f->fp < f->sp)
			continue;
		frames++;
		for (uint64_t at = f->sp; at + 8 <= end; at += 8)
			if (image_u64(s->image, at, &word, NULL))
				look_into(&search, at, word);
	}
	return search.count;
}
