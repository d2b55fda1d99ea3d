#include "base/error.h"

#include <stdio.h>
#include <string.h>

bool error_set(struct error *err, enum error_code code, uint64_t addr, const char *fmt, ...)
{
	if (err == NULL)
		return false;
	err->code = code;
	err->addr = addr;
	va_list args;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return false;
}

bool error_context(struct error *err, const char *fmt, ...)
{
	if (err == NULL)
		return false;
	char prefix[sizeof(err->text)];
	va_list args;
	va_start(args, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, args);
	va_end(args);
	size_t used = strlen(prefix);
	snprintf(prefix + used, sizeof(prefix) - used, ": %s", err->text);
	memcpy(err->text, prefix, sizeof(prefix));
	return false;
}

const char *error_code_name(enum error_code code)
{
	static const char *const names[] = {
		[ERROR_NONE] = "none",
		[ERROR_IO] = "io",
		[ERROR_FORMAT] = "format",
		[ERROR_UNSUPPORTED] = "unsupported",
		[ERROR_UNMAPPED] = "unmapped",
		[ERROR_NOT_DUMPED] = "not-dumped",
		[ERROR_LIMIT] = "limit",
		[ERROR_NOT_FOUND] = "not-found",
		[ERROR_MISMATCH] = "mismatch",
		[ERROR_NOT_GO] = "not-go",
		[ERROR_USAGE] = "usage",
	};
	if ((size_t)code >= sizeof(names) / sizeof(names[0]))
		return "unknown";
	return names[code];
}
