#pragma once
/*
 * The arguments and the environment that the process was started with, as the kernel laid them at
 * the top of the initial stack: argc, pointers to the arguments, 0, pointers to the environment, 0,
 * auxv, and above these the strings, the name of the executable last (linux fs/exec.c,
 * fs/binfmt_elf.c create_elf_tables; AT_EXECFN points at it). What the program itself set later is
 * not seen.
 */
#include "goruntime/snapshot.h"

/* The value of NAME, in ARENA; NULL if it was not set or its bytes are not in the core. */
const char *environment_get(const struct snapshot *snapshot, const char *name,
			    struct arena *arena);

struct environment {
	const char **arguments;
	size_t argument_count;
	const char **variables; /* "NAME=value" */
	size_t variable_count;
	bool known; /* both lists were found */
};

/* Memory of ARENA. The image of the snapshot is enough. */
void environment_read(const struct snapshot *snapshot, struct arena *arena,
		      struct environment *environment);
