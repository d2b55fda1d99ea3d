/* What an address is. */
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct address address;
static uint64_t func;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	func = process_func(&p, "main.work", 8);
}

static void teardown(void)
{
	process_release(&p);
}

static enum address_kind kind_of(uint64_t addr)
{
	if (p.image.runs == NULL)
		process_read(&p);
	snapshot_address(&p.snapshot, addr, &p.arena, &address);
	ck_assert_ptr_nonnull(address.text);
	return address.kind;
}

START_TEST(the_first_page_is_next_to_nil)
{
	ck_assert_int_eq(kind_of(0), ADDRESS_NIL_PAGE);
	ck_assert_int_eq(kind_of(4095), ADDRESS_NIL_PAGE);
	ck_assert_int_ne(kind_of(4096), ADDRESS_NIL_PAGE);
}
END_TEST

START_TEST(an_address_between_the_halves_does_not_exist)
{
	ck_assert_int_eq(kind_of(0x0000800000000000), ADDRESS_NON_CANONICAL);
	ck_assert_int_eq(kind_of(0x4141414141414141), ADDRESS_NON_CANONICAL);
	ck_assert_int_eq(kind_of(0xffff7fffffffffff), ADDRESS_NON_CANONICAL);
	ck_assert_int_ne(kind_of(0x00007fffffffffff), ADDRESS_NON_CANONICAL);
	ck_assert_int_ne(kind_of(0xffff800000000000), ADDRESS_NON_CANONICAL);
}
END_TEST

START_TEST(code_names_its_function)
{
	ck_assert_int_eq(kind_of(func + 3), ADDRESS_TEXT);
	ck_assert_str_eq(address.text, "in the code of main.work");
	ck_assert(address.executable && !address.writable);
}
END_TEST

START_TEST(variables_and_types_are_told_apart)
{
	ck_assert_int_eq(kind_of(PROCESS_DATA + 8), ADDRESS_DATA);
	ck_assert(address.writable);
	ck_assert_int_eq(kind_of(PROCESS_TYPES + 8), ADDRESS_RODATA);
	ck_assert(!address.writable && address.readable);
}
END_TEST

START_TEST(a_stack_names_its_goroutine)
{
	struct make_stack stack = process_stack(&p, 0x400, func);
	process_g(&p, 17, G_WAITING, &stack);
	ck_assert_int_eq(kind_of(stack.lo), ADDRESS_GO_STACK);
	ck_assert_str_eq(address.text, "in the stack of goroutine 17");
	ck_assert_int_ne(kind_of(stack.hi), ADDRESS_GO_STACK);
}
END_TEST

START_TEST(mapped_memory_that_was_not_dumped_says_so)
{
	ck_assert_int_eq(kind_of(PROCESS_HEAP + 0x1ff000), ADDRESS_NOT_DUMPED);
	ck_assert_int_eq(kind_of(0x123456000), ADDRESS_UNMAPPED);
	ck_assert_str_eq(address.text, "not mapped");
	ck_assert(!address.known_flags);
}
END_TEST

/* mheap_.arenas[0] -> array of pointers to heapArena, one for each 64 MB -> spans, one a page. */
static uint64_t span_at(uint64_t start, uint64_t pages, unsigned state)
{
	const uint64_t arena_bytes = (uint64_t)64 << 20, base = 0xffff800000000000u;
	uint64_t index = (start - base) / arena_bytes;
	uint64_t arenas = process_global(&p, RT_MHEAP_, 8); /* all that there is of the large struct */
	globals_put(&p.snapshot.globals, RT_MHEAP_,
		    arenas - p.snapshot.layout.field[MHEAP_ARENAS].offset, GLOBAL_BY_SYMBOLS);
	uint64_t slot = process_alloc(&p, 8), spans = process_alloc(&p, pages * 8 + 64);
	uint64_t span = process_struct(&p, RT_MSPAN);
	process_put64(&p, arenas, slot - index * 8);
	uint64_t page = start % arena_bytes >> 13;
	process_put64(&p, slot, spans - p.snapshot.layout.field[HEAPARENA_SPANS].offset - page * 8);
	for (uint64_t i = 0; i < pages; i++)
		process_put64(&p, spans + i * 8, span);
	process_put(&p, span, MSPAN_STARTADDR, start);
	process_put(&p, span, MSPAN_NPAGES, pages);
	process_put(&p, span, MSPAN_LIMIT, start + pages * 8192 - 100);
	process_put(&p, span, MSPAN_ELEMSIZE, 48);
	process_put(&p, span, MSPAN_SPANCLASS, 2 * 4);
	process_put(&p, span, MSPAN_STATE, state);
	return span;
}

START_TEST(an_object_of_the_heap_has_its_slot)
{
	uint64_t start = PROCESS_HEAP + 0x100000;
	span_at(start, 2, 1);
	ck_assert_int_eq(kind_of(start + 48 * 3 + 5), ADDRESS_GO_HEAP);
	ck_assert_str_eq(address.text, "in the Go heap: byte 5 of an object slot of 48 bytes at "
				       "0xc000100090");
	ck_assert_int_eq(kind_of(start + 2 * 8192 - 50), ADDRESS_GO_HEAP_FREE);
}
END_TEST

START_TEST(memory_that_was_taken_from_the_heap_says_so)
{
	uint64_t start = PROCESS_HEAP + 0x100000, gone = 0xc010000000;
	span_at(start, 2, 1);
	kind_of(start + 5);
	ck_assert(!address.taken);
	teardown();
	setup();
	span_at(gone, 2, 1);
	ck_assert_int_eq(kind_of(gone + 5), ADDRESS_GO_HEAP);
	ck_assert(address.taken);
	ck_assert_ptr_nonnull(strstr(address.text, "; but nothing is mapped there"));
	p.core.writer = CORE_BY_DELVE; /* which leaves out what it cannot read */
	kind_of(gone + 5);
	ck_assert(!address.taken);
}
END_TEST

/* Which objects are allocated and marked, of 64. */
static void put_bits(uint64_t span, uint64_t allocated, uint64_t marked)
{
	uint64_t bits = process_alloc(&p, 32);
	process_put64(&p, bits, allocated);
	process_put64(&p, bits + 16, marked);
	process_put(&p, span, MSPAN_ALLOCBITS, bits);
	process_put(&p, span, MSPAN_GCMARKBITS, bits + 16);
}

START_TEST(an_object_is_allocated_or_free)
{
	uint64_t start = PROCESS_HEAP + 0x100000;
	put_bits(span_at(start, 2, 1), 1 << 3, 1 << 3 | 1 << 4);
	kind_of(start + 48 * 3 + 5);
	ck_assert_int_eq(address.slot.state, SLOT_ALLOCATED);
	ck_assert(address.slot.marked);
	ck_assert_uint_eq(address.slot.lo, start + 48 * 3);
	ck_assert_uint_eq(address.slot.hi, start + 48 * 4);
	ck_assert_uint_eq(address.slot.below_lo, start + 48 * 2);
	ck_assert_int_eq(address.slot.below_state, SLOT_FREE);
	kind_of(start + 48 * 4);
	ck_assert_int_eq(address.slot.state, SLOT_FREE);
	ck_assert_ptr_nonnull(strstr(address.text, "at 0xc0001000c0, free"));
	kind_of(start);
	ck_assert_uint_eq(address.slot.below_lo, 0);
}
END_TEST

START_TEST(a_large_object_has_its_type)
{
	uint64_t start = PROCESS_HEAP + 0x100000, span = span_at(start, 4, 1);
	process_put(&p, span, MSPAN_ELEMSIZE, 4 * 8192);
	process_put(&p, span, MSPAN_SPANCLASS, 0);
	process_put(&p, span, MSPAN_LARGETYPE, process_type(&p, 25, "main.Big", 30000));
	put_bits(span, 1, 1);
	ck_assert_int_eq(kind_of(start + 20000), ADDRESS_GO_HEAP);
	ck_assert_uint_eq(address.slot.lo, start);
	ck_assert_ptr_nonnull(address.slot.type);
	ck_assert_ptr_nonnull(strstr(address.text, "allocated, of type main.Big"));
}
END_TEST

START_TEST(a_span_that_is_not_in_use_says_so)
{
	span_at(PROCESS_HEAP + 0x100000, 1, 0);
	ck_assert_int_eq(kind_of(PROCESS_HEAP + 0x100010), ADDRESS_GO_HEAP_FREE);
	ck_assert_str_eq(address.text, "in a part of the Go heap that is not in use: 8 KB at "
				       "0xc000100000 were freed");
}
END_TEST

static const struct {
	unsigned size, elems;
	const char *text;
} uses[] = {
	{ 48, 170, "were freed; they were last used for objects of 48 bytes" },
	{ 8192, 1, "were freed; they were last used for one large object" },
	{ 2048, 0, "were freed; they were last used for stacks of 2048 bytes" },
	{ 0, 0, "were freed" },
};

START_TEST(a_span_that_was_given_back_says_what_it_was_used_for)
{
	for (size_t i = 0; i < sizeof(uses) / sizeof(uses[0]); i++) {
		uint64_t span = span_at(PROCESS_HEAP + 0x100000, 1, 0);
		process_put(&p, span, MSPAN_ELEMSIZE, uses[i].size);
		process_put(&p, span, MSPAN_NELEMS, uses[i].elems);
		ck_assert_int_eq(kind_of(PROCESS_HEAP + 0x100010), ADDRESS_GO_HEAP_FREE);
		ck_assert_str_eq(strstr(address.text, "were freed"), uses[i].text);
		teardown();
		setup();
	}
}
END_TEST

/* The entry of a page stays when its span becomes another. */
START_TEST(a_page_whose_span_is_elsewhere_was_in_use)
{
	process_put(&p, span_at(PROCESS_HEAP + 0x100000, 1, 0), MSPAN_STARTADDR, PROCESS_HEAP);
	ck_assert_int_eq(kind_of(PROCESS_HEAP + 0x100010), ADDRESS_GO_HEAP_FREE);
	ck_assert_str_eq(address.text, "in a part of the Go heap that is not in use");
}
END_TEST

START_TEST(a_page_without_an_entry_never_was)
{
	uint64_t start = PROCESS_HEAP + 0x100000;
	span_at(start, 1, 1);
	ck_assert_int_eq(kind_of(start + 8192), ADDRESS_GO_HEAP_UNUSED);
}
END_TEST

START_TEST(a_manual_span_is_the_runtimes)
{
	process_put(&p, span_at(PROCESS_HEAP + 0x100000, 1, 2), MSPAN_ELEMSIZE, 0);
	ck_assert_int_eq(kind_of(PROCESS_HEAP + 0x100010), ADDRESS_GO_RUNTIME);
}
END_TEST

START_TEST(a_stack_that_nobody_has_was_freed)
{
	process_put(&p, span_at(PROCESS_HEAP + 0x100000, 1, 2), MSPAN_ELEMSIZE, 2048);
	ck_assert_int_eq(kind_of(PROCESS_HEAP + 0x100010), ADDRESS_GO_STACK_FREE);
	ck_assert_ptr_nonnull(strstr(address.text, "a stack that was freed"));
}
END_TEST

START_TEST(the_stack_of_a_goroutine_that_has_ended_says_so)
{
	struct make_stack stack = process_stack(&p, 0x400, func);
	process_g(&p, 18, G_DEAD, &stack);
	process_put(&p, span_at(stack.lo & ~(uint64_t)8191, 2, 2), MSPAN_ELEMSIZE, 2048);
	ck_assert_int_eq(kind_of(stack.lo + 8), ADDRESS_GO_STACK_FREE);
	ck_assert_str_eq(address.text, "in the stack of goroutine 18, which has ended");
}
END_TEST

START_TEST(the_stacks_of_an_m_are_told_apart)
{
	process_m(&p, 77, 0);
	process_read(&p);
	const struct thread *m = &p.snapshot.threads[0];
	ck_assert_int_eq(kind_of(m->g0_stack_lo), ADDRESS_GO_STACK);
	ck_assert_ptr_nonnull(strstr(address.text, "in the system stack of m"));
	ck_assert_int_eq(kind_of(m->gsignal_stack_lo), ADDRESS_GO_STACK);
	ck_assert_ptr_nonnull(strstr(address.text, "in the signal stack of m"));
}
END_TEST

/* --- what else a number may be --- */

START_TEST(text_is_quoted)
{
	kind_of(0x6e6f73726576); /* "verson" */
	ck_assert_str_eq(address.hint, "its bytes read as the text \"verson\"");
	kind_of(0x4141414141414141);
	ck_assert_str_eq(address.hint, "its bytes read as the text \"AAAAAAAA\"");
}
END_TEST

START_TEST(patterns_of_the_tools_are_known)
{
	kind_of(0xdeaddeaddeaddead + 24);
	ck_assert_ptr_nonnull(strstr(address.hint, "clobberdead"));
	kind_of(0xdeadbeefdeadbeef);
	ck_assert_ptr_nonnull(strstr(address.hint, "clobberfree"));
}
END_TEST

/* Four letters may be a number, a word with a zero inside is no text, memory that is there needs
 * none. */
START_TEST(other_numbers_have_no_hint)
{
	static const uint64_t numbers[] = { 0x41414141, 0x4141004141414100, 0xdeadbeef008,
					    0x41ff414141, 0x7f0012345678, 8 };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		kind_of(numbers[i]);
		ck_assert_ptr_null(address.hint);
	}
	kind_of(PROCESS_DATA);
	ck_assert_ptr_null(address.hint);
}
END_TEST

START_TEST(a_tag_in_the_upper_bits_is_seen)
{
	uint64_t start = PROCESS_HEAP + 0x100000;
	put_bits(span_at(start, 2, 1), 1 << 3, 0);
	kind_of(0x1234000000000000 | (start + 48 * 3));
	ck_assert_str_eq(address.hint, "without its upper 16 bits it is 0xc000100090, where an "
				       "object begins: a pointer with a tag");
	kind_of(0x1234000000000000 | (start + 48 * 3 + 8));
	ck_assert_ptr_null(address.hint);
	kind_of(0x1234000000000000 | (start + 48 * 2)); /* free */
	ck_assert_ptr_null(address.hint);
}
END_TEST

START_TEST(a_number_that_is_no_address_may_be_text)
{
	kind_of(0x1238);
	ck_assert(snapshot_is_text(&p.snapshot, 0x616e20617265));
	ck_assert(snapshot_is_text(&p.snapshot, 0x616e20617280)); /* with an offset */
	ck_assert(snapshot_is_text(&p.snapshot, 0x6d616e2065687420));
	ck_assert(!snapshot_is_text(&p.snapshot, 0x7f3a61626364));
	ck_assert(!snapshot_is_text(&p.snapshot, 0xdeadbeef008));
	ck_assert(!snapshot_is_text(&p.snapshot, 0x1238));
	ck_assert(!snapshot_is_text(&p.snapshot, 0));
}
END_TEST

START_TEST(a_span_without_a_size_divides_nothing)
{
	process_put(&p, span_at(PROCESS_HEAP + 0x100000, 1, 1), MSPAN_ELEMSIZE, 0);
	ck_assert_int_eq(kind_of(PROCESS_HEAP + 0x100010), ADDRESS_GO_HEAP_FREE);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		the_first_page_is_next_to_nil,
		a_number_that_is_no_address_may_be_text,
		an_address_between_the_halves_does_not_exist,
		code_names_its_function,
		variables_and_types_are_told_apart,
		a_stack_names_its_goroutine,
		mapped_memory_that_was_not_dumped_says_so,
		an_object_of_the_heap_has_its_slot,
		memory_that_was_taken_from_the_heap_says_so,
		an_object_is_allocated_or_free,
		a_large_object_has_its_type,
		a_span_that_is_not_in_use_says_so,
		a_span_that_was_given_back_says_what_it_was_used_for,
		a_page_whose_span_is_elsewhere_was_in_use,
		a_page_without_an_entry_never_was,
		a_stack_that_nobody_has_was_freed,
		the_stack_of_a_goroutine_that_has_ended_says_so,
		the_stacks_of_an_m_are_told_apart,
		text_is_quoted,
		patterns_of_the_tools_are_known,
		other_numbers_have_no_hint,
		a_tag_in_the_upper_bits_is_seen,
		a_manual_span_is_the_runtimes,
		a_span_without_a_size_divides_nothing,
	};
	return test_run("address", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
