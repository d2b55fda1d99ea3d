#include "formats/syscalls.h"

#include <stddef.h>

static const struct syscall syscalls[] = {
#define SYSCALL(name, amd64, arm64, args) { name, amd64, arm64, args },
#include "formats/syscalls.def"
#undef SYSCALL
};

const struct syscall *syscall_find(const struct arch *arch, uint64_t number)
{
	for (size_t i = 0; i < sizeof(syscalls) / sizeof(syscalls[0]); i++) {
		int32_t own = arch == &arch_amd64 ? syscalls[i].amd64 : syscalls[i].arm64;
		if (own >= 0 && (uint64_t)own == number)
			return &syscalls[i];
	}
	return NULL;
}
