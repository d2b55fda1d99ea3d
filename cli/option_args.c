#include "cli/option_args.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/words.h"

enum { PATH_MAPS_MAX = sizeof(((struct report_options *)0)->path_map_from) / sizeof(char *) };

static const char *const color_words[] = { "auto", "always", "never", NULL };
static const char *const traceback_words[] = { "none", "single", "all", "system", "crash", NULL };
static const char *const group_words[] = { "", "none", "stack", "creator", NULL };
static const char *const format_words[] = { "text", "json", "gotrace", "pprof",
					     "dot",  "mermaid", NULL };

bool usage_error(struct error *err, const char *fmt, ...)
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
	return usage_error(err, "--%s: '%s' is none of %s", option, word, str_text(&all));
}

static bool take_into(const char *option, struct word_list *list, const char *arg,
		      struct error *err)
{
	if (list->count == OPTION_WORDS_MAX)
		return usage_error(err, "--%s is given more than %d times", option,
				   OPTION_WORDS_MAX);
	if (arg[0] == '\0')
		return usage_error(err, "--%s needs a word that is not empty", option);
	list->items[list->count++] = arg;
	return true;
}

bool take_format(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("format", arg, format_words, &index, err))
		return false;
	o->format = (enum format)index;
	if (commands[o->command].formats & 1u << index)
		return true;
	return usage_error(err, "--format: %s has no format %s", commands[o->command].name, arg);
}

bool take_color(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("color", arg, color_words, &index, err))
		return false;
	o->color = (enum color)index;
	return true;
}

bool take_traceback(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("traceback", arg, traceback_words, &index, err))
		return false;
	o->traceback = (enum traceback_word)index;
	return true;
}

bool take_group(struct options *o, const char *arg, struct error *err)
{
	unsigned index;
	if (!take_word("group", arg, group_words, &index, err))
		return false;
	o->group = (enum grouping)index;
	return true;
}

bool take_brief(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->report.brief = o->detect.brief = true;
	return true;
}

bool take_redact(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->redact = o->report.redact = true;
	return true;
}

bool take_force(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->force = true;
	return true;
}

bool take_help(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->help = true;
	return true;
}

bool take_debug_dir(struct options *o, const char *arg, struct error *err)
{
	(void)err;
	o->debug_dir = arg;
	return true;
}

bool take_log(struct options *o, const char *arg, struct error *err)
{
	if (arg[0] == '\0')
		return usage_error(err, "--log needs the name of a file");
	o->log = arg;
	return true;
}

bool take_no_debuginfod(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->no_debuginfod = true;
	return true;
}

bool take_sysroot(struct options *o, const char *arg, struct error *err)
{
	(void)err;
	o->sysroot = arg;
	return true;
}

bool take_path_map(struct options *o, const char *arg, struct error *err)
{
	const char *equals = strchr(arg, '=');
	if (equals == NULL || equals == arg)
		return usage_error(err, "--path-map: '%s' is not FROM=TO", arg);
	if (o->report.path_map_count == PATH_MAPS_MAX)
		return usage_error(err, "--path-map is given more than %d times", PATH_MAPS_MAX);
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
		return usage_error(err, "--%s: class %s has no kind '%s'", option, class,
				   word + strcspn(word, "/") + (strchr(word, '/') != NULL));
	return usage_error(err, "--%s: there is no class '%s'%s%s%s", option, class,
			   meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

bool take_skip(struct options *o, const char *arg, struct error *err)
{
	struct class_word ignored;
	return class_word("skip", arg, &ignored, err) && take_into("skip", &o->skip, arg, err);
}

bool take_fail_on(struct options *o, const char *arg, struct error *err)
{
	char *rest = (char *)arg;
	for (char *word; (word = strsep(&rest, ",")) != NULL;) {
		if (o->fail_on_count == OPTION_WORDS_MAX)
			return usage_error(err, "--fail-on names more than %d classes",
					   OPTION_WORDS_MAX);
		if (!class_word("fail-on", word, &o->fail_on[o->fail_on_count], err))
			return false;
		o->fail_on_count++;
	}
	return true;
}

bool take_leak_threshold(struct options *o, const char *arg, struct error *err)
{
	static const char shape[] = "--leak-threshold: '%s' is not COUNT or COUNT,SHARE%% "
				    "(as in 500,80%%)";
	char *end;
	if (!isdigit((unsigned char)arg[0]))
		return usage_error(err, shape, arg);
	unsigned long long count = strtoull(arg, &end, 10);
	if (count == 0 || (*end != '\0' && *end != ','))
		return usage_error(err, shape, arg);
	o->detect.leak_count = count;
	if (*end == '\0')
		return true;
	const char *share = end + 1;
	double percent = strtod(share, &end);
	if (!isdigit((unsigned char)share[0]) || strcmp(end, "%") != 0 || percent > 100)
		return usage_error(err, shape, arg);
	o->detect.leak_share = percent / 100;
	return true;
}

bool take_status(struct options *o, const char *arg, struct error *err)
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

bool take_wait(struct options *o, const char *arg, struct error *err)
{
	return take_into("wait", &o->wait, arg, err);
}

bool take_function(struct options *o, const char *arg, struct error *err)
{
	return take_into("function", &o->function, arg, err);
}

bool take_label(struct options *o, const char *arg, struct error *err)
{
	return take_into("label", &o->label, arg, err);
}

bool take_min_wait(struct options *o, const char *arg, struct error *err)
{
	if (duration_parse(arg, &o->min_wait_seconds))
		return true;
	return usage_error(err, "--min-wait: '%s' is no duration (as in 90s, 5m, 1h30m, 2d)", arg);
}

bool take_goroutine(struct options *o, const char *arg, struct error *err)
{
	char *end;
	o->goroutine = strtoull(arg, &end, 10);
	if (isdigit((unsigned char)arg[0]) && *end == '\0' && o->goroutine != 0)
		return true;
	return usage_error(err, "--goroutine: '%s' is no goroutine id", arg);
}

bool take_locals(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->locals = true;
	return true;
}

bool take_environment(struct options *o, const char *arg, struct error *err)
{
	(void)arg;
	(void)err;
	o->environment = true;
	return true;
}

/* A number from LEAST to MOST. */
static bool take_number(const char *option, const char *arg, unsigned least, unsigned most,
			unsigned *number, struct error *err)
{
	char *end;
	unsigned long value = strtoul(arg, &end, 10);
	if (!isdigit((unsigned char)arg[0]) || *end != '\0' || value < least || value > most)
		return usage_error(err, "--%s: '%s' is no number from %u to %u", option, arg, least,
				   most);
	*number = (unsigned)value;
	return true;
}

bool take_depth(struct options *o, const char *arg, struct error *err)
{
	enum { DEPTH_MOST = 20 };
	o->depth_given = true;
	return take_number("depth", arg, 0, DEPTH_MOST, &o->depth, err);
}

bool take_elements(struct options *o, const char *arg, struct error *err)
{
	enum { ELEMENTS_MOST = 1000000 };
	return take_number("elements", arg, 1, ELEMENTS_MOST, &o->elements, err);
}

bool take_frame(struct options *o, const char *arg, struct error *err)
{
	enum { FRAME_MOST = 100000000 };
	unsigned frame;
	o->frame_given = true;
	if (!take_number("frame", arg, 0, FRAME_MOST, &frame, err))
		return false;
	o->frame = frame;
	return true;
}

bool take_length(struct options *o, const char *arg, struct error *err)
{
	enum { LENGTH_MOST = 1 << 28 };
	unsigned length;
	if (!take_number("length", arg, 1, LENGTH_MOST, &length, err))
		return false;
	o->length = length;
	return true;
}
