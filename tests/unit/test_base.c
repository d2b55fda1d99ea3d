/* Arena, caveats, cursor, errors, strings, vectors. */
#include <string.h>

#include "base/arena.h"
#include "base/caveat.h"
#include "base/cursor.h"
#include "base/limits.h"
#include "base/str.h"
#include "base/vec.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct str text;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	str_release(&text);
	arena_release(&arena);
}

/* --- arena --- */

START_TEST(arena_memory_is_zeroed_and_aligned)
{
	for (size_t size = 1; size < 200000; size = size * 3 + 1) {
		uint8_t *p = arena_alloc(&arena, size);
		ck_assert_uint_eq((uintptr_t)p % 16, 0);
		size_t zeros = 0;
		while (zeros < size && p[zeros] == 0)
			zeros++;
		ck_assert_uint_eq(zeros, size);
		memset(p, 0xff, size);
	}
}
END_TEST

START_TEST(arena_release_can_be_repeated)
{
	arena_alloc(&arena, 1);
	arena_release(&arena);
	arena_release(&arena);
	arena_release(NULL);
	ck_assert_uint_eq(arena.total, 0);
	ck_assert_ptr_nonnull(arena_alloc(&arena, 1));
}
END_TEST

START_TEST(arena_array_refuses_overflow)
{
	struct error err = ERROR_INIT;
	ck_assert_ptr_null(arena_array(&arena, UINT64_MAX / 2, 16, &err));
	ck_assert_int_eq(err.code, ERROR_LIMIT);
	ck_assert_ptr_null(arena_array(&arena, LIMIT_ARRAY_BYTES / 8 + 1, 8, &err));
	ck_assert_ptr_nonnull(arena_array(&arena, 0, 8, &err));
}
END_TEST

START_TEST(arena_strings_are_terminated)
{
	ck_assert_str_eq(arena_strndup(&arena, "abcdef", 3), "abc");
	ck_assert_str_eq(arena_strdup(&arena, ""), "");
	ck_assert_str_eq(arena_printf(&arena, "%s-%d", "x", 7), "x-7");
}
END_TEST

/* --- caveats --- */

START_TEST(caveat_that_repeats_is_kept_once)
{
	struct caveats caveats;
	caveats_init(&caveats, &arena);
	caveats_add(&caveats, CAVEAT_NOTE, 1, "core", "same %d", 1);
	caveats_add(&caveats, CAVEAT_NOTE, 2, "core", "same %d", 1);
	caveats_add(&caveats, CAVEAT_NOTE, 1, "other", "same %d", 1);
	ck_assert_uint_eq(caveats.count, 2);
	ck_assert(!caveats.weakened);
}
END_TEST

START_TEST(caveats_past_the_bound_are_counted)
{
	struct caveats caveats;
	caveats_init(&caveats, &arena);
	for (int i = 0; i < CAVEATS_MAX; i++)
		caveats_add(&caveats, CAVEAT_NOTE, 0, "x", "%d", i);
	caveats_add(&caveats, CAVEAT_WEAKENS, 0, "x", "one more");
	ck_assert_uint_eq(caveats.count, CAVEATS_MAX);
	ck_assert_uint_eq(caveats.dropped, 1);
	ck_assert(caveats.weakened);
}
END_TEST

/* --- cursor --- */

static const uint8_t ten[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 0 };

START_TEST(cursor_reads_little_endian)
{
	struct cursor c = cursor_of((struct bytes){ ten, sizeof(ten) });
	ck_assert_uint_eq(cursor_u8(&c), 1);
	ck_assert_uint_eq(cursor_u16(&c), 0x0302);
	ck_assert_uint_eq(cursor_u32(&c), 0x07060504);
	ck_assert(!c.failed);
	ck_assert_uint_eq(cursor_left(&c), 3);
	c = cursor_of((struct bytes){ ten, sizeof(ten) });
	ck_assert_uint_eq(cursor_u64(&c), 0x0807060504030201);
}
END_TEST

START_TEST(cursor_fails_once_and_for_all)
{
	struct cursor c = cursor_at((struct bytes){ ten, sizeof(ten) }, 7);
	ck_assert_uint_eq(cursor_u32(&c), 0);
	ck_assert(c.failed);
	ck_assert_uint_eq(cursor_u8(&c), 0);
	ck_assert_uint_eq(cursor_left(&c), 0);
	ck_assert_ptr_null(cursor_take(&c, 0));
}
END_TEST

START_TEST(cursor_beyond_the_end_has_failed)
{
	ck_assert(cursor_at((struct bytes){ ten, sizeof(ten) }, 11).failed);
	ck_assert(!cursor_at((struct bytes){ ten, sizeof(ten) }, 10).failed);
	struct cursor c = cursor_of((struct bytes){ ten, sizeof(ten) });
	cursor_skip(&c, UINT64_MAX);
	ck_assert(c.failed);
}
END_TEST

START_TEST(cursor_aligns_from_the_start)
{
	struct cursor c = cursor_at((struct bytes){ ten, sizeof(ten) }, 5);
	cursor_align(&c, 4);
	ck_assert_uint_eq(c.pos, 8);
	cursor_align(&c, 4);
	ck_assert_uint_eq(c.pos, 8);
	cursor_skip(&c, 1);
	cursor_align(&c, 4);
	ck_assert(c.failed);
}
END_TEST

START_TEST(bytes_sub_is_whole_or_empty)
{
	struct bytes bytes = { ten, sizeof(ten) };
	ck_assert_uint_eq(bytes_sub(bytes, 2, 8).size, 8);
	ck_assert_uint_eq(bytes_sub(bytes, 2, 9).size, 0);
	ck_assert_uint_eq(bytes_sub(bytes, UINT64_MAX, 2).size, 0);
	ck_assert_uint_eq(bytes_sub(bytes, 2, UINT64_MAX).size, 0);
}
END_TEST

static uint64_t uvarint(const char *bytes, size_t n, bool *ok)
{
	struct cursor c = cursor_of((struct bytes){ (const uint8_t *)bytes, n });
	uint64_t v = cursor_uvarint(&c);
	*ok = !c.failed;
	return v;
}

START_TEST(uvarint_ends_at_64_bits)
{
	bool ok;
	ck_assert_uint_eq(uvarint("\x7f", 1, &ok), 127);
	ck_assert_uint_eq(uvarint("\x80\x01", 2, &ok), 128);
	ck_assert_uint_eq(uvarint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10, &ok), UINT64_MAX);
	ck_assert(ok);
	uvarint("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, &ok);
	ck_assert(!ok);
	uvarint("\x80\x80", 2, &ok);
	ck_assert(!ok);
}
END_TEST

START_TEST(cstring_needs_its_nul)
{
	struct cursor c = cursor_of((struct bytes){ (const uint8_t *)"ab\0cd", 5 });
	ck_assert_str_eq(cursor_cstring(&c), "ab");
	ck_assert_ptr_null(cursor_cstring(&c));
	ck_assert(c.failed);
}
END_TEST

/* --- error --- */

START_TEST(error_carries_place_and_context)
{
	struct error err = ERROR_INIT;
	ck_assert(!error_set(&err, ERROR_UNMAPPED, 0x10, "0x%x was not mapped", 0x10));
	ck_assert(!error_context(&err, "reading %s", "allgs"));
	ck_assert_str_eq(err.text, "reading allgs: 0x10 was not mapped");
	ck_assert_uint_eq(err.addr, 0x10);
	ck_assert_str_eq(error_code_name(err.code), "unmapped");
	ck_assert_str_eq(error_code_name((enum error_code)1000), "unknown");
}
END_TEST

START_TEST(error_may_be_null_and_is_cut_at_its_end)
{
	struct error err = ERROR_INIT;
	char big[3000];
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	ck_assert(!error_set(NULL, ERROR_IO, 0, "x"));
	ck_assert(!error_context(NULL, "x"));
	ck_assert(!error_set(&err, ERROR_IO, 0, "%s", big));
	ck_assert(!error_context(&err, "%s", big));
	ck_assert_uint_eq(strlen(err.text), sizeof(err.text) - 1);
}
END_TEST

/* --- str --- */

START_TEST(str_grows_and_clears)
{
	ck_assert_str_eq(str_text(&text), "");
	for (int i = 0; i < 1000; i++)
		str_printf(&text, "%d,", i);
	ck_assert_uint_eq(text.size, 3890);
	ck_assert_uint_eq(strlen(str_text(&text)), text.size);
	str_clear(&text);
	ck_assert_str_eq(str_text(&text), "");
	str_release(NULL);
}
END_TEST

START_TEST(str_counts_nul_bytes)
{
	str_add_bytes(&text, "a\0b", 3);
	ck_assert_uint_eq(text.size, 3);
	ck_assert_mem_eq(str_keep(&text, &arena), "a\0b", 4);
}
END_TEST

#define BAD "\xef\xbf\xbd" /* U+FFFD */

static const char *utf8(const char *bytes)
{
	str_clear(&text);
	str_add_utf8(&text, bytes, strlen(bytes));
	return str_text(&text);
}

START_TEST(utf8_that_is_wrong_is_replaced)
{
	ck_assert_str_eq(utf8("a\xc3\xa4z"), "a\xc3\xa4z");
	ck_assert_str_eq(utf8("\xc0\x80"), BAD BAD); /* overlong */
	ck_assert_str_eq(utf8("\xed\xa0\x80x"), BAD BAD BAD "x"); /* a surrogate */
	ck_assert_str_eq(utf8("\xf4\x90\x80\x80"), BAD BAD BAD BAD); /* beyond U+10FFFF */
	ck_assert_str_eq(utf8("\xe2\x82"), BAD BAD); /* cut */
}
END_TEST

static const char *escaped(const char *bytes)
{
	str_clear(&text);
	str_add_escaped(&text, bytes, strlen(bytes));
	return str_text(&text);
}

START_TEST(control_characters_are_escaped)
{
	ck_assert_str_eq(escaped("a\n\t\r\x1b[0m\x7f"), "a\\n\\t\\r\\x1b[0m\\x7f");
	ck_assert_str_eq(escaped("\xc2\x9b"), "\\u009b"); /* C1: a terminal's CSI */
	ck_assert_str_eq(escaped("\xff"), "\\xff");
	ck_assert_str_eq(escaped("\xc3\xa4"), "\xc3\xa4");
}
END_TEST

START_TEST(utf8_prefix_cuts_no_character)
{
	ck_assert_uint_eq(utf8_prefix("a\xc3\xa4", 2), 1);
	ck_assert_uint_eq(utf8_prefix("a\xc3\xa4", 3), 3);
	ck_assert_uint_eq(utf8_prefix("a\xc3\xa4z", 3), 3);
	ck_assert_uint_eq(utf8_prefix("\x80\x80", 1), 0);
}
END_TEST

static const char *grouped(uint64_t v)
{
	str_clear(&text);
	str_add_grouped(&text, v);
	return str_text(&text);
}

START_TEST(numbers_are_grouped)
{
	ck_assert_str_eq(grouped(0), "0");
	ck_assert_str_eq(grouped(999), "999");
	ck_assert_str_eq(grouped(12408), "12,408");
	ck_assert_str_eq(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
}
END_TEST

static const char *sized(uint64_t v)
{
	str_clear(&text);
	str_add_size(&text, v);
	return str_text(&text);
}

START_TEST(sizes_have_units)
{
	ck_assert_str_eq(sized(512), "512 B");
	ck_assert_str_eq(sized(1434), "1.4 KB");
	ck_assert_str_eq(sized(1024 * 1024 - 1), "1.0 MB");
	ck_assert_str_eq(sized(694ull << 20), "694 MB");
	ck_assert_str_eq(sized(UINT64_MAX), "16 EB");
}
END_TEST

/* --- vec --- */

START_TEST(vec_grows_and_is_kept)
{
	VEC(int) v = { 0 };
	ck_assert_ptr_null(vec_keep(&v, &arena));
	for (int i = 0; i < 100; i++)
		vec_push(&v, i);
	const int *kept = vec_keep(&v, &arena);
	vec_clear(&v);
	ck_assert_uint_eq(v.count, 0);
	vec_release(&v);
	ck_assert_int_eq(kept[99], 99);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		arena_memory_is_zeroed_and_aligned,
		arena_release_can_be_repeated,
		arena_array_refuses_overflow,
		arena_strings_are_terminated,
		caveat_that_repeats_is_kept_once,
		caveats_past_the_bound_are_counted,
		cursor_reads_little_endian,
		cursor_fails_once_and_for_all,
		cursor_beyond_the_end_has_failed,
		cursor_aligns_from_the_start,
		bytes_sub_is_whole_or_empty,
		uvarint_ends_at_64_bits,
		cstring_needs_its_nul,
		error_carries_place_and_context,
		error_may_be_null_and_is_cut_at_its_end,
		str_grows_and_clears,
		str_counts_nul_bytes,
		utf8_that_is_wrong_is_replaced,
		control_characters_are_escaped,
		utf8_prefix_cuts_no_character,
		numbers_are_grouped,
		sizes_have_units,
		vec_grows_and_is_kept,
	};
	return test_run("base", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
