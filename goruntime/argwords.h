#pragma once
/* The argument words of a frame, as Go's traceback prints them between the parentheses. */
#include "base/str.h"
#include "formats/image.h"
#include "formats/pclntab.h"
#include "goruntime/unwind.h"

/*
 * Appends the arguments of physical function FUNC, e.g. `0x1, {0xc000012000, 0x5?}, ...`, text for
 * text as runtime/traceback.go printArgs does in the table's release: `{}` around the
 * parts of an aggregate, `...` for what was left out, `_` for a slot too far away to be described,
 * `?` behind a word that may be stale because its register was not spilled at LOOKUP_PC. A word
 * that is not in the core shows as `!`, which the runtime never prints.
 *
 * LOOKUP_PC is the pc to look up (one less for a return address), ARGP the frame's argument
 * pointer: fp on amd64, fp + 8 on arm64. An inlined call has no arguments of its own; the runtime
 * prints `...` for it.
 *
 * False, and nothing is appended, where the function's arguments are not described (assembly
 * without a Go declaration): the runtime prints `()` then, as it does for no arguments.
 */
bool argwords(const struct pclntab *tab, const struct func *func, uint64_t lookup_pc, uint64_t argp,
	      const struct image *image, struct str *out);

/*
 * The same in two steps, for the frames of one pc that differ in the words alone: the text without
 * them, appended to TEXT, with the place of each; then text with the words of one frame.
 */
struct arg_slot {
	uint32_t at;	/* where in the text the word goes */
	uint8_t offset; /* from argp */
	uint8_t size;
	bool stale; /* `?` behind it */
};

enum { ARG_SLOTS_MAX = 86 }; /* INFO_MAX of traceback.go, two bytes each */

struct arg_memory {
	const struct image *image;
	const struct window *window; /* looked at first; NULL: none */
	uint64_t argp;
	bool redact; /* words as `_` */
};

/* SLOTS has room for ARG_SLOTS_MAX. False as argwords(). */
bool argwords_describe(const struct pclntab *tab, const struct func *func, uint64_t lookup_pc,
		       struct str *text, struct arg_slot *slots, size_t *count);
void argwords_fill(const char *text, size_t size, const struct arg_slot *slots, size_t count,
		   const struct arg_memory *from, struct str *out);
