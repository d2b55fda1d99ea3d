/* The build information that cmd/link leaves in a program. */
#include <string.h>

#include "base/str.h"
#include "formats/buildinfo.h"
#include "tests/unit/testrun.h"

static const char header[32] = "\xff Go buildinf:\x08\x02";
static const char frame_start[17] = "\x30\x77\xaf\x0c\x92\x74\x08\x02"
				    "\x41\xe1\xc1\x07\xe6\xd6\x18\xe6";
static const char frame_end[17] = "\xf9\x32\x43\x31\x86\x18\x20\x72"
				  "\x00\x82\x42\x10\x41\x16\xd8\xf2";

static void put_varint(struct str *s, size_t value)
{
	for (; value >= 0x80; value >>= 7)
		str_add_char(s, (char)(value | 0x80));
	str_add_char(s, (char)value);
}

/* Header, version and the framed module text LINES. */
static void make(struct str *s, const char *version, const char *lines)
{
	str_add_bytes(s, header, sizeof(header));
	put_varint(s, strlen(version));
	str_add(s, version);
	put_varint(s, lines ? strlen(lines) + 32 : 0);
	if (lines == NULL)
		return;
	str_add_bytes(s, frame_start, 16);
	str_add(s, lines);
	str_add_bytes(s, frame_end, 16);
}

static struct bytes bytes_of(const struct str *s)
{
	return (struct bytes){ (const uint8_t *)s->text, s->size };
}

struct fixture {
	struct arena arena;
	struct str s;
	struct buildinfo info;
};

static struct fixture f;

static void setup(void)
{
	f = (struct fixture){ 0 };
	arena_init(&f.arena);
}

static void teardown(void)
{
	str_release(&f.s);
	arena_release(&f.arena);
}

static bool parse(const char *version, const char *lines)
{
	str_clear(&f.s);
	make(&f.s, version, lines);
	return buildinfo_parse(bytes_of(&f.s), &f.arena, &f.info);
}

START_TEST(find_gives_the_offset_of_the_magic)
{
	uint64_t offset;
	str_add_bytes(&f.s, (char[32]){ 0 }, 32);
	make(&f.s, "go1.26.10", NULL);
	ck_assert(buildinfo_find(bytes_of(&f.s), &offset));
	ck_assert_uint_eq(offset, 32);
}
END_TEST

START_TEST(find_passes_over_a_magic_off_its_step)
{
	uint64_t offset;
	str_add_bytes(&f.s, (char[8]){ 0 }, 8);
	str_add_bytes(&f.s, header, 32);
	ck_assert(!buildinfo_find(bytes_of(&f.s), &offset));
	str_add_bytes(&f.s, (char[8]){ 0 }, 8);
	make(&f.s, "go1.26.10", NULL);
	ck_assert(buildinfo_find(bytes_of(&f.s), &offset));
	ck_assert_uint_eq(offset, 48);
}
END_TEST

START_TEST(find_passes_over_a_header_with_pointers)
{
	uint64_t offset;
	str_add_bytes(&f.s, header, 32);
	f.s.text[15] = 0; /* flags: the format up to Go 1.17 */
	ck_assert(!buildinfo_find(bytes_of(&f.s), &offset));
}
END_TEST

START_TEST(find_needs_the_whole_header)
{
	uint64_t offset;
	ck_assert(!buildinfo_find((struct bytes){ (const uint8_t *)header, 31 }, &offset));
	ck_assert(!buildinfo_find((struct bytes){ (const uint8_t *)header, 14 }, &offset));
	ck_assert(!buildinfo_find((struct bytes){ 0 }, &offset));
}
END_TEST

START_TEST(parse_reads_version_and_main_module)
{
	ck_assert(parse("go1.26.10", "path\texample.com/shop/cmd\n"
				     "mod\texample.com/shop\tv1.4.2\th1:abc=\n"));
	ck_assert_str_eq(f.info.go_version, "go1.26.10");
	ck_assert_str_eq(f.info.path, "example.com/shop/cmd");
	ck_assert_str_eq(f.info.module, "example.com/shop");
	ck_assert_str_eq(f.info.module_version, "v1.4.2");
}
END_TEST

START_TEST(parse_without_modules_has_the_version_only)
{
	ck_assert(parse("go1.19.8", NULL));
	ck_assert_str_eq(f.info.go_version, "go1.19.8");
	ck_assert_ptr_null(f.info.path);
	ck_assert_ptr_null(f.info.module);
	ck_assert_uint_eq(f.info.setting_count, 0);
}
END_TEST

START_TEST(parse_keeps_settings_in_order)
{
	ck_assert(parse("go1.26.10", "build\t-compiler=gc\nbuild\t-race=true\n"
				     "build\tvcs.revision=7f3a91c\n"));
	ck_assert_uint_eq(f.info.setting_count, 3);
	ck_assert_str_eq(f.info.settings[1].key, "-race");
	ck_assert_str_eq(buildinfo_setting(&f.info, "vcs.revision"), "7f3a91c");
	ck_assert_ptr_null(buildinfo_setting(&f.info, "CGO_ENABLED"));
}
END_TEST

START_TEST(a_setting_may_be_empty)
{
	ck_assert(parse("go1.26.10", "build\tCGO_CFLAGS=\n"));
	ck_assert_str_eq(buildinfo_setting(&f.info, "CGO_CFLAGS"), "");
}
END_TEST

START_TEST(a_quoted_value_is_unquoted)
{
	ck_assert(parse("go1.26.10",
			"build\t-ldflags=\"-X \\\"main.v=a b\\\" \\x41\\u00e9\\101\"\n"));
	ck_assert_str_eq(buildinfo_setting(&f.info, "-ldflags"), "-X \"main.v=a b\" A\xc3\xa9" "A");
}
END_TEST

START_TEST(a_raw_quoted_value_is_taken_as_it_is)
{
	ck_assert(parse("go1.26.10", "build\t-ldflags=`a \\n \"b\"`\n"));
	ck_assert_str_eq(buildinfo_setting(&f.info, "-ldflags"), "a \\n \"b\"");
}
END_TEST

START_TEST(a_quoted_key_is_unquoted)
{
	ck_assert(parse("go1.26.10", "build\t\"a=b\"=c\n"));
	ck_assert_str_eq(buildinfo_setting(&f.info, "a=b"), "c");
}
END_TEST

START_TEST(parse_keeps_dependencies_and_passes_over_replacements)
{
	ck_assert(parse("go1.26.10", "dep\texample.com/a\tv1.0.0\th1:x=\n"
				     "=>\texample.com/fork\tv1.0.1\th1:y=\n"
				     "dep\texample.com/b\tv2.0.0\n"));
	ck_assert_uint_eq(f.info.dependency_count, 2);
	ck_assert_str_eq(f.info.dependencies[0].key, "example.com/a");
	ck_assert_str_eq(f.info.dependencies[0].value, "v1.0.0");
	ck_assert_str_eq(f.info.dependencies[1].key, "example.com/b");
}
END_TEST

START_TEST(an_unknown_line_is_passed_over)
{
	ck_assert(parse("go1.29", "future\tthing\npath\tmain\n"));
	ck_assert_str_eq(f.info.path, "main");
}
END_TEST

START_TEST(what_stands_before_a_malformed_line_stays)
{
	static const char *const lines[] = {
		"build\tno-equals\n",	   "build\t=value\n",  "build\ta=\"open\n",
		"build\ta=\"x\"trailing\n", "build\t\"a\"\n", "build\ta=\"\\q\"\n",
		"build\ta=\"\\ud800\"\n",   "mod\ta\tb\tc\td\n",
	};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		_cleanup_str_ struct str text = { 0 };
		str_printf(&text, "path\tmain\n%s", lines[i]);
		ck_assert_msg(!parse("go1.26.10", text.text), "%s", lines[i]);
		ck_assert_str_eq(f.info.path, "main");
	}
}
END_TEST

START_TEST(a_length_beyond_the_bytes_is_malformed)
{
	make(&f.s, "go1.26.10", "path\tmain\n");
	for (size_t size = 0; size < f.s.size; size++) {
		struct bytes cut = { (const uint8_t *)f.s.text, size };
		ck_assert(!buildinfo_parse(cut, &f.arena, &f.info));
	}
}
END_TEST

START_TEST(a_huge_length_is_malformed)
{
	str_add_bytes(&f.s, header, 32);
	str_add_bytes(&f.s, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10);
	str_add(&f.s, "go1.26.10");
	ck_assert(!buildinfo_parse(bytes_of(&f.s), &f.arena, &f.info));
	ck_assert_ptr_null(f.info.go_version);
}
END_TEST

START_TEST(text_without_its_frame_is_none)
{
	str_add_bytes(&f.s, header, 32);
	str_add(&f.s, "\x04go1.");
	str_add(&f.s, "\x0apath\tmain\n");
	ck_assert(buildinfo_parse(bytes_of(&f.s), &f.arena, &f.info));
	ck_assert_ptr_null(f.info.path);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		find_gives_the_offset_of_the_magic,
		find_passes_over_a_magic_off_its_step,
		find_passes_over_a_header_with_pointers,
		find_needs_the_whole_header,
		parse_reads_version_and_main_module,
		parse_without_modules_has_the_version_only,
		parse_keeps_settings_in_order,
		a_setting_may_be_empty,
		a_quoted_value_is_unquoted,
		a_raw_quoted_value_is_taken_as_it_is,
		a_quoted_key_is_unquoted,
		parse_keeps_dependencies_and_passes_over_replacements,
		an_unknown_line_is_passed_over,
		what_stands_before_a_malformed_line_stays,
		a_length_beyond_the_bytes_is_malformed,
		a_huge_length_is_malformed,
		text_without_its_frame_is_none,
	};
	return test_run("buildinfo", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
