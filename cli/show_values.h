#pragma once
/* Values and the variables of frames, as text and as JSON. */
#include "cli/json.h"
#include "cli/text.h"
#include "goruntime/frame_values.h"

/* Whose frames they are, and what their values are made with. */
struct value_source {
	struct values *values;
	const struct goroutine *g; /* NULL: none */
	const struct trace *trace;
};

enum { SHOW_WHOLE_BYTES = 1 << 16 }; /* of a text that was asked for by itself */

/* How much is shown of a value, as the command line has it. */
struct value_limits show_limits(const struct options *options);

/* The same for a report, which shows the values of several frames. */
struct value_limits show_report_limits(const struct options *options);

/* Which frames of TRACE a report shows the variables of: that of the culprit, FIRST, and those of
 * the program's own code above it, a few. WANTED has room for trace->count. */
void show_wanted(const struct trace *trace, size_t first, const struct buildinfo *info,
		 bool *wanted);

/* One value as an object; KEY is NULL within an array. */
void json_value(struct json *json, const char *key, const struct value *value);

/* The members `args` and `locals` of frame number FRAME; none where DWARF does not tell. */
void json_variables(struct json *json, const struct value_source *source, size_t frame);

/* Whether the frame has a variable that is there, or with LOST any at all. */
bool has_variables(const struct value_source *source, size_t frame, bool lost);

/* The variables of a frame, one a line and at most MOST of them: "name  type = text"; those that
 * are nowhere by their names only. */
void text_variables(struct text *text, const struct value_source *source, size_t frame,
		    unsigned indent, size_t most);

/* Adds " with a: 1, b: main.T" for a closure's captured variables or a method value's receiver:
 * what is long by its type. */
void add_captured(struct str *line, const struct value *value);
