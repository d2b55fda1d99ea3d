#include "cli/text_parts.h"

#include <inttypes.h>
#include <string.h>

#include "base/vec.h"
#include "cli/place.h"
#include "goruntime/traceback_style.h"

enum { GAP = 2, NAME_MOST = 60 };

struct shown {
	const struct trace_frame *frame; /* NULL stands where the trace itself leaves frames out */
	const char *gap; /* why frames that it called are missing; NULL: none */
};

typedef VEC(struct shown) frame_vec;

/* The frames that are shown. A gap before a hidden frame is said of the next one. */
static void pick(const struct frame_list *list, frame_vec *shown)
{
	const struct traceback_view view = { traceback_style_of(list->minor), list->all };
	const struct trace *trace = list->trace;
	enum func_id callee = FUNC_NORMAL;
	const char *gap = NULL;
	for (size_t i = list->begin; i < trace->count; i++) {
		const struct trace_frame *frame = &trace->frames[i];
		if (trace->elided > 0 && i == trace->elided_at)
			vec_push(shown, (struct shown){ 0 });
		gap = frame->gap != NULL ? frame->gap : gap;
		if (frame->call->is_c ||
		    traceback_shows(&view, frame->call, shown->count == 0, callee)) {
			vec_push(shown, ((struct shown){ frame, gap }));
			gap = NULL;
		}
		callee = frame->call->id;
	}
	for (size_t i = list->begin; shown->count == 0 && i < trace->count; i++)
		vec_push(shown, ((struct shown){ &trace->frames[i], trace->frames[i].gap }));
}

static size_t name_column(const struct text *text, const frame_vec *shown)
{
	size_t most = 0, limit = text->width / 2;
	limit = limit > NAME_MOST ? NAME_MOST : limit;
	for (size_t i = 0; i < shown->count; i++) {
		size_t n = shown->items[i].frame ? text_columns(shown->items[i].frame->call->function) : 0;
		if (n > most && n <= limit)
			most = n;
	}
	return most;
}

static void text_spaces(struct text *text, size_t n)
{
	fprintf(text->out, "%*s", (int)n, "");
}

/* A place that does not fit behind the name goes to a line of its own. */
static void text_frame(struct text *text, const struct frame_list *list, size_t column,
		       const struct shown *shown)
{
	const struct call *call = shown->frame->call;
	size_t number = (size_t)(shown->frame - list->trace->frames);
	_cleanup_str_ struct str place = { 0 };
	bool users = list->info == NULL || call_is_users(call, list->info);
	enum text_style style = users ? STYLE_PLAIN : STYLE_FAINT;
	size_t name = text_columns(call->function);
	place_add(call, text->options, &place);
	if (shown->gap != NULL) {
		text_spaces(text, list->indent);
		text_put(text, STYLE_FAINT, "... ");
		text_wrap(text, STYLE_FAINT, list->indent + 4, list->indent + 4, shown->gap);
	}
	text_spaces(text, list->indent);
	if (list->values != NULL)
		text_printf(text, STYLE_FAINT, "%-4zu", number);
	text_put(text, style, call->function);
	if (place.size > 0) {
		size_t pad = name < column ? column - name + GAP : GAP;
		if (list->indent + name + pad + place.size > text->width) {
			text_line(text);
			pad = list->indent + 4;
		}
		text_spaces(text, pad);
		text_put(text, style, str_text(&place));
	}
	if (call->inlined)
		text_put(text, STYLE_FAINT, "  inlined");
	text_line(text);
	if (list->values != NULL && strncmp(call->symbol, "runtime.", 8) != 0)
		text_variables(text, list->values, number, list->indent + 8, SIZE_MAX);
}

static void text_gap(struct text *text, unsigned indent, uint64_t count)
{
	_cleanup_str_ struct str number = { 0 };
	str_add_grouped(&number, count);
	text_spaces(text, indent);
	text_printf(text, STYLE_FAINT, "... %s more frames", str_text(&number));
	text_line(text);
}

void text_frames(struct text *text, const struct frame_list *list)
{
	frame_vec shown = { 0 };
	pick(list, &shown);
	size_t column = name_column(text, &shown);
	size_t head = shown.count, tail = shown.count;
	if (shown.count > list->most) {
		head = (list->most + 1) / 2;
		tail = shown.count - list->most / 2;
	}
	uint64_t elided = 0;
	for (size_t i = 0; i < shown.count; i++) {
		bool out = i >= head && i < tail;
		if (shown.items[i].frame == NULL)
			elided += list->trace->elided;
		else if (out)
			elided++;
		if (elided > 0 && (i + 1 == tail || (!out && shown.items[i].frame == NULL))) {
			text_gap(text, list->indent, elided);
			elided = 0;
		}
		if (!out && shown.items[i].frame != NULL)
			text_frame(text, list, column, &shown.items[i]);
	}
	vec_release(&shown);
}

void text_stack_end(struct text *text, const struct trace *trace)
{
	if (trace->end == UNWIND_COMPLETE)
		return;
	text_printf(text, STYLE_WARN, "  the stack ends here: %s", unwind_end_name(trace->end));
	text_line(text);
}

void text_created_by(struct text *text, unsigned indent, const struct call *call, uint64_t parent)
{
	_cleanup_str_ struct str place = { 0 };
	_cleanup_str_ struct str line = { 0 };
	if (call == NULL)
		return;
	place_add(call, text->options, &place);
	str_printf(&line, "created by %s", call->function);
	if (parent != 0)
		str_printf(&line, " in goroutine %" PRIu64, parent);
	size_t columns = text_columns(str_text(&line));
	text_spaces(text, indent);
	text_put(text, STYLE_FAINT, str_text(&line));
	if (indent + columns + GAP + place.size > text->width) {
		text_line(text);
		text_spaces(text, indent + 4);
	} else {
		text_spaces(text, GAP);
	}
	text_put(text, STYLE_FAINT, str_text(&place));
	text_line(text);
}

static void text_caveat(struct text *text, const struct caveat *caveat)
{
	_cleanup_str_ struct str line = { 0 };
	str_printf(&line, "%s: %s", caveat->about, caveat->text);
	if (caveat->addr != 0)
		str_printf(&line, " (0x%" PRIx64 ")", caveat->addr);
	text_spaces(text, 2);
	text_wrap(text, caveat->weight == CAVEAT_WEAKENS ? STYLE_WARN : STYLE_PLAIN, 2, 4,
		  str_text(&line));
}

void text_caveats(struct text *text, const struct caveats *caveats)
{
	text_heading(text, "Caveats");
	if (caveats->count == 0) {
		text_put(text, STYLE_PLAIN, "  none");
		text_line(text);
		return;
	}
	text_line(text);
	for (size_t i = 0; i < caveats->count; i++)
		text_caveat(text, &caveats->items[i]);
	if (caveats->dropped > 0) {
		text_printf(text, STYLE_WARN, "  and %zu more", caveats->dropped);
		text_line(text);
	}
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

void str_add_program(struct str *out, const char *core_path, const char *goarch,
		     const struct buildinfo *info)
{
	enum { REVISION_SHOWN = 12 };
	const char *revision = info ? buildinfo_setting(info, "vcs.revision") : NULL;
	const char *module = info ? info->module ? info->module : info->path : NULL;
	str_add(out, strcmp(core_path, "-") == 0 ? "standard input" : base_name(core_path));
	if (info != NULL && info->go_version != NULL)
		str_printf(out, ", %s", info->go_version);
	if (goarch != NULL)
		str_printf(out, " linux/%s", goarch);
	if (module != NULL)
		str_printf(out, ", %s", module);
	if (module != NULL && info->module_version != NULL &&
	    strcmp(info->module_version, "(devel)") != 0)
		str_printf(out, " %s", info->module_version);
	if (revision != NULL)
		str_printf(out, " (rev %.*s)", REVISION_SHOWN, revision);
	const char *race = info ? buildinfo_setting(info, "-race") : NULL;
	if (race != NULL && strcmp(race, "true") == 0)
		str_add(out, ", built with -race");
}
