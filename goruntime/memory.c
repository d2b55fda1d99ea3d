/* The runtime's own figures of memory (mstats.go, mgcpacer.go). */
#include "goruntime/private.h"

static bool read_global(const struct snapshot *s, enum rt_global global, enum rt_struct structure,
			struct view *view)
{
	uint64_t addr;
	return globals_get(&s->globals, global, &addr) &&
	       view_read(view, s->image, &s->layout, structure, addr, NULL);
}

static struct memory_figure figure(const struct view *view, enum rt_field field)
{
	if (!layout_has(view->layout, field))
		return (struct memory_figure){ 0 };
	return (struct memory_figure){ view_get(view, field), true };
}

static void gc_controller(const struct snapshot *s, struct memory *m)
{
	struct view view;
	if (!read_global(s, RT_GCCONTROLLER_, RT_GCCONTROLLER, &view))
		return;
	m->heap_in_use = figure(&view, GCC_HEAPINUSE);
	m->heap_live = figure(&view, GCC_HEAPLIVE);
	m->heap_marked = figure(&view, GCC_HEAPMARKED);
	m->heap_idle = figure(&view, GCC_HEAPFREE);
	m->heap_released = figure(&view, GCC_HEAPRELEASED);
	m->total_alloc = figure(&view, GCC_TOTALALLOC);
	m->total_free = figure(&view, GCC_TOTALFREE);
	m->mapped_ready = figure(&view, GCC_MAPPEDREADY);
	m->memory_limit = figure(&view, GCC_MEMORYLIMIT);
	m->limit_set = m->memory_limit.known && m->memory_limit.bytes != INT64_MAX;
	if (layout_has(view.layout, GCC_GCPERCENT)) {
		m->gc_percent = (int32_t)view_signed(&view, GCC_GCPERCENT);
		m->gc_percent_known = true;
	}
}

static void gc_state(const struct snapshot *s, struct memory *m)
{
	struct view view;
	uint64_t addr;
	uint32_t phase;
	m->gc_phase = -1;
	if (globals_get(&s->globals, RT_GCPHASE, &addr) && image_u32(s->image, addr, &phase, NULL) &&
	    phase <= 2)
		m->gc_phase = (int)phase;
	if (!read_global(s, RT_MEMSTATS, RT_MSTATS, &view))
		return;
	m->gc_cycles = view_get(&view, MSTATS_NUMGC);
	m->gc_cycles_known = layout_has(view.layout, MSTATS_NUMGC);
}

void snapshot_memory(const struct snapshot *s, struct memory *m)
{
	*m = (struct memory){ 0 };
	gc_controller(s, m);
	gc_state(s, m);
	for (size_t i = 0; i < s->goroutine_count; i++)
		if (!s->goroutines[i].bad_stack && !s->goroutines[i].unreadable)
			m->goroutine_stacks +=
				s->goroutines[i].stack_hi - s->goroutines[i].stack_lo;
	m->stacks = (struct memory_figure){ m->goroutine_stacks, true };
}
