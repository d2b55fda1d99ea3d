/* The program's own type descriptors. */
#include "goruntime/gotype.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct gotype type;

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

static bool read_type(uint64_t addr)
{
	process_dump(&p);
	return gotype_read(&p.snapshot, addr, &p.arena, &type);
}

START_TEST(a_descriptor_has_name_kind_and_size)
{
	for (unsigned minor = 19; minor <= 27; minor += 8) {
		begin(minor);
		uint64_t addr = process_type(&p, KIND_STRUCT, "main.Config", 40);
		ck_assert(read_type(addr));
		ck_assert_str_eq(type.name, "main.Config");
		ck_assert_int_eq(type.kind, KIND_STRUCT);
		ck_assert_uint_eq(type.size, 40);
		ck_assert_uint_eq(type.addr, addr);
		ck_assert(!type.has_error_method);
	}
}
END_TEST

START_TEST(an_extra_star_is_no_part_of_the_name)
{
	uint64_t addr = process_type(&p, KIND_INT, "*main.Code", 8);
	process_put(&p, addr, TYPE_TFLAG, 2);
	ck_assert(read_type(addr));
	ck_assert_str_eq(type.name, "main.Code");
}
END_TEST

START_TEST(a_long_name_is_read_whole)
{
	static const char name[] =
		"struct { A int; B string; C map[string]interface {}; D chan<- struct {}; "
		"E func(int, ...string) (bool, error); F [100]complex128; G *main.VeryLongNameIndeed }";
	ck_assert_uint_gt(sizeof(name), 0x80);
	ck_assert(read_type(process_type(&p, KIND_STRUCT, name, 8)));
	ck_assert_str_eq(type.name, name);
}
END_TEST

START_TEST(up_to_125_the_kind_says_that_the_word_is_the_value)
{
	begin(25);
	ck_assert(read_type(process_type(&p, KIND_POINTER | 32, "*main.T", 8)));
	ck_assert(type.direct);
	ck_assert_int_eq(type.kind, KIND_POINTER);
}
END_TEST

START_TEST(from_126_on_a_flag_says_so)
{
	begin(26);
	uint64_t addr = process_type(&p, KIND_POINTER, "*main.T", 8);
	process_put(&p, addr, TYPE_TFLAG, 32);
	ck_assert(read_type(addr));
	ck_assert(type.direct);
	begin(26);
	ck_assert(read_type(process_type(&p, KIND_STRUCT, "main.T", 24)));
	ck_assert(!type.direct);
}
END_TEST

START_TEST(methods_lie_behind_the_descriptor_of_the_kind)
{
	static const char *const methods[] = { "Error", "RuntimeError", "Unwrap", NULL };
	static const unsigned kinds[] = { KIND_STRUCT, KIND_POINTER, KIND_INT };
	for (size_t i = 0; i < 3; i++) {
		begin(27);
		ck_assert(read_type(process_type_with(&p, kinds[i], "main.E", methods)));
		ck_assert(type.has_error_method);
		ck_assert(type.has_runtime_error_method);
	}
}
END_TEST

START_TEST(an_address_outside_of_the_types_is_none)
{
	ck_assert(!read_type(PROCESS_DATA));
	ck_assert(!read_type(0));
	ck_assert(!read_type(process_type(&p, KIND_INT, "int", 8) + 4));
}
END_TEST

START_TEST(a_kind_that_does_not_exist_is_none)
{
	ck_assert(!read_type(process_type(&p, 0, "int", 8)));
	begin(27);
	ck_assert(!read_type(process_type(&p, 27, "int", 8)));
}
END_TEST

START_TEST(a_name_beyond_the_types_is_none)
{
	uint64_t addr = process_type(&p, KIND_INT, "int", 8);
	process_put(&p, addr, TYPE_STR, 0x7fffffff);
	ck_assert(!read_type(addr));
}
END_TEST

START_TEST(method_tables_of_absurd_size_do_no_harm)
{
	static const char *const methods[] = { "Error", NULL };
	uint64_t addr = process_type_with(&p, KIND_STRUCT, "main.E", methods);
	process_put32(&p, addr + 80 + 4, 0xffffffff);
	process_put32(&p, addr + 80 + 8, 0xfffffff0);
	ck_assert(read_type(addr));
	ck_assert_str_eq(type.name, "main.E");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_descriptor_has_name_kind_and_size,
		an_extra_star_is_no_part_of_the_name,
		a_long_name_is_read_whole,
		up_to_125_the_kind_says_that_the_word_is_the_value,
		from_126_on_a_flag_says_so,
		methods_lie_behind_the_descriptor_of_the_kind,
		an_address_outside_of_the_types_is_none,
		a_kind_that_does_not_exist_is_none,
		a_name_beyond_the_types_is_none,
		method_tables_of_absurd_size_do_no_harm,
	};
	return test_run("gotype", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
