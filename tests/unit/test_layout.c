/* Offsets of runtime fields by release and CPU, from the table and from DWARF. */
#include "goruntime/layout.h"

#include <stdio.h>

#include "formats/dwarf.h"
#include "tests/unit/makedwarf.h"
#include "tests/unit/testrun.h"

static struct layout layout_of(unsigned minor, const struct arch *arch)
{
	char text[16];
	struct release release;
	struct layout layout;
	snprintf(text, sizeof(text), "go1.%u", minor);
	ck_assert(release_parse(text, &release));
	layout_from_table(&release, arch, &layout);
	return layout;
}

START_TEST(offsets_change_from_the_release_on)
{
	struct layout old = layout_of(21, &arch_amd64), new = layout_of(25, &arch_amd64);
	ck_assert_uint_eq(old.field[G_PARENTGOID].offset, 272);
	ck_assert_uint_eq(layout_of(23, &arch_amd64).field[G_PARENTGOID].offset, 280);
	ck_assert_uint_eq(layout_of(24, &arch_amd64).field[G_PARENTGOID].offset, 280);
	ck_assert_uint_eq(new.field[G_PARENTGOID].offset, 272);
	ck_assert_int_eq(old.origin, LAYOUT_TABLE);
	ck_assert_int_eq(old.field[G_PARENTGOID].origin, LAYOUT_TABLE);
}
END_TEST

START_TEST(fields_come_and_go)
{
	struct layout oldest = layout_of(19, &arch_amd64), newest = layout_of(27, &arch_amd64);
	ck_assert(!layout_has(&oldest, G_PARENTGOID));
	ck_assert(layout_has(&newest, G_PARENTGOID));
	ck_assert(layout_has(&oldest, PANIC_ABORTED));
	ck_assert(!layout_has(&newest, PANIC_ABORTED));
	ck_assert_uint_eq(newest.field[PANIC_ABORTED].offset, 0);
}
END_TEST

START_TEST(required_fields_are_in_every_release)
{
	static const unsigned minors[] = { 19, 21, 22, 23, 24, 25, 26, 27 };
	for (size_t i = 0; i < sizeof(minors) / sizeof(minors[0]); i++) {
		struct layout layout = layout_of(minors[i], &arch_arm64);
		for (unsigned field = 0; field < RT_FIELD_COUNT; field++)
			ck_assert(!rt_field_required(field) || layout_has(&layout, field));
	}
}
END_TEST

START_TEST(widths_change_with_the_release)
{
	ck_assert_uint_eq(layout_of(21, &arch_amd64).field[MSPAN_NELEMS].bytes, 8);
	ck_assert_uint_eq(layout_of(22, &arch_amd64).field[MSPAN_NELEMS].bytes, 2);
	ck_assert_uint_eq(layout_of(22, &arch_amd64).field[G_ATOMICSTATUS].bytes, 4);
}
END_TEST

static struct layout layout_of_text(const char *text)
{
	struct release release;
	struct layout layout;
	ck_assert(release_parse(text, &release));
	layout_from_table(&release, &arch_amd64, &layout);
	return layout;
}

START_TEST(patch_releases_add_fields)
{
	struct layout before = layout_of_text("go1.24.5"), after = layout_of_text("go1.24.13");
	struct layout next = layout_of_text("go1.25.0");
	ck_assert_uint_eq(before.field[M_ALLLINK].offset, 328);
	ck_assert_uint_eq(after.field[M_ALLLINK].offset, 352);
	ck_assert_uint_eq(after.struct_size[RT_M], before.struct_size[RT_M] + 24);
	ck_assert_uint_eq(after.field[M_ISEXTRA].offset, before.field[M_ISEXTRA].offset);
	ck_assert_uint_eq(next.field[M_ALLLINK].offset, 344);
	ck_assert_uint_eq(layout_of_text("go1.23.11").field[M_ALLLINK].offset, 328);
	ck_assert_uint_eq(layout_of_text("go1.23.12").field[M_ALLLINK].offset, 352);
}
END_TEST

START_TEST(renamed_fields_are_one_field)
{
	ck_assert_uint_eq(layout_of(19, &arch_amd64).field[TYPE_KIND].offset, 23);
	ck_assert_uint_eq(layout_of(27, &arch_amd64).field[TYPE_KIND].offset, 23);
}
END_TEST

START_TEST(sudogs_of_1_26_are_read_by_the_untraced_word)
{
	ck_assert_uint_eq(layout_of(25, &arch_amd64).field[SUDOG_C].offset, 80);
	ck_assert_uint_eq(layout_of(26, &arch_amd64).field[SUDOG_C].offset, 96);
	ck_assert_uint_eq(layout_of(26, &arch_amd64).field[SUDOG_ELEM].offset, 32);
}
END_TEST

START_TEST(arm64_has_its_own_rows)
{
	struct layout amd64 = layout_of(27, &arch_amd64), arm64 = layout_of(27, &arch_arm64);
	ck_assert_uint_ne(amd64.field[MHEAP_ARENAS].offset, arm64.field[MHEAP_ARENAS].offset);
	ck_assert_uint_ne(amd64.struct_size[RT_P], arm64.struct_size[RT_P]);
	ck_assert_uint_eq(amd64.field[G_GOID].offset, arm64.field[G_GOID].offset);
	ck_assert_uint_eq(amd64.struct_size[RT_G], arm64.struct_size[RT_G]);
}
END_TEST

START_TEST(unknown_releases_get_the_nearest_rows_as_a_guess)
{
	struct layout newer = layout_of(99, &arch_amd64), older = layout_of(20, &arch_amd64);
	ck_assert_int_eq(newer.origin, LAYOUT_GUESS);
	ck_assert_int_eq(newer.field[G_GOID].origin, LAYOUT_GUESS);
	ck_assert_uint_eq(newer.struct_size[RT_G], layout_of(27, &arch_amd64).struct_size[RT_G]);
	ck_assert_int_eq(older.origin, LAYOUT_GUESS);
	ck_assert_uint_eq(older.struct_size[RT_G], layout_of(19, &arch_amd64).struct_size[RT_G]);
}
END_TEST

START_TEST(fields_lie_inside_their_structs)
{
	struct layout layout = layout_of(27, &arch_amd64);
	for (unsigned i = 0; i < RT_FIELD_COUNT; i++) {
		uint32_t size = layout.struct_size[rt_field_struct(i)];
		if (layout_has(&layout, i))
			ck_assert_uint_le(layout.field[i].offset + layout.field[i].bytes, size);
	}
}
END_TEST

START_TEST(names_say_struct_and_field)
{
	ck_assert_str_eq(rt_field_name(G_GOID), "runtime.g.goid");
	ck_assert_str_eq(rt_field_name(G_SCHED_PC), "runtime.g.sched.pc");
	ck_assert_str_eq(rt_struct_name(RT_TYPE), "internal/abi.Type");
	ck_assert_int_eq(rt_field_struct(G_GOID), RT_G);
	ck_assert(rt_field_required(G_GOID));
	ck_assert(!rt_field_required(G_PARENTGOID));
}
END_TEST

START_TEST(dwarf_without_a_required_field_changes_nothing)
{
	struct arena arena;
	struct elffile elf;
	struct dwarf *dwarf;
	struct error err = ERROR_INIT;
	struct make_dwarf d = { .version = 5 };
	arena_init(&arena);
	make_unit(&d, "runtime", 0, 0);
	uint32_t uint64 = make_base(&d, "uint64", 8, 11);
	make_struct(&d, "runtime.g", 8, 25);
	make_member(&d, "goid", 0, uint64);
	make_end(&d);
	make_unit_end(&d);
	ck_assert(make_elf(&d, &arena, &elf) && dwarf_open(&elf, &dwarf, NULL));
	struct layout layout = layout_of(27, &arch_amd64);
	uint32_t goid = layout.field[G_GOID].offset;
	ck_assert(!layout_from_dwarf(dwarf, &layout, &err));
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
	ck_assert_uint_eq(layout.field[G_GOID].offset, goid);
	ck_assert_int_eq(layout.origin, LAYOUT_TABLE);
	dwarf_close(dwarf);
	elffile_close(&elf);
	arena_release(&arena);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		offsets_change_from_the_release_on,
		fields_come_and_go,
		required_fields_are_in_every_release,
		widths_change_with_the_release,
		renamed_fields_are_one_field,
		patch_releases_add_fields,
		sudogs_of_1_26_are_read_by_the_untraced_word,
		arm64_has_its_own_rows,
		unknown_releases_get_the_nearest_rows_as_a_guess,
		fields_lie_inside_their_structs,
		names_say_struct_and_field,
		dwarf_without_a_required_field_changes_nothing,
	};
	return test_run("layout", tests, sizeof(tests) / sizeof(tests[0]), NULL, NULL);
}
