#include "goruntime/heapcheck.h"

#include <inttypes.h>
#include <string.h>

#include "goruntime/heapcheck_internal.h"
#include "goruntime/private.h"

enum { OBJECTS_MOST = 8192, BITS_BYTES = OBJECTS_MOST / 8, INLINE_BYTES = 63 };
enum { STEPS_MOST = 1 << 24 };

struct bits { /* of the objects of one span */
	uint8_t allocated[BITS_BYTES], marked[BITS_BYTES];
};

/* --- one span ------------------------------------------------------------------------------------ */

static bool bits_read(const struct image *image, const struct span *span, struct bits *bits)
{
	uint32_t bytes = (span->count + 7) / 8;
	uint8_t in_span[INLINE_BYTES];
	if (span->count == 0 || span->count > OBJECTS_MOST || span->bits.allocated == 0 ||
	    span->bits.marked == 0 ||
	    !image_read(image, span->bits.allocated, bits->allocated, bytes, NULL) ||
	    !image_read(image, span->bits.marked, bits->marked, bytes, NULL))
		return false;
	if (span->bits.inline_marks == 0)
		return true;
	if (!image_read(image, span->bits.inline_marks, in_span, INLINE_BYTES, NULL))
		return false;
	for (uint32_t i = 0; i < bytes && i < INLINE_BYTES; i++)
		bits->marked[i] |= in_span[i];
	return true;
}

bool tally_make(const struct image *image, const struct span *span, struct tally *tally)
{
	struct bits bits;
	*tally = (struct tally){ 0 };
	if (!bits_read(image, span, &bits))
		return false;
	for (uint32_t i = 0; i < span->count; i++) {
		bool allocated = i < span->bits.free_index || (bits.allocated[i / 8] >> i % 8 & 1);
		bool marked = bits.marked[i / 8] >> i % 8 & 1;
		tally->allocated += allocated;
		tally->marked += marked;
		if (!marked || allocated)
			continue;
		if (tally->zombies < ZOMBIES_KEPT)
			tally->zombie[tally->zombies] = span->start + i * span->elem_size;
		tally->zombies++;
	}
	return true;
}

/* --- all spans ----------------------------------------------------------------------------------- */

enum rule { RULE_RECORD, RULE_COUNT, RULE_ZOMBIE, RULE_STACKS, RULES };

struct checker {
	const struct snapshot *s;
	struct heap_checks *result;
	uint64_t looked[RULES], broken[RULES];
	uint64_t steps; /* along lists of free stacks: damaged records may name one a million times */
};

static void broken(struct checker *c, enum rule rule, const struct span *span, const char *fmt, ...)
	FORMAT_PRINTF(4, 5);

static void broken(struct checker *c, enum rule rule, const struct span *span, const char *fmt, ...)
{
	struct heap_checks *r = c->result;
	va_list args;
	va_start(args, fmt);
	c->broken[rule]++;
	r->fault_total++;
	if (r->fault_count < HEAP_FAULTS_KEPT) {
		const char *what = arena_vprintf(c->s->arena, fmt, args);
		r->faults[r->fault_count++] = (struct heap_fault){
			.span = span->start,
			.text = arena_printf(c->s->arena,
					     "the span at 0x%" PRIx64 " (record at 0x%" PRIx64 "): %s",
					     span->start, span->record, what),
		};
	}
	va_end(args);
}

/* mheap.go initSpan, setSpans: pages, the objects within them, and the arena's table. */
static bool check_record(struct checker *c, const struct span *span)
{
	struct span found;
	c->looked[RULE_RECORD]++;
	if (span->state > SPAN_MANUAL) {
		broken(c, RULE_RECORD, span, "state %u is none", span->state);
	} else if (span->state == SPAN_IN_USE && (span->elem_size < 8 || span->count == 0)) {
		broken(c, RULE_RECORD, span, "objects of %" PRIu64 " bytes, limit 0x%" PRIx64,
		       span->elem_size, span->limit);
	} else if (span->state == SPAN_IN_USE && span->class != 0 && span->elems > span->count) {
		broken(c, RULE_RECORD, span, "nelems is %u, but %u fit below its limit",
		       span->elems, span->count);
	} else if (!span_find(c->s, span->start, &found) || found.record != span->record ||
		   !span_find(c->s, span->end - 1, &found) || found.record != span->record) {
		broken(c, RULE_RECORD, span, "the table of its arena names another for its pages");
	} else {
		return true;
	}
	return false;
}

/* mcache.go, mgcsweep.go: allocCount is the number of the bits. One object may just be on its way
 * out of the cache of a P. */
static void check_counts(struct checker *c, const struct span *span, const struct tally *tally)
{
	uint32_t away = span->alloc_count > tally->allocated ? span->alloc_count - tally->allocated
							      : tally->allocated - span->alloc_count;
	/* An allocation may be under way: in a span of a cache, or of the only object. */
	bool moves = span->bits.sweep == 1 || span->bits.sweep == 3 || span->class == 0;
	c->looked[RULE_COUNT]++;
	if (span->bits.free_index > span->elems || span->alloc_count > span->elems)
		broken(c, RULE_COUNT, span, "freeindex %u, allocCount %u of %u objects",
		       span->bits.free_index, span->alloc_count, span->elems);
	else if (away > (moves ? 1 : 0))
		broken(c, RULE_COUNT, span, "allocCount is %u, its bits say %u",
		       span->alloc_count, tally->allocated);
}

/* mgcsweep.go reportZombies: what is free has no mark. */
static void check_marks(struct checker *c, const struct span *span, const struct tally *tally)
{
	c->looked[RULE_ZOMBIE]++;
	if (tally->zombies > 0)
		broken(c, RULE_ZOMBIE, span,
		       "%u of its objects of %" PRIu64 " bytes are free, but something points to them: "
		       "0x%" PRIx64 "%s",
		       tally->zombies, span->elem_size, tally->zombie[0],
		       tally->zombies > 1 ? " first" : "");
}

static void check_objects(struct checker *c, const struct span *span)
{
	enum { BEING_SWEPT = -1 };
	struct tally tally;
	/* Whoever sweeps it is in the middle of changing all of these. */
	if (span->bits.sweep == BEING_SWEPT || !tally_make(c->s->image, span, &tally))
		return;
	check_counts(c, span, &tally);
	check_marks(c, span, &tally);
}

/* stack.go stackpoolfree: a stack that is free has the address of the next in its first word. */
static void check_stacks(struct checker *c, const struct span *span)
{
	uint64_t next = span->free_list, room = (span->end - span->start) / span->elem_size;
	c->looked[RULE_STACKS]++;
	for (uint64_t i = 0; next != 0 && c->steps < STEPS_MOST; i++, c->steps++) {
		bool inside = next >= span->start && next < span->end &&
			      (next - span->start) % span->elem_size == 0;
		if (!inside || i >= room) {
			broken(c, RULE_STACKS, span,
			       "its list of free stacks %s 0x%" PRIx64,
			       inside ? "runs in a circle at" : "has", next);
			return;
		}
		if (!image_u64(c->s->image, next, &next, NULL))
			return;
	}
}

static void check_span(struct checker *c, const struct span *span)
{
	if (span->state == SPAN_DEAD || !check_record(c, span))
		return;
	if (span->state == SPAN_IN_USE)
		check_objects(c, span);
	else if (span->elem_size >= 1024 && layout_has(&c->s->layout, MSPAN_MANUALFREELIST))
		check_stacks(c, span);
}

static bool visit_span(void *data, const struct span *span)
{
	check_span(data, span);
	return true;
}

static void check_spans(struct checker *c)
{
	const struct layout *layout = &c->s->layout;
	if (layout_has(layout, MSPAN_STATE) && layout_has(layout, MSPAN_NELEMS) &&
	    layout_has(layout, MSPAN_ALLOCCOUNT))
		spans_visit(c->s, visit_span, c);
}

static void add_checks(struct checker *c)
{
	static const struct {
		const char *name, *what;
	} rules[RULES] = {
		[RULE_RECORD] = { "span-records", "spans have a record that contradicts itself" },
		[RULE_COUNT] = { "span-counts", "spans count other objects than their bits" },
		[RULE_ZOMBIE] = { "marked-free", "spans have free objects that something points to" },
		[RULE_STACKS] = { "free-stacks", "spans of stacks have a broken list of free ones" },
	};
	for (unsigned i = 0; i < RULES; i++)
		if (c->looked[i] > 0)
			c->result->checks[c->result->check_count++] = (struct check){
				.name = rules[i].name,
				.text = arena_printf(c->s->arena, "%" PRIu64 " of %" PRIu64 " %s",
						     c->broken[i], c->looked[i], rules[i].what),
				.passed = c->broken[i] == 0,
			};
}

const struct heap_checks *snapshot_heap_checks(const struct snapshot *s)
{
	if (s->private->heap_checks == NULL) {
		struct heap_checks *result = arena_alloc(s->arena, sizeof(*result));
		struct checker c = { .s = s, .result = result };
		*result = (struct heap_checks){ 0 };
		check_spans(&c);
		add_checks(&c);
		s->private->heap_checks = result;
	}
	return s->private->heap_checks;
}
