/*
 * check_layout RELEASE EXECUTABLE: holds the table of layouts for RELEASE ("go1.27") against the
 * DWARF of an executable that it built, and the addresses of globals by symbols against those by
 * DWARF. Prints what differs; status 1 if anything does.
 */
#include <stdio.h>
#include <string.h>

#include "goruntime/globals.h"
#include "goruntime/layout.h"

struct tally {
	unsigned compared, differ;
};

static void compare(struct tally *tally, const char *name, const char *what, uint64_t table,
		    uint64_t dwarf)
{
	tally->compared++;
	if (table == dwarf)
		return;
	tally->differ++;
	printf("%s: %s %llu in the table, %llu in DWARF\n", name, what, (unsigned long long)table,
	       (unsigned long long)dwarf);
}

/* A struct that the program's DWARF lacks keeps the table's values: nothing is compared then. */
static void compare_layouts(struct tally *tally, const struct dwarf *dwarf,
			    const struct layout *table, const struct layout *found)
{
	for (unsigned i = 0; i < RT_FIELD_COUNT; i++) {
		const char *name = rt_field_name(i);
		if (found->field[i].origin == LAYOUT_TABLE)
			continue;
		compare(tally, name, "present:", layout_has(table, i), layout_has(found, i));
		if (!layout_has(table, i) || !layout_has(found, i))
			continue;
		compare(tally, name, "offset", table->field[i].offset, found->field[i].offset);
		compare(tally, name, "bytes", table->field[i].bytes, found->field[i].bytes);
	}
	for (unsigned i = 0; i < RT_STRUCT_COUNT; i++) {
		uint64_t size;
		if (dwarf_struct_size(dwarf, rt_struct_name(i), &size))
			compare(tally, rt_struct_name(i), "size", table->struct_size[i], size);
	}
}

static void compare_globals(struct tally *tally, const struct elffile *elf,
			    const struct dwarf *dwarf)
{
	struct globals globals;
	if (!globals_find_in(elf, 0, dwarf, &globals)) {
		tally->differ++;
		printf("the globals are not found\n");
	}
	for (unsigned i = 0; i < RT_GLOBAL_COUNT; i++) {
		uint64_t by_symbol, by_dwarf, size;
		if (globals_get(&globals, i, &by_symbol) &&
		    dwarf_variable(dwarf, rt_global_name(i), &by_dwarf, &size))
			compare(tally, rt_global_name(i), "address", by_symbol, by_dwarf);
	}
}

static bool check(const char *text, const char *path, struct arena *arena, struct tally *tally,
		  struct error *err)
{
	struct elffile elf;
	struct dwarf *dwarf;
	struct release release;
	if (!release_parse(text, &release) || !release.in_table)
		return error_set(err, ERROR_USAGE, 0, "%s is not a release of the table", text);
	if (!elffile_open(path, arena, &elf, err) || !dwarf_open(&elf, &dwarf, err))
		return error_context(err, "%s", path);
	struct layout table, found;
	layout_from_table(&release, elf.arch, &table);
	found = table;
	bool known = layout_from_dwarf(dwarf, &found, err);
	if (known) {
		compare_layouts(tally, dwarf, &table, &found);
		compare_globals(tally, &elf, dwarf);
		printf("%s %s: %u values compared, %u differ\n", text, elf.arch->goarch,
		       tally->compared, tally->differ);
	}
	dwarf_close(dwarf);
	elffile_close(&elf);
	return known;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: check_layout RELEASE EXECUTABLE\n");
		return 2;
	}
	struct arena arena;
	struct tally tally = { 0 };
	struct error err = ERROR_INIT;
	arena_init(&arena);
	bool checked = check(argv[1], argv[2], &arena, &tally, &err);
	if (!checked)
		fprintf(stderr, "check_layout: %s\n", err.text);
	arena_release(&arena);
	return checked && tally.compared > 0 && tally.differ == 0 ? 0 : 1;
}
