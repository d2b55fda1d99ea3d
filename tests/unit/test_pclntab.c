/* The Go symbol table, built by hand. */
#include "tests/unit/make_pclntab.h"
#include "tests/unit/testrun.h"

/* main.a [0x1000, 0x1010), main.b [0x1010, 0x1030) */
static struct make_pclntab two_functions(void)
{
	struct make_pclntab make = { .text_start = 0x1000, .count = 2, .end = 0x30 };
	make.funcs[0].name = put_string(&make.names, "main.a");
	make.funcs[1].name = put_string(&make.names, "main.b");
	make.funcs[1].entry = 0x10;
	return make;
}

static bool opens(struct bytes bytes)
{
	struct pclntab tab;
	struct error err = ERROR_INIT;
	bool ok = pclntab_open(bytes, 0, 0, 0, &tab, &err);
	ck_assert(ok == (err.code == ERROR_NONE));
	return ok;
}

START_TEST(open_takes_the_text_start_of_the_header)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab = make_open(&make, 24);
	ck_assert_uint_eq(tab.text, 0x1000);
	ck_assert_uint_eq(tab.func_count, 2);
	ck_assert_uint_eq(tab.minor, 24);
}
END_TEST

START_TEST(open_takes_the_text_start_of_the_caller_first)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab;
	ck_assert(pclntab_open(make_bytes(&make), 0, 24, 0x555000, &tab, NULL));
	ck_assert_uint_eq(tab.text, 0x555000);
}
END_TEST

START_TEST(open_knows_the_magic_of_1_18)
{
	struct make_pclntab make = two_functions();
	make.magic = MAGIC_1_18;
	ck_assert_uint_eq(make_open(&make, 0).minor, 19);
}
END_TEST

START_TEST(open_believes_the_magic_before_the_release)
{
	struct make_pclntab make = two_functions();
	make.magic = MAGIC_1_18;
	ck_assert_uint_eq(make_open(&make, 27).minor, 19);
}
END_TEST

START_TEST(a_header_without_text_start_is_of_1_26)
{
	struct make_pclntab make = two_functions();
	make.text_start = 0;
	ck_assert_uint_eq(make_open(&make, 0).minor, 26);
}
END_TEST

START_TEST(open_refuses_another_magic)
{
	struct make_pclntab make = two_functions();
	make.magic = 0xfffffffb; /* Go 1.2 */
	ck_assert(!opens(make_bytes(&make)));
}
END_TEST

START_TEST(open_refuses_a_header_cut_short)
{
	struct make_pclntab make = two_functions();
	struct bytes bytes = make_bytes(&make);
	for (bytes.size = 0; bytes.size < 72; bytes.size++)
		ck_assert(!opens(bytes));
}
END_TEST

START_TEST(open_refuses_parts_that_do_not_rise)
{
	struct make_pclntab make = two_functions();
	struct bytes bytes = make_bytes(&make);
	make.whole.bytes[32] = 200; /* funcnameOffset, behind cuOffset */
	ck_assert(!opens(bytes));
}
END_TEST

START_TEST(open_refuses_a_part_beyond_the_end)
{
	struct make_pclntab make = two_functions();
	struct bytes bytes = make_bytes(&make);
	make.whole.bytes[64 + 7] = 0x80; /* pclnOffset */
	ck_assert(!opens(bytes));
}
END_TEST

START_TEST(open_refuses_more_functions_than_there_are_bytes)
{
	struct make_pclntab make = two_functions();
	struct bytes bytes = make_bytes(&make);
	make.whole.bytes[8 + 7] = 0x80; /* nfunc */
	ck_assert(!opens(bytes));
}
END_TEST

START_TEST(open_refuses_the_table_of_a_32_bit_cpu)
{
	struct make_pclntab make = two_functions();
	struct bytes bytes = make_bytes(&make);
	struct pclntab tab;
	struct error err = ERROR_INIT;
	make.whole.bytes[7] = 4; /* ptrSize */
	ck_assert(!pclntab_open(bytes, 0, 0, 0, &tab, &err));
	ck_assert_int_eq(err.code, ERROR_UNSUPPORTED);
}
END_TEST

START_TEST(find_gives_the_function_around_a_pc)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find(&tab, 0x1012, &func));
	ck_assert_uint_eq(func.index, 1);
	ck_assert_uint_eq(func.entry, 0x1010);
	ck_assert_uint_eq(func.end, 0x1030);
	ck_assert_str_eq(pclntab_name(&tab, &func), "main.b");
}
END_TEST

START_TEST(find_knows_first_and_last_byte_of_a_function)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find(&tab, 0x100f, &func) && func.index == 0);
	ck_assert(pclntab_find(&tab, 0x1010, &func) && func.index == 1);
	ck_assert(pclntab_find(&tab, 0x102f, &func) && func.index == 1);
}
END_TEST

START_TEST(find_finds_nothing_outside_of_text)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(!pclntab_find(&tab, 0xfff, &func));
	ck_assert(!pclntab_find(&tab, 0x1030, &func));
	ck_assert(!pclntab_find(&tab, 0, &func));
	ck_assert(!pclntab_find(&tab, UINT64_MAX, &func));
	ck_assert(!pclntab_find(&tab, 0x1000 + 0x100000010, &func)); /* no 32-bit wrap */
}
END_TEST

START_TEST(find_takes_the_last_of_equal_entries)
{
	struct make_pclntab make = two_functions();
	make.count = 3;
	make.funcs[2] = make.funcs[1];
	make.funcs[2].name = put_string(&make.names, "main.c");
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	ck_assert_str_eq(pclntab_name(&tab, &func), "main.c");
}
END_TEST

START_TEST(a_function_of_equal_entries_but_the_last_is_empty)
{
	struct make_pclntab make = two_functions();
	make.count = 3;
	make.funcs[2] = make.funcs[1];
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_func(&tab, 1, &func));
	ck_assert_uint_eq(func.entry, func.end);
}
END_TEST

START_TEST(a_record_of_another_entry_is_damage)
{
	struct make_pclntab make = two_functions();
	make.funcs[1].record_entry = 0x11;
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(!pclntab_func(&tab, 1, &func));
	ck_assert(!pclntab_find(&tab, 0x1010, &func));
	ck_assert(pclntab_find(&tab, 0x1000, &func));
}
END_TEST

START_TEST(there_is_no_function_past_the_count)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(!pclntab_func(&tab, 2, &func));
	ck_assert(!pclntab_func(&tab, UINT32_MAX, &func));
}
END_TEST

START_TEST(a_name_that_does_not_end_is_empty)
{
	struct make_pclntab make = two_functions();
	make.names.size--; /* the NUL of "main.b" */
	struct pclntab tab = make_open(&make, 24);
	tab.names.size = make.names.size;
	struct func func;
	ck_assert(pclntab_func(&tab, 1, &func));
	ck_assert_str_eq(pclntab_name(&tab, &func), "");
}
END_TEST

START_TEST(find_name_gives_the_first_of_that_name)
{
	struct make_pclntab make = two_functions();
	make.funcs[0].name = make.funcs[1].name;
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find_name(&tab, "main.b", &func));
	ck_assert_uint_eq(func.index, 0);
	ck_assert(!pclntab_find_name(&tab, "main.a", &func));
}
END_TEST

static enum func_id id_of(unsigned minor, uint8_t number)
{
	struct make_pclntab make = two_functions();
	make.magic = minor < 20 ? MAGIC_1_18 : MAGIC_1_20;
	make.funcs[0].id = number;
	struct pclntab tab = make_open(&make, minor);
	struct func func;
	ck_assert(pclntab_func(&tab, 0, &func));
	return func.id;
}

START_TEST(func_ids_are_numbered_by_release)
{
	ck_assert_int_eq(id_of(19, 21), FUNC_WRAPPER);
	ck_assert_int_eq(id_of(21, 21), FUNC_WRAPPER);
	ck_assert_int_eq(id_of(22, 22), FUNC_WRAPPER);
	ck_assert_int_eq(id_of(25, 23), FUNC_WRAPPER);
	ck_assert_int_eq(id_of(21, 5), FUNC_DEBUG_CALL);
	ck_assert_int_eq(id_of(22, 5), FUNC_COROSTART);
	ck_assert_int_eq(id_of(24, 17), FUNC_RUN_FINALIZERS);
	ck_assert_int_eq(id_of(25, 17), FUNC_RUNTIME_MAIN);
	ck_assert_int_eq(id_of(27, 19), FUNC_RUN_CLEANUPS);
}
END_TEST

START_TEST(a_func_id_out_of_range_is_a_normal_function)
{
	ck_assert_int_eq(id_of(19, 22), FUNC_NORMAL);
	ck_assert_int_eq(id_of(27, 24), FUNC_NORMAL);
	ck_assert_int_eq(id_of(27, 255), FUNC_NORMAL);
}
END_TEST

START_TEST(flags_and_start_line_stand_behind_the_offsets)
{
	struct make_pclntab make = two_functions();
	make.funcs[0].flags = FUNC_FLAG_SPWRITE | FUNC_FLAG_ASM;
	make.funcs[0].start_line = 77;
	struct pclntab tab = make_open(&make, 21);
	struct func func;
	ck_assert(pclntab_func(&tab, 0, &func));
	ck_assert_uint_eq(func.flags, FUNC_FLAG_SPWRITE | FUNC_FLAG_ASM);
	ck_assert_uint_eq(func.start_line, 77);
}
END_TEST

START_TEST(the_record_of_1_19_has_no_start_line)
{
	struct make_pclntab make = two_functions();
	make.magic = MAGIC_1_18;
	make.funcs[0].flags = FUNC_FLAG_TOPFRAME;
	struct pclntab tab = make_open(&make, 19);
	struct func func;
	ck_assert(pclntab_func(&tab, 0, &func));
	ck_assert_uint_eq(func.flags, FUNC_FLAG_TOPFRAME);
	ck_assert_uint_eq(func.start_line, 0);
}
END_TEST

START_TEST(spdelta_holds_up_to_the_next_change)
{
	struct make_pclntab make = two_functions();
	make.funcs[1].pcsp = TABLE(&make.pctab, { 0, 4 }, { 0x200, 0x18 }, { 0, 4 });
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	int32_t delta;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	ck_assert(pclntab_spdelta(&tab, &func, 0x1013, &delta) && delta == 0);
	ck_assert(pclntab_spdelta(&tab, &func, 0x1014, &delta) && delta == 0x200);
	ck_assert(pclntab_spdelta(&tab, &func, 0x102b, &delta) && delta == 0x200);
	ck_assert(pclntab_spdelta(&tab, &func, 0x102c, &delta) && delta == 0);
	ck_assert_int_eq(pclntab_max_spdelta(&tab, &func), 0x200);
}
END_TEST

START_TEST(pcs_advance_by_the_quantum)
{
	struct make_pclntab make = two_functions();
	make.quantum = 4;
	make.funcs[1].pcsp = TABLE(&make.pctab, { 0, 1 }, { 16, 7 });
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	int32_t delta;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	ck_assert(pclntab_spdelta(&tab, &func, 0x1013, &delta) && delta == 0);
	ck_assert(pclntab_spdelta(&tab, &func, 0x1014, &delta) && delta == 16);
}
END_TEST

START_TEST(spdelta_is_unknown_past_its_table)
{
	struct make_pclntab make = two_functions();
	make.funcs[1].pcsp = TABLE(&make.pctab, { 8, 0x10 });
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	int32_t delta;
	ck_assert(pclntab_find(&tab, 0x1020, &func));
	ck_assert(!pclntab_spdelta(&tab, &func, 0x1020, &delta));
	ck_assert(!pclntab_spdelta(&tab, &func, 0x100f, &delta)); /* before the function */
}
END_TEST

START_TEST(spdelta_is_unknown_without_a_table)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	int32_t delta;
	ck_assert(pclntab_find(&tab, 0x1020, &func));
	ck_assert(!pclntab_spdelta(&tab, &func, 0x1020, &delta));
	ck_assert_int_eq(pclntab_max_spdelta(&tab, &func), 0);
}
END_TEST

START_TEST(a_table_that_stands_still_ends)
{
	struct make_pclntab make = two_functions();
	make.funcs[1].pcsp = TABLE(&make.pctab, { 8, 0 }, { 16, 0x20 });
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	int32_t delta;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	ck_assert(!pclntab_spdelta(&tab, &func, 0x1010, &delta));
}
END_TEST

START_TEST(a_table_that_runs_out_of_bytes_is_unknown)
{
	struct make_pclntab make = two_functions();
	make.funcs[1].pcsp = TABLE(&make.pctab, { 8, 0x10 }, { 16, 0x10 });
	struct pclntab tab = make_open(&make, 24);
	tab.pctab.size -= 3; /* the second pair and the end */
	struct func func;
	int32_t delta;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	ck_assert(pclntab_spdelta(&tab, &func, 0x1010, &delta) && delta == 8);
	ck_assert(!pclntab_spdelta(&tab, &func, 0x1020, &delta));
}
END_TEST

START_TEST(a_number_of_more_than_32_bits_is_damage)
{
	struct make_pclntab make = two_functions();
	put(&make.pctab, 0, 1);
	make.funcs[1].pcsp = 1;
	put(&make.pctab, 0x818181818181, 6);
	put(&make.pctab, 0x0101, 2);
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	int32_t delta;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	ck_assert(!pclntab_spdelta(&tab, &func, 0x1010, &delta));
}
END_TEST

START_TEST(pcdata_is_minus_1_where_there_is_none)
{
	struct make_pclntab make = two_functions();
	struct make_func *f = &make.funcs[1];
	f->pcdata_count = 2;
	f->pcdata[PCDATA_STACK_MAP] = TABLE(&make.pctab, { 3, 0x20 });
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	ck_assert_int_eq(pclntab_pcdata(&tab, &func, PCDATA_STACK_MAP, 0x1010), 3);
	ck_assert_int_eq(pclntab_pcdata(&tab, &func, PCDATA_UNSAFE_POINT, 0x1010), -1);
	ck_assert_int_eq(pclntab_pcdata(&tab, &func, PCDATA_INLINE_TREE, 0x1010), -1);
}
END_TEST

START_TEST(funcdata_counts_from_gofunc)
{
	struct make_pclntab make = two_functions();
	struct make_func *f = &make.funcs[1];
	f->pcdata_count = 1;
	f->funcdata_count = 3;
	f->funcdata[0] = UINT32_MAX; /* none */
	f->funcdata[1] = 2;
	f->funcdata[2] = 9; /* beyond the end */
	put(&make.gofunc, 0x44332211, 4);
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	struct bytes bytes = pclntab_funcdata(&tab, &func, 1);
	ck_assert_uint_eq(bytes.size, 2);
	ck_assert_uint_eq(bytes.data[0], 0x33);
	ck_assert_uint_eq(pclntab_funcdata(&tab, &func, 0).size, 0);
	ck_assert_uint_eq(pclntab_funcdata(&tab, &func, 2).size, 0);
	ck_assert_uint_eq(pclntab_funcdata(&tab, &func, 3).size, 0);
}
END_TEST

/* main.b with lines: file 1 of its unit, 20 for 0x10 bytes, then 21. */
static void put_lines(struct make_pclntab *make)
{
	struct make_func *f = &make->funcs[1];
	put(&make->cutab, UINT32_MAX, 4); /* of another unit */
	put(&make->cutab, 0, 4);
	put_string(&make->filetab, "/src/x.go");
	put(&make->cutab, put_string(&make->filetab, "/src/y.go"), 4);
	f->cu_offset = 1;
	f->pcfile = TABLE(&make->pctab, { 1, 0x20 });
	f->pcln = TABLE(&make->pctab, { 20, 0x10 }, { 21, 0x10 });
}

START_TEST(line_goes_through_the_units_file_table)
{
	struct make_pclntab make = two_functions();
	put_lines(&make);
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	const char *file;
	int32_t line;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	pclntab_line(&tab, &func, 0x1020, &file, &line);
	ck_assert_str_eq(file, "/src/y.go");
	ck_assert_int_eq(line, 21);
}
END_TEST

START_TEST(an_unknown_line_is_a_question_mark_and_0)
{
	struct make_pclntab make = two_functions();
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	const char *file;
	int32_t line;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	pclntab_line(&tab, &func, 0x1010, &file, &line);
	ck_assert_str_eq(file, "?");
	ck_assert_int_eq(line, 0);
}
END_TEST

START_TEST(a_file_that_was_dropped_is_a_question_mark)
{
	struct make_pclntab make = two_functions();
	put_lines(&make);
	make.funcs[1].cu_offset = 0;
	make.funcs[1].pcfile = TABLE(&make.pctab, { 0, 0x20 }); /* cutab[0] is ^0 */
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	const char *file;
	int32_t line;
	ck_assert(pclntab_find(&tab, 0x1010, &func));
	pclntab_line(&tab, &func, 0x1010, &file, &line);
	ck_assert_str_eq(file, "?");
	ck_assert_int_eq(line, 20);
}
END_TEST

/* In main.b, from 0x1018 on, main.inner is inlined into main.middle, that into main.b. */
static void put_inlining(struct make_pclntab *make, bool old)
{
	struct make_func *f = &make->funcs[1];
	uint32_t names[2] = { put_string(&make->names, "main.middle"),
			      put_string(&make->names, "main.inner") };
	uint32_t parent_pcs[2] = { 0, 0x4 };
	uint32_t lines[2] = { 100, 200 };
	put_lines(make);
	f->pcdata_count = 3;
	f->pcdata[PCDATA_INLINE_TREE] = TABLE(&make->pctab, { -1, 4 }, { 0, 4 }, { 1, 0x18 });
	f->funcdata_count = 4;
	for (int i = 0; i < FUNCDATA_INLINE_TREE; i++)
		f->funcdata[i] = UINT32_MAX;
	f->funcdata[FUNCDATA_INLINE_TREE] = 0;
	for (int i = 0; i < 2; i++) {
		put(&make->gofunc, old ? (uint64_t)(i - 1) : 0, 2); /* parent; funcID */
		put(&make->gofunc, 0, 2);
		if (old)
			put(&make->gofunc, 0, 8); /* file, line */
		put(&make->gofunc, names[i], 4);
		put(&make->gofunc, parent_pcs[i], 4);
		if (!old)
			put(&make->gofunc, lines[i], 4);
	}
}

static size_t calls_at(struct make_pclntab *make, unsigned minor, uint64_t pc,
		       struct pcln_call *calls, size_t room)
{
	struct pclntab tab = make_open(make, minor);
	struct func func;
	ck_assert(pclntab_find(&tab, pc, &func));
	return pclntab_calls(&tab, &func, pc, calls, room);
}

START_TEST(calls_are_innermost_first)
{
	struct make_pclntab make = two_functions();
	struct pcln_call calls[8];
	put_inlining(&make, false);
	ck_assert_uint_eq(calls_at(&make, 24, 0x1020, calls, 8), 3);
	ck_assert_str_eq(calls[0].name, "main.inner");
	ck_assert_str_eq(calls[1].name, "main.middle");
	ck_assert_str_eq(calls[2].name, "main.b");
	ck_assert(calls[0].inlined && calls[1].inlined && !calls[2].inlined);
	ck_assert_int_eq(calls[0].start_line, 200);
}
END_TEST

START_TEST(a_call_has_the_line_at_its_own_pc)
{
	struct make_pclntab make = two_functions();
	struct pcln_call calls[8];
	put_inlining(&make, false);
	ck_assert_uint_eq(calls_at(&make, 24, 0x1020, calls, 8), 3);
	ck_assert_int_eq(calls[0].line, 21); /* at 0x1020 */
	ck_assert_int_eq(calls[1].line, 20); /* at 0x1014 */
	ck_assert_str_eq(calls[2].file, "/src/y.go");
}
END_TEST

START_TEST(the_inline_tree_of_1_19_has_wider_entries)
{
	struct make_pclntab make = two_functions();
	struct pcln_call calls[8];
	make.magic = MAGIC_1_18;
	put_inlining(&make, true);
	ck_assert_uint_eq(calls_at(&make, 19, 0x1020, calls, 8), 3);
	ck_assert_str_eq(calls[0].name, "main.inner");
	ck_assert_str_eq(calls[1].name, "main.middle");
	ck_assert_int_eq(calls[0].start_line, 0);
}
END_TEST

START_TEST(calls_keep_the_physical_function_when_room_is_short)
{
	struct make_pclntab make = two_functions();
	struct pcln_call calls[8];
	put_inlining(&make, false);
	ck_assert_uint_eq(calls_at(&make, 24, 0x1020, calls, 2), 2);
	ck_assert_str_eq(calls[0].name, "main.inner");
	ck_assert_str_eq(calls[1].name, "main.b");
	ck_assert_uint_eq(calls_at(&make, 24, 0x1020, calls, 1), 1);
	ck_assert_str_eq(calls[0].name, "main.b");
}
END_TEST

START_TEST(the_physical_pc_is_that_of_the_outermost_inlined_call)
{
	struct make_pclntab make = two_functions();
	put_inlining(&make, false);
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find(&tab, 0x1020, &func));
	ck_assert_uint_eq(pclntab_physical_pc(&tab, &func, 0x1020), 0x1010);
	ck_assert_uint_eq(pclntab_physical_pc(&tab, &func, 0x1010), 0x1010);
}
END_TEST

START_TEST(a_tree_that_goes_in_circles_ends)
{
	struct make_pclntab make = two_functions();
	struct pcln_call calls[8];
	put_inlining(&make, false);
	make.gofunc.bytes[16 + 8] = 0x10; /* parentPc of main.inner: its own pc */
	ck_assert_uint_eq(calls_at(&make, 24, 0x1020, calls, 8), 2);
	ck_assert_str_eq(calls[0].name, "main.inner");
	ck_assert_str_eq(calls[1].name, "main.b");
}
END_TEST

START_TEST(an_index_beyond_the_tree_is_no_inlined_call)
{
	struct make_pclntab make = two_functions();
	struct pcln_call calls[8];
	put_inlining(&make, false);
	make.gofunc.size = 16; /* main.middle only */
	ck_assert_uint_eq(calls_at(&make, 24, 0x1020, calls, 8), 1);
	ck_assert_str_eq(calls[0].name, "main.b");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		open_takes_the_text_start_of_the_header,
		open_takes_the_text_start_of_the_caller_first,
		open_knows_the_magic_of_1_18,
		open_believes_the_magic_before_the_release,
		a_header_without_text_start_is_of_1_26,
		open_refuses_another_magic,
		open_refuses_a_header_cut_short,
		open_refuses_parts_that_do_not_rise,
		open_refuses_a_part_beyond_the_end,
		open_refuses_more_functions_than_there_are_bytes,
		open_refuses_the_table_of_a_32_bit_cpu,
		find_gives_the_function_around_a_pc,
		find_knows_first_and_last_byte_of_a_function,
		find_finds_nothing_outside_of_text,
		find_takes_the_last_of_equal_entries,
		a_function_of_equal_entries_but_the_last_is_empty,
		a_record_of_another_entry_is_damage,
		there_is_no_function_past_the_count,
		a_name_that_does_not_end_is_empty,
		find_name_gives_the_first_of_that_name,
		func_ids_are_numbered_by_release,
		a_func_id_out_of_range_is_a_normal_function,
		flags_and_start_line_stand_behind_the_offsets,
		the_record_of_1_19_has_no_start_line,
		spdelta_holds_up_to_the_next_change,
		pcs_advance_by_the_quantum,
		spdelta_is_unknown_past_its_table,
		spdelta_is_unknown_without_a_table,
		a_table_that_stands_still_ends,
		a_table_that_runs_out_of_bytes_is_unknown,
		a_number_of_more_than_32_bits_is_damage,
		pcdata_is_minus_1_where_there_is_none,
		funcdata_counts_from_gofunc,
		line_goes_through_the_units_file_table,
		an_unknown_line_is_a_question_mark_and_0,
		a_file_that_was_dropped_is_a_question_mark,
		calls_are_innermost_first,
		a_call_has_the_line_at_its_own_pc,
		the_inline_tree_of_1_19_has_wider_entries,
		calls_keep_the_physical_function_when_room_is_short,
		the_physical_pc_is_that_of_the_outermost_inlined_call,
		a_tree_that_goes_in_circles_ends,
		an_index_beyond_the_tree_is_no_inlined_call,
	};
	return test_run("pclntab", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
