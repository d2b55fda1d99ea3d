#pragma once
/* Values in the text of `gocore analyze`. */
#include "analyzer/report.h"
#include "cli/text.h"

/* The panic's value, and the variables of the culprit's frame and of the program's own above it. */
void text_values(struct text *text, const struct report *report);
