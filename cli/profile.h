#pragma once
/*
 * A profile in the format of `go tool pprof` under construction: samples, each a stack with a count
 * and labels. Functions, places in code and strings are kept once.
 */
#include "base/arena.h"
#include "goruntime/code.h"

#include <stdio.h>

struct profile;

/* A profile of COUNTS of what NAME says ("goroutine"). Memory of ARENA, which outlives it. */
struct profile *profile_create(struct arena *arena, const char *name);
void profile_destroy(struct profile *profile);

/* The object that all code is taken to be in. */
void profile_mapping(struct profile *profile, uint64_t lo, uint64_t hi, const char *path,
		     const char *build_id);
void profile_comment(struct profile *profile, const char *text);

/* The number of the place at PC whose logical frames are CALLS, innermost first; FILES has the path
 * to write for each. */
uint64_t profile_location(struct profile *profile, uint64_t pc, struct calls calls,
			  const char *const *files);
/* The number of that place; 0 where it was not added yet. */
uint64_t profile_find(const struct profile *profile, uint64_t pc);

struct profile_label {
	const char *key, *value;
};
void profile_sample(struct profile *profile, const uint64_t *locations, size_t location_count,
		    int64_t count, const struct profile_label *labels, size_t label_count);

/* Compressed with gzip, as the Go runtime writes it. Write errors stay in the stream: ask
 * ferror(). */
void profile_write(struct profile *profile, FILE *out);
