/* Where an object was made, by the memory profile. */
#include "goruntime/creation.h"

#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_heap made;
static uint64_t objects; /* span of 64 bytes */
static uint64_t special, bucket, maker, allocator;

/* A special of the second object, whose profile has allocator and maker. */
static void begin(unsigned minor, unsigned kind)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	allocator = process_func(&p, "runtime.mallocgc", 32);
	maker = process_func(&p, "main.makes", 32);
	make_heap(&p, &made);
	objects = make_span(&made, 64, 2 * 5);
	bucket = process_alloc(&p, p.snapshot.layout.struct_size[RT_BUCKET] + 16);
	process_put(&p, bucket, BUCKET_TYP, 1);
	process_put(&p, bucket, BUCKET_NSTK, 2);
	uint64_t stack = bucket + p.snapshot.layout.struct_size[RT_BUCKET];
	process_put64(&p, stack, allocator + 8);
	process_put64(&p, stack + 8, maker + 8);
	special = process_struct(&p, RT_SPECIALPROFILE);
	process_put(&p, special, SPECIAL_OFFSET, 64);
	process_put(&p, special, SPECIAL_KIND, kind);
	process_put(&p, special, SPECIALPROFILE_B, bucket);
	uint64_t page = objects % ((uint64_t)1 << HEAP_ARENA_SHIFT) >> HEAP_PAGE_SHIFT;
	process_put(&p, made.spans[0], MSPAN_SPECIALS, special);
	process_put64(&p, made.arena + p.snapshot.layout.field[HEAPARENA_SPANS].offset + page * 8,
		      made.spans[0]);
}

static void setup(void)
{
	begin(27, 4);
}

static void teardown(void)
{
	process_release(&p);
}

static const char *of(uint64_t addr)
{
	process_read(&p);
	const struct call *call = object_made_at(&p.snapshot, addr);
	return call ? call->function : "";
}

START_TEST(it_is_the_first_function_that_is_not_the_runtimes)
{
	ck_assert_str_eq(of(objects + 64), "main.makes");
	ck_assert_str_eq(of(objects + 100), "main.makes");
}
END_TEST

START_TEST(the_number_of_the_kind_is_the_releases)
{
	begin(22, 2);
	ck_assert_str_eq(of(objects + 64), "main.makes");
	begin(24, 3);
	ck_assert_str_eq(of(objects + 64), "main.makes");
	begin(24, 4);
	ck_assert_str_eq(of(objects + 64), "");
}
END_TEST

START_TEST(its_neighbours_are_not_in_the_profile)
{
	ck_assert_str_eq(of(objects), "");
	ck_assert_str_eq(of(objects + 128), "");
}
END_TEST

START_TEST(a_list_that_is_a_circle_ends)
{
	process_put(&p, special, SPECIAL_NEXT, special);
	ck_assert_str_eq(of(objects), "");
}
END_TEST

START_TEST(a_bucket_of_another_profile_is_none)
{
	process_put(&p, bucket, BUCKET_TYP, 2);
	ck_assert_str_eq(of(objects + 64), "");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		it_is_the_first_function_that_is_not_the_runtimes,
		the_number_of_the_kind_is_the_releases,
		its_neighbours_are_not_in_the_profile,
		a_list_that_is_a_circle_ends,
		a_bucket_of_another_profile_is_none,
	};
	return test_run("creation", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
