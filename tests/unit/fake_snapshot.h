#pragma once
/*
 * Snapshots made by hand for tests of the analyzer, with stubs of the queries of goruntime. A stack
 * is written as its functions, innermost first, separated by ';', each with ":LINE" if that
 * matters: "panic;runtime.goPanicIndex;main.f:12;main.main". "panic" is runtime.gopanic,
 * "runtime.sigpanic" and "runtime.abort" have their ids; the frame after sigpanic is a trap.
 */
#include "goruntime/leaks.h"
#include "goruntime/snapshot.h"
#include "goruntime/holders.h"
#include "goruntime/memname.h"
#include "goruntime/lockuse.h"
#include "goruntime/mapuse.h"
#include "goruntime/brokenstack.h"
#include "goruntime/defers.h"
#include "goruntime/gcstate.h"
#include "goruntime/heapcheck.h"
#include "goruntime/referrers.h"
#include "goruntime/reach.h"
#include "goruntime/scheduler.h"
#include "goruntime/settings.h"
#include "goruntime/torn.h"
#include "goruntime/waits.h"
#include "goruntime/usedobjects.h"
#include "goruntime/wildpointers.h"

enum { FAKE_OBJECTS = 4, FAKE_GOROUTINES = 256, FAKE_PANICS = 8, FAKE_CYCLE = 8 };

struct fake_goroutine { /* what queries answer for the goroutine of the same index */
	const char *wait;
	const char *stack;
	const char *created_by;
	const char *started_by; /* the function that the go statement started */
	double wait_seconds; /* negative: not known */
	struct wait_object objects[FAKE_OBJECTS];
	size_t object_count;
	struct wait waits_on;
	uint64_t holds, may_hold; /* locks: by strong evidence, by weak */
	struct wait_context cancelled; /* at hand */
	uint64_t only_holds;	  /* since nobody else can */
	uint64_t map;	/* that its map functions work on; 0: not known */
	bool map_guessed; /* by words that may be old */
	uint64_t has_map; /* in a frame */
	uint64_t mentions;	  /* what its stack refers to, and all that it reaches */
};

struct fake {
	struct arena arena;
	struct caveats caveats;
	struct snapshot snapshot;
	struct fake_goroutine *facts; /* parallel to snapshot.goroutines */
	size_t room;
	struct panic_record panics[FAKE_PANICS];
	/* Answers of the queries; NULL, false or zero unless set. */
	struct fault_insn insn;
	bool has_insn;
	struct address address;
	struct referrers referrers, stack_referrers; /* the second where the heap is not asked */
	struct referrers wild; /* pointers of the heap that can be none */
	struct span_facts span;	     /* at which it died; text NULL: not known */
	struct heap_checks checks;
	struct broken_stack broken; /* the only one; call NULL: none */
	struct used_object used; /* text NULL: none */
	const char *bad_record; /* of goroutine 0; NULL: none */
	struct broken_stack bad_return; /* that the fault came of; value 0: none ... */
	bool returned;			/* ... but for a return to 0 */
	uint64_t wild_sp;	     /* of the code that faulted; 0: it is sound */
	const char *word_place;
	size_t searches; /* calls of snapshot_referrers() */
	const char *c_location;
	uint64_t go_pc;	       /* where code of Go is, which is that of the first frame; 0: nowhere */
	const char *thread_stack; /* of every thread */
	struct memory memory;
	struct gc_state gc;
	struct settings settings;
	struct defers defers;
	struct leaks leaks;
	struct scheduler scheduler;
	uint64_t global; /* an object that a global variable leads to */
	bool reaches_too_much;
	struct stopper stopper; /* NO_INDEX from the start */
	struct recursion recursion;
	struct call calls[FAKE_CYCLE];
	const char *place; /* the only function whose places are in the program; NULL: all are */
	bool no_places;	   /* none is */
	bool no_map_variable; /* DWARF names none */
	struct memory_name memory_name; /* path NULL: not known */
	struct lock_use lock; /* addr 0: none */
	struct torn_value torn; /* path NULL: none */
	bool no_variables;	/* no DWARF says where they lie */
	struct map_facts map_facts;
	bool has_map_facts;
	size_t proofs;	    /* calls of snapshot_leaks() */
	const struct goroutine *traced; /* whose trace was asked for last */
	size_t stack_walks; /* calls of goroutine_stack() */
};

/* The snapshot of a live process without goroutines. */
void fake_init(struct fake *fake);
void fake_release(struct fake *fake);

/* Adds a goroutine; its id is one more than its index. The pointers are valid until the next. */
struct goroutine *fake_add(struct fake *fake, unsigned status, const char *wait, const char *stack);
struct fake_goroutine *fake_facts(struct fake *fake, const struct goroutine *g);

/* COUNT goroutines that wait; each on OBJECT + i * STEP (0: on nothing known). */
void fake_crowd(struct fake *fake, size_t count, const char *wait, const char *stack,
		uint64_t object, uint64_t step);

/* The death of a new goroutine with that stack; the first frame of main is the cause. */
struct death *fake_death(struct fake *fake, enum death_way way, const char *stack);

/* Adds a panic to the culprit's chain: raised after those that are there. */
struct panic_record *fake_panic(struct fake *fake, const char *type, const char *text);

/* A death by an unrecovered panic with that value. */
void fake_panicked(struct fake *fake, const char *type, const char *text, const char *stack);

/* A death by throw or fatal. PREAMBLE may be NULL. */
void fake_threw(struct fake *fake, enum death_way way, const char *text, const char *preamble,
		const char *stack);

/* The signal that hit the culprit: death.fault. */
struct death_signal *fake_fault(struct fake *fake, int number, int code, uint64_t addr,
				uint64_t pc);

/* Makes the frames of STACK; memory of the fake's arena. */
void fake_trace(struct fake *fake, const char *stack, struct trace *trace);
