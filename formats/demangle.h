#pragma once
/* Names of C++ functions as they are written in the source (Itanium C++ ABI 5.1). */
#include "base/arena.h"

/* What NAME, a symbol, is called in C++, in memory of ARENA; NAME itself where it is of no C++
 * function, is longer than anybody writes, or the C++ library is not on this machine. */
const char *demangle(const char *name, struct arena *arena);
