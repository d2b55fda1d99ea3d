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

/* Loads SONAME and fills in all of FUNCTIONS. It stays loaded. ERROR_UNSUPPORTED where it, or one
 * of the functions, is not there: the text says which. */
bool library_load(const char *soname, const struct library_function *functions, size_t count,
		  struct error *err) MUST_CHECK;
