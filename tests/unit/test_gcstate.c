/* What the collector was doing, and who else was at work. */
#include "goruntime/gcstate.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct gc_state state;
static uint64_t main_main, gc, start, finalizers, finalize;
static uint64_t phase, worldsema;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	main_main = process_func(&p, "main.main", 0x20);
	gc = process_func(&p, "runtime.GC", 0x20);
	start = process_func(&p, "runtime.gcStart", 0x20);
	finalizers = process_func(&p, "runtime.runFinalizers", 0x20);
	finalize = process_func(&p, "main.finalize", 0x20);
	phase = process_global(&p, RT_GCPHASE, 8);
	worldsema = process_global(&p, RT_WORLDSEMA, 8);
	process_put64(&p, worldsema, 1);
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t goroutine(uint64_t id, uint64_t bottom, uint64_t middle, uint64_t top)
{
	struct make_stack stack = process_stack(&p, 0x400, bottom);
	if (middle != 0)
		stack_call(&stack, middle);
	if (top != 0)
		stack_call(&stack, top);
	uint64_t g = process_g(&p, id, G_WAITING, &stack);
	process_put(&p, g, G_STARTPC, bottom);
	return g;
}

static void run(void)
{
	process_take(&p);
	for (size_t i = 0; i < p.snapshot.goroutine_count; i++)
		p.snapshot.goroutines[i].system = false;
	snapshot_gc_state(&p.snapshot, true, &p.arena, &state);
}

START_TEST(idle_has_no_actors)
{
	goroutine(1, main_main, 0, 0);
	run();
	ck_assert_int_eq(state.phase, 0);
	ck_assert_int_eq(state.world_stop, 0);
	ck_assert_uint_eq(state.actor_count, 0);
}
END_TEST

START_TEST(who_asked_for_a_cycle_is_found)
{
	goroutine(3, main_main, 0, 0);
	goroutine(4, main_main, gc, start);
	process_put64(&p, phase, 1);
	run();
	ck_assert_int_eq(state.phase, 1);
	ck_assert_uint_eq(state.actor_count, 1);
	ck_assert_int_eq(state.actors[0].kind, ACTOR_COLLECTOR);
	ck_assert_uint_eq(state.actors[0].goroutine, 1);
	ck_assert_str_eq(state.actors[0].in, "runtime.GC");
	ck_assert_str_eq(state.actors[0].call->function, "main.main");
}
END_TEST

START_TEST(a_cycle_that_nobody_asked_for_has_no_goroutine)
{
	goroutine(3, main_main, 0, 0);
	process_put64(&p, phase, 2);
	run();
	ck_assert_uint_eq(state.actor_count, 1);
	ck_assert_uint_eq(state.actors[0].goroutine, NO_INDEX);
}
END_TEST

START_TEST(a_held_worldsema_is_a_stop)
{
	goroutine(4, main_main, gc, start);
	process_put64(&p, worldsema, 0);
	run();
	ck_assert_int_eq(state.world_stop, 1);
	ck_assert_uint_eq(state.actor_count, 1);
	ck_assert_int_eq(state.actors[0].kind, ACTOR_WORLD_STOP);
}
END_TEST

START_TEST(a_finalizer_that_runs_is_named)
{
	goroutine(5, finalizers, finalize, 0);
	run();
	ck_assert_uint_eq(state.actor_count, 1);
	ck_assert_int_eq(state.actors[0].kind, ACTOR_FINALIZER);
	ck_assert_str_eq(state.actors[0].call->function, "main.finalize");
}
END_TEST

START_TEST(the_loop_alone_is_none)
{
	goroutine(5, finalizers, 0, 0);
	run();
	ck_assert_uint_eq(state.actor_count, 0);
}
END_TEST

/* Goroutine 2 runs a deferred call of FUNC, which has left a record of it. */
static uint64_t ending(const char *func, bool goexit)
{
	uint64_t by = process_func(&p, func, 0x20);
	uint64_t record = process_alloc(&p, 128);
	goroutine(1, main_main, 0, 0);
	uint64_t g = goroutine(2, process_func(&p, "main.worker", 0x20), by, finalize);
	process_put(&p, record, PANIC_GOEXIT, goexit);
	process_put(&p, g, G_PANIC, record);
	return record;
}

START_TEST(goroutine_that_goexit_ends_is_named)
{
	ending("runtime.Goexit", true);
	run();
	ck_assert_uint_eq(state.actor_count, 1);
	ck_assert_int_eq(state.actors[0].kind, ACTOR_GOEXIT);
	ck_assert_uint_eq(state.actors[0].goroutine, 1);
	ck_assert_str_eq(state.actors[0].call->symbol, "main.worker");
}
END_TEST

START_TEST(goroutine_in_a_panic_of_its_own_is_named)
{
	ending("runtime.gopanic", false);
	run();
	ck_assert_uint_eq(state.actor_count, 1);
	ck_assert_int_eq(state.actors[0].kind, ACTOR_PANIC);
	ck_assert_str_eq(state.actors[0].call->symbol, "main.worker");
}
END_TEST

START_TEST(recovered_panic_ends_nothing)
{
	process_put(&p, ending("runtime.gopanic", false), PANIC_RECOVERED, 1);
	run();
	ck_assert_uint_eq(state.actor_count, 0);
}
END_TEST

START_TEST(record_without_its_frame_is_stale)
{
	ending("main.other", false);
	run();
	ck_assert_uint_eq(state.actor_count, 0);
}
END_TEST

START_TEST(without_a_walk_only_the_words_are_read)
{
	goroutine(4, main_main, gc, start);
	process_put64(&p, phase, 1);
	process_take(&p);
	snapshot_gc_state(&p.snapshot, false, &p.arena, &state);
	ck_assert_int_eq(state.phase, 1);
	ck_assert_uint_eq(state.actor_count, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		idle_has_no_actors,
		who_asked_for_a_cycle_is_found,
		a_cycle_that_nobody_asked_for_has_no_goroutine,
		a_held_worldsema_is_a_stop,
		a_finalizer_that_runs_is_named,
		the_loop_alone_is_none,
		goroutine_that_goexit_ends_is_named,
		goroutine_in_a_panic_of_its_own_is_named,
		recovered_panic_ends_nothing,
		record_without_its_frame_is_stale,
		without_a_walk_only_the_words_are_read,
	};
	return test_run("gcstate", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
