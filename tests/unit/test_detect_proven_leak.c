/* goroutine-leak/proven: what is said of goroutines that are leaked for certain. */
#include "analyzer/detector.h"
#include "tests/unit/detecting.h"

#define WAITER "runtime.gopark;runtime.chanrecv1;main.wait:41;main.start"

static uint32_t leaked[3000];

/* Goroutines [FIRST, FIRST + COUNT) are leaked. */
static void prove(uint32_t first, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		leaked[i] = first + i;
	fake.leaks = (struct leaks){
		.goroutines = leaked,
		.count = count,
		.blocked = count,
		.heap_bytes = 4096,
		.heap_objects = 40,
		.stack_bytes = 2048 * count,
		.frames = 100,
	};
}

static const struct finding *found(const char *kind)
{
	for (size_t i = 0; i < report.finding_count; i++)
		if (report.findings[i].class == CLASS_GOROUTINE_LEAK &&
		    strcmp(report.findings[i].kind, kind) == 0)
			return &report.findings[i];
	return NULL;
}

static const struct finding *leak(void)
{
	analyze(NULL);
	return found("proven");
}

static const char *reason_of(const char *name)
{
	for (size_t i = 0; i < report.detector_count; i++)
		if (strcmp(report.detectors[i].name, name) == 0)
			return report.detectors[i].reason;
	return "not in the list";
}

static void waits(size_t goroutine, struct wait wait)
{
	fake.facts[goroutine].waits_on = wait;
}

static const struct wait_case on_channel = { { .addr = 0x10, .known = true }, DIRECTION_SEND };

/* Of each kind of wait, what its object tells of how it came to this. */
static const struct {
	struct wait wait;
	const char *pattern; /* NULL: none */
} patterns[] = {
	{ { .kind = WAIT_SEND, .object = 0x10, .cases = &on_channel, .case_count = 1 },
	  "a forgotten receiver" },
	{ { .kind = WAIT_RECEIVE, .object = 0x10, .cases = &on_channel, .case_count = 1 },
	  "a lost sender" },
	{ { .kind = WAIT_RECEIVE, .object = 0x10, .cases = &on_channel, .case_count = 1,
	    .context = { .addr = 0x20 } },
	  "a dropped cancel" },
	{ { .kind = WAIT_WAITGROUP, .object = 0x10, .state_known = true, .counter = 2 },
	  "the counter stands at 2" },
	{ { .kind = WAIT_WAITGROUP, .object = 0x10, .state_known = true }, NULL },
	{ { .kind = WAIT_MUTEX, .object = 0x10, .state_known = true, .locked = true }, NULL },
	{ { .kind = WAIT_MUTEX, .object = 0x10, .state_known = true }, NULL },
	{ { .kind = WAIT_COND, .object = 0x10 }, "a missing Signal" },
	{ { .kind = WAIT_SELECT, .object = 0x10, .cases = &on_channel, .case_count = 1 }, NULL },
};
enum { PATTERNS = sizeof(patterns) / sizeof(patterns[0]) };

START_TEST(the_object_tells_how_it_came_to_this)
{
	fake_crowd(&fake, 1, "chan receive", WAITER, 0xc000500000, 96);
	waits(0, patterns[_i].wait);
	prove(0, 1);
	const struct finding *f = leak();
	bool has = false;
	for (size_t i = 0; i < f->evidence_count; i++)
		has |= strcmp(f->evidence[i].label, "pattern") == 0;
	ck_assert_int_eq(has, patterns[_i].pattern != NULL);
	ck_assert(!has || has_evidence(f, patterns[_i].pattern));
}
END_TEST

START_TEST(one_goroutine_is_named)
{
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	waits(1, (struct wait){ .kind = WAIT_SEMAPHORE, .object = 0xc000500060 });
	prove(1, 1);
	const struct finding *f = leak();
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(f->confidence, CERTAIN);
	ck_assert_str_eq(f->title, "goroutine 2 is leaked in main.wait (chan receive)");
	ck_assert_uint_eq(f->goroutine_count, 1);
	ck_assert_uint_eq(f->goroutines[0], 2);
	ck_assert(has_evidence(f, "goroutine 2 waits for semaphore 0xc000500060"));
	ck_assert(has_evidence(f, "keeps 4.0 KB of heap (objects: 40)"));
	ck_assert(has_evidence(f, "exact: every root"));
}
END_TEST

static struct fake_goroutine *locking(uint64_t mentions)
{
	struct fake_goroutine *facts =
		fake_facts(&fake, fake_add(&fake, G_WAITING, "sync.Mutex.Lock",
					   "runtime.gopark;sync.(*Mutex).Lock;main.lock"));
	facts->mentions = mentions;
	facts->waits_on = (struct wait){ .kind = WAIT_MUTEX, .object = 0x10, .state_known = true,
					 .locked = true, .waiters = 1 };
	return facts;
}

START_TEST(a_lock_that_none_reaches_has_no_holder_that_may_run)
{
	locking(0x10);
	prove(0, 1);
	ck_assert(has_evidence(leak(), "waits for sync.Mutex 0x10 (locked, 1 waiting)"));
	ck_assert(has_evidence(leak(), "who locked it is this goroutine itself, or went without"));
}
END_TEST

START_TEST(leaked_goroutines_that_refer_to_the_lock_are_named)
{
	locking(0x10);
	locking(0x10); /* waits for it, too */
	locking(0x10)->waits_on.object = 0x20;
	locking(0x30)->waits_on.object = 0x20;
	prove(0, 4);
	ck_assert(has_evidence(leak(), "is among the leaked, or went without unlocking it; of these "
				       "goroutine 3 has a pointer to it on its stack"));
	ck_assert(!has_evidence(leak(), "goroutine 3, goroutine"));
}
END_TEST

START_TEST(nothing_is_said_of_the_holder_of_a_free_lock)
{
	locking(0x10)->waits_on.locked = false;
	prove(0, 1);
	ck_assert(!has_evidence(leak(), "who locked it"));
}
END_TEST

START_TEST(each_stack_and_wait_has_its_finding)
{
	fake_crowd(&fake, 2, "chan receive", WAITER, 0xc000500000, 96);
	fake_crowd(&fake, 2, "sync.Mutex.Lock", "runtime.gopark;sync.(*Mutex).Lock;main.lock", 0, 0);
	prove(0, 4);
	analyze(NULL);
	size_t count = 0;
	for (size_t i = 0; i < report.finding_count; i++)
		count += report.findings[i].class == CLASS_GOROUTINE_LEAK;
	ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(nothing_leaked_is_nothing_found)
{
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	ck_assert_ptr_null(leak());
	ck_assert_ptr_null(reason_of("goroutine-leak/proven"));
}
END_TEST

START_TEST(the_suspected_do_not_repeat_the_proven)
{
	fake_crowd(&fake, 1500, "chan receive", WAITER, 0xc000500000, 96);
	prove(0, 600);
	ck_assert_ptr_nonnull(leak());
	ck_assert_uint_eq(found("proven")->goroutine_count, 600);
	ck_assert_ptr_null(found("suspected"));
	fake_crowd(&fake, 8000, "chan receive", WAITER, 0xc000600000, 96);
	analyze(NULL);
	ck_assert_uint_eq(found("proven")->goroutine_count, 600);
	ck_assert_ptr_nonnull(found("suspected"));
	ck_assert_uint_eq(found("suspected")->goroutine_count, 8900);
	ck_assert_uint_eq(found("suspected")->goroutines[0], 601);
}
END_TEST

START_TEST(skip_leaves_out_the_cost)
{
	const char *words[] = { "goroutine-leak/proven" };
	struct report_options options = { .skip = words, .skip_count = 1 };
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	prove(0, 3);
	analyze(&options);
	ck_assert_ptr_null(found("proven"));
	ck_assert_str_eq(reason_of("goroutine-leak/proven"), "--skip");
	ck_assert_uint_eq(fake.proofs, 0);
}
END_TEST

START_TEST(brief_leaves_out_the_cost)
{
	struct report_options options = { .brief = true };
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	analyze(&options);
	ck_assert_ptr_nonnull(reason_of("goroutine-leak/proven"));
	ck_assert_uint_eq(fake.proofs, 0);
}
END_TEST

START_TEST(where_nothing_can_be_proven_the_reason_is_told)
{
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	fake.leaks.unproven = "memory is missing";
	ck_assert_ptr_null(leak());
	ck_assert_str_eq(reason_of("goroutine-leak/proven"), "memory is missing");
}
END_TEST

START_TEST(what_the_runtime_has_marked_needs_no_proof)
{
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	prove(0, 1);
	fake.leaks.unproven = "memory is missing";
	fake.leaks.marked_by_runtime = 1;
	const struct finding *f = leak();
	ck_assert_ptr_nonnull(f);
	ck_assert(has_evidence(f, "the runtime's own search had marked 1 goroutine"));
}
END_TEST

START_TEST(beside_c_code_it_is_likely)
{
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	prove(0, 3);
	fake.snapshot.iscgo = true;
	ck_assert_int_eq(leak()->confidence, LIKELY);
}
END_TEST

START_TEST(a_few_are_not_the_verdict)
{
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	prove(0, 3);
	analyze(NULL);
	ck_assert_int_eq(report.verdict->class, CLASS_SNAPSHOT);
}
END_TEST

START_TEST(many_are_the_verdict_of_a_live_core)
{
	fake_crowd(&fake, 300, "chan receive", WAITER, 0xc000500000, 96);
	prove(0, 200);
	analyze(NULL);
	ck_assert_int_eq(report.verdict->class, CLASS_GOROUTINE_LEAK);
	ck_assert_str_eq(report.verdict->kind, "proven");
	ck_assert_str_eq(culprit(), "main.wait");
}
END_TEST

START_TEST(it_is_only_found_beside_a_crash)
{
	fake_crowd(&fake, 300, "chan receive", WAITER, 0xc000500000, 96);
	prove(0, 300);
	fake_panicked(&fake, "string", "boom", "panic;main.f;main.main");
	ck_assert_ptr_nonnull(leak());
	ck_assert_int_eq(report.verdict->class, CLASS_PANIC);
}
END_TEST

START_TEST(a_deadlock_tells_it_itself)
{
	fake_crowd(&fake, 3, "chan receive", WAITER, 0xc000500000, 96);
	fake_threw(&fake, DEATH_FATAL, "all goroutines are asleep - deadlock!", NULL,
		   "main.main");
	prove(0, 3);
	ck_assert_ptr_null(leak());
	ck_assert_ptr_nonnull(reason_of("goroutine-leak/proven"));
	ck_assert_uint_eq(fake.proofs, 0);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ the_object_tells_how_it_came_to_this, PATTERNS },
		{ one_goroutine_is_named, 0 },
		{ a_lock_that_none_reaches_has_no_holder_that_may_run, 0 },
		{ leaked_goroutines_that_refer_to_the_lock_are_named, 0 },
		{ nothing_is_said_of_the_holder_of_a_free_lock, 0 },
		{ each_stack_and_wait_has_its_finding, 0 },
		{ nothing_leaked_is_nothing_found, 0 },
		{ the_suspected_do_not_repeat_the_proven, 0 },
		{ skip_leaves_out_the_cost, 0 },
		{ brief_leaves_out_the_cost, 0 },
		{ where_nothing_can_be_proven_the_reason_is_told, 0 },
		{ what_the_runtime_has_marked_needs_no_proof, 0 },
		{ beside_c_code_it_is_likely, 0 },
		{ a_few_are_not_the_verdict, 0 },
		{ many_are_the_verdict_of_a_live_core, 0 },
		{ it_is_only_found_beside_a_crash, 0 },
		{ a_deadlock_tells_it_itself, 0 },
	};
	return run_tests("detect_proven_leak", tests);
}
