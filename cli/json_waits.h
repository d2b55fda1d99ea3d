#pragma once
/* What a goroutine waits on, in JSON: docs/report.schema.json "wait". */
#include "cli/json.h"
#include "goruntime/snapshot.h"

/* The member "waiting_on"; none where nothing beyond the wait reason is known. */
void json_waiting_on(struct json *json, const struct snapshot *snapshot, const struct goroutine *g);
