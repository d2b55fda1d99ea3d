/*
 * check_anchors RELEASE EXECUTABLE: holds the variables that goruntime/locate_globals.c finds by
 * the code of an executable ("go1.27" built it) against the executable's own symbols. Prints what
 * differs; status 1 if anything does, or if a variable without which nothing works is not found.
 */
#include <stdio.h>

#include "formats/image.h"
#include "goruntime/locate.h"
#include "goruntime/release.h"

/* Every program has these. */
static const enum rt_global needed[] = {
	RT_ALLGS, RT_ALLGLEN, RT_ALLGPTR, RT_ALLM, RT_ALLP, RT_SCHED_, RT_MHEAP_, RT_MEMSTATS,
};

/* Where the data lies: what moduledata says in a process. */
static bool find_data(const struct elffile *elf, struct module *m)
{
	enum { COUNT = 8 };
	struct elf_symbol symbols[COUNT] = {
		{ .name = "runtime.noptrdata" }, { .name = "runtime.enoptrdata" },
		{ .name = "runtime.data" },	 { .name = "runtime.edata" },
		{ .name = "runtime.bss" },	 { .name = "runtime.ebss" },
		{ .name = "runtime.noptrbss" },	 { .name = "runtime.enoptrbss" },
	};
	uint64_t *to[COUNT] = { &m->noptrdata, &m->enoptrdata, &m->data,     &m->edata,
				&m->bss,       &m->ebss,       &m->noptrbss, &m->enoptrbss };
	bool all = true;
	elffile_symbols(elf, symbols, COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		all &= symbols[i].found;
		*to[i] = symbols[i].value;
	}
	return all;
}

static unsigned compare(const struct globals *by_code, const struct globals *by_symbols,
			unsigned *right)
{
	unsigned wrong = 0;
	for (unsigned i = 0; i < RT_GLOBAL_COUNT; i++) {
		uint64_t code, symbol;
		if (!globals_get(by_code, i, &code) || !globals_get(by_symbols, i, &symbol))
			continue;
		*right += code == symbol;
		wrong += code != symbol;
		if (code != symbol)
			printf("%s: 0x%llx by code, 0x%llx by symbols\n", rt_global_name(i),
			       (unsigned long long)code, (unsigned long long)symbol);
	}
	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
		if (!globals_has(by_code, needed[i])) {
			printf("%s: not found by code\n", rt_global_name(needed[i]));
			wrong++;
		}
	return wrong;
}

static bool check(const char *text, const char *path, struct arena *arena, unsigned *wrong,
		  struct error *err)
{
	struct elffile elf;
	struct release release;
	struct image image;
	struct caveats caveats;
	struct modules modules;
	struct layout layout;
	struct globals by_code = { 0 }, by_symbols;
	struct locate_votes votes;
	unsigned right = 0;
	caveats_init(&caveats, arena);
	if (!release_parse(text, &release) || !release.in_table)
		return error_set(err, ERROR_USAGE, 0, "%s is not a release of the table", text);
	if (!elffile_open(path, arena, &elf, err))
		return false;
	/* A process of which nothing was dumped: what does not change is as in the file. */
	const struct corefile core = { .arch = elf.arch };
	const struct image_options options = { .executable = &elf, .no_objects = true };
	if (!image_build(&core, &options, arena, &image, &caveats, err))
		return false;
	if (!modules_of_file(&image, release.minor, arena, &modules) ||
	    !find_data(&elf, &modules.items[0]) || !globals_find_in(&elf, 0, NULL, &by_symbols))
		return error_set(err, ERROR_NOT_FOUND, 0, "%s: has no symbols of the runtime", path);
	layout_from_table(&release, elf.arch, &layout);
	locate_globals(&image, &layout, release.minor, &modules.items[0], &by_code, &votes);
	*wrong = compare(&by_code, &by_symbols, &right);
	printf("%s %s: %u variables right, %u wrong, %u divided, %u refused\n", text,
	       elf.arch->goarch, right, *wrong, votes.divided, votes.refused);
	image_close(&image);
	elffile_close(&elf);
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: check_anchors RELEASE EXECUTABLE\n");
		return 2;
	}
	struct arena arena;
	struct error err = ERROR_INIT;
	unsigned wrong = 0;
	arena_init(&arena);
	bool checked = check(argv[1], argv[2], &arena, &wrong, &err);
	if (!checked)
		fprintf(stderr, "check_anchors: %s\n", err.text);
	arena_release(&arena);
	return checked && wrong == 0 ? 0 : 1;
}
