#include "analyzer/fataltexts.h"

#include <string.h>

#include "analyzer/places.h"

/* clang-format off: a table to be read by rows */
enum story {
	OTHER,
	MAP_WRITES,
	MAP_READ_WRITE,
	MAP_ITERATION,
	MAP_FULL,
	UNLOCK,
	RW_UNLOCK,
	RW_RUNLOCK,
	RUNTIME_UNLOCK,
	ASLEEP,
	MAIN_EXITED,
	STACK_OVERFLOW,
	SYSTEM_STACK,
	RESERVE_FAILED,
	MAP_FAILED,
	METADATA_FAILED,
	THREADS,
	NEW_THREAD,
	BAD_HEAP_POINTER,
	GIVEN_POINTER,
	FREE_OBJECT,
	BAD_STACK_POINTER,
	CHECKPTR,
	BAD_SPAN,
	BAD_COUNTS,
	BAD_LIST,
	BAD_RETURN,
	BAD_FRAME,
	BAD_BOUNDS,
	BAD_STATUS,
	BAD_WAITERS,
	DIRTY_FREE,
	SPLIT_OVERFLOW,
	BITMAP,
	FAULT,
	RUNTIME_FAULT,
	PRINTING_PANIC,
	MUTEX_STATE,
	GO_NIL,
	FINALIZER,
	SYNCTEST,
	RUNTIME_PANIC,
	GOEXIT,
	FOREIGN_HANDLER,
	NETPOLL,
	TIMER,
};

#define CORRUPTED_EARLIER                                                                          \
	"The code that did the damage ran earlier; where the runtime noticed says little about it."
#define LOOK_FOR_UNSAFE                                                                            \
	"Look for unsafe, cgo, reflect.SliceHeader and data races on slices, strings and "         \
	"interfaces; run the tests with -race, with -gcflags=all=-d=checkptr, and with -asan."

static const struct fatal_story stories[] = {
	[OTHER] = { CLASS_FATAL_ERROR, "other", CERTAIN, NULL,
		    "The runtime gave up: it found itself in a state in which it cannot go on.",
		    NULL },
	[MAP_WRITES] = { CLASS_DATA_RACE, "concurrent-map-write", CERTAIN,
			 "two goroutines wrote to one map at the same time",
			 "A map write found another write in progress on the same map. Maps are "
			 "not safe for concurrent use; the runtime checks and ends the process.",
			 "Guard every access to this map with one sync.Mutex, or use sync.Map; the "
			 "race detector (go test -race, go build -race) names both accesses." },
	[MAP_READ_WRITE] = { CLASS_DATA_RACE, "concurrent-map-read-write", CERTAIN,
			     "a map was read while another goroutine wrote to it",
			     "A map access found a write in progress on the same map. Maps are not "
			     "safe for concurrent use; the runtime checks and ends the process.",
			     "Guard reads as well as writes of this map with one sync.RWMutex, or "
			     "use sync.Map; the race detector (go test -race, go build -race) "
			     "names both accesses." },
	[MAP_ITERATION] = { CLASS_DATA_RACE, "concurrent-map-iteration-write", CERTAIN,
			    "a map was written to while another goroutine ranged over it",
			    "A loop over a map found a write in progress on the same map. Maps are "
			    "not safe for concurrent use; the runtime checks and ends the process.",
			    "Hold the lock of this map for the whole loop, or range over a copy "
			    "made under the lock; the race detector (go test -race, go build "
			    "-race) names both accesses." },
	[MAP_FULL] = { CLASS_DATA_RACE, "concurrent-map-write", LIKELY,
		       "a map is in a state that only concurrent writes leave",
		       "An insert found no free slot in a small map that must have one. Concurrent "
		       "writes do this; damaged memory could, too.",
		       "The race detector (go test -race, go build -race) names both accesses." },
	[UNLOCK] = { CLASS_DATA_RACE, "unlock-of-unlocked", CERTAIN,
		     "a mutex was unlocked that nobody had locked",
		     "Unlock was called on a mutex that was not locked: unlocked twice, unlocked "
		     "without a lock, a mutex that was copied while it was in use, or two "
		     "goroutines that unlock for one lock.",
		     "Check that each Unlock has its own Lock on every path (deferred ones too), "
		     "and that the mutex is not copied (go vet's copylocks)." },
	[RW_UNLOCK] = { CLASS_DATA_RACE, "unlock-of-unlocked", CERTAIN,
			"an RWMutex was unlocked that nobody had locked for writing",
			"Unlock was called on an RWMutex that no writer held: unlocked twice, without a "
			"Lock, after RLock (whose counterpart is RUnlock), or in a copy of it.",
			"Check that each Unlock has its own Lock on every path (deferred ones too), "
			"and that the mutex is not copied (go vet's copylocks)." },
	[RW_RUNLOCK] = { CLASS_DATA_RACE, "unlock-of-unlocked", CERTAIN,
			 "an RWMutex was given back that nobody had locked for reading",
			 "RUnlock was called on an RWMutex that no reader held: once too often, without "
			 "an RLock, after Lock (whose counterpart is Unlock), or in a copy of it.",
			 "Check that each RUnlock has its own RLock on every path (deferred ones too), "
			 "and that the mutex is not copied (go vet's copylocks)." },
	[RUNTIME_UNLOCK] = { CLASS_FATAL_ERROR, "other", CERTAIN, NULL,
			     "A lock of the runtime itself was released though nobody held it: the "
			     "runtime's own state is inconsistent.",
			     NULL },
	[ASLEEP] = { CLASS_DEADLOCK, "all-asleep", CERTAIN,
		     "every goroutine waits for something that no other will ever do",
		     "No goroutine can run, no timer is set, and no system call is under way: "
		     "nothing could ever wake one of them.",
		     NULL },
	[MAIN_EXITED] = { CLASS_DEADLOCK, "main-exited", CERTAIN,
			  "the main goroutine ended with runtime.Goexit and no other is left",
			  "runtime.Goexit (which t.FailNow and t.SkipNow call) ended the main "
			  "goroutine without returning from main, and then the last other "
			  "goroutine ended.",
			  "Find what calls runtime.Goexit on the main goroutine." },
	[STACK_OVERFLOW] = { CLASS_STACK_OVERFLOW, "recursion", CERTAIN, NULL, NULL, NULL },
	[SYSTEM_STACK] = { CLASS_STACK_OVERFLOW, "deep-frames", CERTAIN,
			   "the system stack of a thread overflowed",
			   "Code that runs on a thread's system stack (g0), which cannot grow, "
			   "needed more than it has: deep C calls below Go, or the runtime's own "
			   "code.",
			   NULL },
	[RESERVE_FAILED] = { CLASS_OUT_OF_MEMORY, "address-space", CERTAIN,
			     "the kernel refused address space for the heap", NULL, NULL },
	[MAP_FAILED] = { CLASS_OUT_OF_MEMORY, "limit", CERTAIN,
			 "the kernel refused memory for the heap", NULL, NULL },
	[METADATA_FAILED] = { CLASS_OUT_OF_MEMORY, "allocation-failed", CERTAIN,
			      "the runtime could not get memory for its own tables", NULL, NULL },
	[THREADS] = { CLASS_OUT_OF_MEMORY, "thread-limit", CERTAIN, NULL, NULL, NULL },
	[NEW_THREAD] = { CLASS_OUT_OF_MEMORY, "thread-limit", CERTAIN, NULL, NULL, NULL },
	[BAD_HEAP_POINTER] = { CLASS_MEMORY_CORRUPTION, "bad-pointer", CERTAIN,
			       "the collector found a pointer into heap memory that is not in use",
			       "A live object holds a pointer into a part of the heap that was "
			       "freed or never handed out. " CORRUPTED_EARLIER,
			       LOOK_FOR_UNSAFE },
	[GIVEN_POINTER] = { CLASS_MEMORY_CORRUPTION, "bad-pointer", CERTAIN,
			    "the runtime was given a pointer into heap memory that is not in use",
			    "The pointer that a call of the runtime or of C was given points into a "
			    "part of the heap that was freed or never handed out.",
			    LOOK_FOR_UNSAFE },
	[FREE_OBJECT] = { CLASS_MEMORY_CORRUPTION, "bad-pointer", CERTAIN,
			  "the collector found a live pointer to an object that it had freed",
			  "While sweeping, an object that was free turned out to be marked as "
			  "reachable: a pointer was kept where the collector cannot see it (a "
			  "uintptr, C memory) and then came back. " CORRUPTED_EARLIER,
			  LOOK_FOR_UNSAFE },
	[BAD_STACK_POINTER] = { CLASS_MEMORY_CORRUPTION, "bad-pointer", CERTAIN,
				"a pointer variable on a stack holds a number that cannot be a "
				"pointer",
				"While a stack was copied, a slot that the compiler knows as a "
				"pointer held a value below 4096. " CORRUPTED_EARLIER,
				LOOK_FOR_UNSAFE },
	[CHECKPTR] = { CLASS_MEMORY_CORRUPTION, "bad-pointer", CERTAIN, NULL,
		       "The checks for unsafe.Pointer (-d=checkptr, on with -race and -asan) "
		       "stopped a conversion that breaks the rules of package unsafe, before it "
		       "could do damage.",
		       "Correct the conversion in the frame above; the rules are in the "
		       "documentation of unsafe.Pointer." },
	[BAD_SPAN] = { CLASS_MEMORY_CORRUPTION, "bad-span", CERTAIN, NULL,
		       "The allocator's own record of a run of pages contradicts "
		       "itself. " CORRUPTED_EARLIER,
		       LOOK_FOR_UNSAFE },
	[BAD_COUNTS] = { CLASS_MEMORY_CORRUPTION, "bad-span", CERTAIN,
			 "a span has other objects than the allocator has counted",
			 "The number of objects that the allocator counted in a span contradicts "
			 "the span's own bits. " CORRUPTED_EARLIER,
			 LOOK_FOR_UNSAFE },
	[BAD_LIST] = { CLASS_MEMORY_CORRUPTION, "bad-span", CERTAIN, NULL,
		       "A list or queue of the allocator or the collector is "
		       "broken. " CORRUPTED_EARLIER,
		       LOOK_FOR_UNSAFE },
	[BAD_RETURN] = { CLASS_MEMORY_CORRUPTION, "bad-stack", CERTAIN,
			 "a return address on a goroutine's stack is no address of Go code",
			 "The runtime could not walk a goroutine's stack: a return address was "
			 "overwritten. " CORRUPTED_EARLIER,
			 "Look at the frame below the bad return address for writes past the end "
			 "of a local array (unsafe, cgo, assembly)." },
	[BAD_FRAME] = { CLASS_MEMORY_CORRUPTION, "bad-stack", CERTAIN, NULL,
			"A goroutine's stack is not what the compiler's tables "
			"say. " CORRUPTED_EARLIER,
			"Look for assembly, cgo and unsafe code on that stack." },
	[BAD_BOUNDS] = { CLASS_MEMORY_CORRUPTION, "bad-stack", CERTAIN,
			 "the bounds of a goroutine's stack are none",
			 "The runtime met a stack whose size it cannot have made: the record of the "
			 "goroutine, or of the stack, was overwritten. " CORRUPTED_EARLIER,
			 LOOK_FOR_UNSAFE },
	[BAD_STATUS] = { CLASS_MEMORY_CORRUPTION, "bad-stack", LIKELY,
			 "a goroutine's record has a status that none can have",
			 "The collector, or the scheduler, met a goroutine whose record it cannot have "
			 "written itself. " CORRUPTED_EARLIER,
			 LOOK_FOR_UNSAFE },
	[BAD_WAITERS] = { CLASS_MEMORY_CORRUPTION, "bad-pointer", LIKELY, NULL,
			  "The runtime's records of who waits for a channel or a semaphore contradict "
			  "each other. " CORRUPTED_EARLIER,
			  LOOK_FOR_UNSAFE },
	[DIRTY_FREE] = { CLASS_MEMORY_CORRUPTION, "bad-span", CERTAIN,
			 "memory that was free was written to",
			 "The allocator hands out memory that it knows to be zeros, and this had been "
			 "written to while nobody owned it. " CORRUPTED_EARLIER,
			 LOOK_FOR_UNSAFE },
	[SPLIT_OVERFLOW] = { CLASS_MEMORY_CORRUPTION, "bad-stack", CERTAIN, NULL,
			     "The stack pointer was below the stack's bounds when the stack should "
			     "have grown: code that may not grow its stack used more than the "
			     "guard allows.",
			     NULL },
	[BITMAP] = { CLASS_MEMORY_CORRUPTION, "heap-bitmap", CERTAIN, NULL,
		     "The bits that tell the collector which words of an object are pointers "
		     "contradict the object's type. " CORRUPTED_EARLIER,
		     LOOK_FOR_UNSAFE },
	[FAULT] = { CLASS_INVALID_ADDRESS, "unmapped", CERTAIN, NULL, NULL, NULL },
	[RUNTIME_FAULT] = { CLASS_FATAL_ERROR, "fault-in-runtime", CERTAIN,
			    "a fault hit while the runtime was in the middle of its own work",
			    "A signal hit code that may not panic: the runtime held locks or was "
			    "allocating. Damaged memory is the usual reason.",
			    LOOK_FOR_UNSAFE },
	[PRINTING_PANIC] = { CLASS_PANIC, "value", CERTAIN, NULL, NULL, NULL },
	[MUTEX_STATE] = { CLASS_FATAL_ERROR, "mutex-state", CERTAIN,
			  "the state word of a mutex contradicts itself",
			  "A mutex was overwritten or copied while goroutines waited for it.",
			  "Check that the mutex is not copied (go vet's copylocks) and that "
			  "nothing writes over the struct that holds it." },
	[GO_NIL] = { CLASS_FATAL_ERROR, "go-of-nil-func", CERTAIN,
		     "a go statement was given a nil function",
		     "The function value in a go statement was nil, so there was nothing to run.",
		     NULL },
	[FINALIZER] = { CLASS_FATAL_ERROR, "set-finalizer", CERTAIN,
			"runtime.SetFinalizer was called with what it does not take", NULL,
			"Correct the call in the frame above; the documentation of "
			"runtime.SetFinalizer has the rules." },
	[SYNCTEST] = { CLASS_FATAL_ERROR, "synctest-bubble", CERTAIN,
		       "something that belongs to a synctest bubble was used from outside of it",
		       "Channels, timers and wait groups made inside a testing/synctest bubble may "
		       "be used by the goroutines of that bubble only.",
		       NULL },
	[RUNTIME_PANIC] = { CLASS_FATAL_ERROR, "panic-in-runtime", CERTAIN,
			    "a panic was raised where the runtime cannot handle one",
			    "Code that runs inside the runtime (on a system stack, while "
			    "allocating, or with a lock held) panicked.",
			    NULL },
	[GOEXIT] = { CLASS_FATAL_ERROR, "goexit-on-foreign-thread", CERTAIN,
		     "runtime.Goexit was called on a thread that C created",
		     "A Go function that C called ended its goroutine with runtime.Goexit; there "
		     "is nothing to return to.",
		     NULL },
	[FOREIGN_HANDLER] = { CLASS_FATAL_ERROR, "signal-handler", CERTAIN, NULL,
			      "C code in the process changed how signals are handled in a way that "
			      "Go cannot work with.",
			      "C code must install its handlers with SA_ONSTACK and leave the "
			      "alternate stacks of Go's threads alone (documentation of os/signal, "
			      "\"Go programs that use cgo or SWIG\")." },
	[NETPOLL] = { CLASS_FATAL_ERROR, "netpoll", CERTAIN, NULL,
		      "The network poller failed: its descriptor was closed or reused by somebody "
		      "else, or the process ran out of descriptors.",
		      "Look for code that closes descriptors it does not own (syscall.Close, "
		      "os.NewFile, C)." },
	[TIMER] = { CLASS_FATAL_ERROR, "timer", CERTAIN, NULL,
		    "The runtime's heap of timers is inconsistent: a time.Timer was copied, "
		    "overwritten, or used by two goroutines at once without synchronization.",
		    NULL },
};

/* clang-format on */

enum match { EXACT, PREFIX };

/* All texts of Linux in go1.19 to go1.27 that are not just OTHER. Files are in src/runtime. */
static const struct {
	const char *text;
	enum match match;
	enum story story;
} texts[] = {
	/* map.go, map_fast*.go; internal/runtime/maps from 1.24 on */
	{ "concurrent map writes", EXACT, MAP_WRITES },
	{ "concurrent map read and map write", EXACT, MAP_READ_WRITE },
	{ "concurrent map clone and map write", EXACT, MAP_READ_WRITE },
	{ "concurrent map iteration and map write", EXACT, MAP_ITERATION },
	{ "small map with no empty slot (concurrent map writes?)", EXACT, MAP_FULL },
	/* sync/mutex.go, sync/rwmutex.go; internal/sync from 1.24 on */
	{ "sync: unlock of unlocked mutex", EXACT, UNLOCK },
	{ "sync: Unlock of unlocked RWMutex", EXACT, RW_UNLOCK },
	{ "sync: RUnlock of unlocked RWMutex", EXACT, RW_RUNLOCK },
	{ "sync: inconsistent mutex state", EXACT, MUTEX_STATE },
	/* lock_futex.go, rwmutex.go: the runtime's own locks */
	{ "unlock of unlocked lock", EXACT, RUNTIME_UNLOCK },
	{ "unlock of unlocked rwmutex", EXACT, RUNTIME_UNLOCK },
	{ "runlock of unlocked rwmutex", EXACT, RUNTIME_UNLOCK },
	/* proc.go checkdead */
	{ "all goroutines are asleep - deadlock!", EXACT, ASLEEP },
	{ "no goroutines (main called runtime.Goexit) - deadlock!", EXACT, MAIN_EXITED },
	/* stack.go newstack, proc.go badmorestackg0 (1.21 on) */
	{ "stack overflow", EXACT, STACK_OVERFLOW },
	{ "morestack on g0", EXACT, SYSTEM_STACK },
	{ "runtime: split stack overflow", EXACT, SPLIT_OVERFLOW },
	/* mcache.go, stack.go after mheap.go grow; malloc.go, mpagealloc_64bit.go: mmap(PROT_NONE)
	 */
	{ "out of memory", EXACT, RESERVE_FAILED },
	{ "out of memory (stackalloc)", EXACT, RESERVE_FAILED },
	{ "memory reservation exceeds address space limit", EXACT, RESERVE_FAILED },
	{ "failed to reserve page summary memory", EXACT, RESERVE_FAILED },
	{ "failed to allocate aligned heap memory; too many retries", EXACT, RESERVE_FAILED },
	{ "too many address space collisions for -race mode", EXACT, RESERVE_FAILED },
	/* mem_linux.go sysMapOS, sysUsedOS; malloc.go persistentalloc: mmap(PROT_READ|PROT_WRITE)
	 */
	{ "runtime: out of memory", EXACT, MAP_FAILED },
	{ "runtime: cannot allocate memory", EXACT, MAP_FAILED },
	{ "runtime: cannot map pages in arena address space", EXACT, MAP_FAILED },
	{ "runtime: cannot remap pages in address space", EXACT, MAP_FAILED },
	{ "out of memory allocating ", PREFIX, METADATA_FAILED },
	{ "pageAlloc: out of memory", EXACT, METADATA_FAILED },
	{ "heapdump: out of memory", EXACT, METADATA_FAILED },
	{ "trace: out of memory", EXACT, METADATA_FAILED },
	{ "traceRegion: out of memory", EXACT, METADATA_FAILED },
	/* proc.go checkmcount, os_linux.go newosproc */
	{ "thread exhaustion", EXACT, THREADS },
	{ "newosproc", EXACT, NEW_THREAD },
	/* mbitmap.go badPointer, mgcsweep.go reportZombies, mgcmark.go greyobject */
	{ "found bad pointer in Go heap (incorrect use of unsafe or cgo?)", EXACT,
	  BAD_HEAP_POINTER },
	{ "found pointer to free object", EXACT, FREE_OBJECT },
	{ "marking free object", EXACT, FREE_OBJECT },
	{ "greyobject: obj not pointer-aligned", EXACT, BAD_HEAP_POINTER },
	{ "found bad interior pointer", EXACT, BAD_HEAP_POINTER },
	{ "checkmark found unmarked object", EXACT, BAD_HEAP_POINTER },
	/* stack.go adjustpointers */
	{ "invalid pointer found on stack", EXACT, BAD_STACK_POINTER },
	/* checkptr.go, slice.go, unsafe.go */
	{ "checkptr: ", PREFIX, CHECKPTR },
	/* mgcsweep.go, mcentral.go, mcache.go, malloc.go */
	{ "sweep increased allocation count", EXACT, BAD_COUNTS },
	{ "span has no free objects", EXACT, BAD_COUNTS },
	{ "span has no free space", EXACT, BAD_COUNTS },
	{ "uncaching span but s.allocCount == 0", EXACT, BAD_COUNTS },
	{ "refill of span with free space remaining", EXACT, BAD_COUNTS },
	{ "s.allocCount > s.nelems", EXACT, BAD_COUNTS },
	{ "s.allocCount != s.nelems && freeIndex == s.nelems", EXACT, BAD_COUNTS },
	{ "s.freeindex > s.nelems", EXACT, BAD_COUNTS },
	{ "freeIndex is not valid", EXACT, BAD_COUNTS },
	{ "bad sweepgen in refill", EXACT, BAD_SPAN },
	{ "bad flushGen", EXACT, BAD_SPAN },
	{ "mspan.sweep: bad span state", PREFIX, BAD_SPAN },
	{ "swept cached span", EXACT, BAD_SPAN },
	{ "non in-use span in unswept list", EXACT, BAD_SPAN },
	{ "non in-use span found with specials bit set", EXACT, BAD_SPAN },
	{ "gc: unswept span", EXACT, BAD_SPAN },
	{ "span on userArena.faultList has invalid size", EXACT, BAD_SPAN },
	{ "invalid span in heapArena for user arena", EXACT, BAD_SPAN },
	{ "user arena span is on the wrong list", EXACT, BAD_SPAN },
	{ "nextReusable: ", PREFIX, BAD_SPAN },
	{ "nextReusableNoScan: ", PREFIX, BAD_SPAN },
	/* mheap.go */
	{ "mheap.freeSpanLocked - invalid ", PREFIX, BAD_SPAN },
	{ "potentially overlapping in-use allocations detected", EXACT, BAD_SPAN },
	{ "grew heap, but no adequate free space found", EXACT, BAD_SPAN },
	{ "addspecial on invalid pointer", EXACT, BAD_HEAP_POINTER },
	{ "removespecial on invalid pointer", EXACT, BAD_HEAP_POINTER },
	{ "getWeakHandle on invalid pointer", EXACT, BAD_HEAP_POINTER },
	{ "bad special kind", EXACT, BAD_SPAN },
	{ "mSpanList.", PREFIX, BAD_LIST },
	{ "span already on list", EXACT, BAD_LIST },
	{ "bad summary data", EXACT, BAD_SPAN },
	/* lfstack.go, mgcwork.go, mspanset.go, mwbbuf.go */
	{ "lfstack.push", EXACT, BAD_LIST },
	{ "bad lfnode address", EXACT, BAD_LIST },
	{ "workbuf is empty", EXACT, BAD_LIST },
	{ "workbuf is not empty", EXACT, BAD_LIST },
	{ "bad write barrier buffer bounds", EXACT, BAD_LIST },
	{ "headTailIndex overflow", EXACT, BAD_LIST },
	/* stack.go: the cache of stacks */
	{ "bad allocCount", EXACT, BAD_SPAN },
	{ "bad manualFreeList", EXACT, BAD_SPAN },
	{ "span has no free stacks", EXACT, BAD_SPAN },
	{ "freeing stack not in a stack span", EXACT, BAD_SPAN },
	{ "bad span state", EXACT, BAD_SPAN },
	/* traceback.go */
	{ "unknown caller pc", EXACT, BAD_RETURN },
	{ "unknown pc", EXACT, BAD_RETURN },
	{ "traceback did not unwind completely", EXACT, BAD_FRAME },
	{ "traceback stuck", EXACT, BAD_FRAME },
	{ "traceback", EXACT, BAD_FRAME },
	/* stack.go, stkframe.go, mgcstack.go, symtab.go */
	{ "missing stackmap", EXACT, BAD_FRAME },
	{ "stackmapdata: index out of range", EXACT, BAD_FRAME },
	{ "bad frame pointer", EXACT, BAD_FRAME },
	{ "bad top frame pointer", EXACT, BAD_FRAME },
	{ "stack size not a power of 2", EXACT, BAD_BOUNDS }, /* stack.go stackalloc, stackfree */
	{ "stack not a power of 2", EXACT, BAD_BOUNDS },
	{ "bad stack size", EXACT, BAD_BOUNDS },
	/* proc.go, preempt.go: a status that a g cannot have */
	{ "invalid g status", EXACT, BAD_STATUS },
	{ "bad g status", EXACT, BAD_STATUS },
	{ "bad g transition", EXACT, BAD_STATUS },
	{ "unexpected g status", EXACT, BAD_STATUS },
	{ "G waiting list is corrupted", EXACT, BAD_WAITERS }, /* chan.go */
	{ "acquireSudog: found s.elem != nil in cache", EXACT, BAD_WAITERS },
	{ "runtime: sudog with ", PREFIX, BAD_WAITERS },
	{ "corrupted semaphore ticket", EXACT, BAD_WAITERS }, /* sema.go */
	{ "semaRoot rotateLeft", EXACT, BAD_WAITERS },
	{ "semaRoot rotateRight", EXACT, BAD_WAITERS },
	{ "selectgo: bad wakeup", EXACT, BAD_WAITERS }, /* select.go */
	{ "chansend: spurious wakeup", EXACT, BAD_WAITERS },
	{ "found non-zeroed tail of allocation", EXACT, DIRTY_FREE }, /* mbitmap.go */
	{ "lfstack node allocated from the heap", EXACT, BAD_LIST },
	{ "runtime: invalid typeBitsBulkBarrier", EXACT, BITMAP },
	{ "bad symbol table", EXACT, BAD_FRAME },
	{ "missing stack in ", PREFIX, BAD_FRAME },
	{ "nil stackbase", EXACT, BAD_FRAME },
	{ "address not a stack address", EXACT, BAD_FRAME },
	{ "objects added out of order or overlapping", EXACT, BAD_FRAME },
	{ "invalid runtime symbol table", EXACT, BAD_FRAME },
	/* panic.go: the records of defer and recover */
	{ "bad defer entry in ", PREFIX, BAD_FRAME },
	{ "bad panic stack", EXACT, BAD_FRAME },
	{ "recovery failed", EXACT, BAD_FRAME },
	{ "bypassed recovery failed", EXACT, BAD_FRAME },
	{ "bad recovery", EXACT, BAD_FRAME },
	/* mbitmap.go, mbitmap_allocheaders.go */
	{ "bad heapBitsSetType", EXACT, BITMAP },
	{ "heapBitsSetType", PREFIX, BITMAP },
	{ "heapSetType: ", PREFIX, BITMAP },
	{ "userArenaHeapBitsSetType: ", PREFIX, BITMAP },
	{ "bad pointer bits written for small object", EXACT, BITMAP },
	{ "tried to write heap bits, but no heap bits in span", EXACT, BITMAP },
	{ "heapBits called for ", PREFIX, BITMAP },
	{ "mismatch between typePointersOfType and typePointersOf", EXACT, BITMAP },
	{ "typePointersOfUnchecked consisting of non-base-address for object", EXACT, BITMAP },
	{ "bulkBarrierPreWrite: unaligned arguments", EXACT, BITMAP },
	{ "found two different masks from two different methods", EXACT, BITMAP },
	{ "scanobject of a noscan object", EXACT, BITMAP },
	{ "scanObject of a noscan object", EXACT, BITMAP },
	{ "scanobject n == 0", EXACT, BITMAP },
	{ "scanObject n == 0", EXACT, BITMAP },
	{ "noscan object in scanSpan", EXACT, BITMAP },
	{ "runtime: pointer to heap type header nil?", EXACT, BITMAP },
	{ "runtime: span inline mark bits nil?", EXACT, BITMAP },
	{ "expected span with inline mark bits", EXACT, BITMAP },
	{ "marks don't match scans for span with pointer", EXACT, BITMAP },
	/* signal_unix.go sigpanic */
	{ "fault", EXACT, FAULT },
	{ "unexpected signal during runtime execution", EXACT, RUNTIME_FAULT },
	{ "non-Go code set up signal handler without SA_ONSTACK flag", EXACT, FOREIGN_HANDLER },
	{ "non-Go code disabled sigaltstack", EXACT, FOREIGN_HANDLER },
	{ "signal received during fork", EXACT, FOREIGN_HANDLER },
	/* panic.go preprintpanics, gopanic */
	{ "panic while printing panic value", PREFIX, PRINTING_PANIC },
	{ "panic on system stack", EXACT, RUNTIME_PANIC },
	{ "panic during malloc", EXACT, RUNTIME_PANIC },
	{ "panic during preemptoff", EXACT, RUNTIME_PANIC },
	{ "panic holding locks", EXACT, RUNTIME_PANIC },
	/* panic.go panicCheck1, panicCheck2: what would be a panic anywhere else */
	{ "index out of range", EXACT, RUNTIME_PANIC },
	{ "slice bounds out of range", EXACT, RUNTIME_PANIC },
	{ "integer divide by zero", EXACT, RUNTIME_PANIC },
	{ "integer overflow", EXACT, RUNTIME_PANIC },
	{ "floating point error", EXACT, RUNTIME_PANIC },
	{ "negative shift amount", EXACT, RUNTIME_PANIC },
	{ "invalid memory address or nil pointer dereference", EXACT, RUNTIME_PANIC },
	{ "unsafe.Slice: ", PREFIX, RUNTIME_PANIC },
	{ "unsafe.String: ", PREFIX, RUNTIME_PANIC },
	/* proc.go newproc1, goexit1; mfinal.go */
	{ "go of nil func value", EXACT, GO_NIL },
	{ "runtime.Goexit called in a thread that was not created by the Go runtime", EXACT,
	  GOEXIT },
	{ "runtime.SetFinalizer: ", PREFIX, FINALIZER },
	/* chan.go, select.go, sema.go, time.go, sync/waitgroup.go (1.24 on) */
	{ "close of synctest channel from outside bubble", EXACT, SYNCTEST },
	{ "receive on synctest channel from outside bubble", EXACT, SYNCTEST },
	{ "send on synctest channel from outside bubble", EXACT, SYNCTEST },
	{ "select on synctest channel from outside bubble", EXACT, SYNCTEST },
	{ "semaphore wake of synctest goroutine from outside bubble", EXACT, SYNCTEST },
	{ "reset of synctest timer from outside bubble", EXACT, SYNCTEST },
	{ "stop of synctest timer from outside bubble", EXACT, SYNCTEST },
	{ "synctest timer accessed from outside bubble", EXACT, SYNCTEST },
	{ "sync: WaitGroup.Add called from ", PREFIX, SYNCTEST },
	/* netpoll.go, netpoll_epoll.go */
	{ "runtime: netpoll", PREFIX, NETPOLL },
	{ "runtime: epoll", PREFIX, NETPOLL },
	{ "runtime: eventfd failed", EXACT, NETPOLL },
	{ "runtime: pipe failed", EXACT, NETPOLL },
	{ "runtime: blocked read on ", PREFIX, NETPOLL },
	{ "runtime: blocked write on ", PREFIX, NETPOLL },
	{ "runtime: corrupted polldesc", EXACT, NETPOLL },
	{ "runtime: double wait", EXACT, NETPOLL },
	{ "runtime: inconsistent read deadline", EXACT, NETPOLL },
	{ "runtime: inconsistent write deadline", EXACT, NETPOLL },
	/* time.go */
	{ "timer data corruption", EXACT, TIMER },
	{ "bad timer heap", PREFIX, TIMER },
	{ "too many concurrent timer firings", EXACT, TIMER },
};

enum { TEXTS = sizeof(texts) / sizeof(texts[0]), NO_ROW = TEXTS };

static bool matches(const char *text, const char *row, enum match match)
{
	return match == EXACT ? strcmp(text, row) == 0 : function_begins(text, row);
}

static size_t find_text(const char *text)
{
	for (size_t i = 0; text != NULL && i < TEXTS; i++)
		if (matches(text, texts[i].text, texts[i].match))
			return i;
	return NO_ROW;
}

/* The longest text of the table that TEXT begins with: strings lie in the program without a gap. */
static size_t find_longest(const char *text)
{
	size_t found = NO_ROW;
	for (size_t i = 0; i < TEXTS; i++)
		if (function_begins(text, texts[i].text) &&
		    (found == NO_ROW || strlen(texts[i].text) > strlen(texts[found].text)))
			found = i;
	return found;
}

const struct fatal_story *fatal_story(const char *text)
{
	size_t row = find_text(text);
	return &stories[row == NO_ROW ? OTHER : texts[row].story];
}

/* Functions that throw one thing only (files as above), for a text that is lost. */
static const struct {
	const char *function; /* how its name begins */
	enum story story;
} throwers[] = {
	{ "runtime.checkdead", ASLEEP },
	{ "runtime.newstack", STACK_OVERFLOW },
	{ "runtime.badmorestackg0", SYSTEM_STACK },
	{ "runtime.mapassign", MAP_WRITES },
	{ "runtime.mapdelete", MAP_WRITES },
	{ "runtime.mapaccess", MAP_READ_WRITE },
	{ "runtime.mapIter", MAP_ITERATION },
	{ "runtime.mapiter", MAP_ITERATION },
	{ "sync.(*Mutex).unlockSlow", UNLOCK },
	{ "internal/sync.(*Mutex).unlockSlow", UNLOCK },
	{ "sync.(*RWMutex).Unlock", RW_UNLOCK },
	{ "sync.(*RWMutex).rUnlockSlow", RW_RUNLOCK },
	{ "runtime.sysMap", MAP_FAILED },
	{ "runtime.checkmcount", THREADS },
	{ "runtime.newosproc", NEW_THREAD },
	{ "runtime.badPointer", BAD_HEAP_POINTER },
	{ "runtime.adjustpointers", BAD_STACK_POINTER },
	{ "runtime.(*mspan).reportZombies", FREE_OBJECT },
	{ "runtime.sigpanic", FAULT },
	{ "runtime.preprintpanics", PRINTING_PANIC },
};

static enum story story_of_function(const char *function)
{
	for (size_t i = 0; i < sizeof(throwers) / sizeof(throwers[0]); i++)
		if (function_begins(function, throwers[i].function))
			return throwers[i].story;
	return OTHER;
}

/* By the innermost frame that throws one thing only, of those that stand near the throw. */
static enum story story_of_frames(const struct trace *trace)
{
	enum { NEAR = 8 };
	for (size_t i = 0; i < trace->count && i < NEAR; i++) {
		enum story story = story_of_function(trace->frames[i].call->function);
		if (story != OTHER)
			return story;
	}
	return OTHER;
}

/* Who else than the collector asks for the object that a pointer is in (callers of mbitmap.go
 * findObject), and so may find a bad one. */
static const struct {
	const char *function; /* how its name begins */
	enum story story;
} askers[] = {
	{ "runtime.checkptr", CHECKPTR },
	{ "runtime.unsafeslicecheckptr", CHECKPTR },
	{ "runtime.unsafestringcheckptr", CHECKPTR },
	{ "runtime.cgoCheck", GIVEN_POINTER },
	{ "runtime.SetFinalizer", GIVEN_POINTER },
	{ "runtime.AddCleanup", GIVEN_POINTER },
	{ "runtime.(*Pinner)", GIVEN_POINTER },
};

static enum story story_of_asker(const struct trace *trace)
{
	enum { NEAR = 8 };
	for (size_t i = 0; i < trace->count && i < NEAR; i++)
		for (size_t j = 0; j < sizeof(askers) / sizeof(askers[0]); j++)
			if (function_begins(trace->frames[i].call->function, askers[j].function))
				return askers[j].story;
	return BAD_HEAP_POINTER;
}

static enum story story_of_death(const struct death *death)
{
	if (death->fatal_text == NULL) {
		enum story story = story_of_frames(&death->system);
		return story != OTHER ? story : story_of_frames(&death->culprit);
	}
	size_t row = find_text(death->fatal_text);
	if (row == NO_ROW && death->fatal_text_guessed)
		row = find_longest(death->fatal_text);
	return row == NO_ROW ? OTHER : texts[row].story;
}

const struct fatal_story *death_fatal_story(const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	if (death->way != DEATH_FATAL && death->way != DEATH_THROW)
		return NULL;
	enum story story = story_of_death(death);
	if (story == BAD_HEAP_POINTER)
		story = story_of_asker(&death->culprit);
	return &stories[story];
}

bool death_is_checkptr(const struct snapshot *snapshot)
{
	return death_fatal_story(snapshot) == &stories[CHECKPTR];
}

const struct fatal_story *death_story(const struct snapshot *snapshot, enum verdict_class class)
{
	const struct fatal_story *story = death_fatal_story(snapshot);
	if (snapshot->death.in_handler) /* what the runtime threw is only what came of that */
		return NULL;
	return story != NULL && story->class == class ? story : NULL;
}

const char *death_fatal_text(const struct snapshot *snapshot, struct arena *arena)
{
	const struct death *death = &snapshot->death;
	if (!death->fatal_text_guessed || death->fatal_text == NULL ||
	    find_text(death->fatal_text) != NO_ROW)
		return death->fatal_text;
	size_t row = find_longest(death->fatal_text);
	if (row == NO_ROW || texts[row].match == PREFIX)
		return death->fatal_text;
	return arena_strdup(arena, texts[row].text);
}

enum confidence death_confidence(const struct snapshot *snapshot, const struct fatal_story *story)
{
	const struct death *death = &snapshot->death;
	if (death->fatal_text_guessed && death->thread == NO_INDEX)
		return POSSIBLE; /* the program may have printed it, and died of something else */
	bool told = death->fatal_text != NULL && !death->fatal_text_guessed;
	return told || story->confidence < LIKELY ? story->confidence : LIKELY;
}
