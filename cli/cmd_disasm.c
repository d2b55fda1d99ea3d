/* gocore disasm: the instructions of a function. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/answer.h"
#include "cli/json_parts.h"
#include "cli/path_map.h"
#include "cli/text_parts.h"
#include "formats/disasm.h"
#include "goruntime/listing.h"

struct disassembly {
	struct listing listing;
	uint64_t pc; /* that was asked for, or where the fault hit; 0: none */
};

static bool find_pc(struct session *session, struct disassembly *d, uint64_t *pc, struct error *err)
{
	const char *word = session->options->operand;
	char *end;
	session->about = "program";
	if (isdigit((unsigned char)word[0])) {
		*pc = strtoull(word, &end, 0);
		d->pc = *pc;
		return *end == '\0' || error_set(err, ERROR_USAGE, 0, "'%s' is no address", word);
	}
	return listing_find(&session->snapshot, word, pc) ||
	       error_set(err, ERROR_NOT_FOUND, 0, "there is no Go function %s in the program",
			 word);
}

static bool list(struct session *session, void *what, struct error *err)
{
	struct disassembly *d = what;
	uint64_t pc;
	const struct death_signal *fault = &session->snapshot.death.fault;
	if (!find_pc(session, d, &pc, err) ||
	    !listing_at(&session->snapshot, pc, &session->arena, &d->listing, err))
		return false;
	if (d->pc == 0 && fault->present && fault->pc >= d->listing.entry &&
	    fault->pc < d->listing.end)
		d->pc = fault->pc;
	return true;
}

static const char *shown_text(const struct session *session, const char *text, struct str *buf)
{
	if (text == NULL || !session->options->redact)
		return text;
	str_clear(buf);
	disasm_add_redacted(text, buf);
	return str_text(buf);
}

static void add_bytes(struct bytes bytes, const char *separator, struct str *out)
{
	for (size_t i = 0; i < bytes.size; i++)
		str_printf(out, "%s%02x", i > 0 ? separator : "", bytes.data[i]);
}

static void write_json(struct session *session, const void *what, FILE *out)
{
	const struct disassembly *d = what;
	struct json json;
	const struct options *o = session->options;
	_cleanup_str_ struct str bytes = { 0 };
	_cleanup_str_ struct str buf = { 0 };
	_cleanup_str_ struct str path = { 0 };
	json_begin(&json, out);
	json_object(&json, NULL, JSON_LINES);
	json_header(&json);
	json_text(&json, "function", d->listing.function);
	json_bool(&json, "is_go", d->listing.is_go);
	json_address(&json, "entry", d->listing.entry);
	json_address(&json, "end", d->listing.end);
	json_array(&json, "instructions", JSON_LINES);
	for (size_t i = 0; i < d->listing.count; i++) {
		const struct listing_insn *insn = &d->listing.items[i];
		str_clear(&bytes);
		if (!o->redact)
			add_bytes(insn->bytes, "", &bytes);
		json_object(&json, NULL, JSON_INLINE);
		json_address(&json, "pc", insn->pc);
		json_text(&json, "bytes", str_text(&bytes));
		json_text(&json, "text", shown_text(session, insn->text, &buf));
		if (insn->target != NULL)
			json_text(&json, "target", insn->target);
		json_text(&json, "file",
			  insn->file[0] ? path_mapped(&o->report, insn->file, &path) : NULL);
		if (insn->line > 0)
			json_signed(&json, "line", insn->line);
		else
			json_null(&json, "line");
		json_bool(&json, "current", insn->pc == d->pc);
		json_object_end(&json);
	}
	json_array_end(&json);
	json_bool(&json, "cut", d->listing.cut);
	json_caveats(&json, &session->caveats);
	json_object_end(&json);
	json_end(&json);
}

/* "nil.go:100" */
static void add_place(const struct listing_insn *insn, struct str *out)
{
	const char *slash = strrchr(insn->file, '/');
	str_printf(out, "%s:%d", slash ? slash + 1 : insn->file, insn->line);
}

static void write_insn(struct text *text, const struct session *session,
		       const struct disassembly *d, const struct listing_insn *insn)
{
	enum { BYTES_COLUMN = 24 };
	_cleanup_str_ struct str bytes = { 0 };
	_cleanup_str_ struct str buf = { 0 };
	add_bytes(insn->bytes, " ", &bytes);
	text_put(text, STYLE_STRONG, insn->pc == d->pc ? "=> " : "   ");
	text_printf(text, STYLE_PLAIN, "0x%" PRIx64 "  +0x%-4" PRIx64 "  ", insn->pc,
		    insn->pc - d->listing.entry);
	if (!session->options->redact)
		text_printf(text, STYLE_FAINT, "%-*s  ", BYTES_COLUMN, str_text(&bytes));
	text_put(text, STYLE_PLAIN,
		 insn->text ? shown_text(session, insn->text, &buf) : "(no instruction)");
	if (insn->target != NULL)
		text_printf(text, STYLE_FAINT, "  %s", insn->target);
	text_line(text);
}

static void write_text(struct session *session, const void *what, FILE *out)
{
	const struct disassembly *d = what;
	struct text text;
	_cleanup_str_ struct str last = { 0 };
	text_begin(&text, session->options, out);
	text_printf(&text, STYLE_HEADING, "%s",
		    d->listing.function[0] ? d->listing.function : "code");
	text_printf(&text, STYLE_PLAIN, "  0x%" PRIx64 " to 0x%" PRIx64, d->listing.entry,
		    d->listing.end);
	text_line(&text);
	for (size_t i = 0; i < d->listing.count; i++) {
		const struct listing_insn *insn = &d->listing.items[i];
		_cleanup_str_ struct str place = { 0 };
		if (insn->line > 0)
			add_place(insn, &place);
		if (strcmp(str_text(&place), str_text(&last)) != 0 && place.size > 0) {
			text_put(&text, STYLE_FAINT, str_text(&place));
			text_line(&text);
			str_clear(&last);
			str_add(&last, str_text(&place));
		}
		write_insn(&text, session, d, insn);
	}
	if (d->listing.cut) {
		text_put(&text, STYLE_WARN, "the rest of the function is not there");
		text_line(&text);
	}
	if (session->caveats.count > 0)
		text_caveats(&text, &session->caveats);
}

enum exit_code cmd_disasm(const struct options *options, FILE *out)
{
	static const struct answer answer = {
		.find = list,
		.write = { [FORMAT_TEXT] = write_text, [FORMAT_JSON] = write_json },
	};
	struct disassembly d = { 0 };
	return answer_run(&answer, &d, options, out);
}
