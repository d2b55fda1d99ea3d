/* Pointers of the heap that can be none. */
#include "goruntime/wildpointers.h"

#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

#define TEXT 0x6d616e2065687420 /* " the nam" */

static struct process p;
static struct make_heap made;
static struct referrers wild;
static uint64_t objects;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.work", 0x40);
	make_heap(&p, &made);
	objects = make_span(&made, 32, 2 * 3);
	uint64_t bits = process_alloc(&p, 64);
	process_put(&p, made.spans[0], MSPAN_ALLOCBITS, bits);
	process_put(&p, made.spans[0], MSPAN_GCMARKBITS, bits + 32);
}

static void teardown(void)
{
	process_release(&p);
}

static void search(void)
{
	process_read(&p);
	p.snapshot.private->traits = traits_of(p.minor);
	snapshot_wild_pointers(&p.snapshot, &p.arena, &wild);
}

START_TEST(a_pointer_that_can_be_none_is_found)
{
	make_pointer(&made, objects + 32);
	process_put64(&p, objects + 32, TEXT);
	process_put64(&p, objects + 24, TEXT); /* of the object below, up to its end */
	search();
	ck_assert_uint_eq(wild.found[REFERRER_HEAP], 1);
	ck_assert_uint_eq(wild.items[0].at, objects + 32);
	ck_assert_uint_eq(wild.items[0].value, TEXT);
	ck_assert_uint_eq(wild.items[0].slot.lo, objects + 32);
	ck_assert_uint_eq(wild.items[0].run_over, 8);
	ck_assert_uint_eq(wild.heap_read, wild.heap_bytes);
}
END_TEST

START_TEST(numbers_and_sound_pointers_are_not)
{
	make_pointer(&made, objects + 32);
	process_put64(&p, objects + 40, TEXT); /* no pointer by its type */
	process_put64(&p, objects + 32, 0x00007fffffffffff);
	make_pointer(&made, objects + 64);
	process_put64(&p, objects + 64, 0xffff800000000000); /* the kernel's half */
	search();
	ck_assert_uint_eq(wild.found[REFERRER_HEAP], 0);
	ck_assert_uint_eq(wild.count, 0);
}
END_TEST

START_TEST(what_is_free_is_not)
{
	make_pointer(&made, objects + 32);
	process_put64(&p, objects + 32, TEXT);
	process_put(&p, made.spans[0], MSPAN_FREEINDEX, 1);
	search();
	ck_assert_uint_eq(wild.found[REFERRER_HEAP], 0);
}
END_TEST

START_TEST(objects_without_pointers_are_not)
{
	uint64_t first = make_span(&made, 32, 2 * 3 + 1);
	process_put64(&p, first, TEXT);
	search();
	ck_assert_uint_eq(wild.found[REFERRER_HEAP], 0);
}
END_TEST

START_TEST(of_many_the_lowest_are_kept)
{
	for (unsigned i = 1; i < 8; i++) {
		make_pointer(&made, objects + i * 32);
		process_put64(&p, objects + i * 32, TEXT);
	}
	search();
	ck_assert_uint_eq(wild.found[REFERRER_HEAP], 7);
	ck_assert_uint_eq(wild.count, REFERRERS_KEPT);
	for (unsigned i = 0; i < REFERRERS_KEPT; i++)
		ck_assert_uint_eq(wild.items[i].at, objects + (i + 1) * 32);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_pointer_that_can_be_none_is_found,
		numbers_and_sound_pointers_are_not,
		what_is_free_is_not,
		objects_without_pointers_are_not,
		of_many_the_lowest_are_kept,
	};
	return test_run("wildpointers", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
