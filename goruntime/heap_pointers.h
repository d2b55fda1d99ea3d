#pragma once
/*
 * Which words of a heap object are pointers (runtime/mbitmap.go): by the heap's bitmap, or by the
 * type in front of the object or in its mspan. Where that cannot be read, every word may be one,
 * and the reader counts it.
 */
#include "base/vec.h"
#include "goruntime/heap.h"

enum { HEAP_TYPES_CACHED = 1024 };

struct heap_type { /* the mask of a type, repeated every `words` words of an object */
	uint64_t addr;
	uint64_t words, pointer_words;
	const uint8_t *mask; /* NULL: not known */
	bool none;	     /* has no pointers */
};

/* One for each thread. */
struct heap_reader {
	const struct heap *heap;
	VEC(struct heap_type) derived; /* types whose masks are the reader's own memory */
	uint64_t guessed; /* objects, or parts of large ones, whose pointers are not known */
	struct heap_type types[HEAP_TYPES_CACHED]; /* by address */
};

void heap_reader_init(struct heap_reader *reader, const struct heap *heap);
void heap_reader_release(struct heap_reader *reader);

/*
 * The pointers among the HEAP_WORD_CHUNK words from WORD (a multiple of that) on of the object at
 * OBJECT in SPAN: bit i is word WORD + i. Words beyond the object are 0. Sets *ENDED when none
 * follow, whatever is written about the words behind; then this function must not be asked on.
 */
uint64_t heap_pointers(struct heap_reader *reader, const struct heap_span *span, uint64_t object,
		       uint64_t word, bool *ended);
