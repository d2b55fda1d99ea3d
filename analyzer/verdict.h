#pragma once
/* Ranking, in one place: which finding is the verdict, what else it could have been, and how the
 * process came to its end. */
#include "analyzer/finding.h"
#include "analyzer/report.h"

/* How the process died, or that it did not. */
enum report_origin verdict_origin(const struct snapshot *snapshot);

/* The index of the finding that is the verdict: the best death; for a core that was taken from
 * outside (external-signal, snapshot) a finding that is certain or likely and big enough to matter
 * comes before it. SIZE_MAX where there is none. */
size_t verdict_choose(const struct findings *findings);

/* The indices of the other readings of the death, best first: *COUNT of them. Memory of the
 * findings' arena. */
size_t *verdict_alternatives(const struct findings *findings, size_t verdict, size_t *count);
