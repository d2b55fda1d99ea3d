#include "goruntime/environment.h"

#include <string.h>

enum { ENVIRONMENT_MAX = 256 * 1024 }; /* bytes below AT_EXECFN that are looked at */

/* "NAME=" at P, with N bytes from P to the end of the strings. */
static bool is_named(const uint8_t *p, size_t n, const char *name, size_t size)
{
	return n > size && memcmp(p, name, size) == 0 && p[size] == '=';
}

const char *environment_get(const struct snapshot *snapshot, const char *name, struct arena *arena)
{
	const struct image *image = snapshot->image;
	uint64_t end = image->core->execfn;
	const struct image_run *run = image_find(image, end);
	size_t size = strlen(name);
	if (end == 0 || run == NULL || run->bytes == NULL)
		return NULL;
	size_t n = end - run->lo > ENVIRONMENT_MAX ? ENVIRONMENT_MAX : (size_t)(end - run->lo);
	const uint8_t *strings = run->bytes + (end - run->lo) - n;
	for (size_t i = n; i-- > 1;) {
		if (strings[i - 1] != '\0' || !is_named(strings + i, n - i, name, size))
			continue;
		const char *value = (const char *)strings + i + size + 1;
		return arena_strndup(arena, value, strnlen(value, n - i - size - 1));
	}
	return NULL;
}
