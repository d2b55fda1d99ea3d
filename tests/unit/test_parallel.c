/* Loops on several threads: every item once, and output in order. */
#include "base/parallel.h"
#include "tests/unit/testrun.h"

#include <stdint.h>
#include <string.h>

enum { ITEMS = 20000 };

static uint8_t seen[ITEMS];
static size_t order[ITEMS];
static size_t written;
static size_t held[PARALLEL_MAX][2]; /* the range that a worker has done but not finished */

static void setup(void)
{
	memset(seen, 0, sizeof(seen));
	written = 0;
}

static void teardown(void)
{
}

static void see(void *data, unsigned worker, size_t from, size_t to)
{
	(void)data;
	ck_assert_uint_lt(worker, parallel_workers());
	held[worker][0] = from;
	held[worker][1] = to;
	for (size_t i = from; i < to; i++)
		seen[i]++;
}

static void write_range(void *data, unsigned worker, size_t from, size_t to)
{
	(void)data;
	ck_assert_uint_eq(held[worker][0], from);
	ck_assert_uint_eq(held[worker][1], to);
	for (size_t i = from; i < to; i++)
		order[written++] = i;
}

static size_t once(size_t count)
{
	size_t n = 0;
	for (size_t i = 0; i < count; i++)
		n += seen[i] == 1;
	return n;
}

START_TEST(each_item_is_worked_on_once)
{
	static const size_t counts[] = { 0, 1, 100, ITEMS };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		setup();
		parallel_for(counts[i], see, NULL);
		ck_assert_uint_eq(once(counts[i]), counts[i]);
	}
}
END_TEST

START_TEST(ranges_are_finished_in_their_order_by_who_worked_on_them)
{
	static const size_t counts[] = { 0, 1, 100, ITEMS };
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		setup();
		parallel_in_order(counts[i], see, write_range, NULL);
		ck_assert_uint_eq(once(counts[i]), counts[i]);
		ck_assert_uint_eq(written, counts[i]);
		for (size_t k = 0; k < written; k++)
			ck_assert_uint_eq(order[k], k);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_item_is_worked_on_once,
		ranges_are_finished_in_their_order_by_who_worked_on_them,
	};
	return test_run("parallel", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
