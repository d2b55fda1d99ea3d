/* What an address is: one that the process has. address_hint.c tells what else a number may be. */
#include <inttypes.h>
#include <string.h>

#include "goruntime/address.h"
#include "goruntime/gotype.h"
#include "goruntime/holders.h"
#include "goruntime/private.h"
#include "goruntime/span.h"

enum { NIL_PAGE = 4096 };

static bool slot_of(const struct snapshot *s, uint64_t addr, struct span *span, uint64_t *lo,
		    uint64_t *hi)
{
	uint32_t index;
	if (!span_find(s, addr, span) || !span_object(span, addr, &index))
		return false;
	*lo = span->start + index * span->elem_size;
	*hi = *lo + span->elem_size;
	return true;
}

bool snapshot_heap_slot(const struct snapshot *s, uint64_t addr, uint64_t *lo, uint64_t *hi)
{
	enum { CLASS_TINY = 2 }; /* malloc.go tinySizeClass */
	struct span span;
	return slot_of(s, addr, &span, lo, hi) && span.class != CLASS_TINY;
}

bool snapshot_heap_bounds(const struct snapshot *s, uint64_t addr, uint64_t *lo, uint64_t *hi,
			  bool *noscan)
{
	struct span span;
	if (!slot_of(s, addr, &span, lo, hi))
		return false;
	*noscan = span.noscan;
	return true;
}

uint64_t snapshot_specials(const struct snapshot *s, uint64_t addr, uint64_t *start)
{
	struct span span;
	if (!span_find(s, addr, &span))
		return 0;
	*start = span.start;
	return span.specials;
}

/* --- the Go heap --------------------------------------------------------------------------------- */

/* Since 1.22 a type stands in front of each object of more than 512 bytes that has pointers, and in
 * the mspan of a large one (mbitmap.go heapBitsInSpan, heapSetTypeSmallHeader,
 * heapSetTypeLarge). */
static const char *slot_type(const struct snapshot *s, const struct span *span, uint64_t object,
			     struct arena *arena)
{
	enum { SMALL_BITS = 512 };
	uint64_t addr = span->large_type;
	struct gotype type;
	if (!layout_has(&s->layout, MSPAN_LARGETYPE) || span->noscan ||
	    (span->class != 0 && (span->elem_size <= SMALL_BITS ||
				  !image_u64(s->image, object, &addr, NULL))) ||
	    addr == 0 || !gotype_read(s, addr, arena, &type))
		return NULL;
	return type.name;
}

static void fill_slot(const struct snapshot *s, const struct span *span, uint32_t index,
		      struct arena *arena, struct heap_slot *slot)
{
	*slot = (struct heap_slot){
		.lo = span->start + index * span->elem_size,
		.state = span_slot_state(s->image, span, index),
		.marked = span_is_marked(s->image, &span->bits, index),
		.noscan = span->noscan,
	};
	slot->hi = slot->lo + span->elem_size;
	if (slot->state == SLOT_ALLOCATED || slot->state == SLOT_UNREACHED)
		slot->type = slot_type(s, span, slot->lo, arena);
	if (index > 0) {
		slot->below_lo = slot->lo - span->elem_size;
		slot->below_state = span_slot_state(s->image, span, index - 1);
	}
}

static const char *slot_words(const struct heap_slot *slot)
{
	static const char *const words[] = {
		[SLOT_UNKNOWN] = "",
		[SLOT_ALLOCATED] = ", allocated",
		[SLOT_FREE] = ", free",
		[SLOT_UNREACHED] = ", dead: the last collection did not reach it",
	};
	return words[slot->state];
}

static void object_text(const struct heap_slot *slot, uint64_t addr, struct arena *arena,
			struct address *a)
{
	a->kind = ADDRESS_GO_HEAP;
	a->text = arena_printf(arena,
			       "in the Go heap: byte %" PRIu64 " of an object slot of %" PRIu64
			       " bytes at 0x%" PRIx64 "%s%s%s",
			       addr - slot->lo, slot->hi - slot->lo, slot->lo, slot_words(slot),
			       slot->type ? ", of type " : "", slot->type ? slot->type : "");
}

static void manual_text(const struct snapshot *s, const struct span *span, uint64_t addr,
			struct arena *arena, struct address *a)
{
	uint64_t id;
	if (goroutines_dead_stack(s, addr, &id)) {
		a->kind = ADDRESS_GO_STACK_FREE;
		a->text = arena_printf(arena, "in the stack of goroutine %" PRIu64
				       ", which has ended", id);
	} else if (span->elem_size != 0 && s->unreadable == 0) {
		/* stack.go stackpoolalloc, stackalloc: other pages of this kind have no size */
		a->kind = ADDRESS_GO_STACK_FREE;
		a->text = arena_printf(arena, "in memory for stacks of %" PRIu64
				       " bytes that is no goroutine's: a stack that was freed",
				       span->elem_size);
	} else if (span->elem_size != 0) {
		a->kind = ADDRESS_GO_STACK;
		a->text = "in memory that the Go runtime uses for stacks";
	} else {
		a->kind = ADDRESS_GO_RUNTIME;
		a->text = "in memory that the Go runtime uses itself";
	}
}

/* What the pages of a span were, by its record, which keeps that once it is given back (mheap.go
 * freeSpanLocked): stacks have a size, and no objects (stack.go stackpoolalloc, stackalloc). */
static const char *last_use(const struct snapshot *s, const struct span *span, struct arena *arena)
{
	enum { STACK_LEAST = 2048 }; /* stack.go fixedStack */
	if (!layout_has(&s->layout, MSPAN_NELEMS) || (span->elems == 0 && span->elem_size < STACK_LEAST))
		return "";
	if (span->elems == 0)
		return arena_printf(arena, "; they were last used for stacks of %" PRIu64 " bytes",
				    span->elem_size);
	if (span->elems == 1)
		return "; they were last used for one large object";
	return arena_printf(arena, "; they were last used for objects of %" PRIu64 " bytes",
			    span->elem_size);
}

static bool span_address(const struct snapshot *s, uint64_t addr, struct arena *arena,
			 struct address *a)
{
	struct span span;
	uint32_t index;
	if (!span_find(s, addr, &span)) {
		if (span_arena(s, addr >> SPAN_ARENA_SHIFT) == 0)
			return false;
		bool once = span_was_used(s, addr);
		a->kind = once ? ADDRESS_GO_HEAP_FREE : ADDRESS_GO_HEAP_UNUSED;
		a->text = once ? "in a part of the Go heap that is not in use"
			       : "in address space of the Go heap that was never in use";
	} else if (span.state == SPAN_MANUAL) {
		manual_text(s, &span, addr, arena, a);
	} else if (span_object(&span, addr, &index)) {
		fill_slot(s, &span, index, arena, &a->slot);
		object_text(&a->slot, addr, arena, a);
	} else if (span.count > 0) {
		a->kind = ADDRESS_GO_HEAP_FREE;
		a->text = arena_printf(arena,
				       "in the Go heap, behind the last of the objects of %" PRIu64
				       " bytes that begin at 0x%" PRIx64,
				       span.elem_size, span.start);
	} else {
		a->kind = ADDRESS_GO_HEAP_FREE;
		a->text = arena_printf(
			arena, "in a part of the Go heap that is not in use: %" PRIu64
			       " KB at 0x%" PRIx64 " were freed%s",
			(span.end - span.start) / 1024, span.start, last_use(s, &span, arena));
	}
	return true;
}

/* --- stacks -------------------------------------------------------------------------------------- */

static bool is_within(uint64_t addr, uint64_t lo, uint64_t hi)
{
	return addr >= lo && addr < hi;
}

/* Stacks of the runtime's own goroutines of each M, and those that the kernel or C made. */
static bool thread_stack(const struct snapshot *s, uint64_t addr, const struct image_run *run,
			 struct arena *arena, struct address *a)
{
	for (size_t i = 0; i < s->thread_count; i++) {
		const struct thread *t = &s->threads[i];
		bool signal = is_within(addr, t->gsignal_stack_lo, t->gsignal_stack_hi);
		if (t->m == 0 || (!signal && !is_within(addr, t->g0_stack_lo, t->g0_stack_hi)))
			continue;
		a->kind = ADDRESS_GO_STACK;
		a->text = arena_printf(arena, "in the %s stack of m%" PRId64,
				       signal ? "signal" : "system", t->id);
		return true;
	}
	if (run == NULL || run->path != NULL)
		return false;
	for (size_t i = 0; i < s->image->core->thread_count; i++) {
		const struct core_thread *t = &s->image->core->threads[i];
		unsigned sp = s->image->arch->sp;
		if (!registers_has(&t->regs, sp) || !is_within(t->regs.value[sp], run->lo, run->hi) ||
		    span_arena(s, t->regs.value[sp] >> SPAN_ARENA_SHIFT) != 0)
			continue;
		a->kind = ADDRESS_C_STACK;
		a->text = arena_printf(arena, "in the stack of thread %d, which is not Go's",
				       (int)t->tid);
		return true;
	}
	return false;
}

static bool heap_address(const struct snapshot *s, uint64_t addr, const struct image_run *run,
			 struct arena *arena, struct address *a)
{
	const struct goroutine *owner = goroutine_of_stack(s, addr);
	if (owner != NULL) {
		a->kind = ADDRESS_GO_STACK;
		a->text = arena_printf(arena, "in the stack of goroutine %" PRIu64, owner->id);
		return true;
	}
	return thread_stack(s, addr, run, arena, a) || span_address(s, addr, arena, a);
}

/* --- files --------------------------------------------------------------------------------------- */

/* "main.cache" or "main.cache+8" of a variable; NULL where no symbol tells. */
static const char *variable_at(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	const struct elffile *symbols = image_symbols(s->image);
	uint64_t offset;
	const char *name = symbols ? elffile_object_at(symbols, addr - s->image->bias, &offset)
				   : NULL;
	if (name == NULL)
		return NULL;
	return offset == 0 ? name : arena_printf(arena, "%s+%" PRIu64, name, offset);
}

static bool is_data(const struct module *m, uint64_t addr)
{
	return is_within(addr, m->data, m->edata) || is_within(addr, m->bss, m->ebss) ||
	       is_within(addr, m->noptrdata, m->enoptrdata) ||
	       is_within(addr, m->noptrbss, m->enoptrbss);
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
		if (is_data(m, addr)) {
			const char *name = variable_at(s, addr, arena);
			a->kind = ADDRESS_DATA;
			a->text = name ? arena_printf(arena, "in the program's variable %s", name)
				       : "in the program's global variables";
			return true;
		}
		if (is_within(addr, m->types, m->etypes)) {
			a->kind = ADDRESS_RODATA;
			a->text = "in the program's read-only data";
			return true;
		}
	}
	return false;
}

static void run_address(const struct snapshot *s, uint64_t addr, const struct image_run *run,
			struct arena *arena, struct address *a)
{
	a->path = run->path;
	a->known_flags = run->flags != 0;
	a->readable = run->flags & 4;
	a->writable = run->flags & 2;
	a->executable = run->flags & 1;
	if (a->text != NULL)
		return;
	uint64_t vdso = s->image->core->vdso;
	if (run->path != NULL) {
		a->kind = ADDRESS_FILE;
		a->text = arena_printf(arena, "in a mapping of %s", run->path);
	} else if (vdso != 0 && is_within(vdso, run->lo, run->hi)) {
		a->kind = ADDRESS_VDSO;
		a->text = "in the kernel's own code for processes (vDSO)";
	} else if (is_within(s->image->core->execfn, run->lo, run->hi)) {
		a->kind = ADDRESS_C_STACK;
		a->text = "in the stack that the process began with";
	} else if (run->source == IMAGE_MISSING) {
		a->kind = ADDRESS_NOT_DUMPED;
		a->text = "in mapped memory that is not in the core";
	} else {
		a->kind = ADDRESS_ANONYMOUS;
		a->text = "in anonymous memory outside the Go heap";
		address_outside_heap(s, addr, run, arena, a);
	}
}

/* Memory of the heap that was given back to the kernel, or closed, behind the runtime's back. Other
 * programs that write cores leave out what they cannot read. */
static void heap_taken(const struct snapshot *s, const struct image_run *run, struct arena *arena,
		       struct address *a)
{
	bool closed = run != NULL && run->flags == 0; /* PROT_NONE */
	if (a->kind != ADDRESS_GO_HEAP || (run != NULL && !closed) ||
	    s->image->core->writer != CORE_BY_KERNEL)
		return;
	a->taken = true;
	a->text = arena_printf(arena, "%s; but %s", a->text,
			       closed ? "the process has no right to access it"
				      : "nothing is mapped there");
}

void address_locate(const struct snapshot *s, uint64_t addr, struct arena *arena,
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
	const struct image_run *run = image_find(s->image, addr);
	if (!module_address(s, addr, arena, a))
		(void)heap_address(s, addr, run, arena, a);
	if (run != NULL)
		run_address(s, addr, run, arena, a);
	heap_taken(s, run, arena, a);
	if (a->text == NULL)
		a->text = "not mapped";
}

void snapshot_address(const struct snapshot *s, uint64_t addr, struct arena *arena,
		      struct address *a)
{
	address_locate(s, addr, arena, a);
	a->hint = address_hint(s, addr, a, arena);
}
