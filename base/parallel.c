#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>

enum {
	SMALL = 8192, CHUNK = 1024,		/* parallel_for: not worth a thread, items to a range */
	SMALL_IN_ORDER = 1024, CHUNK_IN_ORDER = 128,
};

typedef void range_fn(void *data, unsigned worker, size_t from, size_t to);

struct job {
	range_fn *work;
	range_fn *finish; /* NULL: nothing is to be done in order */
	void *data;
	size_t count, chunk;
	size_t next; /* first index that nobody has taken */
	size_t finished; /* all before it are; under LOCK */
	pthread_mutex_t lock;
	pthread_cond_t turn;
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

/* Ranges are taken in their order, so whoever has the one that is due comes here without waiting
 * for another. */
static void finish_in_turn(struct job *job, unsigned worker, size_t from, size_t to)
{
	pthread_mutex_lock(&job->lock);
	while (job->finished != from)
		pthread_cond_wait(&job->turn, &job->lock);
	job->finish(job->data, worker, from, to);
	job->finished = to;
	pthread_cond_broadcast(&job->turn);
	pthread_mutex_unlock(&job->lock);
}

static void *run(void *argument)
{
	struct worker *w = argument;
	struct job *job = w->job;
	for (;;) {
		size_t from = __atomic_fetch_add(&job->next, job->chunk, __ATOMIC_RELAXED);
		if (from >= job->count)
			return NULL;
		size_t left = job->count - from;
		size_t to = from + (left < job->chunk ? left : job->chunk);
		job->work(job->data, w->number, from, to);
		if (job->finish != NULL)
			finish_in_turn(job, w->number, from, to);
	}
}

static void run_on(unsigned wanted, struct job *job)
{
	struct worker workers[PARALLEL_MAX] = { { job, 0, 0 } };
	unsigned started = 1;
	/* A thread that cannot be had is done without. */
	for (; started < wanted; started++) {
		workers[started] = (struct worker){ job, started, 0 };
		if (pthread_create(&workers[started].thread, NULL, run, &workers[started]) != 0)
			break;
	}
	run(&workers[0]);
	for (unsigned i = 1; i < started; i++)
		pthread_join(workers[i].thread, NULL);
}

void parallel_for(size_t count, void (*work)(void *data, unsigned worker, size_t from, size_t to),
		  void *data)
{
	struct job job = { .work = work, .data = data, .count = count, .chunk = CHUNK };
	if (count >= SMALL)
		run_on(parallel_workers(), &job);
	else if (count > 0)
		work(data, 0, 0, count);
}

void parallel_in_order(size_t count,
		       void (*work)(void *data, unsigned worker, size_t from, size_t to),
		       void (*finish)(void *data, unsigned worker, size_t from, size_t to),
		       void *data)
{
	struct job job = {
		.work = work,
		.finish = finish,
		.data = data,
		.count = count,
		.chunk = CHUNK_IN_ORDER,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.turn = PTHREAD_COND_INITIALIZER,
	};
	run_on(count < SMALL_IN_ORDER ? 1 : parallel_workers(), &job);
}

struct runner {
	void (*work)(void *data, unsigned worker);
	void *data;
	unsigned number;
	pthread_t thread;
};

static void *run_once(void *argument)
{
	struct runner *r = argument;
	r->work(r->data, r->number);
	return NULL;
}

void parallel_run(void (*work)(void *data, unsigned worker), void *data)
{
	struct runner runners[PARALLEL_MAX];
	unsigned wanted = parallel_workers(), started = 1;
	for (; started < wanted; started++) {
		runners[started] = (struct runner){ work, data, started, 0 };
		if (pthread_create(&runners[started].thread, NULL, run_once, &runners[started]) != 0)
			break;
	}
	work(data, 0);
	for (unsigned i = 1; i < started; i++)
		pthread_join(runners[i].thread, NULL);
}
