#pragma once
/*
 * A shared library that is loaded when it is first needed: one that few runs use, and whose own
 * dependencies would cost every run more than the analysis does.
 */
#include "base/error.h"

#include <stddef.h>

struct library_function {
	const char *name;
	void **to; /* gets the address of the function */
};

/*
 * What a file that uses a library begins with: `lib`, a struct of pointers to functions by their
 * own names, with their own types, and load(), which fills them in. FUNCTIONS is a list macro:
 * F(name)...
 */
#define LIBRARY_POINTER(function) __typeof__(function) *function;
#define LIBRARY_ROW(function) { #function, (void **)&lib.function },
#define LIBRARY(soname, FUNCTIONS)                                                                 \
	static struct {                                                                            \
		FUNCTIONS(LIBRARY_POINTER)                                                         \
		bool loaded;                                                                       \
	} lib;                                                                                     \
	static bool load(struct error *err)                                                        \
	{                                                                                          \
		const struct library_function rows[] = { FUNCTIONS(LIBRARY_ROW) };                 \
		if (!lib.loaded)                                                                   \
			lib.loaded =                                                               \
				library_load(soname, rows, sizeof(rows) / sizeof(rows[0]), err);   \
		return lib.loaded;                                                                 \
	}

/* Loads SONAME and fills in all of FUNCTIONS. It stays loaded. ERROR_UNSUPPORTED where it, or one
 * of the functions, is not there: the text says which. */
bool library_load(const char *soname, const struct library_function *functions, size_t count,
		  struct error *err) MUST_CHECK;
