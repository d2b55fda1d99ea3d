#pragma once
/* Goroutines that wait, as evidence of a death for which they are to blame together. */
#include "analyzer/finding.h"
#include "analyzer/groups.h"

/* "goroutine 19: chan receive, in main.f (srv/a.go:3), to receive from chan int 0x.. (unbuffered)".
 * Where the place is known it is added to what identifies the death: FINDING->identity must have
 * room. */
void finding_add_waiting(struct findings *findings, struct finding *finding,
			 const struct snapshot *snapshot, const struct group *group);

/* The tests of a test binary that wait, or run: goroutines below testing.tRunner that are not in
 * package testing itself, as a test is that waits for its subtests. */
void finding_add_tests(struct findings *findings, struct finding *finding,
		       const struct snapshot *snapshot, const struct groups *groups);
