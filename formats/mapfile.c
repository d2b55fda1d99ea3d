#include "formats/mapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static const char *not_a_file(mode_t mode)
{
	if (S_ISDIR(mode))
		return "a directory";
	if (S_ISFIFO(mode))
		return "a pipe";
	if (S_ISSOCK(mode))
		return "a socket";
	return "a device";
}

/* True for a file that can be mapped. */
static bool check_kind(const char *path, const struct stat *st, struct error *err)
{
	if (!S_ISREG(st->st_mode))
		return error_set(err, ERROR_IO, 0, "%s: is %s, not a file that can be mapped", path,
				 not_a_file(st->st_mode));
	if (st->st_size == 0)
		return error_set(err, ERROR_FORMAT, 0, "%s: the file is empty", path);
	return true;
}

bool mapfile_map(int fd, const char *path, struct mapfile *file, struct error *err)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return error_set(err, ERROR_IO, 0, "%s: %s", path, strerror(errno));
	if (!check_kind(path, &st, err))
		return false;
	size_t size = (size_t)st.st_size;
	void *p = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_NORESERVE, fd, 0);
	if (p == MAP_FAILED)
		return error_set(err, ERROR_IO, 0, "%s: cannot be mapped: %s", path,
				 strerror(errno));
	int own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	*file = (struct mapfile){
		.path = path,
		.bytes = { p, size },
		.opened = own >= 0,
		.fd = own,
	};
	return true;
}

bool mapfile_open(const char *path, struct mapfile *file, struct error *err)
{
	/* O_NONBLOCK: a pipe without a writer would block here; it is refused below. */
	__attribute__((cleanup(close_fd))) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_set(err, ERROR_IO, 0, "%s: %s", path, strerror(errno));
	return mapfile_map(fd, path, file, err);
}

bool mapfile_read(const struct mapfile *file, uint64_t offset, void *to, size_t size)
{
	return file->opened && pread(file->fd, to, size, (off_t)offset) == (ssize_t)size;
}

void mapfile_close(struct mapfile *file)
{
	if (file == NULL || file->bytes.data == NULL)
		return;
	munmap((void *)(uintptr_t)file->bytes.data, file->bytes.size);
	file->bytes = (struct bytes){ 0 };
	if (file->opened)
		close(file->fd);
	file->opened = false;
}
