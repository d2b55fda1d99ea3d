#pragma once
/* A finding in the JSON of `gocore analyze`. */
#include "analyzer/report.h"
#include "cli/json.h"
#include "cli/options.h"

/* All that is known of it: signal, fault, panics, stack; the shape of verdict and alternatives. */
void json_verdict(struct json *json, const char *key, const struct finding *finding,
		  const struct report *report, const struct options *options);
/* What a list of findings has of each. */
void json_finding(struct json *json, const struct finding *finding);
