/* The runtime of a program without symbols and DWARF, step by step. */
#include "goruntime/locate.h"

#include <string.h>

#include "goruntime/isgo.h"
#include "goruntime/private.h"

/* Releases that may have written the pclntab at ADDR (runtime/symtab.go pcHeader): the magic
 * changed with 1.20, the start of text is 0 from 1.26 on. */
static void bounds_of_release(const struct image *image, uint64_t addr, unsigned *lo, unsigned *hi)
{
	enum { MAGIC_1_18 = 0xfffffff0, TEXT_START = 24 };
	uint32_t magic;
	uint64_t text_start;
	*lo = RELEASE_OLDEST;
	*hi = RELEASE_NEWEST;
	if (!image_u32(image, addr, &magic, NULL) ||
	    !image_u64(image, addr + TEXT_START, &text_start, NULL))
		return;
	if (magic == MAGIC_1_18)
		*hi = 19;
	else if (text_start != 0)
		*lo = 20, *hi = 25;
	else
		*lo = 26;
}

/* A release whose layout makes a list of goroutines of what is there; else the newest that may
 * be. */
static unsigned guess_minor(const struct snapshot *s, const struct located_module *module)
{
	unsigned lo, hi;
	bounds_of_release(s->image, module->pclntab, &lo, &hi);
	for (unsigned minor = hi; minor >= lo; minor--) {
		struct release release = { .minor = minor, .in_table = true };
		struct layout layout;
		struct globals globals = { 0 };
		layout_from_table(&release, s->image->arch, &layout);
		locate_lists(s->image, &layout, module, &globals);
		if (globals_has(&globals, RT_ALLGS) && globals_has(&globals, RT_ALLM) &&
		    globals_has(&globals, RT_ALLP))
			return minor;
	}
	return hi;
}

static void find_release(struct snapshot *s, const struct located_module *module)
{
	const char *version = locate_version(s->image, module, s->arena);
	if (version != NULL && release_parse(version, &s->release)) {
		s->buildinfo.go_version = version;
		return;
	}
	s->release = (struct release){ .minor = guess_minor(s, module) };
	caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "release",
		    "the program does not say which Go release built it; its records look like those "
		    "of go1.%u",
		    s->release.minor);
}

static bool has_functions(const struct modules *modules)
{
	return modules->count > 0 && modules->items[0].pclntab.func_count > 0;
}

static bool has_list(const struct globals *globals)
{
	return globals_has(globals, RT_ALLGS) ||
	       (globals_has(globals, RT_ALLGPTR) && globals_has(globals, RT_ALLGLEN));
}

static void find_variables(struct snapshot *s, const struct located_module *module)
{
	struct locate_votes *votes = &s->private->votes;
	globals_put(&s->globals, RT_FIRSTMODULEDATA, module->addr, GLOBAL_BY_SCAN);
	if (has_functions(&s->modules))
		locate_globals(s->image, &s->layout, s->release.minor, &s->modules.items[0],
			       &s->globals, votes);
	locate_lists(s->image, &s->layout, module, &s->globals);
	s->private->located = true;
}

static void tell(struct snapshot *s, const struct located_module *module)
{
	const struct locate_votes *votes = &s->private->votes;
	if (module->runtimes > 1)
		caveats_add(s->caveats, CAVEAT_WEAKENS, module->addr, "program",
			    "%u Go runtimes are in this process, each with its own goroutines: only "
			    "those of the first one are shown",
			    module->runtimes);
	if (votes->found == 0)
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "program",
			    "the runtime's code is not at hand: its lists of goroutines and threads "
			    "were found by what they hold, other variables were not");
	else
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "program",
			    "neither symbols nor DWARF: %u variables of the runtime were found by "
			    "decoding %u of its functions",
			    votes->found, votes->functions);
}

static const char *whose_data(const struct snapshot *s)
{
	return s->image->executable ? s->image->executable->path
				    : "without its executable the core";
}

void note_module_by_file(struct snapshot *s, uint64_t addr)
{
	caveats_add(s->caveats, CAVEAT_WEAKENS, addr, "modules",
		    "the runtime's record of the program was written over: that of the "
		    "executable's file stands for it");
}

/* Its memory is in the core, but no longer looks like one: the process never changes it. */
static bool module_by_file(struct snapshot *s, struct image *file, struct located_module *module)
{
	uint64_t word;
	if (!image_of_file(s->image, s->arena, file) || !locate_module(file, module) ||
	    !image_u64(s->image, module->addr, &word, NULL))
		return false;
	note_module_by_file(s, module->addr);
	return true;
}

static bool no_module(const struct snapshot *s, bool released, struct error *err)
{
	if (!released)
		return not_go(s, err);
	return error_set(err, ERROR_UNSUPPORTED, 0,
			 "the runtime's variables were not found: %s has neither symbols nor "
			 "DWARF, and the program's data is not in the core",
			 whose_data(s));
}

bool runtime_locate(struct snapshot *s, bool released, struct error *err)
{
	struct located_module module;
	struct image file;
	const struct image *image = s->image;
	if (!locate_module(s->image, &module)) {
		if (!module_by_file(s, &file, &module))
			return no_module(s, released, err);
		image = &file;
	}
	if (!released)
		find_release(s, &module);
	layout_from_table(&s->release, s->image->arch, &s->layout);
	if (!modules_read(image, &s->layout, s->release.minor, module.addr, s->arena,
			  &s->modules, s->caveats, err))
		return false;
	find_variables(s, &module);
	if (!has_list(&s->globals))
		return error_set(err, ERROR_NOT_FOUND, 0,
				 "the runtime's list of goroutines was not found: %s has neither "
				 "symbols nor DWARF",
				 whose_data(s));
	tell(s, &module);
	return true;
}
