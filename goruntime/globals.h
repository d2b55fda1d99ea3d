#pragma once
/*
 * Where the runtime's package-level variables are in the dead process: by the executable's ELF
 * symbols, else by its DWARF. For an executable that has neither, goruntime/locate.h fills in with
 * globals_put().
 *
 * A global is absent where the release does not have it, or where the linker dropped it because
 * the program has no use for it: ask, and go without.
 */
#include "formats/dwarf.h"
#include "formats/image.h"

enum rt_global {
#define RT_GLOBAL(id, symbol, older) id,
#include "goruntime/globals.def"
#undef RT_GLOBAL
	RT_GLOBAL_COUNT,
};

enum global_origin {
	GLOBAL_ABSENT,
	GLOBAL_BY_SYMBOLS,
	GLOBAL_BY_DWARF,
	GLOBAL_BY_CODE, /* functions of the runtime refer to it (goruntime/locate.h) */
	GLOBAL_BY_SCAN, /* it holds what it should: a module's record, a list of goroutines */
};

struct globals {
	struct {
		uint64_t addr; /* in the process: the bias is added */
		enum global_origin origin;
	} item[RT_GLOBAL_COUNT];
};

/* Looks all globals up in the image's executable. DWARF (NULL: none) is asked only when there are
 * no symbols of the runtime, since it costs much more. False when not even the variables without
 * which there are no goroutines (firstmoduledata, allgs) are known: then nothing is, and the
 * caller finds them by code. */
bool globals_find(const struct image *image, const struct dwarf *dwarf,
		  struct globals *globals) MUST_CHECK;

/* The same in ELF, which is mapped BIAS above its own addresses. */
bool globals_find_in(const struct elffile *elf, uint64_t bias, const struct dwarf *dwarf,
		     struct globals *globals) MUST_CHECK;

/* Address of GLOBAL; false (and *ADDR untouched) where it is absent. */
static inline bool globals_get(const struct globals *globals, enum rt_global global,
			       uint64_t *addr)
{
	if (globals->item[global].origin == GLOBAL_ABSENT)
		return false;
	*addr = globals->item[global].addr;
	return true;
}

static inline bool globals_has(const struct globals *globals, enum rt_global global)
{
	return globals->item[global].origin != GLOBAL_ABSENT;
}

/* Sets one that was found in another way. */
static inline void globals_put(struct globals *globals, enum rt_global global, uint64_t addr,
			       enum global_origin origin)
{
	globals->item[global].addr = addr;
	globals->item[global].origin = origin;
}

/* "runtime.allgs" */
const char *rt_global_name(enum rt_global global);
/* "symbols", "dwarf", "code", "scan", "absent" */
const char *global_origin_name(enum global_origin origin);
