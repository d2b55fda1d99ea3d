#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

enum { SMALL = 8192, CHUNK = 1024 };

struct job {
	void (*work)(void *data, unsigned worker, size_t from, size_t to);
	void *data;
	size_t count;
	size_t next; /* first index that nobody has taken */
};

struct worker {
	struct job *job;
	unsigned number;
	pthread_t thread;
};

unsigned parallel_workers(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof(set), &set) != 0)
		return 1;
	unsigned n = (unsigned)CPU_COUNT(&set);
	return n < 1 ? 1 : n > PARALLEL_MAX ? PARALLEL_MAX : n;
}

static void *run(void *argument)
{
	struct worker *w = argument;
	struct job *job = w->job;
	for (;;) {
		size_t from = __atomic_fetch_add(&job->next, CHUNK, __ATOMIC_RELAXED);
		if (from >= job->count)
			return NULL;
		size_t left = job->count - from;
		job->work(job->data, w->number, from, from + (left < CHUNK ? left : CHUNK));
	}
}

void parallel_for(size_t count, void (*work)(void *data, unsigned worker, size_t from, size_t to),
		  void *data)
{
	if (count == 0)
		return;
	if (count < SMALL) {
		work(data, 0, 0, count);
		return;
	}
	struct job job = { work, data, count, 0 };
	struct worker workers[PARALLEL_MAX] = { { &job, 0, 0 } };
	unsigned wanted = parallel_workers(), started = 1;
	/* A thread that cannot be had is done without. */
	for (; started < wanted; started++) {
		workers[started] = (struct worker){ &job, started, 0 };
		if (pthread_create(&workers[started].thread, NULL, run, &workers[started]) != 0)
			break;
	}
	run(&workers[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(workers[i].thread, NULL);
}
