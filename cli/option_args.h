#pragma once
/* What each option does with its argument: for the table of options.c. ARG is NULL where the option
 * takes none; it may be written to, and lives as long as the options. */
#include "cli/options.h"

/* Fills ERR with ERROR_USAGE and returns false. */
bool usage_error(struct error *err, const char *fmt, ...) FORMAT_PRINTF(2, 3);

bool take_format(struct options *options, const char *arg, struct error *err);
bool take_color(struct options *options, const char *arg, struct error *err);
bool take_traceback(struct options *options, const char *arg, struct error *err);
bool take_group(struct options *options, const char *arg, struct error *err);
bool take_brief(struct options *options, const char *arg, struct error *err);
bool take_redact(struct options *options, const char *arg, struct error *err);
bool take_force(struct options *options, const char *arg, struct error *err);
bool take_help(struct options *options, const char *arg, struct error *err);
bool take_debug_dir(struct options *options, const char *arg, struct error *err);
bool take_no_debuginfod(struct options *options, const char *arg, struct error *err);
bool take_sysroot(struct options *options, const char *arg, struct error *err);
bool take_path_map(struct options *options, const char *arg, struct error *err);
bool take_skip(struct options *options, const char *arg, struct error *err);
bool take_fail_on(struct options *options, const char *arg, struct error *err);
bool take_log(struct options *options, const char *arg, struct error *err);
bool take_leak_threshold(struct options *options, const char *arg, struct error *err);
bool take_status(struct options *options, const char *arg, struct error *err);
bool take_wait(struct options *options, const char *arg, struct error *err);
bool take_function(struct options *options, const char *arg, struct error *err);
bool take_label(struct options *options, const char *arg, struct error *err);
bool take_min_wait(struct options *options, const char *arg, struct error *err);
bool take_goroutine(struct options *options, const char *arg, struct error *err);
bool take_locals(struct options *options, const char *arg, struct error *err);
bool take_environment(struct options *options, const char *arg, struct error *err);
bool take_depth(struct options *options, const char *arg, struct error *err);
bool take_elements(struct options *options, const char *arg, struct error *err);
bool take_frame(struct options *options, const char *arg, struct error *err);
bool take_length(struct options *options, const char *arg, struct error *err);
