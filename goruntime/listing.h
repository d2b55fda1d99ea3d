#pragma once
/* The instructions of a function with their source lines, as the core or the executable has
 * them. */
#include "goruntime/snapshot.h"

struct listing_insn {
	uint64_t pc;
	struct bytes bytes; /* borrowed */
	const char *text;   /* Intel syntax; NULL where the bytes are no instruction */
	const char *target; /* what a call or jump out of the function leads to: its name; NULL */
	const char *file;   /* "" if not known */
	int32_t line;	    /* 0 if not known */
};

struct listing {
	const char *function;
	const char *file;
	uint64_t entry, end; /* [entry, end) of the function; of the instructions where it is not Go's */
	bool is_go;
	const struct listing_insn *items;
	size_t count;
	bool cut; /* not all of the function is there, or it is longer than what is listed */
};

/* The function that holds PC; of code that is not Go's what follows PC. Fails with ERROR_NOT_FOUND
 * where there is no code. Memory of ARENA. */
bool listing_at(const struct snapshot *snapshot, uint64_t pc, struct arena *arena,
		struct listing *listing, struct error *err) MUST_CHECK;

/* The entry of the function NAME: "main.(*T).f". False if there is none. */
bool listing_find(const struct snapshot *snapshot, const char *name, uint64_t *pc);
