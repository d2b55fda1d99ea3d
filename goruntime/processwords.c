/* Words for what is known of the process as a whole. */
#include "goruntime/gcstate.h"
#include "goruntime/settings.h"

const char *actor_kind_name(enum actor_kind kind)
{
	static const char *const names[] = {
		[ACTOR_COLLECTOR] = "collector",
		[ACTOR_WORLD_STOP] = "stop-the-world",
		[ACTOR_FINALIZER] = "finalizer",
		[ACTOR_CLEANUP] = "cleanup",
		[ACTOR_GOEXIT] = "goexit",
		[ACTOR_PANIC] = "panic",
	};
	return names[kind];
}

const char *settings_traceback(const struct settings *settings)
{
	if (settings->traceback_crash)
		return "crash";
	if (settings->traceback_level >= 2)
		return "system";
	if (settings->traceback_all)
		return "all";
	return settings->traceback_level == 0 ? "none" : "single";
}
