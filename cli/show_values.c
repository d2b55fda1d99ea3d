#include "cli/show_values.h"

#include <inttypes.h>
#include <string.h>

#include "base/vec.h"
#include "cli/place.h"

enum {
	DEPTH = 3,	     /* links followed, unless asked */
	ELEMENTS = 64,	     /* children of a value, unless asked */
	TEXT_BYTES = 1000,   /* of one value's text ... */
	LINE_BYTES = 300,    /* ... and where people read it */
	STRING_BYTES = 512,  /* of one string's */
	CAPTURED_BYTES = 60, /* of what a closure has: more is its type */
	VALUES_MAX = 20000,  /* in one tree */
	/* The same in a report. */
	REPORT_DEPTH = 2,
	REPORT_LINE_BYTES = 160,
	REPORT_STRING_BYTES = 200,
	REPORT_VALUES_MAX = 1000,
	REPORT_FRAMES = 8, /* of the program's own code */
};

struct value_limits show_limits(const struct options *options)
{
	return (struct value_limits){
		.depth = options->depth_given ? options->depth : DEPTH,
		.elements = options->elements > 0 ? options->elements : ELEMENTS,
		.text = options->format == FORMAT_JSON ? TEXT_BYTES : LINE_BYTES,
		.string = STRING_BYTES,
		.values = VALUES_MAX,
		.redact = options->redact,
	};
}

struct value_limits show_report_limits(const struct options *options)
{
	return (struct value_limits){
		.depth = REPORT_DEPTH,
		.elements = ELEMENTS,
		.text = options->format == FORMAT_JSON ? LINE_BYTES : REPORT_LINE_BYTES,
		.string = REPORT_STRING_BYTES,
		.values = REPORT_VALUES_MAX,
		.redact = options->redact,
	};
}

void show_wanted(const struct trace *trace, size_t first, const struct buildinfo *info,
		 bool *wanted)
{
	size_t count = 0;
	for (size_t i = 0; i < trace->count; i++) {
		const struct call *call = trace->frames[i].call;
		bool users = info == NULL || call_is_users(call, info);
		wanted[i] = i >= first && count < REPORT_FRAMES && (users || i == first);
		count += wanted[i];
	}
}

static void json_children(struct json *json, const struct value *value);

void json_value(struct json *json, const char *key, const struct value *value)
{
	json_object(json, key, JSON_INLINE);
	json_text(json, "name", value->name);
	json_text(json, "type", value->type);
	json_text(json, "kind", value->kind);
	json_text(json, "text", value->text);
	if (value->addr != 0)
		json_address(json, "address", value->addr);
	json_text(json, "state", value_state_name(value->state));
	json_children(json, value);
	json_object_end(json);
}

static void json_children(struct json *json, const struct value *value)
{
	if (value->child_count > 0) {
		json_array(json, "children", JSON_INLINE);
		for (size_t i = 0; i < value->child_count; i++)
			json_value(json, NULL, &value->children[i]);
		json_array_end(json);
	}
	if (value->children_left_out > 0)
		json_unsigned(json, "children_elided", value->children_left_out);
}

static void json_role(struct json *json, const struct value_source *source,
		      const struct variables *variables, const char *key, bool arguments)
{
	json_array(json, key, JSON_INLINE);
	for (size_t i = 0; i < variables->count; i++) {
		struct value value;
		if ((variables->items[i].role == VARIABLE_ARGUMENT) != arguments)
			continue;
		variable_make(source->values, &variables->items[i], &value);
		json_value(json, NULL, &value);
	}
	json_array_end(json);
}

void json_variables(struct json *json, const struct value_source *source, size_t frame)
{
	struct variables variables;
	frame_variables(source->values, source->g, source->trace, frame, &variables);
	if (!variables.known)
		return;
	json_role(json, source, &variables, "args", true);
	json_role(json, source, &variables, "locals", false);
}

/* --- text -------------------------------------------------------------------------------------- */

static size_t widest_name(const struct variables *variables)
{
	enum { NAME_MOST = 16 };
	size_t widest = 0;
	for (size_t i = 0; i < variables->count; i++) {
		size_t n = text_columns(variables->items[i].name);
		if (n > widest && n <= NAME_MOST)
			widest = n;
	}
	return widest;
}

/* What a function has with it, which its text, a name, does not say. */
void add_captured(struct str *line, const struct value *value)
{
	if (strcmp(value->kind, "func") != 0)
		return;
	for (size_t i = 0; i < value->child_count; i++) {
		const struct value *child = &value->children[i];
		bool fits = strlen(child->text) <= CAPTURED_BYTES;
		str_printf(line, "%s%s: %s", i > 0 ? ", " : " with ", child->name,
			   fits ? child->text : child->type);
	}
}

static void text_variable(struct text *text, const struct value *value, size_t column,
			  unsigned indent)
{
	_cleanup_str_ struct str line = { 0 };
	size_t name = text_columns(value->name);
	text_printf(text, STYLE_PLAIN, "%*s", (int)indent, "");
	text_put(text, STYLE_PLAIN, value->name);
	text_printf(text, STYLE_PLAIN, "%*s", (int)(name < column ? column - name + 2 : 2), "");
	str_printf(&line, "%s = %s", value->type, value->text);
	add_captured(&line, value);
	text_wrap(text, value->state == VALUE_OK ? STYLE_PLAIN : STYLE_FAINT,
		  indent + (unsigned)(name < column ? column : name) + 2, indent + 4,
		  str_text(&line));
}

bool has_variables(const struct value_source *source, size_t frame, bool lost)
{
	struct variables variables;
	frame_variables(source->values, source->g, source->trace, frame, &variables);
	for (size_t i = 0; i < variables.count; i++)
		if (lost || variables.items[i].state != VALUE_OPTIMIZED_OUT)
			return true;
	return false;
}

/* Those that are nowhere, in one line. */
static void text_lost(struct text *text, const struct variables *variables, unsigned indent)
{
	_cleanup_str_ struct str line = { 0 };
	for (size_t i = 0; i < variables->count; i++)
		if (variables->items[i].state == VALUE_OPTIMIZED_OUT)
			str_printf(&line, "%s%s", line.size > 0 ? ", " : "optimized out: ",
				   variables->items[i].name);
	if (line.size == 0)
		return;
	text_printf(text, STYLE_PLAIN, "%*s", (int)indent, "");
	text_wrap(text, STYLE_FAINT, indent, indent + 4, str_text(&line));
}

void text_variables(struct text *text, const struct value_source *source, size_t frame,
		    unsigned indent, size_t most)
{
	struct variables variables;
	frame_variables(source->values, source->g, source->trace, frame, &variables);
	size_t column = widest_name(&variables), shown = 0, left_out = 0;
	for (size_t i = 0; i < variables.count; i++) {
		struct value value;
		if (variables.items[i].state == VALUE_OPTIMIZED_OUT)
			continue;
		if (shown++ >= most) {
			left_out++;
			continue;
		}
		variable_make(source->values, &variables.items[i], &value);
		text_variable(text, &value, column, indent);
	}
	if (left_out > 0) {
		text_printf(text, STYLE_FAINT, "%*s... %zu more", (int)indent, "", left_out);
		text_line(text);
	}
	text_lost(text, &variables, indent);
}
