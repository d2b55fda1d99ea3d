#pragma once
/*
 * Where an object of the heap was made, as far as the runtime's memory profile has it: one object
 * for each 512 KB allocated, unless the program says else (runtime/mprof.go; mheap.go
 * specialprofile).
 */
#include "goruntime/snapshot.h"

/* The first function besides the runtime's own that allocated the object that ADDR lies in; NULL:
 * not known. */
const struct call *object_made_at(const struct snapshot *snapshot, uint64_t addr);
