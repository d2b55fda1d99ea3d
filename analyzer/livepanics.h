#pragma once
/* Panics and Goexits that were under way as a fatal error ended the process: what came first. */
#include "analyzer/finding.h"
#include "goruntime/snapshot.h"

/* Explains them, where the death is a fatal error and FINDING's stack has them. That of a panic
 * whose own method panicked while it was printed is told elsewhere. */
void finding_explain_live_panics(struct findings *findings, struct finding *finding,
				 const struct snapshot *snapshot);
