/* Instructions of a function. */
#include "goruntime/listing.h"

#include <string.h>

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct listing listing;
static struct error err;
static uint64_t first, second;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	first = process_func(&p, "main.f", 8);
	second = process_func(&p, "main.(*T).g", 8);
	err = (struct error)ERROR_INIT;
}

static void teardown(void)
{
	process_release(&p);
}

static void put_code(uint64_t addr, const char *bytes, size_t size)
{
	memcpy(p.text + (addr - PROCESS_TEXT), bytes, size);
}

START_TEST(a_function_is_listed_from_its_entry)
{
	put_code(first, "\x55\x48\x89\xe5\xc3", 5); /* push rbp; mov rbp, rsp; ret */
	process_dump(&p);
	ck_assert(listing_at(&p.snapshot, first + 4, &p.arena, &listing, &err));
	ck_assert(listing.is_go);
	ck_assert(!listing.cut);
	ck_assert_str_eq(listing.function, "main.f");
	ck_assert_uint_eq(listing.entry, first);
	ck_assert_uint_eq(listing.end, first + PROCESS_FUNC_SIZE);
	ck_assert_uint_ge(listing.count, 3);
	ck_assert_str_eq(listing.items[0].text, "push rbp");
	ck_assert_uint_eq(listing.items[1].pc, first + 1);
	ck_assert_uint_eq(listing.items[1].bytes.size, 3);
}
END_TEST

START_TEST(a_call_names_where_it_goes)
{
	int32_t distance = (int32_t)(second - (first + 5));
	char call[5] = { '\xe8' };
	memcpy(call + 1, &distance, 4);
	put_code(first, call, 5);
	process_dump(&p);
	ck_assert(listing_at(&p.snapshot, first, &p.arena, &listing, &err));
	ck_assert_str_eq(listing.items[0].target, "main.(*T).g");
	ck_assert_ptr_null(listing.items[1].target);
}
END_TEST

START_TEST(bytes_that_are_no_instruction_are_listed_as_such)
{
	put_code(first, "\x06\xc3", 2); /* push es is none of 64-bit code */
	process_dump(&p);
	ck_assert(listing_at(&p.snapshot, first, &p.arena, &listing, &err));
	ck_assert_ptr_null(listing.items[0].text);
	ck_assert_uint_eq(listing.items[0].bytes.size, 1);
	ck_assert_str_eq(listing.items[1].text, "ret");
}
END_TEST

START_TEST(where_no_code_is_nothing_is_listed)
{
	process_dump(&p);
	ck_assert(!listing_at(&p.snapshot, 0x10, &p.arena, &listing, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	ck_assert(!listing_at(&p.snapshot, UINT64_MAX, &p.arena, &listing, &err));
}
END_TEST

START_TEST(functions_are_found_by_their_whole_name)
{
	uint64_t pc;
	process_dump(&p);
	ck_assert(listing_find(&p.snapshot, "main.(*T).g", &pc));
	ck_assert_uint_eq(pc, second);
	ck_assert(!listing_find(&p.snapshot, "main.", &pc));
	ck_assert(!listing_find(&p.snapshot, "main.(*T).gg", &pc));
	ck_assert(!listing_find(&p.snapshot, "", &pc));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_function_is_listed_from_its_entry,
		a_call_names_where_it_goes,
		bytes_that_are_no_instruction_are_listed_as_such,
		where_no_code_is_nothing_is_listed,
		functions_are_found_by_their_whole_name,
	};
	return test_run("listing", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
