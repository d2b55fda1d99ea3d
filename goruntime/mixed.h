#pragma once
/*
 * Stacks of Go and C code, joined where one calls the other: C frames by the unwind tables of their
 * files, Go frames by pclntab, nested to any depth. A part of goruntime.
 */
#include "goruntime/private.h"

/* The frames from context C of THREAD on, on all the stacks it stands on. Where C frames are lost,
 * the next frame has a gap that says why, and the walk goes on with the Go frames below. */
void mixed_trace(const struct snapshot *snapshot, const struct thread *thread,
		 const struct context *c, bool args, struct arena *arena, struct trace *trace);

/* The frames of G's stack over which U goes, with the C frames of THREAD that called Go in
 * between. */
void mixed_goroutine_trace(const struct thread *thread, const struct goroutine *g,
			   struct unwinder *u, bool args, struct arena *arena,
			   struct trace *trace);
