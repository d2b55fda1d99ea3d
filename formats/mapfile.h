#pragma once
/*
 * A file mapped read-only and private. Only the pages that are touched are read.
 *
 * Somebody else may cut the file meanwhile; a touch of a page that is gone raises SIGBUS. With
 * mapfile_guard() such pages read as zeros instead, and mapfile_changed() tells of it: what was
 * read before it was asked must not be trusted then.
 */
#include "base/cursor.h"
#include "base/error.h"

struct mapfile {
	const char *path; /* as given, borrowed */
	struct bytes bytes;
	bool opened; /* FD is valid: for mapfile_read() and mapfile_changed() */
	int fd;
	int64_t written[2]; /* when it was last written to, as it was opened: seconds, nanoseconds */
};

/* Handles SIGBUS for the whole process: once, by main. */
void mapfile_guard(void);

/* Maps PATH. Fails with ERROR_IO (cannot be opened, a directory, a device) or ERROR_FORMAT (empty);
 * the text begins with the path. */
bool mapfile_open(const char *path, struct mapfile *file, struct error *err) MUST_CHECK;

/* The same of an open file, which stays the caller's; PATH is for messages. */
bool mapfile_map(int fd, const char *path, struct mapfile *file, struct error *err) MUST_CHECK;

/* Copies SIZE bytes at OFFSET by a system call, not through the mapping: cheaper for memory that is
 * looked at once, as the first touch of a mapped page costs more than to copy it. */
bool mapfile_read(const struct mapfile *file, uint64_t offset, void *to, size_t size) MUST_CHECK;

/* Whether it has another size than when it was mapped, or was written to since. */
bool mapfile_changed(const struct mapfile *file);
void mapfile_close(struct mapfile *file);
