#pragma once
/*
 * A Go process made in memory, as much of it as a test is about: functions with a symbol table,
 * stacks, the runtime's records laid out as the release has them, type descriptors. A test puts
 * together what it needs and asks process_dump() for the core as an image, then for the snapshot or
 * a part of it. All that is not put is zero; what lies in none of the areas is not in the core.
 */
#include "goruntime/private.h"
#include "tests/unit/make_pclntab.h"

enum {
	PROCESS_TEXT = 0x400000,      /* functions, FUNC_SIZE bytes each */
	PROCESS_FUNC_SIZE = 0x100,
	PROCESS_TYPES = 0x600000,     /* type descriptors and their names */
	PROCESS_PCLNTAB = 0x700000,
	PROCESS_DATA = 0x800000,      /* the runtime's variables */
};
#define PROCESS_HEAP 0xc000000000 /* records, stacks, whatever is allocated */

struct process {
	unsigned minor;
	const struct arch *arch;
	struct arena arena;
	struct caveats caveats;
	struct corefile core;
	struct image image;
	struct snapshot snapshot; /* layout and globals from the start, the rest from process_dump() on */
	struct snapshot_private private;
	struct make_pclntab table;
	uint8_t *types, *data, *heap, *text;
	size_t types_used, data_used, heap_used;
	uint64_t module; /* the moduledata */
	uint64_t *gs;	 /* allgs */
	size_t g_count;
	bool allgs_put;	 /* allgs is as the image has it; a test may have changed it since */
	uint64_t last_m; /* end of the list that begins with allm */
	int32_t pid;
	uint64_t vdso; /* where a page of code is that is not Go's; 0: nowhere */
	enum core_writer writer;
	struct core_thread threads[8];
	size_t thread_count;
	bool heap_cut; /* leave the heap behind heap_limit out of the core */
	size_t heap_limit;
};

/* A process of go1.MINOR, without goroutines or threads. */
void process_init(struct process *p, unsigned minor, const struct arch *arch);
void process_release(struct process *p);

/* Builds the image, anew each time, with what was put until then. */
void process_image(struct process *p);
/* The same, and reads the modules: code can be looked up then. */
void process_dump(struct process *p);
/* The same, and reads goroutines and threads. */
void process_read(struct process *p);
/* As process_dump(), and all else that snapshot_take() does once the runtime is found. */
void process_take(struct process *p);

/* --- memory ------------------------------------------------------------------------------------ */

/* SIZE zeroed bytes of the heap, aligned to 16. */
uint64_t process_alloc(struct process *p, size_t size);
void process_put64(struct process *p, uint64_t addr, uint64_t value);
void process_put32(struct process *p, uint64_t addr, uint32_t value);
void process_put8(struct process *p, uint64_t addr, uint8_t value);
void process_put_bytes(struct process *p, uint64_t addr, const void *bytes, size_t size);
uint64_t process_get64(struct process *p, uint64_t addr);
/* A Go string (pointer and length) at ADDR, its bytes somewhere. */
void process_put_string(struct process *p, uint64_t addr, const char *text);
/* A field of the runtime struct at ADDR, by the release's layout; WORD of a string or slice. */
void process_put(struct process *p, uint64_t addr, enum rt_field field, uint64_t value);
void process_put_word(struct process *p, uint64_t addr, enum rt_field field, unsigned word,
		      uint64_t value);
/* A zeroed struct on the heap. */
uint64_t process_struct(struct process *p, enum rt_struct structure);
/* A zeroed variable of the runtime. */
uint64_t process_global(struct process *p, enum rt_global global, size_t size);

/* --- code and stacks ---------------------------------------------------------------------------- */

/* A function with FRAME bytes of locals (the return address not counted on amd64, counted on
 * arm64); returns its entry. Its id is what the runtime knows it as. */
uint64_t process_func(struct process *p, const char *name, int32_t frame);
uint64_t process_func_as(struct process *p, const char *name, int32_t frame, enum func_id id,
			 uint8_t flags);

/* A stack under construction: where the code stands that would make the next call. */
struct make_stack {
	struct process *p;
	uint64_t lo, hi;
	uint64_t pc, sp;
};

enum { CALL_OFFSET = 0x10 }; /* where in a function its call returns to */

/* A stack of SIZE bytes at whose top FUNC runs. */
struct make_stack process_stack(struct process *p, size_t size, uint64_t func);
/* The code calls FUNC, which stands right behind its own call then. */
void stack_call(struct make_stack *stack, uint64_t func);

/* --- records ------------------------------------------------------------------------------------ */

/* A goroutine of allgs with that stack, parked where it stands. */
uint64_t process_g(struct process *p, uint64_t id, enum g_status status,
		   const struct make_stack *stack);
/* An M of allm with a g0 of its own and a signal stack; PROCID is its thread. Runs CURG (0:
 * none). */
uint64_t process_m(struct process *p, uint64_t procid, uint64_t curg);
/* A thread of the core with these registers. */
struct core_thread *process_thread(struct process *p, int32_t tid, uint64_t pc, uint64_t sp);

/* Puts the signal frame of a signal that interrupted PC, SP on the signal stack of M: the kernel's
 * ucontext and siginfo. Returns the stack pointer and, in *PC_BELOW, the pc of a handler below
 * it. */
uint64_t process_signal(struct process *p, uint64_t m, uint64_t handler, int32_t signo,
			int32_t code, uint64_t addr, uint64_t pc, uint64_t sp);

/* A _panic at ADDR (0: on the heap) with the value {TYPE, DATA}. Returns its address. */
uint64_t process_panic(struct process *p, uint64_t addr, uint64_t link, uint64_t type,
		       uint64_t data);

/* --- types -------------------------------------------------------------------------------------- */

/* A descriptor of that name without methods. */
uint64_t process_type(struct process *p, unsigned kind, const char *name, uint64_t size);
/* A struct or pointer type (KIND) with exported methods, NULL-terminated. */
uint64_t process_type_with(struct process *p, unsigned kind, const char *name,
			   const char *const *methods);
