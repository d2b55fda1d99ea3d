#include "goruntime/roots.h"

#include "goruntime/private.h"

enum { RANGE_WORDS = 1 << 15 };		 /* of one job: 256 KB */
enum { BLOCKS_MAX = 1 << 20, SPECIALS_MAX = 1 << 26 }; /* lists of a damaged core may be circles */
enum { FINALIZER_BYTES = 40, CLEANUP_BYTES = 24 };	 /* runtime.finalizer; cleanupFn since 1.26 */

/* runtime/mheap.go _KindSpecial*: 0 where the release has none such. */
static const struct special_kinds {
	unsigned since;
	uint8_t finalizer, weak, cleanup;
} special_kinds[] = {
	{ 0, 1, 0, 0 },
	{ 23, 1, 2, 0 },
	{ 24, 1, 2, 6 },
	{ 25, 2, 3, 7 },
};

static const struct special_kinds *kinds_of(unsigned minor)
{
	size_t i = sizeof(special_kinds) / sizeof(special_kinds[0]) - 1;
	while (i > 0 && minor != 0 && special_kinds[i].since > minor)
		i--;
	return &special_kinds[i];
}

/* --- globals ------------------------------------------------------------------------------------ */

typedef VEC(struct root_range) range_list;

static bool add_section(const struct snapshot *s, range_list *ranges, uint64_t lo, uint64_t hi,
			uint64_t mask_addr)
{
	uint64_t words = (hi - lo) / 8;
	if (lo >= hi)
		return true;
	const uint8_t *mask = words <= UINT32_MAX ? image_at(s->image, mask_addr, (words + 7) / 8)
						  : NULL;
	if (mask == NULL)
		return false;
	for (uint64_t at = 0; at < words; at += RANGE_WORDS) {
		uint64_t n = words - at < RANGE_WORDS ? words - at : RANGE_WORDS;
		vec_push(ranges, (struct root_range){ lo + at * 8, n, mask + at / 8 });
	}
	return true;
}

static bool add_module(const struct snapshot *s, range_list *ranges, const struct module *m)
{
	struct view view;
	return m->addr != 0 &&
	       view_read(&view, s->image, &s->layout, RT_MODULEDATA, m->addr, NULL) &&
	       add_section(s, ranges, m->data, m->edata, view_word(&view, MODULE_GCDATAMASK, 1)) &&
	       add_section(s, ranges, m->bss, m->ebss, view_word(&view, MODULE_GCBSSMASK, 1));
}

void roots_find(const struct snapshot *s, struct roots *roots)
{
	range_list ranges = { 0 };
	*roots = (struct roots){ 0 };
	if (!layout_has(&s->layout, MODULE_GCDATAMASK) || s->modules.count == 0)
		roots->missing = "where the global variables' pointers are is not known";
	for (size_t i = 0; i < s->modules.count; i++)
		if (!add_module(s, &ranges, &s->modules.items[i]))
			roots->missing = "a map of the global variables cannot be read";
	roots->ranges = ranges.items;
	roots->count = ranges.count;
}

void roots_release(struct roots *roots)
{
	free(roots->ranges);
}

void roots_mark_range(struct mark_worker *w, const struct root_range *range)
{
	mark_words(w, range->addr, range->words, range->mask, false);
}

/* --- queues ------------------------------------------------------------------------------------- */

static uint64_t offset_of(const struct snapshot *s, enum rt_field field)
{
	return s->layout.field[field].offset;
}

/* runtime/mfinal.go: blocks of finalizers that are to be run. */
static bool mark_finalizer_queue(struct mark_worker *w)
{
	const struct snapshot *s = w->marker->snapshot;
	static const uint8_t pointers[] = { 0x1b }; /* fn, arg, -, fint, ot */
	uint64_t global, block;
	if (!globals_get(&s->globals, RT_ALLFIN, &global))
		return true; /* the program has no use for it */
	if (!image_u64(s->image, global, &block, NULL))
		return false;
	for (unsigned i = 0; block != 0; i++) {
		struct view view;
		if (i >= BLOCKS_MAX ||
		    !view_read(&view, s->image, &s->layout, RT_FINBLOCK, block, NULL))
			return false;
		uint64_t fin = block + offset_of(s, FINBLOCK_FIN);
		uint64_t room = (view.size - offset_of(s, FINBLOCK_FIN)) / FINALIZER_BYTES;
		uint64_t count = view_get(&view, FINBLOCK_CNT);
		for (uint64_t f = 0; f < count && f < room; f++)
			mark_words(w, fin + f * FINALIZER_BYTES, FINALIZER_BYTES / 8, pointers,
				   false);
		block = view_get(&view, FINBLOCK_ALLLINK);
	}
	return true;
}

/* runtime/mcleanup.go: blocks of cleanups that are to be run; 1.26 has three words for each. */
static bool mark_cleanup_queue(struct mark_worker *w)
{
	const struct snapshot *s = w->marker->snapshot;
	uint64_t global, block;
	if (!globals_get(&s->globals, RT_GCCLEANUPS, &global) ||
	    !layout_has(&s->layout, CLEANUPQUEUE_ALL))
		return true;
	if (!image_u64(s->image, global + offset_of(s, CLEANUPQUEUE_ALL), &block, NULL))
		return false;
	uint64_t words = layout_has(&s->layout, SPECIALCLEANUP_CLEANUP) ? CLEANUP_BYTES / 8 : 1;
	for (unsigned i = 0; block != 0; i++) {
		struct view view;
		if (i >= BLOCKS_MAX ||
		    !view_read(&view, s->image, &s->layout, RT_CLEANUPBLOCK, block, NULL))
			return false;
		uint64_t first = offset_of(s, CLEANUPBLOCK_CLEANUPS);
		uint64_t room = (view.size - first) / 8, count = view_get(&view, CLEANUPBLOCK_N);
		count = count * words <= room ? count * words : room;
		mark_words(w, block + first, count, NULL, false);
		block = view_get(&view, CLEANUPBLOCK_ALLLINK);
	}
	return true;
}

/* --- specials ----------------------------------------------------------------------------------- */

/* The object is not kept alive, but what the finalizer will find in it is. One that the last cycle
 * found dead is about to be queued, as soon as its span is swept. */
static void mark_finalizer(struct mark_worker *w, const struct heap_span *span, uint64_t offset,
			   uint64_t special)
{
	const struct snapshot *s = w->marker->snapshot;
	uint32_t index;
	if (heap_object(span, span->start + offset, &index)) {
		mark_children(w, span, index);
		if (heap_is_unswept(w->marker->heap, span, index))
			mark_address(w, span->start + offset);
	}
	mark_words(w, special + offset_of(s, SPECIALFINALIZER_FN), 1, NULL, false);
}

static void mark_cleanup(struct mark_worker *w, uint64_t special)
{
	const struct snapshot *s = w->marker->snapshot;
	if (layout_has(&s->layout, SPECIALCLEANUP_CLEANUP))
		mark_words(w, special + offset_of(s, SPECIALCLEANUP_CLEANUP), CLEANUP_BYTES / 8,
			   NULL, false);
	else if (layout_has(&s->layout, SPECIALCLEANUP_FN))
		mark_words(w, special + offset_of(s, SPECIALCLEANUP_FN), 1, NULL, false);
}

static bool mark_span_specials(struct mark_worker *w, const struct heap_span *span,
			       uint64_t special, uint64_t *budget)
{
	const struct snapshot *s = w->marker->snapshot;
	const struct special_kinds *kinds = kinds_of(s->release.minor);
	while (special != 0) {
		struct view view;
		if ((*budget)-- == 0 ||
		    !view_read(&view, s->image, &s->layout, RT_SPECIAL, special, NULL))
			return false;
		uint8_t kind = (uint8_t)view_get(&view, SPECIAL_KIND);
		if (kind != 0 && kind == kinds->finalizer)
			mark_finalizer(w, span, view_get(&view, SPECIAL_OFFSET), special);
		else if (kind != 0 && kind == kinds->cleanup)
			mark_cleanup(w, special);
		else if (kind != 0 && kind == kinds->weak &&
			 layout_has(&s->layout, SPECIALWEAKHANDLE_HANDLE))
			mark_words(w, special + offset_of(s, SPECIALWEAKHANDLE_HANDLE), 1, NULL,
				   false);
		special = view_get(&view, SPECIAL_NEXT);
	}
	return true;
}

bool roots_mark_specials(struct mark_worker *w)
{
	const struct heap *heap = w->marker->heap;
	uint64_t budget = SPECIALS_MAX;
	bool whole = mark_finalizer_queue(w) && mark_cleanup_queue(w);
	if (!layout_has(&heap->snapshot->layout, SPECIAL_KIND))
		return false;
	for (size_t i = 0; i < heap->span_count; i++)
		if (heap->details[i].specials != 0 &&
		    !mark_span_specials(w, &heap->spans[i], heap->details[i].specials, &budget))
			whole = false;
	return whole;
}
