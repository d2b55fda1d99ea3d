/* Who holds a number. */
#include "goruntime/referrers.h"
#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

#define BAD 0x616e20617265 /* "era na" */

static struct process p;
static struct make_heap made;
static struct referrers found;
static uint64_t work, objects;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	work = process_func(&p, "main.work", 0x40);
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

static void search(unsigned kinds)
{
	process_read(&p);
	snapshot_referrers(&p.snapshot, BAD, BAD + 1, kinds, &p.arena, &found);
}

START_TEST(a_word_of_an_object_is_found)
{
	process_put64(&p, objects + 64, BAD);
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_int_eq(found.items[0].kind, REFERRER_HEAP);
	ck_assert_uint_eq(found.items[0].at, objects + 64);
	ck_assert_uint_eq(found.items[0].slot.lo, objects + 64);
	ck_assert_uint_eq(found.items[0].run_over, 0);
	ck_assert_uint_eq(found.heap_read, found.heap_bytes);
}
END_TEST

START_TEST(a_word_next_to_it_is_not)
{
	process_put64(&p, objects + 64, BAD + 1);
	process_put64(&p, objects + 72, BAD - 1);
	process_put64(&p, objects + 81, BAD); /* not aligned */
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(a_word_of_a_frame_names_the_function)
{
	struct make_stack stack = process_stack(&p, 0x400, work);
	uint64_t g = process_g(&p, 7, G_WAITING, &stack);
	(void)g;
	process_put64(&p, stack.sp + 16, BAD);
	process_put64(&p, stack.sp - 16, BAD); /* of a call that has returned */
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_int_eq(found.items[0].kind, REFERRER_STACK);
	ck_assert_uint_eq(found.items[0].goroutine, 0);
	ck_assert_ptr_nonnull(strstr(found.items[0].text, "in the frame of main.work, goroutine 7"));
}
END_TEST

START_TEST(variables_are_looked_through)
{
	uint64_t global = process_global(&p, RT_FINQ, 8);
	process_put64(&p, global, BAD);
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_int_eq(found.items[0].kind, REFERRER_GLOBAL);
	search(REFERRERS_ALL & ~(1u << REFERRER_GLOBAL));
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

START_TEST(objects_in_use_come_before_garbage)
{
	process_put(&p, made.spans[0], MSPAN_FREEINDEX, 0);
	uint64_t bits = process_alloc(&p, 64);
	process_put8(&p, bits + 1, 1); /* object 8 alone */
	process_put(&p, made.spans[0], MSPAN_ALLOCBITS, bits);
	for (unsigned i = 0; i < 9; i++)
		process_put64(&p, objects + i * 32, BAD);
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.found[REFERRER_HEAP], 9);
	ck_assert_uint_eq(found.count, REFERRERS_KEPT);
	ck_assert_uint_eq(found.items[0].at, objects + 8 * 32);
	ck_assert_int_eq(found.items[0].slot.state, SLOT_ALLOCATED);
	ck_assert_uint_eq(found.items[1].at, objects);
	ck_assert_int_eq(found.items[1].slot.state, SLOT_FREE);
}
END_TEST

START_TEST(text_that_goes_over_from_the_object_below_is_seen)
{
	process_put_bytes(&p, objects + 40, "a name that is much loera na", 24);
	process_put64(&p, objects + 64, BAD);
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.items[0].run_over, 24);
}
END_TEST

/* What stands in front within the same object is its own business. */
START_TEST(text_in_the_same_object_did_not_come_from_below)
{
	process_put_bytes(&p, objects + 64, "a name that is much loera na", 24);
	process_put64(&p, objects + 88, BAD);
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.items[0].run_over, 0);
}
END_TEST

START_TEST(the_records_of_goroutines_do_not_count)
{
	struct make_stack stack = process_stack(&p, 0x400, work);
	uint64_t g = process_g(&p, 7, G_WAITING, &stack);
	process_put(&p, g, G_SIGCODE1, BAD);
	search(REFERRERS_ALL);
	ck_assert_uint_eq(found.count, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_word_of_an_object_is_found,
		a_word_next_to_it_is_not,
		a_word_of_a_frame_names_the_function,
		variables_are_looked_through,
		objects_in_use_come_before_garbage,
		text_that_goes_over_from_the_object_below_is_seen,
		text_in_the_same_object_did_not_come_from_below,
		the_records_of_goroutines_do_not_count,
	};
	return test_run("referrers", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
