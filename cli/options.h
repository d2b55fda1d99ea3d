#pragma once
/*
 * The command line. options.c has one table with a row for each option: how it is written, which
 * commands take it, what it is for and how its argument is read. Parsing, the help texts and the
 * completions all follow from that table.
 */
#include "analyzer/detector.h"
#include "analyzer/report.h"
#include "base/str.h"

#include <stdio.h>

enum command_id {
	COMMAND_ANALYZE, COMMAND_INFO, COMMAND_THREADS, COMMAND_GOROUTINES, COMMAND_STACK,
	COMMAND_GRAPH,
	COMMAND_PRINT, COMMAND_DISASM, COMMAND_MEMORY,
	COMMAND_COUNT,
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_GOTRACE, FORMAT_PPROF,
	      FORMAT_DOT, FORMAT_MERMAID, FORMAT_COUNT };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

/* The words of GOTRACEBACK. */
enum traceback_word {
	TRACEBACK_WORD_NONE, TRACEBACK_WORD_SINGLE, TRACEBACK_WORD_ALL, TRACEBACK_WORD_SYSTEM,
	TRACEBACK_WORD_CRASH,
};

/* What `gocore goroutines` puts together. */
enum grouping { GROUP_UNSET, GROUP_NONE, GROUP_STACK, GROUP_CREATOR };

enum { OPTION_WORDS_MAX = 64 };

struct word_list { /* an option that may be repeated */
	const char *items[OPTION_WORDS_MAX];
	size_t count;
};

struct class_word {
	enum verdict_class class;
	const char *kind; /* NULL: all kinds of the class */
};

struct options {
	enum command_id command;
	const char *core, *exe; /* exe NULL: to be found */
	const char *operand;	/* of commands that have one: expression, function, address */
	bool help;

	enum format format;
	enum color color;
	FILE *terminal; /* where the text arrives in the end: its width and colors count; NULL: where it
			 * is written */
	bool redact, force, no_debuginfod;
	const char *debug_dir, *sysroot; /* NULL: none */
	const char *log; /* NULL: none */
	struct report_options report;	 /* brief, skip, redact, path map */
	struct word_list skip;		 /* words of --skip, for report.skip */
	struct detector_options detect;

	struct class_word fail_on[OPTION_WORDS_MAX];
	size_t fail_on_count;

	/* Filters of goroutines: of one list any must hold, of several lists all. */
	struct word_list status, wait, function, label;
	double min_wait_seconds; /* negative: not asked for */
	enum grouping group;
	enum traceback_word traceback;

	bool environment; /* arguments and environment of the process */
	bool locals;	 /* variables of frames */
	bool depth_given; /* --depth */
	unsigned depth;
	unsigned elements; /* --elements; 0: not given */

	bool frame_given; /* --frame */
	size_t frame;
	uint64_t length; /* --length; 0: not given */
	uint64_t goroutine; /* -g; 0: not given, or none (ids start at 1) */
};

/* Reads ARGV behind the name of the command: ARGV[0] is that name. Fails with ERROR_USAGE and a
 * sentence. With --help the rest is not checked. */
bool options_parse(struct options *options, enum command_id command, int argc, char **argv,
		   struct error *err) MUST_CHECK;

/* The options of a command as its help shows them, lines of at most 80 columns. */
void options_help(enum command_id command, FILE *out);
