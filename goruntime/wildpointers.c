#include "goruntime/wildpointers.h"

#include <stdlib.h>
#include <string.h>

#include "base/parallel.h"
#include "goruntime/heap_pointers.h"
#include "goruntime/private.h"

#define HEAP_BYTES_MOST ((uint64_t)4 << 30)

struct found { /* by one worker, the lowest addresses */
	uint64_t at[REFERRERS_KEPT], value[REFERRERS_KEPT];
	size_t count;
	uint64_t total, read;
};

struct search {
	struct heap heap;
	uint64_t end; /* of user addresses */
	struct found found[PARALLEL_MAX];
};

/* The pointer map of one object, which is read in order. */
struct walker {
	struct heap_reader reader;
	uint64_t object, next, bits; /* BITS is of the words of the chunk before NEXT */
	bool ended, unknown;
};

static void found_put(struct found *found, uint64_t at, uint64_t value)
{
	size_t i = found->count;
	if (i == REFERRERS_KEPT && at >= found->at[i - 1])
		return;
	i = i == REFERRERS_KEPT ? i - 1 : found->count++;
	for (; i > 0 && at < found->at[i - 1]; i--) {
		found->at[i] = found->at[i - 1];
		found->value[i] = found->value[i - 1];
	}
	found->at[i] = at;
	found->value[i] = value;
}

/* The first word from P on that no pointer can be, as it lies between the addresses of user space
 * and those of the kernel; END if none. */
static const uint8_t *next_wild(uint64_t user_end, const uint8_t *p, const uint8_t *end)
{
	for (; end - p >= 8; p += 8)
		if (bytes_u64(p) - user_end < ~(user_end - 1) - user_end)
			return p;
	return end;
}

static bool is_pointer(struct walker *w, const struct heap_span *span, uint64_t object, uint64_t at)
{
	uint64_t word = (at - object) / 8;
	if (w->object != object) {
		w->object = object;
		w->next = 0;
		w->ended = w->unknown = false;
	}
	while (w->next <= word && !w->ended && !w->unknown) {
		uint64_t guessed = w->reader.guessed;
		w->bits = heap_pointers(&w->reader, span, object, w->next, &w->ended);
		w->unknown = w->reader.guessed != guessed;
		w->next += HEAP_WORD_CHUNK;
	}
	return !w->unknown && word < w->next && word + HEAP_WORD_CHUNK >= w->next &&
	       (w->bits >> word % HEAP_WORD_CHUNK & 1);
}

static void search_span(const struct search *search, struct walker *w, struct found *found,
			const struct heap_span *span)
{
	const uint8_t *end = span->bytes + (span->limit - span->start);
	w->object = 0;
	for (const uint8_t *p = next_wild(search->end, span->bytes, end); end - p >= 8;
	     p = next_wild(search->end, p + 8, end)) {
		uint64_t at = span->start + (uint64_t)(p - span->bytes);
		uint32_t index;
		if (!heap_object(span, at, &index) ||
		    !is_pointer(w, span, heap_object_addr(span, index), at) ||
		    !heap_is_allocated(&search->heap, span, index))
			continue;
		found->total++;
		found_put(found, at, bytes_u64(p));
	}
}

static void search_spans(void *data, unsigned worker, size_t from, size_t to)
{
	struct search *search = data;
	struct walker *w = memory_grow(NULL, sizeof(*w));
	memset(w, 0, sizeof(*w));
	heap_reader_init(&w->reader, &search->heap);
	for (size_t i = from; i < to; i++) {
		const struct heap_span *span = &search->heap.spans[i];
		if (span->bytes == NULL || span->limit <= span->start)
			continue;
		search->found[worker].read += (uint64_t)span->pages << HEAP_PAGE_SHIFT;
		if (span->map != HEAP_MAP_NONE && span->map != HEAP_MAP_ANY)
			search_span(search, w, &search->found[worker], span);
	}
	heap_reader_release(&w->reader);
	free(w);
}

static size_t spans_within_limit(const struct heap *heap)
{
	uint64_t bytes = 0;
	size_t count = 0;
	for (; count < heap->span_count && bytes < HEAP_BYTES_MOST; count++)
		bytes += (uint64_t)heap->spans[count].pages << HEAP_PAGE_SHIFT;
	return count;
}

static void collect(const struct snapshot *s, const struct search *search, struct arena *arena,
		    struct referrers *r)
{
	struct found all = { 0 };
	for (unsigned w = 0; w < PARALLEL_MAX; w++) {
		const struct found *f = &search->found[w];
		r->found[REFERRER_HEAP] += f->total;
		r->heap_read += f->read;
		for (size_t i = 0; i < f->count; i++)
			found_put(&all, f->at[i], f->value[i]);
	}
	for (size_t i = 0; i < all.count; i++)
		referrer_of_heap_word(s, all.at[i], all.value[i], arena, &r->items[r->count++]);
}

void snapshot_wild_pointers(const struct snapshot *s, struct arena *arena, struct referrers *r)
{
	struct error err = ERROR_INIT;
	struct search *search = memory_grow(NULL, sizeof(*search));
	memset(search, 0, sizeof(*search));
	*r = (struct referrers){ 0 };
	search->end = s->image->arch->user_end;
	if (search->end != 0 && heap_open(s, &search->heap, &err)) {
		parallel_for(spans_within_limit(&search->heap), search_spans, search);
		r->heap_bytes = search->heap.bytes;
		heap_close(&search->heap);
		collect(s, search, arena, r);
	}
	free(search);
}
