#pragma once
/*
 * Which goroutines can touch which objects: by their stacks, as far as the compiler's maps say that
 * a variable is still used, and by what those lead to in the heap. References that the runtime
 * itself keeps for its queues do not count. A guess (a frame without a map) errs to more.
 */
#include "goruntime/snapshot.h"

struct reach {
	size_t goroutine_count, object_count;
	uint8_t *has;	 /* of goroutine g and object o: [g * object_count + o] */
	uint8_t *by_all; /* per object: a global variable leads to it, so that anybody may */
};

/* False where it is not known: the heap cannot be read, or they reach too much. GLOBALS: whether to
 * look from global variables, too. Memory of ARENA. */
bool reach_find(const struct snapshot *snapshot, const uint32_t *goroutines, size_t goroutine_count,
		const uint64_t *objects, size_t object_count, bool globals, struct arena *arena,
		struct reach *reach) MUST_CHECK;

static inline bool reach_has(const struct reach *reach, size_t goroutine, size_t object)
{
	return reach->has[goroutine * reach->object_count + object] != 0;
}
