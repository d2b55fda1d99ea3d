/* gocore memory: the bytes at an address, and what the address is. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/json_parts.h"
#include "cli/text_parts.h"
#include "goruntime/dump.h"

enum { LENGTH = 256 };

struct dump {
	struct address address;
	uint64_t addr, length;
};

static bool find(struct session *session, void *what, struct error *err)
{
	struct dump *d = what;
	const struct options *o = session->options;
	char *end;
	session->about = "address";
	d->addr = strtoull(o->operand, &end, 0);
	if (!isdigit((unsigned char)o->operand[0]) || *end != '\0')
		return error_set(err, ERROR_USAGE, 0, "'%s' is no address", o->operand);
	d->length = o->length > 0 ? o->length : LENGTH;
	snapshot_address(&session->snapshot, d->addr, &session->arena, &d->address);
	return true;
}

static const char *missing_word(const struct dump_row *row)
{
	return row->missing == ERROR_NOT_DUMPED ? "not-in-core" : "unmapped";
}

static void json_row(struct json *json, const struct dump_row *row)
{
	_cleanup_str_ struct str hex = { 0 };
	for (size_t i = 0; i < row->size; i++)
		str_printf(&hex, "%02x", row->bytes[i]);
	json_object(json, NULL, JSON_INLINE);
	json_address(json, "address", row->addr);
	json_text(json, "bytes", str_text(&hex));
	json_text(json, "state", row->missing == ERROR_NONE ? "ok" : missing_word(row));
	json_object_end(json);
}

static void write_json(struct session *session, const void *what, FILE *out)
{
	const struct dump *d = what;
	struct json json;
	json_begin(&json, out);
	json_object(&json, NULL, JSON_LINES);
	json_header(&json);
	json_address(&json, "address", d->addr);
	json_text(&json, "what", d->address.text);
	json_text(&json, "hint", d->address.hint);
	json_unsigned(&json, "length", d->length);
	json_bool(&json, "redacted", session->options->redact);
	json_array(&json, "rows", JSON_LINES);
	for (uint64_t at = 0; at < d->length && !session->options->redact; at += DUMP_ROW) {
		struct dump_row row;
		dump_row_read(&session->snapshot, d->addr, d->length, at, &row);
		json_row(&json, &row);
	}
	json_array_end(&json);
	json_caveats(&json, &session->caveats);
	json_object_end(&json);
	json_end(&json);
}

static void text_row(struct text *text, const struct dump_row *row)
{
	text_printf(text, STYLE_FAINT, "0x%016" PRIx64 "  ", row->addr);
	for (size_t i = 0; i < DUMP_ROW; i++) {
		const char *gap = i == DUMP_ROW / 2 - 1 ? "  " : " ";
		if (i < row->size)
			text_printf(text, STYLE_PLAIN, "%02x%s", row->bytes[i], gap);
		else
			text_printf(text, STYLE_PLAIN, "  %s", gap);
	}
	text_put(text, STYLE_PLAIN, " ");
	for (size_t i = 0; i < row->size; i++)
		text_printf(text, STYLE_PLAIN, "%c",
			    isprint(row->bytes[i]) && row->bytes[i] < 0x80 ? row->bytes[i] : '.');
	if (row->missing != ERROR_NONE)
		text_printf(text, STYLE_WARN, "  %s",
			    row->missing == ERROR_NOT_DUMPED ? "not in the core" : "not mapped");
	text_line(text);
}

static void write_text(struct session *session, const void *what, FILE *out)
{
	const struct dump *d = what;
	struct text text;
	struct dump_row row = { 0 };
	text_begin(&text, session->options, out);
	text_printf(&text, STYLE_HEADING, "0x%" PRIx64, d->addr);
	text_printf(&text, STYLE_PLAIN, "  %s%s%s", d->address.text, d->address.path ? ", " : "",
		    d->address.path ? d->address.path : "");
	text_line(&text);
	if (d->address.hint != NULL) {
		text_printf(&text, STYLE_FAINT, "possible: %s", d->address.hint);
		text_line(&text);
	}
	if (session->options->redact) {
		text_put(&text, STYLE_FAINT, "the bytes are redacted");
		text_line(&text);
	}
	for (uint64_t at = 0; at < d->length && !session->options->redact; at += DUMP_ROW) {
		enum error_code last = row.missing;
		dump_row_read(&session->snapshot, d->addr, d->length, at, &row);
		if (row.size > 0 || row.missing != last)
			text_row(&text, &row);
	}
	if (session->caveats.count > 0)
		text_caveats(&text, &session->caveats);
}

enum exit_code cmd_memory(const struct options *options, FILE *out)
{
	static const struct answer answer = {
		.find = find,
		.write = { [FORMAT_TEXT] = write_text, [FORMAT_JSON] = write_json },
	};
	struct dump d = { 0 };
	return answer_run(&answer, &d, options, out);
}
