#include "cli/path_map.h"

#include <string.h>

const char *path_mapped(const struct report_options *options, const char *path, struct str *buf)
{
	for (size_t i = 0; path != NULL && i < options->path_map_count; i++) {
		size_t n = strlen(options->path_map_from[i]);
		if (strncmp(path, options->path_map_from[i], n) != 0)
			continue;
		str_clear(buf);
		str_printf(buf, "%s%s", options->path_map_to[i], path + n);
		return str_text(buf);
	}
	return path;
}
