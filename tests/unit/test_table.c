/* The hash table of pointers. */
#include "base/table.h"

#include "base/arena.h"

#include <check.h>

#include "tests/unit/testrun.h"

static struct table table;
static int items[1000];

static void setup(void)
{
	table = (struct table){ 0 };
}

static void teardown(void)
{
	table_release(&table);
}

START_TEST(an_empty_table_has_nothing)
{
	ck_assert_ptr_null(table_find(&table, 0));
	ck_assert_ptr_null(table_find(&table, table_hash(7)));
	table_release(&table);
	ck_assert_ptr_null(table_find(&table, 0));
}
END_TEST

START_TEST(what_was_added_is_found_after_growing)
{
	for (size_t i = 0; i < 1000; i++)
		table_add(&table, table_hash(i), &items[i]);
	ck_assert_uint_eq(table.count, 1000);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_ptr_eq(table_find(&table, table_hash(i)), &items[i]);
	ck_assert_ptr_null(table_find(&table, table_hash(1000)));
}
END_TEST

START_TEST(items_of_one_hash_come_one_after_the_other)
{
	size_t probe = 0;
	for (size_t i = 0; i < 400; i++)
		table_add(&table, i % 2 ? 5 : 5 + 256, &items[i]); /* one slot to begin with */
	for (size_t i = 1; i < 400; i += 2)
		ck_assert_ptr_eq(table_next(&table, 5, &probe), &items[i]);
	ck_assert_ptr_null(table_next(&table, 5, &probe));
}
END_TEST

START_TEST(a_hash_of_the_last_slot_goes_on_at_the_first)
{
	table_add(&table, UINT64_MAX, &items[0]);
	table_add(&table, UINT64_MAX, &items[1]);
	size_t probe = 0;
	ck_assert_ptr_eq(table_next(&table, UINT64_MAX, &probe), &items[0]);
	ck_assert_ptr_eq(table_next(&table, UINT64_MAX, &probe), &items[1]);
	ck_assert_ptr_null(table_next(&table, UINT64_MAX, &probe));
}
END_TEST

START_TEST(a_table_in_an_arena_is_given_back_with_it)
{
	struct arena arena;
	arena_init(&arena);
	struct table inside = { .arena = &arena };
	for (size_t i = 0; i < 1000; i++)
		table_add(&inside, table_hash(i), &items[i]);
	for (size_t i = 0; i < 1000; i++)
		ck_assert_ptr_eq(table_find(&inside, table_hash(i)), &items[i]);
	arena_release(&arena);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		an_empty_table_has_nothing,
		what_was_added_is_found_after_growing,
		items_of_one_hash_come_one_after_the_other,
		a_hash_of_the_last_slot_goes_on_at_the_first,
		a_table_in_an_arena_is_given_back_with_it,
	};
	return test_run("table", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
