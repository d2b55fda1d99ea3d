#pragma once
/* The head of the text of `gocore analyze`: class, title, culprit, message. */
#include "analyzer/report.h"
#include "cli/text.h"

void text_verdict(struct text *text, const struct report *report);

/* "panic/explicit" */
void str_add_class(struct str *out, const struct finding *finding);
