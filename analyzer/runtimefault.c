#include "analyzer/runtimefault.h"

#include "analyzer/deathfacts.h"
#include "analyzer/fataltexts.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"

bool fault_is_in_runtime(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	const struct death_signal *fault = &death->fault;
	if (!fault->present || fault->sent ||
	    (fault->number != LINUX_SIGSEGV && fault->number != LINUX_SIGBUS))
		return false;
	if (death->way != DEATH_SIGNAL && death->way != DEATH_THROW)
		return false;
	if (death->way == DEATH_THROW && death_story(snapshot, CLASS_INVALID_ADDRESS) != NULL)
		return false;
	return !death_in_c(snapshot, arena);
}

/* Functions that work on what may be damaged, innermost decides (runtime/traceback.go, stack.go,
 * mgcmark.go, mbitmap.go, mgcsweep.go, mheap.go, mcache.go, mcentral.go, malloc.go). */
static const struct {
	const char *function; /* how its name begins */
	const char *kind;
} rows[] = {
	{ "runtime.(*unwinder).", "bad-stack" },
	{ "runtime.gentraceback", "bad-stack" },
	{ "runtime.(*stkframe).", "bad-stack" },
	{ "runtime.adjustframe", "bad-stack" },
	{ "runtime.adjustpointers", "bad-stack" },
	{ "runtime.adjustdefers", "bad-stack" },
	{ "runtime.copystack", "bad-stack" },
	{ "runtime.scanstack", "bad-stack" },
	{ "runtime.scanframeworker", "bad-stack" },
	{ "runtime.heapBits", "heap-bitmap" },
	{ "runtime.(*mspan).heapBits", "heap-bitmap" },
	{ "runtime.(*mspan).typePointersOf", "heap-bitmap" },
	{ "runtime.typePointers.", "heap-bitmap" },
	{ "runtime.scanobject", "bad-pointer" },
	{ "runtime.scanObject", "bad-pointer" },
	{ "runtime.scanSpan", "bad-pointer" },
	{ "runtime.scanblock", "bad-pointer" },
	{ "runtime.greyobject", "bad-pointer" },
	{ "runtime.findObject", "bad-pointer" },
	{ "runtime.wbBufFlush", "bad-pointer" },
	{ "runtime.bulkBarrier", "bad-pointer" },
	{ "runtime.(*mspan).", "bad-span" },
	{ "runtime.(*mheap).", "bad-span" },
	{ "runtime.(*mcache).", "bad-span" },
	{ "runtime.(*mcentral).", "bad-span" },
	{ "runtime.(*sweepLocked).", "bad-span" },
	{ "runtime.nextFreeFast", "bad-span" },
	{ "runtime.mallocgc", "bad-span" },
};

static const char *kind_of(const struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
			if (function_begins(trace->frames[i].call->function, rows[r].function))
				return rows[r].kind;
	return NULL;
}

/* A goroutine's throw is printed from the system stack: what lies there may be no more than that. */
const char *fault_corruption_kind(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	const char *kind = kind_of(&death->system);
	return kind != NULL ? kind : kind_of(&death->culprit);
}
