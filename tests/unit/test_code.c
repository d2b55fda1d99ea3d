/* What is known of a pc, and names as the runtime prints them. */
#include "goruntime/code.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static const char *printed(unsigned minor, const char *name)
{
	begin(minor);
	uint64_t func = process_func(&p, name, 8);
	process_dump(&p);
	struct code_cache *cache = snapshot_code(&p.snapshot);
	struct calls calls = code_calls(cache, code_at(cache, func), func);
	ck_assert_uint_eq(calls.count, 1);
	ck_assert_str_eq(calls.items[0].symbol, name);
	return calls.items[0].function;
}

START_TEST(plain_names_print_as_they_are)
{
	ck_assert_str_eq(printed(27, "main.(*T).f.func1"), "main.(*T).f.func1");
	ck_assert_str_eq(printed(19, "example.com/x%2ey.F"), "example.com/x%2ey.F");
}
END_TEST

START_TEST(gopanic_prints_as_panic)
{
	ck_assert_str_eq(printed(27, "runtime.gopanic"), "panic");
	ck_assert_str_eq(printed(19, "runtime.gopanic"), "panic");
}
END_TEST

START_TEST(type_arguments_print_as_dots)
{
	ck_assert_str_eq(printed(21, "main.Map[go.shape.int,go.shape.string]"), "main.Map[...]");
	ck_assert_str_eq(printed(19, "main.Map[...]"), "main.Map[...]");
	ck_assert_str_eq(printed(26, "main.(*List[go.shape.[]int]).Push"),
			 "main.(*List[...]).Push");
}
END_TEST

START_TEST(up_to_126_all_between_the_first_and_last_bracket_goes)
{
	ck_assert_str_eq(printed(26, "main.F[int].G[string].func1"), "main.F[...].func1");
}
END_TEST

START_TEST(from_127_on_each_outermost_group_goes_by_itself)
{
	ck_assert_str_eq(printed(27, "main.F[int].G[map[string]int].func1"),
			 "main.F[...].G[...].func1");
}
END_TEST

START_TEST(a_bracket_without_its_partner_does_no_harm)
{
	ck_assert_str_eq(printed(26, "main.F[int"), "main.F[int");
	ck_assert_str_eq(printed(26, "main.F]int["), "main.F]int[");
}
END_TEST

START_TEST(a_pc_is_known_from_entry_to_end)
{
	uint64_t first = process_func(&p, "main.first", 0x28), second = process_func(&p, "main.second", 8);
	process_dump(&p);
	struct code_cache *cache = snapshot_code(&p.snapshot);
	const struct code *code = code_at(cache, second - 1);
	ck_assert(code->valid && code->has_spdelta);
	ck_assert_uint_eq(code->func.entry, first);
	ck_assert_int_eq(code->spdelta, 0x28);
	ck_assert_uint_eq(code_at(cache, second)->func.entry, second);
	ck_assert(!code_at(cache, second + PROCESS_FUNC_SIZE)->valid);
	ck_assert(!code_at(cache, first - 1)->valid);
	ck_assert(!code_at(cache, 0)->valid);
}
END_TEST

START_TEST(what_was_looked_up_stays_where_it_is)
{
	uint64_t func = process_func(&p, "main.f", 8);
	process_dump(&p);
	struct code_cache *cache = snapshot_code(&p.snapshot);
	const struct code *code = code_at(cache, func);
	struct calls calls = code_calls(cache, code, func);
	for (uint64_t pc = 0x10000; pc < 0x10000 + 20000; pc++)
		ck_assert(!code_at(cache, pc)->valid);
	for (uint64_t i = 0; i < PROCESS_FUNC_SIZE; i++)
		code_calls(cache, code_at(cache, func + i), func + i);
	ck_assert_ptr_eq(code_at(cache, func), code);
	ck_assert_ptr_eq(code_calls(cache, code, func).items, calls.items);
}
END_TEST

START_TEST(a_call_has_its_place)
{
	uint64_t func = process_func(&p, "main.f", 8);
	process_dump(&p);
	struct code_cache *cache = snapshot_code(&p.snapshot);
	const struct call *call = code_calls(cache, code_at(cache, func), func + 5).items;
	ck_assert_str_eq(call->file, "/src/main.go");
	ck_assert_int_eq(call->line, 10);
	ck_assert(!call->inlined);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		plain_names_print_as_they_are,
		gopanic_prints_as_panic,
		type_arguments_print_as_dots,
		up_to_126_all_between_the_first_and_last_bracket_goes,
		from_127_on_each_outermost_group_goes_by_itself,
		a_bracket_without_its_partner_does_no_harm,
		a_pc_is_known_from_entry_to_end,
		what_was_looked_up_stays_where_it_is,
		a_call_has_its_place,
	};
	return test_run("code", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
