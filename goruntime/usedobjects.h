#pragma once
/*
 * What the functions that died had in hand: objects of the heap to which words of their frames
 * point, and that hold the number which was followed as a pointer. Such an object that is free was
 * used after it was freed. Words of frames may be old, so nothing of it is proven.
 */
#include "goruntime/snapshot.h"

struct used_object {
	uint64_t word;	    /* of the frame */
	uint64_t at, value; /* which word of the object is the number */
	const char *place;  /* "the frame of main.f, goroutine 7" */
	const char *text; /* "byte 16 of an object slot of 80 bytes at 0x..., free", as address.text
			     says */
	bool freed;
};

/* The first ROOM of them in the innermost frames that are not the runtime's; how many. WANTED is
 * the number; 0: the CPU did not tell it, and any will do that is no address, of objects in use
 * that is text. Unless ALLOCATED only objects that are free. Memory of ARENA. */
size_t death_used_objects(const struct snapshot *snapshot, uint64_t wanted, bool allocated,
			  struct arena *arena, struct used_object *objects, size_t room);
