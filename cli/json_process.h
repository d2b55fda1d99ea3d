#pragma once
/* The parts of the report's JSON that are about the process as a whole. */
#include "analyzer/report.h"
#include "cli/json.h"
#include "cli/options.h"

void json_gc(struct json *json, const struct report *report, const struct options *options);
void json_settings(struct json *json, const struct settings *settings);
/* Of the environment those variables alone that tell Go's runtime how to behave: others may be
 * secrets. */
void json_environment(struct json *json, const struct report *report);
/* Left out where they are redacted; null where they are not in the core. */
void json_arguments(struct json *json, const struct report *report);
/* All that the process was started with: arguments and environment, redacted their names alone. */
void json_process_start(struct json *json, const struct snapshot *snapshot,
			const struct options *options);
void json_deferred(struct json *json, const struct report *report, const struct options *options);
