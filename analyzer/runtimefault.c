#include "analyzer/runtimefault.h"

#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/fataltexts.h"
#include "analyzer/places.h"
#include "analyzer/signals.h"

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
	return !death_in_c(snapshot, arena);
}

bool panic_is_in_runtime(const struct snapshot *snapshot)
{
	const struct fatal_story *story = death_story(snapshot, CLASS_FATAL_ERROR);
	return snapshot->death.way == DEATH_THROW && story != NULL &&
	       strcmp(story->kind, "panic-in-runtime") == 0;
}

#define STACK	    "a goroutine's stack"
#define DEFERS	    "a goroutine's deferred calls and panics"
#define FREE_STACKS "its lists of free stacks"
#define HEAP	    "the heap"
#define CHANNEL	    "a channel"
#define TIMER	    "a timer"
#define RECORDS	    "its records of goroutines and threads"
#define FUNCTIONS   "its table of the program's functions"

/* Functions that work on what may be damaged, innermost decides (runtime/traceback.go, stack.go,
 * mgcmark.go, mgcmark_greenteagc.go, mbitmap.go, mgcsweep.go, mheap.go, mcache.go, mcentral.go,
 * malloc.go, panic.go, chan.go, time.go, asm_*.s, proc.go, symtab.go). */
static const struct runtime_work rows[] = {
	{ "runtime.(*unwinder).", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.gentraceback", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.(*stkframe).", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.adjustframe", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.adjustpointers", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.adjustdefers", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.copystack", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.scanstack", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.scanframeworker", "bad-stack", STACK, WORK_OF_ANY },
	{ "runtime.stackpoolalloc", "bad-stack", FREE_STACKS, WORK_OF_ANY },
	{ "runtime.stackpoolfree", "bad-stack", FREE_STACKS, WORK_OF_ANY },
	{ "runtime.stackcache", "bad-stack", FREE_STACKS, WORK_OF_ANY },
	{ "runtime.stackalloc", "bad-stack", FREE_STACKS, WORK_OF_ANY },
	{ "runtime.stackfree", "bad-stack", FREE_STACKS, WORK_OF_ANY },
	{ "runtime.(*_panic).", "bad-stack", DEFERS, WORK_OF_ANY },
	{ "runtime.addOneOpenDeferFrame", "bad-stack", DEFERS, WORK_OF_ANY },
	{ "runtime.runOpenDeferFrame", "bad-stack", DEFERS, WORK_OF_ANY },
	{ "runtime.preprintpanics", "bad-stack", DEFERS, WORK_ON_OWN_ALONE },
	{ "runtime.printpanics", "bad-stack", DEFERS, WORK_ON_OWN_ALONE },
	{ "runtime.freedefer", "bad-stack", DEFERS, WORK_OF_ITSELF },
	{ "runtime.deferreturn", "bad-stack", DEFERS, WORK_OF_ITSELF },
	{ "runtime.heapBits", "heap-bitmap", HEAP, WORK_OF_ANY },
	{ "runtime.(*mspan).heapBits", "heap-bitmap", HEAP, WORK_OF_ANY },
	{ "runtime.(*mspan).typePointersOf", "heap-bitmap", HEAP, WORK_OF_ANY },
	{ "runtime.typePointers.", "heap-bitmap", HEAP, WORK_OF_ANY },
	{ "runtime.scanobject", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.scanObject", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.scanSpan", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.scanblock", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.tryDeferToSpanScan", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.greyobject", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.findObject", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.wbBufFlush", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.bulkBarrier", "bad-pointer", HEAP, WORK_OF_ANY },
	{ "runtime.(*mspan).", "bad-span", HEAP, WORK_OF_ANY },
	{ "runtime.(*mheap).", "bad-span", HEAP, WORK_OF_ANY },
	{ "runtime.(*mcache).", "bad-span", HEAP, WORK_OF_ANY },
	{ "runtime.(*mcentral).", "bad-span", HEAP, WORK_OF_ANY },
	{ "runtime.(*sweepLocked).", "bad-span", HEAP, WORK_OF_ANY },
	{ "runtime.nextFreeFast", "bad-span", HEAP, WORK_OF_ANY },
	{ "runtime.mallocgc", "bad-span", HEAP, WORK_OF_ANY },
	{ "runtime.chansend", "bad-pointer", CHANNEL, WORK_OF_ANY },
	{ "runtime.chanrecv", "bad-pointer", CHANNEL, WORK_OF_ANY },
	{ "runtime.closechan", "bad-pointer", CHANNEL, WORK_OF_ANY },
	{ "runtime.selectgo", "bad-pointer", CHANNEL, WORK_OF_ANY },
	{ "runtime.(*waitq).", "bad-pointer", CHANNEL, WORK_OF_ITSELF },
	{ "runtime.runOneTimer", "bad-pointer", TIMER, WORK_OF_ANY },
	{ "runtime.runtimer", "bad-pointer", TIMER, WORK_OF_ANY },
	{ "runtime.doaddtimer", "bad-pointer", TIMER, WORK_OF_ANY },
	{ "runtime.siftupTimer", "bad-pointer", TIMER, WORK_OF_ANY },
	{ "runtime.siftdownTimer", "bad-pointer", TIMER, WORK_OF_ANY },
	{ "runtime.(*timer", "bad-pointer", TIMER, WORK_OF_ANY },
	{ "runtime.mcall", "bad-pointer", RECORDS, WORK_ON_OWN_ALONE },
	{ "runtime.gogo", "bad-stack", RECORDS, WORK_ON_OWN_ALONE },
	{ "gogo", "bad-stack", RECORDS, WORK_ON_OWN_ALONE },
	{ "runtime.systemstack", "bad-pointer", RECORDS, WORK_ON_OWN_ALONE },
	{ "runtime.readgstatus", "bad-pointer", RECORDS, WORK_ON_OWN_ALONE },
	{ "runtime.goroutineheader", "bad-pointer", RECORDS, WORK_ON_OWN_ALONE },
	{ "runtime.tracebacksomeothers", "bad-pointer", RECORDS, WORK_ON_OWN_ALONE },
	{ "runtime.tracebackothers", "bad-pointer", RECORDS, WORK_ON_OWN_ALONE },
	{ "runtime.isSystemGoroutine", "bad-pointer", FUNCTIONS, WORK_OF_ITSELF },
	{ "runtime.findfunc", "bad-pointer", FUNCTIONS, WORK_OF_ITSELF },
	{ "runtime.pcvalue", "bad-pointer", FUNCTIONS, WORK_OF_ITSELF },
	{ "runtime.funcdata", "bad-pointer", FUNCTIONS, WORK_OF_ITSELF },
	{ "runtime.funcInfo.", "bad-pointer", FUNCTIONS, WORK_OF_ITSELF },
};

/* What stands above the code that failed, and what it calls to move memory. */
static bool is_way_to_it(const char *function)
{
	static const char *const names[] = {
		"runtime.throw",
		"runtime.sigpanic",
		"runtime.fatal",
		"runtime.panicCheck",
		"runtime.goPanic",
		"runtime.panic",
		"panic",
		"runtime.memmove",
		"runtime.memclr",
		"runtime.memequal",
		"runtime.typedmem",
	};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (function_begins(function, names[i]))
			return true;
	return false;
}

static const struct runtime_work *work_of(const char *function, bool innermost)
{
	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++)
		if ((innermost || rows[r].whose == WORK_OF_ANY) &&
		    function_begins(function, rows[r].function))
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

/* A goroutine's throw is printed from the system stack: what lies there may be no more than
 * that. */
const struct runtime_work *runtime_work_failed(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	bool thrown = death->way == DEATH_THROW;
	if (!fault_is_in_runtime(snapshot, arena) && !panic_is_in_runtime(snapshot))
		return NULL;
	/* Where the system stack failed, the goroutine stands where it left for it. */
	bool left = thrown ? death->on_system_stack : death->system.count > 0;
	const struct runtime_work *work = work_in(&death->system, !thrown);
	if (work == NULL)
		work = work_in(&death->culprit, !left);
	/* What could have become a panic hit code that may follow the program's pointers. */
	if (thrown && death_story(snapshot, CLASS_INVALID_ADDRESS) != NULL && work != NULL &&
	    work->whose != WORK_ON_OWN_ALONE)
		return NULL;
	return work;
}
