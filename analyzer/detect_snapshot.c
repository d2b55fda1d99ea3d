/* snapshot: nothing died; gcore, a debugger or the like wrote the core of a live process. */
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"

static const char name[] = "snapshot";

DETECTOR(snapshot)
{
	(void)options;
	if (snapshot->death.way != DEATH_NONE || snapshot->death.kernel.by_runtime ||
	    death_signal_of(snapshot) != NULL)
		return;
	if (snapshot->death.thread == NO_INDEX) /* a core cut before its threads tells nothing */
		return;
	struct finding *finding = findings_add_death(findings, snapshot, name, CLASS_SNAPSHOT,
						     "live",
						     snapshot->threads_cut ? LIKELY : CERTAIN);
	finding->title = "no crash: the process was alive when the core was written";
	finding->stack = NULL;
	finding->cause_frame = NO_FRAME;
	finding->goroutine = NO_INDEX;
	finding->goroutines = NULL;
	finding->goroutine_count = 0;
	finding_explain(
		findings, finding,
		"No thread was dying and no signal had ended the process: the core was taken by a "
		"debugger or a tool like gcore.");
	finding_evidence(findings, finding, 0, 0,
			 "no M is dying, and the core has no signal that ends a process");
}
