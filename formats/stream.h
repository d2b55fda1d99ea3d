#pragma once
/*
 * The bytes of an open file from front to back, decompressed where they are compressed: gzip,
 * (zlib), bzip2, xz, lz4, zstd (libarchive, loaded when needed), known by their first bytes.
 */
#include "base/cursor.h"
#include "base/error.h"

struct stream;

/* The compression that a file with these first bytes is of: "zstd"; NULL if none is known. */
const char *stream_compression_of(struct bytes head);
enum { STREAM_HEAD = 8 }; /* so many are enough */

/* Reads FD, which stays the caller's, from where it stands. Close with stream_close(). */
bool stream_open(int fd, struct stream **stream, struct error *err) MUST_CHECK;
void stream_close(struct stream *stream);

/* NULL if the bytes are given as they are in the file. */
const char *stream_compression(const struct stream *stream);

/* The next bytes, which stay until the next call; none at the end. Fails with ERROR_FORMAT where
 * the compressed bytes are damaged or end too early, with ERROR_IO where they cannot be read; the
 * text is a clause: "the zstd stream is damaged (...)". After that there are no more. */
bool stream_next(struct stream *stream, struct bytes *bytes, struct error *err) MUST_CHECK;

/* After a failure: the bytes before it are right, only the end is missing. */
bool stream_ends_early(const struct stream *stream);

/* Bytes of the file that were read so far. */
uint64_t stream_taken(const struct stream *stream);
