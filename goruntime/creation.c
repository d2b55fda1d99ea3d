#include "goruntime/creation.h"

#include <string.h>

#include "goruntime/holders.h"
#include "goruntime/private.h"

enum {
	SPECIALS_MAX = 1024, /* of one span */
	STACK_MAX = 128,     /* mprof.go maxProfStackDepth */
	MEM_PROFILE = 1,     /* bucketType memProfile */
};

/* runtime/mheap.go _KindSpecialProfile */
static uint8_t profile_kind(unsigned minor)
{
	return minor >= 25 ? 4 : minor >= 23 ? 3 : 2;
}

/* The bucket of the sampled object in the slot [LO, HI) of its span; 0: it is none. */
static uint64_t bucket_of(const struct snapshot *s, uint64_t addr)
{
	uint64_t lo, hi, start, special;
	struct view view, profile;
	if (!layout_has(&s->layout, SPECIAL_KIND) || !layout_has(&s->layout, SPECIALPROFILE_B) ||
	    !snapshot_heap_slot(s, addr, &lo, &hi))
		return 0;
	special = snapshot_specials(s, addr, &start);
	for (unsigned i = 0; special != 0 && i < SPECIALS_MAX; i++) {
		if (!view_read(&view, s->image, &s->layout, RT_SPECIAL, special, NULL))
			return 0;
		uint64_t object = start + view_get(&view, SPECIAL_OFFSET);
		if (object >= lo && object < hi &&
		    view_get(&view, SPECIAL_KIND) == profile_kind(s->release.minor) &&
		    view_read(&profile, s->image, &s->layout, RT_SPECIALPROFILE, special, NULL))
			return view_get(&profile, SPECIALPROFILE_B);
		special = view_get(&view, SPECIAL_NEXT);
	}
	return 0;
}

static const struct call *first_own(const struct snapshot *s, uint64_t pc)
{
	const struct code *code = code_at(snapshot_code(s), pc);
	if (pc == 0 || !code->valid)
		return NULL;
	struct calls calls = code_calls(snapshot_code(s), code,
					pc > code->func.entry ? pc - 1 : pc);
	for (size_t i = 0; i < calls.count; i++)
		if (strncmp(calls.items[i].symbol, "runtime.", 8) != 0)
			return &calls.items[i];
	return NULL;
}

const struct call *object_made_at(const struct snapshot *s, uint64_t addr)
{
	struct view view;
	uint64_t pc, bucket = bucket_of(s, addr);
	if (bucket == 0 || !view_read(&view, s->image, &s->layout, RT_BUCKET, bucket, NULL) ||
	    view_get(&view, BUCKET_TYP) != MEM_PROFILE)
		return NULL;
	uint64_t count = view_get(&view, BUCKET_NSTK);
	uint64_t stack = bucket + s->layout.struct_size[RT_BUCKET];
	for (uint64_t i = 0; i < count && i < STACK_MAX; i++) {
		if (!image_u64(s->image, stack + i * 8, &pc, NULL))
			return NULL;
		const struct call *call = first_own(s, pc);
		if (call != NULL)
			return call;
	}
	return NULL;
}
