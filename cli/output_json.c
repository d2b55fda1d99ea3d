/* The JSON of `gocore analyze`: docs/report.schema.json, member by member in its order. */
#include "cli/json_finding.h"
#include "cli/json_parts.h"
#include "cli/json_process.h"
#include "cli/json_waits.h"
#include "cli/output.h"

struct writer {
	struct json json;
	const struct report *report;
	const struct options *options;
};

static const char *const origin_words[] = {
	[ORIGIN_PANIC] = "panic",
	[ORIGIN_FATAL_ERROR] = "fatal-error",
	[ORIGIN_SIGNAL] = "signal",
	[ORIGIN_SNAPSHOT] = "snapshot",
};

void json_write_failure(const char *about, const struct error *err, FILE *out)
{
	struct json json;
	json_begin(&json, out);
	json_object(&json, NULL, JSON_LINES);
	json_header(&json);
	json_error(&json, about, err);
	json_object_end(&json);
	json_end(&json);
}

static void write_alternatives(struct writer *w)
{
	json_array(&w->json, "alternatives", JSON_LINES);
	for (size_t i = 0; i < w->report->alternative_count; i++)
		json_verdict(&w->json, NULL, w->report->alternatives[i], w->report, w->options);
	json_array_end(&w->json);
}

static void write_findings(struct writer *w)
{
	json_array(&w->json, "findings", JSON_LINES);
	for (size_t i = 0; i < w->report->finding_count; i++)
		json_finding(&w->json, &w->report->findings[i]);
	json_array_end(&w->json);
}

static void write_detectors(struct writer *w)
{
	struct json *json = &w->json;
	const struct report *r = w->report;
	json_object(json, "detectors", JSON_LINES);
	json_array(json, "run", JSON_INLINE);
	for (size_t i = 0; i < r->detector_count; i++)
		if (r->detectors[i].reason == NULL)
			json_text(json, NULL, r->detectors[i].name);
	json_array_end(json);
	json_array(json, "skipped", JSON_LINES);
	for (size_t i = 0; i < r->detector_count; i++) {
		if (r->detectors[i].reason == NULL)
			continue;
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "name", r->detectors[i].name);
		json_text(json, "reason", r->detectors[i].reason);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static void write_counts(struct json *json, const char *key,
			 const struct report_status_count *counts, size_t count)
{
	json_object(json, key, JSON_LINES);
	for (size_t i = 0; i < count; i++)
		json_unsigned(json, counts[i].name, counts[i].count);
	json_object_end(json);
}

static void write_group(struct writer *w, const struct report_group *group)
{
	struct json *json = &w->json;
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	report_group_trace(w->report, group, &scratch, &trace);
	json_object(json, NULL, JSON_LINES);
	json_unsigned(json, "count", group->count);
	json_numbers(json, "ids", group->ids, group->ids ? group->count : 0);
	json_text(json, "status", group->status);
	json_text(json, "wait", group->wait);
	json_seconds(json, "longest_wait_seconds", group->longest_wait_seconds);
	json_bool(json, "system", group->system);
	json_waiting_on(json, w->report->snapshot, group->first);
	json_call(json, "created_by", group->created_by, w->options);
	json_frames(json, &trace, w->options);
	json_object_end(json);
	arena_release(&scratch);
}

static void write_goroutines(struct writer *w)
{
	struct json *json = &w->json;
	const struct report *r = w->report;
	json_object(json, "goroutines", JSON_LINES);
	json_unsigned(json, "total", r->goroutines_total);
	json_unsigned(json, "listed", r->goroutines_listed);
	json_unsigned(json, "unreadable", r->goroutines_unreadable);
	json_unsigned(json, "dead", r->goroutines_dead);
	json_unsigned(json, "system", r->goroutines_system);
	write_counts(json, "by_status", r->by_status, r->by_status_count);
	write_counts(json, "by_wait", r->by_wait, r->by_wait_count);
	json_array(json, "groups", JSON_LINES);
	for (size_t i = 0; i < r->group_count; i++)
		write_group(w, &r->groups[i]);
	json_array_end(json);
	json_object_end(json);
}

static void write_threads(struct writer *w)
{
	json_array(&w->json, "threads", JSON_LINES);
	for (size_t i = 0; i < w->report->snapshot->thread_count; i++) {
		const struct snapshot *s = w->report->snapshot;
		json_object(&w->json, NULL, JSON_INLINE);
		json_thread_head(&w->json, s, &s->threads[i]);
		json_object_end(&w->json);
	}
	json_array_end(&w->json);
}

static void write_scheduler(struct writer *w)
{
	struct json *json = &w->json;
	const struct scheduler *sched = &w->report->scheduler;
	if (!sched->known) {
		json_null(json, "scheduler");
		return;
	}
	json_object(json, "scheduler", JSON_INLINE);
	json_unsigned(json, "processors", sched->processor_count);
	json_object(json, "processors_by_status", JSON_INLINE);
	for (unsigned i = 0; i < P_STATUS_COUNT; i++)
		if (sched->by_status[i] > 0)
			json_unsigned(json, processor_status_name(i), sched->by_status[i]);
	json_object_end(json);
	json_unsigned(json, "global_queue", sched->global_queue);
	json_unsigned(json, "local_queues", sched->local_queues);
	json_unsigned(json, "threads", sched->threads);
	json_unsigned(json, "idle_threads", sched->idle_threads);
	if (sched->thread_limit > 0)
		json_unsigned(json, "thread_limit", sched->thread_limit);
	else
		json_null(json, "thread_limit");
	json_bool(json, "stopping", sched->stopping);
	json_bool(json, "frozen", sched->frozen);
	json_object_end(json);
}

static void write_hang(struct writer *w)
{
	struct json *json = &w->json;
	const struct hang *hang = &w->report->hang;
	json_array(json, "hang", JSON_LINES);
	for (size_t i = 0; i < hang->count; i++) {
		const struct hang_reading *reading = &hang->items[i];
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "kind", hang_kind_name(reading->kind));
		json_text(json, "text", reading->text);
		json_unsigned(json, "waiting", reading->waiting);
		json_subject(json, reading->goroutine, reading->addr);
		json_object_end(json);
	}
	json_array_end(json);
}

static void write_figure(struct json *json, const char *key, struct memory_figure figure)
{
	if (figure.known)
		json_unsigned(json, key, figure.bytes);
	else
		json_null(json, key);
}

static void write_memory(struct writer *w)
{
	struct json *json = &w->json;
	const struct memory *m = &w->report->memory;
	json_object(json, "memory", JSON_LINES);
	write_figure(json, "heap_in_use_bytes", m->heap_in_use);
	write_figure(json, "heap_live_bytes", m->heap_live);
	write_figure(json, "heap_marked_bytes", m->heap_marked);
	write_figure(json, "heap_idle_bytes", m->heap_idle);
	write_figure(json, "heap_released_bytes", m->heap_released);
	write_figure(json, "stacks_bytes", m->stacks);
	json_unsigned(json, "goroutine_stacks_bytes", m->goroutine_stacks);
	write_figure(json, "mapped_ready_bytes", m->mapped_ready);
	write_figure(json, "total_alloc_bytes", m->total_alloc);
	write_figure(json, "total_free_bytes", m->total_free);
	write_figure(json, "other_sys_bytes", m->sys_other);
	if (m->limit_set)
		write_figure(json, "limit_bytes", m->memory_limit);
	else
		json_null(json, "limit_bytes");
	json_object_end(json);
}

static void write_integrity(struct writer *w)
{
	struct json *json = &w->json;
	uint64_t passed = 0;
	for (size_t i = 0; i < w->report->check_count; i++)
		passed += w->report->checks[i].passed;
	json_object(json, "integrity", JSON_LINES);
	json_unsigned(json, "passed", passed);
	json_unsigned(json, "failed", w->report->check_count - passed);
	json_unsigned(json, "missing_bytes", w->report->core.missing_bytes);
	json_unsigned(json, "unreadable_goroutines", w->report->goroutines_unreadable);
	json_array(json, "checks", JSON_LINES);
	for (size_t i = 0; i < w->report->check_count; i++) {
		const struct check *check = &w->report->checks[i];
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "name", check->name);
		json_bool(json, "passed", check->passed);
		json_text(json, "text", check->text);
		json_object_end(json);
	}
	json_array_end(json);
	json_object_end(json);
}

static void write_fingerprint(struct writer *w)
{
	struct json *json = &w->json;
	json_object(json, "fingerprint", JSON_LINES);
	json_unsigned(json, "version", FINGERPRINT_VERSION);
	json_text(json, "class", w->report->fingerprint_class);
	json_text(json, "crash", w->report->fingerprint_crash);
	json_text(json, "exact", w->report->fingerprint_exact);
	json_object_end(json);
}

/* Only where there was one. */
static void write_log(struct writer *w)
{
	static const char *const words[] = {
		[LOG_SILENT] = "unknown",
		[LOG_AGREES] = "yes",
		[LOG_CONTRADICTS] = "no",
	};
	struct json *json = &w->json;
	const struct golog *log = w->report->log;
	if (log == NULL)
		return;
	json_object(json, "log", JSON_INLINE);
	json_text(json, "path", log->path);
	json_unsigned(json, "size_bytes", log->bytes);
	json_unsigned(json, "lines", log->lines);
	json_unsigned(json, "race_reports", log->race_total);
	json_unsigned(json, "crashes", log->crash_total);
	json_text(json, "matches", words[w->report->log_verdict]);
	json_object_end(json);
}

void json_write_report(const struct report *report, const struct options *options, FILE *out)
{
	struct writer w = { .report = report, .options = options };
	struct json *json = &w.json;
	json_begin(json, out);
	json_object(json, NULL, JSON_LINES);
	json_header(json);
	json_core(json, &report->core, options);
	json_executable(json, &report->executable, report->buildinfo, report->cgo, report->race);
	json_text(json, "origin", origin_words[report->origin]);
	json_verdict(&w.json, "verdict", report->verdict, report, options);
	write_alternatives(&w);
	write_findings(&w);
	write_detectors(&w);
	write_goroutines(&w);
	write_threads(&w);
	write_scheduler(&w);
	write_hang(&w);
	write_memory(&w);
	json_gc(json, report, options);
	json_settings(json, &report->settings);
	json_environment(json, report);
	json_arguments(json, report);
	json_deferred(json, report, options);
	write_log(&w);
	write_integrity(&w);
	write_fingerprint(&w);
	json_bool(json, "brief", report->brief);
	json_bool(json, "redacted", report->redacted);
	json_caveats(json, report->caveats);
	json_object_end(json);
	json_end(json);
}
