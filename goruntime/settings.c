#include "goruntime/settings.h"

#include "base/limits.h"
#include "base/str.h"
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

/* What the runtime itself reads, of all that go.mod's release sets (runtime1.go dbgvars;
 * internal/godebugs has those that go.mod may set). */
static bool is_of_the_runtime(const char *setting)
{
	static const char *const keys[] = {
		"asynctimerchan=",    "asyncpreemptoff=",	 "cgocheck=",
		"clobberfree=",	      "containermaxprocs=",	 "dataindependenttiming=",
		"decoratemappings=",  "dontfreezetheworld=",	 "gccheckmark=",
		"invalidptr=",	      "madvdontneed=",		 "panicnil=",
		"profstackdepth=",    "runtimecontentionstacks=", "tracebackancestors=",
		"tracebacklabels=",   "tracefpunwindoff=",	 "updatemaxprocs=",
	};
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strncmp(setting, keys[i], strlen(keys[i])) == 0)
			return true;
	return false;
}

/* Whether TEXT sets the key of SETTING, which is of N bytes. */
static bool sets_key(const char *text, const char *setting, size_t n)
{
	const char *equals = memchr(setting, '=', n);
	size_t key = equals ? (size_t)(equals - setting) + 1 : 0;
	for (const char *p = text; p != NULL && key > 0; p = (p = strchr(p, ',')) ? p + 1 : NULL)
		if (strncmp(p, setting, key) == 0)
			return true;
	return false;
}

/* The linker puts the same text into runtime.godebugDefault (cmd/go since 1.21). */
static const char *built_in(const struct snapshot *s, const char *environment, struct arena *arena)
{
	_cleanup_str_ struct str kept = { 0 };
	const char *p = buildinfo_setting(&s->buildinfo, "DefaultGODEBUG");
	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, ",");
		if (is_of_the_runtime(p) && !sets_key(environment, p, n)) {
			if (kept.size > 0)
				str_add_char(&kept, ',');
			str_add_bytes(&kept, p, n);
		}
		p += n + (p[n] == ',');
	}
	return kept.size > 0 ? str_keep(&kept, arena) : NULL;
}

void snapshot_settings(const struct snapshot *s, struct arena *arena, struct settings *settings)
{
	enum { CRASH = 1, ALL = 2, LEVEL_SHIFT = 2, LEVEL_MOST = 3 }; /* runtime1.go traceback_cache */
	uint64_t allp, count;
	uint32_t traceback;
	*settings = (struct settings){ .godebug = snapshot_godebug(s, arena) };
	if (settings->godebug != NULL && settings->godebug[0] == '\0')
		settings->godebug = NULL;
	settings->godebug_built_in = built_in(s, settings->godebug, arena);
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
