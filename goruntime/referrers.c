#include "goruntime/referrers.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "goruntime/address.h"
#include "goruntime/brokenstack.h"
#include "goruntime/heap.h"
#include "goruntime/private.h"

#define STACK_BYTES_MOST ((uint64_t)256 << 20)
#define HEAP_BYTES_MOST ((uint64_t)4 << 30)

enum { PS_MOST = 256 };

struct hit {
	uint64_t at, value;
	uint32_t goroutine;
	bool garbage; /* in an object that is free */
};

struct hits { /* the lowest addresses, those in garbage last */
	struct hit items[REFERRERS_KEPT];
	size_t count;
	uint64_t found;
};

struct search {
	const struct snapshot *s;
	uint64_t lo, bytes;
	struct hits stacks[PARALLEL_MAX], heaps[PARALLEL_MAX];
	uint64_t read[PARALLEL_MAX];
	struct heap heap;
	uint64_t ps[PS_MOST]; /* records of Ps: their buffers hold what the collector just met */
	size_t p_count;
};

static bool comes_before(const struct hit *a, const struct hit *b)
{
	return a->garbage != b->garbage ? b->garbage : a->at < b->at;
}

static void hits_put(struct hits *hits, const struct hit *hit)
{
	size_t i = hits->count;
	if (i == REFERRERS_KEPT && !comes_before(hit, &hits->items[i - 1]))
		return;
	if (i == REFERRERS_KEPT)
		i--;
	else
		hits->count++;
	for (; i > 0 && comes_before(hit, &hits->items[i - 1]); i--)
		hits->items[i] = hits->items[i - 1];
	hits->items[i] = *hit;
}

static void hits_add(struct hits *hits, const struct hit *hit)
{
	hits->found++;
	hits_put(hits, hit);
}

/* The next word in [P, END) that is searched for; END if none. */
static const uint8_t *next_word(const struct search *search, const uint8_t *p, const uint8_t *end)
{
	const uint64_t lo = search->lo, bytes = search->bytes;
	for (; end - p >= 8; p += 8)
		if (bytes_u64(p) - lo < bytes)
			return p;
	return end;
}

/* The first address from ADDR on that may be in the core. */
static uint64_t behind_hole(const struct image *image, uint64_t addr)
{
	const struct image_run *run = image_find(image, addr);
	if (run != NULL)
		return run->hi;
	size_t lo = 0, hi = image->run_count; /* the first run behind ADDR */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (image->starts[mid] <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < image->run_count ? image->starts[lo] : UINT64_MAX;
}

/* Words of memory at ADDR, piece by piece. */
static uint64_t search_range(const struct search *search, uint64_t addr, uint64_t end,
			     uint32_t goroutine, struct hits *hits)
{
	uint64_t read = 0;
	while (addr < end) {
		struct bytes rest = image_rest(search->s->image, addr);
		if (rest.size == 0) {
			addr = (behind_hole(search->s->image, addr) + 7) & ~(uint64_t)7;
			if (addr == 0)
				break;
			continue;
		}
		uint64_t size = rest.size < end - addr ? rest.size : end - addr;
		const uint8_t *stop = rest.data + size;
		read += size;
		for (const uint8_t *p = next_word(search, rest.data, stop); stop - p >= 8;
		     p = next_word(search, p + 8, stop))
			hits_add(hits, &(struct hit){
					       .at = addr + (uint64_t)(p - rest.data),
					       .value = bytes_u64(p),
					       .goroutine = goroutine,
				       });
		addr += size;
	}
	return read;
}

/* --- stacks -------------------------------------------------------------------------------------- */

/* Where the used part of its stack begins, as its record says. */
static uint64_t stack_pointer(const struct goroutine *g)
{
	uint64_t sp = g->syscall_sp ? g->syscall_sp : g->sched_sp;
	return sp >= g->stack_lo && sp < g->stack_hi ? sp & ~(uint64_t)7 : g->stack_lo;
}

static bool is_searched(const struct goroutine *g)
{
	return !g->unreadable && !g->bad_stack;
}

static void search_stacks(void *data, unsigned worker, size_t from, size_t to)
{
	struct search *search = data;
	for (size_t i = from; i < to; i++) {
		const struct goroutine *g = &search->s->goroutines[i];
		if (is_searched(g) && g->status != G_RUNNING && i != search->s->death.goroutine)
			search_range(search, stack_pointer(g), g->stack_hi, (uint32_t)i,
				     &search->stacks[worker]);
	}
}

/* The record of one that runs is old; what the culprit's death has left below the frame that caused
 * it is the runtime's. */
static uint64_t walked_stack_pointer(const struct snapshot *s, const struct goroutine *g)
{
	const struct death *death = &s->death;
	struct unwinder u;
	struct frame frame;
	if (death->goroutine < s->goroutine_count && g == &s->goroutines[death->goroutine] &&
	    death->cause_frame < death->culprit.count) {
		uint64_t sp = death->culprit.frames[death->cause_frame].sp;
		if (sp >= g->stack_lo && sp < g->stack_hi)
			return sp & ~(uint64_t)7;
	}
	goroutine_unwind(&u, s, g);
	while (unwind_next(&u, &frame))
		if (frame.g == g->addr && frame.sp >= g->stack_lo && frame.sp < g->stack_hi)
			return frame.sp & ~(uint64_t)7;
	return g->stack_lo;
}

static void search_running_stacks(struct search *search, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct goroutine *g = &search->s->goroutines[i];
		if (is_searched(g) &&
		    (g->status == G_RUNNING || i == search->s->death.goroutine))
			search_range(search, walked_stack_pointer(search->s, g), g->stack_hi,
				     (uint32_t)i, &search->stacks[0]);
	}
}

/* As many goroutines as the limit of bytes allows. */
static size_t stacks_within_limit(const struct snapshot *s)
{
	uint64_t bytes = 0;
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		if (is_searched(g))
			bytes += g->stack_hi - stack_pointer(g);
		if (bytes > STACK_BYTES_MOST)
			return i;
	}
	return s->goroutine_count;
}

/* --- the heap ------------------------------------------------------------------------------------ */

/* What the runtime itself wrote of it: the record of a goroutine (g.sigcode1), in front of which
 * a type may stand since 1.22, and the value of the panic that it made (errorAddressString). */
static bool is_record(const struct search *search, uint64_t object)
{
	const struct snapshot *s = search->s;
	const struct panics *panics = &s->death.panics;
	for (size_t i = 0; i < panics->count; i++)
		if (panics->items[i].type != NULL &&
		    strcmp(panics->items[i].type, "runtime.errorAddressString") == 0 &&
		    (panics->items[i].value_data == object ||
		     panics->items[i].original_data == object))
			return true;
	for (size_t i = 0; i < search->p_count; i++)
		if (search->ps[i] == object || search->ps[i] == object + 8)
			return true;
	return snapshot_g(s, object) != NULL || snapshot_g(s, object + 8) != NULL;
}

static void find_ps(struct search *search)
{
	const struct image *image = search->s->image;
	uint64_t allp, base, count;
	if (!globals_get(&search->s->globals, RT_ALLP, &allp) ||
	    !image_u64(image, allp, &base, NULL) || !image_u64(image, allp + 8, &count, NULL))
		return;
	for (uint64_t i = 0; i < count && i < PS_MOST; i++)
		if (image_u64(image, base + i * 8, &search->ps[search->p_count], NULL))
			search->p_count++;
}

static void search_span(struct search *search, unsigned worker, const struct heap_span *span)
{
	const uint8_t *end = span->bytes + (span->limit - span->start);
	for (const uint8_t *p = next_word(search, span->bytes, end); end - p >= 8;
	     p = next_word(search, p + 8, end)) {
		uint32_t index = 0;
		struct hit hit = {
			.at = span->start + (uint64_t)(p - span->bytes),
			.value = bytes_u64(p),
			.goroutine = NO_INDEX,
		};
		hit.garbage = !heap_object(span, hit.at, &index) ||
			      !heap_is_allocated(&search->heap, span, index);
		if (hit.garbage || !is_record(search, heap_object_addr(span, index)))
			hits_add(&search->heaps[worker], &hit);
	}
	search->read[worker] += (uint64_t)span->pages << HEAP_PAGE_SHIFT;
}

static void search_spans(void *data, unsigned worker, size_t from, size_t to)
{
	struct search *search = data;
	for (size_t i = from; i < to; i++)
		if (search->heap.spans[i].bytes != NULL)
			search_span(search, worker, &search->heap.spans[i]);
}

static void search_heap(struct search *search, struct referrers *referrers)
{
	struct error err = ERROR_INIT;
	uint64_t bytes = 0;
	size_t count = 0;
	if (!heap_open(search->s, &search->heap, &err))
		return;
	for (; count < search->heap.span_count && bytes < HEAP_BYTES_MOST; count++)
		bytes += (uint64_t)search->heap.spans[count].pages << HEAP_PAGE_SHIFT;
	find_ps(search);
	parallel_for(count, search_spans, search);
	referrers->heap_bytes = search->heap.bytes;
	heap_close(&search->heap);
}

/* --- all together -------------------------------------------------------------------------------- */

static struct referrer *referrers_add(struct referrers *r, enum referrer_kind kind, uint64_t at,
				      uint64_t value)
{
	struct referrer *item = &r->items[r->count++];
	*item = (struct referrer){ .kind = kind, .at = at, .value = value, .goroutine = NO_INDEX };
	return item;
}

static void add_registers(struct search *search, struct arena *arena, struct referrers *r)
{
	const struct death *death = &search->s->death;
	const struct arch *arch = search->s->image->arch;
	if (!death->fault.present || !death->fault.has_regs)
		return;
	for (unsigned i = 0; i < arch->register_count; i++) {
		if (!registers_has(&death->fault.regs, i) || i == arch->pc ||
		    death->fault.regs.value[i] - search->lo >= search->bytes ||
		    r->found[REFERRER_REGISTER]++ >= REFERRERS_KEPT)
			continue;
		struct referrer *item = referrers_add(r, REFERRER_REGISTER, 0,
						      death->fault.regs.value[i]);
		item->goroutine = death->goroutine;
		item->text = arena_printf(arena, "%s at the fault", arch->register_names[i]);
	}
}

static void merge(struct hits *all, const struct hits *parts)
{
	for (unsigned w = 0; w < PARALLEL_MAX; w++) {
		all->found += parts[w].found;
		for (size_t i = 0; i < parts[w].count; i++)
			hits_put(all, &parts[w].items[i]);
	}
}

static void add_stacks(struct search *search, struct arena *arena, struct referrers *r)
{
	struct hits hits = { 0 };
	size_t count = stacks_within_limit(search->s);
	parallel_for(count, search_stacks, search);
	search_running_stacks(search, count);
	merge(&hits, search->stacks);
	r->found[REFERRER_STACK] = hits.found;
	for (size_t i = 0; i < hits.count; i++) {
		const char *place = stack_word_place(search->s, hits.items[i].at, arena);
		struct referrer *item = referrers_add(r, REFERRER_STACK, hits.items[i].at,
						      hits.items[i].value);
		item->goroutine = hits.items[i].goroutine;
		item->text = arena_printf(arena, "the word at 0x%" PRIx64 " in %s",
					  hits.items[i].at, place ? place : "a stack");
	}
}

static void add_globals(struct search *search, struct arena *arena, struct referrers *r)
{
	struct hits hits = { 0 };
	for (size_t i = 0; i < search->s->modules.count; i++) {
		const struct module *m = &search->s->modules.items[i];
		search_range(search, m->noptrdata, m->enoptrdata, NO_INDEX, &hits);
		search_range(search, m->data, m->edata, NO_INDEX, &hits);
		search_range(search, m->bss, m->ebss, NO_INDEX, &hits);
		search_range(search, m->noptrbss, m->enoptrbss, NO_INDEX, &hits);
	}
	r->found[REFERRER_GLOBAL] = hits.found;
	for (size_t i = 0; i < hits.count; i++) {
		struct address address;
		address_locate(search->s, hits.items[i].at, arena, &address);
		referrers_add(r, REFERRER_GLOBAL, hits.items[i].at, hits.items[i].value)->text =
			arena_printf(arena, "the word at 0x%" PRIx64 " %s", hits.items[i].at,
				     address.text);
	}
}

/* Words that one loop or copy may have written: the same again, or text that ends in VALUE. Zeros
 * say nothing. */
static bool is_alike(uint64_t word, uint64_t value)
{
	enum { TEXT_LEAST = 5 };
	return word != 0 && (word == value || (address_text_bytes(word) == 8 &&
					       address_text_bytes(value) >= TEXT_LEAST));
}

static uint64_t run_over(const struct snapshot *s, const struct referrer *item)
{
	enum { WORDS_MOST = 4096 };
	uint64_t at = item->at, word;
	for (unsigned i = 0; i < WORDS_MOST; i++, at -= 8)
		if (at - 8 < item->slot.below_lo || !image_u64(s->image, at - 8, &word, NULL) ||
		    !is_alike(word, item->value))
			break;
	return item->slot.below_lo != 0 && at < item->slot.lo ? item->at - at : 0;
}

void referrer_of_heap_word(const struct snapshot *s, uint64_t at, uint64_t value,
			   struct arena *arena, struct referrer *item)
{
	struct address address;
	address_locate(s, at, arena, &address);
	*item = (struct referrer){
		.kind = REFERRER_HEAP,
		.at = at,
		.value = value,
		.goroutine = NO_INDEX,
		.slot = address.slot,
		.text = arena_printf(arena, "the word at 0x%" PRIx64 " %s", at, address.text),
	};
	item->run_over = run_over(s, item);
}

static void add_heap(struct search *search, struct arena *arena, struct referrers *r)
{
	struct hits hits = { 0 };
	search_heap(search, r);
	merge(&hits, search->heaps);
	for (unsigned w = 0; w < PARALLEL_MAX; w++)
		r->heap_read += search->read[w];
	r->found[REFERRER_HEAP] = hits.found;
	for (size_t i = 0; i < hits.count; i++)
		referrer_of_heap_word(search->s, hits.items[i].at, hits.items[i].value, arena,
				      &r->items[r->count++]);
}

void snapshot_referrers(const struct snapshot *s, uint64_t lo, uint64_t hi, unsigned kinds,
			struct arena *arena, struct referrers *referrers)
{
	*referrers = (struct referrers){ 0 };
	if (hi <= lo)
		return;
	struct search *search = memory_grow(NULL, sizeof(*search));
	memset(search, 0, sizeof(*search));
	search->s = s;
	search->lo = lo;
	search->bytes = hi - lo;
	static void (*const finders[REFERRER_KINDS])(struct search *, struct arena *,
						     struct referrers *) = {
		[REFERRER_REGISTER] = add_registers,
		[REFERRER_STACK] = add_stacks,
		[REFERRER_GLOBAL] = add_globals,
		[REFERRER_HEAP] = add_heap,
	};
	for (unsigned kind = 0; kind < REFERRER_KINDS; kind++)
		if (kinds >> kind & 1)
			finders[kind](search, arena, referrers);
	free(search);
}
