#pragma once
/*
 * Text for a person: width, colour, wrapped paragraphs. All text passes through here and is made
 * safe for a terminal: control characters are escaped, bytes that are not UTF-8 too.
 */
#include "cli/options.h"

enum text_style {
	STYLE_PLAIN,
	STYLE_HEADING, /* of a section */
	STYLE_VERDICT, /* class and kind of a death */
	STYLE_CALM,    /* class and kind where nothing died of itself */
	STYLE_STRONG,  /* what the eye looks for: title, message */
	STYLE_FAINT,   /* frames of the runtime and the standard library, places */
	STYLE_WARN,    /* caveats */
};

struct text {
	FILE *out;
	unsigned width; /* of the terminal; 80 where it is none */
	bool color;
	const struct options *options;
};

void text_begin(struct text *text, const struct options *options, FILE *out);

/* One piece within a line. */
void text_put(struct text *text, enum text_style style, const char *piece);
void text_printf(struct text *text, enum text_style style, const char *fmt, ...)
	FORMAT_PRINTF(3, 4);
/* A name that is cut at its beginning where it takes more than MOST columns; returns how many it
 * takes. */
size_t text_put_tail(struct text *text, enum text_style style, const char *name, size_t most);
void text_line(struct text *text); /* the end of a line */
void text_heading(struct text *text, const char *title);

/* PARAGRAPH wrapped: the first line begins where the cursor is, at column COLUMN, the others at
 * INDENT. A word that is wider than a line is broken. Ends the line. */
void text_wrap(struct text *text, enum text_style style, unsigned column, unsigned indent,
	       const char *paragraph);

/* Columns that N bytes of TEXT take on a terminal once escaped. */
size_t text_columns(const char *text);

/* "3 h 12 m", "2 m", "45 s", "0.3 s", "2 d 4 h"; "" for what is not known (negative). */
void str_add_duration(struct str *out, double seconds);
