/* Ranking of findings that are made by hand. */
#include "analyzer/verdict.h"
#include "tests/unit/detecting.h"

static struct findings findings;

static void start(void)
{
	findings = (struct findings){ .arena = &fake.arena };
}

static struct finding *add(enum verdict_class class, enum confidence confidence, bool death)
{
	struct finding *finding = findings_add(&findings, "test", class, NULL, confidence);
	finding->death = death;
	return finding;
}

static struct finding *add_leak(enum confidence confidence, double share)
{
	struct finding *finding = add(CLASS_GOROUTINE_LEAK, confidence, false);
	finding->matters = true;
	finding->share = share;
	return finding;
}

static enum verdict_class chosen(void)
{
	size_t i = verdict_choose(&findings);
	return i == SIZE_MAX ? CLASS_COUNT : findings.items[i].class;
}

START_TEST(nothing_found_chooses_nothing)
{
	start();
	ck_assert_uint_eq(verdict_choose(&findings), SIZE_MAX);
	add(CLASS_GOROUTINE_LEAK, CERTAIN, false);
	ck_assert_uint_eq(verdict_choose(&findings), SIZE_MAX);
}
END_TEST

START_TEST(surer_comes_first)
{
	start();
	add(CLASS_NIL_DEREFERENCE, LIKELY, true);
	add(CLASS_FATAL_ERROR, CERTAIN, true);
	ck_assert_uint_eq(chosen(), CLASS_FATAL_ERROR);
}
END_TEST

START_TEST(of_equals_the_one_that_says_more)
{
	start();
	add(CLASS_FATAL_ERROR, CERTAIN, true);
	add(CLASS_CGO_CRASH, CERTAIN, true);
	ck_assert_uint_eq(chosen(), CLASS_CGO_CRASH);
}
END_TEST

START_TEST(death_comes_before_what_else_was_found)
{
	start();
	add_leak(CERTAIN, 0.99);
	add(CLASS_PANIC, LIKELY, true);
	ck_assert_uint_eq(chosen(), CLASS_PANIC);
}
END_TEST

static const enum verdict_class outside[] = { CLASS_EXTERNAL_SIGNAL, CLASS_SNAPSHOT };

START_TEST(leak_is_the_verdict_of_a_core_from_outside)
{
	start();
	add(outside[_i], CERTAIN, true);
	add_leak(LIKELY, 0.95);
	ck_assert_uint_eq(chosen(), CLASS_GOROUTINE_LEAK);
}
END_TEST

START_TEST(possible_leak_is_not)
{
	start();
	add(outside[_i], CERTAIN, true);
	add_leak(POSSIBLE, 0.95);
	ck_assert_uint_eq(chosen(), outside[_i]);
}
END_TEST

START_TEST(small_finding_is_not)
{
	start();
	add(outside[_i], CERTAIN, true);
	add_leak(CERTAIN, 0.01)->matters = false;
	ck_assert_uint_eq(chosen(), outside[_i]);
}
END_TEST

START_TEST(larger_share_comes_first)
{
	start();
	add(CLASS_SNAPSHOT, CERTAIN, true);
	add_leak(LIKELY, 0.2);
	add_leak(LIKELY, 0.7);
	ck_assert_double_eq(findings.items[verdict_choose(&findings)].share, 0.7);
}
END_TEST

START_TEST(order_of_detectors_decides_between_equals)
{
	start();
	add(CLASS_PANIC, CERTAIN, true)->title = "first";
	add(CLASS_PANIC, CERTAIN, true)->title = "second";
	ck_assert_str_eq(findings.items[verdict_choose(&findings)].title, "first");
}
END_TEST

START_TEST(alternatives_are_the_other_deaths_best_first)
{
	start();
	size_t count;
	add(CLASS_FATAL_ERROR, POSSIBLE, true);
	add(CLASS_PANIC, CERTAIN, true);
	add_leak(LIKELY, 0.5);
	add(CLASS_EXTERNAL_SIGNAL, LIKELY, true);
	size_t *others = verdict_alternatives(&findings, verdict_choose(&findings), &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(others[0], 3);
	ck_assert_uint_eq(others[1], 0);
}
END_TEST

START_TEST(origin_is_the_way_of_dying)
{
	static const struct {
		enum death_way way;
		enum report_origin origin;
	} rows[] = {
		{ DEATH_PANIC, ORIGIN_PANIC },	     { DEATH_FATAL, ORIGIN_FATAL_ERROR },
		{ DEATH_THROW, ORIGIN_FATAL_ERROR }, { DEATH_SIGNAL, ORIGIN_SIGNAL },
		{ DEATH_NONE, ORIGIN_SNAPSHOT },
	};
	for (size_t i = 0; i < rows_of(rows); i++) {
		fake.snapshot.death.way = rows[i].way;
		ck_assert_uint_eq(verdict_origin(&fake.snapshot), rows[i].origin);
	}
	fake.snapshot.death.kernel =
		(struct death_signal){ .present = true, .number = 11, .code = 1 };
	ck_assert_uint_eq(verdict_origin(&fake.snapshot), ORIGIN_SIGNAL);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ nothing_found_chooses_nothing, 0 },
		{ surer_comes_first, 0 },
		{ of_equals_the_one_that_says_more, 0 },
		{ death_comes_before_what_else_was_found, 0 },
		{ leak_is_the_verdict_of_a_core_from_outside, rows_of(outside) },
		{ possible_leak_is_not, rows_of(outside) },
		{ small_finding_is_not, rows_of(outside) },
		{ larger_share_comes_first, 0 },
		{ order_of_detectors_decides_between_equals, 0 },
		{ alternatives_are_the_other_deaths_best_first, 0 },
		{ origin_is_the_way_of_dying, 0 },
	};
	return run_tests("verdict", tests);
}
