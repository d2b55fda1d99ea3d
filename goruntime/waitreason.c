#include "goruntime/layout.h"

struct wait_reasons {
	unsigned minor;
	unsigned count;
	const char *const *texts;
};

#define WAIT_REASONS(minor, ...) static const char *const go1_##minor[] = { __VA_ARGS__ };
#include "goruntime/wait_reasons.def"
#undef WAIT_REASONS

static const struct wait_reasons tables[] = {
#define WAIT_REASONS(minor, ...)                                                                   \
	{ minor, sizeof(go1_##minor) / sizeof(go1_##minor[0]), go1_##minor },
#include "goruntime/wait_reasons.def"
#undef WAIT_REASONS
};

/* The table in force at 1.MINOR: the newest that is not newer, else the oldest. */
static const struct wait_reasons *table_of(unsigned minor)
{
	size_t count = sizeof(tables) / sizeof(tables[0]);
	if (minor == 0)
		return &tables[count - 1];
	size_t i = count;
	while (i > 1 && tables[i - 1].minor > minor)
		i--;
	return &tables[i - 1];
}

const char *wait_reason_text(unsigned minor, unsigned reason)
{
	const struct wait_reasons *table = table_of(minor);
	return reason < table->count ? table->texts[reason] : NULL;
}
