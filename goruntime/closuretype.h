#pragma once
/*
 * What closures are made of, by the code that makes them: one that lives in the heap is allocated
 * as struct { F uintptr; X0 T; X1 *U }, whose descriptor is handed to runtime.newobject, and gets
 * the address of its function at once (cmd/compile/internal/walk/closure.go walkClosure,
 * walkMethodValue; typecheck/func.go ClosureType). This is in every binary. A part of goruntime.
 */
#include "goruntime/private.h"

struct closure_made {
	uint64_t
		type; /* descriptor; 0: none of these closures is made in the heap, or the code that does
			* it is not understood, or makes different ones */
	uint64_t maker; /* entry of a function that makes them */
	uint64_t store; /* pc there that puts the function's address into the new object */
};

/* Of the closures whose function begins at ENTRY. Never NULL; kept. */
const struct closure_made *closure_made(const struct snapshot *snapshot, uint64_t entry);

/* TRACK is what is known before INSN, which stores at OFFSET of the new object. */
struct regtrack;
struct instruction;
typedef void (*closure_store_visit)(void *data, const struct regtrack *track,
				    const struct instruction *insn, uint64_t offset);

/* Visits the stores that fill in the object, as far as they follow on each other. */
void closure_stores(const struct snapshot *snapshot, const struct closure_made *made,
		    closure_store_visit visit, void *data);

/* A part of snapshot_release(). */
void closure_types_destroy(struct closure_types *types);
