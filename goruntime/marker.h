#pragma once
/*
 * A mark over the heap of the core, as the collector's (runtime/mgcmark.go), on all processors. It
 * starts from root jobs; what they and the objects that they reach point to is marked. Objects may
 * be watched: when one is marked, the goroutines that wait for it have their stacks scanned as
 * roots in the same run, so that the run ends at the fixed point.
 */
#include "base/parallel.h"
#include "base/vec.h"
#include "goruntime/blocked.h"
#include "goruntime/heap_pointers.h"
#include "goruntime/stackmap.h"

struct marker;

struct mark_item {
	uint64_t addr;	/* of an object; or a goroutine's index */
	uint32_t span;	/* index of its span; MARK_GOROUTINE */
	uint32_t part;	/* of a large object */
};

enum { MARK_AHEAD = 16 };

struct mark_stack_object {
	uint64_t addr;
	const struct module *module;
	struct stack_object object;
	bool scanned;
};

struct mark_pending { /* a pointer into the stack that is being scanned */
	uint64_t addr;
	bool guess;
};

struct mark_worker {
	struct marker *marker;
	struct heap_reader *reader;
	struct code_cache *code;
	struct stackmaps *maps;
	VEC(struct mark_item) items;
	struct mark_item ahead[MARK_AHEAD]; /* on their way from memory */
	unsigned ahead_first, ahead_count;
	VEC(struct mark_stack_object) stack_objects; /* of the stack that is being scanned */
	VEC(struct mark_pending) pending;
	uint64_t objects, bytes;  /* marked */
	uint64_t holes;		  /* words that were wanted and are not in the core */
	uint64_t stacks, frames;  /* scanned */
	uint64_t guessed_frames;  /* of these, without a map: every word taken for a pointer */
	uint64_t first_hole;
};

struct marker {
	const struct snapshot *snapshot;
	struct heap *heap;
	uint64_t *marks;     /* a bit for each object */
	uint8_t *claimed;    /* per goroutine: its stack is scanned, or will be */
	const struct blocked *blocked;
	uint32_t *watch_slots, *watch_next; /* objects by number -> entries of blocked->objects */
	uint64_t watch_mask;
	uint64_t *hidden; /* open addressing: addresses of words that are no edges */
	uint64_t hidden_mask;
	struct mark_worker workers[PARALLEL_MAX];
	unsigned worker_count;
};

/* BLOCKED may be NULL. HEAP's spans get marks of their own. */
void marker_init(struct marker *marker, const struct snapshot *snapshot, struct heap *heap,
		 const struct blocked *blocked);
void marker_release(struct marker *marker);

/* Runs COUNT root jobs and marks what they reach. JOB calls mark_address() and the like. May be
 * called again with other roots. */
void marker_run(struct marker *marker, size_t count,
		void (*job)(struct mark_worker *worker, size_t index, void *data), void *data);

/* Marks anew, on this thread, what ROOTS marks and what that leads to: at most BUDGET objects.
 * False where there are more, or a word of them is not in the core. */
bool marker_reach(struct marker *marker, uint64_t budget,
		  void (*roots)(struct mark_worker *worker, void *data), void *data);

/* Forgets what is watched and hidden: from now on all edges count. */
void marker_unwatch(struct marker *marker);

/* Whether the object that holds ADDR is marked; true for what is in no object. */
bool marker_has(const struct marker *marker, uint64_t addr);

/* A pointer that is one for certain; and a word that may be one, which counts when it points to
 * an allocated object. */
void mark_address(struct mark_worker *worker, uint64_t addr);
void mark_guess(struct mark_worker *worker, uint64_t addr);
/* What the object points to, not the object itself. */
void mark_children(struct mark_worker *worker, const struct heap_span *span, uint32_t index);
/* Words from ADDR on: those with their bit in MASK (NULL: all), which has one for each. */
void mark_words(struct mark_worker *worker, uint64_t addr, uint64_t words, const uint8_t *mask,
		bool guess);
/* A word that is not in the core. */
void mark_hole(struct mark_worker *worker, uint64_t addr);

/* stackscan.c: the stack of the goroutine with that index, which nobody else scans. */
void mark_stack(struct mark_worker *worker, size_t goroutine);
/* The stacks and registers of a thread that runs no goroutine but the scheduler's work. */
void mark_thread(struct mark_worker *worker, const struct thread *thread);
