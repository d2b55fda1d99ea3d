/* DWARF as Go writes it: layouts, globals, and the variable that a register holds. */
#include "formats/dwarf.h"

#include "formats/dwarf_vars.h"
#include "tests/unit/makedwarf.h"
#include "tests/unit/testrun.h"

enum { INT = 2, UINT64 = 11 };
enum { CODE = 0x1000, CODE_END = 0x2000, RAX = 0, RBX = 3, RCX = 2, RDI = 5 };

static struct arena arena;
static struct elffile elf;
static struct dwarf *dwarf;

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

static void open_dwarf(struct make_dwarf *d)
{
	ck_assert(make_elf(d, &arena, &elf));
	ck_assert(dwarf_open(&elf, &dwarf, NULL));
}

/* --- layouts and globals */

/* runtime.g { stack runtime.stack { lo, hi }; goid; flag }, behind a typedef. */
static void make_runtime(struct make_dwarf *d)
{
	make_unit(d, "runtime", CODE, CODE_END);
	uint32_t uint64 = make_base(d, "uint64", 8, UINT64);
	uint32_t byte = make_base(d, "uint8", 1, 8);
	uint32_t stack = make_struct(d, "runtime.stack", 16, DWARF_KIND_STRUCT);
	make_member(d, "lo", 0, uint64);
	make_member(d, "hi", 8, uint64);
	make_end(d);
	uint32_t g = make_struct(d, "runtime.g", 0x28, DWARF_KIND_STRUCT);
	make_member(d, "stack", 0, stack);
	make_member(d, "goid", 0x18, uint64);
	make_member(d, "flag", 0x20, byte);
	make_end(d);
	make_typedef(d, "runtime.guintptr", uint64, 0);
	make_global(d, "runtime.g0", g, 0x5000);
	make_unit_end(d);
	make_unit(d, "main", CODE_END, CODE_END);
	make_struct(d, "main.T", 8, DWARF_KIND_STRUCT);
	make_member(d, "x", 0, uint64);
	make_end(d);
	make_global(d, "main.v", uint64, 0x6000);
	make_unit_end(d);
}

static void open_runtime(unsigned version)
{
	struct make_dwarf d = { .version = version };
	make_runtime(&d);
	open_dwarf(&d);
}

START_TEST(executables_without_dwarf_are_refused)
{
	struct error err = ERROR_INIT;
	struct str file = test_elf_make(&(struct test_elf){ .type = ET_EXEC });
	ck_assert(elffile_parse(test_exact(test_bytes(&file)), "test", &arena, &elf, NULL));
	str_release(&file);
	ck_assert(!dwarf_open(&elf, &dwarf, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
}
END_TEST

START_TEST(fields_are_found_through_nested_structs)
{
	uint64_t offset, size;
	open_runtime(5);
	ck_assert(dwarf_field(dwarf, "runtime.g", "stack.hi", &offset, &size));
	ck_assert_uint_eq(offset, 8);
	ck_assert_uint_eq(size, 8);
	ck_assert(dwarf_field(dwarf, "runtime.g", "stack", &offset, &size));
	ck_assert_uint_eq(size, 16);
	ck_assert(dwarf_field(dwarf, "runtime.g", "flag", &offset, &size));
	ck_assert_uint_eq(offset, 0x20);
	ck_assert_uint_eq(size, 1);
}
END_TEST

START_TEST(version_4_reads_the_same)
{
	uint64_t offset, size;
	open_runtime(4);
	ck_assert(dwarf_field(dwarf, "runtime.g", "goid", &offset, &size));
	ck_assert_uint_eq(offset, 0x18);
}
END_TEST

START_TEST(missing_fields_and_structs_are_not_found)
{
	uint64_t offset, size;
	open_runtime(5);
	ck_assert(!dwarf_field(dwarf, "runtime.g", "stac", &offset, &size));
	ck_assert(!dwarf_field(dwarf, "runtime.g", "stack.", &offset, &size));
	ck_assert(!dwarf_field(dwarf, "runtime.g", "goid.x", &offset, &size));
	ck_assert(!dwarf_field(dwarf, "runtime.m", "goid", &offset, &size));
	ck_assert(!dwarf_struct_size(dwarf, "uint64", &size));
}
END_TEST

START_TEST(structs_of_other_units_are_found)
{
	uint64_t size;
	open_runtime(5);
	ck_assert(dwarf_struct_size(dwarf, "main.T", &size));
	ck_assert_uint_eq(size, 8);
	ck_assert(dwarf_struct_size(dwarf, "runtime.g", &size));
	ck_assert_uint_eq(size, 0x28);
}
END_TEST

START_TEST(globals_have_address_and_size)
{
	uint64_t addr, size;
	open_runtime(5);
	ck_assert(dwarf_variable(dwarf, "runtime.g0", &addr, &size));
	ck_assert_uint_eq(addr, 0x5000);
	ck_assert_uint_eq(size, 0x28);
	ck_assert(dwarf_variable(dwarf, "main.v", &addr, &size));
	ck_assert_uint_eq(addr, 0x6000);
	ck_assert(!dwarf_variable(dwarf, "runtime.g", &addr, &size));
}
END_TEST

static bool list_member(void *data, const char *path, uint64_t offset, uint64_t size)
{
	str_printf(data, "%s@%d:%d ", path, (int)offset, (int)size);
	return true;
}

START_TEST(members_are_listed_with_nested_ones)
{
	_cleanup_str_ struct str list = { 0 };
	open_runtime(5);
	ck_assert(dwarf_members(dwarf, "runtime.g", list_member, &list));
	ck_assert_str_eq(str_text(&list),
			 "stack@0:16 stack.lo@0:8 stack.hi@8:8 goid@24:8 flag@32:1 ");
}
END_TEST

START_TEST(typedefs_in_a_circle_have_no_size)
{
	uint64_t size;
	struct make_dwarf d = { .version = 5 };
	make_unit(&d, "runtime", CODE, CODE_END);
	uint32_t first = make_typedef(&d, "main.A", (uint32_t)d.info.size, 0);
	make_typedef(&d, "main.B", first, 0);
	make_unit_end(&d);
	open_dwarf(&d);
	ck_assert(!dwarf_struct_size(dwarf, "main.A", &size));
	ck_assert(!dwarf_struct_size(dwarf, "main.B", &size));
}
END_TEST

START_TEST(structs_that_hold_themselves_are_listed_to_a_bound)
{
	_cleanup_str_ struct str list = { 0 };
	struct make_dwarf d = { .version = 5 };
	make_unit(&d, "runtime", CODE, CODE_END);
	uint32_t self = make_struct(&d, "main.A", 8, DWARF_KIND_STRUCT);
	make_member(&d, "a", 0, self);
	make_end(&d);
	make_unit_end(&d);
	open_dwarf(&d);
	ck_assert(dwarf_members(dwarf, "main.A", list_member, &list));
	struct dwarf_type type;
	struct dwarf_word word;
	ck_assert(dwarf_type_find(dwarf, "main.A", &type));
	ck_assert(!dwarf_type_field(dwarf, type, 0, &arena, &word));
}
END_TEST

START_TEST(every_cut_of_the_section_is_survived)
{
	struct make_dwarf whole = { .version = 5 };
	make_runtime(&whole);
	size_t size = whole.info.size;
	for (size_t cut = 0; cut < size; cut++) {
		struct make_dwarf d = { .version = 5 };
		uint64_t offset, bytes;
		str_add_bytes(&d.info, whole.info.text, cut);
		ck_assert(make_elf(&d, &arena, &elf));
		if (dwarf_open(&elf, &dwarf, NULL)) {
			(void)dwarf_field(dwarf, "runtime.g", "stack.hi", &offset, &bytes);
			dwarf_close(dwarf);
		}
		dwarf = NULL;
		elffile_close(&elf);
	}
	str_release(&whole.info);
	open_runtime(5);
}
END_TEST

/* --- variables */

struct types {
	uint32_t integer, config, config_pointer, server_pointer, string, error, names;
};

/* main.Config { Timeout int @0x18; Name string @0x20; Next *Config @0x30; Limits { Hard } @0x38;
 * Names []string @0x40; Err error @0x58; Pair [2]int @0x68 }; main.Server { id; cfg *Config }. */
static struct types make_types(struct make_dwarf *d)
{
	struct types t;
	t.integer = make_base(d, "int", 8, INT);
	uint32_t byte = make_base(d, "uint8", 1, 8);
	uint32_t bytes = make_pointer(d, "*uint8", byte);
	t.string = make_struct(d, "string", 16, DWARF_KIND_STRING);
	make_member(d, "str", 0, bytes);
	make_member(d, "len", 8, t.integer);
	make_end(d);
	uint32_t strings = make_pointer(d, "*string", t.string);
	t.names = make_struct(d, "[]string", 24, DWARF_KIND_SLICE);
	make_member(d, "array", 0, strings);
	make_member(d, "len", 8, t.integer);
	make_member(d, "cap", 16, t.integer);
	make_end(d);
	uint32_t iface = make_struct(d, "runtime.iface", 16, DWARF_KIND_STRUCT);
	make_member(d, "tab", 0, bytes);
	make_member(d, "data", 8, bytes);
	make_end(d);
	t.error = make_typedef(d, "error", iface, DWARF_KIND_INTERFACE);
	uint32_t limits = make_struct(d, "main.Limits", 8, DWARF_KIND_STRUCT);
	make_member(d, "Hard", 0, t.integer);
	make_end(d);
	uint32_t pair = make_array(d, "[2]int", t.integer, 16);
	t.config_pointer = make_pointer(d, "*main.Config", 0);
	t.config = make_struct(d, "main.Config", 0x78, DWARF_KIND_STRUCT);
	make_member(d, "Timeout", 0x18, t.integer);
	make_member(d, "Name", 0x20, t.string);
	make_member(d, "Next", 0x30, t.config_pointer);
	make_member(d, "Limits", 0x38, limits);
	make_member(d, "Names", 0x40, t.names);
	make_member(d, "Err", 0x58, t.error);
	make_member(d, "Pair", 0x68, pair);
	make_end(d);
	make_point(d, t.config_pointer, t.config);
	uint32_t server = make_struct(d, "main.Server", 16, DWARF_KIND_STRUCT);
	make_member(d, "id", 0, t.integer);
	make_member(d, "cfg", 8, t.config_pointer);
	make_end(d);
	t.server_pointer = make_pointer(d, "*main.Server", server);
	return t;
}

/* Opens a program whose function main.f, [0x1000, 0x1100), holds what MAKE adds. */
static void open_function(unsigned version, void (*make)(struct make_dwarf *, const struct types *))
{
	struct make_dwarf d = { .version = version };
	make_unit(&d, "runtime", CODE, CODE);
	struct types t = make_types(&d);
	make_unit_end(&d);
	make_unit(&d, "main", CODE, CODE_END);
	make_function(&d, "main.f", 0x1000, 0x1100);
	make(&d, &t);
	make_end(&d);
	make_unit_end(&d);
	open_dwarf(&d);
}

/* The path of what lies DISPLACEMENT behind the word in register NUMBER at PC; "" for none. */
static const char *behind(uint64_t pc, unsigned number, uint64_t displacement)
{
	struct dwarf_word word;
	if (!dwarf_word_in_register(dwarf, pc, number, &arena, &word) ||
	    !dwarf_word_behind(dwarf, &word, displacement, &arena, &word))
		return "";
	return word.path;
}

static const char *in_register(uint64_t pc, unsigned number)
{
	struct dwarf_word word;
	return dwarf_word_in_register(dwarf, pc, number, &arena, &word) ? word.path : "";
}

static void make_pointer_in_rax(struct make_dwarf *d, const struct types *t)
{
	make_variable(d, "p", t->config_pointer, "\x50");
}

START_TEST(a_pointer_in_a_register_is_named_with_its_type)
{
	struct dwarf_word word;
	open_function(5, make_pointer_in_rax);
	ck_assert(dwarf_word_in_register(dwarf, 0x1010, RAX, &arena, &word));
	ck_assert_str_eq(word.path, "p");
	ck_assert_str_eq(word.type_name, "*main.Config");
	ck_assert_int_eq(word.kind, DWARF_KIND_POINTER);
	ck_assert(!dwarf_word_in_register(dwarf, 0x1010, RBX, &arena, &word));
	ck_assert(!dwarf_word_in_register(dwarf, 0x1100, RAX, &arena, &word));
	ck_assert(!dwarf_word_in_register(dwarf, 0xfff, RAX, &arena, &word));
}
END_TEST

START_TEST(a_displacement_names_the_field)
{
	open_function(5, make_pointer_in_rax);
	ck_assert_str_eq(behind(0x1000, RAX, 0x18), "p.Timeout");
	ck_assert_str_eq(behind(0x1000, RAX, 0x1c), "p.Timeout");
	ck_assert_str_eq(behind(0x1000, RAX, 0x38), "p.Limits.Hard");
	ck_assert_str_eq(behind(0x1000, RAX, 0x20), "p.Name");
	ck_assert_str_eq(behind(0x1000, RAX, 0x28), "len(p.Name)");
	ck_assert_str_eq(behind(0x1000, RAX, 0x40), "p.Names");
	ck_assert_str_eq(behind(0x1000, RAX, 0x50), "cap(p.Names)");
	ck_assert_str_eq(behind(0x1000, RAX, 0x58), "p.Err");
	ck_assert_str_eq(behind(0x1000, RAX, 0x70), "p.Pair[1]");
}
END_TEST

START_TEST(padding_and_what_lies_outside_have_no_name)
{
	open_function(5, make_pointer_in_rax);
	ck_assert_str_eq(behind(0x1000, RAX, 0x8), "");
	ck_assert_str_eq(behind(0x1000, RAX, 0x78), "");
	ck_assert_str_eq(behind(0x1000, RAX, UINT64_MAX), "");
}
END_TEST

START_TEST(fields_chain)
{
	struct dwarf_word word;
	open_function(5, make_pointer_in_rax);
	ck_assert(dwarf_word_in_register(dwarf, 0x1000, RAX, &arena, &word));
	ck_assert(dwarf_word_behind(dwarf, &word, 0x30, &arena, &word));
	ck_assert_str_eq(word.path, "p.Next");
	ck_assert_str_eq(word.type_name, "*main.Config");
	ck_assert(dwarf_word_behind(dwarf, &word, 0x40, &arena, &word));
	ck_assert_int_eq(word.part, DWARF_DATA);
	ck_assert(dwarf_word_behind(dwarf, &word, 0x18, &arena, &word));
	ck_assert_str_eq(word.path, "len(p.Next.Names[1])");
	ck_assert_int_eq(word.part, DWARF_LENGTH);
	ck_assert(!dwarf_word_behind(dwarf, &word, 0, &arena, &word));
}
END_TEST

static void make_listed_pointer(struct make_dwarf *d, const struct types *t)
{
	make_listed(d, "p", t->config_pointer, 0x1010, 0x1020, "\x52");
}

START_TEST(location_lists_hold_from_start_to_end)
{
	open_function(5, make_listed_pointer);
	ck_assert_str_eq(in_register(0x100f, RCX), "");
	ck_assert_str_eq(in_register(0x1010, RCX), "p");
	ck_assert_str_eq(in_register(0x101f, RCX), "p");
	ck_assert_str_eq(in_register(0x1020, RCX), "");
}
END_TEST

START_TEST(location_lists_of_version_4_count_from_the_unit)
{
	open_function(4, make_listed_pointer);
	ck_assert_str_eq(in_register(0x100f, RCX), "");
	ck_assert_str_eq(in_register(0x1010, RCX), "p");
	ck_assert_str_eq(in_register(0x1020, RCX), "");
}
END_TEST

/* A slice with its length lost; an error with its words in rbx and rcx. */
static void make_pieces(struct make_dwarf *d, const struct types *t)
{
	make_variable(d, "s", t->names, "\x50\x93\x08\x93\x08\x55\x93\x08");
	make_variable(d, "err", t->error, "\x53\x93\x08\x52\x93\x08");
}

START_TEST(pieces_name_the_part_that_a_register_holds)
{
	struct dwarf_word word;
	open_function(5, make_pieces);
	ck_assert_str_eq(in_register(0x1000, RDI), "cap(s)");
	ck_assert_str_eq(behind(0x1000, RAX, 0x20), "s[2]");
	ck_assert_str_eq(behind(0x1000, RAX, 0x28), "len(s[2])");
	ck_assert(dwarf_word_in_register(dwarf, 0x1000, RBX, &arena, &word));
	ck_assert_str_eq(word.path, "err");
	ck_assert_str_eq(word.type_name, "error");
	ck_assert_int_eq(word.part, DWARF_DYNAMIC_TYPE);
	ck_assert_str_eq(behind(0x1000, RBX, 0x18), "");
}
END_TEST

static void make_in_frame(struct make_dwarf *d, const struct types *t)
{
	make_variable(d, "p", t->config_pointer, "\x91\x40");
	make_variable(d, "arg", t->names, "\x9c");
	make_variable(d, "data.ptr", t->config_pointer, "\x91\x48");
	make_variable(d, "~r0", t->config_pointer, "\x91\x50");
}

START_TEST(variables_in_memory_are_found_by_offset_from_the_cfa)
{
	struct dwarf_word word;
	open_function(5, make_in_frame);
	ck_assert(dwarf_word_in_frame(dwarf, 0x1000, -64, &arena, &word));
	ck_assert_str_eq(word.path, "p");
	ck_assert(dwarf_word_in_frame(dwarf, 0x1000, 16, &arena, &word));
	ck_assert_str_eq(word.path, "cap(arg)");
	ck_assert(!dwarf_word_in_frame(dwarf, 0x1000, 24, &arena, &word));
	ck_assert(!dwarf_word_in_frame(dwarf, 0x1000, -72, &arena, &word));
	/* names that the program does not have */
	ck_assert(!dwarf_word_in_frame(dwarf, 0x1000, -56, &arena, &word));
	ck_assert(!dwarf_word_in_frame(dwarf, 0x1000, -48, &arena, &word));
}
END_TEST

static void make_escaped(struct make_dwarf *d, const struct types *t)
{
	make_variable(d, "&c", t->config_pointer, "\x50");
}

START_TEST(escaped_variables_are_named_without_their_cell)
{
	struct dwarf_word word;
	open_function(5, make_escaped);
	ck_assert(dwarf_word_in_register(dwarf, 0x1000, RAX, &arena, &word));
	ck_assert_str_eq(word.path, "c");
	ck_assert_str_eq(word.type_name, "main.Config");
	ck_assert(word.escaped);
	ck_assert_str_eq(behind(0x1000, RAX, 0x18), "c.Timeout");
}
END_TEST

/* n and q share rax; q is an address. In the block x shadows, in another function's place. */
static void make_scopes(struct make_dwarf *d, const struct types *t)
{
	make_variable(d, "n", t->integer, "\x50");
	make_variable(d, "q", t->config_pointer, "\x50");
	make_block(d, 0x1010, 0x1020);
	make_variable(d, "n", t->integer, "\x50");
	make_end(d);
	make_block(d, 0x1020, 0x1030);
	make_variable(d, "x", t->server_pointer, "\x50");
	make_end(d);
}

START_TEST(addresses_come_before_numbers_and_inner_scopes_before_outer_ones)
{
	open_function(5, make_scopes);
	ck_assert_str_eq(in_register(0x1000, RAX), "q");
	ck_assert_str_eq(in_register(0x1010, RAX), "q");
	ck_assert_str_eq(in_register(0x1020, RAX), "x");
	ck_assert_str_eq(in_register(0x1030, RAX), "q");
}
END_TEST

START_TEST(formals_of_inlined_calls_take_their_name_from_the_origin)
{
	struct make_dwarf d = { .version = 5 };
	struct dwarf_word word;
	make_unit(&d, "runtime", CODE, CODE_END);
	struct types t = make_types(&d);
	uint32_t get = make_die(&d, MAKE_ABSTRACT, "main.(*Config).get");
	str_add_char(&d.info, 1);
	uint32_t receiver = make_die(&d, MAKE_ABSTRACT_FORMAL, "c");
	test_put32(&d.info, t.config_pointer);
	make_end(&d);
	make_function(&d, "main.f", 0x1000, 0x1100);
	make_die(&d, MAKE_INLINED, NULL);
	test_put32(&d.info, get);
	make_range(&d, 0x1010, 0x1020);
	make_die(&d, MAKE_FORMAL, NULL);
	test_put32(&d.info, receiver);
	make_block1(&d, "\x50", 1);
	make_end(&d);
	make_end(&d);
	make_unit_end(&d);
	open_dwarf(&d);
	ck_assert(dwarf_word_in_register(dwarf, 0x1010, RAX, &arena, &word));
	ck_assert_str_eq(word.path, "c");
	ck_assert(word.parameter);
	ck_assert_str_eq(in_register(0x1000, RAX), "");
}
END_TEST

static void make_captured(struct make_dwarf *d, const struct types *t)
{
	make_die(d, MAKE_CAPTURED, "&s");
	test_put32(&d->info, t->server_pointer);
	str_add_char(&d->info, 16);
}

START_TEST(captured_variables_are_found_by_their_place_in_the_closure)
{
	struct dwarf_word word;
	open_function(5, make_captured);
	ck_assert(!dwarf_word_in_closure(dwarf, 0x1000, 8, &arena, &word));
	ck_assert(dwarf_word_in_closure(dwarf, 0x1000, 16, &arena, &word));
	ck_assert(dwarf_word_behind(dwarf, &word, 8, &arena, &word));
	ck_assert_str_eq(word.path, "s.cfg");
}
END_TEST

static void make_lost(struct make_dwarf *d, const struct types *t)
{
	make_variable(d, "gone", t->config_pointer, "");
	make_variable(d, "odd", t->config_pointer, "\x70\x08"); /* DW_OP_breg0: Go has none */
}

START_TEST(variables_that_are_optimized_away_or_not_understood_are_not_found)
{
	open_function(5, make_lost);
	ck_assert_str_eq(in_register(0x1000, RAX), "");
}
END_TEST

static void make_pointers(struct make_dwarf *d, const struct types *t)
{
	make_die(d, MAKE_VARIABLE, "pp");
	test_put32(&d->info, (uint32_t)d->info.size + 4 + 2); /* the pointer type made next */
	make_block1(d, "\x50", 1);
	make_pointer(d, "**main.Config", t->config_pointer);
}

START_TEST(pointers_to_pointers_are_written_as_in_go)
{
	struct dwarf_word word;
	open_function(5, make_pointers);
	ck_assert(dwarf_word_in_register(dwarf, 0x1000, RAX, &arena, &word));
	ck_assert(dwarf_word_behind(dwarf, &word, 0, &arena, &word));
	ck_assert_str_eq(word.path, "*pp");
	ck_assert(dwarf_word_behind(dwarf, &word, 0x18, &arena, &word));
	ck_assert_str_eq(word.path, "(*pp).Timeout");
}
END_TEST

START_TEST(package_level_variables_are_found_by_address)
{
	struct dwarf_word word;
	struct make_dwarf d = { .version = 5 };
	make_unit(&d, "runtime", CODE, CODE_END);
	struct types t = make_types(&d);
	make_global(&d, "main.current", t.server_pointer, 0x5000);
	make_global(&d, "main.config", t.config, 0x6000);
	make_unit_end(&d);
	open_dwarf(&d);
	ck_assert(dwarf_word_in_data(dwarf, 0x5000, &arena, &word));
	ck_assert(dwarf_word_behind(dwarf, &word, 8, &arena, &word));
	ck_assert_str_eq(word.path, "main.current.cfg");
	ck_assert(dwarf_word_in_data(dwarf, 0x6030, &arena, &word));
	ck_assert_str_eq(word.path, "main.config.Next");
	ck_assert(!dwarf_word_in_data(dwarf, 0x5008, &arena, &word));
}
END_TEST

START_TEST(types_are_asked_by_name)
{
	struct make_dwarf d = { .version = 5 };
	struct dwarf_type type;
	struct dwarf_word field;
	make_unit(&d, "runtime", CODE, CODE_END);
	make_types(&d);
	make_unit_end(&d);
	open_dwarf(&d);
	ck_assert(dwarf_type_find(dwarf, "main.Server", &type));
	ck_assert_uint_eq(dwarf_type_size(dwarf, type), 16);
	ck_assert(dwarf_type_field(dwarf, type, 8, &arena, &field));
	ck_assert_str_eq(field.path, "cfg");
	type = dwarf_type_target(dwarf, field.type);
	ck_assert_uint_eq(dwarf_type_size(dwarf, type), 0x78);
	ck_assert(!dwarf_type_find(dwarf, "main.Nothing", &type));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		executables_without_dwarf_are_refused,
		fields_are_found_through_nested_structs,
		version_4_reads_the_same,
		missing_fields_and_structs_are_not_found,
		structs_of_other_units_are_found,
		globals_have_address_and_size,
		members_are_listed_with_nested_ones,
		typedefs_in_a_circle_have_no_size,
		structs_that_hold_themselves_are_listed_to_a_bound,
		every_cut_of_the_section_is_survived,
		a_pointer_in_a_register_is_named_with_its_type,
		a_displacement_names_the_field,
		padding_and_what_lies_outside_have_no_name,
		fields_chain,
		location_lists_hold_from_start_to_end,
		location_lists_of_version_4_count_from_the_unit,
		pieces_name_the_part_that_a_register_holds,
		variables_in_memory_are_found_by_offset_from_the_cfa,
		escaped_variables_are_named_without_their_cell,
		addresses_come_before_numbers_and_inner_scopes_before_outer_ones,
		formals_of_inlined_calls_take_their_name_from_the_origin,
		captured_variables_are_found_by_their_place_in_the_closure,
		variables_that_are_optimized_away_or_not_understood_are_not_found,
		pointers_to_pointers_are_written_as_in_go,
		package_level_variables_are_found_by_address,
		types_are_asked_by_name,
	};
	return test_run("dwarf", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
