/* Which map a goroutine works on, by the words of its stack. */
#include "goruntime/mapuse.h"

#include "goruntime/gotype.h"
#include "goruntime/maps.h"
#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_heap heap;
static struct make_stack stack;
static struct map_use use;
static struct trace trace;
static uint64_t user, assign, deeper, next_key, map_type, map, other_map;

static void begin(unsigned minor, enum rt_struct record)
{
	process_init(&p, minor, &arch_amd64);
	make_heap(&p, &heap);
	user = process_func(&p, "main.work", 0x80);
	assign = process_func(&p, "runtime.mapassign_fast64", 0x40);
	deeper = process_func(
		&p, minor < 24 ? "runtime.growWork_fast64" : "internal/runtime/maps.(*table).grow",
		0x20);
	next_key =
		process_func(&p, minor < 24 ? "runtime.mapiternext" : "runtime.mapIterNext", 0x20);
	map_type = process_type(&p, KIND_MAP, "map[int]int", 8);
	map = make_span(&heap, 48, 2 * 4);
	other_map = map + 48;
	process_put(&p, map, record == RT_HMAP ? HMAP_COUNT : MAPS_MAP_USED, 7);
}

static void setup(void)
{
	begin(27, RT_MAPS_MAP);
}

static void teardown(void)
{
	process_release(&p);
}

/* The code calls FUNC with these argument words. */
static void call(uint64_t func, uint64_t word0, uint64_t word1, uint64_t word2)
{
	uint64_t args = stack.sp;
	process_put64(&p, args, word0);
	process_put64(&p, args + 8, word1);
	process_put64(&p, args + 16, word2);
	stack_call(&stack, func);
}

static void begin_stack(void)
{
	stack = process_stack(&p, 0x1000, user);
}

static void read_use(void)
{
	process_g(&p, 1, G_RUNNABLE, &stack);
	process_read(&p);
	goroutine_trace(&p.snapshot, &p.snapshot.goroutines[0], false, &p.arena, &trace);
	map_use_of(&p.snapshot, &trace, &use);
}

START_TEST(second_word_of_an_insert_is_the_map)
{
	begin_stack();
	call(assign, map_type, map, 5);
	read_use();
	ck_assert_ptr_nonnull(use.user);
	ck_assert_str_eq(use.user->call->symbol, "main.work");
	ck_assert_str_eq(use.entry->call->symbol, "runtime.mapassign_fast64");
	ck_assert_uint_eq(use.map_count, 1);
	ck_assert_uint_eq(use.maps[0].map, map);
	ck_assert_uint_eq(use.maps[0].type, map_type);
}
END_TEST

START_TEST(words_that_no_table_calls_live_are_not_sure)
{
	begin_stack();
	call(assign, map_type, map, 5);
	read_use();
	ck_assert(!use.maps[0].sure);
}
END_TEST

START_TEST(deeper_functions_have_it_at_their_own_words)
{
	begin_stack();
	call(assign, 0, 0, 0);
	call(deeper, 0x1234, map_type, map);
	read_use();
	ck_assert_str_eq(use.entry->call->symbol, "runtime.mapassign_fast64");
	ck_assert_uint_eq(use.maps[0].map, map);
}
END_TEST

START_TEST(iterator_leads_to_its_map)
{
	uint64_t iterator = process_alloc(&p, 96);
	process_put64(&p, iterator + 16, map_type);
	process_put64(&p, iterator + 24, map);
	begin_stack();
	call(next_key, iterator, 0, 0);
	read_use();
	ck_assert_uint_eq(use.map_count, 1);
	ck_assert_uint_eq(use.maps[0].map, map);
}
END_TEST

START_TEST(until_1_23_the_record_is_an_hmap)
{
	teardown();
	begin(22, RT_HMAP);
	begin_stack();
	call(assign, map_type, map, 5);
	read_use();
	ck_assert_uint_eq(use.maps[0].map, map);
	struct map_facts facts;
	ck_assert(map_facts_read(&p.snapshot, &use.maps[0], &p.arena, &facts));
	ck_assert_str_eq(facts.type, "map[int]int");
	ck_assert_uint_eq(facts.entries, 7);
	ck_assert(!facts.writing);
}
END_TEST

START_TEST(mark_of_a_writer_is_told)
{
	struct map_facts facts;
	process_put(&p, map, MAPS_MAP_WRITING, 1);
	begin_stack();
	call(assign, map_type, map, 5);
	read_use();
	ck_assert(map_facts_read(&p.snapshot, &use.maps[0], &p.arena, &facts));
	ck_assert(facts.writing);
}
END_TEST

/* --- near misses -------------------------------------------------------------------------------
 */

START_TEST(without_a_map_type_a_word_is_no_map)
{
	uint64_t type = process_type(&p, KIND_SLICE, "[]int", 24);
	begin_stack();
	call(assign, type, map, 5);
	read_use();
	ck_assert_ptr_nonnull(use.user);
	ck_assert_uint_eq(use.map_count, 0);
}
END_TEST

START_TEST(inner_pointer_is_no_map)
{
	begin_stack();
	call(assign, map_type, map + 8, 5);
	read_use();
	ck_assert_uint_eq(use.map_count, 0);
}
END_TEST

START_TEST(object_of_another_size_is_no_map)
{
	uint64_t small = make_span(&heap, 16, 2 * 2 + 1), large = make_span(&heap, 512, 2 * 20);
	begin_stack();
	call(assign, map_type, small + 16, 5);
	call(assign, map_type, large, 5);
	read_use();
	ck_assert_uint_eq(use.map_count, 0);
}
END_TEST

START_TEST(what_cannot_be_a_record_is_no_map)
{
	process_put(&p, map, MAPS_MAP_DIRLEN, 3);
	begin_stack();
	call(assign, map_type, map, 5);
	read_use();
	ck_assert_uint_eq(use.map_count, 0);
}
END_TEST

START_TEST(outside_of_map_functions_nothing_is_used)
{
	begin_stack();
	call(user, map_type, map, 0);
	read_use();
	ck_assert_ptr_null(use.user);
}
END_TEST

/* --- who has it --------------------------------------------------------------------------------
 */

START_TEST(frame_with_the_address_is_found)
{
	begin_stack();
	process_put64(&p, stack.sp + 0x20, map);
	call(user, 0, 0, 0);
	read_use();
	const struct trace_frame *frame = trace_frame_with(&p.snapshot, &trace, map, NULL);
	ck_assert_ptr_eq(frame, &trace.frames[1]);
	ck_assert_ptr_null(trace_frame_with(&p.snapshot, &trace, other_map, NULL));
}
END_TEST

START_TEST(closure_in_a_frame_refers_to_it)
{
	bool referred = false;
	uint64_t closure = make_span(&heap, 32, 2 * 3);
	process_put64(&p, closure + 8, map);
	begin_stack();
	process_put64(&p, stack.sp + 0x20, closure);
	read_use();
	ck_assert_ptr_nonnull(trace_frame_with(&p.snapshot, &trace, map, &referred));
	ck_assert(referred);
	ck_assert_ptr_null(trace_frame_with(&p.snapshot, &trace, map, NULL));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		second_word_of_an_insert_is_the_map,
		words_that_no_table_calls_live_are_not_sure,
		deeper_functions_have_it_at_their_own_words,
		iterator_leads_to_its_map,
		until_1_23_the_record_is_an_hmap,
		mark_of_a_writer_is_told,
		without_a_map_type_a_word_is_no_map,
		inner_pointer_is_no_map,
		object_of_another_size_is_no_map,
		what_cannot_be_a_record_is_no_map,
		outside_of_map_functions_nothing_is_used,
		frame_with_the_address_is_found,
		closure_in_a_frame_refers_to_it,
	};
	return test_run("mapuse", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
