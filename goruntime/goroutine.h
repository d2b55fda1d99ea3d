#pragma once
/* Goroutines and threads as the runtime keeps them: runtime.g and runtime.m (runtime2.go). */
#include "formats/corefile.h"
#include "goruntime/view.h"

/* Values of g.atomicstatus without the scan bit (runtime2.go); the same in all releases, but 10
 * and 11 appear in 1.26. */
enum g_status {
	G_IDLE = 0, G_RUNNABLE = 1, G_RUNNING = 2, G_SYSCALL = 3, G_WAITING = 4, G_DEAD = 6,
	G_COPYSTACK = 8, G_PREEMPTED = 9, G_LEAKED = 10, G_DEADEXTRA = 11,
};
enum { G_SCAN = 0x1000 };

enum { NO_INDEX = 0xffffffff };

struct goroutine { /* one g; small, as there may be a million */
	uint64_t addr; /* of the runtime.g */
	uint64_t id;
	uint64_t stack_lo, stack_hi;
	uint64_t sched_pc, sched_sp, sched_lr;
	uint64_t syscall_pc, syscall_sp;
	uint64_t m;	   /* address of its runtime.m, 0 if none */
	uint64_t locked_m; /* address, 0 if not locked to a thread */
	uint64_t panic;	   /* newest runtime._panic, 0 if none */
	uint64_t labels;   /* pprof labels, 0 if none */
	uint64_t gopc, startpc;
	uint64_t parent; /* goid of the creator, 0 if not known (before 1.21) */
	uint64_t ancestors; /* *[]ancestorInfo of GODEBUG=tracebackancestors, 0 if none */
	int64_t waitsince; /* nanotime, 0 if not known; see goroutine_wait_seconds */
	uint64_t bubble;   /* synctest bubble or group, 0 if none */
	uint32_t thread;   /* index of the thread that runs it, NO_INDEX if none */
	uint8_t status;	   /* enum g_status; other values as found */
	uint8_t wait_reason; /* raw number; has meaning in G_WAITING and G_LEAKED only */
	bool scan : 1;	     /* scan bit was set */
	bool unreadable : 1; /* nothing but addr (and what could be read) is known */
	bool system : 1;     /* runtime's own: isSystemGoroutine */
	bool bad_stack : 1;  /* stack bounds fail the checks */
};

struct thread { /* one M, one LWP, or both */
	const struct core_thread *lwp; /* NULL: an M without a thread in the core */
	uint64_t m;		       /* address of the runtime.m; 0: a thread unknown to Go */
	int64_t id;		       /* m.id */
	uint64_t procid, g0, gsignal, curg, caughtsig, p, locked_g;
	uint64_t g0_stack_lo, g0_stack_hi, gsignal_stack_lo, gsignal_stack_hi;
	uint64_t g0_sched_pc, g0_sched_sp;
	uint64_t vdso_sp, vdso_pc;
	int32_t dying, throwing, mallocing;
	int32_t ncgo;
	int32_t p_id; /* of its P, -1 if it has none */
	bool incgo, is_extra;
	bool unreadable; /* the M is not in the core: what is known of it is from elsewhere */
	uint32_t goroutine; /* index of curg in the snapshot, NO_INDEX if none */
};

/* "running", "waiting", ...: the runtime's own word (traceback.go gStatusStrings). */
const char *g_status_text(unsigned status);
