/* What an address is. */
#include <inttypes.h>
#include <string.h>

#include "goruntime/holders.h"
#include "goruntime/private.h"

enum { NIL_PAGE = 4096, PAGE_SHIFT = 13 };

struct span {
	uint64_t start, limit, elem_size, pages, free_index, alloc_bits;
	unsigned state, class;
};

/* The span of an address: mheap_.arenas[0], one entry of 64 MB each on linux (mheap.go arenaIndex,
 * spanOf). arenas is [1 << arenaL1Bits] of pointers to arrays; L1 has one entry on linux. */
static bool span_find(const struct snapshot *s, uint64_t addr, struct span *span)
{
	struct view view;
	uint64_t global, l2, arena, spans, mspan;
	const uint64_t arena_bytes = (uint64_t)64 << 20;
	uint64_t base = s->image->arch->link_register ? 0 : 0xffff800000000000u;
	uint64_t index = (addr - base) / arena_bytes;
	if (!layout_has(&s->layout, MHEAP_ARENAS) || !layout_has(&s->layout, HEAPARENA_SPANS) ||
	    !globals_get(&s->globals, RT_MHEAP_, &global))
		return false;
	if (!image_u64(s->image, global + s->layout.field[MHEAP_ARENAS].offset, &l2, NULL) ||
	    l2 == 0 || index >= (uint64_t)1 << 22 ||
	    !image_u64(s->image, l2 + index * 8, &arena, NULL) || arena == 0)
		return false;
	spans = arena + s->layout.field[HEAPARENA_SPANS].offset;
	uint64_t page = (addr % arena_bytes) >> PAGE_SHIFT;
	if (!image_u64(s->image, spans + page * 8, &mspan, NULL) || mspan == 0 ||
	    !view_read(&view, s->image, &s->layout, RT_MSPAN, mspan, NULL))
		return false;
	*span = (struct span){
		.start = view_get(&view, MSPAN_STARTADDR),
		.limit = view_get(&view, MSPAN_LIMIT),
		.elem_size = view_get(&view, MSPAN_ELEMSIZE),
		.pages = view_get(&view, MSPAN_NPAGES),
		.free_index = view_get(&view, MSPAN_FREEINDEX),
		.alloc_bits = view_get(&view, MSPAN_ALLOCBITS),
		.state = (unsigned)view_get(&view, MSPAN_STATE),
		.class = (unsigned)view_get(&view, MSPAN_SPANCLASS) >> 1,
	};
	return addr >= span->start && addr - span->start < span->pages << PAGE_SHIFT;
}

bool snapshot_heap_slot(const struct snapshot *s, uint64_t addr, uint64_t *lo, uint64_t *hi)
{
	enum { SPAN_IN_USE = 1, CLASS_TINY = 2 }; /* mheap.go; malloc.go tinySizeClass */
	struct span span;
	if (!span_find(s, addr, &span) || span.state != SPAN_IN_USE || span.elem_size == 0 ||
	    span.class == CLASS_TINY || addr >= span.limit)
		return false;
	*lo = span.start + (addr - span.start) / span.elem_size * span.elem_size;
	*hi = *lo + span.elem_size;
	return true;
}

/* Whether object INDEX of a span in use is allocated: what lies before freeindex is, behind it what
 * the last sweep found so (mheap.go mspan.isFree). "" where that is not known. */
static const char *slot_state(const struct snapshot *s, const struct span *span, uint64_t index)
{
	uint8_t bits;
	if (!layout_has(&s->layout, MSPAN_FREEINDEX) || !layout_has(&s->layout, MSPAN_ALLOCBITS))
		return "";
	if (index < span->free_index)
		return ", allocated";
	if (span->alloc_bits == 0 || !image_u8(s->image, span->alloc_bits + index / 8, &bits, NULL))
		return "";
	return bits >> index % 8 & 1 ? ", allocated" : ", free";
}

static const struct goroutine *stack_owner(const struct snapshot *s, uint64_t addr)
{
	for (size_t i = 0; i < s->goroutine_count; i++)
		if (!s->goroutines[i].unreadable && addr >= s->goroutines[i].stack_lo &&
		    addr < s->goroutines[i].stack_hi)
			return &s->goroutines[i];
	return NULL;
}

static bool heap_address(const struct snapshot *s, uint64_t addr, struct arena *arena,
			 struct address *a)
{
	enum { SPAN_DEAD, SPAN_IN_USE, SPAN_MANUAL };
	struct span span;
	const struct goroutine *owner = stack_owner(s, addr);
	if (owner != NULL) {
		a->kind = ADDRESS_GO_STACK;
		a->text = arena_printf(arena, "in the stack of goroutine %" PRIu64, owner->id);
		return true;
	}
	if (!span_find(s, addr, &span))
		return false;
	if (span.state == SPAN_MANUAL) {
		a->kind = ADDRESS_GO_STACK;
		a->text = "in memory that the Go runtime uses for stacks or itself";
	} else if (span.state == SPAN_IN_USE && addr < span.limit && span.elem_size != 0) {
		a->kind = ADDRESS_GO_HEAP;
		a->text = arena_printf(arena,
				       "in the Go heap: byte %" PRIu64 " of an object slot of %" PRIu64
				       " bytes at 0x%" PRIx64 "%s",
				       (addr - span.start) % span.elem_size, span.elem_size,
				       addr - (addr - span.start) % span.elem_size,
				       slot_state(s, &span, (addr - span.start) / span.elem_size));
	} else {
		a->kind = ADDRESS_GO_HEAP_FREE;
		a->text = "in a part of the Go heap that is not in use";
	}
	return true;
}

static bool module_address(const struct snapshot *s, uint64_t addr, struct arena *arena,
			   struct address *a)
{
	const struct module *m = modules_text(&s->modules, addr);
	const struct code *code = m ? code_at(snapshot_code(s), addr) : NULL;
	if (code != NULL && code->valid) {
		a->kind = ADDRESS_TEXT;
		a->text = arena_printf(arena, "in the code of %s",
				       pclntab_name(&code->module->pclntab, &code->func));
		return true;
	}
	for (size_t i = 0; i < s->modules.count; i++) {
		m = &s->modules.items[i];
		bool data = (addr >= m->data && addr < m->edata) || (addr >= m->bss && addr < m->ebss) ||
			    (addr >= m->noptrdata && addr < m->enoptrdata) ||
			    (addr >= m->noptrbss && addr < m->enoptrbss);
		bool types = addr >= m->types && addr < m->etypes;
		if (!data && !types)
			continue;
		a->kind = data ? ADDRESS_DATA : ADDRESS_RODATA;
		a->text = data ? "in the program's global variables"
			       : "in the program's read-only data";
		return true;
	}
	return false;
}

static void run_address(const struct image_run *run, struct arena *arena, struct address *a)
{
	a->path = run->path;
	a->known_flags = run->flags != 0;
	a->readable = run->flags & 4;
	a->writable = run->flags & 2;
	a->executable = run->flags & 1;
	if (a->text != NULL)
		return;
	if (run->path != NULL) {
		a->kind = ADDRESS_FILE;
		a->text = arena_printf(arena, "in a mapping of %s", run->path);
	} else {
		a->kind = run->source == IMAGE_MISSING ? ADDRESS_NOT_DUMPED : ADDRESS_ANONYMOUS;
		a->text = run->source == IMAGE_MISSING ? "in mapped memory that is not in the core"
						       : "in anonymous memory outside the Go heap";
	}
}

void snapshot_address(const struct snapshot *s, uint64_t addr, struct arena *arena,
		      struct address *a)
{
	*a = (struct address){ .kind = ADDRESS_UNMAPPED };
	if (addr < NIL_PAGE) {
		*a = (struct address){ .kind = ADDRESS_NIL_PAGE, .text = "next to nil" };
		return;
	}
	uint64_t end = s->image->arch->user_end;
	if (end != 0 && addr >= end && addr < ~(end - 1)) {
		*a = (struct address){ .kind = ADDRESS_NON_CANONICAL,
				       .text = "no address that this CPU has" };
		return;
	}
	if (!module_address(s, addr, arena, a))
		(void)heap_address(s, addr, arena, a);
	const struct image_run *run = image_find(s->image, addr);
	if (run != NULL)
		run_address(run, arena, a);
	if (a->text == NULL)
		a->text = "not mapped";
}
