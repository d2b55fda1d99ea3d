#include "cli/json_process.h"

#include <string.h>

#include "cli/json_parts.h"
#include "cli/show_values.h"
#include "goruntime/environment.h"

/* 0, 1; negative: not known. */
static void write_known(struct json *json, const char *key, int value)
{
	if (value < 0)
		json_null(json, key);
	else
		json_bool(json, key, value != 0);
}

static void write_actor(struct json *json, const struct report *report, const struct actor *actor,
			const struct options *options)
{
	const struct snapshot *s = report->snapshot;
	json_object(json, NULL, JSON_INLINE);
	json_text(json, "kind", actor_kind_name(actor->kind));
	if (actor->goroutine < s->goroutine_count)
		json_unsigned(json, "goroutine", s->goroutines[actor->goroutine].id);
	else
		json_null(json, "goroutine");
	json_call(json, "call", actor->call, options);
	json_text(json, "in", actor->in);
	json_object_end(json);
}

void json_gc(struct json *json, const struct report *report, const struct options *options)
{
	static const char *const phases[] = { "off", "mark", "mark-termination" };
	const struct memory *m = &report->memory;
	const struct gc_state *gc = &report->gc;
	json_object(json, "gc", JSON_LINES);
	if (m->gc_cycles_known)
		json_unsigned(json, "cycles", m->gc_cycles);
	else
		json_null(json, "cycles");
	if (m->gc_percent_known)
		json_signed(json, "percent", m->gc_percent);
	else
		json_null(json, "percent");
	json_text(json, "phase", m->gc_phase >= 0 && m->gc_phase < 3 ? phases[m->gc_phase] : NULL);
	write_known(json, "assists", gc->assists);
	write_known(json, "forced", gc->forced);
	write_known(json, "world_stop", gc->world_stop);
	json_array(json, "actors", JSON_LINES);
	for (size_t i = 0; i < gc->actor_count; i++)
		write_actor(json, report, &gc->actors[i], options);
	json_array_end(json);
	json_object_end(json);
}

void json_settings(struct json *json, const struct settings *settings)
{
	json_object(json, "settings", JSON_INLINE);
	json_text(json, "gotraceback",
		  settings->traceback_known ? settings_traceback(settings) : NULL);
	if (settings->gomaxprocs > 0)
		json_unsigned(json, "gomaxprocs", settings->gomaxprocs);
	else
		json_null(json, "gomaxprocs");
	if (settings->cpus > 0)
		json_unsigned(json, "cpus", settings->cpus);
	else
		json_null(json, "cpus");
	json_text(json, "godebug", settings->godebug);
	json_text(json, "godebug_built_in", settings->godebug_built_in);
	json_object_end(json);
}

void json_environment(struct json *json, const struct report *report)
{
	static const struct {
		const char *name;
		bool path; /* the value names files */
	} rows[] = {
		{ "GOCOVERDIR", true }, { "GODEBUG", false },	 { "GOGC", false },
		{ "GOMAXPROCS", false }, { "GOMEMLIMIT", false }, { "GORACE", true },
		{ "GOTRACEBACK", false },
	};
	struct arena scratch;
	arena_init(&scratch);
	json_object(json, "environment", JSON_INLINE);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *value = environment_get(report->snapshot, rows[i].name, &scratch);
		if (value != NULL)
			json_text(json, rows[i].name,
				  report->redacted && rows[i].path ? "<redacted>" : value);
	}
	json_object_end(json);
	arena_release(&scratch);
}

void json_arguments(struct json *json, const struct report *report)
{
	struct arena scratch;
	struct environment environment;
	if (report->redacted)
		return;
	arena_init(&scratch);
	environment_read(report->snapshot, &scratch, &environment);
	if (!environment.known) {
		json_null(json, "arguments");
	} else {
		json_array(json, "arguments", JSON_INLINE);
		for (size_t i = 0; i < environment.argument_count; i++)
			json_text(json, NULL, environment.arguments[i]);
		json_array_end(json);
	}
	arena_release(&scratch);
}

static void write_variable(struct json *json, const char *variable, bool redact)
{
	size_t name = strcspn(variable, "=");
	json_object(json, NULL, JSON_INLINE);
	json_text_bytes(json, "name", variable, name);
	json_text(json, "value", redact || variable[name] == '\0' ? NULL : variable + name + 1);
	json_object_end(json);
}

void json_process_start(struct json *json, const struct snapshot *snapshot,
			const struct options *options)
{
	struct arena scratch;
	struct environment environment;
	arena_init(&scratch);
	environment_read(snapshot, &scratch, &environment);
	json_object(json, "process", JSON_LINES);
	json_bool(json, "known", environment.known);
	json_array(json, "arguments", JSON_LINES);
	for (size_t i = 0; i < environment.argument_count; i++)
		json_text(json, NULL,
			  options->redact && i > 0 ? "<redacted>" : environment.arguments[i]);
	json_array_end(json);
	json_array(json, "environment", JSON_LINES);
	for (size_t i = 0; i < environment.variable_count; i++)
		write_variable(json, environment.variables[i], options->redact);
	json_array_end(json);
	json_object_end(json);
	arena_release(&scratch);
}

static void write_captured(struct json *json, struct values *values, const struct deferred *d)
{
	struct value value;
	value_of_closure(values, d->fn, &value);
	if (value.child_count == 0)
		return;
	json_array(json, "captured", JSON_INLINE);
	for (size_t i = 0; i < value.child_count; i++)
		json_value(json, NULL, &value.children[i]);
	json_array_end(json);
}

void json_deferred(struct json *json, const struct report *report, const struct options *options)
{
	const struct defers *defers = &report->defers;
	const struct value_limits limits = show_report_limits(options);
	struct arena scratch;
	arena_init(&scratch);
	struct values *values = report->brief || defers->count == 0
					? NULL
					: values_create(report->snapshot, &scratch, &limits);
	json_array(json, "deferred", JSON_LINES);
	for (size_t i = 0; i < defers->count; i++) {
		const struct deferred *d = &defers->items[i];
		json_object(json, NULL, JSON_INLINE);
		json_call(json, "call", d->call, options);
		if (d->target != NULL)
			json_text(json, "target", d->target->function);
		json_call(json, "by", d->by, options);
		json_bool(json, "started", d->started);
		if (values != NULL)
			write_captured(json, values, d);
		json_object_end(json);
	}
	json_array_end(json);
	json_unsigned(json, "deferred_total", defers->total);
	arena_release(&scratch);
}
