#pragma once
/* --redact: types and shapes stay, the program's own data goes. */
#include <stdio.h>

#include "base/str.h"
#include "cli/options.h"
#include "goruntime/snapshot.h"

/* The argument words of a frame with each number as "_"; NULL for NULL. */
const char *redact_words(const char *words, struct str *buf);

/* "<redacted, 12 bytes>". */
const char *redact_text(const char *text, struct str *buf);

/* The labels of G as they are shown: redacted, keys are "#0", "#1", ... Memory of ARENA. */
const struct label *shown_labels(const struct snapshot *snapshot, const struct goroutine *g,
				 bool redact, struct arena *arena, size_t *count);

/* Where a command writes to so that --redact holds for numbers that are text (cli/redact_stream.h):
 * OUT itself where nothing is redacted. To be ended before OUT is used again. */
FILE *redact_output(const struct snapshot *snapshot, const struct options *options, FILE *out);
void redact_output_end(FILE *stream, FILE *out);
