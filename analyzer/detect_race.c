/*
 * data-race: the fatal errors that only unsynchronized access makes: two goroutines in one map, an
 * unlock without a lock (runtime/map*.go, internal/runtime/maps, sync/mutex.go, sync/rwmutex.go).
 */
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fataltexts.h"
#include "analyzer/lockrace.h"
#include "analyzer/maprace.h"
#include "analyzer/places.h"

static const char name[] = "data-race";

static void set_culprit(struct finding *finding)
{
	if (finding->cause_frame != NO_FRAME)
		finding->cause_frame = trace_own_frame(finding->stack, finding->cause_frame);
}

DETECTOR(race)
{
	const struct fatal_story *story = death_story(snapshot, CLASS_DATA_RACE);
	if (story == NULL)
		return;
	struct finding *finding = findings_add_death(findings, snapshot, name, story->class,
						     story->kind,
						     death_confidence(snapshot, story));
	finding->title = story->title;
	set_culprit(finding);
	finding_explain(findings, finding, "%s", story->why);
	if (strcmp(story->kind, "unlock-of-unlocked") == 0)
		finding_add_lock(findings, finding, snapshot);
	else
		finding_add_map_race(findings, finding, snapshot, options->groups);
	finding_add_fatal_records(findings, finding, snapshot);
	if (story->next != NULL)
		finding_advise(findings, finding, "%s", story->next);
}
