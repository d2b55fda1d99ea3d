#pragma once
/*
 * --redact: types and shapes in place of contents. Redaction happens before anything is said: the
 * detectors see a snapshot whose texts from the program's own memory are replaced, so that none can
 * reach a title, a message or an explanation.
 */
#include "goruntime/snapshot.h"

/* A copy of SNAPSHOT with redacted panic values and fatal texts that hold them. What the runtime
 * itself says (its error texts and types) stays, but indexes and lengths of bounds errors become
 * "_"; so does all that a verdict is decided on. Argument words are the writers' to redact. Memory
 * of ARENA; valid as long as SNAPSHOT. */
const struct snapshot *redact_snapshot(const struct snapshot *snapshot, struct arena *arena);
