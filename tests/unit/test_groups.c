/* Goroutines that are alike. */
#include <time.h>

#include "analyzer/groups.h"
#include "tests/unit/detecting.h"

#define STACK_A "runtime.gopark;main.a"
#define STACK_B "runtime.gopark;main.b"

static struct groups groups;

static void group(bool stacks)
{
	groups_make(&fake.snapshot, stacks, &fake.arena, &groups);
}

START_TEST(none_are_none)
{
	group(true);
	ck_assert_uint_eq(groups.count, 0);
	ck_assert_uint_eq(groups.user_count, 0);
}
END_TEST

START_TEST(alike_are_one_group)
{
	fake_crowd(&fake, 5, "chan receive", STACK_A, 0, 0);
	group(true);
	ck_assert_uint_eq(groups.count, 1);
	ck_assert_uint_eq(groups.items[0].count, 5);
	ck_assert_uint_eq(groups.items[0].first->id, 1);
	ck_assert_uint_eq(groups.items[0].stack_bytes, 5 * 0x800);
	ck_assert_uint_eq(groups.user_count, 5);
}
END_TEST

START_TEST(largest_comes_first_then_the_lowest_id)
{
	fake_add(&fake, G_WAITING, "sleep", STACK_A);
	fake_crowd(&fake, 3, "chan receive", STACK_B, 0, 0);
	fake_add(&fake, G_WAITING, "select", STACK_A);
	group(true);
	ck_assert_uint_eq(groups.count, 3);
	ck_assert_uint_eq(groups.items[0].count, 3);
	ck_assert_uint_eq(groups.items[1].first->id, 1);
	ck_assert_uint_eq(groups.items[2].first->id, 5);
}
END_TEST

/* Each of these makes a goroutine differ from the others. */
static void differ_by_stack(struct goroutine *g)
{
	fake_facts(&fake, g)->stack = STACK_B;
}
static void differ_by_status(struct goroutine *g)
{
	g->status = G_RUNNABLE;
}
static void differ_by_wait(struct goroutine *g)
{
	g->wait_reason++;
}
static void differ_by_creator(struct goroutine *g)
{
	g->gopc++;
}
static void differ_by_being_the_runtimes(struct goroutine *g)
{
	g->system = true;
}

static void (*const differences[])(struct goroutine *) = {
	differ_by_stack,
	differ_by_status,
	differ_by_wait,
	differ_by_creator,
	differ_by_being_the_runtimes,
};

START_TEST(difference_makes_another_group)
{
	fake_crowd(&fake, 4, "chan receive", STACK_A, 0, 0);
	differences[_i](&fake.snapshot.goroutines[2]);
	group(true);
	ck_assert_uint_eq(groups.count, 2);
	ck_assert_uint_eq(groups.items[0].count, 3);
	ck_assert_uint_eq(groups.items[1].first->id, 3);
}
END_TEST

START_TEST(reason_of_one_that_does_not_wait_has_no_meaning)
{
	fake_add(&fake, G_RUNNABLE, "", STACK_A)->wait_reason = 3;
	fake_add(&fake, G_RUNNABLE, "", STACK_A)->wait_reason = 9;
	group(true);
	ck_assert_uint_eq(groups.count, 1);
}
END_TEST

START_TEST(ids_ascend_whatever_the_order_of_allgs)
{
	fake_crowd(&fake, 3000, "chan receive", STACK_A, 0, 0);
	uint64_t id = 17;
	for (size_t i = 0; i < 3000; i++) {
		id = (id * 1103515245 + 12345) % 4294967296;
		fake.snapshot.goroutines[i].id = id << 13 | i;
	}
	group(true);
	ck_assert_uint_eq(groups.items[0].count, 3000);
	for (size_t i = 1; i < 3000; i++)
		ck_assert_uint_lt(groups.items[0].ids[i - 1], groups.items[0].ids[i]);
	ck_assert_uint_eq(groups.items[0].first->id, groups.items[0].ids[0]);
}
END_TEST

START_TEST(members_and_ids_go_together)
{
	fake_crowd(&fake, 10, "chan receive", STACK_A, 0, 0);
	fake_crowd(&fake, 10, "chan send", STACK_B, 0, 0);
	for (size_t i = 0; i < 20; i++)
		fake.snapshot.goroutines[i].id = 100 - i;
	group(true);
	for (size_t i = 0; i < groups.count; i++) {
		const uint32_t *members = group_members(&groups, &groups.items[i]);
		for (size_t m = 0; m < groups.items[i].count; m++)
			ck_assert_uint_eq(fake.snapshot.goroutines[members[m]].id,
					  groups.items[i].ids[m]);
	}
}
END_TEST

START_TEST(longest_wait_is_of_the_group)
{
	fake_crowd(&fake, 3, "chan receive", STACK_A, 0, 0);
	group(true);
	ck_assert(groups.items[0].longest_wait < 0);
	fake.facts[1].wait_seconds = 12.5;
	fake.facts[2].wait_seconds = 3;
	group(true);
	ck_assert_double_eq(groups.items[0].longest_wait, 12.5);
}
END_TEST

START_TEST(without_stacks_none_is_walked)
{
	fake_crowd(&fake, 10, "chan receive", STACK_A, 0, 0);
	fake_crowd(&fake, 10, "chan receive", STACK_B, 0, 0);
	group(false);
	ck_assert_uint_eq(fake.stack_walks, 0);
	ck_assert_uint_eq(groups.count, 1);
	ck_assert_ptr_null(groups.items[0].stack);
}
END_TEST

START_TEST(unreadable_ones_are_counted)
{
	fake_crowd(&fake, 3, "chan receive", STACK_A, 0, 0);
	for (size_t i = 0; i < 3; i++)
		fake.snapshot.goroutines[i] =
			(struct goroutine){ .addr = 0x1000 * i, .unreadable = true };
	group(true);
	ck_assert_uint_eq(groups.items[0].count, 3);
}
END_TEST

static double seconds_to_group(size_t count)
{
	struct timespec start, end;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	groups_make(&fake.snapshot, false, &fake.arena, &groups);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	ck_assert_uint_eq(groups.user_count, count);
	return (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
}

enum { MANY = 200000 };

START_TEST(many_in_as_many_groups_are_quick)
{
	fake_crowd(&fake, MANY, "chan receive", STACK_A, 0, 0);
	for (size_t i = 0; i < MANY; i++) {
		fake.snapshot.goroutines[i].gopc = i;
		fake.snapshot.goroutines[i].id = MANY - i;
	}
	double seconds = seconds_to_group(MANY);
	ck_assert_uint_eq(groups.count, MANY);
	ck_assert_msg(seconds < 5, "%.1f s", seconds); /* 0.2 s without sanitizers */
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ none_are_none, 0 },
		{ alike_are_one_group, 0 },
		{ largest_comes_first_then_the_lowest_id, 0 },
		{ difference_makes_another_group, rows_of(differences) },
		{ reason_of_one_that_does_not_wait_has_no_meaning, 0 },
		{ ids_ascend_whatever_the_order_of_allgs, 0 },
		{ members_and_ids_go_together, 0 },
		{ longest_wait_is_of_the_group, 0 },
		{ without_stacks_none_is_walked, 0 },
		{ unreadable_ones_are_counted, 0 },
		{ many_in_as_many_groups_are_quick, 0 },
	};
	return run_tests("groups", tests);
}
