#include "cli/options.h"

#include <ctype.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/words.h"
#include "goruntime/goroutine.h"

enum {
	ANALYZE = 1 << COMMAND_ANALYZE,
	INFO = 1 << COMMAND_INFO,
	THREADS = 1 << COMMAND_THREADS,
	GOROUTINES = 1 << COMMAND_GOROUTINES,
	STACK = 1 << COMMAND_STACK,
	EVERY = (1 << COMMAND_COUNT) - 1,
};

enum { PATH_MAPS_MAX = sizeof(((struct report_options *)0)->path_map_from) / sizeof(char *) };

static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const traceback_words[] = { "none", "single", "all", "system", "crash", NULL };
static const char *const group_words[] = { "", "none", "stack", "creator", NULL };
static const char *const format_words[] = { "text", "json", "gotrace", NULL };

static bool usage(struct error *err, const char *fmt, ...) FORMAT_PRINTF(2, 3);

static bool usage(struct error *err, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	err->code = ERROR_USAGE;
	err->addr = 0;
	return false;
}

/* The index of WORD in WORDS; an error that lists them otherwise. */
static bool take_word(const char *option, const char *word, const char *const *words,
		      unsigned *index, struct error *err)
{
	for (unsigned i = 0; words[i] != NULL; i++)
		if (words[i][0] != '\0' && strcmp(words[i], word) == 0) {
			*index = i;
			return true;
		}
	_cleanup_str_ struct str all = { 0 };
	for (unsigned i = 0; words[i] != NULL; i++)
		if (words[i][0] != '\0')
			str_printf(&all, "%s%s", all.size ? ", " : "", words[i]);
	return usage(err, "--%s: '%s' is none of %s", option, word, str_text(&all));
}

static bool take_into(const char *option, struct word_list *list, const char *arg,
		      struct error *err)
{
	if (list->count == OPTION_WORDS_MAX)
		return usage(err, "--%s is given more than %d times", option, OPTION_WORDS_MAX);
	if (arg[0] == '\0')
		return usage(err, "--%s needs a word that is not empty", option);
	list->items[list->count++] = arg;
	return true;
}

static bool take_format(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("format", arg, format_words, &index, err))
		return false;
	o->format = (enum format)index;
	if (commands[o->command].formats & 1u << index)
		return true;
	return usage(err, "--format: %s has no format %s", commands[o->command].name, arg);
}

static bool take_color(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("color", arg, color_words, &index, err))
		return false;
	o->color = (enum color)index;
	return true;
}

static bool take_traceback(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("traceback", arg, traceback_words, &index, err))
		return false;
	o->traceback = (enum traceback_word)index;
	return true;
}

static bool take_group(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("group", arg, group_words, &index, err))
		return false;
	o->group = (enum grouping)index;
	return true;
}

static bool take_brief(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->report.brief = o->detect.brief = true;
	return true;
}

static bool take_redact(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->redact = o->report.redact = true;
	return true;
}

static bool take_force(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->force = true;
	return true;
}

static bool take_help(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->help = true;
	return true;
}

static bool take_debug_dir(struct options *o, const char *arg, struct error *err)
{
	(void)err;
	o->debug_dir = arg;
	return true;
}

static bool take_sysroot(struct options *o, const char *arg, struct error *err)
{
	(void)err;
	o->sysroot = arg;
	return true;
}

static bool take_path_map(struct options *o, const char *arg, struct error *err)
{
	const char *equals = strchr(arg, '=');
	if (equals == NULL || equals == arg)
		return usage(err, "--path-map: '%s' is not FROM=TO", arg);
	if (o->report.path_map_count == PATH_MAPS_MAX)
		return usage(err, "--path-map is given more than %d times", PATH_MAPS_MAX);
	char *cut = (char *)equals; /* argv is ours to write to */
	*cut = '\0';
	size_t n = o->report.path_map_count++;
	o->report.path_map_from[n] = arg;
	o->report.path_map_to[n] = equals + 1;
	return true;
}

/* "class" or "class/kind" of the contract. */
static bool class_word(const char *option, const char *word, struct class_word *found,
		       struct error *err)
{
	if (verdict_parse(word, &found->class, &found->kind))
		return true;
	const char *names[CLASS_COUNT + 1] = { NULL };
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		names[i] = verdict_class_name((enum verdict_class)i);
	char class[64];
	snprintf(class, sizeof(class), "%.*s", (int)strcspn(word, "/"), word);
	const char *meant = word_meant(class, names);
	if (meant != NULL && strcmp(meant, class) == 0)
		return usage(err, "--%s: class %s has no kind '%s'", option, class,
			     word + strcspn(word, "/") + (strchr(word, '/') != NULL));
	return usage(err, "--%s: there is no class '%s'%s%s%s", option, class,
		     meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

static bool take_skip(struct options *o, const char *arg, struct error *err)
{
	struct class_word ignored;
	return class_word("skip", arg, &ignored, err) && take_into("skip", &o->skip, arg, err);
}

static bool take_fail_on(struct options *o, const char *arg, struct error *err)
{
	char *rest = (char *)arg;
	for (char *word; (word = strsep(&rest, ",")) != NULL;) {
		if (o->fail_on_count == OPTION_WORDS_MAX)
			return usage(err, "--fail-on names more than %d classes", OPTION_WORDS_MAX);
		if (!class_word("fail-on", word, &o->fail_on[o->fail_on_count], err))
			return false;
		o->fail_on_count++;
	}
	return true;
}

static bool take_leak_threshold(struct options *o, const char *arg, struct error *err)
{
	static const char shape[] = "--leak-threshold: '%s' is not COUNT or COUNT,SHARE%% "
				    "(as in 500,80%%)";
	char *end;
	if (!isdigit((unsigned char)arg[0]))
		return usage(err, shape, arg);
	unsigned long long count = strtoull(arg, &end, 10);
	if (count == 0 || (*end != '\0' && *end != ','))
		return usage(err, shape, arg);
	o->detect.leak_count = count;
	if (*end == '\0')
		return true;
	const char *share = end + 1;
	double percent = strtod(share, &end);
	if (!isdigit((unsigned char)share[0]) || strcmp(end, "%") != 0 || percent > 100)
		return usage(err, shape, arg);
	o->detect.leak_share = percent / 100;
	return true;
}

static bool take_status(struct options *o, const char *arg, struct error *err)
{
	char *rest = (char *)arg;
	for (char *word; (word = strsep(&rest, ",")) != NULL;) {
		unsigned ignored;
		if (!take_word("status", word, words_status, &ignored, err) ||
		    !take_into("status", &o->status, word, err))
			return false;
	}
	return true;
}

static bool take_wait(struct options *o, const char *arg, struct error *err)
{
	return take_into("wait", &o->wait, arg, err);
}

static bool take_function(struct options *o, const char *arg, struct error *err)
{
	return take_into("function", &o->function, arg, err);
}

static bool take_label(struct options *o, const char *arg, struct error *err)
{
	return take_into("label", &o->label, arg, err);
}

static bool take_min_wait(struct options *o, const char *arg, struct error *err)
{
	if (duration_parse(arg, &o->min_wait_seconds))
		return true;
	return usage(err, "--min-wait: '%s' is no duration (as in 90s, 5m, 1h30m, 2d)", arg);
}

static bool take_goroutine(struct options *o, const char *arg, struct error *err)
{
	char *end;
	o->goroutine = strtoull(arg, &end, 10);
	if (isdigit((unsigned char)arg[0]) && *end == '\0' && o->goroutine != 0)
		return true;
	return usage(err, "--goroutine: '%s' is no goroutine id", arg);
}

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
	{ "format", 'f', "FORMAT", EVERY, "text or json", take_format },
	{ "brief", 'b', NULL, ANALYZE, "verdict, culprit's frame and message only", take_brief },
	{ "skip", 0, "CLASS[/KIND]", ANALYZE, "leave out what looks for it (repeatable)",
	  take_skip },
	{ "fail-on", 0, "CLASS[,CLASS[/KIND]]", ANALYZE,
	  "exit with 10 if the verdict, or a finding that is certain or likely, is one of these",
	  take_fail_on },
	{ "leak-threshold", 0, "COUNT[,SHARE%]", ANALYZE,
	  "suspect a leak from COUNT goroutines at one wait on, if they are SHARE of the "
	  "program's (default: 1000,90%)",
	  take_leak_threshold },
	{ "goroutine", 'g', "ID", STACK, "the goroutine to show", take_goroutine },
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
	  "only those known to have waited at least that long: 90s, 5m, 1h30m, 2d",
	  take_min_wait },
	{ "group", 0, "BY", GOROUTINES,
	  "put together those alike: stack, creator (by creation site, status and wait), or none "
	  "(default: stack for text, none for json)",
	  take_group },
	{ "traceback", 0, "LEVEL", GOROUTINES,
	  "for --format gotrace, as GOTRACEBACK: none, single, all, system or crash (default: all)",
	  take_traceback },
	{ "redact", 0, NULL, EVERY, "types and shapes in place of the program's own data",
	  take_redact },
	{ "path-map", 0, "FROM=TO", EVERY & ~INFO, "show source paths that begin with FROM with TO instead",
	  take_path_map },
	{ "debug-dir", 0, "DIR", EVERY, "look for the executable by build id in DIR",
	  take_debug_dir },
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

static int row_of(int val)
{
	if (val >= LETTER)
		return val - LETTER;
	for (int i = 0; i < ROWS; i++)
		if (rows[i].letter == val)
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
		return usage(err, "%s has no option -%c", self, letter);
	const char *name = arg + 2;
	int size = (int)strcspn(name, "=");
	if (letter >= LETTER)
		return usage(err, "option --%.*s takes no argument", size, name);
	const char *other = other_command(name, (size_t)size);
	if (other != NULL)
		return usage(err, "%s has no option --%.*s, that is one of %s", self, size, name,
			     other);
	char word[64];
	snprintf(word, sizeof(word), "%.*s", size, name);
	const char *meant = word_meant(word, t->names);
	return usage(err, "%s has no option --%s%s%s%s", self, word,
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
		int row = row_of(val == ':' ? optopt : val);
		if (val == ':')
			return usage(err, "option --%s needs an argument: %s", rows[row].name,
				     rows[row].argument);
		if (!rows[row].take(o, optarg, err))
			return false;
	}
	return true;
}

static bool take_files(struct options *o, int argc, char **argv, struct error *err)
{
	const struct command *command = &commands[o->command];
	int left = argc - optind;
	if (left < 1)
		return usage(err, "%s needs a core: gocore %s [OPTION]... %s", command->name,
			     command->name, command->arguments);
	if (left > 2)
		return usage(err, "too many arguments: '%s' follows CORE and EXE", argv[optind + 2]);
	o->core = argv[optind];
	o->exe = left == 2 ? argv[optind + 1] : NULL;
	return true;
}

/* Options that say nothing without each other, or that contradict each other. */
static bool check_together(const struct options *o, struct error *err)
{
	if (o->command == COMMAND_STACK && o->goroutine == 0)
		return usage(err, "stack needs the goroutine to show: -g ID");
	if (o->format == FORMAT_GOTRACE && o->group > GROUP_NONE)
		return usage(err, "--format gotrace lists each goroutine: it does not go with "
				  "--group");
	return true;
}

bool options_parse(struct options *options, enum command_id command, int argc, char **argv,
		   struct error *err)
{
	*options = (struct options){
		.command = command,
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
			help = "text, json, or gotrace: as the Go runtime prints them";
		help_row(&rows[i], help, out);
	}
}

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
