#include "formats/demangle.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "formats/library.h"

enum {
	NAME_MOST = 512,
	RESULT_MOST = 4096, /* templates grow fast */
	REFERENCES_MOST = 24,
};

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

/* Whether so many parts of NAME repeat earlier ones (ABI 5.1.8, "S_", "T0_") that the whole may be
 * too large for the memory: parts that repeat two earlier ones each double it. A part of an
 * identifier that looks the same counts, too. */
static bool may_explode(const char *name)
{
	unsigned references = 0;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p != 'S' && *p != 'T')
			continue;
		const char *end = p + 1;
		while (isdigit((unsigned char)*end) || isupper((unsigned char)*end))
			end++;
		if (*end == '_')
			references++;
	}
	return references > REFERENCES_MOST;
}

const char *demangle(const char *name, struct arena *arena)
{
	int status = 0;
	if (name == NULL || strncmp(name, "_Z", 2) != 0 || strnlen(name, NAME_MOST) == NAME_MOST ||
	    may_explode(name) || !is_there())
		return name;
	char *plain = lib.__cxa_demangle(name, NULL, NULL, &status);
	const char *result = name;
	if (plain != NULL && status == 0 && strnlen(plain, RESULT_MOST) < RESULT_MOST)
		result = arena_printf(arena, "%s", plain);
	free(plain);
	return result;
}
