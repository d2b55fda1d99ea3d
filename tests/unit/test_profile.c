/* The profile that go tool pprof reads, read back. */
#include "cli/profile.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cli/profile.pb-c.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct profile *profile;
static Pprof__Profile *back;
static const char *const files[] = { "a.go", "b.go" };
static const struct call calls[] = {
	{ .symbol = "main.inlined", .function = "main.inlined", .file = "a.go", .line = 7,
	  .start_line = 5 },
	{ .symbol = "main.outer", .function = "main.outer", .file = "b.go", .line = 20,
	  .start_line = 18 },
};

static void setup(void)
{
	arena_init(&arena);
	profile = profile_create(&arena, "goroutine");
}

static void teardown(void)
{
	if (back != NULL)
		pprof__profile__free_unpacked(back, NULL);
	back = NULL;
	profile_destroy(profile);
	arena_release(&arena);
}

static void write_and_read(void)
{
	static uint8_t plain[1 << 16];
	char *bytes;
	size_t size;
	FILE *out = open_memstream(&bytes, &size);
	profile_write(profile, out);
	fclose(out);
	z_stream z = { .next_in = (Bytef *)bytes, .avail_in = (uInt)size, .next_out = plain,
		       .avail_out = sizeof(plain) };
	ck_assert_int_eq(inflateInit2(&z, MAX_WBITS | 16), Z_OK);
	ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
	back = pprof__profile__unpack(NULL, z.total_out, plain);
	inflateEnd(&z);
	free(bytes);
	ck_assert_ptr_nonnull(back);
}

static const char *string(int64_t number)
{
	return back->string_table[number];
}

START_TEST(an_empty_profile_has_its_type)
{
	write_and_read();
	ck_assert_uint_eq(back->n_sample, 0);
	ck_assert_str_eq(string(0), "");
	ck_assert_str_eq(string(back->sample_type[0]->type), "goroutine");
	ck_assert_str_eq(string(back->period_type->unit), "count");
	ck_assert_int_eq(back->period, 1);
}
END_TEST

START_TEST(inlined_calls_are_lines_of_one_location)
{
	uint64_t id = profile_location(profile, 0x401000, (struct calls){ calls, 2 }, files);
	ck_assert_uint_eq(profile_find(profile, 0x401000), id);
	ck_assert_uint_eq(profile_find(profile, 0x401001), 0);
	profile_sample(profile, &id, 1, 3, NULL, 0);
	write_and_read();
	const Pprof__Location *l = back->location[0];
	ck_assert_uint_eq(l->address, 0x401000);
	ck_assert_uint_eq(l->n_line, 2);
	const Pprof__Function *inner = back->function[l->line[0]->function_id - 1];
	ck_assert_str_eq(string(inner->name), "main.inlined");
	ck_assert_str_eq(string(inner->filename), "a.go");
	ck_assert_int_eq(inner->start_line, 5);
	ck_assert_int_eq(l->line[1]->line, 20);
	ck_assert_int_eq(back->sample[0]->value[0], 3);
	ck_assert_uint_eq(back->sample[0]->location_id[0], id);
}
END_TEST

START_TEST(a_function_is_kept_once)
{
	for (uint64_t i = 0; i < 1000; i++)
		profile_location(profile, 0x401000 + i, (struct calls){ calls, 2 }, files);
	write_and_read();
	ck_assert_uint_eq(back->n_location, 1000);
	ck_assert_uint_eq(back->n_function, 2);
	ck_assert_uint_eq(profile_find(profile, 0x401000 + 999), 1000);
}
END_TEST

START_TEST(a_sample_has_its_labels)
{
	const struct profile_label labels[] = { { "user", "u1" }, { "path", "/" } };
	profile_sample(profile, NULL, 0, 1, labels, 2);
	write_and_read();
	ck_assert_uint_eq(back->sample[0]->n_label, 2);
	ck_assert_str_eq(string(back->sample[0]->label[1]->key), "path");
	ck_assert_str_eq(string(back->sample[0]->label[0]->str), "u1");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_empty_profile_has_its_type,
		inlined_calls_are_lines_of_one_location,
		a_function_is_kept_once,
		a_sample_has_its_labels,
	};
	return test_run("profile", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
