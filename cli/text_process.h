#pragma once
/* What the text of `gocore analyze` says of the process as a whole. */
#include "analyzer/report.h"
#include "cli/text.h"

/* The deferred calls that did not run. */
void text_deferred(struct text *text, const struct report *report);

/* The settings in force, and whoever was at work besides the program: collector, finalizers. */
void text_process(struct text *text, const struct report *report);
