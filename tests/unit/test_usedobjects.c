/* Objects that the functions which died had in hand. */
#include "goruntime/usedobjects.h"

#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

#define NO_ADDRESS 0xdeadbeefdeadbeef
#define TEXT 0x6d616e2065687420 /* " the nam" */

enum { OBJECT = 32 };

static struct process p;
static struct make_heap made;
static struct make_stack stack;
static struct used_object found[2];
static struct trace_frame frame;
static uint64_t objects, bits;

static void setup(void)
{
	static const struct call call = { .symbol = "main.work", .function = "main.work" };
	process_init(&p, 27, &arch_amd64);
	uint64_t work = process_func(&p, "main.work", 0x40);
	make_heap(&p, &made);
	objects = make_span(&made, OBJECT, 2 * 3);
	bits = process_alloc(&p, 64);
	process_put(&p, made.spans[0], MSPAN_ALLOCBITS, bits);
	process_put(&p, made.spans[0], MSPAN_GCMARKBITS, bits + 32);
	process_put(&p, made.spans[0], MSPAN_FREEINDEX, 0);
	stack = process_stack(&p, 0x400, work);
	process_put64(&p, bits, 1); /* the first object alone is allocated */
	frame = (struct trace_frame){ .call = &call, .pc = stack.pc, .sp = stack.sp,
				      .fp = stack.sp + 0x48 };
	process_g(&p, 7, G_RUNNING, &stack);
}

static void teardown(void)
{
	process_release(&p);
}

/* A word of the frame points to the object with that number, whose second word is VALUE. */
static void points_to(unsigned object, uint64_t value)
{
	process_put64(&p, stack.sp + 0x10, objects + object * OBJECT);
	process_put64(&p, objects + object * OBJECT + 8, value);
}

static size_t search(uint64_t wanted, bool allocated)
{
	process_read(&p);
	p.snapshot.death.goroutine = 0;
	p.snapshot.death.culprit = (struct trace){ .frames = &frame, .count = 1 };
	p.snapshot.death.cause_frame = 0;
	return death_used_objects(&p.snapshot, wanted, allocated, &p.arena, found, 2);
}

START_TEST(a_free_object_that_holds_the_number_was_used)
{
	points_to(3, 0x4141);
	ck_assert_uint_eq(search(0x4141, false), 1);
	ck_assert(found[0].freed);
	ck_assert_uint_eq(found[0].word, stack.sp + 0x10);
	ck_assert_uint_eq(found[0].at, objects + 3 * OBJECT + 8);
	ck_assert_ptr_nonnull(strstr(found[0].text, "byte 8 of an object slot of 32 bytes"));
	ck_assert_ptr_nonnull(strstr(found[0].text, "free"));
}
END_TEST

START_TEST(where_the_number_is_not_known_any_will_do_that_is_no_address)
{
	points_to(3, NO_ADDRESS);
	ck_assert_uint_eq(search(0, false), 1);
	ck_assert_uint_eq(found[0].value, NO_ADDRESS);
}
END_TEST

START_TEST(an_object_in_use_must_hold_text)
{
	points_to(0, TEXT);
	ck_assert_uint_eq(search(0, false), 0);
	ck_assert_uint_eq(search(0, true), 1);
	ck_assert(!found[0].freed);
}
END_TEST

START_TEST(hashes_in_use_and_other_numbers_say_nothing)
{
	points_to(0, NO_ADDRESS);
	ck_assert_uint_eq(search(0, true), 0);
	points_to(3, 0x1234);
	ck_assert_uint_eq(search(0x4141, false), 0);
}
END_TEST

START_TEST(words_outside_of_the_frames_are_not_looked_at)
{
	points_to(3, NO_ADDRESS);
	frame.fp = frame.sp + 0x10;
	ck_assert_uint_eq(search(0, true), 0);
	frame.fp = 0;
	ck_assert_uint_eq(search(0, true), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_free_object_that_holds_the_number_was_used,
		where_the_number_is_not_known_any_will_do_that_is_no_address,
		an_object_in_use_must_hold_text,
		hashes_in_use_and_other_numbers_say_nothing,
		words_outside_of_the_frames_are_not_looked_at,
	};
	return test_run("usedobjects", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
