#include "goruntime/settings.h"

#include "base/limits.h"
#include "goruntime/environment.h"
#include "goruntime/private.h"

static bool global_u32(const struct snapshot *s, enum rt_global global, uint32_t *value)
{
	uint64_t addr;
	return globals_get(&s->globals, global, &addr) && image_u32(s->image, addr, value, NULL);
}

/* runtime.godebugEnv: since 1.21 (runtime1.go godebugNotify). */
const char *snapshot_godebug(const struct snapshot *s, struct arena *arena)
{
	uint64_t addr, string, text, size;
	struct bytes bytes;
	if (globals_get(&s->globals, RT_GODEBUGENV, &addr) &&
	    image_u64(s->image, addr, &string, NULL) && string != 0 &&
	    image_u64(s->image, string, &text, NULL) &&
	    image_u64(s->image, string + 8, &size, NULL) && size < LIMIT_STRING &&
	    image_bytes(s->image, text, size, arena, &bytes, NULL))
		return arena_strndup(arena, (const char *)bytes.data, bytes.size);
	return environment_get(s, "GODEBUG", arena);
}

void snapshot_settings(const struct snapshot *s, struct arena *arena, struct settings *settings)
{
	enum { CRASH = 1, ALL = 2, LEVEL_SHIFT = 2, LEVEL_MOST = 3 }; /* runtime1.go traceback_cache */
	uint64_t allp, count;
	uint32_t traceback;
	*settings = (struct settings){ .godebug = snapshot_godebug(s, arena) };
	if (settings->godebug != NULL && settings->godebug[0] == '\0')
		settings->godebug = NULL;
	if (global_u32(s, RT_TRACEBACK_CACHE, &traceback) && traceback >> LEVEL_SHIFT <= LEVEL_MOST) {
		settings->traceback_known = true;
		settings->traceback_level = traceback >> LEVEL_SHIFT;
		settings->traceback_all = traceback & ALL;
		settings->traceback_crash = traceback & CRASH;
	}
	/* proc.go procresize: allp is as long as gomaxprocs. */
	if (globals_get(&s->globals, RT_ALLP, &allp) && image_u64(s->image, allp + 8, &count, NULL) &&
	    count <= LIMIT_PS)
		settings->gomaxprocs = (uint32_t)count;
	if (global_u32(s, RT_NCPU, &settings->cpus) && settings->cpus > LIMIT_PS)
		settings->cpus = 0;
}
