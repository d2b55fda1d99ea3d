/* Where the runtime's variables are: by symbols, by DWARF, or not at all. */
#include "goruntime/globals.h"

#include <elf.h>
#include <string.h>

#include "tests/unit/makedwarf.h"
#include "tests/unit/testrun.h"

enum { BIAS = 0x100000 };

static struct arena arena;
static struct elffile elf;
static struct dwarf *dwarf;
static struct globals globals;

static void setup(void)
{
	arena_init(&arena);
	dwarf = NULL;
}

static void teardown(void)
{
	dwarf_close(dwarf);
	elffile_close(&elf);
	arena_release(&arena);
}

struct symbol {
	const char *name;
	uint64_t addr;
};

static void open_with_symbols(const struct symbol *symbols, size_t count)
{
	_cleanup_str_ struct str table = { 0 }, strings = { 0 };
	Elf64_Sym none = { 0 };
	str_add_bytes(&table, &none, sizeof(none));
	str_add_char(&strings, 0);
	for (size_t i = 0; i < count; i++) {
		Elf64_Sym symbol = {
			.st_name = (uint32_t)strings.size,
			.st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
			.st_shndx = 1,
			.st_value = symbols[i].addr,
			.st_size = 8,
		};
		str_add_bytes(&table, &symbol, sizeof(symbol));
		str_add_bytes(&strings, symbols[i].name, strlen(symbols[i].name) + 1);
	}
	const struct test_section sections[] = {
		{ .name = ".strtab", .type = SHT_STRTAB, .bytes = strings.text,
		  .size = strings.size },
		{ .name = ".symtab", .type = SHT_SYMTAB, .link = 1, .bytes = table.text,
		  .size = table.size },
	};
	struct str file = test_elf_make(&(struct test_elf){
		.type = ET_DYN,
		.sections = sections,
		.section_count = 2,
	});
	ck_assert(elffile_parse(test_exact(test_bytes(&file)), "test", &arena, &elf, NULL));
	str_release(&file);
}

static const struct symbol needed[] = {
	{ "runtime.firstmoduledata", 0x1000 },
	{ "runtime.allgs", 0x2000 },
	{ "runtime.extram", 0x3000 },
	{ "runtime.allgsx", 0x4000 },
};

START_TEST(symbols_give_addresses_with_the_bias_added)
{
	uint64_t addr = 0;
	open_with_symbols(needed, 4);
	ck_assert(globals_find_in(&elf, BIAS, NULL, &globals));
	ck_assert(globals_get(&globals, RT_ALLGS, &addr));
	ck_assert_uint_eq(addr, BIAS + 0x2000);
	ck_assert_int_eq(globals.item[RT_ALLGS].origin, GLOBAL_BY_SYMBOLS);
}
END_TEST

START_TEST(globals_that_are_not_linked_are_absent)
{
	uint64_t addr = 7;
	open_with_symbols(needed, 4);
	ck_assert(globals_find_in(&elf, 0, NULL, &globals));
	ck_assert(!globals_get(&globals, RT_FING, &addr));
	ck_assert_uint_eq(addr, 7);
	ck_assert(!globals_has(&globals, RT_FING));
}
END_TEST

START_TEST(older_names_count_too)
{
	uint64_t addr = 0;
	open_with_symbols(needed, 4);
	ck_assert(globals_find_in(&elf, 0, NULL, &globals));
	ck_assert(globals_get(&globals, RT_EXTRAM, &addr));
	ck_assert_uint_eq(addr, 0x3000);
	ck_assert_str_eq(rt_global_name(RT_EXTRAM), "runtime.extraM");
}
END_TEST

START_TEST(without_the_needed_ones_nothing_is_found)
{
	open_with_symbols(needed + 1, 3);
	ck_assert(!globals_find_in(&elf, 0, NULL, &globals));
	ck_assert(!globals_has(&globals, RT_ALLGS));
}
END_TEST

static void open_with_dwarf(void)
{
	struct make_dwarf d = { .version = 5 };
	make_unit(&d, "runtime", 0, 0);
	uint32_t uint64 = make_base(&d, "uint64", 8, 11);
	make_global(&d, "runtime.firstmoduledata", uint64, 0x1000);
	make_global(&d, "runtime.allgs", uint64, 0x2000);
	make_global(&d, "runtime.ncpu", uint64, 0x3000);
	make_unit_end(&d);
	ck_assert(make_elf(&d, &arena, &elf) && dwarf_open(&elf, &dwarf, NULL));
}

START_TEST(dwarf_is_asked_where_there_are_no_symbols)
{
	uint64_t addr = 0;
	open_with_dwarf();
	ck_assert(globals_find_in(&elf, BIAS, dwarf, &globals));
	ck_assert(globals_get(&globals, RT_NCPU, &addr));
	ck_assert_uint_eq(addr, BIAS + 0x3000);
	ck_assert_int_eq(globals.item[RT_NCPU].origin, GLOBAL_BY_DWARF);
	ck_assert(!globals_find_in(&elf, BIAS, NULL, &globals));
}
END_TEST

START_TEST(an_image_without_executable_has_none)
{
	struct image image = { .name = "test" };
	ck_assert(!globals_find(&image, NULL, &globals));
	ck_assert(!globals_has(&globals, RT_FIRSTMODULEDATA));
}
END_TEST

START_TEST(globals_found_otherwise_can_be_put)
{
	uint64_t addr = 0;
	globals = (struct globals){ 0 };
	globals_put(&globals, RT_ALLGS, 0x5000, GLOBAL_BY_CODE);
	ck_assert(globals_get(&globals, RT_ALLGS, &addr));
	ck_assert_uint_eq(addr, 0x5000);
	ck_assert_str_eq(global_origin_name(GLOBAL_BY_CODE), "code");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		symbols_give_addresses_with_the_bias_added,
		globals_that_are_not_linked_are_absent,
		older_names_count_too,
		without_the_needed_ones_nothing_is_found,
		dwarf_is_asked_where_there_are_no_symbols,
		an_image_without_executable_has_none,
		globals_found_otherwise_can_be_put,
	};
	return test_run("globals", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
