#include "goruntime/defers.h"

#include <string.h>

#include "goruntime/private.h"
#include "goruntime/stackmap.h"
#include "goruntime/wrapper.h"

enum { LIST_MOST = 1 << 16, OPEN_MOST = 8 };

struct list { /* the rest of g._defer */
	uint64_t next;
	uint64_t ranged; /* the rest of a range-over-func's list, which comes first */
	unsigned seen;
	uint64_t sp, fn; /* of the record at NEXT */
	bool there, skip, started;
};

static const struct call *function_of(const struct snapshot *s, uint64_t fn,
				      const struct call **target)
{
	uint64_t pc;
	*target = NULL;
	if (fn == 0 || !image_u64(s->image, fn, &pc, NULL))
		return NULL;
	*target = wrapper_target(s, pc);
	struct calls calls = snapshot_calls(s, pc, pc);
	return calls.count ? &calls.items[calls.count - 1] : NULL;
}

static void put(const struct snapshot *s, struct defers *defers, uint64_t fn,
		const struct call *by, bool started)
{
	if (by != NULL && call_is(by, "runtime.main"))
		return; /* the runtime's own: it would unlock the main thread */
	if (defers->total++ >= DEFERS_KEPT)
		return;
	struct deferred *d = &defers->items[defers->count++];
	*d = (struct deferred){ .by = by, .fn = fn, .started = started };
	d->call = function_of(s, fn, &d->target);
}

/* The list that a record in VIEW stands for; false where it is not there. The runtime puts 1 in
 * place of one that it has taken (badDefer). */
static bool ranged_begin(const struct snapshot *s, struct list *list, const struct view *view)
{
	enum { TAKEN = 1 };
	if (!layout_has(&s->layout, DEFER_HEAD) ||
	    !image_u64(s->image, view_get(view, DEFER_HEAD), &list->ranged, NULL))
		return false;
	if (list->ranged == TAKEN)
		list->ranged = 0;
	return true;
}

/* Reads the record at RANGED. Its sp is that of the record that stands for the list. */
static bool ranged_peek(const struct snapshot *s, struct list *list, struct defers *defers)
{
	struct view view;
	if (list->seen++ >= LIST_MOST ||
	    !view_read(&view, s->image, &s->layout, RT_DEFER, list->ranged, NULL)) {
		defers->cut = true;
		list->ranged = list->next = 0;
		return false;
	}
	list->fn = view_get(&view, DEFER_FN);
	list->started = list->skip = false;
	list->ranged = view_get(&view, DEFER_LINK);
	list->there = true;
	return true;
}

/* Reads the record at NEXT; false at the end. */
static bool list_peek(const struct snapshot *s, struct list *list, struct defers *defers)
{
	struct view view;
	if (list->there)
		return true;
	if (list->ranged != 0)
		return ranged_peek(s, list, defers);
	if (list->next == 0)
		return false;
	if (list->seen++ >= LIST_MOST ||
	    !view_read(&view, s->image, &s->layout, RT_DEFER, list->next, NULL)) {
		defers->cut = true;
		list->next = 0;
		return false;
	}
	if (view_get(&view, DEFER_RANGEFUNC) != 0 && !ranged_begin(s, list, &view))
		defers->cut = true;
	list->sp = view_get(&view, DEFER_SP);
	list->fn = view_get(&view, DEFER_FN);
	list->started = view_get(&view, DEFER_STARTED) != 0;
	/* The first stands for a frame's own bits, the second for a list of another frame's. */
	list->skip = view_get(&view, DEFER_OPENDEFER) != 0 || view_get(&view, DEFER_RANGEFUNC) != 0;
	uint64_t next = view_get(&view, DEFER_LINK);
	list->next = next == list->next ? 0 : next;
	list->there = true;
	return true;
}

static void list_take(const struct snapshot *s, struct list *list, const struct call *by,
		      struct defers *defers)
{
	if (!list->skip)
		put(s, defers, list->fn, by, list->started);
	list->there = false;
}

static bool varint(struct bytes *bytes, uint32_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 32 && bytes->size > 0; shift += 7) {
		uint8_t b = *bytes->data;
		*bytes = bytes_sub(*bytes, 1, bytes->size - 1);
		*value |= (uint32_t)(b & 0x7f) << shift;
		if (!(b & 0x80))
			return true;
	}
	return false;
}

/* Offsets below the end of the locals: of the bits, then of the slots. Since 1.22 slot I is I words
 * above the first; before, each has an offset of its own, the last deferred first. */
static void open_coded(const struct snapshot *s, const struct frame *frame, const struct call *by,
		       struct defers *defers)
{
	struct bytes data = pclntab_funcdata(&frame->code->module->pclntab, &frame->code->func,
					     FUNCDATA_OPEN_DEFERS);
	uint64_t end = frame_locals_end(frame, s->image->arch->link_register), fn;
	uint32_t bits_at, second, slots[OPEN_MOST] = { 0 };
	uint8_t bits;
	if (data.size == 0 || !varint(&data, &bits_at) || !varint(&data, &second) ||
	    end - bits_at < frame->sp || end - bits_at >= frame->fp ||
	    !image_u8(s->image, end - bits_at, &bits, NULL))
		return;
	bool own_offsets = s->private->traits.open_defers_have_offsets;
	if (own_offsets && second > OPEN_MOST)
		return;
	for (uint32_t i = own_offsets ? second : 0; i-- > 0;)
		if (!varint(&data, &slots[i]))
			return;
	for (int i = OPEN_MOST - 1; i >= 0; i--) {
		uint64_t slot = own_offsets ? end - slots[i] : end - second + (uint64_t)i * 8;
		if (!(bits >> i & 1))
			continue;
		if (slot < frame->sp || slot >= frame->fp ||
		    !image_u64(s->image, slot, &fn, NULL))
			fn = 0;
		put(s, defers, fn, by, false);
	}
}

/* The bits of a frame that never reached a pc with a stack map may be garbage: at its entry. */
static bool has_begun(const struct frame *frame)
{
	return frame->lookup_pc > frame->code->func.entry;
}

void goroutine_defers(const struct snapshot *s, const struct goroutine *g, struct defers *defers)
{
	struct view view;
	struct unwinder u;
	struct frame frame;
	struct list list = { 0 };
	*defers = (struct defers){ 0 };
	if (!layout_has(&s->layout, G_DEFER) || !layout_has(&s->layout, DEFER_SP) ||
	    !view_read(&view, s->image, &s->layout, RT_G, g->addr, NULL))
		return;
	list.next = view_get(&view, G_DEFER);
	goroutine_unwind(&u, s, g);
	while (unwind_next(&u, &frame)) {
		struct calls calls = snapshot_calls(s, frame.pc, frame.lookup_pc);
		const struct call *by = calls.count ? &calls.items[calls.count - 1] : NULL;
		if (frame.g != g->addr)
			continue;
		while (list_peek(s, &list, defers) && list.sp < frame.fp)
			list_take(s, &list, list.sp >= frame.sp ? by : NULL, defers);
		if (has_begun(&frame))
			open_coded(s, &frame, by, defers);
	}
	while (list_peek(s, &list, defers))
		list_take(s, &list, NULL, defers);
}
