#pragma once
/* The commands of gocore, one row each in cli.c, and what they share. */
#include "cli/options.h"

#include <stdio.h>

/* The contract of scripts and CI jobs; README.md and gocore.1 explain them. */
enum exit_code {
	EXIT_COMPLETE = 0,  /* the report is complete */
	EXIT_WEAKENED = 1,  /* a report, but caveats weaken it */
	EXIT_USAGE = 2,	    /* wrong usage */
	EXIT_NO_REPORT = 3, /* no report possible */
	EXIT_MISMATCH = 4,  /* the named executable is not the one that dumped the core */
	EXIT_FOUND = 10,    /* --fail-on: a named class was found */
};

struct command {
	const char *name;
	const char *arguments; /* "CORE [EXE]" */
	const char *operand;   /* what comes before them: "EXPR"; NULL: nothing */
	const char *summary;   /* one line for `gocore --help` */
	const char *about;     /* a paragraph or two for `gocore help NAME` */
	unsigned formats;      /* bit per enum format */
	enum exit_code (*run)(const struct options *options, FILE *out);
};

extern const struct command commands[COMMAND_COUNT];

/* Runs one command line; the return value is the exit code. */
int cli_main(int argc, char **argv);

enum exit_code cmd_analyze(const struct options *options, FILE *out);
enum exit_code cmd_info(const struct options *options, FILE *out);
enum exit_code cmd_graph(const struct options *options, FILE *out);
enum exit_code cmd_threads(const struct options *options, FILE *out);
enum exit_code cmd_goroutines(const struct options *options, FILE *out);
enum exit_code cmd_stack(const struct options *options, FILE *out);
enum exit_code cmd_print(const struct options *options, FILE *out);
enum exit_code cmd_disasm(const struct options *options, FILE *out);
enum exit_code cmd_memory(const struct options *options, FILE *out);

/* Says ERR on stderr, in at most four lines, and returns its exit code. */
enum exit_code cli_complain(const struct error *err);

/* Says on stderr why there is no report, in at most four lines, and with --format json on OUT as
 * well. ABOUT is the word of the JSON: "core", "executable", "program", "output". */
enum exit_code cli_fail(const struct options *options, FILE *out, const char *about,
			const struct error *err);
