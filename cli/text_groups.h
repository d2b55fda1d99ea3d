#pragma once
/* The table of goroutines in the text of `gocore analyze`: the largest groups, one a line. */
#include "analyzer/report.h"
#include "cli/text.h"

void text_goroutines(struct text *text, const struct report *report);
