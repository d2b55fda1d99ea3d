#pragma once
/* Words that people type: near misses, durations, statuses. */
#include <stdbool.h>

/* Statuses of goroutines that are listed, as the runtime writes them; ended by NULL. */
extern const char *const words_status[];

/* The word of TABLE (ended by NULL) that WORD is most likely meant to be, an equal one first; NULL
 * if none is near. */
const char *word_meant(const char *word, const char *const *table);

/* "90s", "5m", "1h30m", "2d", "1.5h", "250ms" in seconds. False if TEXT is no such thing. */
bool duration_parse(const char *text, double *seconds);
