/* Executables: segments, ids, symbols. */
#include "formats/elffile.h"

#include <elf.h>
#include <string.h>

#include "tests/unit/testelf.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct elffile elf;
static struct error err;
static struct str notes, symbols, names, file;

static void setup(void)
{
	arena_init(&arena);
	elf = (struct elffile){ 0 };
	err = (struct error)ERROR_INIT;
}

static void teardown(void)
{
	str_release(&notes);
	str_release(&symbols);
	str_release(&names);
	str_release(&file);
	arena_release(&arena);
}

static void add_symbol(const char *name, unsigned binding, unsigned type, uint64_t value,
		       uint64_t size)
{
	if (names.size == 0) {
		str_add_char(&names, 0);
		str_add_bytes(&symbols, (char[sizeof(Elf64_Sym)]){ 0 }, sizeof(Elf64_Sym));
	}
	test_put32(&symbols, (uint32_t)names.size);
	str_add_char(&symbols, (char)ELF64_ST_INFO(binding, type));
	str_add_char(&symbols, 0);
	test_put16(&symbols, 1);
	test_put64(&symbols, value);
	test_put64(&symbols, size);
	str_add_bytes(&names, name, strlen(name) + 1);
}

static void parse(const struct test_elf *made)
{
	file = test_elf_make(made);
	bool ok = elffile_parse(test_exact(test_bytes(&file)), "exe", &arena, &elf, &err);
	ck_assert_msg(ok, "%s", err.text);
}

/* Text of 16 bytes at 0x401000 and what symbols and notes were added. */
static void parse_exe(void)
{
	struct test_segment segments[] = {
		{ .type = PT_NOTE, .bytes = notes.text, .file_size = notes.size },
		{ .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x401000,
		  .bytes = "0123456789abcdef", .file_size = 16, .memory_size = 32 },
	};
	struct test_section sections[] = {
		{ .name = ".symtab", .type = SHT_SYMTAB, .link = 2, .bytes = symbols.text,
		  .size = symbols.size },
		{ .name = ".strtab", .type = SHT_STRTAB, .bytes = names.text, .size = names.size },
		{ .name = ".go.buildinfo", .type = SHT_PROGBITS, .addr = 0x402000,
		  .bytes = "info", .size = 4 },
	};
	parse(&(struct test_elf){ .type = ET_EXEC, .entry = 0x401000, .segments = segments,
				  .segment_count = 2, .sections = sections, .section_count = 3 });
}

START_TEST(segments_and_header_are_read)
{
	parse_exe();
	ck_assert_ptr_eq(elf.arch, &arch_amd64);
	ck_assert_uint_eq(elf.entry, 0x401000);
	ck_assert(!elf.pie && !elf.dynamic && !elf.has_dwarf && !elf.debug_only);
	ck_assert_uint_eq(elf.segment_count, 1);
	ck_assert_uint_eq(elf.segments[0].memory_size, 32);
}
END_TEST

START_TEST(compressed_dwarf_is_counted)
{
	const struct test_section sections[] = {
		{ .name = ".debug_info", .type = SHT_PROGBITS, .flags = SHF_COMPRESSED,
		  .bytes = "0123456", .size = 7 },
		{ .name = ".zdebug_line", .type = SHT_PROGBITS, .bytes = "01234", .size = 5 },
		{ .name = ".debug_str", .type = SHT_PROGBITS, .bytes = "0123456789", .size = 10 },
		{ .name = ".other", .type = SHT_PROGBITS, .flags = SHF_COMPRESSED, .bytes = "01",
		  .size = 2 },
	};
	parse(&(struct test_elf){ .type = ET_EXEC, .sections = sections, .section_count = 4 });
	ck_assert_uint_eq(elffile_packed_dwarf(&elf), 12);
}
END_TEST

START_TEST(bytes_end_with_the_file_part_of_a_segment)
{
	parse_exe();
	struct bytes bytes = elffile_at(&elf, 0x401004);
	ck_assert_uint_eq(bytes.size, 12);
	ck_assert_mem_eq(bytes.data, "456789abcdef", 12);
	ck_assert_uint_eq(elffile_at(&elf, 0x401010).size, 0);
	ck_assert_uint_eq(elffile_at(&elf, 0x400fff).size, 0);
}
END_TEST

START_TEST(file_offset_has_an_address)
{
	parse_exe();
	uint64_t addr;
	ck_assert(elffile_address(&elf, elf.segments[0].offset + 15, &addr));
	ck_assert_uint_eq(addr, 0x40100f);
	ck_assert(!elffile_address(&elf, elf.segments[0].offset + 16, &addr));
}
END_TEST

START_TEST(build_ids_are_read)
{
	test_note(&notes, "GNU", 99, "no", 2);
	test_note(&notes, "GNU", NT_GNU_BUILD_ID, "\x01\xab\xff", 3);
	str_add_bytes(&notes, "\4\0\0\0\3\0\0\0\4\0\0\0Go\0\0x/y\0", 20);
	parse_exe();
	ck_assert_str_eq(elf.build_id, "01abff");
	ck_assert_str_eq(elf.go_build_id, "x/y");
}
END_TEST

START_TEST(note_with_a_wild_size_has_no_id)
{
	const char *build_id = NULL, *go_build_id = NULL;
	str_add_bytes(&notes, "\4\0\0\0\xff\xff\xff\xff\3\0\0\0GNU\0xx", 18);
	elf_note_ids(test_exact(test_bytes(&notes)), &arena, &build_id, &go_build_id);
	ck_assert_ptr_null(build_id);
}
END_TEST

START_TEST(gnu_id_outside_of_pt_note_is_found_in_the_first_page)
{
	test_note(&notes, "GNU", NT_GNU_BUILD_ID, "\x12\x34", 2);
	struct test_segment segment = { .type = PT_NULL, .bytes = notes.text,
					.file_size = notes.size };
	file = test_elf_make(&(struct test_elf){ .type = ET_EXEC, .segments = &segment,
						 .segment_count = 1 });
	const char *build_id = NULL, *go_build_id = NULL;
	elf_header_ids(test_exact(test_bytes(&file)), &arena, &build_id, &go_build_id);
	ck_assert_str_eq(build_id, "1234");
}
END_TEST

START_TEST(symbols_are_found_in_one_pass)
{
	add_symbol("runtime.allgs", STB_GLOBAL, STT_OBJECT, 0x500000, 24);
	add_symbol("runtime.allm", STB_GLOBAL, STT_OBJECT, 0x500100, 8);
	parse_exe();
	struct elf_symbol asked[] = { { .name = "runtime.allm" },
				      { .name = "runtime.all" },
				      { .name = "runtime.allgs" },
				      { .name = "runtime.allm" } };
	ck_assert_uint_eq(elffile_symbols(&elf, asked, 4), 3);
	ck_assert_uint_eq(asked[0].value, 0x500100);
	ck_assert(!asked[1].found);
	ck_assert_uint_eq(asked[2].size, 24);
	ck_assert(asked[3].found);
	ck_assert(elf.has_symtab);
}
END_TEST

START_TEST(function_holds_its_addresses)
{
	uint64_t offset;
	add_symbol("b", STB_GLOBAL, STT_FUNC, 0x2000, 0x10);
	add_symbol("a", STB_GLOBAL, STT_FUNC, 0x1000, 0x10);
	add_symbol("data", STB_GLOBAL, STT_OBJECT, 0x1800, 0x10);
	parse_exe();
	ck_assert_str_eq(elffile_function_at(&elf, 0x100f, &offset), "a");
	ck_assert_uint_eq(offset, 0xf);
	ck_assert_str_eq(elffile_function_at(&elf, 0x2000, &offset), "b");
	ck_assert_ptr_null(elffile_function_at(&elf, 0x1010, &offset));
	ck_assert_ptr_null(elffile_function_at(&elf, 0x1800, &offset));
	ck_assert_ptr_null(elffile_function_at(&elf, 0xfff, &offset));
}
END_TEST

START_TEST(plain_global_name_wins)
{
	uint64_t offset;
	add_symbol("local", STB_LOCAL, STT_FUNC, 0x1000, 0x10);
	add_symbol("__abort", STB_GLOBAL, STT_FUNC, 0x1000, 0x10);
	add_symbol("abort", STB_GLOBAL, STT_FUNC, 0x1000, 0x10);
	parse_exe();
	ck_assert_str_eq(elffile_function_at(&elf, 0x1004, &offset), "abort");
}
END_TEST

START_TEST(name_beyond_the_strings_is_empty)
{
	add_symbol("x", STB_GLOBAL, STT_FUNC, 0x1000, 0x10);
	test_set32(&symbols, sizeof(Elf64_Sym), 0xffffffff);
	parse_exe();
	ck_assert_str_eq(elffile_function_at(&elf, 0x1000, NULL), "");
}
END_TEST

START_TEST(sections_are_found_by_name)
{
	uint64_t addr = 0;
	parse_exe();
	struct bytes bytes = elffile_section(&elf, ".go.buildinfo", &addr);
	ck_assert_uint_eq(bytes.size, 4);
	ck_assert_mem_eq(bytes.data, "info", 4);
	ck_assert_uint_eq(addr, 0x402000);
	ck_assert_uint_eq(elffile_section(&elf, ".text", NULL).size, 0);
}
END_TEST

START_TEST(debug_half_of_a_split_file_is_known)
{
	struct test_segment segment = { .type = PT_LOAD, .flags = PF_R | PF_X, .addr = 0x401000,
					.bytes = "garbage", .file_size = 7 };
	struct test_section section = { .name = ".text", .type = SHT_NOBITS,
					.flags = SHF_ALLOC | SHF_EXECINSTR, .size = 0x1000 };
	parse(&(struct test_elf){ .type = ET_EXEC, .segments = &segment, .segment_count = 1,
				  .sections = &section, .section_count = 1 });
	ck_assert(elf.debug_only);
	ck_assert_uint_eq(elffile_at(&elf, 0x401000).size, 0);
}
END_TEST

START_TEST(static_pie_is_not_dynamic)
{
	const uint64_t dynamic[] = { DT_HASH, 1, DT_NULL, 0, DT_NEEDED, 1 };
	struct test_segment segment = { .type = PT_DYNAMIC, .bytes = dynamic,
					.file_size = sizeof(dynamic) };
	parse(&(struct test_elf){ .type = ET_DYN, .segments = &segment, .segment_count = 1 });
	ck_assert(elf.pie);
	ck_assert(!elf.dynamic);
}
END_TEST

START_TEST(library_that_is_needed_makes_it_dynamic)
{
	const uint64_t dynamic[] = { DT_HASH, 1, DT_NEEDED, 1, DT_NULL, 0 };
	struct test_segment segment = { .type = PT_DYNAMIC, .bytes = dynamic,
					.file_size = sizeof(dynamic) };
	parse(&(struct test_elf){ .type = ET_DYN, .segments = &segment, .segment_count = 1 });
	ck_assert(elf.dynamic);
}
END_TEST

START_TEST(what_is_no_executable_is_named)
{
	struct bytes text = { (const uint8_t *)"#!/bin/sh\n", 10 };
	ck_assert(!elffile_parse(text, "x", &arena, &elf, &err));
	ck_assert_str_eq(err.text, "x: is not an ELF executable but a script");
	struct test_segment segment = { .type = PT_NOTE };
	file = test_elf_make(&(struct test_elf){ .type = ET_CORE, .segments = &segment,
						 .segment_count = 1 });
	ck_assert(!elffile_parse(test_bytes(&file), "x", &arena, &elf, &err));
	ck_assert_str_eq(err.text, "x: is not an ELF executable but an ELF core");
}
END_TEST

START_TEST(every_cut_is_survived)
{
	add_symbol("a", STB_GLOBAL, STT_FUNC, 0x1000, 0x10);
	test_note(&notes, "GNU", NT_GNU_BUILD_ID, "\x01\xab\xff", 3);
	parse_exe();
	for (size_t n = 0; n < file.size; n++) {
		struct elffile cut;
		struct bytes bytes = { (const uint8_t *)file.text, n };
		if (!elffile_parse(test_exact(bytes), "exe", &arena, &cut, &err))
			continue;
		struct elf_symbol asked = { .name = "a" };
		elffile_symbols(&cut, &asked, 1);
		elffile_function_at(&cut, 0x1004, NULL);
		elffile_at(&cut, 0x401000);
	}
}
END_TEST

START_TEST(this_program_itself_can_be_read)
{
	ck_assert_msg(elffile_open("/proc/self/exe", &arena, &elf, &err), "%s", err.text);
	struct elf_symbol asked = { .name = "main" };
	ck_assert_uint_eq(elffile_symbols(&elf, &asked, 1), 1);
	uint64_t offset;
	ck_assert_str_eq(elffile_function_at(&elf, asked.value + 1, &offset), "main");
	ck_assert(elffile_at(&elf, asked.value).size > 0);
	elffile_close(&elf);
	elffile_close(NULL);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		segments_and_header_are_read,
		compressed_dwarf_is_counted,
		bytes_end_with_the_file_part_of_a_segment,
		file_offset_has_an_address,
		build_ids_are_read,
		note_with_a_wild_size_has_no_id,
		gnu_id_outside_of_pt_note_is_found_in_the_first_page,
		symbols_are_found_in_one_pass,
		function_holds_its_addresses,
		plain_global_name_wins,
		name_beyond_the_strings_is_empty,
		sections_are_found_by_name,
		debug_half_of_a_split_file_is_known,
		static_pie_is_not_dynamic,
		library_that_is_needed_makes_it_dynamic,
		what_is_no_executable_is_named,
		every_cut_is_survived,
		this_program_itself_can_be_read,
	};
	return test_run("elffile", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
