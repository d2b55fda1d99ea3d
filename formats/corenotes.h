#pragma once
/*
 * The notes of a core: one table row for each kind, {owner, type, parse}. What is learned goes
 * straight into the `struct corefile`; lists that grow are kept here until the last note is read.
 */
#include "base/vec.h"
#include "formats/corefile.h"

struct corenotes {
	struct corefile *core; /* its arch is set */
	struct arena *arena;
	struct caveats *caveats;
	VEC(struct core_thread) threads;
	VEC(struct core_mapping) mappings;
	size_t count;		/* notes seen, known or not */
	bool cut;		/* a note was cut: those behind it are not known */
	bool psinfo_first;	/* NT_PRPSINFO came before any NT_PRSTATUS */
	bool delve;		/* Delve's own header */
	bool floating_point;	/* NT_FPREGSET or the like */
	bool siginfo, files;
};

void corenotes_init(struct corenotes *notes, struct corefile *core, struct arena *arena,
		    struct caveats *caveats);

/* Reads the contents of one PT_NOTE. Damage is a caveat. */
void corenotes_parse(struct corenotes *notes, struct bytes bytes);

/* Sorts the mappings, moves the lists into the core and releases what it holds. */
void corenotes_finish(struct corenotes *notes);
