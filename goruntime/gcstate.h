#pragma once
/*
 * What the collector was doing, and who else was at work behind the program's back: a cycle in
 * progress, a world that is being stopped, finalizers and cleanups that run, goroutines that Goexit
 * or a panic ends.
 */
#include "goruntime/snapshot.h"

enum actor_kind {
	ACTOR_COLLECTOR,  /* a cycle is in progress; the goroutine is who asked for it, if anybody did */
	ACTOR_WORLD_STOP, /* worldsema is held: the world is stopped, or about to be */
	ACTOR_FINALIZER,
	ACTOR_CLEANUP,
	ACTOR_GOEXIT, /* runs its deferred calls; the call is that of runtime.Goexit */
	ACTOR_PANIC,  /* the same, of a panic that is not recovered yet; not the one that ended all */
};

struct actor {
	enum actor_kind kind;
	uint32_t goroutine; /* index in the snapshot; NO_INDEX: not known */
	const struct call *call; /* the program's function that is at work, or that asked; NULL */
	const char *in;		 /* the runtime's function that was asked: "runtime.GC"; NULL */
};

enum { ACTORS_MOST = 16 };

struct gc_state {
	int phase;	     /* 0 off, 1 mark, 2 mark termination, -1 not known */
	int assists;	     /* mutators help (gcBlackenEnabled): 0, 1; -1 not known */
	int forced;	     /* the cycle was asked for (work.userForced): 0, 1; -1 not known */
	int world_stop;	     /* worldsema is held: 0, 1; -1 not known */
	struct actor actors[ACTORS_MOST];
	size_t actor_count;
};

/* WALK: look at stacks for who asked and what runs; all of them where a cycle or a stop is in
 * progress. */
void snapshot_gc_state(const struct snapshot *snapshot, bool walk, struct arena *arena,
		       struct gc_state *state);

const char *actor_kind_name(enum actor_kind kind); /* "collector", "stop-the-world", ... */
