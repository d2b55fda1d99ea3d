#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/words.h"
#include "formats/mapfile.h"

enum {
	TEXT = 1 << FORMAT_TEXT,
	JSON = 1 << FORMAT_JSON,
	GOTRACE = 1 << FORMAT_GOTRACE,
	PPROF = 1 << FORMAT_PPROF,
	DOT = 1 << FORMAT_DOT,
	MERMAID = 1 << FORMAT_MERMAID,
};

const struct command commands[COMMAND_COUNT] = {
	[COMMAND_ANALYZE] = {
		"analyze", "CORE [EXE]", NULL, "say why the program died",
		"Decides from the records that the Go runtime left in the core why the process\n"
		"died, and prints the verdict with its evidence, the culprit's stack, what else\n"
		"was found and the goroutines grouped by stack.\n",
		TEXT | JSON, cmd_analyze,
	},
	[COMMAND_INFO] = {
		"info", "CORE [EXE]", NULL, "say what the core is, at once",
		"Prints what the core is without walking its goroutines: Go release, CPU, module,\n"
		"build ids, the executable it wants and whether that was found and fits, threads,\n"
		"sizes, and what is missing. Exits with 3 where it is no core of a Go program.\n",
		TEXT | JSON, cmd_info,
	},
	[COMMAND_GOROUTINES] = {
		"goroutines", "CORE [EXE]", NULL, "list goroutines with their stacks",
		"Lists the goroutines with what each waits on, those alike put together, or each\n"
		"as JSON or as the Go runtime's own traceback, or as a profile for go tool pprof.\n",
		TEXT | JSON | GOTRACE | PPROF, cmd_goroutines,
	},
	[COMMAND_STACK] = {
		"stack", "-g ID CORE [EXE]", NULL, "show one goroutine's stack",
		"Shows one goroutine: what it waits for, who created it, its whole stack and,\n"
		"with --locals, the arguments and local variables of each frame.\n",
		TEXT | JSON, cmd_stack,
	},
	[COMMAND_GRAPH] = {
		"graph", "CORE [EXE]", NULL, "draw who waits for what, and who could end it",
		"Draws goroutines, those alike put together, the channels and locks that they\n"
		"wait for, who most probably holds these locks, and whose stacks refer to these\n"
		"channels.\n",
		DOT | MERMAID | JSON, cmd_graph,
	},
	[COMMAND_THREADS] = {
		"threads", "CORE [EXE]", NULL, "list threads with registers and stacks",
		"Lists each thread with its M, P and goroutine, its registers and its stack.\n",
		TEXT | JSON, cmd_threads,
	},
	[COMMAND_PRINT] = {
		"print", "EXPR CORE [EXE]", "EXPR", "show the value of an expression",
		"Shows a variable, or what it leads to: x, x.field, x[3], x[2:5], m[\"key\"], *p,\n"
		"len(s), err.(*main.T), main.server, (*main.T)(0xc000012000), closure.variable.\n"
		"Names are looked up in a frame of the goroutine, then in its package. Without -g\n"
		"it is the goroutine that died, without -f its innermost frame of the program's\n"
		"own code with such a name.\n",
		TEXT | JSON, cmd_print,
	},
	[COMMAND_DISASM] = {
		"disasm", "FUNCTION|PC CORE [EXE]", "FUNCTION|PC", "list a function's instructions",
		"Lists the instructions of the function of that name, main.(*T).f, or of the one\n"
		"that an address lies in, with source lines. => marks that address, or where the\n"
		"fault hit.\n",
		TEXT | JSON, cmd_disasm,
	},
	[COMMAND_MEMORY] = {
		"memory", "ADDRESS CORE [EXE]", "ADDRESS", "dump the bytes at an address",
		"Says what an address is and shows the bytes from there on; what is not in the\n"
		"core is said to be missing, never shown as zero.\n",
		TEXT | JSON, cmd_memory,
	},
};

/* As the help shows them. */
static const enum command_id order[COMMAND_COUNT] = {
	COMMAND_ANALYZE, COMMAND_INFO, COMMAND_GOROUTINES, COMMAND_STACK, COMMAND_GRAPH,
	COMMAND_THREADS, COMMAND_PRINT, COMMAND_DISASM, COMMAND_MEMORY,
};

static void print_help(FILE *out)
{
	fputs("Usage: gocore COMMAND [OPTION]... CORE [EXE]\n"
	      "\n"
	      "Analyzes the core dump of a Go program and says why it died.\n"
	      "\n"
	      "Commands:\n",
	      out);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(out, "  %-12s  %s\n", commands[order[i]].name, commands[order[i]].summary);
	fputs("\n"
	      "gocore help COMMAND shows a command's options, gocore --version the version.\n"
	      "CORE may be compressed; - reads it from standard input. Without EXE the\n"
	      "executable is found by the path that the core names, or by build id under\n"
	      "--debug-dir.\n"
	      "\n"
	      "Exit codes:\n"
	      "  0   the report is complete\n"
	      "  1   a report was made, but caveats weaken it\n"
	      "  2   wrong usage\n"
	      "  3   no report possible: not a core, not a Go program, not readable\n"
	      "  4   EXE is not the executable that dumped the core\n"
	      "  10  with --fail-on: a named class was found\n",
	      out);
}

static void print_command_help(enum command_id id, FILE *out)
{
	const struct command *command = &commands[id];
	fprintf(out, "Usage: gocore %s [OPTION]... %s\n\n%s\nOptions:\n", command->name,
		command->arguments, command->about);
	options_help(id, out);
}

static bool find_command(const char *name, enum command_id *id)
{
	for (unsigned i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i].name, name) == 0) {
			*id = (enum command_id)i;
			return true;
		}
	return false;
}

static enum exit_code wrong_usage(const char *text, const char *help)
{
	_cleanup_str_ struct str line = { 0 };
	str_add_escaped(&line, text, strlen(text));
	fprintf(stderr, "gocore: %s\nTry: gocore %s\n", str_text(&line), help);
	return EXIT_USAGE;
}

static enum exit_code unknown_command(const char *name)
{
	const char *names[COMMAND_COUNT + 2] = { NULL };
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		names[i] = commands[i].name;
	names[COMMAND_COUNT] = "help";
	const char *meant = word_meant(name, names);
	char text[256];
	if (meant != NULL)
		snprintf(text, sizeof(text), "no command '%.80s'; did you mean %s?", name, meant);
	else if (access(name, F_OK) == 0)
		snprintf(text, sizeof(text),
			 "no command '%.80s'; a file is to be analyzed so: "
			 "gocore analyze %.80s",
			 name, name);
	else
		snprintf(text, sizeof(text), "no command '%.80s'", name);
	return wrong_usage(text, "--help");
}

/* In at most four lines, whatever the text holds. */
static void print_failure(const char *text)
{
	enum { LINES_MAX = 4 };
	_cleanup_str_ struct str all = { 0 };
	for (unsigned lines = 1; *text != '\0'; lines++) {
		size_t n = lines < LINES_MAX ? strcspn(text, "\n") : strlen(text);
		str_add_escaped(&all, text, n);
		str_add_char(&all, '\n');
		text += n + (text[n] == '\n');
	}
	fprintf(stderr, "gocore: %s", str_text(&all));
}

enum exit_code cli_complain(const struct error *err)
{
	print_failure(err->text);
	switch (err->code) {
	case ERROR_MISMATCH:
		return EXIT_MISMATCH;
	case ERROR_USAGE: /* of an operand: an expression, an address */
		return EXIT_USAGE;
	default:
		return EXIT_NO_REPORT;
	}
}

enum exit_code cli_fail(const struct options *options, FILE *out, const char *about,
			const struct error *err)
{
	if (options->format == FORMAT_JSON)
		json_write_failure(about, err, out);
	return cli_complain(err);
}

static enum exit_code run_command(enum command_id id, int argc, char **argv)
{
	struct options options;
	struct error err = ERROR_INIT;
	if (!options_parse(&options, id, argc, argv, &err)) {
		char help[32];
		snprintf(help, sizeof(help), "help %s", commands[id].name);
		return wrong_usage(err.text, help);
	}
	if (options.help) {
		print_command_help(id, stdout);
		return EXIT_COMPLETE;
	}
	options.terminal = stdout;
	return commands[id].run(&options, stdout);
}

static enum exit_code run_help(int argc, char **argv)
{
	enum command_id id;
	if (argc < 3) {
		print_help(stdout);
		return EXIT_COMPLETE;
	}
	if (!find_command(argv[2], &id))
		return unknown_command(argv[2]);
	print_command_help(id, stdout);
	return EXIT_COMPLETE;
}

static enum exit_code run(int argc, char **argv)
{
	enum command_id id;
	if (argc < 2)
		return wrong_usage("a command is missing", "--help");
	const char *word = argv[1];
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0)
		return run_help(argc, argv);
	if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
		puts("gocore " GOCORE_VERSION);
		return EXIT_COMPLETE;
	}
	if (word[0] == '-')
		return wrong_usage("the command comes first: gocore COMMAND [OPTION]... CORE [EXE]",
				   "--help");
	if (!find_command(word, &id))
		return unknown_command(word);
	return run_command(id, argc - 1, argv + 1);
}

/* A closed standard stream must not become the number of the next file that is opened. */
static bool streams_open(void)
{
	bool out = fcntl(STDOUT_FILENO, F_GETFD) != -1;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR) == -1)
			return false;
	return out;
}

int cli_main(int argc, char **argv)
{
	static char buffer[1 << 16];
	signal(SIGPIPE, SIG_IGN); /* a closed pipe is a failed write */
	signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow */
	mapfile_guard();
	if (!streams_open()) {
		print_failure("standard output is closed");
		return EXIT_NO_REPORT;
	}
	setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof(buffer));
	enum exit_code code = run(argc, argv);
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "gocore: cannot write the output: %s\n", strerror(errno ? errno : EIO));
	return EXIT_NO_REPORT;
}
