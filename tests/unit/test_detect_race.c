/* data-race: fatal errors of maps and mutexes, and who else is in a map. */
#include "tests/unit/detecting.h"

#define OWN_STACK "internal/runtime/maps.fatal;runtime.mapassign_fast64;main.write:33;main.main"

#define THE_MAP 0xc000080000
#define ANOTHER_MAP 0xc000080030

static void died_in_a_map(const char *text)
{
	fake_threw(&fake, DEATH_FATAL, text, NULL, OWN_STACK);
	fake.facts[fake.snapshot.death.goroutine].map = THE_MAP;
	fake.has_map_facts = true;
	fake.map_facts = (struct map_facts){ .type = "map[int]int", .entries = 64, .writing = true };
}

/* Goroutine 1, in a read of MAP (0: it is not known). */
static struct fake_goroutine *reader(uint64_t map)
{
	struct fake_goroutine *facts = fake_facts(
		&fake, fake_add(&fake, G_RUNNABLE, "",
				"runtime.mapaccess1_fast64;main.read:40;main.main"));
	facts->map = map;
	return facts;
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

START_TEST(map_is_described)
{
	died_in_a_map("concurrent map writes");
	assert_verdict("data-race", "concurrent-map-write", CERTAIN);
	ck_assert(has_evidence(report.verdict,
			       "map[int]int at 0xc000080000, 64 entries; its mark says that a write"));
}
END_TEST

START_TEST(other_in_the_same_map_is_evidence)
{
	reader(THE_MAP);
	died_in_a_map("concurrent map read and map write");
	assert_verdict("data-race", "concurrent-map-read-write", CERTAIN);
	ck_assert(has_evidence(report.verdict,
			       "goroutine 1: main.read (app/main.go:40) in "
			       "runtime.mapaccess1_fast64, on the same map"));
	ck_assert(has_line(&report.verdict->explanation, "another one was"));
	ck_assert_uint_eq(report.verdict->goroutine_count, 2);
	ck_assert_uint_eq(report.verdict->other_count, 1);
	ck_assert_str_eq(report.verdict->others[0].trace.frames[report.verdict->others[0].first]
				 .call->function, "main.read");
}
END_TEST

START_TEST(that_not_all_were_looked_at_is_said)
{
	for (unsigned i = 0; i < 20; i++)
		reader(THE_MAP);
	died_in_a_map("concurrent map read and map write");
	assert_verdict("data-race", "concurrent-map-read-write", CERTAIN);
	ck_assert(!has_evidence(report.verdict, "more goroutines may be at this map"));
	fake_release(&fake);
	fake_init(&fake);
	for (unsigned i = 0; i < 25; i++)
		reader(THE_MAP);
	died_in_a_map("concurrent map read and map write");
	assert_verdict("data-race", "concurrent-map-read-write", CERTAIN);
	ck_assert(has_evidence(report.verdict, "more goroutines may be at this map: 20 are named"));
}
END_TEST

START_TEST(words_that_may_be_old_are_said_to_be)
{
	reader(THE_MAP)->map_guessed = true;
	died_in_a_map("concurrent map read and map write");
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "may be left over from an earlier call"));
}
END_TEST

START_TEST(other_whose_map_is_not_known_is_called_so)
{
	reader(0);
	died_in_a_map("concurrent map read and map write");
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "on a map that is not known"));
	ck_assert_uint_eq(report.verdict->goroutine_count, 1);
}
END_TEST

START_TEST(map_is_taken_from_another_if_the_own_stack_has_it)
{
	reader(THE_MAP);
	died_in_a_map("concurrent map read and map write");
	fake.facts[fake.snapshot.death.goroutine].map = 0;
	fake.facts[fake.snapshot.death.goroutine].has_map = THE_MAP;
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "map[int]int at 0xc000080000"));
	ck_assert(has_evidence(report.verdict, "on the same map"));
}
END_TEST

START_TEST(holder_that_can_run_is_weaker_evidence)
{
	fake_facts(&fake, fake_add(&fake, G_RUNNABLE, "", "main.step:7;main.main"))->has_map =
		THE_MAP;
	died_in_a_map("concurrent map writes");
	analyze(NULL);
	ck_assert(has_evidence(report.verdict,
			       "goroutine 1: main.step (app/main.go:7) could run and has the map in m"));
	ck_assert(has_line(&report.verdict->explanation, "no second one was inside the map"));
	ck_assert_uint_eq(report.verdict->goroutine_count, 1);
}
END_TEST

START_TEST(word_that_no_variable_names_is_no_holder)
{
	fake_facts(&fake, fake_add(&fake, G_RUNNABLE, "", "main.step:7;main.main"))->has_map =
		THE_MAP;
	fake.no_map_variable = true;
	died_in_a_map("concurrent map writes");
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "could run and has the map, or a word left over"));
	for (size_t i = 0; i < report.verdict->evidence_count; i++)
		ck_assert_str_ne(report.verdict->evidence[i].label, "holds");
	ck_assert_uint_eq(report.verdict->goroutine_count, 1);
}
END_TEST

START_TEST(one_that_waits_is_named_where_there_is_no_other)
{
	fake_facts(&fake, fake_add(&fake, G_WAITING, "select", "runtime.gopark;main.wait;main.main"))
		->has_map = THE_MAP;
	died_in_a_map("concurrent map writes");
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "waits and has the map"));
	ck_assert(has_line(&report.verdict->explanation, "no second offender was found"));
}
END_TEST

START_TEST(allocation_in_an_insert_may_wait_for_the_collector)
{
	fake_facts(&fake, fake_add(&fake, G_WAITING, "GC assist wait",
				   "runtime.gopark;runtime.mallocgc;runtime.mapassign;main.add;main.main"))
		->map = THE_MAP;
	died_in_a_map("concurrent map writes");
	analyze(NULL);
	ck_assert(has_evidence(report.verdict, "goroutine 1: main.add"));
}
END_TEST

START_TEST(goroutine_on_another_map_is_not_named)
{
	reader(ANOTHER_MAP);
	died_in_a_map("concurrent map read and map write");
	analyze(NULL);
	ck_assert(!has_evidence(report.verdict, "main.read"));
	ck_assert(has_line(&report.verdict->explanation, "no second offender was found"));
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

START_TEST(lock_is_described_with_who_is_at_it)
{
	struct goroutine *g = fake_add(&fake, G_WAITING, "sync.Mutex.Lock", "runtime.gopark;main.w");
	fake_facts(&fake, g)->waits_on = (struct wait){ .kind = WAIT_MUTEX, .object = 0xc000500000 };
	g = fake_add(&fake, G_WAITING, "sync.Mutex.Lock", "runtime.gopark;main.w");
	fake_facts(&fake, g)->waits_on = (struct wait){ .kind = WAIT_MUTEX, .object = 0xc000500008 };
	g = fake_add(&fake, G_WAITING, "sleep", "runtime.gopark;main.h");
	fake_facts(&fake, g)->holds = 0xc000500000;
	fake_threw(&fake, DEATH_FATAL, "sync: unlock of unlocked mutex", NULL,
		   "internal/sync.fatal;sync.(*Mutex).Unlock;main.unlock:9;main.main");
	fake.lock = (struct lock_use){ 0xc000500000, "sync.Mutex", "it was not locked, 1 waited" };
	fake.memory_name = (struct memory_name){ "main.mu", "sync.Mutex", NULL };
	assert_verdict("data-race", "unlock-of-unlocked", CERTAIN);
	ck_assert(has_evidence(report.verdict,
			       "sync.Mutex at 0xc000500000, main.mu: it was not locked, 1 waited"));
	ck_assert(has_evidence(report.verdict, "goroutine 1 waits for it"));
	ck_assert(!has_evidence(report.verdict, "goroutine 2 "));
	ck_assert(has_evidence(report.verdict, "goroutine 3 has locked it"));
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
		{ map_is_described, 0 },
		{ other_in_the_same_map_is_evidence, 0 },
		{ that_not_all_were_looked_at_is_said, 0 },
		{ words_that_may_be_old_are_said_to_be, 0 },
		{ other_whose_map_is_not_known_is_called_so, 0 },
		{ map_is_taken_from_another_if_the_own_stack_has_it, 0 },
		{ holder_that_can_run_is_weaker_evidence, 0 },
		{ word_that_no_variable_names_is_no_holder, 0 },
		{ one_that_waits_is_named_where_there_is_no_other, 0 },
		{ allocation_in_an_insert_may_wait_for_the_collector, 0 },
		{ goroutine_on_another_map_is_not_named, 0 },
		{ goroutine_outside_of_maps_is_no_evidence, 0 },
		{ mutex_is_blamed_on_its_caller, 0 },
		{ lock_is_described_with_who_is_at_it, 0 },
		{ panic_with_that_text_is_none, 0 },
		{ lock_of_the_runtime_is_none, 0 },
		{ mutex_state_is_none, 0 },
	};
	return run_tests("detect_race", tests);
}
