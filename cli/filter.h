#pragma once
/* Which goroutines `gocore goroutines` lists. */
#include "cli/options.h"
#include "goruntime/snapshot.h"

struct filter {
	const struct snapshot *snapshot;
	const struct options *options;
	uint8_t *by_stack; /* per interned stack: 0 not asked yet, 1 no, 2 has the function */
	size_t room;
};

void filter_init(struct filter *filter, const struct snapshot *snapshot,
		 const struct options *options);
void filter_release(struct filter *filter);
bool filter_takes(struct filter *filter, const struct goroutine *g);

/* Whether anything is filtered at all. */
bool filter_is_open(const struct options *options);
