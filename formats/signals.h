#pragma once
/* Numbers and codes of Linux signals (asm-generic/signal.h, asm-generic/siginfo.h): those of the
 * core's machine, whatever this one has. */

/* clang-format off */
enum {
	LINUX_SIGQUIT = 3, LINUX_SIGILL = 4, LINUX_SIGTRAP = 5, LINUX_SIGABRT = 6, LINUX_SIGBUS = 7,
	LINUX_SIGFPE = 8, LINUX_SIGSEGV = 11, LINUX_SIGSTOP = 19, LINUX_SIGSYS = 31,

	LINUX_SI_USER = 0, LINUX_SI_QUEUE = -1, LINUX_SI_TKILL = -6, LINUX_SI_KERNEL = 0x80,
	LINUX_SEGV_MAPERR = 1, LINUX_SEGV_ACCERR = 2, LINUX_BUS_ADRERR = 2, LINUX_SYS_SECCOMP = 1,
};
/* clang-format on */
