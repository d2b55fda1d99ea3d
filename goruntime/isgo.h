#pragma once
/* What kind of Go program this is, before anything of its runtime is known. */
#include "goruntime/snapshot.h"

/* Build information and the Go release: from .go.buildinfo of the executable or the magic in the
 * core's writable segments, else from runtime.buildVersion. False if neither is there. */
bool release_find(struct snapshot *snapshot);

/* ERROR_NOT_GO with a sentence that says what the program is instead: made by gccgo or TinyGo, or
 * nothing known. Returns false. */
bool not_go(const struct snapshot *snapshot, struct error *err);
