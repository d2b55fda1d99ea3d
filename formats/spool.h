#pragma once
/*
 * A file without a name, under TMPDIR, into which a stream is written once so that it can be
 * mapped. Pages of zeros become holes, which take no space; the file goes away with its mapping.
 */
#include "formats/mapfile.h"

struct spool {
	int fd;
	const char *directory; /* TMPDIR, else /var/tmp, else /tmp */
	uint64_t written;      /* bytes that are in the file, holes included */
	uint64_t stored;       /* of those, bytes that take space */
	uint64_t checked;      /* STORED when the free space was last looked at */
	uint8_t *buffer;       /* what comes behind WRITTEN */
	size_t buffered;
};

enum { SPOOL_BUFFER = 4 << 20 };

/* Fails with ERROR_IO where no file can be made there. */
bool spool_open(struct spool *spool, struct error *err) MUST_CHECK;

/* Adds BYTES. Fails with ERROR_IO when there is no space, or less than a part of the file system
 * that is left to others: then the first WRITTEN bytes stay, and no more can be added. */
bool spool_add(struct spool *spool, struct bytes bytes, struct error *err) MUST_CHECK;

/* Writes what is still in memory: pages of zeros are left out. Fails as spool_add() does. */
bool spool_flush(struct spool *spool, struct error *err) MUST_CHECK;

/* Maps what was written under the name PATH; the spool is closed, whatever comes of it.
 * ERROR_FORMAT if that is nothing. */
bool spool_map(struct spool *spool, const char *path, struct mapfile *file,
	       struct error *err) MUST_CHECK;
void spool_close(struct spool *spool);
