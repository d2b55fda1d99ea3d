#pragma once
/*
 * Faults that hit the runtime's own code, where they cannot become a panic: in the allocator, the
 * collector or the stack walker they prove that what these work on is damaged.
 */
#include "goruntime/snapshot.h"

/* Whether the process died of a fault of memory in Go code that may not panic: a fatal signal on a
 * system stack, or the throw "unexpected signal during runtime execution" (signal_unix.go). */
bool fault_is_in_runtime(const struct snapshot *snapshot, struct arena *arena);

/* The kind of memory-corruption that the innermost frames speak for; NULL for none. */
const char *fault_corruption_kind(const struct snapshot *snapshot);
