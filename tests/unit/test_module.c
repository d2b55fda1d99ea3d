/* The chain of moduledata. */
#include "goruntime/module.h"

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct modules modules;
static struct error err;
static uint64_t func;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	func = process_func(&p, "main.main", 8);
	modules = (struct modules){ 0 };
	err = (struct error)ERROR_INIT;
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

/* Damages FIELD of the first module, which the first image has made whole. */
static void damage(enum rt_field field, uint64_t value)
{
	process_image(&p);
	process_put(&p, p.module, field, value);
}

static bool read_first(uint64_t first)
{
	process_image(&p);
	return modules_read(&p.image, &p.snapshot.layout, p.minor, first, &p.arena, &modules,
			    &p.caveats, &err);
}

START_TEST(a_module_has_its_bounds_and_symbol_table)
{
	for (unsigned minor = 19; minor <= 27; minor += 4) {
		begin(minor);
		ck_assert(read_first(p.module));
		ck_assert_uint_eq(modules.count, 1);
		const struct module *m = &modules.items[0];
		ck_assert_uint_eq(m->text, PROCESS_TEXT);
		ck_assert_uint_eq(m->etext, PROCESS_TEXT + PROCESS_FUNC_SIZE);
		ck_assert_uint_eq(m->types, PROCESS_TYPES);
		ck_assert_uint_eq(m->addr, p.module);
		ck_assert_uint_eq(m->pclntab.func_count, 1);
	}
}
END_TEST

START_TEST(a_pc_and_a_type_belong_to_their_module)
{
	ck_assert(read_first(p.module));
	ck_assert_ptr_eq(modules_text(&modules, func), &modules.items[0]);
	ck_assert_ptr_null(modules_text(&modules, func - 1));
	ck_assert_ptr_null(modules_text(&modules, modules.items[0].etext));
	ck_assert_ptr_eq(modules_types(&modules, PROCESS_TYPES), &modules.items[0]);
	ck_assert_ptr_null(modules_types(&modules, modules.items[0].etypes));
}
END_TEST

START_TEST(a_module_that_cannot_be_read_is_left_out_with_a_caveat)
{
	damage(MODULE_NEXT, 0xdead0000);
	ck_assert(read_first(p.module));
	ck_assert_uint_eq(modules.count, 1);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(a_chain_in_a_circle_ends)
{
	damage(MODULE_NEXT, p.module);
	ck_assert(read_first(p.module));
	ck_assert_uint_eq(modules.count, 1);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(bounds_that_make_no_sense_are_refused)
{
	damage(MODULE_ETEXT, 1);
	ck_assert(!read_first(p.module));
	ck_assert_int_eq(err.code, ERROR_FORMAT);
}
END_TEST

START_TEST(a_module_without_its_symbol_table_is_kept_with_a_caveat)
{
	damage(MODULE_PCHEADER, 0xdead0000);
	ck_assert(read_first(p.module));
	ck_assert_uint_eq(modules.count, 1);
	ck_assert_uint_eq(modules.items[0].pclntab.func_count, 0);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(no_first_module_is_no_go_program)
{
	ck_assert(!read_first(0));
	ck_assert_int_eq(err.code, ERROR_NOT_GO);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_module_has_its_bounds_and_symbol_table,
		a_pc_and_a_type_belong_to_their_module,
		a_module_that_cannot_be_read_is_left_out_with_a_caveat,
		a_chain_in_a_circle_ends,
		bounds_that_make_no_sense_are_refused,
		a_module_without_its_symbol_table_is_kept_with_a_caveat,
		no_first_module_is_no_go_program,
	};
	return test_run("module", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
