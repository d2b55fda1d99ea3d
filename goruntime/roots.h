#pragma once
/*
 * Where a mark begins besides stacks: global variables by the modules' masks, the finalizers and
 * cleanups that are queued or attached to objects, and weak pointers' handles (runtime/mgcmark.go
 * markroot, markrootSpans). What the runtime reaches through its own global variables (allgs,
 * timers, semtable, sync.Pool) follows from these.
 */
#include "goruntime/marker.h"

struct root_range { /* words of global variables, with a bit each */
	uint64_t addr, words;
	const uint8_t *mask;
};

struct roots {
	struct root_range *ranges;
	size_t count;
	const char *missing; /* what could not be read; NULL: nothing */
};

void roots_find(const struct snapshot *snapshot, struct roots *roots);
void roots_release(struct roots *roots);

void roots_mark_range(struct mark_worker *worker, const struct root_range *range);
/* Queues and specials: few, on this thread. False where a list could not be followed. */
bool roots_mark_specials(struct mark_worker *worker);
