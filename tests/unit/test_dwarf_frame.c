/* The variables of a function at a pc, and facts of types. */
#include "formats/dwarf_frame.h"

#include "tests/unit/makedwarf.h"
#include "tests/unit/testrun.h"

static struct arena arena;
static struct elffile elf;
static struct dwarf *dwarf;
static struct dwarf_scopes scopes;
static uint32_t int_type, slice_type, pointer_type, bare_type, complex_type, struct_type,
	padded_type, string_type;

static void setup(void)
{
	arena_init(&arena);
}

static void teardown(void)
{
	dwarf_close(dwarf);
	dwarf = NULL;
	elffile_close(&elf);
	arena_release(&arena);
}

/* A unit with some types and main.work in [0x1000, 0x1100), whose inside BODY makes. */
static void open_body(unsigned version, void (*body)(struct make_dwarf *d))
{
	struct make_dwarf d = { .version = version };
	make_unit(&d, "main", 0x1000, 0x2000);
	int_type = make_base(&d, "int", 8, 2);
	complex_type = make_base(&d, "complex128", 16, 16);
	slice_type = make_struct(&d, "[]int", 24, 23);
	make_end(&d);
	struct_type = make_struct(&d, "example.com/shop.Config", 16, 25);
	make_member(&d, "A", 0, int_type);
	make_member(&d, "B", 8, int_type);
	make_end(&d);
	pointer_type = make_pointer(&d, "*int", int_type);
	bare_type = make_die(&d, MAKE_BARE_POINTER, "unsafe.Pointer");
	string_type = make_struct(&d, "string", 16, 24);
	make_member(&d, "str", 0, pointer_type);
	make_member(&d, "len", 8, int_type);
	make_end(&d);
	uint32_t narrow = make_base(&d, "int32", 4, 5);
	padded_type = make_struct(&d, "main.padded", 24, 25);
	make_member(&d, "A", 0, narrow);
	make_member(&d, "B", 8, int_type);
	make_member(&d, "C", 16, narrow);
	make_end(&d);
	make_global(&d, "main.count", int_type, 0x5000);
	make_function(&d, "main.work", 0x1000, 0x1100);
	body(&d);
	make_end(&d);
	make_unit_end(&d);
	ck_assert(make_elf(&d, &arena, &elf));
	ck_assert(dwarf_open(&elf, &dwarf, NULL));
}

static const struct dwarf_local *local(size_t level, const char *name)
{
	ck_assert_uint_gt(scopes.count, level);
	for (size_t i = 0; i < scopes.items[level].count; i++)
		if (strcmp(scopes.items[level].locals[i].name, name) == 0)
			return &scopes.items[level].locals[i];
	return NULL;
}

static void in_memory(struct make_dwarf *d)
{
	make_variable(d, "x", int_type, "\x91\x70"); /* fbreg -16 */
	make_variable(d, "s", slice_type, "\x91\x40\x93\x08\x93\x08\x91\x48\x93\x08");
	make_variable(d, "gone", int_type, "");
	make_variable(d, "&moved", pointer_type, "\x9c"); /* call_frame_cfa */
	make_variable(d, "~r0", int_type, "\x9c");
	make_variable(d, ".autotmp_3", int_type, "\x9c");
	make_variable(d, "data.ptr", pointer_type, "\x9c");
}

START_TEST(variables_have_places_in_the_frame)
{
	for (unsigned version = 4; version <= 5; version++) {
		open_body(version, in_memory);
		ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
		ck_assert_uint_eq(scopes.count, 1);
		ck_assert_str_eq(scopes.items[0].function, "main.work");
		const struct dwarf_local *x = local(0, "x");
		ck_assert_uint_eq(x->piece_count, 1);
		ck_assert_int_eq(x->pieces[0].kind, DWARF_PIECE_FRAME);
		ck_assert_int_eq((int64_t)x->pieces[0].where, -16);
		ck_assert_uint_eq(x->pieces[0].size, 8);
		ck_assert(!x->optimized);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(a_piece_without_a_place_is_lost)
{
	open_body(4, in_memory);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	const struct dwarf_local *s = local(0, "s");
	ck_assert_uint_eq(s->piece_count, 3);
	ck_assert_int_eq(s->pieces[1].kind, DWARF_PIECE_LOST);
	ck_assert_uint_eq(s->pieces[2].offset, 16);
	ck_assert_int_eq((int64_t)s->pieces[2].where, -56);
	ck_assert_uint_eq(local(0, "gone")->piece_count, 0);
}
END_TEST

START_TEST(a_moved_variable_is_known_by_its_own_name_and_type)
{
	open_body(4, in_memory);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	const struct dwarf_local *moved = local(0, "moved");
	ck_assert(moved->escaped);
	ck_assert_uint_eq(moved->type.offset, int_type);
}
END_TEST

START_TEST(the_compilers_own_variables_are_left_out)
{
	open_body(4, in_memory);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	ck_assert_uint_eq(scopes.items[0].count, 4);
}
END_TEST

static void in_register(struct make_dwarf *d)
{
	make_listed(d, "r", int_type, 0x1000, 0x1011,
		    "\x50"); /* reg0, up to the call's last byte */
	make_listed(d, "m", int_type, 0x1000, 0x1100, "\x91\x70");
	make_listed(d, "later", int_type, 0x1011, 0x1100, "\x91\x70");
}

START_TEST(a_register_counts_where_the_pc_is_exact)
{
	open_body(5, in_register);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, true, &arena, &scopes));
	ck_assert_int_eq(local(0, "r")->pieces[0].kind, DWARF_PIECE_REGISTER);
	ck_assert(local(0, "r")->optimized);
}
END_TEST

START_TEST(a_register_of_a_caller_is_lost)
{
	open_body(4, in_register);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	ck_assert_int_eq(local(0, "r")->pieces[0].kind, DWARF_PIECE_LOST);
	ck_assert_int_eq(local(0, "m")->pieces[0].kind, DWARF_PIECE_FRAME);
}
END_TEST

START_TEST(what_is_nowhere_before_the_return_address_is_not_yet_defined)
{
	open_body(4, in_register);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	ck_assert_uint_eq(local(0, "later")->piece_count, 0);
}
END_TEST

/* All are nowhere at 0x1010 and somewhere at 0x1011: a parameter in its slot, in a local of the
 * frame, in a register, and what is no parameter. */
static void stored_after(struct make_dwarf *d)
{
	make_listed_as(d, MAKE_LISTED_FORMAL, "slot", int_type, 0x1011, 0x1100, "\x91\x08");
	make_listed_as(d, MAKE_LISTED_FORMAL, "frame", int_type, 0x1011, 0x1100, "\x91\x70");
	make_listed_as(d, MAKE_LISTED_FORMAL, "register", int_type, 0x1011, 0x1100, "\x50");
	make_listed(d, "local", int_type, 0x1011, 0x1100, "\x91\x08");
}

START_TEST(a_parameter_in_its_slot_after_a_call_was_there_before)
{
	open_body(4, stored_after);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	ck_assert_uint_eq(local(0, "slot")->piece_count, 1);
	ck_assert_uint_eq(local(0, "slot")->pieces[0].where, 8);
	ck_assert_uint_eq(local(0, "frame")->piece_count, 0);
	ck_assert_uint_eq(local(0, "register")->piece_count, 0);
	ck_assert_uint_eq(local(0, "local")->piece_count, 0);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, true, &arena, &scopes));
	ck_assert_uint_eq(local(0, "slot")->piece_count, 0);
}
END_TEST

static void in_blocks(struct make_dwarf *d)
{
	make_variable(d, "outer", int_type, "\x91\x70");
	make_block(d, 0x1010, 0x1020);
	make_variable(d, "inner", int_type, "\x91\x68");
	make_end(d);
	make_block(d, 0x1030, 0x1040);
	make_variable(d, "other", int_type, "\x91\x60");
	make_end(d);
}

START_TEST(only_blocks_that_hold_the_pc_count)
{
	open_body(4, in_blocks);
	ck_assert(dwarf_scopes_at(dwarf, 0x1018, false, &arena, &scopes));
	ck_assert_uint_eq(scopes.count, 1);
	ck_assert_uint_eq(local(0, "outer")->depth, 0);
	ck_assert_uint_eq(local(0, "inner")->depth, 1);
	ck_assert_ptr_null(local(0, "other"));
}
END_TEST

/* As Go writes it: the call stands beside the block that it is made in. */
static void with_call_beside_block(struct make_dwarf *d)
{
	uint32_t get = make_die(d, MAKE_ABSTRACT, "main.get");
	str_add_char(&d->info, 1);
	uint32_t key = make_die(d, MAKE_ABSTRACT_FORMAL, "key");
	test_put32(&d->info, int_type);
	make_end(d);
	make_block(d, 0x1010, 0x1020);
	make_variable(d, "i", int_type, "\x91\x68");
	make_block(d, 0x1010, 0x1020);
	make_variable(d, "j", int_type, "\x91\x60");
	make_end(d);
	make_end(d);
	make_die(d, MAKE_INLINED, NULL);
	test_put32(&d->info, get);
	make_range(d, 0x1010, 0x1018);
	make_die(d, MAKE_FORMAL, NULL);
	test_put32(&d->info, key);
	make_block1(d, "\x50", 1);
	make_end(d);
}

START_TEST(a_block_does_not_hide_the_call_beside_it)
{
	open_body(5, with_call_beside_block);
	ck_assert(dwarf_scopes_at(dwarf, 0x1014, true, &arena, &scopes));
	ck_assert_uint_eq(scopes.count, 2);
	ck_assert_str_eq(scopes.items[1].function, "main.get");
	ck_assert_uint_eq(local(0, "i")->depth, 1);
	ck_assert_uint_eq(local(0, "j")->depth, 2);
	ck_assert_ptr_null(local(0, "key"));
	ck_assert_uint_eq(local(1, "key")->depth, 0);
	ck_assert(dwarf_scopes_at(dwarf, 0x101c, true, &arena, &scopes));
	ck_assert_uint_eq(scopes.count, 1);
}
END_TEST

static uint32_t make_inlinable(struct make_dwarf *d, const char *name, const char *variable,
			       uint8_t line)
{
	uint32_t at = make_die(d, MAKE_ABSTRACT, name);
	str_add_char(&d->info, 1);
	make_die(d, MAKE_DECLARED, variable);
	test_put32(&d->info, int_type);
	str_add_char(&d->info, (char)line);
	make_end(d);
	return at;
}

static void make_call(struct make_dwarf *d, uint32_t function, uint64_t lo, uint64_t hi)
{
	make_die(d, MAKE_INLINED, NULL);
	test_put32(&d->info, function);
	make_range(d, lo, hi);
}

static void make_cell(struct make_dwarf *d, const char *name, uint8_t line)
{
	make_listed_as(d, MAKE_DECLARED_LISTED, name, pointer_type, 0x1000, 0x1100, "\x91\x70");
	str_add_char(&d->info, (char)line);
}

/* "one" is called once, in a call of "outer", "two" twice. */
static void with_cells(struct make_dwarf *d)
{
	uint32_t outer = make_inlinable(d, "main.outer", "o", 30);
	uint32_t one = make_inlinable(d, "main.one", "a", 40);
	uint32_t two = make_inlinable(d, "main.two", "b", 50);
	make_cell(d, "&a", 40);
	make_cell(d, "&b", 50);
	make_cell(d, "&b", 51); /* the function's own */
	make_cell(d, "&own", 40);
	make_call(d, two, 0x1020, 0x1030);
	make_end(d);
	make_call(d, outer, 0x1010, 0x1020);
	make_call(d, one, 0x1010, 0x1018);
	make_end(d);
	make_end(d);
	make_call(d, two, 0x1030, 0x1040);
	make_end(d);
}

START_TEST(a_cell_is_of_the_inlined_call_that_declares_its_variable)
{
	open_body(5, with_cells);
	ck_assert(dwarf_scopes_at(dwarf, 0x1014, true, &arena, &scopes));
	dwarf_settle_cells(dwarf, 0x1014, &arena, &scopes);
	ck_assert_uint_eq(scopes.count, 3);
	ck_assert_uint_eq(scopes.items[0].locals[0].inlined_calls, 1); /* a */
	ck_assert_uint_eq(scopes.items[0].locals[1].inlined_calls, 2); /* b */
	ck_assert_uint_eq(scopes.items[0].locals[2].inlined_calls, 0);
	ck_assert_uint_eq(local(0, "own")->inlined_calls, 0);
	ck_assert_uint_eq(scopes.items[1].count, 0);
	ck_assert_uint_eq(scopes.items[2].count, 1);
	ck_assert(local(2, "a")->escaped);
	ck_assert_uint_eq(local(2, "a")->inlined_calls, 0);
}
END_TEST

START_TEST(a_cell_that_may_be_of_two_calls_is_given_to_none)
{
	open_body(5, with_cells);
	ck_assert(dwarf_scopes_at(dwarf, 0x1024, true, &arena, &scopes));
	dwarf_settle_cells(dwarf, 0x1024, &arena, &scopes);
	ck_assert_uint_eq(scopes.count, 2);
	ck_assert_uint_eq(scopes.items[1].count, 0);
}
END_TEST

static void with_complex(struct make_dwarf *d)
{
	make_listed(d, "z", complex_type, 0x1000, 0x1100, "\x91\x70");
	make_listed(d, "z.real", int_type, 0x1000, 0x1100, "\x91\x70");
	make_listed(d, "z.imag", int_type, 0x1000, 0x1100, "\x91\x50");
	make_listed(d, "half", complex_type, 0x1000, 0x1100, "\x91\x70");
}

START_TEST(halves_of_a_complex_number_are_put_together)
{
	open_body(5, with_complex);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	const struct dwarf_local *z = local(0, "z");
	ck_assert_uint_eq(z->piece_count, 2);
	ck_assert_int_eq((int64_t)z->pieces[1].where, -48);
	ck_assert_uint_eq(z->pieces[1].offset, 8);
	ck_assert_ptr_null(local(0, "z.real"));
	ck_assert_int_eq(local(0, "half")->pieces[1].kind, DWARF_PIECE_LOST);
}
END_TEST

/* What code has that is not optimized: a parameter that was stored, as a whole, where its caller
 * left room for it. A result and a variable of the function itself are as above. */
static void with_whole_complex(struct make_dwarf *d)
{
	make_list(d, MAKE_LISTED_FORMAL, "p", complex_type);
	make_entry(d, 0x1000, 0x1008, "\x61\x93\x08\x62\x93\x08"); /* two registers, at first */
	make_entry(d, 0x1008, 0x1100, "\x91\x10");
	make_list_end(d);
	make_listed_as(d, MAKE_LISTED_FORMAL, "q", complex_type, 0x1000, 0x1100, "\x91\x70");
	make_listed(d, "z", complex_type, 0x1000, 0x1100, "\x91\x10");
}

START_TEST(a_complex_parameter_in_its_slot_is_whole)
{
	open_body(5, with_whole_complex);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	ck_assert_uint_eq(local(0, "p")->piece_count, 1);
	ck_assert_uint_eq(local(0, "p")->pieces[0].size, 16);
	ck_assert_int_eq(local(0, "q")->pieces[1].kind, DWARF_PIECE_LOST);
	ck_assert_int_eq(local(0, "z")->pieces[1].kind, DWARF_PIECE_LOST);
}
END_TEST

static void with_repeated(struct make_dwarf *d)
{
	make_variable(d, "s", slice_type,
		      "\x91\x40\x93\x08\x91\x40\x93\x08\x91\x18\x93\x08\x91\x20\x93\x08");
	make_variable(d, "odd", int_type, "\x91\x40\x93\x08\x91\x48\x93\x08");
}

START_TEST(pieces_that_are_more_than_the_value)
{
	open_body(4, with_repeated);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, false, &arena, &scopes));
	const struct dwarf_local *s = local(0, "s");
	ck_assert_uint_eq(s->piece_count, 3);
	ck_assert_int_eq((int64_t)s->pieces[1].where, 24);
	ck_assert_uint_eq(s->pieces[1].offset, 8);
	ck_assert_uint_eq(local(0, "odd")->piece_count, 0);
}
END_TEST

static void with_parts(struct make_dwarf *d)
{
	make_variable(d, "all", padded_type, "\x91\x40\x93\x04\x91\x48\x93\x08\x91\x50\x93\x04");
	make_variable(d, "some", padded_type, "\x91\x40\x93\x04\x91\x48\x93\x08");
	make_variable(d, "twice", string_type, "\x91\x40\x93\x08\x91\x40\x93\x08");
	make_variable(d, "lost", string_type, "\x93\x08\x91\x40\x93\x08");
	make_listed(d, "register", string_type, 0x1000, 0x1100, "\x50");
	make_listed(d, "memory", string_type, 0x1000, 0x1100, "\x91\x40");
}

START_TEST(pieces_are_the_parts_of_a_value_without_its_padding)
{
	open_body(4, with_parts);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, true, &arena, &scopes));
	const struct dwarf_local *all = local(0, "all");
	ck_assert_uint_eq(all->piece_count, 3);
	ck_assert_uint_eq(all->pieces[1].offset, 8);
	ck_assert_uint_eq(all->pieces[2].offset, 16);
	ck_assert_uint_eq(local(0, "lost")->piece_count, 2);
}
END_TEST

START_TEST(pieces_that_are_not_all_parts_may_be_any)
{
	open_body(4, with_parts);
	ck_assert(dwarf_scopes_at(dwarf, 0x1010, true, &arena, &scopes));
	ck_assert_uint_eq(local(0, "some")->piece_count, 0);
	ck_assert_uint_eq(local(0, "twice")->piece_count, 0);
}
END_TEST

START_TEST(one_place_of_a_value_that_is_taken_apart_may_be_that_of_any_part)
{
	for (unsigned version = 4; version <= 5; version++) {
		open_body(version, with_parts);
		ck_assert(dwarf_scopes_at(dwarf, 0x1010, true, &arena, &scopes));
		ck_assert_uint_eq(local(0, "register")->piece_count, 0);
		ck_assert_uint_eq(local(0, "memory")->piece_count, 1);
		teardown();
		setup();
	}
}
END_TEST

START_TEST(a_pc_outside_of_all_functions_has_none)
{
	open_body(4, in_memory);
	ck_assert(!dwarf_scopes_at(dwarf, 0x1100, false, &arena, &scopes));
	ck_assert(!dwarf_scopes_at(dwarf, 0x3000, false, &arena, &scopes));
}
END_TEST

static void make_constant(struct make_dwarf *d, const char *name, uint32_t type, int8_t value)
{
	make_die(d, MAKE_CONSTANT, name);
	test_put32(&d->info, type);
	str_add_char(&d->info, (char)(value & 0x7f)); /* a LEB128 of one byte: -64 to 63 */
}

/* A unit "PACKAGE" with types Level and Limit and their constants. */
static void make_constants(struct make_dwarf *d, const char *package)
{
	make_unit(d, package, 0x4000, 0x4100);
	uint32_t level = make_base(d, "main.Level", 1, 3), limit = make_base(d, "main.Limit", 8, 2);
	make_constant(d, "main.Debug", level, -1);
	make_constant(d, "main.Info", level, 0);
	make_constant(d, "main.usual", level, 0);
	make_constant(d, "main.warn", level, 1);
	make_constant(d, "main.Fatal", level, 2);
	make_constant(d, "main.Last", level, 2);
	make_constant(d, "main.most", limit, 3);
	make_unit_end(d);
}

static const char *level_named(uint64_t value)
{
	return dwarf_constant_name(dwarf, "main", "main.Level", value, 1);
}

START_TEST(constants_are_named_where_one_is_meant)
{
	struct make_dwarf d = { .version = 4 };
	make_constants(&d, "main");
	ck_assert(make_elf(&d, &arena, &elf));
	ck_assert(dwarf_open(&elf, &dwarf, NULL));
	ck_assert_str_eq(level_named(0xff), "main.Debug");
	ck_assert_str_eq(level_named(0), "main.Info"); /* the one that is exported */
	ck_assert_str_eq(level_named(1), "main.warn");
	ck_assert_ptr_null(level_named(2)); /* two */
	ck_assert_ptr_null(level_named(4));
	ck_assert_ptr_null(dwarf_constant_name(dwarf, "main", "main.Level", 0, 9));
	ck_assert_ptr_null(dwarf_constant_name(dwarf, "main", "main.Other", 1, 1));
	ck_assert_ptr_null(dwarf_constant_name(dwarf, "main", "main.Limit", 3, 8)); /* alone */
}
END_TEST

START_TEST(constants_of_other_packages_name_nothing)
{
	struct make_dwarf d = { .version = 5 };
	make_constants(&d, "other");
	ck_assert(make_elf(&d, &arena, &elf));
	ck_assert(dwarf_open(&elf, &dwarf, NULL));
	ck_assert_ptr_null(level_named(1));
}
END_TEST

START_TEST(types_have_facts_and_fields)
{
	struct dwarf_type_facts facts;
	struct dwarf_field_facts *fields;
	size_t count;
	open_body(4, in_memory);
	ck_assert(dwarf_type_facts(dwarf, (struct dwarf_type){ struct_type }, &facts));
	ck_assert_str_eq(facts.name, "example.com/shop.Config");
	ck_assert_int_eq(facts.kind, DWARF_KIND_STRUCT);
	ck_assert_uint_eq(facts.size, 16);
	ck_assert_uint_eq(facts.descriptor, 0);
	ck_assert(dwarf_type_fields(dwarf, (struct dwarf_type){ struct_type }, &arena, &fields,
				    &count));
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(fields[1].name, "B");
	ck_assert_uint_eq(fields[1].offset, 8);
	ck_assert(dwarf_type_facts(dwarf, (struct dwarf_type){ pointer_type }, &facts));
	ck_assert_int_eq(facts.kind, DWARF_KIND_POINTER);
	ck_assert_uint_eq(facts.element.offset, int_type);
	ck_assert(dwarf_type_facts(dwarf, (struct dwarf_type){ bare_type }, &facts));
	ck_assert_int_eq(facts.kind, DWARF_KIND_UNSAFE_POINTER);
	ck_assert(!dwarf_type_fields(dwarf, (struct dwarf_type){ int_type }, &arena, &fields,
				     &count));
}
END_TEST

START_TEST(globals_have_address_and_type)
{
	uint64_t addr;
	struct dwarf_type type;
	open_body(5, in_memory);
	ck_assert(dwarf_global(dwarf, "main.count", &addr, &type));
	ck_assert_uint_eq(addr, 0x5000);
	ck_assert_uint_eq(type.offset, int_type);
	ck_assert(!dwarf_global(dwarf, "main.nosuch", &addr, &type));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		variables_have_places_in_the_frame,
		a_piece_without_a_place_is_lost,
		a_moved_variable_is_known_by_its_own_name_and_type,
		the_compilers_own_variables_are_left_out,
		a_register_counts_where_the_pc_is_exact,
		a_register_of_a_caller_is_lost,
		what_is_nowhere_before_the_return_address_is_not_yet_defined,
		a_parameter_in_its_slot_after_a_call_was_there_before,
		only_blocks_that_hold_the_pc_count,
		a_block_does_not_hide_the_call_beside_it,
		a_cell_is_of_the_inlined_call_that_declares_its_variable,
		constants_are_named_where_one_is_meant,
		constants_of_other_packages_name_nothing,
		a_cell_that_may_be_of_two_calls_is_given_to_none,
		halves_of_a_complex_number_are_put_together,
		a_complex_parameter_in_its_slot_is_whole,
		pieces_that_are_more_than_the_value,
		pieces_are_the_parts_of_a_value_without_its_padding,
		pieces_that_are_not_all_parts_may_be_any,
		one_place_of_a_value_that_is_taken_apart_may_be_that_of_any_part,
		a_pc_outside_of_all_functions_has_none,
		types_have_facts_and_fields,
		globals_have_address_and_type,
	};
	return test_run("dwarf_frame", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
