#include "cli/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_LEAST = 40, WIDTH_MOST = 400 };

/* Select Graphic Rendition, ECMA-48 8.3.117. */
static const char *const codes[] = {
	[STYLE_PLAIN] = "",	     [STYLE_HEADING] = "\033[1m", [STYLE_VERDICT] = "\033[1;31m",
	[STYLE_CALM] = "\033[1;36m", [STYLE_STRONG] = "\033[1m",  [STYLE_FAINT] = "\033[2m",
	[STYLE_WARN] = "\033[33m",
};

static unsigned find_width(FILE *terminal)
{
	const char *columns = getenv("COLUMNS");
	unsigned long width = columns ? strtoul(columns, NULL, 10) : 0;
	struct winsize size;
	if (width == 0 && ioctl(fileno(terminal), TIOCGWINSZ, &size) == 0)
		width = size.ws_col;
	if (width == 0)
		return WIDTH_DEFAULT;
	return width < WIDTH_LEAST  ? WIDTH_LEAST
	       : width > WIDTH_MOST ? WIDTH_MOST
				    : (unsigned)width;
}

static bool find_color(enum color wish, FILE *terminal)
{
	const char *no_color = getenv("NO_COLOR"); /* https://no-color.org */
	const char *term = getenv("TERM");
	if (wish != COLOR_AUTO)
		return wish == COLOR_ALWAYS;
	return isatty(fileno(terminal)) && (no_color == NULL || no_color[0] == '\0') &&
	       (term == NULL || strcmp(term, "dumb") != 0);
}

void text_begin(struct text *text, const struct options *options, FILE *out)
{
	FILE *terminal = options->terminal != NULL ? options->terminal : out;
	*text = (struct text){
		.out = out,
		.width = find_width(terminal),
		.color = find_color(options->color, terminal),
		.options = options,
	};
}

static void style_on(struct text *text, enum text_style style)
{
	if (text->color && style != STYLE_PLAIN)
		fputs(codes[style], text->out);
}

static void style_off(struct text *text, enum text_style style)
{
	if (text->color && style != STYLE_PLAIN)
		fputs("\033[0m", text->out);
}

static void put_bytes(struct text *text, enum text_style style, const char *piece, size_t size)
{
	_cleanup_str_ struct str safe = { 0 };
	str_add_escaped(&safe, piece, size);
	style_on(text, style);
	fputs(str_text(&safe), text->out);
	style_off(text, style);
}

void text_put(struct text *text, enum text_style style, const char *piece)
{
	put_bytes(text, style, piece, strlen(piece));
}

void text_printf(struct text *text, enum text_style style, const char *fmt, ...)
{
	_cleanup_str_ struct str piece = { 0 };
	va_list args;
	va_start(args, fmt);
	str_vprintf(&piece, fmt, args);
	va_end(args);
	put_bytes(text, style, str_text(&piece), piece.size);
}

void text_line(struct text *text)
{
	putc('\n', text->out);
}

void text_heading(struct text *text, const char *title)
{
	text_line(text);
	text_put(text, STYLE_HEADING, title);
}

static size_t columns_of(const char *text, size_t size)
{
	_cleanup_str_ struct str safe = { 0 };
	size_t columns = 0;
	str_add_escaped(&safe, text, size);
	for (size_t i = 0; i < safe.size; i++)
		columns += ((uint8_t)safe.text[i] & 0xc0) != 0x80;
	return columns;
}

size_t text_columns(const char *text)
{
	return columns_of(text, strlen(text));
}

static size_t character_size(const char *text)
{
	size_t size = utf8_length((const uint8_t *)text, strlen(text));
	return size ? size : 1;
}

size_t text_put_tail(struct text *text, enum text_style style, const char *name, size_t most)
{
	static const char dots[] = "...";
	size_t columns = text_columns(name), least = sizeof(dots); /* dots and a character */
	if (columns <= most || most < least) {
		text_put(text, style, name);
		return columns;
	}
	while (*name != '\0' && text_columns(name) > most - (sizeof(dots) - 1))
		name += character_size(name);
	text_printf(text, style, "%s%s", dots, name);
	return text_columns(name) + sizeof(dots) - 1;
}

/* Bytes of the word at P that fit into MOST columns: all of it, unless it is wider than that. */
static size_t word_size(const char *p, size_t most)
{
	size_t size = strcspn(p, " "), fits = 0;
	if (size <= most / 6 || columns_of(p, size) <= most)
		return size;
	while (fits < size && columns_of(p, fits + character_size(p + fits)) <= most)
		fits += character_size(p + fits);
	return fits > 0 ? fits : size;
}

void text_wrap(struct text *text, enum text_style style, unsigned column, unsigned indent,
	       const char *paragraph)
{
	size_t at = column;
	bool first = true, broken = false; /* of its line; a piece of a word, the rest follows */
	for (const char *p = paragraph; *p != '\0';) {
		size_t size = word_size(p, text->width - indent);
		size_t columns = columns_of(p, size);
		if (!first && (broken || at + 1 + columns > text->width)) {
			fprintf(text->out, "\n%*s", (int)indent, "");
			at = indent;
			first = true;
		}
		if (!first) {
			putc(' ', text->out);
			at++;
		}
		put_bytes(text, style, p, size);
		at += columns;
		first = false;
		p += size;
		broken = *p != ' ';
		p += !broken;
	}
	text_line(text);
}

void str_add_duration(struct str *out, double seconds)
{
	if (!(seconds >= 0 && seconds < 1e12))
		return;
	uint64_t s = (uint64_t)seconds;
	unsigned long long days = s / 86400, hours = s / 3600 % 24, minutes = s / 60 % 60;
	if (days > 0)
		str_printf(out, hours ? "%llu d %llu h" : "%llu d", days, hours);
	else if (hours > 0)
		str_printf(out, minutes ? "%llu h %llu m" : "%llu h", hours, minutes);
	else if (minutes > 0)
		str_printf(out, "%llu m", minutes);
	else if (seconds >= 9.95)
		str_printf(out, "%.0f s", seconds);
	else
		str_printf(out, "%.1f s", seconds);
}
