#pragma once
/*
 * What could not be read or had to be guessed. A caveat never stops the analysis; it is carried up
 * to the report and always printed. Caveats that repeat (one per goroutine, say) are counted, and
 * past a bound only counted: damaged input can produce any number of them.
 */
#include "base/arena.h"

enum caveat_weight {
	CAVEAT_NOTE,	/* the report is complete: exit code 0 */
	CAVEAT_WEAKENS, /* something is missing or guessed that the report would have used: exit code 1 */
};

struct caveat {
	const char *about; /* what it is about, a word or two: "core", "executable", "goroutine 17" */
	const char *text;  /* a sentence */
	uint64_t addr;	   /* 0: none */
	enum caveat_weight weight;
};

struct caveats {
	struct arena *arena;
	struct caveat *items;
	size_t count, room;
	size_t dropped; /* not kept: more than CAVEATS_MAX */
	bool weakened;	/* one of CAVEAT_WEAKENS was added, kept or dropped */
};

enum { CAVEATS_MAX = 200 };

void caveats_init(struct caveats *caveats, struct arena *arena);
void caveats_add(struct caveats *caveats, enum caveat_weight weight, uint64_t addr,
		 const char *about, const char *fmt, ...) FORMAT_PRINTF(5, 6);
