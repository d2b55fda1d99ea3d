#pragma once
/* The lock of package sync that a goroutine died on, and who else is at it. */
#include "analyzer/finding.h"

/* Evidence for FINDING, a death in a method of a lock: which lock, what its state says, what the
 * program calls it, who waits for it and who most probably has locked it. Nothing where the lock is
 * not known. */
void finding_add_lock(struct findings *findings, struct finding *finding,
		      const struct snapshot *snapshot);
