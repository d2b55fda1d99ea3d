/* What changed its meaning between releases. */
#include "goruntime/traits.h"

#include <stddef.h>

#include "tests/unit/testrun.h"

/* In which of 1.19, 1.21 ... 1.27 a trait holds. */
static void check_since(size_t offset, unsigned since)
{
	for (unsigned minor = 19; minor <= 27; minor++) {
		struct traits t = traits_of(minor);
		ck_assert_int_eq(*(const bool *)((const char *)&t + offset), minor >= since);
	}
}

#define SINCE(trait, minor) check_since(offsetof(struct traits, trait), minor)

START_TEST(each_trait_begins_with_its_release)
{
	SINCE(exact_pc_after_preempt, 21);
	SINCE(panic_lines_indented, 23);
	SINCE(labels_are_list, 24);
	SINCE(floats_shortest, 26);
	SINCE(repanicked_needs_recovered, 26);
	SINCE(fatal_prints_panics, 26);
	SINCE(direct_iface_in_tflag, 26);
	SINCE(has_deadextra, 26);
	SINCE(gc_mask_on_demand, 24);
	SINCE(lock_waits_in_g, 26);
	SINCE(wide_lines_on_arm64, 21);
}
END_TEST

START_TEST(a_trait_that_went_ends_with_its_release)
{
	ck_assert(traits_of(21).recovery_in_sigcode);
	ck_assert(!traits_of(22).recovery_in_sigcode);
	ck_assert(traits_of(23).gc_programs && traits_of(23).locks_wait_as_semacquire);
	ck_assert(!traits_of(24).gc_programs && !traits_of(24).locks_wait_as_semacquire);
}
END_TEST

START_TEST(a_newer_release_has_the_traits_of_the_newest)
{
	struct traits newest = traits_of(27), newer = traits_of(40);
	ck_assert_mem_eq(&newest, &newer, sizeof(newest));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		each_trait_begins_with_its_release,
		a_trait_that_went_ends_with_its_release,
		a_newer_release_has_the_traits_of_the_newest,
	};
	return test_run("traits", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
