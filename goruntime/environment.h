#pragma once
/*
 * The environment that the process was started with, as the kernel laid it at the top of the
 * initial stack: the strings of argv, those of the environment, the name of the executable
 * (linux fs/exec.c, fs/binfmt_elf.c create_elf_tables; AT_EXECFN points at the last).
 */
#include "goruntime/snapshot.h"

/* The value of NAME, in ARENA; NULL if it was not set or its bytes are not in the core. What the
 * program itself set later is not seen. */
const char *environment_get(const struct snapshot *snapshot, const char *name,
			    struct arena *arena);
