#pragma once
/*
 * The Go program at the moment of the dump, as a value that can be asked. Goroutines and threads
 * are read at once; stacks, traces, labels, memory figures and what an address is are const
 * queries, computed at the first question and kept. What it answers never changes.
 */
#include "formats/buildinfo.h"
#include "formats/image.h"
#include "goruntime/code.h"
#include "goruntime/death.h"
#include "goruntime/globals.h"
#include "goruntime/goroutine.h"
#include "goruntime/layout.h"
#include "goruntime/module.h"
#include "goruntime/release.h"
#include "goruntime/stack.h"
#include "goruntime/unwind.h"

struct check { /* one cross-check of the integrity section */
	const char *name; /* "allglen", "m.g0.m", "stack-bounds", ... */
	const char *text; /* a sentence with the numbers */
	bool passed;
};

enum { G_STATUS_SLOTS = 16 };

struct snapshot {
	struct arena *arena;
	struct caveats *caveats;
	const struct image *image;
	struct dwarf *dwarf; /* NULL: not opened or none */
	struct release release;
	struct buildinfo buildinfo;
	struct layout layout;
	struct globals globals;
	struct modules modules;

	struct goroutine *goroutines; /* all that are not dead, in the order of allgs */
	size_t goroutine_count;
	uint64_t allgs_length; /* goroutine_count + dead + deadextra */
	uint64_t dead, deadextra, unreadable;
	uint64_t by_status[G_STATUS_SLOTS]; /* of all goroutines, dead ones too */

	struct thread *threads; /* in the order of the core's notes, then Ms without a thread */
	size_t thread_count;
	bool threads_cut; /* the runtime's list of its Ms could not be followed to its end */

	struct death death;
	struct check *checks;
	size_t check_count;
	int64_t now_lower_bound; /* nanotime below which "now" cannot be; 0 if not known */
	bool iscgo, race, asan, msan;
	bool in_haste; /* set by who asks: names of variables are left out where they take long */
	bool redacted; /* set by who asks: texts quote no memory of the program */
	bool damaged; /* the core is known to hold bytes that are not the process's */

	struct snapshot_private *private; /* caches of the queries */
};

/* Takes the snapshot. Fails with ERROR_NOT_GO where no Go runtime is found (the text names gccgo
 * and TinyGo as such), ERROR_UNSUPPORTED for releases before 1.18, or when nothing after it could
 * be true. Release with snapshot_release() before the image. */
bool snapshot_take(const struct image *image, struct arena *arena, struct snapshot *snapshot,
		   struct caveats *caveats, struct error *err) MUST_CHECK;
void snapshot_release(struct snapshot *snapshot);

/* The goroutine with that id or whose runtime.g is at ADDR; NULL. */
const struct goroutine *snapshot_goroutine(const struct snapshot *snapshot, uint64_t id);
const struct goroutine *snapshot_g(const struct snapshot *snapshot, uint64_t addr);

/* The runtime's own text of its wait reason; "" in a status where it has no meaning. */
const char *goroutine_wait(const struct snapshot *snapshot, const struct goroutine *g);
/* Lower bound of how long it has waited, in seconds; negative where not known. */
double goroutine_wait_seconds(const struct snapshot *snapshot, const struct goroutine *g);
/* Function and place of creation; NULL where there is none (goroutine 1). */
const struct call *goroutine_created_by(const struct snapshot *snapshot, const struct goroutine *g);
/* Function that the go statement started; NULL if not known. A wrapper, where the call has
 * arguments. */
const struct call *goroutine_start(const struct snapshot *snapshot, const struct goroutine *g);
/* The same, and behind a wrapper what that calls, if that is clear. Takes its code apart. */
const struct call *goroutine_started(const struct snapshot *snapshot, const struct goroutine *g);
/* m.id of the thread it is locked to, -1 if none. */
int64_t goroutine_locked_thread(const struct snapshot *snapshot, const struct goroutine *g);

/* What a goroutine waits on: the channels of a channel operation or select in the runtime's order,
 * or the semaphore word of a lock where the runtime's record names it. */
struct wait_object {
	uint64_t addr;
	bool timer; /* the channel of a time.Timer, Ticker or After */
};
/* At most ROOM of them; how many there are. 0: not known, or not of this kind. */
size_t goroutine_wait_objects(const struct snapshot *snapshot, const struct goroutine *g,
			      struct wait_object *objects, size_t room);
/* The first of them; 0 where it is not known. */
uint64_t goroutine_wait_object(const struct snapshot *snapshot, const struct goroutine *g);

struct label {
	const char *key, *value;
};
/* pprof labels, in the runtime's order; *COUNT is 0 for none. Memory of ARENA. */
const struct label *goroutine_labels(const struct snapshot *snapshot, const struct goroutine *g,
				     struct arena *arena, size_t *count);

/* The interned stack. Starts where goroutine_trace() starts. Never NULL. */
const struct stack *goroutine_stack(const struct snapshot *snapshot, const struct goroutine *g);
/* Walks all stacks at once, on all processors; goroutine_stack() then only looks them up. */
void snapshot_walk_stacks(const struct snapshot *snapshot);
size_t snapshot_stack_count(const struct snapshot *snapshot);
/* The logical frames at a physical frame of a stack; none where no Go function is there. */
struct calls snapshot_calls(const struct snapshot *snapshot, uint64_t pc, uint64_t lookup_pc);
/* Logical frames with sp, fp and argument words (if ARGS), cut as stack.h says. A running
 * goroutine's from its thread's registers, through signal frames; the culprit's as in
 * death.culprit. */
void goroutine_trace(const struct snapshot *snapshot, const struct goroutine *g, bool args,
		     struct arena *arena, struct trace *trace);

/* The same with the C frames that it called or that called it, of its thread: for one goroutine,
 * since each C frame costs a look into unwind tables. */
void goroutine_mixed_trace(const struct snapshot *snapshot, const struct goroutine *g, bool args,
			   struct arena *arena, struct trace *trace);

/* Begins the walk over the same frames as a stream (those on other stacks than g's among them: look
 * at frame.g), for stacks of any depth. */
void goroutine_unwind(struct unwinder *u, const struct snapshot *snapshot,
		      const struct goroutine *g);

/* The frames of a thread from its registers, all stacks it stands on. */
void thread_trace(const struct snapshot *snapshot, const struct thread *thread, bool args,
		  struct arena *arena, struct trace *trace);
/* Name of the C function or object at PC where PC is not Go: "libc.so.6 abort+0x12"; NULL. */
const char *snapshot_c_location(const struct snapshot *snapshot, uint64_t pc, struct arena *arena);

/* Memory: the runtime's own figures (mstats.go); 0 and known false where they cannot be read. */
struct memory_figure {
	uint64_t bytes;
	bool known;
};
struct memory {
	struct memory_figure heap_in_use, heap_live, heap_marked, heap_idle, heap_released;
	struct memory_figure stacks, mapped_ready, memory_limit, total_alloc, total_free, sys_other;
	uint64_t gc_cycles;
	int32_t gc_percent;
	bool gc_cycles_known, gc_percent_known, limit_set;
	int gc_phase; /* 0 off, 1 mark, 2 mark termination, -1 not known */
	uint64_t goroutine_stacks; /* sum of stack sizes of live goroutines */
};
void snapshot_memory(const struct snapshot *snapshot, struct memory *memory);

/* What an address is, in a clause: "in the stack of goroutine 7", "in the Go heap: byte 8 of an
 * object slot of 48 bytes at 0x..., free", "in the code of main.f", "not mapped"... Memory of
 * ARENA. */
enum address_kind {
	ADDRESS_UNMAPPED, ADDRESS_NIL_PAGE, ADDRESS_NON_CANONICAL, ADDRESS_TEXT, ADDRESS_RODATA,
	ADDRESS_DATA, ADDRESS_GO_HEAP,
	ADDRESS_GO_HEAP_FREE,	/* pages of the heap that were in use once, or behind a span's objects */
	ADDRESS_GO_HEAP_UNUSED, /* reserved for the heap, but never handed out */
	ADDRESS_GO_STACK,
	ADDRESS_GO_STACK_FREE, /* memory for stacks that is no goroutine's now, or a dead one's */
	ADDRESS_GO_RUNTIME, /* the runtime's own records, and pages it uses by hand */
	ADDRESS_C_STACK, ADDRESS_VDSO, ADDRESS_FILE, ADDRESS_ANONYMOUS, ADDRESS_NOT_DUMPED,
};
enum slot_state { /* of an object's slot in a span of the heap */
	SLOT_UNKNOWN,
	SLOT_ALLOCATED,
	SLOT_FREE,	/* a sweep has found it free, or it was never handed out */
	SLOT_UNREACHED, /* not swept yet, but the last collection has not reached it: as good as free */
};
struct heap_slot {
	uint64_t lo, hi; /* 0, 0: the address is in no slot */
	enum slot_state state;
	bool marked;	   /* the collector reached it in this cycle, or in the last */
	bool noscan;	   /* it has no pointers */
	const char *type;  /* of what it holds, where the runtime's records say; NULL */
	uint64_t below_lo; /* the slot below it, from where a write past the end would come; 0: none */
	enum slot_state below_state;
};
struct address {
	enum address_kind kind;
	bool readable, writable, executable, known_flags;
	const char *path; /* of the mapped file, NULL */
	const char *text;
	struct heap_slot slot;
	bool taken; /* the Go heap has it in use, but the kernel has nothing there, or refuses
		       access */
	/* What the number may be where it is no address of the process, as a sentence: "its bytes
	 * read as the text ...". Never proven. NULL: nothing. */
	const char *hint;
};
void snapshot_address(const struct snapshot *snapshot, uint64_t addr, struct arena *arena,
		      struct address *address);

/* Whether NUMBER is no address of the process and its bytes are text, but perhaps the lowest, which
 * an offset may have been added to: it tells what the program's memory held. */
bool snapshot_is_text(const struct snapshot *snapshot, uint64_t number);

/* The instruction at a fault and what it tells (formats/disasm.h). */
struct fault_insn {
	const char *text;	/* "mov rax, qword ptr [rcx + 0x18]"; NULL if the code is not there */
	const char *operand;	/* the memory operand: "[rcx + 0x18]"; NULL */
	const char *reg;	/* the register that must have held the bad address; NULL */
	uint64_t reg_value;	/* derived from address and instruction, or read from a context */
	bool reg_known;		/* reg_value is known */
	bool reg_derived;	/* not read but derived */
	int64_t displacement;
	unsigned bytes;		/* accessed */
	const char *access;	/* "read", "write", "execute"; NULL if not known */
	const char *expression; /* "p.cfg.Timeout" where DWARF names it; NULL */
	const char *field;	/* "Timeout"; NULL */
	const char *pointer;	/* the pointer that was nil: "p.cfg"; NULL */
	const char *pointer_type; /* its type, "*main.Config"; NULL */
	bool is_call;		/* a call through a pointer: nil function or method on nil interface */
	bool indirect_method;	/* call through an itab: method on a nil interface */
	bool indexed;		/* base + index: an element */
	bool through_array;	/* by DWARF the pointer is one to an array */
	bool nil_check;		/* the compiler's explicit nil check, followed to the next access */
};
/* False where the code at PC is not there. */
bool snapshot_fault(const struct snapshot *snapshot, const struct death_signal *fault,
		    struct arena *arena, struct fault_insn *insn);

/* The recursion in a deep stack: the shortest cycle of functions that repeats, innermost first.
 * Walks the stack as a stream: memory flat. */
struct recursion {
	const struct call **cycle; /* one logical frame per function of the cycle */
	size_t length;		   /* 0: no cycle */
	uint64_t turns, frames;	   /* whole turns; logical frames of the stack */
	uint64_t bytes_per_turn;
	uint64_t stack_bytes;
};
void goroutine_recursion(const struct snapshot *snapshot, const struct goroutine *g,
			 struct arena *arena, struct recursion *recursion);

/* Argument words (spilled) number WORD of a physical frame. False if not readable. */
bool frame_word(const struct snapshot *snapshot, uint64_t argp, unsigned word, uint64_t *value);

/* Whether the compiler's tables say that argument word WORD was spilled before the frame's pc: else
 * its slot may hold what an earlier call by the same caller has left there. */
bool frame_word_spilled(const struct snapshot *snapshot, const struct trace_frame *frame, unsigned word);
