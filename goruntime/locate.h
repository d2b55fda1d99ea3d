#pragma once
/*
 * Where the runtime is in a process whose executable has neither symbols nor DWARF, or of which
 * there is no executable at all. Three ways, in this order:
 *
 *  - The first module's record (runtime.firstmoduledata) is known by its shape among the writable
 *    data: one pointer to pclntab, then six slices into it, then bounds of text and data
 *    (runtime/symtab.go moduledata, cmd/link/internal/ld/symtab.go). The core has it as it was, so
 *    that neither section names nor relocations are needed.
 *  - Known functions of the runtime, which pclntab names, are decoded; the variables that they
 *    refer to vote (anchors.def).
 *  - The lists of goroutines, Ms and Ps are also known by what they hold: for where the code of
 *    the functions is not there.
 */
#include "goruntime/globals.h"
#include "goruntime/layout.h"
#include "goruntime/module.h"

/* A moduledata as far as it is the same in all releases. */
struct located_module {
	uint64_t addr;
	unsigned runtimes; /* chains of modules: each has goroutines of its own */
	uint64_t pclntab; /* address of its header */
	uint64_t data[4][2]; /* [lo, hi): noptrdata, data, bss, noptrbss */
};

/* The first module of the chain. A plugin's comes later in the chain; of several chains (each
 * c-shared library has one) the executable's, else that at the lowest address. False if there is
 * none: not a Go program, or its data is not there. */
bool locate_module(const struct image *image, struct located_module *module);

/* How the votes on the variables ended. */
struct locate_votes {
	unsigned found;	  /* variables with a winner */
	unsigned divided; /* of those, with a vote for another address as well */
	unsigned refused; /* a tie: the variable stays absent */
	unsigned functions; /* that were decoded */
};

/* Decodes the runtime's functions of MODULE and puts what they agree on, as GLOBAL_BY_CODE; what is
 * there already stays. MINOR chooses the rows of the table. */
void locate_globals(const struct image *image, const struct layout *layout, unsigned minor,
		    const struct module *module, struct globals *globals,
		    struct locate_votes *votes);

/* Looks for allgs, allm and allp among the words of MODULE's data where they are absent or what
 * they hold is no list of such records; puts, as GLOBAL_BY_SCAN, those of which one list is the
 * longest. What there is no better one for stays. Returns how many were put. */
unsigned locate_lists(const struct image *image, const struct layout *layout,
		      const struct located_module *module, struct globals *globals);

/* The text of runtime.buildVersion, a string in MODULE's data that reads as a Go release; NULL if
 * there is none. */
const char *locate_version(const struct image *image, const struct located_module *module,
			   struct arena *arena);
