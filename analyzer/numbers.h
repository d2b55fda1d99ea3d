#pragma once
/* Numbers in the runtime's own lines, and numbers for people. */
#include "base/arena.h"

/* The number that stands in TEXT right behind WORDS ("exceeds " in "stack exceeds 1000-byte"),
 * decimal or 0x...; false where WORDS or a number is not there. TEXT may be NULL. */
bool number_after(const char *text, const char *words, uint64_t *value);

/* "12,408", "1.4 KB". Memory of ARENA. */
const char *grouped(struct arena *arena, uint64_t value);
const char *sized(struct arena *arena, uint64_t bytes);

/* "3 h 12 m", "2 m 5 s", "40 s". Memory of ARENA. */
const char *duration(struct arena *arena, double seconds);
