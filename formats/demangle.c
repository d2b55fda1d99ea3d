#include "formats/demangle.h"

#include <stdlib.h>
#include <string.h>

#include "formats/library.h"

enum { NAME_MOST = 512, RESULT_MOST = 4096 }; /* templates grow fast */

/* Itanium C++ ABI 3.4; cxxabi.h is C++. */
char *__cxa_demangle(const char *name, char *buffer, size_t *size, int *status); /* NOLINT */

#define FUNCTIONS(F) F(__cxa_demangle)

LIBRARY("libstdc++.so.6", FUNCTIONS)

static bool is_there(void)
{
	static bool tried;
	if (!tried || lib.loaded) {
		tried = true;
		return load(NULL);
	}
	return false;
}

const char *demangle(const char *name, struct arena *arena)
{
	int status = 0;
	if (name == NULL || strncmp(name, "_Z", 2) != 0 || strnlen(name, NAME_MOST) == NAME_MOST ||
	    !is_there())
		return name;
	char *plain = lib.__cxa_demangle(name, NULL, NULL, &status);
	const char *result = name;
	if (plain != NULL && status == 0 && strnlen(plain, RESULT_MOST) < RESULT_MOST)
		result = arena_printf(arena, "%s", plain);
	free(plain);
	return result;
}
