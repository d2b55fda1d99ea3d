/* Broken records of the heap's spans. */
#include "goruntime/heapcheck.h"
#include "tests/unit/make_heap.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct make_heap made;
static const struct heap_checks *found;
static uint64_t objects, span, allocated, marked;

/* A span of 32-byte objects, the first eight of which are allocated. */
static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.main", 8);
	make_heap(&p, &made);
	objects = make_span(&made, 32, 2 * 3);
	span = made.spans[0];
	allocated = process_alloc(&p, 256);
	marked = process_alloc(&p, 256);
	process_put8(&p, allocated, 0xff);
	process_put(&p, span, MSPAN_ALLOCBITS, allocated);
	process_put(&p, span, MSPAN_GCMARKBITS, marked);
	process_put(&p, span, MSPAN_FREEINDEX, 0);
	process_put(&p, span, MSPAN_NELEMS, 252);
	process_put(&p, span, MSPAN_ALLOCCOUNT, 8);
}

static void teardown(void)
{
	process_release(&p);
}

static const struct check *run(const char *name)
{
	process_read(&p);
	found = snapshot_heap_checks(&p.snapshot);
	for (size_t i = 0; i < found->check_count; i++)
		if (strcmp(found->checks[i].name, name) == 0)
			return &found->checks[i];
	return NULL;
}

START_TEST(a_sound_heap_passes)
{
	process_put8(&p, marked, 0x0f);
	ck_assert(run("span-records")->passed);
	ck_assert(run("span-counts")->passed);
	ck_assert(run("marked-free")->passed);
	ck_assert_ptr_null(run("free-stacks")); /* there is none */
	ck_assert_uint_eq(found->fault_total, 0);
}
END_TEST

START_TEST(a_count_that_is_not_that_of_the_bits_fails)
{
	process_put8(&p, allocated, 0x7f);
	ck_assert(!run("span-counts")->passed);
	ck_assert_ptr_nonnull(strstr(found->faults[0].text, "allocCount is 8, its bits say 7"));
	ck_assert_uint_eq(found->faults[0].span, objects);
}
END_TEST

/* A P that holds the span may just be handing out one. */
START_TEST(a_cached_span_may_be_off_by_one)
{
	process_put8(&p, allocated, 0x7f);
	process_put(&p, span, MSPAN_SWEEPGEN, 3);
	ck_assert(run("span-counts")->passed);
}
END_TEST

START_TEST(more_than_there_is_room_for_fails)
{
	process_put(&p, span, MSPAN_FREEINDEX, 300);
	process_put(&p, span, MSPAN_ALLOCCOUNT, 300);
	ck_assert(!run("span-counts")->passed);
}
END_TEST

START_TEST(a_free_object_with_a_mark_fails)
{
	process_put8(&p, marked + 1, 0x02); /* object 9 */
	const struct check *check = run("marked-free");
	ck_assert(!check->passed);
	ck_assert_str_eq(check->text, "1 of 1 spans have free objects that something points to");
	ck_assert_ptr_nonnull(strstr(found->faults[0].text, "1 of its objects of 32 bytes"));
}
END_TEST

/* The sweeper changes the bits one after the other. */
START_TEST(a_span_that_is_being_swept_is_left_alone)
{
	process_put8(&p, marked + 1, 0x02);
	process_put(&p, span, MSPAN_ALLOCCOUNT, 1);
	process_put(&p, span, MSPAN_SWEEPGEN, (uint32_t)-1);
	ck_assert_ptr_null(run("marked-free"));
	ck_assert_uint_eq(found->fault_total, 0);
}
END_TEST

START_TEST(pages_that_are_anothers_fail)
{
	uint64_t other = make_span(&made, 64, 2 * 5);
	process_put(&p, made.spans[1], MSPAN_STARTADDR, objects);
	(void)other;
	ck_assert(!run("span-records")->passed);
}
END_TEST

START_TEST(a_list_of_free_stacks_that_leaves_its_span_fails)
{
	uint64_t stacks = make_span(&made, 2048, 0);
	process_put(&p, made.spans[1], MSPAN_STATE, 2);
	process_put(&p, made.spans[1], MSPAN_MANUALFREELIST, stacks + 2048);
	process_put64(&p, stacks + 2048, stacks + 6144);
	ck_assert(run("free-stacks")->passed);
	process_put64(&p, stacks + 6144, 0x4141414141414141);
	p.private.heap_checks = NULL;
	ck_assert(!run("free-stacks")->passed);
	process_put64(&p, stacks + 6144, stacks + 2048);
	p.private.heap_checks = NULL;
	ck_assert(!run("free-stacks")->passed);
	ck_assert_ptr_nonnull(strstr(found->faults[0].text, "circle"));
}
END_TEST

/* sweep's argument is the address of a word with the span. */
START_TEST(the_span_at_which_it_died_is_found)
{
	static const struct call sweep = { .symbol = "runtime.(*sweepLocked).sweep" };
	struct trace_frame frame = { .call = &sweep };
	struct span_facts facts;
	uint64_t args = process_alloc(&p, 16), locked = process_alloc(&p, 16);
	process_put64(&p, args, locked);
	process_put64(&p, locked, span);
	process_put8(&p, marked + 1, 0x06);
	process_read(&p);
	frame.argp = args;
	p.snapshot.death.system = (struct trace){ .frames = &frame, .count = 1 };
	ck_assert(death_span(&p.snapshot, &p.arena, &facts));
	ck_assert_uint_eq(facts.start, objects);
	ck_assert_uint_eq(facts.zombies, 2);
	ck_assert_uint_eq(facts.zombie[0], objects + 9 * 32);
	process_put64(&p, locked, span + 8); /* no record */
	process_read(&p);
	p.snapshot.death.system = (struct trace){ .frames = &frame, .count = 1 };
	ck_assert(!death_span(&p.snapshot, &p.arena, &facts));
	/* What was printed does not need it, and comes before it. */
	p.snapshot.death.fatal_text = "mSpanList.insert";
	p.snapshot.death.fatal_preamble = arena_printf(
		&p.arena, "runtime: failed mSpanList.insert 0x%llx 0x0 0x0 0x0", (unsigned long long)span);
	ck_assert(death_span(&p.snapshot, &p.arena, &facts));
	ck_assert_uint_eq(facts.start, objects);
}
END_TEST

/* Asks for the span after the runtime's line with these numbers. */
static bool printed(const char *text, const char *fmt, unsigned elems, unsigned count, unsigned marks,
		    struct span_facts *facts)
{
	process_read(&p);
	p.snapshot.death.fatal_text = text;
	p.snapshot.death.fatal_preamble = fmt[0] == 'r'
		? arena_printf(&p.arena, "runtime: nelems=%u nalloc=%u previous allocCount=%u nfreed=1",
			       elems, marks, count)
		: arena_printf(&p.arena, "s.allocCount= %u s.nelems= %u", count, elems);
	return death_span(&p.snapshot, &p.arena, facts);
}

START_TEST(the_span_with_the_numbers_that_were_printed_is_found)
{
	static const char sweep[] = "sweep increased allocation count";
	struct span_facts facts;
	process_put(&p, span, MSPAN_NELEMS, 200);
	process_put(&p, span, MSPAN_ALLOCCOUNT, 17);
	process_put64(&p, marked, 0xff);
	ck_assert(printed(sweep, "runtime", 200, 17, 8, &facts));
	ck_assert_uint_eq(facts.start, objects);
	ck_assert(!printed(sweep, "runtime", 200, 17, 9, &facts));
	ck_assert(!printed(sweep, "runtime", 200, 16, 8, &facts));
	ck_assert(!printed(sweep, "runtime", 201, 17, 8, &facts));
	ck_assert(!printed("out of memory", "runtime", 200, 17, 8, &facts));
	ck_assert(printed("s.allocCount > s.nelems", "s.", 200, 17, 0, &facts));
	ck_assert_uint_eq(facts.start, objects);
}
END_TEST

START_TEST(of_several_with_the_same_numbers_none_is_named)
{
	struct span_facts facts;
	make_span(&made, 32, 2 * 3);
	for (unsigned i = 0; i < made.count; i++) {
		process_put(&p, made.spans[i], MSPAN_NELEMS, 200);
		process_put(&p, made.spans[i], MSPAN_ALLOCCOUNT, 17);
	}
	ck_assert(printed("s.allocCount > s.nelems", "s.", 200, 17, 0, &facts));
	ck_assert_uint_eq(facts.start, 0);
	ck_assert_uint_eq(facts.zombies, 0);
	ck_assert_ptr_nonnull(strstr(facts.text, "spans have the numbers that were printed"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_sound_heap_passes,
		a_count_that_is_not_that_of_the_bits_fails,
		a_cached_span_may_be_off_by_one,
		more_than_there_is_room_for_fails,
		a_free_object_with_a_mark_fails,
		a_span_that_is_being_swept_is_left_alone,
		pages_that_are_anothers_fail,
		a_list_of_free_stacks_that_leaves_its_span_fails,
		the_span_at_which_it_died_is_found,
		the_span_with_the_numbers_that_were_printed_is_found,
		of_several_with_the_same_numbers_none_is_named,
	};
	return test_run("heapcheck", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
