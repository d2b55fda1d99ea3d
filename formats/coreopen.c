/* A core as it arrives: a file, a compressed file, a pipe. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/str.h"
#include "formats/corefile.h"
#include "formats/filekind.h"
#include "formats/spool.h"
#include "formats/stream.h"

enum {
	WRITER_WAIT_MS = 2000,
	WRITER_STEP_MS = 20,
	COMPRESSED_SURPLUS_MAX = 256 << 20, /* bytes */
};

struct arrival {
	const char *path; /* as given: "-" is standard input */
	const char *name; /* for messages */
	int fd;
	const struct core_watch *watch;
	struct stream *stream;
	struct spool spool;
	uint64_t end; /* of the core in the stream, as its headers say; 0: not known yet */
	struct error broken; /* why the stream or the disk went no further */
	uint64_t surplus;    /* bytes that came behind the end of the core */
};

static void arrival_release(struct arrival *a)
{
	stream_close(a->stream);
	spool_close(&a->spool);
	if (a->fd >= 0)
		close(a->fd);
}

static bool cannot_open(const struct arrival *a, const char *why, struct error *err)
{
	return error_set(err, ERROR_IO, 0, "%s: %s", a->name, why);
}

static bool open_input(struct arrival *a, struct error *err)
{
	if (strcmp(a->path, "-") == 0) {
		a->name = "standard input";
		a->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (a->fd >= 0 && isatty(a->fd))
			return cannot_open(a, "is a terminal, not a core", err);
	} else {
		/* O_NONBLOCK: a pipe without a writer would block here. */
		a->fd = open(a->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	}
	return a->fd >= 0 || cannot_open(a, strerror(errno), err);
}

static void close_pair(const int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

/* Whether somebody has the other end of the pipe open, or has left bytes in it. tee(2) takes none:
 * it tells a pipe that is empty as yet (EAGAIN) from one that nobody writes to. */
static bool has_writer(int fd)
{
	int pair[2];
	if (pipe2(pair, O_CLOEXEC) != 0)
		return true;
	ssize_t n = tee(fd, pair[1], 1, SPLICE_F_NONBLOCK);
	int error = errno;
	close_pair(pair);
	return n > 0 || (n < 0 && error == EAGAIN);
}

/* The writer of a named pipe may come a little later. */
static bool wait_for_writer(const struct arrival *a, struct error *err)
{
	const struct timespec step = { .tv_nsec = WRITER_STEP_MS * 1000000 };
	unsigned ms = 0;
	for (; !has_writer(a->fd); ms += WRITER_STEP_MS) {
		if (ms >= WRITER_WAIT_MS)
			return cannot_open(a, "is a pipe that nobody writes to", err);
		nanosleep(&step, NULL);
	}
	return fcntl(a->fd, F_SETFL, 0) == 0 || cannot_open(a, strerror(errno), err);
}

/* True for a file of the file system that can be mapped as it is. */
static bool can_map(const struct arrival *a, const struct stat *st)
{
	uint8_t head[STREAM_HEAD];
	if (!S_ISREG(st->st_mode) || lseek(a->fd, 0, SEEK_CUR) != 0)
		return false;
	ssize_t n = pread(a->fd, head, sizeof(head), 0);
	return n < 0 || stream_compression_of((struct bytes){ head, (size_t)n }) == NULL;
}

/* Up to where HEAD, the first bytes of a core, says that the core goes: no bytes behind that are of
 * use. UINT64_MAX where it does not tell. */
static uint64_t core_end(struct bytes head)
{
	struct cursor c = cursor_at(head, offsetof(Elf64_Ehdr, e_phoff));
	uint64_t phoff = cursor_u64(&c), shoff = cursor_u64(&c);
	c = cursor_at(head, offsetof(Elf64_Ehdr, e_phentsize));
	uint64_t phentsize = cursor_u16(&c), phnum = cursor_u16(&c);
	uint64_t shentsize = cursor_u16(&c), shnum = cursor_u16(&c);
	struct arena scratch;
	struct caveats ignored;
	struct corefile core;
	uint64_t end = UINT64_MAX;
	if (phnum == PN_XNUM || phoff > head.size || phnum * phentsize > head.size - phoff ||
	    shoff > LIMIT_STREAM)
		return end;
	arena_init(&scratch);
	caveats_init(&ignored, &scratch);
	if (corefile_parse(head, "", &scratch, &core, &ignored, NULL)) {
		uint64_t sections = shoff + shentsize * shnum;
		end = sections > core.expected_size ? sections : core.expected_size;
	}
	arena_release(&scratch);
	return end;
}

/* Looks at what is in the spool, once its first part is. */
static void find_end(struct arrival *a)
{
	struct mapfile head;
	a->end = UINT64_MAX;
	if (!mapfile_map(a->spool.fd, a->name, &head, NULL))
		return;
	a->end = core_end(head.bytes);
	mapfile_close(&head);
}

static uint64_t arrived(const struct arrival *a)
{
	return a->spool.written + a->spool.buffered;
}

/* A compressed stream is read to its end, where its checksum is: a surplus may come of damage. */
static uint64_t surplus_max(const struct arrival *a)
{
	return stream_compression(a->stream) ? COMPRESSED_SURPLUS_MAX : 1;
}

/* Takes up one block; false where nothing of use follows. */
static bool take_block(struct arrival *a, struct error *err)
{
	struct bytes bytes;
	if (!stream_next(a->stream, &bytes, err) || bytes.size == 0)
		return false;
	if (arrived(a) == 0 && !filekind_is_elf64(bytes, ET_CORE)) {
		/* Enough to say what it is instead. */
		bytes.size = bytes.size < SPOOL_BUFFER ? bytes.size : SPOOL_BUFFER - 1;
		(void)!spool_add(&a->spool, bytes, err);
		return false;
	}
	if (a->end == 0 && a->spool.written > 0)
		find_end(a);
	uint64_t end = a->end != 0 && a->end < LIMIT_STREAM ? a->end : LIMIT_STREAM;
	uint64_t room = arrived(a) < end ? end - arrived(a) : 0;
	if (bytes.size > room) {
		a->surplus += bytes.size - room;
		bytes.size = room;
	}
	if (!spool_add(&a->spool, bytes, err))
		return false;
	if (a->watch != NULL)
		a->watch->arrived(a->watch->data, arrived(a));
	return a->surplus < surplus_max(a);
}

static bool is_broken(const struct arrival *a)
{
	return a->broken.code != ERROR_NONE;
}

/* The stream into the spool, as far as it goes. */
static bool spool_stream(struct arrival *a, struct mapfile *file, struct error *err)
{
	if (!stream_open(a->fd, &a->stream, err) || !spool_open(&a->spool, err))
		return error_context(err, "%s", a->name);
	while (take_block(a, &a->broken))
		;
	if (!is_broken(a))
		(void)!spool_flush(&a->spool, &a->broken);
	else
		(void)!spool_flush(&a->spool, NULL);
	if (is_broken(a) && a->spool.written == 0) {
		*err = a->broken;
		return error_context(err, "%s", a->name);
	}
	return spool_map(&a->spool, a->name, file, err);
}

static bool map_input(struct arrival *a, struct mapfile *file, struct error *err)
{
	struct stat st;
	if (!open_input(a, err))
		return false;
	if (fstat(a->fd, &st) < 0)
		return cannot_open(a, strerror(errno), err);
	if (S_ISFIFO(st.st_mode) && !wait_for_writer(a, err))
		return false;
	bool flows = S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || S_ISREG(st.st_mode) ||
		     strcmp(a->path, "-") == 0;
	if (!flows || S_ISDIR(st.st_mode) || can_map(a, &st))
		return mapfile_map(a->fd, a->name, file, err);
	return spool_stream(a, file, err);
}

static void tell(const struct arrival *a, const struct corefile *core, struct caveats *caveats)
{
	_cleanup_str_ struct str size = { 0 };
	str_add_size(&size, a->spool.written);
	if (is_broken(a))
		caveats_add(caveats, CAVEAT_WEAKENS, 0, "core", "%s; %s%s is what the report rests on",
			    a->broken.text, str_text(&size),
			    core->damaged ? ", with wrong bytes among them perhaps," : " before that");
	else if (a->surplus > 0)
		caveats_add(caveats, CAVEAT_NOTE, 0, "core",
			    "more follows behind the first %s, where the core ends by its own "
			    "headers: it was left out",
			    str_text(&size));
}

static bool parse(const struct arrival *a, const struct mapfile *file, struct arena *arena,
		  struct corefile *core, struct caveats *caveats, struct error *err)
{
	struct error why = ERROR_INIT;
	if (corefile_parse(file->bytes, a->name, arena, core, caveats, &why)) {
		if (a->stream != NULL) {
			core->compression = stream_compression(a->stream);
			core->stream_bytes = stream_taken(a->stream);
			core->damaged = a->broken.code == ERROR_FORMAT &&
					!stream_ends_early(a->stream);
			tell(a, core, caveats);
		}
		return true;
	}
	if (is_broken(a)) /* what is left is too little to be a core */
		return error_set(err, a->broken.code, 0, "%s: %s", a->name, a->broken.text);
	if (err != NULL)
		*err = why;
	return false;
}

bool corefile_open(const char *path, const struct core_watch *watch, struct arena *arena,
		   struct corefile *core, struct caveats *caveats, struct error *err)
{
	__attribute__((cleanup(arrival_release))) struct arrival a = {
		.path = path,
		.name = path,
		.fd = -1,
		.watch = watch,
	};
	struct mapfile file;
	if (!map_input(&a, &file, err))
		return false;
	if (!parse(&a, &file, arena, core, caveats, err)) {
		mapfile_close(&file);
		return false;
	}
	core->file = file;
	return true;
}
