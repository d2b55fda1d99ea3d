#pragma once
/*
 * The Go modules of the process: moduledata records chained from runtime.firstmoduledata (one for
 * a plain program, more with plugins and shared builds), each with its own pclntab
 * (runtime/symtab.go moduledata).
 */
#include "formats/pclntab.h"
#include "goruntime/globals.h"
#include "goruntime/view.h"

struct module {
	uint64_t addr;		/* of the moduledata */
	struct pclntab pclntab; /* no functions in it where its bytes are not there */
	uint64_t text, etext;
	uint64_t noptrdata, enoptrdata, data, edata, bss, ebss, noptrbss, enoptrbss;
	uint64_t types, etypes;
	uint64_t rodata; /* masks of stack objects count from here */
	uint64_t gofunc;
};

struct modules {
	struct module *items;
	size_t count;
};

/* Walks the chain from the moduledata at FIRST. A module that cannot be read is left out with a
 * caveat; one whose pclntab was not dumped stays, with a caveat too. Fails when there is none. */
bool modules_read(const struct image *image, const struct layout *layout, unsigned minor,
		  uint64_t first, struct arena *arena, struct modules *modules,
		  struct caveats *caveats, struct error *err) MUST_CHECK;

/* IMAGE as its executable's file has it, for records that were written over and that the process
 * itself never changes. False where there is no such file, or its data has no addresses before it
 * is relocated (position-independent). Lives as long as IMAGE. */
bool image_of_file(const struct image *image, struct arena *arena, struct image *file) MUST_CHECK;

/* The one module of the image's executable by its file alone, for a core that lacks the moduledata:
 * code is known then (its sections and symbols say where it lies), types and data are not. */
bool modules_of_file(const struct image *image, unsigned minor, struct arena *arena,
		     struct modules *modules) MUST_CHECK;

/* The module whose Go text holds PC, NULL if none. */
const struct module *modules_text(const struct modules *modules, uint64_t pc);
/* The module whose type section holds ADDR, NULL if none. */
const struct module *modules_types(const struct modules *modules, uint64_t addr);
