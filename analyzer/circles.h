#pragma once
/*
 * Circles of waits that go through channels, wait groups and conditions. Nobody holds these, so
 * that a circle says something only among goroutines which nothing else can help: all of a process
 * that is asleep, or those whose leak is proven. There, who could end a wait is one that can still
 * touch what is waited for; where these are alike, and one of them waits for the first in the end,
 * none of them ever goes on.
 */
#include "analyzer/waitgraph.h"

enum { CIRCLE_MAX = 8 };

struct circle_member {
	uint32_t goroutine; /* index in the snapshot */
	uint64_t alike;	    /* goroutines that it stands for, itself among them */
	struct wait wait;
};

struct circle {
	struct circle_member members[CIRCLE_MAX]; /* each could be helped only by the next one */
	size_t count;
	uint32_t *goroutines; /* indexes of all that are in it or alike, ascending */
	size_t goroutine_count;
};

/* One for each way that goroutines stand in a circle; *COUNT of them. Circles of locks alone are
 * waitgraph_cycle()'s. GOROUTINES are indexes, the whole set; ASLEEP: it is all that there are.
 * Memory of ARENA. */
const struct circle *circles_find(const struct snapshot *snapshot, const uint32_t *goroutines,
				  size_t goroutine_count, bool asleep,
				  const struct waitgraph *locks, struct arena *arena,
				  size_t *count);

/* The same of a snapshot in which all are asleep. */
const struct circle *circles_of_asleep(const struct snapshot *snapshot,
				       const struct waitgraph *locks, struct arena *arena,
				       size_t *count);

/* "Goroutine 7 and 48 alike wait to send to ..., in main.f (f.go:3), which only goroutine 1 could
 * end". Memory of ARENA. */
const char *circle_edge_text(const struct snapshot *snapshot, const struct circle *circle,
			     size_t member, struct arena *arena);
