/* Which goroutines can touch which objects. */
#include "goruntime/reach.h"

#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_heap made;
static uint64_t channels; /* span of objects without pointers */
static uint64_t objects;  /* span of 64 bytes with one pointer in front */
static uint64_t roots;	  /* global variables: four words, all pointers */
static uint64_t work;
static struct reach reach;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	work = process_func(&p, "main.wait", 32);
	make_heap(&p, &made);
	channels = make_span(&made, 96, 2 * 8 + 1);
	objects = make_span(&made, 64, 2 * 5);
	roots = process_global(&p, RT_ALLFIN, 32); /* any variable's place will do ... */
	p.snapshot.globals.item[RT_ALLFIN].origin = GLOBAL_ABSENT; /* ... but it is none */
}

static void teardown(void)
{
	process_release(&p);
}

/* A goroutine with WORD on its stack. */
static void parked(uint64_t word)
{
	struct make_stack stack = process_stack(&p, 512, work);
	process_g(&p, p.g_count + 1, G_WAITING, &stack);
	process_put64(&p, stack.sp + 8, word);
}

/* All variables' words are no pointers but those of `roots`. */
static void put_masks(void)
{
	uint64_t mask = process_alloc(&p, 1024), word = (roots - PROCESS_DATA) / 8;
	for (unsigned i = 0; i < 4; i++)
		process_put8(&p, mask + (word + i) / 8, 0x0f << word % 8);
	process_put_word(&p, p.module, MODULE_GCDATAMASK, 1, mask);
}

/* Of the first goroutines: two channels. */
static bool find(size_t goroutines, bool globals)
{
	static const uint32_t indexes[] = { 0, 1, 2 };
	const uint64_t wanted[] = { channels, channels + 96 };
	process_dump(&p);
	put_masks();
	process_read(&p);
	return reach_find(&p.snapshot, indexes, goroutines, wanted, 2, globals, &p.arena, &reach);
}

START_TEST(a_word_of_the_stack_reaches)
{
	parked(channels);
	parked(channels + 96);
	ck_assert(find(2, false));
	ck_assert(reach_has(&reach, 0, 0) && !reach_has(&reach, 0, 1));
	ck_assert(!reach_has(&reach, 1, 0) && reach_has(&reach, 1, 1));
}
END_TEST

START_TEST(so_does_what_an_object_points_to)
{
	parked(objects);
	process_put64(&p, objects, objects + 64);
	process_put64(&p, objects + 64, channels);
	make_pointer(&made, objects);
	make_pointer(&made, objects + 64);
	ck_assert(find(1, false));
	ck_assert(reach_has(&reach, 0, 0) && !reach_has(&reach, 0, 1));
}
END_TEST

START_TEST(a_global_variable_is_open_to_all)
{
	parked(0);
	process_put64(&p, roots + 8, channels + 96);
	ck_assert(find(1, true));
	ck_assert(!reach.by_all[0] && reach.by_all[1]);
	ck_assert(!reach_has(&reach, 0, 1));
}
END_TEST

START_TEST(without_a_heap_nothing_is_known)
{
	parked(channels);
	p.snapshot.globals.item[RT_MHEAP_].origin = GLOBAL_ABSENT;
	ck_assert(!find(1, false));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_word_of_the_stack_reaches,
		so_does_what_an_object_points_to,
		a_global_variable_is_open_to_all,
		without_a_heap_nothing_is_known,
	};
	return test_run("reach", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
