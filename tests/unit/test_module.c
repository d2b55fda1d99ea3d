/* The chain of moduledata. */
#include "goruntime/module.h"

#include <elf.h>

#include "tests/unit/make_process.h"
#include "tests/unit/testelf.h"
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

/* --- by the executable's file alone --------------------------------------------------------------- */

static void put_symbol(struct str *table, struct str *strings, const char *name, uint64_t value)
{
	Elf64_Sym symbol = { .st_name = (uint32_t)strings->size, .st_shndx = 1, .st_value = value,
			     .st_info = ELF64_ST_INFO(STB_LOCAL, STT_FUNC), .st_size = 8 };
	str_add_bytes(table, &symbol, sizeof(symbol));
	str_add_bytes(strings, name, strlen(name) + 1);
}

/* An executable with the table of the process and the bounds of its text. */
static struct elffile exe_with(const char *section)
{
	enum { BELOW = 0x1000 }; /* the executable is mapped that much above its own addresses */
	struct elffile exe;
	Elf64_Sym none = { 0 };
	_cleanup_str_ struct str table = { 0 }, strings = { 0 };
	struct bytes pclntab = make_bytes(&p.table);
	str_add_bytes(&table, &none, sizeof(none));
	str_add_char(&strings, 0);
	put_symbol(&table, &strings, "runtime.text", PROCESS_TEXT - BELOW);
	put_symbol(&table, &strings, "runtime.etext", PROCESS_TEXT + p.table.end - BELOW);
	const struct test_section sections[] = {
		{ .name = ".strtab", .type = SHT_STRTAB, .bytes = strings.text, .size = strings.size },
		{ .name = ".symtab", .type = SHT_SYMTAB, .link = 1, .bytes = table.text,
		  .size = table.size },
		{ .name = section, .type = SHT_PROGBITS, .addr = PROCESS_PCLNTAB - BELOW,
		  .bytes = pclntab.data, .size = pclntab.size },
	};
	struct str file = test_elf_make(
		&(struct test_elf){ .type = ET_DYN, .sections = sections, .section_count = 3 });
	ck_assert(elffile_parse(test_exact(test_bytes(&file)), "exe", &p.arena, &exe, NULL));
	str_release(&file);
	p.image.bias = BELOW;
	return exe;
}

START_TEST(the_file_alone_tells_functions_where_the_core_lacks_the_module)
{
	static const char *const sections[] = { ".gopclntab", ".data.rel.ro.gopclntab" };
	for (size_t i = 0; i < 2; i++) {
		struct elffile exe = exe_with(sections[i]);
		struct func found;
		p.image.executable = &exe;
		ck_assert(modules_of_file(&p.image, 27, &p.arena, &modules));
		ck_assert_uint_eq(modules.items[0].addr, 0);
		ck_assert_uint_eq(modules.items[0].text, PROCESS_TEXT);
		ck_assert(pclntab_find(&modules.items[0].pclntab, func + 5, &found));
		ck_assert_str_eq(pclntab_name(&modules.items[0].pclntab, &found), "main.main");
		p.image.executable = NULL;
		elffile_close(&exe);
	}
}
END_TEST

START_TEST(a_file_without_a_symbol_table_of_go_tells_nothing)
{
	struct elffile exe = exe_with(".other");
	p.image.executable = &exe;
	ck_assert(!modules_of_file(&p.image, 27, &p.arena, &modules));
	p.image.executable = NULL;
	ck_assert(!modules_of_file(&p.image, 27, &p.arena, &modules));
	elffile_close(&exe);
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
		the_file_alone_tells_functions_where_the_core_lacks_the_module,
		a_file_without_a_symbol_table_of_go_tells_nothing,
	};
	return test_run("module", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
