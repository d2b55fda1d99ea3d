#pragma once
/* A file mapped read-only and private. Only the pages that are touched are read. */
#include "base/cursor.h"
#include "base/error.h"

struct mapfile {
	const char *path; /* as given, borrowed */
	struct bytes bytes;
	bool opened; /* FD is valid: for mapfile_read() */
	int fd;
};

/* Maps PATH. Fails with ERROR_IO (cannot be opened, a directory, a device) or ERROR_FORMAT (empty);
 * the text begins with the path. */
bool mapfile_open(const char *path, struct mapfile *file, struct error *err) MUST_CHECK;

/* The same of an open file, which stays the caller's; PATH is for messages. */
bool mapfile_map(int fd, const char *path, struct mapfile *file, struct error *err) MUST_CHECK;

/* Copies SIZE bytes at OFFSET by a system call, not through the mapping: cheaper for memory that is
 * looked at once, as the first touch of a mapped page costs more than to copy it. */
bool mapfile_read(const struct mapfile *file, uint64_t offset, void *to, size_t size) MUST_CHECK;
void mapfile_close(struct mapfile *file);
