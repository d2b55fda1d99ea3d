#pragma once
/* Advice where a setting that was in force hid what would have helped, or one that was not would
 * help. */
#include "analyzer/finding.h"
#include "goruntime/settings.h"

/* For the verdict of a death, as FINDING has its class and kind. */
void settings_advise(struct findings *findings, struct finding *finding,
		     const struct snapshot *snapshot, const struct settings *settings);
