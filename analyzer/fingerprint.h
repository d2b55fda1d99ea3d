#pragma once
/*
 * Stable names of a crash, for tickets and for finding it again. They do not depend on addresses,
 * ids, times, paths of the files analyzed, or options; a change of how they are made raises
 * FINGERPRINT_VERSION.
 */
#include "analyzer/finding.h"

struct fingerprint {
	const char *class; /* class and kind */
	const char *crash; /* with the names of the functions that led there */
	const char *exact; /* with their files and lines, and the build id of the executable */
};

/* BUILD_ID may be NULL. Each is 16 hex digits; memory of ARENA. */
void fingerprint_make(const struct finding *verdict, const char *build_id, struct arena *arena,
		      struct fingerprint *fingerprint);
