#include "cli/json_parts.h"

#include <inttypes.h>
#include <string.h>

#include "cli/path_map.h"
#include "cli/json_waits.h"
#include "cli/redact.h"

static const char *const found_by_words[] = {
	[FOUND_BY_PCSP] = "pcsp",
	[FOUND_BY_CONTEXT] = "context",
	[FOUND_BY_SCHED] = "sched",
	[FOUND_BY_REGISTERS] = "registers",
	[FOUND_BY_CFI] = "cfi",
	[FOUND_BY_FRAME_POINTER] = "frame-pointer",
	[FOUND_BY_SEARCH] = "search",
};

void json_header(struct json *json)
{
	json_text(json, "schema_version", "1");
	json_object(json, "tool", JSON_INLINE);
	json_text(json, "name", "gocore");
	json_text(json, "version", GOCORE_VERSION);
	json_object_end(json);
}

void json_error(struct json *json, const char *about, const struct error *err)
{
	json_object(json, "error", JSON_LINES);
	json_text(json, "code", error_code_name(err->code));
	json_text(json, "about", about);
	json_text(json, "text", err->text);
	if (err->addr != 0)
		json_address(json, "address", err->addr);
	json_object_end(json);
}

void json_core(struct json *json, const struct report_core *core, const struct options *options)
{
	json_object(json, "core", JSON_LINES);
	json_text(json, "path", core->path);
	json_unsigned(json, "size_bytes", core->size_bytes);
	json_text(json, "format", "elf");
	json_text(json, "writer", core->writer);
	json_text(json, "os", "linux");
	json_text(json, "arch", core->goarch);
	json_signed(json, "pid", core->pid);
	json_text(json, "command", core->command);
	if (!options->redact)
		json_text(json, "arguments", core->arguments);
	json_unsigned(json, "threads", core->threads);
	json_unsigned(json, "dumped_bytes", core->dumped_bytes);
	json_unsigned(json, "missing_bytes", core->missing_bytes);
	json_bool(json, "truncated", core->truncated);
	if (core->stream_bytes > 0)
		json_unsigned(json, "stream_bytes", core->stream_bytes);
	if (core->compression != NULL)
		json_text(json, "compression", core->compression);
	json_object_end(json);
}

static void json_settings(struct json *json, const struct buildinfo *info)
{
	json_object(json, "settings", JSON_LINES);
	for (size_t i = 0; i < info->setting_count; i++)
		json_text(json, info->settings[i].key, info->settings[i].value);
	json_object_end(json);
}

void json_executable(struct json *json, const struct report_executable *exe,
		     const struct buildinfo *info, bool cgo, bool race)
{
	static const struct buildinfo none;
	if (info == NULL)
		info = &none;
	json_object(json, "executable", JSON_LINES);
	json_text(json, "path", exe->path);
	if (exe->debug_path != NULL)
		json_text(json, "debug_path", exe->debug_path);
	json_text(json, "build_id", exe->build_id);
	json_text(json, "go_build_id", exe->go_build_id);
	json_text(json, "go_version", info->go_version);
	json_text(json, "main_package", info->path);
	json_text(json, "main_module", info->module);
	json_text(json, "main_version", info->module_version);
	json_text(json, "vcs_revision", buildinfo_setting(info, "vcs.revision"));
	json_settings(json, info);
	json_bool(json, "stripped", exe->stripped);
	json_bool(json, "dwarf", exe->dwarf);
	json_bool(json, "pie", exe->pie);
	json_bool(json, "cgo", cgo);
	json_bool(json, "race", race);
	json_text(json, "matches", exe->matches);
	json_object_end(json);
}

static void json_file(struct json *json, const struct call *call, const struct options *options)
{
	_cleanup_str_ struct str buf = { 0 };
	const char *file = call->file && call->file[0] ? call->file : NULL;
	json_text(json, "file", path_mapped(&options->report, file, &buf));
	if (file != NULL && call->line > 0)
		json_signed(json, "line", call->line);
	else
		json_null(json, "line");
}

void json_call(struct json *json, const char *key, const struct call *call,
	       const struct options *options)
{
	if (call == NULL) {
		json_null(json, key);
		return;
	}
	json_object(json, key, JSON_INLINE);
	json_text(json, "function", call->function);
	json_file(json, call, options);
	json_object_end(json);
}

static void json_arg_words(struct json *json, const struct trace_frame *frame,
			   const struct options *options)
{
	_cleanup_str_ struct str buf = { 0 };
	if (frame->call->inlined)
		json_text(json, "arg_words", "...");
	else if (options->redact)
		json_text(json, "arg_words", redact_words(frame->arg_words, &buf));
	else
		json_text(json, "arg_words", frame->arg_words);
}

/* SOURCE: of the values of frame number INDEX; NULL: without. */
static void json_frame(struct json *json, const struct trace_frame *frame, bool args,
		       const struct value_source *source, size_t index,
		       const struct options *options)
{
	const struct call *call = frame->call;
	json_object(json, NULL, JSON_INLINE);
	if (frame->gap != NULL)
		json_text(json, "gap", frame->gap);
	json_text(json, "function", call->function);
	if (strcmp(call->function, call->symbol) != 0)
		json_text(json, "symbol", call->symbol);
	json_file(json, call, options);
	json_address(json, "pc", frame->pc);
	if (frame->sp != 0)
		json_address(json, "sp", frame->sp);
	else
		json_null(json, "sp");
	json_text(json, "language", call->is_c ? "c" : "go");
	if (call->is_c)
		json_text(json, "object", call->object);
	json_bool(json, "inlined", call->inlined);
	json_text(json, "found_by", found_by_words[frame->found_by]);
	if (args && !call->is_c && (call->inlined || frame->arg_words != NULL))
		json_arg_words(json, frame, options);
	if (source != NULL)
		json_variables(json, source, index);
	json_object_end(json);
}

/* Whether the trace was taken with arguments at all: then inlined frames get their "..." too. */
static bool has_args(const struct trace *trace)
{
	for (size_t i = 0; i < trace->count; i++)
		if (trace->frames[i].arg_words != NULL)
			return true;
	return false;
}

void json_frames(struct json *json, const struct trace *trace, const struct options *options)
{
	json_frames_values(json, trace, NULL, NULL, options);
}

void json_frames_values(struct json *json, const struct trace *trace, const bool *wanted,
			const struct value_source *source, const struct options *options)
{
	bool args = has_args(trace);
	json_array(json, "frames", JSON_LINES);
	for (size_t i = 0; i < trace->count; i++)
		json_frame(json, &trace->frames[i], args,
			   wanted == NULL || wanted[i] ? source : NULL, i, options);
	json_array_end(json);
	json_unsigned(json, "frames_elided", trace->elided);
}

static void json_labels(struct json *json, const struct snapshot *snapshot,
			const struct goroutine *g, const struct options *options,
			struct arena *scratch)
{
	size_t count;
	const struct label *labels =
		shown_labels(snapshot, g, options->redact, scratch, &count);
	json_object(json, "labels", JSON_INLINE);
	for (size_t i = 0; i < count; i++)
		json_text(json, labels[i].key, labels[i].value);
	json_object_end(json);
}

static void json_stack(struct json *json, const struct snapshot *snapshot,
		       const struct goroutine *g, const struct trace *trace,
		       const struct options *options, struct arena *scratch)
{
	if (!options->locals) {
		json_frames(json, trace, options);
		return;
	}
	const struct value_limits limits = show_limits(options);
	const struct value_source source = { values_create(snapshot, scratch, &limits), g, trace };
	json_frames_values(json, trace, NULL, &source, options);
}

void json_goroutine(struct json *json, const struct snapshot *snapshot, const struct goroutine *g,
		    const struct options *options)
{
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	goroutine_mixed_trace(snapshot, g, true, &scratch, &trace);
	int64_t locked = goroutine_locked_thread(snapshot, g);
	json_object(json, NULL, JSON_LINES);
	json_unsigned(json, "id", g->id);
	json_address(json, "address", g->addr);
	json_text(json, "status", g_status_text(g->status));
	json_text(json, "wait", goroutine_wait(snapshot, g));
	json_seconds(json, "wait_seconds", goroutine_wait_seconds(snapshot, g));
	if (g->parent != 0)
		json_unsigned(json, "parent", g->parent);
	else
		json_null(json, "parent");
	json_bool(json, "system", g->system);
	if (locked >= 0)
		json_signed(json, "locked_thread", locked);
	else
		json_null(json, "locked_thread");
	json_bool(json, "unreadable", g->unreadable);
	json_labels(json, snapshot, g, options, &scratch);
	json_waiting_on(json, snapshot, g);
	json_call(json, "created_by", goroutine_created_by(snapshot, g), options);
	json_stack(json, snapshot, g, &trace, options, &scratch);
	json_text(json, "stack_end", unwind_end_name(trace.end));
	json_object_end(json);
	arena_release(&scratch);
}

void json_thread_head(struct json *json, const struct snapshot *snapshot,
		      const struct thread *thread)
{
	if (thread->lwp != NULL)
		json_signed(json, "tid", thread->lwp->tid);
	else
		json_null(json, "tid");
	if (thread->m != 0)
		json_signed(json, "m", thread->id);
	else
		json_null(json, "m");
	if (thread->p != 0)
		json_address(json, "p", thread->p);
	else
		json_null(json, "p");
	if (thread->goroutine < snapshot->goroutine_count)
		json_unsigned(json, "goroutine", snapshot->goroutines[thread->goroutine].id);
	else
		json_null(json, "goroutine");
}

void json_caveats(struct json *json, const struct caveats *caveats)
{
	json_array(json, "caveats", JSON_LINES);
	for (size_t i = 0; i < caveats->count; i++) {
		const struct caveat *c = &caveats->items[i];
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "about", c->about);
		json_text(json, "text", c->text);
		if (c->addr != 0)
			json_address(json, "address", c->addr);
		json_text(json, "weight", c->weight == CAVEAT_WEAKENS ? "weakens" : "note");
		json_object_end(json);
	}
	if (caveats->dropped > 0) {
		char text[96];
		snprintf(text, sizeof(text), "%zu more caveats were left out", caveats->dropped);
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "about", "caveats");
		json_text(json, "text", text);
		json_text(json, "weight", "note");
		json_object_end(json);
	}
	json_array_end(json);
}

void json_subject(struct json *json, uint64_t goroutine, uint64_t addr)
{
	if (goroutine != 0)
		json_unsigned(json, "goroutine", goroutine);
	if (addr != 0)
		json_address(json, "address", addr);
}
