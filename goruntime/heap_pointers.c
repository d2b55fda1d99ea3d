#include "goruntime/heap_pointers.h"

#include <string.h>

#include "goruntime/gcmask.h"
#include "goruntime/private.h"

/* abi.Kind bit 6: gcdata is a program (to 1.23); abi.TFlagGCMaskOnDemand (since 1.24). */
enum { KIND_GC_PROG = 1 << 6, TFLAG_GC_MASK_ON_DEMAND = 1 << 4 };
enum { INLINE_MARKS_BYTES = 128, HEADER_WORDS = 1 };

void heap_reader_init(struct heap_reader *reader, const struct heap *heap)
{
	*reader = (struct heap_reader){ .heap = heap };
}

void heap_reader_release(struct heap_reader *reader)
{
	for (size_t i = 0; i < reader->derived.count; i++)
		free((void *)(uintptr_t)reader->derived.items[i].mask);
	vec_release(&reader->derived);
}

static uint64_t low_bits(uint64_t count)
{
	return count >= 64 ? UINT64_MAX : ((uint64_t)1 << count) - 1;
}

/* COUNT bits (at most 64) from bit AT of BITS on; bits beyond its end are 0. */
static uint64_t bits_at(struct bytes bits, uint64_t at, uint64_t count)
{
	uint64_t byte = at / 8, shift = at % 8, value = 0;
	if (byte + 9 <= bits.size) {
		value = bytes_u64(bits.data + byte) >> shift;
		if (shift > 0)
			value |= (uint64_t)bits.data[byte + 8] << (64 - shift);
		return value & low_bits(count);
	}
	for (uint64_t i = 0; i < count && (at + i) / 8 < bits.size; i++)
		value |= (uint64_t)(bits.data[(at + i) / 8] >> (at + i) % 8 & 1) << i;
	return value;
}

/* --- types ------------------------------------------------------------------------------------ */

/* The mask of one that the collector has not needed yet. */
static const uint8_t *derived_mask(struct heap_reader *reader, const struct heap_type *type)
{
	for (size_t i = 0; i < reader->derived.count; i++)
		if (reader->derived.items[i].addr == type->addr)
			return reader->derived.items[i].mask;
	size_t size = (size_t)(type->pointer_words + 7) / 8;
	if (type->pointer_words > GCMASK_WORDS_MAX)
		return NULL;
	struct heap_type derived = *type;
	uint8_t *mask = memory_grow(NULL, size);
	memset(mask, 0, size);
	bool good = gcmask_derive(reader->heap->snapshot, type->addr, mask, type->pointer_words);
	if (!good)
		free(mask);
	derived.mask = good ? mask : NULL;
	vec_push(&reader->derived, derived);
	return derived.mask;
}

/* The type's mask; `mask` stays NULL where it is not known. */
static void type_fill(struct heap_reader *reader, uint64_t addr, struct heap_type *type)
{
	const struct snapshot *s = reader->heap->snapshot;
	struct view view;
	*type = (struct heap_type){ .addr = addr };
	if (!layout_has(&s->layout, TYPE_GCDATA) || addr % 8 != 0 ||
	    !view_read(&view, s->image, &s->layout, RT_TYPE, addr, NULL))
		return;
	uint64_t size = view_get(&view, TYPE_SIZE), pointers = view_get(&view, TYPE_PTRBYTES);
	uint64_t mask = view_get(&view, TYPE_GCDATA);
	bool on_demand = s->private->traits.gc_mask_on_demand &&
			 (view_get(&view, TYPE_TFLAG) & TFLAG_GC_MASK_ON_DEMAND);
	bool program = s->private->traits.gc_programs &&
		       (view_get(&view, TYPE_KIND) & KIND_GC_PROG);
	if (size == 0 || size % 8 != 0 || pointers > size || pointers % 8 != 0 || program ||
	    (on_demand && !image_u64(s->image, mask, &mask, NULL)))
		return;
	type->words = size / 8;
	type->pointer_words = pointers / 8;
	type->none = pointers == 0;
	type->mask = on_demand && mask == 0 ? derived_mask(reader, type)
					    : image_at(s->image, mask, (pointers / 8 + 7) / 8);
}

static const struct heap_type *type_at(struct heap_reader *reader, uint64_t addr)
{
	struct heap_type *type = &reader->types[(addr ^ addr >> 14) / 32 % HEAP_TYPES_CACHED];
	if (type->addr != addr)
		type_fill(reader, addr, type);
	return type;
}

/* The words [WORD, WORD + COUNT) of an array of TYPE. */
static uint64_t tile(const struct heap_type *type, uint64_t word, uint64_t count)
{
	struct bytes mask = { type->mask, (type->pointer_words + 7) / 8 };
	uint64_t value = 0, at = word % type->words;
	for (uint64_t done = 0; done < count;) {
		uint64_t left = count - done;
		if (at < type->pointer_words) {
			uint64_t n = type->pointer_words - at;
			n = n < left ? n : left;
			value |= bits_at(mask, at, n) << done;
		}
		uint64_t step = type->words - at;
		done += step < left ? step : left;
		at = 0;
	}
	return value;
}

static uint64_t guess(struct heap_reader *reader, uint64_t word, uint64_t count)
{
	reader->guessed += word % (1 << 14) == 0;
	return low_bits(count);
}

/* HEADER: words in front of the first element. */
static uint64_t typed(struct heap_reader *reader, uint64_t addr, uint64_t word, uint64_t count,
		      uint64_t header)
{
	const struct heap_type *type = type_at(reader, addr);
	if (type->none)
		return 0;
	if (type->mask == NULL)
		return guess(reader, word, count);
	if (word >= header)
		return tile(type, word - header, count);
	return count <= header ? 0 : tile(type, 0, count - header) << header;
}

static uint64_t by_header(struct heap_reader *reader, const struct heap_span *span, uint64_t object,
			  uint64_t word, uint64_t count)
{
	uint64_t type;
	if (span->bytes != NULL)
		type = bytes_u64(span->bytes + (object - span->start));
	else if (!image_u64(reader->heap->snapshot->image, object, &type, NULL))
		return guess(reader, word, count);
	return type == 0 ? 0 : typed(reader, type, word, count, HEADER_WORDS);
}

/* --- bitmaps ---------------------------------------------------------------------------------- */

static uint64_t by_span(struct heap_reader *reader, const struct heap_span *span, uint64_t object,
			uint64_t word, uint64_t count)
{
	uint64_t size = (uint64_t)span->pages << HEAP_PAGE_SHIFT, bitmap = size / 64;
	uint64_t at = size - bitmap - (span->inline_marks ? INLINE_MARKS_BYTES : 0);
	uint8_t copy[256];
	struct bytes bits = { span->bytes ? span->bytes + at : copy, (size_t)bitmap };
	if (span->bytes == NULL &&
	    (bitmap > sizeof(copy) || !image_read(reader->heap->snapshot->image, span->start + at,
						  copy, (size_t)bitmap, NULL)))
		return guess(reader, word, count);
	return bits_at(bits, (object - span->start) / 8 + word, count);
}

static const struct heap_arena *arena_of(const struct heap *heap, uint64_t addr)
{
	uint64_t arena = (addr >> HEAP_ARENA_SHIFT) - heap->arena_low;
	if (arena >= heap->arena_count || heap->arena_index[arena] == 0)
		return NULL;
	return &heap->arenas[heap->arena_index[arena] - 1];
}

/* Go 1.21: 64 words of the arena a bitmap word; behind one with its noMorePtrs bit set, what is
 * written belongs to what lay there before (mbitmap.go heapBitsForAddr). COUNT may reach into the
 * next bitmap word, and that word into the next arena. */
static uint64_t by_arena_bits(struct heap_reader *reader, uint64_t addr, uint64_t word,
			      uint64_t count, bool *ended)
{
	uint64_t value = 0;
	bool last = false;
	for (uint64_t done = 0; done < count && !last;) {
		uint64_t at = addr + (word + done) * 8;
		const struct heap_arena *arena = arena_of(reader->heap, at);
		uint64_t bit = at / 8 & ((1 << (HEAP_ARENA_SHIFT - 3)) - 1), n = 64 - bit % 64;
		if (arena == NULL || arena->bitmap.data == NULL || arena->no_more.data == NULL)
			return guess(reader, word, count);
		n = n < count - done ? n : count - done;
		value |= bits_at(arena->bitmap, bit, n) << done;
		done += n;
		/* Not before all of the bitmap word is taken. */
		last = (bit + n) % 64 == 0 &&
		       (arena->no_more.data[bit / 64 / 8] >> bit / 64 % 8 & 1);
	}
	*ended |= last;
	return value;
}

/* To 1.20: a byte for 4 words, pointer bits below, scan bits above; a word without a scan bit ends
 * the object's pointers. Objects of one word need none. */
static uint64_t by_arena_nibbles(struct heap_reader *reader, uint64_t addr, uint64_t word,
				 uint64_t count, bool *ended)
{
	uint64_t value = 0;
	for (uint64_t i = 0; i < count; i++) {
		uint64_t at = addr + (word + i) * 8;
		const struct heap_arena *arena = arena_of(reader->heap, at);
		uint64_t index = at / 8 & ((1 << (HEAP_ARENA_SHIFT - 3)) - 1);
		if (arena == NULL || arena->bitmap.data == NULL)
			return guess(reader, word, count);
		uint8_t bits = arena->bitmap.data[index / 4] >> index % 4;
		if (!(bits & 0x10)) {
			*ended = true;
			return value;
		}
		value |= (uint64_t)(bits & 1) << i;
	}
	return value;
}

uint64_t heap_pointers(struct heap_reader *reader, const struct heap_span *span, uint64_t object,
		       uint64_t word, bool *ended)
{
	uint64_t words = span->elem_size / 8;
	if (word >= words) {
		*ended = true;
		return 0;
	}
	uint64_t count = words - word;
	*ended = count <= HEAP_WORD_CHUNK;
	count = *ended ? count : HEAP_WORD_CHUNK;
	switch ((enum heap_map)span->map) {
	case HEAP_MAP_NONE:
		*ended = true;
		return 0;
	case HEAP_MAP_ARENA_NIBBLES:
		return words == 1 ? 1 : by_arena_nibbles(reader, object, word, count, ended);
	case HEAP_MAP_ARENA_BITS:
		return by_arena_bits(reader, object, word, count, ended);
	case HEAP_MAP_SPAN_BITS:
		return by_span(reader, span, object, word, count);
	case HEAP_MAP_HEADER:
		return by_header(reader, span, object, word, count);
	case HEAP_MAP_LARGE_TYPE: {
		uint64_t type = reader->heap->details[span - reader->heap->spans].large_type;
		return type == 0 ? 0 : typed(reader, type, word, count, 0);
	}
	case HEAP_MAP_ANY:
		break;
	}
	return guess(reader, word, count);
}
