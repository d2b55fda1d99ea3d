#include "cli/options.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/option_args.h"
#include "cli/words.h"

enum {
	ANALYZE = 1 << COMMAND_ANALYZE,
	INFO = 1 << COMMAND_INFO,
	THREADS = 1 << COMMAND_THREADS,
	GOROUTINES = 1 << COMMAND_GOROUTINES,
	STACK = 1 << COMMAND_STACK,
	PRINT = 1 << COMMAND_PRINT,
	DISASM = 1 << COMMAND_DISASM,
	MEMORY = 1 << COMMAND_MEMORY,
	EVERY = (1 << COMMAND_COUNT) - 1,
};

struct option_row {
	const char *name;
	char letter;	      /* 0: none */
	const char *argument; /* NULL: takes none */
	unsigned commands;
	const char *help;
	bool (*take)(struct options *options, const char *arg, struct error *err);
};

/* In the order of the help. The completions and the man page have the same names: the tests hold
 * them against this table. */
static const struct option_row rows[] = {
	{ "format", 'f', "FORMAT", EVERY & ~PRINT, "text or json", take_format },
	{ "format", 0, "FORMAT", PRINT, "text or json", take_format },
	{ "brief", 'b', NULL, ANALYZE, "verdict, culprit's frame and message only", take_brief },
	{ "skip", 0, "CLASS[/KIND]", ANALYZE, "leave out what looks for it (repeatable)",
	  take_skip },
	{ "fail-on", 0, "CLASS[,CLASS[/KIND]]", ANALYZE,
	  "exit with 10 if the verdict, or a finding that is certain or likely, is one of these",
	  take_fail_on },
	{ "log", 0, "FILE", ANALYZE,
	  "what the process wrote to stderr: race reports and crash texts in it are held against "
	  "the core",
	  take_log },
	{ "leak-threshold", 0, "COUNT[,SHARE%]", ANALYZE,
	  "suspect a leak from COUNT goroutines at one wait on, if they are SHARE of the "
	  "program's (default: 1000,90%)",
	  take_leak_threshold },
	{ "goroutine", 'g', "ID", STACK, "the goroutine to show", take_goroutine },
	{ "goroutine", 'g', "ID", PRINT, "whose variables (default: the one that died)",
	  take_goroutine },
	{ "frame", 'f', "N", PRINT,
	  "in which frame, as `gocore stack --locals` numbers them (default: the innermost of the "
	  "program's own that has such a name)",
	  take_frame },
	{ "environment", 0, NULL, INFO,
	  "the process's arguments and environment: may hold secrets (--redact: names only)",
	  take_environment },
	{ "length", 'n', "BYTES", MEMORY, "how many bytes (default: 256)", take_length },
	{ "locals", 'l', NULL, STACK, "arguments and local variables of each frame", take_locals },
	{ "depth", 0, "N", STACK | PRINT,
	  "follow N pointers, slices, maps and channels in each other (default: 3)", take_depth },
	{ "elements", 0, "N", STACK | PRINT, "show N elements of a value (default: 64)", take_elements },
	{ "status", 0, "STATUS[,STATUS]", GOROUTINES, "only goroutines of that status",
	  take_status },
	{ "wait", 0, "TEXT", GOROUTINES, "only those whose wait reason contains TEXT (repeatable)",
	  take_wait },
	{ "function", 0, "TEXT", GOROUTINES,
	  "only those with a function on the stack whose name contains TEXT (repeatable)",
	  take_function },
	{ "label", 0, "KEY[=VALUE]", GOROUTINES, "only those with that pprof label (repeatable)",
	  take_label },
	{ "min-wait", 0, "DURATION", GOROUTINES,
	  "only those known to have waited at least that long: 90s, 5m, 1h30m, 2d", take_min_wait },
	{ "group", 0, "BY", GOROUTINES,
	  "put together those alike: stack, creator (by creation site, status and wait), or none "
	  "(default: stack for text, none for json)",
	  take_group },
	{ "traceback", 0, "LEVEL", GOROUTINES,
	  "for --format gotrace, as GOTRACEBACK: none, single, all, system or crash (default: all)",
	  take_traceback },
	{ "redact", 0, NULL, EVERY, "types and shapes in place of the program's own data",
	  take_redact },
	{ "path-map", 0, "FROM=TO", EVERY & ~(INFO | PRINT | MEMORY),
	  "show source paths that begin with FROM with TO instead", take_path_map },
	{ "debug-dir", 0, "DIR", EVERY, "look for the executable and its debug information in DIR",
	  take_debug_dir },
	{ "no-debuginfod", 0, NULL, EVERY, "ask no debuginfod server, even if DEBUGINFOD_URLS is set",
	  take_no_debuginfod },
	{ "sysroot", 0, "DIR", EVERY, "put DIR in front of the paths that the core names",
	  take_sysroot },
	{ "force", 0, NULL, EVERY, "go on with an executable that does not fit the core",
	  take_force },
	{ "color", 0, "WHEN", EVERY, "auto, always or never; auto honours NO_COLOR", take_color },
	{ "help", 'h', NULL, EVERY, "this text", take_help },
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), LETTER = 256 };

/* getopt's tables: long options yield LETTER plus their row. */
struct tables {
	struct option longs[ROWS + 1];
	char shorts[2 * ROWS + 3];
	const char *names[ROWS + 1];
};

static void tables_fill(struct tables *t, enum command_id command)
{
	*t = (struct tables){ 0 };
	size_t longs = 0, shorts = 0;
	t->shorts[shorts++] = ':'; /* a missing argument is told from an unknown option */
	for (int i = 0; i < ROWS; i++) {
		if (!(rows[i].commands & 1u << command))
			continue;
		t->names[longs] = rows[i].name;
		t->longs[longs++] = (struct option){
			.name = rows[i].name,
			.has_arg = rows[i].argument ? required_argument : no_argument,
			.val = LETTER + i,
		};
		if (rows[i].letter == 0)
			continue;
		t->shorts[shorts++] = rows[i].letter;
		if (rows[i].argument)
			t->shorts[shorts++] = ':';
	}
}

static int row_of(enum command_id command, int val)
{
	if (val >= LETTER)
		return val - LETTER;
	for (int i = 0; i < ROWS; i++)
		if (rows[i].letter == val && (rows[i].commands & 1u << command))
			return i;
	return -1;
}

/* Whether another command takes the option NAME: then the error says so. */
static const char *other_command(const char *name, size_t size)
{
	for (int i = 0; i < ROWS; i++) {
		if (strlen(rows[i].name) != size || strncmp(rows[i].name, name, size) != 0)
			continue;
		for (unsigned c = 0; c < COMMAND_COUNT; c++)
			if (rows[i].commands & 1u << c)
				return commands[c].name;
	}
	return NULL;
}

static bool unknown_option(enum command_id command, const struct tables *t, const char *arg,
			   int letter, struct error *err)
{
	const char *self = commands[command].name;
	if (strncmp(arg, "--", 2) != 0)
		return usage_error(err, "%s has no option -%c", self, letter);
	const char *name = arg + 2;
	int size = (int)strcspn(name, "=");
	if (letter >= LETTER)
		return usage_error(err, "option --%.*s takes no argument", size, name);
	const char *other = other_command(name, (size_t)size);
	if (other != NULL)
		return usage_error(err, "%s has no option --%.*s, that is one of %s", self, size,
				   name, other);
	char word[64];
	snprintf(word, sizeof(word), "%.*s", size, name);
	const char *meant = word_meant(word, t->names);
	return usage_error(err, "%s has no option --%s%s%s%s", self, word,
			   meant ? "; did you mean --" : "", meant ? meant : "", meant ? "?" : "");
}

static bool take_all(struct options *o, int argc, char **argv, struct error *err)
{
	struct tables t;
	tables_fill(&t, o->command);
	opterr = 0;
	optind = 0; /* glibc: begin anew, whatever was parsed before */
	for (int val; (val = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1;) {
		if (val == '?')
			return unknown_option(o->command, &t, argv[optind - 1], optopt, err);
		int row = row_of(o->command, val == ':' ? optopt : val);
		if (val == ':')
			return usage_error(err, "option --%s needs an argument: %s", rows[row].name,
					   rows[row].argument);
		if (!rows[row].take(o, optarg, err))
			return false;
	}
	return true;
}

/* The operand comes first; behind the files it is taken too, where the files are there to tell. */
static bool take_operand(struct options *o, int argc, char **argv, struct error *err)
{
	const struct command *command = &commands[o->command];
	if (optind >= argc)
		return usage_error(err, "%s needs a core: gocore %s [OPTION]... %s", command->name,
				   command->name, command->arguments);
	int last = argc - 1;
	if (last > optind && access(argv[optind], F_OK) == 0 && access(argv[last], F_OK) != 0) {
		o->operand = argv[last];
		argv[last] = NULL;
		return true;
	}
	o->operand = argv[optind++];
	return true;
}

static bool take_files(struct options *o, int argc, char **argv, struct error *err)
{
	const struct command *command = &commands[o->command];
	if (command->operand != NULL && !take_operand(o, argc, argv, err))
		return false;
	while (argc > optind && argv[argc - 1] == NULL)
		argc--;
	int left = argc - optind;
	if (left < 1)
		return usage_error(err, "%s needs a core: gocore %s [OPTION]... %s", command->name,
				   command->name, command->arguments);
	if (left > 2)
		return usage_error(err, "too many arguments: '%s' follows CORE and EXE",
				   argv[optind + 2]);
	o->core = argv[optind];
	o->exe = left == 2 ? argv[optind + 1] : NULL;
	return true;
}

/* Options that say nothing without each other, or that contradict each other. */
static bool check_together(const struct options *o, struct error *err)
{
	if (o->command == COMMAND_STACK && o->goroutine == 0)
		return usage_error(err, "stack needs the goroutine to show: -g ID");
	if (o->format == FORMAT_GOTRACE && o->group > GROUP_NONE)
		return usage_error(err,
				   "--format gotrace lists each goroutine: it does not go with "
				   "--group");
	if (o->format == FORMAT_PPROF && o->group != GROUP_UNSET)
		return usage_error(err, "--format pprof has a sample for each stack: it does not go "
					"with --group");
	return true;
}

bool options_parse(struct options *options, enum command_id command, int argc, char **argv,
		   struct error *err)
{
	*options = (struct options){
		.command = command,
		.format = command == COMMAND_GRAPH ? FORMAT_DOT : FORMAT_TEXT,
		.min_wait_seconds = -1,
		.traceback = TRACEBACK_WORD_ALL,
	};
	if (!take_all(options, argc, argv, err))
		return false;
	if (options->help)
		return true;
	options->report.skip = options->skip.items;
	options->report.skip_count = options->skip.count;
	options->report.detect = &options->detect;
	return take_files(options, argc, argv, err) && check_together(options, err);
}

enum { HELP_COLUMN = 26, HELP_WIDTH = 80 };

/* TEXT in lines that begin at HELP_COLUMN, the cursor being there already. */
static void help_text(const char *text, FILE *out)
{
	size_t column = HELP_COLUMN;
	while (*text != '\0') {
		size_t word = strcspn(text, " ");
		if (column > HELP_COLUMN && column + 1 + word > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			column = HELP_COLUMN;
		} else if (column > HELP_COLUMN) {
			putc(' ', out);
			column++;
		}
		fwrite(text, 1, word, out);
		column += word;
		text += word + (text[word] == ' ');
	}
	putc('\n', out);
}

static void help_row(const struct option_row *row, const char *help, FILE *out)
{
	char left[64];
	char letter[8] = "    ";
	if (row->letter != 0)
		snprintf(letter, sizeof(letter), "-%c, ", row->letter);
	int n = snprintf(left, sizeof(left), "  %s--%s%s%s", letter, row->name,
			 row->argument ? " " : "", row->argument ? row->argument : "");
	if (n + 2 <= HELP_COLUMN)
		fprintf(out, "%-*s", HELP_COLUMN, left);
	else
		fprintf(out, "%s\n%*s", left, HELP_COLUMN, "");
	help_text(help, out);
}

void options_help(enum command_id command, FILE *out)
{
	for (int i = 0; i < ROWS; i++) {
		if (!(rows[i].commands & 1u << command))
			continue;
		const char *help = rows[i].help;
		if (rows[i].take == take_format && commands[command].formats & 1 << FORMAT_GOTRACE)
			help = "text, json, gotrace: as the Go runtime prints them, or pprof: a "
			       "profile for go tool pprof";
		if (rows[i].take == take_format && command == COMMAND_GRAPH)
			help = "dot (for Graphviz), mermaid, or json";
		help_row(&rows[i], help, out);
	}
}
