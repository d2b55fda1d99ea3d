#include "cli/redact_stream.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

enum { PREFIX = 2, DIGITS = 16 };

struct redact_stream {
	FILE *out;
	bool (*hidden)(const void *what, uint64_t number);
	const void *what;
	char held[PREFIX + DIGITS + 1]; /* the beginning of what may be a number */
	size_t used;
	bool within; /* of a word or a longer number: none begins here */
};

static void put_held(struct redact_stream *r)
{
	r->held[r->used] = '\0';
	if (r->used > PREFIX && r->hidden(r->what, strtoull(r->held, NULL, 16)))
		fputs("0x_", r->out);
	else
		fputs(r->held, r->out);
	r->used = 0;
}

static bool goes_on(const struct redact_stream *r, char c)
{
	switch (r->used) {
	case 0:
		return c == '0' && !r->within;
	case 1:
		return c == 'x';
	default:
		return isxdigit((unsigned char)c);
	}
}

static void put(struct redact_stream *r, char c)
{
	if (goes_on(r, c) && r->used < PREFIX + DIGITS) {
		r->held[r->used++] = c;
		return;
	}
	if (goes_on(r, c)) { /* too long for an address */
		fwrite(r->held, 1, r->used, r->out);
		r->used = 0;
	}
	put_held(r);
	r->within = isalnum((unsigned char)c);
	putc_unlocked(c, r->out);
}

/* Errors stay in OUT, where they are asked for at the end. */
static ssize_t write_through(void *cookie, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		put(cookie, bytes[i]);
	return (ssize_t)size;
}

static int finish(void *cookie)
{
	put_held(cookie);
	free(cookie);
	return 0;
}

FILE *redact_stream_open(FILE *out, bool (*hidden)(const void *what, uint64_t number),
			 const void *what)
{
	struct redact_stream *r = memory_grow(NULL, sizeof(*r));
	*r = (struct redact_stream){ .out = out, .hidden = hidden, .what = what };
	FILE *stream = fopencookie(r, "w",
				   (cookie_io_functions_t){ .write = write_through,
							    .close = finish });
	if (stream == NULL)
		out_of_memory();
	return stream;
}
