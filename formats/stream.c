#include "formats/stream.h"

#include <archive.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "formats/library.h"

enum { BLOCK = 1 << 18 };

/* --- libarchive ---------------------------------------------------------------------------------- */

#define SONAME "libarchive.so.13"
#define FUNCTIONS(F)                                                                               \
	F(archive_read_new)                                                                        \
	F(archive_read_free)                                                                       \
	F(archive_read_support_filter_bzip2)                                                       \
	F(archive_read_support_filter_xz)                                                          \
	F(archive_read_support_filter_lz4)                                                         \
	F(archive_read_support_filter_zstd)                                                        \
	F(archive_read_support_format_raw)                                                         \
	F(archive_read_open)                                                                       \
	F(archive_read_next_header)                                                                \
	F(archive_read_data_block)                                                                 \
	F(archive_error_string)

LIBRARY(SONAME, FUNCTIONS)

/* --- compressions -------------------------------------------------------------------------------- */

static const struct compression {
	const char *name;
	const char *magic;
	size_t magic_size;
	int (**enable)(struct archive *); /* NULL: gzip */
} compressions[] = {
	{ "gzip", "\x1f\x8b", 2, NULL },
	{ "bzip2", "BZh", 3, &lib.archive_read_support_filter_bzip2 },
	{ "xz", "\xfd" "7zXZ", 6, &lib.archive_read_support_filter_xz },
	{ "lz4", "\x04\x22\x4d\x18", 4, &lib.archive_read_support_filter_lz4 },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, &lib.archive_read_support_filter_zstd },
};

static const struct compression *find(struct bytes head)
{
	for (size_t i = 0; i < sizeof(compressions) / sizeof(compressions[0]); i++) {
		const struct compression *c = &compressions[i];
		if (head.size >= c->magic_size && memcmp(head.data, c->magic, c->magic_size) == 0)
			return c;
	}
	return NULL;
}

const char *stream_compression_of(struct bytes head)
{
	const struct compression *c = find(head);
	return c ? c->name : NULL;
}

/* --- a stream ------------------------------------------------------------------------------------ */

/* libarchive does not look at the checksums of gzip, zlib itself does. */
struct gunzip {
	z_stream z;
	bool between; /* members: one has ended, and nothing of a next one was seen */
	uint8_t out[BLOCK];
};

struct stream {
	int fd;
	const struct compression *compression; /* NULL: none */
	struct archive *archive;	       /* of all compressions but gzip */
	struct gunzip *gunzip;
	int read_error;			       /* errno of the read that failed; 0 */
	bool read_all;			       /* FD is at its end */
	bool begun, over;		       /* bytes were asked for; no more are given */
	bool ends_early;
	uint64_t taken;			       /* bytes read */
	size_t waiting;			       /* of the block: read, but not yet taken up */
	uint8_t block[BLOCK];
};

/* Reads into the block behind HAVE bytes; how many; 0 at the end, or with READ_ERROR. */
static size_t read_some(struct stream *s, size_t have)
{
	for (;;) {
		ssize_t n = read(s->fd, s->block + have, BLOCK - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			s->read_error = errno;
		if (n <= 0) {
			s->read_all = n == 0;
			return 0;
		}
		s->taken += (uint64_t)n;
		return (size_t)n;
	}
}

/* A block of the file as it is; empty at the end. */
static struct bytes take_block(struct stream *s)
{
	size_t n = s->waiting ? s->waiting : read_some(s, 0);
	s->waiting = 0;
	return (struct bytes){ s->block, n };
}

static la_ssize_t on_read(struct archive *archive, void *data, const void **buffer)
{
	(void)archive;
	struct stream *s = data;
	struct bytes block = take_block(s);
	*buffer = block.data;
	return s->read_error ? -1 : (la_ssize_t)block.size;
}

static bool start_archive(struct stream *s, struct error *err)
{
	if (!load(err))
		return error_context(err, "the core is %s-compressed", s->compression->name);
	s->archive = lib.archive_read_new();
	if (s->archive == NULL)
		return error_set(err, ERROR_LIMIT, 0, "no memory to decompress");
	/* A warning says that an external program does the work. */
	if ((*s->compression->enable)(s->archive) >= ARCHIVE_WARN &&
	    lib.archive_read_support_format_raw(s->archive) == ARCHIVE_OK)
		return true;
	return error_set(err, ERROR_UNSUPPORTED, 0, "%s cannot decompress %s", SONAME,
			 s->compression->name);
}

static bool start_gunzip(struct stream *s, struct error *err)
{
	s->gunzip = memory_grow(NULL, sizeof(*s->gunzip));
	s->gunzip->z = (z_stream){ 0 };
	s->gunzip->between = false;
	if (inflateInit2(&s->gunzip->z, MAX_WBITS + 16) == Z_OK) /* 16: gzip, no other wrapping */
		return true;
	return error_set(err, ERROR_LIMIT, 0, "no memory to decompress");
}

static bool start(struct stream *s, struct error *err)
{
	if (s->compression == NULL)
		return true;
	return s->compression->enable ? start_archive(s, err) : start_gunzip(s, err);
}

bool stream_open(int fd, struct stream **stream, struct error *err)
{
	struct stream *s = memory_grow(NULL, sizeof(*s));
	memset(s, 0, offsetof(struct stream, block));
	s->fd = fd;
	for (size_t n = 1; n > 0 && s->waiting < STREAM_HEAD; s->waiting += n)
		n = read_some(s, s->waiting);
	s->compression = find((struct bytes){ s->block, s->waiting });
	if (s->read_error == 0 && start(s, err)) {
		*stream = s;
		return true;
	}
	if (s->read_error != 0)
		error_set(err, ERROR_IO, 0, "%s", strerror(s->read_error));
	stream_close(s);
	return false;
}

void stream_close(struct stream *s)
{
	if (s == NULL)
		return;
	if (s->archive != NULL)
		lib.archive_read_free(s->archive);
	if (s->gunzip != NULL)
		inflateEnd(&s->gunzip->z);
	free(s->gunzip);
	free(s);
}

const char *stream_compression(const struct stream *s)
{
	return s->compression ? s->compression->name : NULL;
}

bool stream_ends_early(const struct stream *s)
{
	return s->ends_early;
}

uint64_t stream_taken(const struct stream *s)
{
	return s->taken;
}

static bool unreadable(const struct stream *s, struct error *err)
{
	return error_set(err, ERROR_IO, s->taken, "it cannot be read on: %s",
			 strerror(s->read_error));
}

static bool damaged(const struct stream *s, const char *why, struct error *err)
{
	return error_set(err, ERROR_FORMAT, s->taken, "the %s stream is damaged%s%s%s",
			 s->compression->name, why ? " (" : "", why ? why : "", why ? ")" : "");
}

static bool cut(struct stream *s, struct error *err)
{
	s->ends_early = true;
	return error_set(err, ERROR_FORMAT, s->taken, "the %s stream ends too early",
			 s->compression->name);
}

/* Why libarchive goes no further. */
static bool broken(struct stream *s, struct error *err)
{
	if (s->read_error != 0)
		return unreadable(s, err);
	const char *why = lib.archive_error_string(s->archive);
	/* What the decoders say when they need more bytes than there are (the last is
	 * liblzma's). */
	bool ends_early = s->read_all && why != NULL &&
			  (strcasestr(why, "truncated") != NULL ||
			   strstr(why, "No progress is possible") != NULL);
	return ends_early ? cut(s, err) : damaged(s, why, err);
}

static int begin(struct stream *s)
{
	struct archive_entry *entry;
	if (s->begun)
		return ARCHIVE_OK;
	s->begun = true;
	int status = lib.archive_read_open(s->archive, s, NULL, on_read, NULL);
	return status == ARCHIVE_OK ? lib.archive_read_next_header(s->archive, &entry) : status;
}

static bool next_of_archive(struct stream *s, struct bytes *bytes, struct error *err)
{
	const void *data;
	size_t size;
	la_int64_t offset;
	int status = begin(s);
	if (status == ARCHIVE_OK)
		status = lib.archive_read_data_block(s->archive, &data, &size, &offset);
	s->over = status != ARCHIVE_OK;
	if (s->over)
		return status == ARCHIVE_EOF || broken(s, err);
	*bytes = (struct bytes){ data, size };
	return true;
}

/* Whether there are more bytes to decompress. What is behind the last member and begins none is no
 * part of the stream, as for gzip itself. */
static bool gunzip_feed(struct stream *s)
{
	struct gunzip *g = s->gunzip;
	if (g->z.avail_in == 0) {
		struct bytes block = take_block(s);
		g->z.next_in = (Bytef *)block.data;
		g->z.avail_in = (uInt)block.size;
	}
	return g->z.avail_in > 0 && !(g->between && *g->z.next_in != 0x1f);
}

/* zlib's "incorrect data check" and "incorrect length check" in words. */
static const char *why_damaged(const char *message)
{
	bool checked = message != NULL && (strstr(message, "data check") != NULL ||
					   strstr(message, "length check") != NULL);
	return checked ? "its checksum is not that of its contents" : message;
}

/* A file may be of several members, which are one stream (RFC 1952, 2.2). */
static bool next_of_gzip(struct stream *s, struct bytes *bytes, struct error *err)
{
	struct gunzip *g = s->gunzip;
	while (gunzip_feed(s)) {
		g->between = false;
		g->z.next_out = g->out;
		g->z.avail_out = sizeof(g->out);
		int status = inflate(&g->z, Z_NO_FLUSH);
		bytes->data = g->out;
		bytes->size = sizeof(g->out) - g->z.avail_out;
		if (status == Z_STREAM_END) {
			g->between = true;
			inflateReset(&g->z);
		} else if (status != Z_OK && status != Z_BUF_ERROR && bytes->size == 0) {
			s->over = true;
			return damaged(s, why_damaged(g->z.msg), err);
		}
		if (bytes->size > 0)
			return true;
	}
	s->over = true;
	if (s->read_error != 0)
		return unreadable(s, err);
	return g->between || cut(s, err);
}

static bool next_as_it_is(struct stream *s, struct bytes *bytes, struct error *err)
{
	*bytes = take_block(s);
	s->over = bytes->size == 0;
	return s->read_error == 0 || unreadable(s, err);
}

bool stream_next(struct stream *s, struct bytes *bytes, struct error *err)
{
	*bytes = (struct bytes){ 0 };
	if (s->over)
		return true;
	if (s->gunzip != NULL)
		return next_of_gzip(s, bytes, err);
	return s->archive ? next_of_archive(s, bytes, err) : next_as_it_is(s, bytes, err);
}
