#include "formats/stream.h"

#include <archive.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "base/arena.h"
#include "formats/library.h"

enum { BLOCK = 1 << 18, GZIP_TRAILER = 8 };

/* --- libarchive ---------------------------------------------------------------------------------- */

#define SONAME "libarchive.so.13"
#define FUNCTIONS(F)                                                                               \
	F(archive_read_new)                                                                        \
	F(archive_read_free)                                                                       \
	F(archive_read_support_filter_gzip)                                                        \
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
	int (**enable)(struct archive *);
	bool checked_here; /* libarchive does not look at the checksum behind the data */
} compressions[] = {
	{ "gzip", "\x1f\x8b", 2, &lib.archive_read_support_filter_gzip, true },
	{ "bzip2", "BZh", 3, &lib.archive_read_support_filter_bzip2, false },
	{ "xz", "\xfd" "7zXZ", 6, &lib.archive_read_support_filter_xz, false },
	{ "lz4", "\x04\x22\x4d\x18", 4, &lib.archive_read_support_filter_lz4, false },
	{ "zstd", "\x28\xb5\x2f\xfd", 4, &lib.archive_read_support_filter_zstd, false },
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

struct stream {
	int fd;
	const struct compression *compression; /* NULL: none */
	struct archive *archive;	       /* NULL: not compressed */
	int read_error;			       /* errno of the read that failed; 0 */
	bool read_all;			       /* FD is at its end */
	bool begun, over;		       /* bytes were asked for; no more are given */
	bool ends_early;
	uint64_t taken, given;		       /* bytes read, and decompressed */
	uint32_t crc;			       /* of the latter, where it is checked here */
	uint8_t trailer[GZIP_TRAILER];	       /* the last bytes that were read */
	size_t waiting;			       /* of the block: read, but not yet taken up */
	uint8_t block[BLOCK];
};

static void keep_trailer(struct stream *s, const uint8_t *bytes, size_t size)
{
	size_t n = size < GZIP_TRAILER ? size : GZIP_TRAILER;
	memmove(s->trailer, s->trailer + n, GZIP_TRAILER - n);
	memcpy(s->trailer + GZIP_TRAILER - n, bytes + size - n, n);
}

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
		keep_trailer(s, s->block + have, (size_t)n);
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

bool stream_open(int fd, struct stream **stream, struct error *err)
{
	struct stream *s = memory_grow(NULL, sizeof(*s));
	memset(s, 0, offsetof(struct stream, block));
	s->fd = fd;
	for (size_t n = 1; n > 0 && s->waiting < STREAM_HEAD; s->waiting += n)
		n = read_some(s, s->waiting);
	s->compression = find((struct bytes){ s->block, s->waiting });
	if (s->read_error == 0 && (s->compression == NULL || start_archive(s, err))) {
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

/* Why libarchive goes no further. */
static bool broken(struct stream *s, struct error *err)
{
	const char *name = s->compression->name;
	if (s->read_error != 0)
		return error_set(err, ERROR_IO, s->taken, "it cannot be read on: %s",
				 strerror(s->read_error));
	const char *why = lib.archive_error_string(s->archive);
	/* What the decoders say when they need more bytes than there are (the last is liblzma's). */
	s->ends_early = s->read_all && why != NULL &&
			(strcasestr(why, "truncated") != NULL ||
			 strstr(why, "No progress is possible") != NULL);
	if (s->ends_early)
		return error_set(err, ERROR_FORMAT, s->taken, "the %s stream ends too early", name);
	return error_set(err, ERROR_FORMAT, s->taken, "the %s stream is damaged%s%s%s", name,
			 why ? " (" : "", why ? why : "", why ? ")" : "");
}

/* A gzip file ends with the CRC and the length of what it held (RFC 1952). One of several members
 * cannot be told from one whose length was damaged. */
static bool check_trailer(const struct stream *s, struct error *err)
{
	if (!s->compression->checked_here || !s->read_all || s->taken < GZIP_TRAILER ||
	    (bytes_u32(s->trailer) == s->crc && bytes_u32(s->trailer + 4) == (uint32_t)s->given))
		return true;
	return error_set(err, ERROR_FORMAT, s->taken,
			 "the %s stream is damaged (its checksum is not that of its contents)",
			 s->compression->name);
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
	if (status == ARCHIVE_EOF)
		return check_trailer(s, err);
	if (status != ARCHIVE_OK)
		return broken(s, err);
	*bytes = (struct bytes){ data, size };
	s->given += size;
	if (s->compression->checked_here && size > 0)
		s->crc = (uint32_t)crc32_z(s->crc, data, size);
	return true;
}

static bool next_as_it_is(struct stream *s, struct bytes *bytes, struct error *err)
{
	*bytes = take_block(s);
	s->over = bytes->size == 0;
	if (s->read_error == 0)
		return true;
	return error_set(err, ERROR_IO, s->taken, "it cannot be read on: %s",
			 strerror(s->read_error));
}

bool stream_next(struct stream *s, struct bytes *bytes, struct error *err)
{
	*bytes = (struct bytes){ 0 };
	if (s->over)
		return true;
	return s->archive ? next_of_archive(s, bytes, err) : next_as_it_is(s, bytes, err);
}
