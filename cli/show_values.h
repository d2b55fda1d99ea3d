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

/* How much is shown of a value, as the command line has it. */
struct value_limits show_limits(const struct options *options);

/* One value as an object; KEY is NULL within an array. */
void json_value(struct json *json, const char *key, const struct value *value);

/* The members `args` and `locals` of frame number FRAME; none where DWARF does not tell. */
void json_variables(struct json *json, const struct value_source *source, size_t frame);

/* The variables of a frame, one a line and at most MOST of them: "name  type = text"; those that are
 * nowhere by their names only. */
void text_variables(struct text *text, const struct value_source *source, size_t frame,
		    unsigned indent, size_t most);

/* A value: its text, or with its children below it where the text is cut. */
void text_value(struct text *text, const struct value *value, unsigned indent);
