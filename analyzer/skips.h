#pragma once
/* What --skip takes out of a report: classes and kinds. */
#include "analyzer/detector.h"

struct skips {
	struct skip_word {
		const char *word;
		enum verdict_class class;
		const char *kind; /* NULL: the whole class */
	} * words;
	size_t count;
};

/* False with ERROR_USAGE for a word that is no class or kind. The words are borrowed. */
MUST_CHECK bool skips_parse(struct skips *skips, const char **words, size_t count,
			    struct arena *arena, struct error *err);
/* Whether all that DETECTOR looks for is left out. */
bool skips_all_of(const struct skips *skips, const struct detector *detector);
/* Whether SKIP, of one kind, is something that DETECTOR looks for. */
bool skip_concerns(const struct skip_word *skip, const struct detector *detector);
/* Takes out the findings from FIRST on that are not wanted. */
void skips_drop(const struct skips *skips, struct findings *findings, size_t first);
