#pragma once
/*
 * One loop over many independent items on all processors. For work whose time goes into memory
 * that is touched for the first time: page faults and cache misses of two threads overlap.
 */
#include <stddef.h>

/* Calls WORK for ranges [from, to) that cover [0, count) and do not overlap, on several threads at
 * once where COUNT is large, else on this one. Returns when all are done. WORKER is in [0,
 * parallel_workers()), and no two calls with the same WORKER run at once. */
void parallel_for(size_t count, void (*work)(void *data, unsigned worker, size_t from, size_t to),
		  void *data);

/* The same for output: FINISH is called for each range once its WORK is done, in the order of the
 * ranges and one at a time. Ranges are small; what a worker holds between WORK and FINISH is all
 * that has to be kept. */
void parallel_in_order(size_t count,
		       void (*work)(void *data, unsigned worker, size_t from, size_t to),
		       void (*finish)(void *data, unsigned worker, size_t from, size_t to),
		       void *data);

/* Calls WORK once on each of parallel_workers() threads, or on fewer where threads cannot be had,
 * and returns when all have returned. For work whose amount shows only as it is done. */
void parallel_run(void (*work)(void *data, unsigned worker), void *data);

/* The largest number of threads that parallel_for() uses, at most PARALLEL_MAX. */
enum { PARALLEL_MAX = 8 };
unsigned parallel_workers(void);
