/* The runtime's own figures of memory. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct memory memory;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	process_func(&p, "main.main", 8);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t global(enum rt_global id, enum rt_struct structure)
{
	return process_global(&p, id, p.snapshot.layout.struct_size[structure]);
}

static void read_memory(void)
{
	process_read(&p);
	snapshot_memory(&p.snapshot, &memory);
}

START_TEST(figures_of_the_collector_are_its_own)
{
	uint64_t gc = global(RT_GCCONTROLLER_, RT_GCCONTROLLER);
	process_put(&p, gc, GCC_HEAPINUSE, 1000);
	process_put(&p, gc, GCC_HEAPLIVE, 900);
	process_put(&p, gc, GCC_MAPPEDREADY, 5000);
	process_put(&p, gc, GCC_GCPERCENT, 100);
	process_put(&p, gc, GCC_MEMORYLIMIT, INT64_MAX);
	read_memory();
	ck_assert(memory.heap_in_use.known);
	ck_assert_uint_eq(memory.heap_in_use.bytes, 1000);
	ck_assert_uint_eq(memory.heap_live.bytes, 900);
	ck_assert_uint_eq(memory.mapped_ready.bytes, 5000);
	ck_assert_int_eq(memory.gc_percent, 100);
	ck_assert(!memory.limit_set);
}
END_TEST

START_TEST(a_limit_that_was_set_is_told)
{
	uint64_t gc = global(RT_GCCONTROLLER_, RT_GCCONTROLLER);
	process_put(&p, gc, GCC_MEMORYLIMIT, 1 << 30);
	process_put(&p, gc, GCC_GCPERCENT, (uint32_t)-1);
	read_memory();
	ck_assert(memory.limit_set);
	ck_assert_uint_eq(memory.memory_limit.bytes, 1 << 30);
	ck_assert_int_eq(memory.gc_percent, -1);
}
END_TEST

START_TEST(what_cannot_be_read_is_not_known)
{
	read_memory();
	ck_assert(!memory.heap_in_use.known);
	ck_assert(!memory.memory_limit.known);
	ck_assert(!memory.gc_percent_known);
	ck_assert(!memory.gc_cycles_known);
	ck_assert(!memory.limit_set);
	ck_assert_int_eq(memory.gc_phase, -1);
}
END_TEST

START_TEST(phase_and_cycles_are_read)
{
	process_put32(&p, process_global(&p, RT_GCPHASE, 4), 1);
	process_put(&p, global(RT_MEMSTATS, RT_MSTATS), MSTATS_NUMGC, 12);
	read_memory();
	ck_assert_int_eq(memory.gc_phase, 1);
	ck_assert(memory.gc_cycles_known);
	ck_assert_uint_eq(memory.gc_cycles, 12);
}
END_TEST

START_TEST(a_phase_that_does_not_exist_is_not_known)
{
	process_put32(&p, process_global(&p, RT_GCPHASE, 4), 77);
	read_memory();
	ck_assert_int_eq(memory.gc_phase, -1);
}
END_TEST

START_TEST(stacks_of_live_goroutines_add_up)
{
	struct make_stack first = process_stack(&p, 0x800, PROCESS_TEXT);
	struct make_stack second = process_stack(&p, 0x1000, PROCESS_TEXT);
	struct make_stack wrong = { .lo = 0x1000, .hi = 0x10 };
	process_g(&p, 1, G_WAITING, &first);
	process_g(&p, 2, G_WAITING, &second);
	process_g(&p, 3, G_DEAD, &second);
	process_g(&p, 4, G_WAITING, &wrong);
	p.gs[p.g_count++] = 0xdead0000;
	read_memory();
	ck_assert_uint_eq(memory.goroutine_stacks, 0x1800);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		figures_of_the_collector_are_its_own,
		a_limit_that_was_set_is_told,
		what_cannot_be_read_is_not_known,
		phase_and_cycles_are_read,
		a_phase_that_does_not_exist_is_not_known,
		stacks_of_live_goroutines_add_up,
	};
	return test_run("memory", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
