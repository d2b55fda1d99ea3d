/* Which goroutines are leaked for certain. */
#include "goruntime/leaks.h"
#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_heap made;
static uint64_t channels;  /* span of objects without pointers */
static uint64_t sudogs;	   /* span of 128 bytes */
static uint64_t objects;   /* span of 64 bytes with one pointer in front */
static uint64_t roots;	   /* global variables: four words, all pointers */
static uint64_t wait_func; /* where everybody stands */
static unsigned used_sudogs;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	wait_func = process_func(&p, "main.wait", 32);
	make_heap(&p, &made);
	channels = make_span(&made, 96, 2 * 8 + 1);
	sudogs = make_span(&made, 128, 2 * 10);
	objects = make_span(&made, 64, 2 * 5);
	roots = process_global(&p, RT_ALLFIN, 32); /* any variable's place will do ... */
	p.snapshot.globals.item[RT_ALLFIN].origin = GLOBAL_ABSENT; /* ... but it is none */
	used_sudogs = 0;
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static unsigned reason(const char *text)
{
	for (unsigned i = 0; i < 64; i++)
		if (wait_reason_text(p.minor, i) && strcmp(wait_reason_text(p.minor, i), text) == 0)
			return i;
	abort();
}

/* A goroutine in that wait. Its stack has one word for the test at the address in *WORD. */
static uint64_t waiting(const char *text, uint64_t *word)
{
	struct make_stack stack = process_stack(&p, 512, wait_func);
	uint64_t g = process_g(&p, p.g_count + 1, G_WAITING, &stack);
	process_put(&p, g, G_WAITREASON, reason(text));
	process_put(&p, g, G_STARTPC, wait_func);
	if (word != NULL)
		*word = stack.sp + 8;
	return g;
}

static uint64_t sudog(uint64_t g, enum rt_field object, enum rt_field slot, uint64_t addr)
{
	uint64_t s = sudogs + used_sudogs++ * 128;
	process_put(&p, s, SUDOG_G, g);
	process_put(&p, s, slot, addr);
	process_put(&p, s, object, addr);
	make_pointer(&made, s + p.snapshot.layout.field[slot].offset);
	return s;
}

static uint64_t receiver(uint64_t channel, uint64_t *word)
{
	uint64_t g = waiting("chan receive", word);
	process_put(&p, g, G_SUDOG, sudog(g, SUDOG_C, SUDOG_C_SLOT, channel));
	return g;
}

/* All variables' words are no pointers but those of `roots`. */
static void put_masks(void)
{
	uint64_t mask = process_alloc(&p, 1024), word = (roots - PROCESS_DATA) / 8;
	for (unsigned i = 0; i < 4; i++)
		process_put8(&p, mask + (word + i) / 8, 0x0f << word % 8);
	process_put_word(&p, p.module, MODULE_GCDATAMASK, 1, mask);
}

static const struct leaks *find_leaks(void)
{
	process_dump(&p);
	put_masks();
	process_read(&p);
	return snapshot_leaks(&p.snapshot);
}

START_TEST(a_channel_that_nobody_has_is_a_leak)
{
	receiver(channels, NULL);
	const struct leaks *leaks = find_leaks();
	ck_assert_ptr_null(leaks->unproven);
	ck_assert_uint_eq(leaks->count, 1);
	ck_assert_uint_eq(leaks->goroutines[0], 0);
	ck_assert_uint_eq(leaks->stack_bytes, 512);
}
END_TEST

START_TEST(a_channel_in_a_variable_is_none)
{
	receiver(channels, NULL);
	process_put64(&p, roots + 8, channels);
	ck_assert_uint_eq(find_leaks()->count, 0);
}
END_TEST

START_TEST(a_channel_on_a_sleepers_stack_is_none)
{
	uint64_t word;
	receiver(channels, NULL);
	waiting("sleep", &word);
	process_put64(&p, word, channels + 8);
	ck_assert_uint_eq(find_leaks()->count, 0);
}
END_TEST

/* Objects: a variable -> an object -> the channel. */
START_TEST(a_channel_in_a_reachable_object_is_none)
{
	receiver(channels, NULL);
	make_pointer(&made, objects);
	process_put64(&p, objects, channels);
	process_put64(&p, roots, objects + 16);
	ck_assert_uint_eq(find_leaks()->count, 0);
}
END_TEST

START_TEST(a_word_that_is_no_pointer_does_not_count)
{
	receiver(channels, NULL);
	process_put64(&p, objects, channels);
	process_put64(&p, roots, objects);
	ck_assert_uint_eq(find_leaks()->count, 1);
}
END_TEST

/* The runtime's queues reach the sudog, which is no way to reach the channel. */
START_TEST(a_sudog_does_not_hold_its_channel)
{
	uint64_t g = receiver(channels, NULL);
	process_put64(&p, roots, process_get64(&p, g + p.snapshot.layout.field[G_SUDOG].offset));
	ck_assert_uint_eq(find_leaks()->count, 1);
}
END_TEST

START_TEST(who_is_held_by_a_leaked_one_is_leaked)
{
	uint64_t word;
	receiver(channels, &word);
	process_put64(&p, word, channels + 96);
	receiver(channels + 96, NULL);
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->count, 2);
	ck_assert_uint_eq(leaks->stack_bytes, 1024);
}
END_TEST

START_TEST(who_is_held_by_one_that_may_run_may_run)
{
	uint64_t word;
	receiver(channels, &word);
	process_put64(&p, word, channels + 96);
	receiver(channels + 96, NULL);
	process_put64(&p, roots, channels);
	ck_assert_uint_eq(find_leaks()->count, 0);
}
END_TEST

START_TEST(one_reachable_case_of_a_select_is_enough)
{
	uint64_t g = waiting("select", NULL);
	uint64_t first = sudog(g, SUDOG_C, SUDOG_C_SLOT, channels);
	uint64_t second = sudog(g, SUDOG_C, SUDOG_C_SLOT, channels + 96);
	process_put(&p, g, G_SUDOG, first);
	process_put(&p, first, SUDOG_WAITLINK, second);
	process_put64(&p, roots, channels + 96);
	ck_assert_uint_eq(find_leaks()->count, 0);
}
END_TEST

START_TEST(select_without_cases_is_a_leak_but_for_main)
{
	waiting("select (no cases)", NULL); /* goroutine 1 */
	waiting("select (no cases)", NULL);
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->count, 1);
	ck_assert_uint_eq(leaks->goroutines[0], 1);
}
END_TEST

/* What main has in select {} wakes nobody, and is not what the leak retains. */
START_TEST(main_in_select_is_no_root)
{
	uint64_t word;
	waiting("select (no cases)", &word);
	process_put64(&p, word, channels);
	receiver(channels, NULL);
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->count, 1);
	ck_assert_uint_eq(leaks->heap_bytes, 0);
}
END_TEST

START_TEST(what_only_the_leaked_reach_is_retained)
{
	uint64_t word;
	receiver(channels, &word);
	process_put64(&p, word, objects);
	receiver(channels + 96, &word);
	process_put64(&p, word, objects + 64);
	process_put64(&p, roots, objects + 64);
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->count, 2);
	ck_assert_uint_eq(leaks->heap_objects, 3); /* the channels and one object */
	ck_assert_uint_eq(leaks->heap_bytes, 2 * 96 + 64);
}
END_TEST

/* Since 1.26 the sudog on g.waiting names the lock; others that wait for it are linked behind. */
START_TEST(a_lock_is_told_by_the_first_sudog)
{
	uint64_t a = waiting("sync.Mutex.Lock", NULL), b = waiting("sync.Mutex.Lock", NULL);
	uint64_t first = sudog(a, SUDOG_ELEM, SUDOG_ELEM_SLOT, objects + 4);
	uint64_t second = sudog(b, SUDOG_ELEM, SUDOG_ELEM_SLOT, objects + 4);
	process_put(&p, a, G_SUDOG, first);
	process_put(&p, b, G_SUDOG, second);
	process_put(&p, first, SUDOG_WAITLINK, second);
	ck_assert_uint_eq(find_leaks()->count, 2);
}
END_TEST

/* Before, the table of semaphores does. */
START_TEST(a_lock_is_found_in_the_table_of_semaphores)
{
	begin(24);
	uint64_t a = waiting("sync.Mutex.Lock", NULL), b = waiting("sync.Mutex.Lock", NULL);
	uint64_t table = process_global(&p, RT_SEMTABLE, 251 * 64);
	uint64_t node = sudog(a, SUDOG_ELEM, SUDOG_ELEM_SLOT, objects + 4);
	uint64_t next = sudog(b, SUDOG_ELEM, SUDOG_ELEM_SLOT, channels + 8);
	process_put(&p, table + 7 * 64, SEMAROOT_TREAP, node);
	process_put(&p, node, SUDOG_NEXT, next);
	process_put64(&p, roots, channels);
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->count, 1);
	ck_assert_uint_eq(leaks->goroutines[0], 0);
}
END_TEST

START_TEST(a_circle_in_the_table_of_semaphores_ends)
{
	begin(24);
	uint64_t a = waiting("sync.Mutex.Lock", NULL);
	uint64_t table = process_global(&p, RT_SEMTABLE, 251 * 64);
	uint64_t node = sudog(a, SUDOG_ELEM, SUDOG_ELEM_SLOT, objects + 4);
	process_put(&p, table, SEMAROOT_TREAP, node);
	process_put(&p, node, SUDOG_NEXT, node);
	process_put(&p, node, SUDOG_WAITLINK, node);
	ck_assert_uint_eq(find_leaks()->count, 1);
}
END_TEST

/* Before 1.26 only the waiter's stack names the list of a sync.Cond. */
START_TEST(a_cond_is_found_on_the_stack)
{
	begin(24);
	uint64_t word, list = objects + 16;
	uint64_t g = waiting("sync.Cond.Wait", &word);
	uint64_t s = sudog(g, SUDOG_ELEM, SUDOG_ELEM_SLOT, 0);
	process_put64(&p, word, list);
	process_put64(&p, list + 16, s);
	process_put64(&p, list + 24, s);
	ck_assert_uint_eq(find_leaks()->count, 1);
}
END_TEST

START_TEST(whose_lock_is_not_found_counts_as_alive)
{
	uint64_t word;
	waiting("sync.Mutex.Lock", &word);
	process_put64(&p, word, channels);
	receiver(channels, NULL);
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->count, 0);
	ck_assert_uint_eq(leaks->unknown, 1);
}
END_TEST

START_TEST(a_lock_in_a_variable_is_alive)
{
	uint64_t g = waiting("sync.Mutex.Lock", NULL);
	process_put(&p, g, G_SUDOG, sudog(g, SUDOG_ELEM, SUDOG_ELEM_SLOT, PROCESS_DATA + 0x4000));
	ck_assert_uint_eq(find_leaks()->count, 0);
}
END_TEST

START_TEST(nothing_is_proven_where_the_variables_map_is_missing)
{
	receiver(channels, NULL);
	process_read(&p);
	const struct leaks *leaks = snapshot_leaks(&p.snapshot);
	ck_assert_ptr_nonnull(leaks->unproven);
	ck_assert_uint_eq(leaks->count, 0);
}
END_TEST

START_TEST(nothing_is_proven_where_a_live_stack_is_missing)
{
	receiver(channels, NULL);
	uint64_t g = waiting("sleep", NULL);
	process_put(&p, g, G_STACK_LO, 0x10000);
	process_put(&p, g, G_STACK_HI, 0x20000);
	process_put(&p, g, G_SCHED_SP, 0x18000);
	const struct leaks *leaks = find_leaks();
	ck_assert_ptr_nonnull(leaks->unproven);
	ck_assert_uint_eq(leaks->count, 0);
}
END_TEST

START_TEST(who_the_runtime_has_marked_is_leaked_in_any_case)
{
	uint64_t g = receiver(channels, NULL);
	process_put(&p, g, G_ATOMICSTATUS, G_LEAKED);
	process_put64(&p, roots, channels);
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->count, 1);
	ck_assert_uint_eq(leaks->marked_by_runtime, 1);
	ck_assert_uint_eq(leaks->disputed, 1);
}
END_TEST

START_TEST(a_durable_wait_is_no_candidate)
{
	uint64_t g = receiver(channels, NULL);
	process_put(&p, g, G_WAITREASON, reason("chan receive (durable)"));
	const struct leaks *leaks = find_leaks();
	ck_assert_uint_eq(leaks->blocked, 0);
	ck_assert_uint_eq(leaks->count, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_channel_that_nobody_has_is_a_leak,
		a_channel_in_a_variable_is_none,
		a_channel_on_a_sleepers_stack_is_none,
		a_channel_in_a_reachable_object_is_none,
		a_word_that_is_no_pointer_does_not_count,
		a_sudog_does_not_hold_its_channel,
		who_is_held_by_a_leaked_one_is_leaked,
		who_is_held_by_one_that_may_run_may_run,
		one_reachable_case_of_a_select_is_enough,
		select_without_cases_is_a_leak_but_for_main,
		main_in_select_is_no_root,
		what_only_the_leaked_reach_is_retained,
		a_lock_is_told_by_the_first_sudog,
		a_lock_is_found_in_the_table_of_semaphores,
		a_circle_in_the_table_of_semaphores_ends,
		a_cond_is_found_on_the_stack,
		whose_lock_is_not_found_counts_as_alive,
		a_lock_in_a_variable_is_alive,
		nothing_is_proven_where_the_variables_map_is_missing,
		nothing_is_proven_where_a_live_stack_is_missing,
		who_the_runtime_has_marked_is_leaked_in_any_case,
		a_durable_wait_is_no_candidate,
	};
	return test_run("leaks", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
