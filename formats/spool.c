#include "formats/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/str.h"

enum {
	PAGE = 4096,
	LOOK_EVERY = 32 << 20, /* bytes stored between two looks at the free space */
	SHARE_LEFT = 64,       /* of the file system so much stays free: 1/64, but ... */
	MOST_LEFT = 256 << 20, /* ... no more than this */
};

/* What was not written yet is given up: all of the buffer from FROM on. */
static bool failed(struct spool *spool, size_t from, int error, struct error *err)
{
	_cleanup_str_ struct str held = { 0 };
	spool->written += from;
	spool->buffered = 0;
	str_add_size(&held, spool->written);
	if (error == ENOSPC || error == EDQUOT || error == EFBIG)
		return error_set(err, ERROR_IO, 0,
				 "no space left in %s for more than the first %s (TMPDIR names "
				 "another directory)",
				 spool->directory, str_text(&held));
	return error_set(err, ERROR_IO, 0, "writing to %s: %s", spool->directory, strerror(error));
}

/* Not every file system makes a file without a name. */
static int open_nameless(const char *directory)
{
	int fd = open(directory, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
		return fd;
	char path[4096];
	int n = snprintf(path, sizeof(path), "%s/gocore.XXXXXX", directory);
	if (n < 0 || (size_t)n >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

/* /var/tmp before /tmp, which is often in memory. */
static const char *find_directory(void)
{
	const char *directory = getenv("TMPDIR");
	if (directory != NULL && directory[0] != '\0')
		return directory;
	return access("/var/tmp", W_OK | X_OK) == 0 ? "/var/tmp" : "/tmp";
}

bool spool_open(struct spool *spool, struct error *err)
{
	const char *directory = find_directory();
	*spool = (struct spool){ .directory = directory };
	spool->fd = open_nameless(directory);
	if (spool->fd < 0)
		return error_set(err, ERROR_IO, 0,
				 "no file can be made in %s: %s (TMPDIR names another directory)",
				 directory, strerror(errno));
	spool->buffer = memory_grow(NULL, SPOOL_BUFFER);
	return true;
}

static bool has_space(const struct spool *spool)
{
	struct statvfs fs;
	if (fstatvfs(spool->fd, &fs) != 0)
		return true;
	uint64_t spare = (uint64_t)fs.f_blocks * fs.f_frsize / SHARE_LEFT;
	if (spare > MOST_LEFT)
		spare = MOST_LEFT;
	return (uint64_t)fs.f_bavail * fs.f_frsize >= spare;
}

/* Writes [FROM, TO) of the buffer. */
static bool store(struct spool *spool, size_t from, size_t to, struct error *err)
{
	while (from < to) {
		ssize_t n = pwrite(spool->fd, spool->buffer + from, to - from,
				   (off_t)(spool->written + from));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(spool, from, n < 0 ? errno : ENOSPC, err);
		from += (size_t)n;
		spool->stored += (uint64_t)n;
	}
	if (spool->stored - spool->checked < LOOK_EVERY)
		return true;
	spool->checked = spool->stored;
	return has_space(spool) || failed(spool, to, ENOSPC, err);
}

static bool is_zero(const uint8_t *page, size_t size)
{
	return page[0] == 0 && memcmp(page, page + 1, size - 1) == 0;
}

bool spool_flush(struct spool *spool, struct error *err)
{
	size_t from = 0;
	for (size_t at = 0; at < spool->buffered; at += PAGE) {
		size_t left = spool->buffered - at, size = left < PAGE ? left : PAGE;
		if (!is_zero(spool->buffer + at, size))
			continue;
		if (!store(spool, from, at, err))
			return false;
		from = at + size;
	}
	if (!store(spool, from, spool->buffered, err))
		return false;
	spool->written += spool->buffered;
	spool->buffered = 0;
	return true;
}

bool spool_add(struct spool *spool, struct bytes bytes, struct error *err)
{
	while (bytes.size > 0) {
		size_t room = SPOOL_BUFFER - spool->buffered;
		size_t n = bytes.size < room ? bytes.size : room;
		memcpy(spool->buffer + spool->buffered, bytes.data, n);
		spool->buffered += n;
		bytes.data += n;
		bytes.size -= n;
		if (spool->buffered == SPOOL_BUFFER && !spool_flush(spool, err))
			return false;
	}
	return true;
}

bool spool_map(struct spool *spool, const char *path, struct mapfile *file, struct error *err)
{
	/* Where it may not grow by a hole at its end, that is cut off: the file says so itself. */
	int ignored = ftruncate(spool->fd, (off_t)spool->written);
	(void)ignored;
	bool ok = mapfile_map(spool->fd, path, file, err);
	spool_close(spool);
	return ok;
}

void spool_close(struct spool *spool)
{
	if (spool == NULL || spool->buffer == NULL)
		return;
	close(spool->fd);
	free(spool->buffer);
	spool->buffer = NULL;
}
