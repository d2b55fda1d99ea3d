#pragma once
/*
 * Who waits for a lock of package sync where the goroutine's own record does not say it (before
 * 1.26): by the runtime's table of semaphores, and for a sync.Cond by its list, which only the
 * waiter's stack names (runtime/sema.go).
 */
#include "goruntime/snapshot.h"

struct sem_wait {
	uint64_t g, sudog; /* addresses */
	uint64_t object;   /* the semaphore's word; of a Cond, its notifyList */
	bool in_sudog;	   /* the sudog points to it */
};

struct sem_waits {
	struct sem_wait *items; /* by g */
	size_t count;
};

/* Reads the table of semaphores (1.26 has the same in g.waiting) and the lists of Conds that the
 * goroutines wait on whose indexes are in CONDS. */
void sem_waits_read(const struct snapshot *snapshot, const uint32_t *conds, size_t cond_count,
		    struct sem_waits *waits);
void sem_waits_release(struct sem_waits *waits);

/* That of the goroutine whose record is at G; NULL: it is in none of them. */
const struct sem_wait *sem_waits_find(const struct sem_waits *waits, uint64_t g);
