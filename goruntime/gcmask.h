#pragma once
/*
 * The pointer mask of a type that the runtime makes only when its collector first needs it (1.24
 * and later, types whose last pointer lies beyond 1 KB: runtime/type.go buildGCMask): put together
 * from the masks of its fields and elements.
 */
#include "goruntime/snapshot.h"

enum { GCMASK_WORDS_MAX = 1 << 24 }; /* pointer words of a type that is derived: 128 MB */

/* Sets in MASK, zeroed, a bit for each of the first WORDS words of the type at ADDR that is a
 * pointer. False where a descriptor cannot be read or makes no sense. */
bool gcmask_derive(const struct snapshot *snapshot, uint64_t addr, uint8_t *mask, uint64_t words);
