#pragma once
/* What a goroutine waits on, as a clause for people. */
#include "base/str.h"
#include "goruntime/waits.h"

/* "to receive from chan int 0xc000012345 (unbuffered)", "for sync.Mutex 0xc000012345 (locked, 3
 * waiting)", "for file descriptor 5 to become readable"; NULL where the wait reason already says
 * all that is known. Memory of ARENA. */
const char *wait_text(const struct snapshot *snapshot, const struct wait *wait,
		      struct arena *arena);

/* "chan int 0xc000012345 (2 of 8 buffered, closed)". */
void wait_channel_text(const struct snapshot *snapshot, const struct channel *channel,
		       struct str *out);

/* "sync.Mutex"; NULL for a kind that is no lock. */
const char *wait_lock_type(enum wait_kind kind);
