#include "goruntime/marker.h"

#include <pthread.h>
#include <string.h>

#include "goruntime/private.h"

enum { MARK_GOROUTINE = UINT32_MAX };
enum { PART_SHIFT = 17, PART_WORDS = 1 << (PART_SHIFT - 3) }; /* of a large object: 128 KB */
enum { STACK_AHEAD = 1536 }; /* bytes of a stack that are fetched before it is scanned */
enum { SHARE_LEAST = 512 }; /* items that a worker has before it gives some away */
/* heap_span.marks */
enum { SPAN_WATCHED = 1, SPAN_HIDDEN = 2 };

/* Work that is passed on between the workers of a run. */
struct mark_share {
	struct marker *marker;
	void (*job)(struct mark_worker *worker, size_t index, void *data);
	void *data;
	size_t job_count, next_job;
	pthread_mutex_t lock;
	pthread_cond_t more;
	VEC(struct mark_item) items;
	unsigned workers, idle;
	bool done;
};

/* --- tables ------------------------------------------------------------------------------------- */

static uint64_t hash(uint64_t key)
{
	key *= 0x9e3779b97f4a7c15u;
	return key ^ key >> 32;
}

static uint64_t room_for(uint64_t count)
{
	uint64_t room = 64;
	while (room < count * 2 + 2)
		room *= 2;
	return room;
}

static void *zeroed(uint64_t count, size_t size)
{
	void *memory = memory_grow(NULL, count * size + 1);
	memset(memory, 0, count * size + 1);
	return memory;
}

static bool object_number(const struct heap *heap, uint64_t addr, struct heap_span **span,
			  uint64_t *number)
{
	uint32_t index;
	*span = heap_span(heap, addr);
	if (*span == NULL || !heap_object(*span, addr, &index))
		return false;
	*number = (*span)->first + index;
	return true;
}

static uint64_t watch_slot(const struct marker *m, uint64_t number)
{
	uint64_t i = hash(number) & m->watch_mask;
	while (m->watch_slots[i] != 0) {
		struct heap_span *span;
		uint64_t other = 0;
		object_number(m->heap, m->blocked->objects[m->watch_slots[i] - 1].addr, &span,
			      &other);
		if (other == number)
			break;
		i = (i + 1) & m->watch_mask;
	}
	return i;
}

/* Objects outside of the heap are there for anybody to reach: who waits for one is not watched. */
static void watch_objects(struct marker *m)
{
	const struct blocked *b = m->blocked;
	m->watch_mask = room_for(b->object_count) - 1;
	m->watch_slots = zeroed(m->watch_mask + 1, sizeof(*m->watch_slots));
	m->watch_next = zeroed(b->object_count + 1, sizeof(*m->watch_next));
	for (size_t i = 0; i < b->object_count; i++) {
		struct heap_span *span;
		uint64_t number;
		if (!object_number(m->heap, b->objects[i].addr, &span, &number))
			continue;
		uint32_t *head = &m->watch_slots[watch_slot(m, number)];
		m->watch_next[i] = *head;
		*head = (uint32_t)i + 1;
		span->marks |= SPAN_WATCHED;
	}
}

static void hide_slots(struct marker *m)
{
	const struct blocked *b = m->blocked;
	m->hidden_mask = room_for(b->slot_count) - 1;
	m->hidden = zeroed(m->hidden_mask + 1, sizeof(*m->hidden));
	for (size_t i = 0; i < b->slot_count; i++) {
		uint64_t slot = b->slots[i], at = hash(slot) & m->hidden_mask;
		struct heap_span *span = heap_span(m->heap, slot);
		while (m->hidden[at] != 0 && m->hidden[at] != slot)
			at = (at + 1) & m->hidden_mask;
		m->hidden[at] = slot;
		if (span != NULL)
			span->marks |= SPAN_HIDDEN;
	}
}

static bool is_hidden(const struct marker *m, uint64_t slot)
{
	uint64_t at = hash(slot) & m->hidden_mask;
	while (m->hidden[at] != 0 && m->hidden[at] != slot)
		at = (at + 1) & m->hidden_mask;
	return m->hidden[at] == slot;
}

void marker_init(struct marker *m, const struct snapshot *snapshot, struct heap *heap,
		 const struct blocked *blocked)
{
	*m = (struct marker){ .snapshot = snapshot, .heap = heap, .blocked = blocked };
	m->marks = zeroed(heap->object_count / 64 + 1, sizeof(*m->marks));
	m->claimed = zeroed(snapshot->goroutine_count, sizeof(*m->claimed));
	m->worker_count = parallel_workers();
	for (unsigned i = 0; i < m->worker_count; i++) {
		struct mark_worker *w = &m->workers[i];
		w->marker = m;
		w->reader = memory_grow(NULL, sizeof(*w->reader));
		heap_reader_init(w->reader, heap);
		/* Running goroutines are walked by the first worker, which has the snapshot's. */
		w->code = i == 0 ? snapshot_code(snapshot) : code_cache_create(&snapshot->modules);
		w->maps = stackmaps_create();
	}
	if (blocked == NULL)
		return;
	watch_objects(m);
	hide_slots(m);
}

void marker_unwatch(struct marker *m)
{
	for (size_t i = 0; i < m->heap->span_count; i++)
		m->heap->spans[i].marks = 0;
}

void marker_release(struct marker *m)
{
	marker_unwatch(m);
	for (unsigned i = 0; i < m->worker_count; i++) {
		struct mark_worker *w = &m->workers[i];
		heap_reader_release(w->reader);
		free(w->reader);
		if (i > 0)
			code_cache_destroy(w->code);
		stackmaps_destroy(w->maps);
		vec_release(&w->items);
		vec_release(&w->stack_objects);
		vec_release(&w->pending);
	}
	free(m->marks);
	free(m->claimed);
	free(m->watch_slots);
	free(m->watch_next);
	free(m->hidden);
}

/* --- marking ------------------------------------------------------------------------------------ */

void mark_hole(struct mark_worker *w, uint64_t addr)
{
	if (w->holes++ == 0)
		w->first_hole = addr;
}

static bool set_mark(struct marker *m, uint64_t number)
{
	uint64_t bit = (uint64_t)1 << number % 64, *word = &m->marks[number / 64];
	if (__atomic_load_n(word, __ATOMIC_RELAXED) & bit)
		return false;
	return (__atomic_fetch_or(word, bit, __ATOMIC_RELAXED) & bit) == 0;
}

static bool claim(struct marker *m, size_t goroutine)
{
	return __atomic_exchange_n(&m->claimed[goroutine], 1, __ATOMIC_RELAXED) == 0;
}

/* Those that wait for the object may run. */
static __attribute__((noinline)) void wake(struct mark_worker *w, uint64_t number)
{
	struct marker *m = w->marker;
	for (uint32_t i = m->watch_slots[watch_slot(m, number)]; i != 0; i = m->watch_next[i - 1]) {
		size_t goroutine = m->blocked->goroutines[m->blocked->objects[i - 1].waiter];
		if (claim(m, goroutine))
			vec_push(&w->items, (struct mark_item){ goroutine, MARK_GOROUTINE, 0 });
	}
}

static void mark_object(struct mark_worker *w, const struct heap_span *span, uint32_t index)
{
	if (!set_mark(w->marker, span->first + index))
		return;
	w->objects++;
	w->bytes += span->elem_size;
	if (span->marks & SPAN_WATCHED)
		wake(w, span->first + index);
	if (span->map != HEAP_MAP_NONE)
		vec_push(&w->items, (struct mark_item){ heap_object_addr(span, index),
							(uint32_t)(span - w->marker->heap->spans),
							0 });
}

void mark_address(struct mark_worker *w, uint64_t addr)
{
	uint32_t index;
	const struct heap_span *span = heap_span(w->marker->heap, addr);
	if (span != NULL && heap_object(span, addr, &index))
		mark_object(w, span, index);
}

void mark_guess(struct mark_worker *w, uint64_t addr)
{
	uint32_t index;
	const struct heap_span *span = heap_span(w->marker->heap, addr);
	if (span != NULL && heap_object(span, addr, &index) &&
	    heap_is_allocated(w->marker->heap, span, index))
		mark_object(w, span, index);
}

/* Words of the target at ADDR, one for each bit of MASK; BYTES are there, or NULL. */
static void mark_masked(struct mark_worker *w, const uint8_t *bytes, uint64_t addr, uint64_t mask,
			bool guess, bool hidden)
{
	for (; mask != 0; mask &= mask - 1) {
		uint64_t at = (uint64_t)__builtin_ctzll(mask) * 8, value;
		if (bytes != NULL)
			value = bytes_u64(bytes + at);
		else if (!image_u64(w->marker->snapshot->image, addr + at, &value, NULL)) {
			mark_hole(w, addr + at);
			continue;
		}
		if (value == 0 || (hidden && is_hidden(w->marker, addr + at)))
			continue;
		if (guess)
			mark_guess(w, value);
		else
			mark_address(w, value);
	}
}

void mark_words(struct mark_worker *w, uint64_t addr, uint64_t words, const uint8_t *mask,
		bool guess)
{
	for (uint64_t at = 0; at < words; at += 64) {
		uint64_t n = words - at < 64 ? words - at : 64, bits = 0;
		for (uint64_t i = 0; mask != NULL && i < n; i += 8)
			bits |= (uint64_t)mask[(at + i) / 8] << i;
		bits = mask == NULL ? UINT64_MAX : bits;
		bits &= n == 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
		mark_masked(w, image_at(w->marker->snapshot->image, addr + at * 8, n * 8),
			    addr + at * 8, bits, guess, false);
	}
}

/* Words [FROM, TO) of the object. */
static void scan_object(struct mark_worker *w, const struct heap_span *span, uint64_t object,
			uint64_t from, uint64_t to)
{
	bool ended = false, hidden = span->marks & SPAN_HIDDEN;
	for (uint64_t word = from; word < to && !ended; word += HEAP_WORD_CHUNK) {
		uint64_t addr = object + word * 8, guessed = w->reader->guessed;
		uint64_t mask = heap_pointers(w->reader, span, object, word, &ended);
		const uint8_t *bytes = span->bytes;
		if (bytes != NULL)
			bytes += addr - span->start;
		else
			bytes = image_at(w->marker->snapshot->image, addr, HEAP_WORD_CHUNK * 8);
		mark_masked(w, bytes, addr, mask, w->reader->guessed != guessed, hidden);
	}
}

void mark_children(struct mark_worker *w, const struct heap_span *span, uint32_t index)
{
	if (span->map != HEAP_MAP_NONE)
		scan_object(w, span, heap_object_addr(span, index), 0, span->elem_size / 8);
}

static void scan_item(struct mark_worker *w, const struct mark_item *item)
{
	if (item->span == MARK_GOROUTINE) {
		mark_stack(w, (size_t)item->addr);
		return;
	}
	const struct heap_span *span = &w->marker->heap->spans[item->span];
	uint64_t words = span->elem_size / 8, from = (uint64_t)item->part * PART_WORDS;
	uint64_t to = words - from < PART_WORDS ? words : from + PART_WORDS;
	if (to < words)
		vec_push(&w->items, (struct mark_item){ item->addr, item->span, item->part + 1 });
	scan_object(w, span, item->addr, from, to);
}

/* --- the run ------------------------------------------------------------------------------------ */

/* Its record, and the part of its stack that is in use. */
static void prefetch_goroutine(const struct snapshot *s, const struct goroutine *g)
{
	enum { RECORD = 448, LINE = 64 };
	struct bytes record = image_rest(s->image, g->addr);
	struct bytes stack = image_rest(s->image, g->sched_sp);
	uint64_t used = g->stack_hi - g->sched_sp;
	for (size_t at = 0; at < RECORD && at < record.size; at += LINE)
		__builtin_prefetch(record.data + at);
	for (size_t at = 0; at < STACK_AHEAD && at < used && at < stack.size; at += LINE)
		__builtin_prefetch(stack.data + at);
}

static void prefetch_item(const struct mark_worker *w, const struct mark_item *item)
{
	if (item->span == MARK_GOROUTINE) {
		const struct snapshot *s = w->marker->snapshot;
		prefetch_goroutine(s, &s->goroutines[item->addr]);
		return;
	}
	const struct heap_span *span = &w->marker->heap->spans[item->span];
	if (span->bytes == NULL)
		return;
	const uint8_t *object = span->bytes + (item->addr - span->start) +
				((uint64_t)item->part << PART_SHIFT);
	__builtin_prefetch(object);
	if (span->elem_size > 64)
		__builtin_prefetch(object + 64);
	if (span->map == HEAP_MAP_SPAN_BITS) {
		uint64_t size = (uint64_t)span->pages << HEAP_PAGE_SHIFT;
		__builtin_prefetch(span->bytes + size - size / 64 +
				   (item->addr - span->start) / 64);
	}
}

static void give(struct mark_share *share, struct mark_worker *w)
{
	size_t half = w->items.count / 2;
	pthread_mutex_lock(&share->lock);
	for (size_t i = 0; i < half; i++)
		vec_push(&share->items, w->items.items[i]);
	pthread_cond_signal(&share->more);
	pthread_mutex_unlock(&share->lock);
	memmove(w->items.items, w->items.items + half,
		(w->items.count - half) * sizeof(*w->items.items));
	w->items.count -= half;
}

static void drain(struct mark_share *share, struct mark_worker *w)
{
	for (;;) {
		while (w->ahead_count < MARK_AHEAD && w->items.count > 0) {
			struct mark_item item = w->items.items[--w->items.count];
			prefetch_item(w, &item);
			w->ahead[(w->ahead_first + w->ahead_count++) % MARK_AHEAD] = item;
		}
		if (w->ahead_count == 0)
			return;
		struct mark_item item = w->ahead[w->ahead_first];
		w->ahead_first = (w->ahead_first + 1) % MARK_AHEAD;
		w->ahead_count--;
		scan_item(w, &item);
		if (w->items.count >= SHARE_LEAST &&
		    __atomic_load_n(&share->idle, __ATOMIC_RELAXED) > 0)
			give(share, w);
	}
}

/* Waits for items that another worker gives; false when all are done. */
static bool take(struct mark_share *share, struct mark_worker *w)
{
	enum { TAKE = 4096 };
	pthread_mutex_lock(&share->lock);
	__atomic_fetch_add(&share->idle, 1, __ATOMIC_RELAXED);
	while (share->items.count == 0 && !share->done) {
		if (share->idle == share->workers) {
			share->done = true;
			pthread_cond_broadcast(&share->more);
			break;
		}
		pthread_cond_wait(&share->more, &share->lock);
	}
	size_t n = share->items.count < TAKE ? share->items.count : TAKE;
	for (size_t i = 0; i < n; i++)
		vec_push(&w->items, share->items.items[--share->items.count]);
	if (n > 0)
		__atomic_fetch_sub(&share->idle, 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&share->lock);
	return n > 0;
}

/* A thread that starts late finds all done. The first worker is always there. */
static bool join(struct mark_share *share)
{
	pthread_mutex_lock(&share->lock);
	bool late = share->done;
	share->workers += !late;
	pthread_mutex_unlock(&share->lock);
	return !late;
}

static void work(void *data, unsigned number)
{
	struct mark_share *share = data;
	struct mark_worker *w = &share->marker->workers[number];
	if (number > 0 && !join(share))
		return;
	drain(share, w); /* what was marked before the run */
	for (;;) {
		size_t job = __atomic_fetch_add(&share->next_job, 1, __ATOMIC_RELAXED);
		if (job >= share->job_count)
			break;
		share->job(w, job, share->data);
		drain(share, w);
	}
	while (take(share, w))
		drain(share, w);
}

void marker_run(struct marker *m, size_t count,
		void (*job)(struct mark_worker *worker, size_t index, void *data), void *data)
{
	struct mark_share share = {
		.marker = m,
		.job = job,
		.data = data,
		.job_count = count,
		.workers = 1,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.more = PTHREAD_COND_INITIALIZER,
	};
	parallel_run(work, &share);
	vec_release(&share.items);
}

bool marker_reach(struct marker *m, uint64_t budget,
		  void (*roots)(struct mark_worker *worker, void *data), void *data)
{
	struct mark_worker *w = &m->workers[0];
	uint64_t before = w->objects, holes = w->holes;
	memset(m->marks, 0, (m->heap->object_count / 64 + 1) * sizeof(*m->marks));
	vec_clear(&w->items);
	roots(w, data);
	while (w->items.count > 0 && w->objects - before <= budget) {
		struct mark_item item = w->items.items[--w->items.count];
		scan_item(w, &item);
	}
	return w->items.count == 0 && w->holes == holes;
}

bool marker_has(const struct marker *m, uint64_t addr)
{
	struct heap_span *span;
	uint64_t number;
	if (!object_number(m->heap, addr, &span, &number))
		return true;
	return m->marks[number / 64] >> number % 64 & 1;
}
