#pragma once
/*
 * Pointers of the heap that can be none: words that the type of their object calls pointers, in
 * objects that are allocated, whose upper bits are not all alike. A program that keeps the rules of
 * package unsafe has none. For a fault that does not tell its address. Reads the heap up to a
 * limit.
 */
#include "goruntime/referrers.h"

/* Those at the lowest addresses as items of kind REFERRER_HEAP, and how many there are. Objects
 * whose pointers are not known are left out. Memory of ARENA. */
void snapshot_wild_pointers(const struct snapshot *snapshot, struct arena *arena,
			    struct referrers *referrers);
