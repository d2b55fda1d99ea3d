#pragma once
/*
 * Whether the records of the heap's spans hold together: for a death that looks like corrupted
 * memory, since every span is read. What is broken here is evidence of the damage, not a doubt
 * about the core.
 */
#include "goruntime/snapshot.h"

enum { HEAP_FAULTS_KEPT = 3, ZOMBIES_KEPT = 4 };

struct heap_fault {
	uint64_t span; /* where it begins; 0: not known */
	const char *text; /* a sentence */
};

struct heap_checks {
	struct check checks[4]; /* as in the integrity section; none where spans cannot be read */
	size_t check_count;
	struct heap_fault faults[HEAP_FAULTS_KEPT]; /* the first that were found */
	size_t fault_count;
	uint64_t fault_total;
};

/* Computed at the first question. Never NULL. */
const struct heap_checks *snapshot_heap_checks(const struct snapshot *snapshot);

/* The span at which the collector or the allocator gave up. */
struct span_facts {
	uint64_t start; /* 0: it is one of several, as TEXT says, and nothing else is known */
	const char *text; /* its numbers, those that the bits say beside those that it says itself */
	uint64_t elem_size;
	uint64_t zombies; /* objects that are free and marked: something points to them */
	uint64_t zombie[ZOMBIES_KEPT]; /* the first */
};
/* The one whose address the runtime printed, else that of the arguments of its functions that died,
 * else the only one that has the numbers which it printed. False where none of these tell. */
bool death_span(const struct snapshot *snapshot, struct arena *arena, struct span_facts *facts);
