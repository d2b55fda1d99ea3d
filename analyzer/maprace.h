#pragma once
/*
 * Who raced on a map: the goroutine that noticed is on one side; the other is looked for among
 * those that can run, by what they do with which map (goruntime/mapuse.h).
 */
#include "analyzer/finding.h"
#include "analyzer/groups.h"

/* Adds to FINDING, the death by a fatal error of a map: which map, and each goroutine that was
 * inside an operation on it or, less telling, holds it in a frame. One on another map is never
 * named. */
void finding_add_map_race(struct findings *findings, struct finding *finding,
			  const struct snapshot *snapshot, const struct groups *groups);
