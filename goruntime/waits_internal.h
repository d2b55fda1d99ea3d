#pragma once
/* What the files that read waits share. */
#include "goruntime/private.h"
#include "goruntime/semwaits.h"
#include "goruntime/waits.h"

struct timer_of_channel {
	uint64_t channel;
	int64_t when, period;
};

struct waits { /* tables behind the questions, made at the first one that needs them */
	struct sem_waits locks;
	bool has_locks;
	struct timer_of_channel *timers; /* by channel; only where channels do not name theirs */
	size_t timer_count;
	bool has_timers;
};

struct waits *waits_tables(const struct snapshot *snapshot);

/* What lies at ADDR, if it looks like a channel. */
void channel_read(const struct snapshot *snapshot, uint64_t addr, struct arena *arena,
		  struct channel *channel);
/* The timer that sends on a channel of time.Time, before 1.23. */
bool waits_timer(const struct snapshot *snapshot, uint64_t channel, int64_t *when, int64_t *period);

void wait_read_channels(const struct snapshot *snapshot, const struct goroutine *g,
			struct arena *arena, struct wait *wait);
void wait_read_context(const struct snapshot *snapshot, const struct goroutine *g,
		       struct arena *arena, struct wait *wait);
void wait_read_lock(const struct snapshot *snapshot, const struct goroutine *g, struct wait *wait);
void wait_read_sleep(const struct snapshot *snapshot, const struct goroutine *g,
		     struct wait *wait);
void wait_read_io(const struct snapshot *snapshot, const struct goroutine *g, struct wait *wait);
void wait_read_coroutine(const struct snapshot *snapshot, const struct goroutine *g,
			 struct wait *wait);
void wait_read_syscall(const struct snapshot *snapshot, const struct goroutine *g,
		       struct wait *wait);

/* The words of the goroutine's stack from its stack pointer on, at most MOST: calls VISIT for each
 * until it returns true; whether it did. */
bool stack_words(const struct snapshot *snapshot, const struct goroutine *g, size_t most,
		 bool (*visit)(void *data, uint64_t at, uint64_t word), void *data);
