#pragma once
/* What the files of hang share. */
#include "analyzer/hang.h"
#include "base/str.h"
#include "base/vec.h"

struct hang_maker {
	const struct snapshot *snapshot;
	const struct groups *groups;
	const struct waitgraph *graph;
	const struct scheduler *scheduler;
	struct arena *arena;
	VEC(struct hang_reading) found;
};

/* The id of the goroutine at INDEX of the snapshot; 0 for NO_INDEX. */
uint64_t hang_id(const struct hang_maker *m, uint32_t goroutine);
/* ", in main.f (srv/f.go:12)"; "" where that is not known. */
const char *hang_place(const struct hang_maker *m, const struct goroutine *g);
/* "1,200 goroutines", "1 goroutine". */
const char *hang_goroutines(const struct hang_maker *m, uint64_t count);

void hang_add_locks(struct hang_maker *m);
void hang_add_senders(struct hang_maker *m);
void hang_add_cancelled(struct hang_maker *m);
