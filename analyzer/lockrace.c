#include "analyzer/lockrace.h"

#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/places.h"
#include "base/vec.h"
#include "goruntime/holders.h"
#include "goruntime/lockuse.h"
#include "goruntime/memname.h"
#include "goruntime/waits.h"

enum { NAMED_MAX = 10, LOOKED_AT_MAX = 5000 };

static void add_waiters(struct findings *findings, struct finding *finding,
			const struct snapshot *s, uint64_t lock)
{
	struct arena scratch;
	size_t looked = 0, named = 0;
	arena_init(&scratch);
	for (size_t i = 0; i < s->goroutine_count && looked < LOOKED_AT_MAX; i++) {
		const struct goroutine *g = &s->goroutines[i];
		struct wait wait;
		if (g->status != G_WAITING || g->system)
			continue;
		looked++;
		goroutine_wait_read(s, g, &scratch, &wait);
		if (wait.object == lock && named++ < NAMED_MAX)
			finding_labelled(findings, finding, "waits", g->id, lock,
					 "goroutine %llu waits for it (%s)",
					 (unsigned long long)g->id, goroutine_wait(s, g));
		arena_release(&scratch);
	}
	arena_release(&scratch);
}

/* Who has locked it, by the order of the code, and not unlocked: the one whose lock was given back.
 */
static void add_holders(struct findings *findings, struct finding *finding,
			const struct snapshot *s, uint64_t lock)
{
	const struct lock_site site = { lock };
	VEC(struct lock_suspect) suspects = { 0 };
	struct holders holders;
	for (size_t i = 0; i < s->goroutine_count && suspects.count < LOOKED_AT_MAX; i++) {
		struct lock_suspect suspect = { (uint32_t)i, NO_LOCK };
		if (!s->goroutines[i].system && i != s->death.goroutine)
			vec_push(&suspects, suspect);
	}
	holders_find(s, &site, 1, suspects.items, suspects.count, findings->arena, &holders);
	for (size_t i = 0, named = 0; i < holders.count; i++) {
		const struct holder *holder = &holders.items[i];
		uint64_t id = s->goroutines[holder->goroutine].id;
		if (holder->strong && holder->exact && named++ < NAMED_MAX)
			finding_labelled(
				findings, finding, "holds", id, lock,
				"goroutine %llu has locked it, by the order of the code, in %s",
				(unsigned long long)id, place_of(findings->arena, holder->call));
	}
	vec_release(&suspects);
}

/* What the program calls the lock: PATH leads to the first word in it. */
static const char *lock_name(struct arena *arena, const char *path)
{
	static const char *const words[] = { ".w.mu.state", ".w.state", ".mu.state",
					     ".state.v",    ".state1",	".state" };
	size_t size = strlen(path);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t word = strlen(words[i]);
		if (size > word && strcmp(path + size - word, words[i]) == 0)
			return arena_strndup(arena, path, size - word);
	}
	return path;
}

void finding_add_lock(struct findings *findings, struct finding *finding, const struct snapshot *s)
{
	struct lock_use use;
	struct memory_name called;
	struct address address;
	const char *is = "";
	if (!lock_use_of(s, &s->death.culprit, findings->arena, &use))
		return;
	const struct goroutine *g =
		s->death.goroutine < s->goroutine_count ? &s->goroutines[s->death.goroutine] : NULL;
	snapshot_address(s, use.addr, findings->arena, &address);
	if (memory_name(s, g, use.addr, findings->arena, &called))
		is = arena_printf(findings->arena, ", %s", lock_name(findings->arena, called.path));
	if (use.by != NULL)
		is = arena_printf(findings->arena, "%s (by a word in the frame of %s)", is,
				  use.by->function);
	finding_labelled(findings, finding, "lock", 0, use.addr, "%s at 0x%llx%s: %s; %s", use.type,
			 (unsigned long long)use.addr, is, use.state,
			 address.text != NULL ? address.text : "");
	add_waiters(findings, finding, s, use.addr);
	add_holders(findings, finding, s, use.addr);
}
