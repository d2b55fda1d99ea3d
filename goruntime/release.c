#include "goruntime/release.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

/* Reads digits at *TEXT and moves past them; false if there are none or too many. */
static bool take_number(const char **text, unsigned *number)
{
	const char *start = *text;
	*number = 0;
	while (isdigit((unsigned char)**text) && *text - start < 6)
		*number = *number * 10 + (unsigned)(*(*text)++ - '0');
	return *text > start && !isdigit((unsigned char)**text);
}

static bool take_text(const char **text, const char *prefix)
{
	size_t n = strlen(prefix);
	if (strncmp(*text, prefix, n) != 0)
		return false;
	*text += n;
	return true;
}

static bool in_table(unsigned minor)
{
	static const unsigned minors[] = {
#define RELEASE(minor) minor,
#define NAME(field, name)
#define SIZE(structure, minor, size)
#define SIZE_ARM64(structure, minor, size)
#define AT(field, minor, offset)
#define AT_ARM64(field, minor, offset)
#define WIDTH(field, minor, bytes)
#define WIDTH_ARM64(field, minor, bytes)
#include "goruntime/layout_table.def"
	};
	for (size_t i = 0; i < sizeof(minors) / sizeof(minors[0]); i++) {
		if (minors[i] == minor)
			return true;
	}
	return false;
}

bool release_parse(const char *text, struct release *release)
{
	*release = (struct release){ .text = text };
	if (text == NULL)
		return false;
	/* "devel go1.28-abcdef"; before Go 1.17 "devel +abcdef", which names no release. */
	const char *rest = text;
	bool devel = take_text(&rest, "devel ");
	unsigned minor, patch = 0;
	if (!take_text(&rest, "go1.") || !take_number(&rest, &minor))
		return devel;
	if (*rest == '.') {
		const char *digits = rest + 1;
		if (take_number(&digits, &patch))
			rest = digits;
	}
	release->minor = minor;
	release->patch = patch;
	release->plain = !devel && *rest == '\0';
	release->in_table = in_table(minor);
	return true;
}
