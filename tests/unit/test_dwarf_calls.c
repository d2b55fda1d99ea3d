/* C functions and their lines, as the compiler has described this test itself. */
#include "formats/dwarf_calls.h"

#include <string.h>

#include "tests/unit/testrun.h"

static struct arena arena;
static struct elffile elf;
static struct dwarf *dwarf;
static uint64_t bias;

const char test_dwarf_calls_anchor[1] = "";

static void setup(void)
{
	struct elf_symbol symbol = { .name = "test_dwarf_calls_anchor" };
	arena_init(&arena);
	ck_assert(elffile_open("/proc/self/exe", &arena, &elf, NULL));
	ck_assert(dwarf_open(&elf, &dwarf, NULL));
	ck_assert_uint_eq(elffile_symbols(&elf, &symbol, 1), 1);
	bias = (uint64_t)(uintptr_t)test_dwarf_calls_anchor - symbol.value;
}

static void teardown(void)
{
	dwarf_close(dwarf);
	elffile_close(&elf);
	arena_release(&arena);
}

static __attribute__((noinline)) uint64_t here(void)
{
	return (uint64_t)(uintptr_t)__builtin_return_address(0) - 1;
}

static inline __attribute__((always_inline)) uint64_t inner(volatile int *n, int *line)
{
	*line = __LINE__ + 1;
	uint64_t pc = here();
	++*n;
	return pc;
}

static __attribute__((noinline)) uint64_t outer(volatile int *n, int *lines)
{
	lines[1] = __LINE__ + 1;
	uint64_t pc = inner(n, &lines[0]);
	++*n;
	return pc;
}

static bool is_here(const struct dwarf_call *call, const char *function, int line)
{
	const char *slash = strrchr(call->file, '/');
	return strcmp(call->function, function) == 0 && call->line == line && slash != NULL &&
	       strcmp(slash, "/test_dwarf_calls.c") == 0;
}

START_TEST(inlined_calls_come_first_with_the_line_of_each)
{
	volatile int n = 0;
	int lines[2];
	struct dwarf_calls calls;
	uint64_t pc = outer(&n, lines);
	ck_assert(dwarf_calls_at(dwarf, pc - bias, &arena, &calls));
	ck_assert_uint_eq(calls.count, 2);
	ck_assert(is_here(&calls.items[0], "inner", lines[0]));
	ck_assert(calls.items[0].inlined);
	ck_assert(is_here(&calls.items[1], "outer", lines[1]));
	ck_assert(!calls.items[1].inlined);
}
END_TEST

START_TEST(where_no_unit_has_code_there_is_nothing)
{
	struct dwarf_calls calls;
	ck_assert(!dwarf_calls_at(dwarf, 8, &arena, &calls));
	ck_assert(!dwarf_calls_at(dwarf, UINT64_MAX, &arena, &calls));
	ck_assert_uint_eq(calls.count, 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		inlined_calls_come_first_with_the_line_of_each,
		where_no_unit_has_code_there_is_nothing,
	};
	return test_run("dwarf_calls", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
