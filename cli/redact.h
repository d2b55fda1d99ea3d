#pragma once
/* --redact: types and shapes stay, the program's own data goes. */
#include "base/str.h"
#include "goruntime/snapshot.h"

/* The argument words of a frame with each number as "_"; NULL for NULL. */
const char *redact_words(const char *words, struct str *buf);

/* "<redacted, 12 bytes>". */
const char *redact_text(const char *text, struct str *buf);

/* The labels of G as they are shown: redacted, keys are "#0", "#1", ... Memory of ARENA. */
const struct label *shown_labels(const struct snapshot *snapshot, const struct goroutine *g,
				 bool redact, struct arena *arena, size_t *count);
