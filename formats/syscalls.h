#pragma once
/* Names of Linux system calls by CPU, of those that programs are seen to wait in or fail in. */
#include "formats/arch.h"

struct syscall {
	const char *name;
	int32_t amd64, arm64; /* numbers; -1: that CPU has none */
	unsigned args;
};

/* NULL: not in the table. */
const struct syscall *syscall_find(const struct arch *arch, uint64_t number);
