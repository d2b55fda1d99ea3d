#pragma once
/* A Go release as runtime.Version() writes it: "go1.26.10", "go1.24.4 X:rangefunc",
 * "go1.21.0-vendor+1", "devel go1.28-abcdef Tue ...". */
#include <stdbool.h>

enum { RELEASE_OLDEST = 19, RELEASE_NEWEST = 27 }; /* releases 1.N that the tables know */

struct release {
	const char *text; /* as found, borrowed; NULL if not known */
	unsigned minor;	  /* N of go1.N; 0 if not known */
	unsigned patch;
	bool plain; /* go1.N, go1.N.P: a release that layouts are known for; else a suffix, an
		     * experiment or a development version, whose layouts may differ */
	bool in_table; /* minor is one that the tables were made from */
};

/* False if TEXT is not a Go version; *RELEASE is then all zero but for the text. */
bool release_parse(const char *text, struct release *release);
