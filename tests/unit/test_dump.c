/* Bytes of memory for a person: what is missing is said, never shown as zero. */
#include "goruntime/dump.h"

#include <string.h>

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct dump_row row;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.main", 8);
}

static void teardown(void)
{
	process_release(&p);
}

START_TEST(a_row_has_the_bytes)
{
	uint64_t addr = process_alloc(&p, 32);
	process_put_bytes(&p, addr, "0123456789abcdefghij", 20);
	process_dump(&p);
	dump_row_read(&p.snapshot, addr, 20, 0, &row);
	ck_assert_uint_eq(row.addr, addr);
	ck_assert_uint_eq(row.size, DUMP_ROW);
	ck_assert_int_eq(row.missing, ERROR_NONE);
	dump_row_read(&p.snapshot, addr, 20, DUMP_ROW, &row);
	ck_assert_uint_eq(row.size, 4);
	ck_assert(memcmp(row.bytes, "ghij", 4) == 0);
	ck_assert_int_eq(row.missing, ERROR_NONE);
}
END_TEST

START_TEST(a_row_ends_where_memory_does)
{
	process_dump(&p);
	uint64_t end = image_rest(&p.image, PROCESS_TYPES).size + PROCESS_TYPES;
	dump_row_read(&p.snapshot, end - 5, 64, 0, &row);
	ck_assert_uint_eq(row.size, 5);
	ck_assert_int_eq(row.missing, ERROR_UNMAPPED);
	dump_row_read(&p.snapshot, end - 5, 64, DUMP_ROW, &row);
	ck_assert_uint_eq(row.size, 0);
	ck_assert_int_eq(row.missing, ERROR_UNMAPPED);
}
END_TEST

START_TEST(the_end_of_addresses_is_no_beginning)
{
	process_dump(&p);
	dump_row_read(&p.snapshot, UINT64_MAX - 3, 64, 0, &row);
	ck_assert_uint_eq(row.size, 0);
	dump_row_read(&p.snapshot, UINT64_MAX - 3, UINT64_MAX, DUMP_ROW, &row);
	ck_assert_uint_eq(row.size, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_row_has_the_bytes,
		a_row_ends_where_memory_does,
		the_end_of_addresses_is_no_beginning,
	};
	return test_run("dump", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
