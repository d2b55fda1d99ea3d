/* data-race: fatal errors of maps and mutexes, and who else is in a map. */
#include "tests/unit/detecting.h"

#define OWN_STACK "internal/runtime/maps.fatal;runtime.mapassign_fast64;main.write:33;main.main"

static void died_in_a_map(const char *text)
{
	fake_threw(&fake, DEATH_FATAL, text, NULL, OWN_STACK);
	fake.words[1] = 0xc000080000;
	for (size_t i = 0; i < fake.snapshot.death.culprit.count; i++)
		fake.snapshot.death.culprit.frames[i].argp = 0xc000300000;
}

static const struct {
	const char *text, *kind;
	enum confidence confidence;
} texts[] = {
	{ "concurrent map writes", "concurrent-map-write", CERTAIN },
	{ "concurrent map read and map write", "concurrent-map-read-write", CERTAIN },
	{ "concurrent map clone and map write", "concurrent-map-read-write", CERTAIN },
	{ "concurrent map iteration and map write", "concurrent-map-iteration-write", CERTAIN },
	{ "small map with no empty slot (concurrent map writes?)", "concurrent-map-write", LIKELY },
	{ "sync: unlock of unlocked mutex", "unlock-of-unlocked", CERTAIN },
	{ "sync: Unlock of unlocked RWMutex", "unlock-of-unlocked", CERTAIN },
	{ "sync: RUnlock of unlocked RWMutex", "unlock-of-unlocked", CERTAIN },
};

START_TEST(each_text_has_its_kind)
{
	died_in_a_map(texts[_i].text);
	assert_verdict("data-race", texts[_i].kind, texts[_i].confidence);
	ck_assert_str_eq(report.verdict->message, texts[_i].text);
	ck_assert_str_eq(culprit(), "main.write");
}
END_TEST

START_TEST(other_in_the_same_map_is_evidence)
{
	fake_add(&fake, G_RUNNABLE, "", "runtime.mapaccess1_fast64;main.read:40;main.main");
	died_in_a_map("concurrent map read and map write");
	assert_verdict("data-race", "concurrent-map-read-write", CERTAIN);
	ck_assert(has_evidence(
		report.verdict,
		"goroutine 1: main.read (app/main.go:40) in runtime.mapaccess1_fast64"));
	ck_assert(has_line(&report.verdict->explanation, "another one was"));
}
END_TEST

START_TEST(deep_in_the_map_counts_as_well)
{
	fake_add(&fake, G_RUNNABLE, "",
		 "runtime.memmove;internal/runtime/maps.(*table).grow;"
		 "internal/runtime/maps.(*table).rehash;"
		 "runtime.mapassign_fast64;main.write:34;main.main");
	died_in_a_map("concurrent map writes");
	assert_verdict("data-race", "concurrent-map-write", CERTAIN);
	ck_assert(has_evidence(report.verdict,
			       "main.write (app/main.go:34) in runtime.mapassign_fast64"));
}
END_TEST

START_TEST(goroutine_outside_of_maps_is_no_evidence)
{
	fake_add(&fake, G_RUNNABLE, "", "main.compute;main.main");
	fake_add(&fake, G_WAITING, "chan receive", "runtime.gopark;main.wait;main.main");
	died_in_a_map("concurrent map writes");
	assert_verdict("data-race", "concurrent-map-write", CERTAIN);
	ck_assert(!has_evidence(report.verdict, "main.compute"));
	ck_assert(has_line(&report.verdict->explanation, "had left the map"));
}
END_TEST

START_TEST(mutex_is_blamed_on_its_caller)
{
	fake_threw(&fake, DEATH_FATAL, "sync: unlock of unlocked mutex", NULL,
		   "internal/sync.fatal;internal/sync.(*Mutex).unlockSlow;sync.(*Mutex).Unlock;"
		   "main.unlock:9;main.main");
	fake.snapshot.death.cause_frame = 0;
	assert_verdict("data-race", "unlock-of-unlocked", CERTAIN);
	ck_assert_str_eq(culprit(), "main.unlock");
}
END_TEST

/* --- near misses --- */

START_TEST(panic_with_that_text_is_none)
{
	fake_panicked(&fake, "string", "concurrent map writes", "panic;main.f;main.main");
	assert_verdict("panic", "value", CERTAIN);
}
END_TEST

START_TEST(lock_of_the_runtime_is_none)
{
	fake_threw(&fake, DEATH_THROW, "unlock of unlocked lock", NULL, "runtime.throw;main.main");
	assert_verdict("fatal-error", "other", CERTAIN);
}
END_TEST

START_TEST(mutex_state_is_none)
{
	fake_threw(&fake, DEATH_THROW, "sync: inconsistent mutex state", NULL,
		   "sync.throw;sync.(*Mutex).lockSlow;main.f;main.main");
	assert_verdict("fatal-error", "mutex-state", CERTAIN);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ each_text_has_its_kind, rows_of(texts) },
		{ other_in_the_same_map_is_evidence, 0 },
		{ deep_in_the_map_counts_as_well, 0 },
		{ goroutine_outside_of_maps_is_no_evidence, 0 },
		{ mutex_is_blamed_on_its_caller, 0 },
		{ panic_with_that_text_is_none, 0 },
		{ lock_of_the_runtime_is_none, 0 },
		{ mutex_state_is_none, 0 },
	};
	return run_tests("detect_race", tests);
}
