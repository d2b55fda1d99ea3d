#pragma once
/* The words of Linux signals: names, the texts that the Go runtime prints, and codes. */
#include <stdbool.h>
#include <stdint.h>

#include "formats/signals.h"

/* "SIGSEGV"; NULL for a number without a name. */
const char *signal_name(int32_t number);
/* "SIGSEGV: segmentation violation", as the runtime prints it (runtime/sigtab_linux_generic.go);
 * "signal 35" for a number without a name. NULL past the table's end. */
const char *signal_text(int32_t number);
/* "SEGV_MAPERR", "SI_USER": the meaning of si_code for that signal (asm-generic/siginfo.h); NULL
 * where it has no name. */
const char *signal_code_name(int32_t number, int32_t code);
/* Whether the signal's default is to end the process with a core (signal(7)). Not SIGTRAP: a core
 * that has it was written by a debugger that had stopped the process. */
bool signal_dumps_core(int32_t number);
