#pragma once
/* What the files of goruntime share behind struct snapshot: the caches of its queries. Not for
 * other layers. */
#include "goruntime/locate.h"
#include "goruntime/snapshot.h"
#include "goruntime/traits.h"

struct cfi_table;
struct c_lines; /* clines.h */
struct heap_checks;
struct waits; /* waits_internal.h */
struct closure_types; /* closuretype.h */
struct g_index; /* address of a g, or goid -> index in goroutines */

struct context { /* where a thread stood: its registers, then what each signal interrupted */
	uint64_t pc, sp, lr;
	struct registers regs;
	uint64_t g;	   /* g0, gsignal or curg of the thread: on whose stack SP lies; 0 unknown */
	uint64_t ucontext; /* address of the ucontext it was read from; 0: the thread's registers */
	int32_t signo, code; /* of the signal that interrupted it; 0 for the thread's registers */
	uint64_t siginfo_addr;
	uint32_t siginfo_syscall; /* of SIGSYS */
	int32_t sender_pid;
	uint32_t sender_uid;
	bool trap; /* pc is exact */
	bool by_sighandler; /* Go's handler judged the signal (signal_unix.go sighandler), not only
			     * passed it on */
	bool injected; /* told by the call of sigpanic that was made of the fault there */
	bool by_c; /* the handler is C's: the kernel tells it of the signal only if it asked */
};

enum { CONTEXTS_MAX = 8 };

struct contexts { /* innermost (latest) first */
	struct context items[CONTEXTS_MAX];
	size_t count;
	bool by_scan; /* one was found by searching the signal stack, not by unwinding */
};

struct snapshot_private {
	struct traits traits;
	struct code_cache *code;
	struct stacks *stacks;
	struct cfi_table *cfi_tables; /* of the files whose C code was walked through */
	struct c_lines *c_lines;      /* of the shared objects whose C code was asked for */
	bool haste_told;
	struct dwarf *dwarf; /* opened for names and values of variables only */
	struct object_dwarf *object_dwarfs; /* the same of shared objects */
	uint32_t *stack_of;  /* per goroutine: id of its stack + 1; 0: not walked yet */
	uint64_t *by_addr; /* open addressing by address: index + 1, above it 32 bits of the hash */
	uint64_t *by_id;   /* the same by id */
	uint64_t slot_mask;  /* of both */
	uint64_t twins;	     /* goroutines whose id another one had before them */
	uint64_t bad_stacks; /* goroutines whose stack's bounds make no sense */
	uint64_t bad_statuses;
	size_t goroutine_room; /* of the snapshot's list */
	uint64_t unlisted;     /* entries of allgs that are not in the core */
	bool located; /* the globals were not found by symbols or DWARF, but as these say: */
	struct locate_votes votes;
	struct leaks *leaks; /* NULL: not asked yet */
	const struct heap_checks *heap_checks; /* NULL: not asked yet */
	struct waits *waits; /* NULL: nobody has asked yet */
	struct closure_types *closure_types; /* the same */
};

static inline struct code_cache *snapshot_code(const struct snapshot *snapshot)
{
	return snapshot->private->code;
}

/* The executable's DWARF, opened at the first question; NULL if there is none. */
const struct dwarf *snapshot_dwarf(const struct snapshot *snapshot);

/* DWARF of the file that PC is from, which may be a plugin or a shared library: its addresses are
 * lower by *BIAS. NULL if there is none. */
const struct dwarf *snapshot_dwarf_at(const struct snapshot *snapshot, uint64_t pc, uint64_t *bias);

/* Stack bounds of any g of the process; false if not known. */
bool snapshot_stack_bounds(const struct snapshot *snapshot, const struct thread *thread, uint64_t g,
			   uint64_t *lo, uint64_t *hi);

/* Where THREAD stood, and what each signal on its signal stack had interrupted. */
void thread_contexts(const struct snapshot *snapshot, const struct thread *thread,
		     struct contexts *contexts);

/* What was interrupted by the signal that Go's handler ended the process for; where that is not
 * known the outermost one. NULL where there is none. */
const struct context *contexts_fatal(const struct contexts *contexts);

/* The signal stack that THREAD stands on, as its innermost signal frame has it; false where it is
 * in no handler, or its frames do not lead there. */
bool thread_signal_stack(const struct snapshot *snapshot, const struct thread *thread, uint64_t *lo,
			 uint64_t *hi) MUST_CHECK;

/* On whose stack SP lies, of THREAD's g0, gsignal and curg; 0 if on none of them. */
uint64_t thread_g_of_sp(const struct snapshot *snapshot, const struct thread *thread, uint64_t sp);

/* Finds release (unless RELEASED: it is known), modules and globals without symbols and DWARF. */
bool runtime_locate(struct snapshot *snapshot, bool released, struct error *err) MUST_CHECK;

/* Adds the caveat that the moduledata at ADDR is told by the executable's file
 * (image_of_file()). */
void note_module_by_file(struct snapshot *snapshot, uint64_t addr);

/* All that snapshot_take() reads once release, layout, globals and modules are known. */
bool snapshot_complete(struct snapshot *snapshot, struct error *err) MUST_CHECK;

bool goroutines_read(struct snapshot *snapshot, struct error *err) MUST_CHECK;
bool threads_read(struct snapshot *snapshot, struct error *err) MUST_CHECK;
/* The goroutine whose stack ADDR lies in; NULL: none's. */
const struct goroutine *goroutine_of_stack(const struct snapshot *snapshot, uint64_t addr);
/* The id of the goroutine that has ended and whose record still names the stack that ADDR lies in:
 * reads all of allgs. */
bool goroutines_dead_stack(const struct snapshot *snapshot, uint64_t addr, uint64_t *id);
/* The other way: allgs itself is not in the core, and none is listed but those that are named. */
bool goroutines_lost(struct snapshot *snapshot, struct error *err) MUST_CHECK;
/* Lists the goroutine whose record is at ADDR, where part of allgs is missing and it is not listed
 * yet: the threads name those that matter most. */
void goroutines_add_named(struct snapshot *snapshot, uint64_t addr);
void death_read(struct snapshot *snapshot);

/* Parts of it. How the M of T ended the process, where it faulted again while it printed why; else
 * DEATH_SIGNAL. */
enum death_way death_way_before(const struct snapshot *snapshot, const struct thread *t);
/* Fills in death.culprit and death.system, and where the throw was made on the system stack. */
void death_culprit_read(struct snapshot *snapshot);
/* Fills in death.kernel. */
void death_kernel_read(struct snapshot *snapshot);
/* Fills in death.fault; the second where no M was dying, from which thread and goroutine follow. */
void death_fault_read(struct snapshot *snapshot);
void death_fault_without_m(struct snapshot *snapshot);

/* Where the M of a thread is not in the core: whether its registers and stack tell that a goroutine
 * died on it, of a panic or a signal. The thread then has what the M would say. */
bool lost_m_find(struct snapshot *snapshot, uint32_t thread);

/* Fills fatal_text* of the death, which is a throw or fatal, with a caveat where it is not known.
 * The second reads the runtime's last output only; false if there is no fatal error in it. */
void fataltext_read(struct snapshot *snapshot);
bool fataltext_from_backlog(struct snapshot *snapshot);
void checks_run(struct snapshot *snapshot);
void stacks_destroy(struct stacks *stacks);
void waits_destroy(struct waits *waits);

/* The C functions at PC, looked up at LOOKUP_PC, with lines where there is DWARF: those inlined in
 * each other, innermost first, then the one that the code is of. Its name is that of the symbol,
 * else of DWARF; "libc.so.6+0x8aeec" where neither has one; the bare address where there is no
 * file. Memory of ARENA. At least one. */
struct calls c_calls_at(const struct snapshot *snapshot, uint64_t pc, uint64_t lookup_pc,
			struct arena *arena);
/* The list of specials of the span that ADDR lies in, which begins at *START; 0: none. */
uint64_t snapshot_specials(const struct snapshot *snapshot, uint64_t addr, uint64_t *start);

/* The C function at PC, looked up at LOOKUP_PC: its name; "libc.so.6+0x8aeec" where the file has no
 * symbol for it; the bare address where there is no file. Memory of ARENA. Never NULL. */
const struct call *c_call_at(const struct snapshot *snapshot, uint64_t pc, uint64_t lookup_pc,
			     struct arena *arena);
/* Whether PC is code, but not Go's: in a file or in the kernel's page. */
bool is_c_code(const struct snapshot *snapshot, uint64_t pc);
/* Whether PC is in memory that is mapped, and is no code of any file. */
bool is_off_code(const struct snapshot *snapshot, uint64_t pc);
/* Whether PC is in the middle of an instruction of a Go function; false where that is not certain.
 */
bool is_inside_insn(const struct snapshot *snapshot, uint64_t pc);
/* The Go code that called what stands at C, off code; false where it is not known: the word on top
 * of the stack is then no return address of Go's. */
bool off_code_caller(const struct snapshot *snapshot, const struct context *c,
		     struct context *caller);
/* Whether g.sig's SIGPC, off code, can be that of the sigpanic which seems to be called by
 * FRAME. */
bool off_code_record_fits(const struct snapshot *snapshot, const struct trace_frame *frame,
			  uint64_t sigpc);
/* Whether the sigpanic on G0's stack that C code at PC seems to call is a call of address 0. */
bool c_called_nil(const struct snapshot *snapshot, uint64_t g0, uint64_t pc);
/* The fault of which G is told in its own record. */
struct death_signal signal_of_g(const struct view *view, const char *record);

/* A fault in a signal handler of C's that Go made a call of sigpanic. */
struct handler_fault {
	struct death_signal signal;
	struct context place; /* of the C code; pc 0: its frames are written over */
};
/* False where the process did not die of one. */
bool handler_fault_find(const struct snapshot *snapshot, struct handler_fault *fault) MUST_CHECK;

/* Whether code of Go's at PC, on T, stands on no stack: what death_wild_sp() asks. */
bool is_wild_sp(const struct snapshot *snapshot, const struct thread *t, uint64_t pc, uint64_t sp);

/* Fills in death.mixed. */
void death_mixed_read(struct snapshot *snapshot);
/* Fills in death.abort_text, death.exception and death.c_stack, where C code died. */
void death_c_read(struct snapshot *snapshot);

/* Collects logical frames from an unwinder into a trace, cut as stack.h says. KEEP asks for each
 * physical frame whether it belongs (NULL: all). */
struct trace_wish {
	bool args;
	uint64_t only_g;	 /* frames on this g's stack only; 0: all */
	uint64_t skip_below_sp; /* leave out frames with sp below this; 0: none */
};
void trace_collect(const struct snapshot *snapshot, struct unwinder *u,
		   const struct trace_wish *wish, struct arena *arena, struct trace *trace);

/* Whether an interned name equals: names of the table are NUL-terminated. */
bool call_is(const struct call *call, const char *symbol);
/* Whether a frame of TRACE is of that function. */
bool trace_has(const struct trace *trace, const char *symbol);

/* Reads the chain that begins with the newest _panic at NEWEST. */
void panics_read(const struct snapshot *snapshot, uint64_t newest, struct panics *panics);
/* Takes the original type from the argument words of the gopanic frame at ARGP. */
void panic_original(const struct snapshot *snapshot, uint64_t argp, struct panic_record *p);
