#pragma once
/* --path-map: source paths as they are to be shown. */
#include "analyzer/report.h"
#include "base/str.h"

/* PATH after the first of --path-map whose FROM is a leading part of it, in BUF where it
 * changed. */
const char *path_mapped(const struct report_options *options, const char *path, struct str *buf);
