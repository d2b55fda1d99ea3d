#pragma once
/*
 * What a goroutine waits on, by the runtime's own records: sudogs and channels (runtime/chan.go,
 * select.go), the table of semaphores (sema.go), timers (time.go), pollDescs (netpoll.go), and the
 * registers of a thread in a system call. Computed when asked; the tables behind it once.
 *
 * What a record does not say is left out, never guessed: an object whose address was not found is
 * 0, and *_known is false.
 */
#include "goruntime/snapshot.h"

enum wait_kind {
	WAIT_NONE,	  /* it does not wait, or nothing is known */
	WAIT_RECEIVE,	  /* one case */
	WAIT_SEND,	  /* one case */
	WAIT_SELECT,	  /* cases: sends, then receives, each in the order of the source */
	WAIT_NIL_RECEIVE, /* these three never end */
	WAIT_NIL_SEND,
	WAIT_NO_CASES,
	WAIT_MUTEX,
	WAIT_RWMUTEX_READ,
	WAIT_RWMUTEX_WRITE,
	WAIT_ONCE, /* for another one to have run the function of a sync.Once */
	WAIT_WAITGROUP,
	WAIT_COND,
	WAIT_SEMAPHORE, /* another one: object is the semaphore's word */
	WAIT_SLEEP,
	WAIT_IO,
	WAIT_SYSCALL,
	WAIT_COROUTINE, /* the other side of an iter.Pull is to switch back */
	WAIT_RUNTIME,	/* something of the runtime's own: the wait reason says all */
	WAIT_KIND_COUNT,
};

enum wait_direction { DIRECTION_UNKNOWN, DIRECTION_RECEIVE, DIRECTION_SEND };

struct channel {
	uint64_t addr;	  /* 0: a nil channel */
	bool known;	  /* the rest could be read */
	bool closed;
	bool timer;	  /* of a time.Timer, Ticker or After */
	int64_t when;	  /* nanotime at which the timer sends; 0: not known */
	int64_t period;	  /* of a Ticker, nanoseconds; 0: none */
	uint64_t length, capacity;
	const char *elem; /* type of the elements; NULL: not known */
	const struct call *made_at; /* NULL: not known */
};

struct wait_case {
	struct channel channel;
	enum wait_direction direction;
};

struct wait_context { /* the context.Context whose Done() is received from */
	uint64_t addr;	  /* of its cancelCtx; 0: none found */
	const char *chain; /* "context.Background.WithValue.WithTimeout", as far as it is known */
	bool cancelled;
	const char *error; /* why it is: "deadline exceeded", else the error's type; NULL: not known */
	int64_t deadline;  /* nanotime at which a timer cancels it or one that it comes from; 0: none */
};

enum { WAIT_CASES_SHOWN = 64, SYSCALL_ARGS = 6 };

struct wait {
	enum wait_kind kind;
	uint64_t object; /* the channel, lock, pollDesc, coro; 0: not known */
	const struct wait_case *cases;
	size_t case_count; /* at most WAIT_CASES_SHOWN ... */
	size_t case_total; /* ... of these */
	struct wait_context context;

	const struct call *made_at; /* the lock, or the object that it is part of; NULL: not known */
	bool state_known; /* of the lock: what follows could be read */
	bool locked;	  /* a Mutex or Once is held; an RWMutex is held for writing or promised to a
			   * writer */
	int64_t readers;  /* an RWMutex: holds for reading, the queued ones not counted */
	int64_t waiters;  /* by the lock's own count; of a Cond by its tickets */
	int64_t counter;  /* of a WaitGroup */
	bool behind_writer; /* an RWMutex: in line for its lock of writers */
	bool for_fd;	  /* a semaphore of internal/poll, which lets one read or write at a time */

	int64_t when; /* nanotime of a sleep's end or of an I/O deadline; 0: none or not known */
	bool writes;  /* I/O: waits to write */
	int64_t fd;   /* -1: not known */

	bool syscall_known;
	uint64_t syscall_number;
	const char *syscall_name; /* NULL: not in the table */
	uint64_t syscall_args[SYSCALL_ARGS];
	unsigned syscall_arg_count; /* how many are known */
	uint64_t bubble; /* number of the synctest bubble that it belongs to; 0: none */
};

/* A context that the goroutine has at hand, in a word of its stack that may be an old one, and that
 * is cancelled; false where there is none. Memory of ARENA. */
bool goroutine_cancelled_context(const struct snapshot *snapshot, const struct goroutine *g,
				 struct arena *arena, struct wait_context *context);

/* Whether it is for something that one goroutine holds and gives back. */
static inline bool wait_is_for_lock(const struct wait *wait)
{
	return wait->kind == WAIT_MUTEX || wait->kind == WAIT_RWMUTEX_READ ||
	       wait->kind == WAIT_RWMUTEX_WRITE || wait->kind == WAIT_ONCE;
}

/* Never fails: kind says how much is known. Memory of ARENA. */
void goroutine_wait_read(const struct snapshot *snapshot, const struct goroutine *g,
			 struct arena *arena, struct wait *wait);

/* Seconds from the snapshot's "now", which is a lower bound, to WHEN: at most so many are left.
 * Negative where either is not known; 0 where it is due. */
double wait_seconds_left(const struct snapshot *snapshot, int64_t when);

/* "chan-receive", "select", "mutex", ...: stable words. */
const char *wait_kind_name(enum wait_kind kind);
