/* Numbers that are text, whoever writes them. */
#include "cli/redact_stream.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/testrun.h"

static FILE *out;
static char *written;
static size_t size;

static void setup(void)
{
	out = open_memstream(&written, &size);
}

static void teardown(void)
{
	fclose(out);
	free(written);
}

static bool is_hello(const void *what, uint64_t number)
{
	return number == *(const uint64_t *)what;
}

/* PIECES arrive one by one. */
static const char *through(const char *const *pieces, size_t count)
{
	static const uint64_t hello = 0x6f6c6c6568;
	FILE *stream = redact_stream_open(out, is_hello, &hello);
	for (size_t i = 0; i < count; i++) {
		fputs(pieces[i], stream);
		fflush(stream);
	}
	fclose(stream);
	fflush(out);
	return written;
}

static const char *hidden(const char *text)
{
	return through(&text, 1);
}

START_TEST(a_number_that_is_text_is_hidden_wherever_it_stands)
{
	ck_assert_str_eq(hidden("0x6f6c6c6568: \"0x6f6c6c6568\", pc=0x6f6c6c6568"),
			 "0x_: \"0x_\", pc=0x_");
}
END_TEST

START_TEST(others_stay)
{
	static const char text[] = "0 0x 0x6f6c6c6569 00x6f6c6c6568 a0x6f6c6c6568 0x6f6c6c65680 "
				   "0x6f6c6c6568000000000 0";
	ck_assert_str_eq(hidden(text), text);
}
END_TEST

START_TEST(a_number_may_come_in_pieces)
{
	static const char *const pieces[] = { "at 0", "x6f6c", "6c6568", "." };
	ck_assert_str_eq(through(pieces, 4), "at 0x_.");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_number_that_is_text_is_hidden_wherever_it_stands,
		others_stay,
		a_number_may_come_in_pieces,
	};
	return test_run("redact_stream", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
