#pragma once
/*
 * Which map a goroutine works on: by the argument words of the runtime's functions on maps that are
 * on its stack (runtime/map*.go, internal/runtime/maps). A word counts only where a map type's
 * descriptor lies beside it and a map's record is behind it; the slots hold leftovers otherwise.
 */
#include "goruntime/snapshot.h"

enum { MAP_USE_MAPS = 4 };

struct map_word {
	uint64_t map, type; /* addresses of the record and of the type's descriptor */
	bool sure; /* the compiler's tables say that the slots were written by this call, or the map
		    * was in a register as well; else they may be of an earlier call by the same
		    * caller */
};

struct map_use {			    /* a goroutine inside a map function */
	const struct trace_frame *user;	    /* who called the map function; NULL: it is in none */
	const struct trace_frame *entry;    /* the outermost of the map functions */
	struct map_word maps[MAP_USE_MAPS]; /* sure ones first, innermost first; a clone has two */
	size_t map_count;		    /* 0: not known */
};

/* What the stack TRACE, which was taken with addresses, is doing with a map. */
void map_use_of(const struct snapshot *snapshot, const struct trace *trace, struct map_use *use);

struct map_facts {
	const char *type; /* "map[string]int"; NULL: not known */
	uint64_t entries; /* as the map itself says */
	bool writing;	  /* see struct map_header */
};

/* The map at MAP. False where its record cannot be read. Memory of ARENA. */
bool map_facts_read(const struct snapshot *snapshot, const struct map_word *map,
		    struct arena *arena, struct map_facts *facts);

/* The innermost frame of the stack, from its first one that is not the runtime's own, with a word
 * that is ADDR; where there is none and REFERRED is not NULL, that points to an object of the heap
 * with such a word: a closure, a struct; *REFERRED says which. NULL: none. A word on a stack may be
 * left over from a call that has returned. */
const struct trace_frame *trace_frame_with(const struct snapshot *snapshot,
					   const struct trace *trace, uint64_t addr,
					   bool *referred);

/* The name of a variable of that frame of TRACE that is the map at ADDR: "m"; NULL where DWARF
 * names none. G may be NULL. Memory of ARENA. */
const char *map_variable(const struct snapshot *snapshot, const struct goroutine *g,
			 const struct trace *trace, const struct trace_frame *frame, uint64_t addr,
			 struct arena *arena);
