/* The streaming JSON writer: layout, numbers, and text that may hold any byte. */
#include "cli/json.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/testrun.h"

static struct json json;
static FILE *out;
static char *written;
static size_t size;

static void setup(void)
{
	out = open_memstream(&written, &size);
	json_begin(&json, out);
}

static void teardown(void)
{
	fclose(out);
	free(written);
}

static const char *result(void)
{
	json_end(&json);
	fflush(out);
	return written;
}

START_TEST(members_stand_on_lines_of_their_own)
{
	json_object(&json, NULL, JSON_LINES);
	json_text(&json, "a", "x");
	json_array(&json, "b", JSON_LINES);
	json_unsigned(&json, NULL, 1);
	json_signed(&json, NULL, -2);
	json_array_end(&json);
	json_object_end(&json);
	ck_assert_str_eq(result(), "{\n  \"a\": \"x\",\n  \"b\": [\n    1,\n    -2\n  ]\n}\n");
}
END_TEST

START_TEST(inline_holds_for_all_within)
{
	json_object(&json, NULL, JSON_INLINE);
	json_array(&json, "a", JSON_LINES);
	json_bool(&json, NULL, true);
	json_null(&json, NULL);
	json_array_end(&json);
	json_bool(&json, "b", false);
	json_object_end(&json);
	ck_assert_str_eq(result(), "{\"a\": [true, null], \"b\": false}\n");
}
END_TEST

START_TEST(lines_come_back_after_inline)
{
	json_array(&json, NULL, JSON_LINES);
	json_array(&json, NULL, JSON_INLINE);
	json_array_end(&json);
	json_object(&json, NULL, JSON_LINES);
	json_object_end(&json);
	json_array_end(&json);
	ck_assert_str_eq(result(), "[\n  [],\n  {}\n]\n");
}
END_TEST

START_TEST(text_is_escaped)
{
	json_text(&json, NULL, "\"\\/\n\t\r\x01\x7f\xc3\xa4\xf0\x9f\x98\x80");
	ck_assert_str_eq(result(),
			 "\"\\\"\\\\/\\n\\t\\r\\u0001\\u007f\xc3\xa4\xf0\x9f\x98\x80\"\n");
}
END_TEST

START_TEST(control_characters_of_two_bytes_are_escaped)
{
	json_text(&json, NULL, "\xc2\x9b");
	ck_assert_str_eq(result(), "\"\\u009b\"\n");
}
END_TEST

START_TEST(bytes_that_are_no_utf8_are_replaced)
{
	json_text(&json, NULL, "a\xff\xc3(\xed\xa0\x80");
	ck_assert_str_eq(result(), "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n");
}
END_TEST

START_TEST(nul_is_a_byte_like_others)
{
	json_text_bytes(&json, NULL, "a\0b", 3);
	ck_assert_str_eq(result(), "\"a\\u0000b\"\n");
}
END_TEST

START_TEST(null_text_is_null)
{
	json_text(&json, NULL, NULL);
	ck_assert_str_eq(result(), "null\n");
}
END_TEST

START_TEST(numbers_have_all_their_digits)
{
	static const uint64_t values[] = { 0, 7, UINT64_MAX };
	json_array(&json, NULL, JSON_INLINE);
	json_signed(&json, NULL, INT64_MIN);
	json_address(&json, NULL, 0);
	json_address(&json, NULL, UINT64_MAX);
	json_numbers(&json, NULL, values, 3);
	json_array_end(&json);
	ck_assert_str_eq(result(), "[-9223372036854775808, \"0x0\", \"0xffffffffffffffff\", "
				   "[0, 7, 18446744073709551615]]\n");
}
END_TEST

START_TEST(unknown_seconds_are_null)
{
	json_array(&json, NULL, JSON_INLINE);
	json_seconds(&json, NULL, 1.5);
	json_seconds(&json, NULL, -1);
	json_seconds(&json, NULL, 0.0 / 0.0);
	json_seconds(&json, NULL, 1.0 / 0.0);
	json_array_end(&json);
	ck_assert_str_eq(result(), "[1.500, null, null, null]\n");
}
END_TEST

START_TEST(long_text_passes_through)
{
	enum { LONG = 5 * JSON_BUFFER / 2 };
	char *text = malloc(LONG + 1);
	memset(text, 'x', LONG);
	text[LONG] = '\0';
	text[JSON_BUFFER] = '\n';
	json_text(&json, NULL, text);
	ck_assert_uint_eq(strlen(result()), LONG + 4); /* quotes, one escape, newline */
	ck_assert_uint_eq(strspn(written + 1, "x"), JSON_BUFFER);
	free(text);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		members_stand_on_lines_of_their_own,
		inline_holds_for_all_within,
		lines_come_back_after_inline,
		text_is_escaped,
		control_characters_of_two_bytes_are_escaped,
		bytes_that_are_no_utf8_are_replaced,
		nul_is_a_byte_like_others,
		null_text_is_null,
		numbers_have_all_their_digits,
		unknown_seconds_are_null,
		long_text_passes_through,
	};
	return test_run("json", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
