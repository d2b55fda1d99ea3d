#include "formats/mapfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where files are mapped, for the handler: all that follows a page that is gone is gone too. Files
 * that find no slot, and what libraries map, are dealt with page by page. */
enum { SLOTS = 8192, PAGE = 4096 };
static struct slot {
	uintptr_t lo, hi;
} slots[SLOTS];

static void slot_take(uintptr_t lo, uintptr_t hi)
{
	for (size_t i = 0; i < SLOTS; i++) {
		if (slots[i].lo != 0)
			continue;
		slots[i].hi = hi;
		__atomic_store_n(&slots[i].lo, lo, __ATOMIC_RELEASE);
		return;
	}
}

static void slot_give(uintptr_t lo)
{
	for (size_t i = 0; i < SLOTS; i++)
		if (slots[i].lo == lo) {
			__atomic_store_n(&slots[i].lo, 0, __ATOMIC_RELEASE);
			return;
		}
}

/* The end of the mapping that holds PAGE; the page's own where it is none of ours. */
static uintptr_t end_of_mapping(uintptr_t page)
{
	for (size_t i = 0; i < SLOTS; i++) {
		uintptr_t lo = __atomic_load_n(&slots[i].lo, __ATOMIC_ACQUIRE);
		if (lo != 0 && lo <= page && page < slots[i].hi)
			return slots[i].hi;
	}
	return page + PAGE;
}

/* Puts zeros where the file has no bytes any more. Only calls what a handler may (mmap is no more
 * than the system call). */
static void on_bus_error(int signo, siginfo_t *info, void *context)
{
	(void)context;
	uintptr_t page = (uintptr_t)info->si_addr & ~(uintptr_t)(PAGE - 1);
	int error = errno;
	if (info->si_code != BUS_ADRERR ||
	    mmap((void *)page, end_of_mapping(page) - page, PROT_READ,
		 MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) == MAP_FAILED)
		signal(signo, SIG_DFL); /* it comes again, and ends the process */
	errno = error;
}

void mapfile_guard(void)
{
	struct sigaction action = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	sigaction(SIGBUS, &action, NULL);
}

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
		.written = { st.st_mtim.tv_sec, st.st_mtim.tv_nsec },
	};
	slot_take((uintptr_t)p, ((uintptr_t)p + size + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
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

bool mapfile_changed(const struct mapfile *file)
{
	struct stat st;
	if (!file->opened || fstat(file->fd, &st) != 0)
		return false;
	return (uint64_t)st.st_size != file->bytes.size ||
	       st.st_mtim.tv_sec != file->written[0] || st.st_mtim.tv_nsec != file->written[1];
}

void mapfile_close(struct mapfile *file)
{
	if (file == NULL || file->bytes.data == NULL)
		return;
	slot_give((uintptr_t)file->bytes.data);
	munmap((void *)(uintptr_t)file->bytes.data, file->bytes.size);
	file->bytes = (struct bytes){ 0 };
	if (file->opened)
		close(file->fd);
	file->opened = false;
}
