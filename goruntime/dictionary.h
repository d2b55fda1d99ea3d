#pragma once
/*
 * The dictionaries that calls of a generic function pass on, which hold its type arguments
 * (cmd/compile internal/noder/reader.go): a word of one, as DW_AT_go_dict_index counts, is the
 * address of a type. A part of goruntime.
 */
#include "goruntime/private.h"

enum { DICTIONARIES_MAX = 64 };

/* Those of the function that DWARF calls FUNCTION ("main.Map[go.shape.int]"), of any shape, by
 * their symbols: which one a frame was called with is not known, as the argument's slot may hold an
 * old one. At most DICTIONARIES_MAX addresses; returns how many there are. */
size_t dictionaries_find(const struct snapshot *snapshot, const char *function, uint64_t *addrs);
