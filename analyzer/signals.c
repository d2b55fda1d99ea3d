#include "analyzer/signals.h"

#include <stddef.h>

/* runtime/sigtab_linux_generic.go, unchanged from Go 1.19 to 1.27. */
static const struct {
	const char *name, *text;
} table[] = {
	[0] = { NULL, "SIGNONE: no trap" },
	[1] = { "SIGHUP", "SIGHUP: terminal line hangup" },
	[2] = { "SIGINT", "SIGINT: interrupt" },
	[3] = { "SIGQUIT", "SIGQUIT: quit" },
	[4] = { "SIGILL", "SIGILL: illegal instruction" },
	[5] = { "SIGTRAP", "SIGTRAP: trace trap" },
	[6] = { "SIGABRT", "SIGABRT: abort" },
	[7] = { "SIGBUS", "SIGBUS: bus error" },
	[8] = { "SIGFPE", "SIGFPE: floating-point exception" },
	[9] = { "SIGKILL", "SIGKILL: kill" },
	[10] = { "SIGUSR1", "SIGUSR1: user-defined signal 1" },
	[11] = { "SIGSEGV", "SIGSEGV: segmentation violation" },
	[12] = { "SIGUSR2", "SIGUSR2: user-defined signal 2" },
	[13] = { "SIGPIPE", "SIGPIPE: write to broken pipe" },
	[14] = { "SIGALRM", "SIGALRM: alarm clock" },
	[15] = { "SIGTERM", "SIGTERM: termination" },
	[16] = { "SIGSTKFLT", "SIGSTKFLT: stack fault" },
	[17] = { "SIGCHLD", "SIGCHLD: child status has changed" },
	[18] = { "SIGCONT", "SIGCONT: continue" },
	[19] = { "SIGSTOP", "SIGSTOP: stop, unblockable" },
	[20] = { "SIGTSTP", "SIGTSTP: keyboard stop" },
	[21] = { "SIGTTIN", "SIGTTIN: background read from tty" },
	[22] = { "SIGTTOU", "SIGTTOU: background write to tty" },
	[23] = { "SIGURG", "SIGURG: urgent condition on socket" },
	[24] = { "SIGXCPU", "SIGXCPU: cpu limit exceeded" },
	[25] = { "SIGXFSZ", "SIGXFSZ: file size limit exceeded" },
	[26] = { "SIGVTALRM", "SIGVTALRM: virtual alarm clock" },
	[27] = { "SIGPROF", "SIGPROF: profiling alarm clock" },
	[28] = { "SIGWINCH", "SIGWINCH: window size change" },
	[29] = { "SIGIO", "SIGIO: i/o now possible" },
	[30] = { "SIGPWR", "SIGPWR: power failure restart" },
	[31] = { "SIGSYS", "SIGSYS: bad system call" },
};

/* include/uapi/asm-generic/siginfo.h; number 0: any signal. */
static const struct {
	int32_t number, code;
	const char *name;
} codes[] = {
	{ LINUX_SIGILL, 1, "ILL_ILLOPC" },
	{ LINUX_SIGILL, 2, "ILL_ILLOPN" },
	{ LINUX_SIGILL, 3, "ILL_ILLADR" },
	{ LINUX_SIGILL, 4, "ILL_ILLTRP" },
	{ LINUX_SIGILL, 5, "ILL_PRVOPC" },
	{ LINUX_SIGTRAP, 1, "TRAP_BRKPT" },
	{ LINUX_SIGTRAP, 2, "TRAP_TRACE" },
	{ LINUX_SIGBUS, 1, "BUS_ADRALN" },
	{ LINUX_SIGBUS, LINUX_BUS_ADRERR, "BUS_ADRERR" },
	{ LINUX_SIGBUS, 3, "BUS_OBJERR" },
	{ LINUX_SIGBUS, 4, "BUS_MCEERR_AR" },
	{ LINUX_SIGBUS, 5, "BUS_MCEERR_AO" },
	{ LINUX_SIGFPE, 1, "FPE_INTDIV" },
	{ LINUX_SIGFPE, 2, "FPE_INTOVF" },
	{ LINUX_SIGFPE, 3, "FPE_FLTDIV" },
	{ LINUX_SIGSEGV, LINUX_SEGV_MAPERR, "SEGV_MAPERR" },
	{ LINUX_SIGSEGV, LINUX_SEGV_ACCERR, "SEGV_ACCERR" },
	{ LINUX_SIGSEGV, 3, "SEGV_BNDERR" },
	{ LINUX_SIGSEGV, 4, "SEGV_PKUERR" },
	{ LINUX_SIGSYS, 1, "SYS_SECCOMP" },
	{ 0, LINUX_SI_USER, "SI_USER" },
	{ 0, LINUX_SI_QUEUE, "SI_QUEUE" },
	{ 0, -2, "SI_TIMER" },
	{ 0, -3, "SI_MESGQ" },
	{ 0, -4, "SI_ASYNCIO" },
	{ 0, -5, "SI_SIGIO" },
	{ 0, LINUX_SI_TKILL, "SI_TKILL" },
	{ 0, LINUX_SI_KERNEL, "SI_KERNEL" },
};

enum { NAMED = sizeof(table) / sizeof(table[0]), SIGNALS = 65 };

const char *signal_name(int32_t number)
{
	return number > 0 && number < NAMED ? table[number].name : NULL;
}

const char *signal_text(int32_t number)
{
	static const char unnamed[SIGNALS - NAMED][12] = {
		"signal 32", "signal 33", "signal 34", "signal 35", "signal 36", "signal 37",
		"signal 38", "signal 39", "signal 40", "signal 41", "signal 42", "signal 43",
		"signal 44", "signal 45", "signal 46", "signal 47", "signal 48", "signal 49",
		"signal 50", "signal 51", "signal 52", "signal 53", "signal 54", "signal 55",
		"signal 56", "signal 57", "signal 58", "signal 59", "signal 60", "signal 61",
		"signal 62", "signal 63", "signal 64",
	};
	if (number < 0 || number >= SIGNALS)
		return NULL;
	return number < NAMED ? table[number].text : unnamed[number - NAMED];
}

const char *signal_code_name(int32_t number, int32_t code)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].code == code && (codes[i].number == number || codes[i].number == 0))
			return codes[i].name;
	return NULL;
}

bool signal_dumps_core(int32_t number)
{
	static const int32_t numbers[] = { LINUX_SIGQUIT,
					   LINUX_SIGILL,
					   LINUX_SIGABRT,
					   LINUX_SIGBUS,
					   LINUX_SIGFPE,
					   LINUX_SIGSEGV,
					   24,
					   25,
					   LINUX_SIGSYS };
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i] == number)
			return true;
	return false;
}
