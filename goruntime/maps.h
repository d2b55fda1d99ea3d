#pragma once
/*
 * The entries of a Go map: buckets with overflow chains until 1.23 (runtime/map.go), Swiss tables
 * since 1.24 (internal/runtime/maps). A map that somebody is changing may list an entry twice or
 * not at all; its count is then not the number of entries.
 */
#include "goruntime/snapshot.h"

struct map_header { /* the map's own record */
	uint64_t count;
	bool writing; /* somebody was inside an operation that changes it; with two of them in it, since
		       * 1.24 the mark is toggled, the mark may be off: only true says something */
};

/* Reads the record of the map at MAP. False where it is not there, or what is there cannot be
 * one. */
bool map_header_read(const struct snapshot *snapshot, uint64_t map, struct map_header *header);

/* Whether TYPE is the descriptor of a map type and MAP a map's record where one can be: an object
 * of the heap of its size, a global variable, or part of a stack. */
bool map_is_one(const struct snapshot *snapshot, uint64_t type, uint64_t map);

struct map_walk_result {
	uint64_t count;	  /* as the map itself says */
	uint64_t entries; /* that were visited */
	bool writing;	  /* somebody was inside an operation that changes it */
	bool cut;	  /* VISIT or the bound stopped it */
	bool lost;	  /* part of it is not there */
};

/* Calls VISIT with the addresses of key and element of each entry of the map at MAP, whose type's
 * descriptor is at TYPE, until it returns false. False where the map's own record or its type is
 * not there. */
bool map_walk(const struct snapshot *snapshot, uint64_t type, uint64_t map,
	      bool (*visit)(void *data, uint64_t key, uint64_t elem), void *data,
	      struct map_walk_result *result);
