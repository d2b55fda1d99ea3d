#pragma once
/*
 * The build information that cmd/link puts into a Go program (debug/buildinfo/buildinfo.go,
 * runtime/debug/mod.go): "\xff Go buildinf:" at a 16-byte step of the writable segment, the Go
 * version and the module text.
 */
#include "base/arena.h"
#include "base/cursor.h"

struct build_setting {
	const char *key, *value;
};

struct buildinfo {
	const char *go_version;	 /* "go1.26.10", "go1.24.4 X:nodwarf5", "devel go1.28-..." */
	const char *path;	 /* package path of main, NULL */
	const char *module;	 /* path of the main module, NULL */
	const char *module_version; /* "(devel)", "v1.2.3", NULL */
	struct build_setting *settings; /* "build" lines, in order */
	size_t setting_count;
	struct build_setting *dependencies; /* "dep" lines: path, version, before any replacement */
	size_t dependency_count;
};

/* Looks for the magic in BYTES, which start at a 16-byte boundary of the target. Returns false if
 * it is not there; *OFFSET is where it was found. */
bool buildinfo_find(struct bytes bytes, uint64_t *offset);

/* Parses build info at the start of BYTES in the inline format (flag bit 2, Go 1.18 and later).
 * False when it is not well formed; what was read before that stays. */
bool buildinfo_parse(struct bytes bytes, struct arena *arena, struct buildinfo *info);

/* The value of a setting ("-race", "CGO_ENABLED", "vcs.revision"), NULL if it is not there. */
const char *buildinfo_setting(const struct buildinfo *info, const char *key);
