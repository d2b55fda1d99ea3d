/* Streams, compressed and not. */
#include "formats/stream.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/str.h"
#include "tests/unit/testrun.h"

static const char plain[] = "hello hello hello hello\n";

/* `printf 'hello hello hello hello\n' | gzip -n` and so on */
static const struct {
	const char *name;
	size_t size;
	const char *bytes;
} samples[] = {
	{ "gzip", 29,
	  "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x57"
	  "\xc8\x40\x27\xb9\x00\x00\x88\x59\x0b\x18\x00\x00\x00" },
	{ "bzip2", 47,
	  "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x6f\x4f\x10\xf3\x00\x00"
	  "\x05\xd1\x00\x00\x10\x40\x00\x02\x44\xa0\x00\x30\xc0\x02\xa8\x34"
	  "\x71\x0d\xad\x87\x0f\x17\x72\x45\x38\x50\x90\x6f\x4f\x10\xf3" },
	{ "xz", 72,
	  "\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01"
	  "\x16\x00\x00\x00\x74\x2f\xe5\xa3\xe0\x00\x17\x00\x0c\x5d\x00\x34"
	  "\x19\x49\xee\x8d\xe9\x56\x0a\xc1\x21\xb0\x00\x00\x6c\x14\xed\x1b"
	  "\x3b\x68\xbb\x91\x00\x01\x28\x18\xd7\x83\xb7\x6e\x1f\xb6\xf3\x7d"
	  "\x01\x00\x00\x00\x00\x04\x59\x5a" },
	{ "lz4", 34,
	  "\x04\x22\x4d\x18\x64\x40\xa7\x0f\x00\x00\x00\x69\x68\x65\x6c\x6c"
	  "\x6f\x20\x06\x00\x50\x65\x6c\x6c\x6f\x0a\x00\x00\x00\x00\xe2\xff"
	  "\x03\x42" },
	{ "zstd", 26,
	  "\x28\xb5\x2f\xfd\x04\x58\x6d\x00\x00\x38\x68\x65\x6c\x6c\x6f\x20"
	  "\x0a\x01\x00\x99\x4b\x11\xa8\x7c\x2e\xa8" },
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]), GZIP = 0 };

static struct str out;
static struct error err;
static struct stream *stream;

static void setup(void)
{
	err = (struct error)ERROR_INIT;
	stream = NULL;
}

static void teardown(void)
{
	stream_close(stream);
	str_release(&out);
}

/* Reads what is in BYTES to its end; false where the stream breaks. */
static bool run(const void *bytes, size_t size)
{
	int fd = memfd_create("stream", MFD_CLOEXEC);
	ck_assert_int_eq(write(fd, bytes, size), size);
	lseek(fd, 0, SEEK_SET);
	ck_assert_msg(stream_open(fd, &stream, &err), "%s", err.text);
	struct bytes next;
	bool ok;
	while ((ok = stream_next(stream, &next, &err)) && next.size > 0)
		str_add_bytes(&out, next.data, next.size);
	close(fd);
	return ok;
}

START_TEST(each_compression_is_known_and_read)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		ck_assert_msg(run(samples[i].bytes, samples[i].size), "%s: %s", samples[i].name,
			      err.text);
		ck_assert_str_eq(stream_compression(stream), samples[i].name);
		ck_assert_str_eq(str_text(&out), plain);
		ck_assert_uint_eq(stream_taken(stream), samples[i].size);
		teardown();
		out = (struct str){ 0 };
		stream = NULL;
	}
}
END_TEST

START_TEST(what_is_not_compressed_is_given_as_it_is)
{
	ck_assert(run(plain, strlen(plain)));
	ck_assert_ptr_null(stream_compression(stream));
	ck_assert_str_eq(str_text(&out), plain);
}
END_TEST

START_TEST(nothing_is_a_stream_too)
{
	ck_assert(run("", 0));
	ck_assert_uint_eq(out.size, 0);
}
END_TEST

START_TEST(a_cut_stream_ends_early)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		ck_assert(!run(samples[i].bytes, samples[i].size / 2));
		ck_assert_int_eq(err.code, ERROR_FORMAT);
		ck_assert_msg(stream_ends_early(stream), "%s: %s", samples[i].name, err.text);
		teardown();
		out = (struct str){ 0 };
		stream = NULL;
	}
}
END_TEST

START_TEST(a_wrong_checksum_of_gzip_is_seen)
{
	char bytes[64];
	size_t size = samples[GZIP].size;
	memcpy(bytes, samples[GZIP].bytes, size);
	bytes[size - 8] ^= 1;
	ck_assert(!run(bytes, size));
	ck_assert(!stream_ends_early(stream));
	ck_assert_msg(strstr(err.text, "gzip stream is damaged") != NULL, "%s", err.text);
}
END_TEST

/* Several of a sample, one behind the other. */
static size_t repeat(size_t sample, unsigned times, char *bytes)
{
	for (unsigned i = 0; i < times; i++)
		memcpy(bytes + i * samples[sample].size, samples[sample].bytes, samples[sample].size);
	return times * samples[sample].size;
}

START_TEST(streams_behind_one_another_are_one)
{
	for (size_t i = 0; i < SAMPLES; i++) {
		char bytes[4 * 72];
		ck_assert_msg(run(bytes, repeat(i, 4, bytes)), "%s: %s", samples[i].name, err.text);
		ck_assert_uint_eq(out.size, 4 * strlen(plain));
		ck_assert_ptr_nonnull(strstr(str_text(&out) + 3 * strlen(plain), plain));
		teardown();
		out = (struct str){ 0 };
		stream = NULL;
	}
}
END_TEST

START_TEST(a_wrong_checksum_of_any_member_is_seen)
{
	for (size_t member = 0; member < 3; member++) {
		char bytes[3 * 72];
		size_t size = repeat(GZIP, 3, bytes);
		bytes[(member + 1) * samples[GZIP].size - 8] ^= 1;
		ck_assert(!run(bytes, size));
		ck_assert_msg(strstr(err.text, "gzip stream is damaged") != NULL, "%s", err.text);
		teardown();
		out = (struct str){ 0 };
		setup();
	}
}
END_TEST

START_TEST(nothing_comes_after_a_failure)
{
	struct bytes next;
	ck_assert(!run(samples[GZIP].bytes, samples[GZIP].size / 2));
	ck_assert(stream_next(stream, &next, &err));
	ck_assert_uint_eq(next.size, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_compression_is_known_and_read,
		what_is_not_compressed_is_given_as_it_is,
		nothing_is_a_stream_too,
		a_cut_stream_ends_early,
		a_wrong_checksum_of_gzip_is_seen,
		streams_behind_one_another_are_one,
		a_wrong_checksum_of_any_member_is_seen,
		nothing_comes_after_a_failure,
	};
	return test_run("stream", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
