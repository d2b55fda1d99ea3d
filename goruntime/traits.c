#include "goruntime/traits.h"

#include <stddef.h>

/* since: first release 1.N in which the trait holds; until: first in which it no longer does. */
static const struct {
	size_t offset;
	unsigned since, until;
} rows[] = {
	{ offsetof(struct traits, exact_pc_after_preempt), 21, ~0u },
	{ offsetof(struct traits, recovery_in_sigcode), 0, 22 },
	{ offsetof(struct traits, panic_lines_indented), 23, ~0u },
	{ offsetof(struct traits, floats_shortest), 26, ~0u },
	{ offsetof(struct traits, repanicked_needs_recovered), 26, ~0u },
	{ offsetof(struct traits, fatal_prints_panics), 26, ~0u },
	{ offsetof(struct traits, direct_iface_in_tflag), 26, ~0u },
	{ offsetof(struct traits, labels_are_list), 24, ~0u },
	{ offsetof(struct traits, asmcgocall_leaves_room), 0, 22 },
	{ offsetof(struct traits, has_deadextra), 26, ~0u },
	{ offsetof(struct traits, gc_programs), 0, 24 },
	{ offsetof(struct traits, gc_mask_on_demand), 24, ~0u },
	{ offsetof(struct traits, lock_waits_in_g), 26, ~0u },
	{ offsetof(struct traits, wide_lines_on_arm64), 21, ~0u },
	{ offsetof(struct traits, locks_wait_as_semacquire), 0, 24 },
	{ offsetof(struct traits, nil_panics_by_setting), 21, ~0u },
	{ offsetof(struct traits, open_defers_have_offsets), 0, 22 },
	{ offsetof(struct traits, context_error_is_atomic), 25, ~0u },
};

struct traits traits_of(unsigned minor)
{
	struct traits traits = { 0 };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		*(bool *)((char *)&traits + rows[i].offset) =
			minor >= rows[i].since && minor < rows[i].until;
	return traits;
}
