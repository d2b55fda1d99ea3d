/* What a number may be that was used as an address: hints, none of them proven. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "goruntime/address.h"
#include "goruntime/private.h"
#include "goruntime/span.h"

enum { NEAR = 4096 }; /* an access is at a small offset from the pointer */

/* Patterns that are written over what must not be used any more. */
static const struct pattern {
	uint64_t value;
	const char *text;
} patterns[] = {
	/* cmd/compile -clobberdead, -clobberdeadreg (ssa.go OpClobber); mbitmap.go
	 * clobberdeadPtr */
	{ 0xdeaddeaddeaddead, "it is what -gcflags=-clobberdead writes over dead variables" },
	{ 0x00000000deaddead, "it is half of what -gcflags=-clobberdead writes over dead variables" },
	/* mgcsweep.go clobberfree */
	{ 0xdeadbeefdeadbeef, "it is what GODEBUG=clobberfree=1 writes over freed objects" },
	/* stack.go stackPreempt, stackFork, stackForceMove */
	{ 0xfffffffffffffade, "it is the mark by which the runtime preempts a goroutine" },
};

static const char *pattern_of(uint64_t value)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		if (value >= patterns[i].value && value - patterns[i].value < NEAR)
			return patterns[i].text;
	return NULL;
}

/* Memory is read from the low byte on. A string's bytes fill the word, or end in zeros. */
size_t address_text_bytes(uint64_t value)
{
	size_t count = 0;
	for (; count < 8; count++, value >>= 8) {
		uint8_t c = (uint8_t)value;
		if (c == 0)
			break;
		if (c < 0x20 || c > 0x7e)
			return 0;
	}
	return value == 0 ? count : 0;
}

static const char *text_of(const struct snapshot *s, uint64_t value, struct arena *arena)
{
	enum { LEAST = 5 };
	char bytes[9] = { 0 };
	size_t count = address_text_bytes(value);
	if (count < LEAST)
		return NULL;
	if (s->redacted)
		return arena_printf(arena, "its bytes read as text of %zu letters", count);
	for (size_t i = 0; i < count; i++)
		bytes[i] = (char)(value >> i * 8);
	return arena_printf(arena, "its bytes read as the text \"%s\"", bytes);
}

bool snapshot_is_text(const struct snapshot *s, uint64_t number)
{
	enum { LEAST = 4, LOWEST = 0xff };
	struct address address;
	struct arena scratch;
	if (address_text_bytes((number & ~(uint64_t)LOWEST) | 'a') < LEAST)
		return false;
	arena_init(&scratch);
	address_locate(s, number, &scratch, &address);
	arena_release(&scratch);
	return address.kind == ADDRESS_UNMAPPED || address.kind == ADDRESS_NON_CANONICAL;
}

/* Whether VALUE points to where an allocated object of the heap begins. */
static bool is_object(const struct snapshot *s, uint64_t value)
{
	struct span span;
	uint32_t index;
	return span_find(s, value, &span) && span_object(&span, value, &index) &&
	       value == span.start + index * span.elem_size &&
	       span_slot_state(s->image, &span, index) == SLOT_ALLOCATED;
}

/* A number in the upper bits of a pointer. */
static const char *tagged(const struct snapshot *s, uint64_t value, struct arena *arena)
{
	uint64_t low = value & 0x0000ffffffffffff;
	if (low == value || value >> 48 == 0xffff || !is_object(s, low))
		return NULL;
	return arena_printf(arena, "without its upper 16 bits it is 0x%" PRIx64
			    ", where an object begins: a pointer with a tag", low);
}

/* C code that takes a function without a prototype to return int cuts a pointer to 32 bits. */
static const char *cut_in_half(const struct snapshot *s, uint64_t value, struct arena *arena)
{
	uint64_t last = 0;
	uint32_t low = (uint32_t)value, upper = (uint32_t)(value >> 32);
	if (!s->iscgo || (upper != 0 && (upper != 0xffffffff || low >> 31 == 0)))
		return NULL;
	for (size_t i = 0; i < s->goroutine_count && i < LIMIT_MS; i++) {
		uint64_t guess = s->goroutines[i].addr >> 32 << 32 | low;
		if (guess >> 32 == last || guess == value)
			continue;
		last = guess >> 32;
		if (is_object(s, guess))
			return arena_printf(arena, "it is the low half of 0x%" PRIx64
					    ", where an object begins: a pointer cut to 32 bits",
					    guess);
	}
	return NULL;
}

const char *address_hint(const struct snapshot *s, uint64_t addr, const struct address *a,
			 struct arena *arena)
{
	const char *hint;
	if (a->kind != ADDRESS_UNMAPPED && a->kind != ADDRESS_NON_CANONICAL &&
	    a->kind != ADDRESS_GO_HEAP_UNUSED)
		return NULL;
	if ((hint = pattern_of(addr)) != NULL || (hint = text_of(s, addr, arena)) != NULL ||
	    (hint = tagged(s, addr, arena)) != NULL)
		return hint;
	return cut_in_half(s, addr, arena);
}

/* The span whose record holds ADDR: mheap_.allspans has all of them. */
static bool is_span_record(const struct snapshot *s, uint64_t addr, uint64_t *start)
{
	uint64_t mheap, array, count, record;
	uint32_t size = s->layout.struct_size[RT_MSPAN];
	if (!layout_has(&s->layout, MHEAP_ALLSPANS) ||
	    !globals_get(&s->globals, RT_MHEAP_, &mheap))
		return false;
	uint64_t allspans = mheap + s->layout.field[MHEAP_ALLSPANS].offset;
	if (!image_u64(s->image, allspans, &array, NULL) ||
	    !image_u64(s->image, allspans + 8, &count, NULL) || count > LIMIT_ARRAY_BYTES / 8)
		return false;
	for (uint64_t i = 0; i < count; i++) {
		struct span span;
		if (!image_u64(s->image, array + i * 8, &record, NULL))
			return false;
		if (addr < record || addr - record >= size)
			continue;
		*start = span_read(s, record, &span) ? span.start : 0;
		return true;
	}
	return false;
}

/* A block of the GNU allocator: the word in front of it is its size with three flags, and in the
 * next block's the lowest flag says whether this one is in use (glibc malloc/malloc.c). */
static bool c_block(const struct snapshot *s, uint64_t addr, const struct image_run *run,
		    uint64_t *bytes, bool *used)
{
	enum { HEAD = 16, LEAST = 32, FLAGS = 7, PREVIOUS_USED = 1, MAPPED = 2 };
	uint64_t size, next;
	if (addr % HEAD != 0 || addr - run->lo < HEAD || !image_u64(s->image, addr - 8, &size, NULL))
		return false;
	uint64_t flags = size & FLAGS, block = addr - HEAD;
	size -= flags;
	if (size < LEAST || size % HEAD != 0 || size > run->hi - block || (flags & MAPPED) ||
	    !image_u64(s->image, block + size + 8, &next, NULL) ||
	    (next & ~(uint64_t)FLAGS) < LEAST || next % HEAD > FLAGS)
		return false;
	*bytes = size - 8;
	*used = next & PREVIOUS_USED;
	return true;
}

void address_outside_heap(const struct snapshot *s, uint64_t addr, const struct image_run *run,
			  struct arena *arena, struct address *a)
{
	uint64_t start, bytes;
	bool used;
	if (is_span_record(s, addr, &start)) {
		a->kind = ADDRESS_GO_RUNTIME;
		a->text = arena_printf(arena, "in the runtime's record of the span at 0x%" PRIx64,
				       start);
	} else if (s->iscgo && c_block(s, addr, run, &bytes, &used)) {
		a->text = arena_printf(arena, "%s, by its head a block of %" PRIu64
				       " bytes of C's allocator, %s", a->text, bytes,
				       used ? "in use" : "free");
	}
}
