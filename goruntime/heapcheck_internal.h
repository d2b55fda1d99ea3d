#pragma once
/* What the files that look at the bits of spans share. A part of goruntime. */
#include "goruntime/heapcheck.h"
#include "goruntime/span.h"

struct tally { /* what the bits of one span say */
	uint32_t allocated, marked, zombies;
	uint64_t zombie[ZOMBIES_KEPT];
};

/* False where the bits are not there. */
bool tally_make(const struct image *image, const struct span *span, struct tally *tally);
