#pragma once
/*
 * The writers. Each prints what it is given and decides nothing. Errors stay in the stream. Text
 * from the target is made safe here: valid UTF-8 in JSON, control characters escaped for terminals.
 */
#include "cli/options.h"
#include "cli/session.h"

/* The whole of `gocore analyze`. */
void json_write_report(const struct report *report, const struct options *options, FILE *out);
void text_write_report(const struct report *report, const struct options *options, FILE *out);

/* {schema_version, tool, error}: what --format json prints where there is no report. */
void json_write_failure(const char *about, const struct error *err, FILE *out);
