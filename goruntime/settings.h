#pragma once
/* What tells the runtime how to behave, as it was in force when the core was taken. */
#include <string.h>

#include "goruntime/snapshot.h"

struct settings {
	bool traceback_known;
	uint32_t traceback_level; /* 0 none, 1 single or all, 2 system */
	bool traceback_all, traceback_crash;
	uint32_t gomaxprocs, cpus; /* 0: not known */
	const char *godebug; /* of the environment; NULL: none, or not known */
	/* What the executable brings of its own (go.mod, //go:debug), as far as it concerns the
	 * runtime and the environment does not override it; NULL: nothing. */
	const char *godebug_built_in;
};
void snapshot_settings(const struct snapshot *snapshot, struct arena *arena,
		       struct settings *settings);

/* The word of GOTRACEBACK that means these settings: "none", "single", "all", "system", "crash". */
const char *settings_traceback(const struct settings *settings);

/* GODEBUG as it is now, else as the process was started with; NULL if neither is known. */
const char *snapshot_godebug(const struct snapshot *snapshot, struct arena *arena);

/* The value that KEY, which ends with "=", has in GODEBUG=TEXT, which may be NULL; the last one
 * holds. It goes up to a comma or the end of TEXT. NULL: none. */
static inline const char *godebug_value(const char *text, const char *key)
{
	const char *value = NULL;
	for (const char *p = text; p != NULL && (p = strstr(p, key)) != NULL; p += strlen(key))
		if (p == text || p[-1] == ',')
			value = p + strlen(key);
	return value;
}

/* The value of KEY, which ends with "=", that is in force: by the environment, else built in. NULL:
 * the release's own default. It goes up to a comma or the end of its text. */
static inline const char *settings_godebug(const struct settings *settings, const char *key)
{
	const char *value = godebug_value(settings->godebug, key);
	return value != NULL ? value : godebug_value(settings->godebug_built_in, key);
}
