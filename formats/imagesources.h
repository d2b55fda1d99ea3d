#pragma once
/*
 * Which files were mapped where: from NT_FILE, or where the core has none, from the executable's
 * own segments. A part of image_build().
 */
#include "base/vec.h"
#include "formats/image.h"

struct source {
	uint64_t lo, hi, offset;
	uint64_t bias;
	const char *path;
	const struct elffile *elf; /* NULL: not opened */
};

struct sources {
	VEC(struct source) items; /* sorted, disjoint */
	VEC(struct elffile *) objects; /* shared objects that were opened */
};

void sources_make(struct sources *sources, const struct corefile *core,
		  const struct image_options *options, struct arena *arena,
		  struct caveats *caveats);

/* Gives the lists back; the opened objects stay open. */
void sources_release(struct sources *sources);
