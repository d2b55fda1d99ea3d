#pragma once
/*
 * A line on stderr that says what takes so long: from the second second on, only where stderr is a
 * terminal, wiped when it is over. A thread of its own writes it, so the work need not ask.
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool running;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t stop;
	bool stopped;
	const char *stage; /* a constant string: "reading the runtime's records" */
	uint64_t bytes;	   /* that the stage has dealt with; 0: not shown */
};

void progress_start(struct progress *progress);
void progress_stage(struct progress *progress, const char *stage);
void progress_bytes(struct progress *progress, uint64_t bytes);

/* Before anything is printed. Nothing happens where it was not started or is stopped already. */
void progress_stop(struct progress *progress);
