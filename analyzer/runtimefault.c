#include "analyzer/runtimefault.h"

#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/fataltexts.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"

/* gogo only loads what a goroutine's record says and jumps there (asm_*.s). */
static bool is_switch(const struct trace *culprit)
{
	for (size_t i = 0; i < culprit->count; i++) {
		const char *function = culprit->frames[i].call->function;
		if (strcmp(function, "gogo") == 0 || strcmp(function, "runtime.gogo") == 0)
			return true;
		if (!function_is_runtime(function))
			return false;
	}
	return false;
}

static bool fault_is_in_runtime(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	const struct death_signal *fault = &death->fault;
	if (death->way == DEATH_NONE)
		return death->culprit.count + death->system.count > 0 &&
		       death_raw_fault(snapshot, arena) != NULL;
	if (!fault->present || fault->sent || fault->off_code ||
	    (fault->number != LINUX_SIGSEGV && fault->number != LINUX_SIGBUS))
		return false;
	if (death->way != DEATH_SIGNAL && death->way != DEATH_THROW)
		return false;
	if (death->way == DEATH_THROW && death_story(snapshot, CLASS_INVALID_ADDRESS) != NULL &&
	    !is_switch(&death->culprit))
		return false;
	return !death_in_c(snapshot, arena);
}

bool panic_is_in_runtime(const struct snapshot *snapshot)
{
	const struct fatal_story *story = death_story(snapshot, CLASS_FATAL_ERROR);
	return snapshot->death.way == DEATH_THROW && story != NULL &&
	       strcmp(story->kind, "panic-in-runtime") == 0;
}

#define STACK "a goroutine's stack"
#define DEFERS "a goroutine's deferred calls and panics"
#define FREE_STACKS "its lists of free stacks"
#define HEAP "the heap"
#define CHANNEL "a channel"
#define RECORDS "its records of goroutines and threads"
#define FUNCTIONS "its table of the program's functions"

/* Functions that work on what may be damaged, innermost decides (runtime/traceback.go, stack.go,
 * mgcmark.go, mgcmark_greenteagc.go, mbitmap.go, mgcsweep.go, mheap.go, mcache.go, mcentral.go, malloc.go,
 * panic.go, chan.go, asm_*.s, proc.go, symtab.go). */
static const struct runtime_work rows[] = {
	{ "runtime.(*unwinder).", "bad-stack", STACK, false },
	{ "runtime.gentraceback", "bad-stack", STACK, false },
	{ "runtime.(*stkframe).", "bad-stack", STACK, false },
	{ "runtime.adjustframe", "bad-stack", STACK, false },
	{ "runtime.adjustpointers", "bad-stack", STACK, false },
	{ "runtime.adjustdefers", "bad-stack", STACK, false },
	{ "runtime.copystack", "bad-stack", STACK, false },
	{ "runtime.scanstack", "bad-stack", STACK, false },
	{ "runtime.scanframeworker", "bad-stack", STACK, false },
	{ "runtime.stackpoolalloc", "bad-stack", FREE_STACKS, false },
	{ "runtime.stackpoolfree", "bad-stack", FREE_STACKS, false },
	{ "runtime.stackcache", "bad-stack", FREE_STACKS, false },
	{ "runtime.stackalloc", "bad-stack", FREE_STACKS, false },
	{ "runtime.stackfree", "bad-stack", FREE_STACKS, false },
	{ "runtime.(*_panic).", "bad-stack", DEFERS, false },
	{ "runtime.addOneOpenDeferFrame", "bad-stack", DEFERS, false },
	{ "runtime.runOpenDeferFrame", "bad-stack", DEFERS, false },
	{ "runtime.freedefer", "bad-stack", DEFERS, true },
	{ "runtime.deferreturn", "bad-stack", DEFERS, true },
	{ "runtime.heapBits", "heap-bitmap", HEAP, false },
	{ "runtime.(*mspan).heapBits", "heap-bitmap", HEAP, false },
	{ "runtime.(*mspan).typePointersOf", "heap-bitmap", HEAP, false },
	{ "runtime.typePointers.", "heap-bitmap", HEAP, false },
	{ "runtime.scanobject", "bad-pointer", HEAP, false },
	{ "runtime.scanObject", "bad-pointer", HEAP, false },
	{ "runtime.scanSpan", "bad-pointer", HEAP, false },
	{ "runtime.scanblock", "bad-pointer", HEAP, false },
	{ "runtime.tryDeferToSpanScan", "bad-pointer", HEAP, false },
	{ "runtime.greyobject", "bad-pointer", HEAP, false },
	{ "runtime.findObject", "bad-pointer", HEAP, false },
	{ "runtime.wbBufFlush", "bad-pointer", HEAP, false },
	{ "runtime.bulkBarrier", "bad-pointer", HEAP, false },
	{ "runtime.(*mspan).", "bad-span", HEAP, false },
	{ "runtime.(*mheap).", "bad-span", HEAP, false },
	{ "runtime.(*mcache).", "bad-span", HEAP, false },
	{ "runtime.(*mcentral).", "bad-span", HEAP, false },
	{ "runtime.(*sweepLocked).", "bad-span", HEAP, false },
	{ "runtime.nextFreeFast", "bad-span", HEAP, false },
	{ "runtime.mallocgc", "bad-span", HEAP, false },
	{ "runtime.chansend", "bad-pointer", CHANNEL, false },
	{ "runtime.chanrecv", "bad-pointer", CHANNEL, false },
	{ "runtime.closechan", "bad-pointer", CHANNEL, false },
	{ "runtime.selectgo", "bad-pointer", CHANNEL, false },
	{ "runtime.(*waitq).", "bad-pointer", CHANNEL, true },
	{ "runtime.mcall", "bad-pointer", RECORDS, true },
	{ "runtime.gogo", "bad-stack", RECORDS, true },
	{ "gogo", "bad-stack", RECORDS, true },
	{ "runtime.systemstack", "bad-pointer", RECORDS, true },
	{ "runtime.readgstatus", "bad-pointer", RECORDS, true },
	{ "runtime.goroutineheader", "bad-pointer", RECORDS, true },
	{ "runtime.tracebacksomeothers", "bad-pointer", RECORDS, true },
	{ "runtime.tracebackothers", "bad-pointer", RECORDS, true },
	{ "runtime.isSystemGoroutine", "bad-pointer", FUNCTIONS, true },
	{ "runtime.findfunc", "bad-pointer", FUNCTIONS, true },
	{ "runtime.pcvalue", "bad-pointer", FUNCTIONS, true },
	{ "runtime.funcdata", "bad-pointer", FUNCTIONS, true },
	{ "runtime.funcInfo.", "bad-pointer", FUNCTIONS, true },
};

/* What stands above the code that failed, and what it calls to move memory. */
static bool is_way_to_it(const char *function)
{
	static const char *const names[] = {
		"runtime.throw",    "runtime.sigpanic",	 "runtime.fatal",  "runtime.panicCheck",
		"runtime.goPanic",  "runtime.panic",	 "panic",	   "runtime.memmove",
		"runtime.memclr",   "runtime.memequal",	 "runtime.typedmem",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (function_begins(function, names[i]))
			return true;
	return false;
}

static const struct runtime_work *work_of(const char *function, bool innermost)
{
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		if ((innermost || !rows[r].innermost) && function_begins(function, rows[r].function))
			return &rows[r];
	return NULL;
}

/* Up to the first frame that is not the runtime's: what that called was not damaged by this. */
static const struct runtime_work *work_in(const struct trace *trace, bool innermost)
{
	for (size_t i = 0; i < trace->count; i++) {
		const char *function = trace->frames[i].call->function;
		const struct runtime_work *work = work_of(function, innermost);
		if (work != NULL)
			return work;
		if (!function_is_runtime(function) && strchr(function, '.') != NULL)
			return NULL;
		innermost = innermost && is_way_to_it(function);
	}
	return NULL;
}

/* A goroutine's throw is printed from the system stack: what lies there may be no more than that. */
const struct runtime_work *runtime_work_failed(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	if (!fault_is_in_runtime(snapshot, arena) && !panic_is_in_runtime(snapshot))
		return NULL;
	bool on_system = death->system.count > 0; /* then the goroutine stands where it left */
	const struct runtime_work *work = work_in(&death->system, death->way == DEATH_SIGNAL);
	return work != NULL ? work : work_in(&death->culprit, !on_system);
}
