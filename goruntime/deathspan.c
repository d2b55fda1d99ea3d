/* The span of the heap at which the collector or the allocator gave up. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "goruntime/heapcheck_internal.h"
#include "goruntime/private.h"

/* --- by what the functions were called with ------------------------------------------------------ */

/* Functions of mgcsweep.go, mcentral.go, mcache.go, mheap.go, malloc.go, mbitmap.go whose argument
 * WORD is a span, or the address of a word that is one. */
static const struct {
	const char *function;
	unsigned word;
} span_arguments[] = {
	{ "runtime.(*mspan).reportZombies", 0 },
	{ "runtime.(*sweepLocked).sweep", 0 },
	{ "runtime.(*mspan).nextFreeIndex", 0 },
	{ "runtime.(*mspan).countAlloc", 0 },
	{ "runtime.(*mspan).refillAllocCache", 0 },
	{ "runtime.(*mcentral).uncacheSpan", 1 },
	{ "runtime.(*mheap).freeSpanLocked", 1 },
	{ "runtime.(*mheap).freeSpan", 1 },
	{ "runtime.badPointer", 0 },
};

/* A record that the arena's table leads back to. */
static bool is_span(const struct snapshot *s, uint64_t record, struct span *span)
{
	struct span found;
	return span_read(s, record, span) && span->start != 0 &&
	       span_find(s, span->start, &found) && found.record == record;
}

static bool span_of_frame(const struct snapshot *s, const struct trace_frame *frame,
			  struct span *span)
{
	for (size_t i = 0; i < sizeof(span_arguments) / sizeof(span_arguments[0]); i++) {
		uint64_t word;
		if (!call_is(frame->call, span_arguments[i].function) || frame->argp == 0 ||
		    !frame_word(s, frame->argp, span_arguments[i].word, &word))
			continue;
		if (is_span(s, word, span) ||
		    (image_u64(s->image, word, &word, NULL) && is_span(s, word, span)))
			return true;
	}
	return false;
}

static bool span_of_frames(const struct snapshot *s, struct span *span)
{
	const struct trace *traces[] = { &s->death.system, &s->death.culprit };
	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < traces[t]->count; i++)
			if (span_of_frame(s, &traces[t]->frames[i], span))
				return true;
	return false;
}

/* --- by what the runtime printed ----------------------------------------------------------------- */

/* The number behind WORDS in what was printed. */
static bool printed_number(const char *lines, const char *words, uint64_t *value)
{
	const char *at = lines != NULL ? strstr(lines, words) : NULL;
	char *end;
	if (at == NULL)
		return false;
	at += strlen(words);
	*value = strtoull(at, &end, 0);
	return end != at;
}

/* Words behind which the record's address stands (mheap.go freeSpanLocked, mSpanList). */
static const char *const span_words[] = {
	"mheap.freeSpanLocked - span ",
	"failed mSpanList.insert ",
	"failed mSpanList.insertBack ",
	"failed mSpanList.remove span.npages=",
};

static bool span_of_line(const struct snapshot *s, struct span *span)
{
	uint64_t record;
	for (size_t i = 0; i < sizeof(span_words) / sizeof(span_words[0]); i++) {
		const char *lines = s->death.fatal_preamble;
		if (!printed_number(lines, span_words[i], &record))
			continue;
		lines = strstr(lines, span_words[i]);
		bool told = strstr(span_words[i], "npages") == NULL ||
			    printed_number(lines, " span=", &record);
		return told && is_span(s, record, span);
	}
	return false;
}

/* Texts before which the numbers of a span were printed: nelems, allocCount, and the count of its
 * marks (mgcsweep.go sweep; malloc.go nextFree). */
static const struct count_row {
	const char *text, *elems, *count, *marks;
} count_rows[] = {
	{ "sweep increased allocation count", "nelems=", " previous allocCount=", " nalloc=" },
	{ "s.allocCount != s.nelems && freeIndex == s.nelems", "s.nelems= ", "s.allocCount= ", NULL },
	{ "s.allocCount > s.nelems", "s.nelems= ", "s.allocCount= ", NULL },
};

struct count_search {
	const struct snapshot *s;
	uint64_t elems, count, marks;
	bool by_marks;
	struct span found;
	uint64_t alike;
};

static bool fits(const struct count_search *search, const struct span *span)
{
	struct tally tally;
	if (span->state != SPAN_IN_USE || span->elems != search->elems ||
	    span->alloc_count != search->count)
		return false;
	return !search->by_marks || (tally_make(search->s->image, span, &tally) &&
				     tally.marked == search->marks);
}

static bool visit_span(void *data, const struct span *span)
{
	struct count_search *search = data;
	if (fits(search, span) && search->alike++ == 0)
		search->found = *span;
	return true;
}

/* False where the runtime printed no numbers of a span. */
static bool read_counts(const struct snapshot *s, struct count_search *search)
{
	const char *text = s->death.fatal_text, *lines = s->death.fatal_preamble;
	*search = (struct count_search){ .s = s };
	for (size_t i = 0; text != NULL && i < sizeof(count_rows) / sizeof(count_rows[0]); i++) {
		const struct count_row *row = &count_rows[i];
		if (strcmp(text, row->text) != 0)
			continue;
		search->by_marks = row->marks != NULL;
		return printed_number(lines, row->elems, &search->elems) &&
		       printed_number(lines, row->count, &search->count) &&
		       (!search->by_marks || printed_number(lines, row->marks, &search->marks));
	}
	return false;
}

/* How many spans it may be; *SPAN is one of them. What was printed comes before the words of
 * frames, which may be old. */
static uint64_t find_span(const struct snapshot *s, struct span *span)
{
	struct count_search search;
	if (span_of_line(s, span))
		return 1;
	bool counted = read_counts(s, &search);
	if (span_of_frames(s, span) && (!counted || fits(&search, span)))
		return 1;
	if (!counted)
		return 0;
	spans_visit(s, visit_span, &search);
	*span = search.found;
	return search.alike;
}

/* --- both ---------------------------------------------------------------------------------------- */

bool death_span(const struct snapshot *s, struct arena *arena, struct span_facts *facts)
{
	struct span span = { 0 };
	struct tally tally;
	*facts = (struct span_facts){ 0 };
	uint64_t alike = find_span(s, &span);
	if (alike > 1)
		facts->text = arena_printf(arena,
					   "%" PRIu64 " spans have the numbers that were printed; which "
					   "of them it is is not known",
					   alike);
	if (alike != 1)
		return alike > 1;
	if (!tally_make(s->image, &span, &tally))
		return false;
	*facts = (struct span_facts){
		.start = span.start,
		.elem_size = span.elem_size,
		.zombies = tally.zombies,
		.text = arena_printf(arena,
				     "%u objects of %" PRIu64 " bytes at 0x%" PRIx64 "; allocCount is %u, "
				     "its bits say %u; %u are marked, %u of these are free",
				     span.count, span.elem_size, span.start, span.alloc_count,
				     tally.allocated, tally.marked, tally.zombies),
	};
	memcpy(facts->zombie, tally.zombie, sizeof(facts->zombie));
	return true;
}
