/* Dictionaries of generic functions, by their symbols. */
#include "goruntime/dictionary.h"

#include <elf.h>
#include <string.h>

#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

static struct str symbols, names, file;
static struct arena arena;
static struct elffile elf;
static struct image image;
static struct snapshot snapshot;
static uint64_t addrs[DICTIONARIES_MAX];

static void setup(void)
{
	arena_init(&arena);
	str_add_char(&names, '\0');
	str_add_bytes(&symbols, (char[sizeof(Elf64_Sym)]){ 0 }, sizeof(Elf64_Sym));
}

static void teardown(void)
{
	arena_release(&arena);
	str_release(&symbols);
	str_release(&names);
	str_release(&file);
}

static void add(const char *name, uint64_t value)
{
	test_put32(&symbols, (uint32_t)names.size);
	str_add_char(&symbols, (char)ELF64_ST_INFO(STB_LOCAL, STT_OBJECT));
	str_add_char(&symbols, 0);
	test_put16(&symbols, 1);
	test_put64(&symbols, value);
	test_put64(&symbols, 40);
	str_add_bytes(&names, name, strlen(name) + 1);
}

static size_t find(const char *function)
{
	const struct test_section sections[] = {
		{ .name = ".symtab", .type = SHT_SYMTAB, .link = 2, .bytes = symbols.text,
		  .size = symbols.size },
		{ .name = ".strtab", .type = SHT_STRTAB, .bytes = names.text, .size = names.size },
	};
	const struct test_elf made = { .type = ET_EXEC, .sections = sections, .section_count = 2 };
	str_release(&file);
	file = test_elf_make(&made);
	ck_assert(elffile_parse((struct bytes){ (const uint8_t *)file.text, file.size }, "test",
				&arena, &elf, NULL));
	image = (struct image){ .executable = &elf, .bias = 0x1000 };
	snapshot = (struct snapshot){ .image = &image };
	return dictionaries_find(&snapshot, function, addrs);
}

START_TEST(a_functions_are_those_with_its_name)
{
	add("example.com/app..dict.Map[int]", 0x100);
	add("example.com/app..dict.MapAll[int]", 0x200);
	add("example.com/app..dict.Map[string]", 0x300);
	ck_assert_uint_eq(find("example.com/app.Map[go.shape.int]"), 2);
	ck_assert_uint_eq(addrs[0], 0x1100);
	ck_assert_uint_eq(addrs[1], 0x1300);
	ck_assert_uint_eq(find("example.com/app.Map[go.shape.int].func1"), 2);
}
END_TEST

START_TEST(a_methods_are_its_types)
{
	add("main..dict.List[main.T]", 0x100);
	ck_assert_uint_eq(find("main.(*List[go.shape.int]).Push"), 1);
	ck_assert_uint_eq(find("main.List[go.shape.int].Len"), 1);
}
END_TEST

START_TEST(old_releases_have_one_for_each_method)
{
	add("main..dict.(*List[main.T]).Push", 0x100);
	add("main..dict.(*List[main.T]).Pop", 0x200);
	ck_assert_uint_eq(find("main.(*List[go.shape.int_0]).Push"), 1);
	ck_assert_uint_eq(addrs[0], 0x1100);
	ck_assert_uint_eq(find("main.(*List[go.shape.int_0]).Len"), 0);
}
END_TEST

START_TEST(what_is_not_generic_has_none)
{
	add("main..dict.Map[int]", 0x100);
	ck_assert_uint_eq(find("main.Map"), 0);
	ck_assert_uint_eq(find("Map[go.shape.int]"), 0);
	ck_assert_uint_eq(find("main.(*"), 0);
	ck_assert_uint_eq(find("main.[[[["), 0);
	ck_assert_uint_eq(find(""), 0);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_functions_are_those_with_its_name,
		a_methods_are_its_types,
		old_releases_have_one_for_each_method,
		what_is_not_generic_has_none,
	};
	return test_run("dictionary", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
