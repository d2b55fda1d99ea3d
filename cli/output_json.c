/* The JSON of `gocore analyze`: docs/report.schema.json, member by member in its order. */
#include <string.h>

#include "analyzer/signals.h"
#include "cli/json_parts.h"
#include "cli/json_process.h"
#include "cli/json_waits.h"
#include "cli/output.h"
#include "cli/path_map.h"

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

static void write_signal(struct writer *w, const struct death_signal *signal)
{
	struct json *json = &w->json;
	if (signal == NULL || !signal->present) {
		json_null(json, "signal");
		return;
	}
	json_object(json, "signal", JSON_INLINE);
	json_signed(json, "number", signal->number);
	json_text(json, "name", signal_name(signal->number));
	json_signed(json, "code", signal->code);
	json_text(json, "code_name", signal_code_name(signal->number, signal->code));
	if (signal->has_addr)
		json_address(json, "address", signal->addr);
	else
		json_null(json, "address");
	if (signal->sent && signal->sender_pid != 0)
		json_signed(json, "sender_pid", signal->sender_pid);
	else
		json_null(json, "sender_pid");
	json_object_end(json);
}

static void write_optional_address(struct json *json, const char *key, uint64_t addr, bool known)
{
	if (known)
		json_address(json, key, addr);
	else
		json_null(json, key);
}

/* The C frame that was hit, NULL if its stack is not known. */
static const struct call *c_call_hit(const struct finding *finding)
{
	const struct trace *stack = finding->stack;
	bool hit = stack != NULL && stack->count > 0 && stack->frames[0].call->is_c &&
		   stack->frames[0].pc == finding->signal->pc;
	return hit ? stack->frames[0].call : NULL;
}

/* Where the fault hit: the frame that is to blame, or a function of C. */
static void write_fault_place(struct writer *w, const struct finding *finding)
{
	struct json *json = &w->json;
	struct arena scratch;
	_cleanup_str_ struct str buf = { 0 };
	const struct call *call = c_call_hit(finding);
	arena_init(&scratch);
	const char *c = snapshot_c_location(w->report->snapshot, finding->signal->pc, &scratch);
	if (c == NULL && call == NULL && finding->stack != NULL &&
	    finding->cause_frame < finding->stack->count)
		call = finding->stack->frames[finding->cause_frame].call;
	bool inlined = call != NULL && call->is_c && call->inlined;
	if (!inlined && c != NULL && strstr(c, " in ") != NULL) /* "abort+0x12 in libc.so.6" */
		json_text_bytes(json, "function", c, strcspn(c, "+"));
	else
		json_text(json, "function", call ? call->function : NULL);
	json_text(json, "file", call ? path_mapped(&w->options->report, call->file, &buf) : NULL);
	if (call != NULL && call->line > 0)
		json_signed(json, "line", call->line);
	else
		json_null(json, "line");
	arena_release(&scratch);
}

static void write_fault_insn(struct writer *w, const struct fault_insn *insn)
{
	struct json *json = &w->json;
	json_text(json, "instruction", insn->text);
	json_text(json, "operand", insn->operand);
	json_text(json, "register", insn->reg);
	json_text(json, "access", insn->access);
	if (insn->reg != NULL && !w->options->redact) {
		json_address(json, "register_value", insn->reg_value);
		json_bool(json, "register_derived", insn->reg_derived);
	}
	if (insn->expression != NULL)
		json_text(json, "expression", insn->expression);
	if (insn->field != NULL)
		json_text(json, "field", insn->field);
	if (insn->pointer_type != NULL)
		json_text(json, "pointer_type", insn->pointer_type);
}

static void write_fault(struct writer *w, const struct finding *finding)
{
	static const struct fault_insn no_insn;
	struct json *json = &w->json;
	const struct death_signal *signal = finding->signal;
	if (signal == NULL || !signal->present || signal->sent ||
	    (signal->pc == 0 && !signal->has_addr)) {
		json_null(json, "fault");
		return;
	}
	json_object(json, "fault", JSON_LINES);
	json_address(json, "pc", signal->pc);
	write_fault_place(w, finding);
	write_optional_address(json, "address", signal->addr, signal->has_addr);
	write_fault_insn(w, finding->fault ? finding->fault : &no_insn);
	json_object_end(json);
}

static void write_panics(struct writer *w, const struct finding *finding)
{
	struct json *json = &w->json;
	const struct panics *panics = &w->report->snapshot->death.panics;
	const struct value_limits limits = show_report_limits(w->options);
	struct arena scratch;
	arena_init(&scratch);
	struct values *values = values_create(w->report->snapshot, &scratch, &limits);
	json_array(json, "panics", JSON_LINES);
	for (size_t i = 0; finding->death && i < panics->count; i++) {
		const struct panic_record *p = &panics->items[i];
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "type", p->type);
		json_text(json, "text", p->text);
		json_bool(json, "recovered", p->recovered);
		json_bool(json, "repanicked", p->repanicked);
		json_bool(json, "goexit", p->goexit);
		struct value value;
		if (!w->report->brief && !p->is_runtime_error && value_of_panic(values, p, &value))
			json_value(json, "value", &value);
		json_object_end(json);
	}
	json_array_end(json);
	arena_release(&scratch);
}

static void write_texts(struct json *json, const char *key, const struct text_list *list)
{
	json_array(json, key, JSON_LINES);
	for (size_t i = 0; i < list->count; i++)
		json_text(json, NULL, list->items[i]);
	json_array_end(json);
}

/* What a text is about; 0: nothing of that kind. */
static void write_subject(struct json *json, uint64_t goroutine, uint64_t addr)
{
	if (goroutine != 0)
		json_unsigned(json, "goroutine", goroutine);
	if (addr != 0)
		json_address(json, "address", addr);
}

static void write_evidence(struct json *json, const struct finding *finding)
{
	json_array(json, "evidence", JSON_LINES);
	for (size_t i = 0; i < finding->evidence_count; i++) {
		const struct evidence *e = &finding->evidence[i];
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "text", e->text);
		if (e->label != NULL && e->label[0] != '\0')
			json_text(json, "label", e->label);
		write_subject(json, e->goroutine, e->addr);
		json_object_end(json);
	}
	json_array_end(json);
}

static void write_culprit(struct writer *w, const struct finding *finding)
{
	struct json *json = &w->json;
	const struct snapshot *s = w->report->snapshot;
	if (finding->goroutine < s->goroutine_count)
		json_unsigned(json, "goroutine", s->goroutines[finding->goroutine].id);
	else
		json_null(json, "goroutine");
	if (finding->thread < s->thread_count && s->threads[finding->thread].lwp != NULL)
		json_signed(json, "thread", s->threads[finding->thread].lwp->tid);
	else
		json_null(json, "thread");
}

static const struct goroutine *finding_goroutine(const struct writer *w,
						  const struct finding *finding)
{
	const struct snapshot *s = w->report->snapshot;
	return finding->goroutine < s->goroutine_count ? &s->goroutines[finding->goroutine] : NULL;
}

static void write_stack(struct writer *w, const struct finding *finding)
{
	struct json *json = &w->json;
	if (finding->stack == NULL) {
		json_null(json, "stack");
		return;
	}
	struct arena scratch;
	const struct trace *trace = finding->stack;
	const struct value_limits limits = show_report_limits(w->options);
	arena_init(&scratch);
	const struct value_source source = {
		values_create(w->report->snapshot, &scratch, &limits),
		finding_goroutine(w, finding),
		trace,
	};
	bool *wanted = arena_alloc(&scratch, trace->count + 1);
	if (!w->report->brief)
		show_wanted(trace, finding->cause_frame, w->report->buildinfo, wanted);
	json_object(json, "stack", JSON_LINES);
	json_frames_values(json, trace, wanted, &source, w->options);
	arena_release(&scratch);
	if (finding->cause_frame < finding->stack->count)
		json_unsigned(json, "cause_frame", finding->cause_frame);
	else
		json_null(json, "cause_frame");
	json_object_end(json);
}

static void write_verdict(struct writer *w, const char *key, const struct finding *finding)
{
	struct json *json = &w->json;
	json_object(json, key, JSON_LINES);
	json_text(json, "class", verdict_class_name(finding->class));
	json_text(json, "kind", finding->kind);
	json_text(json, "confidence", confidence_name(finding->confidence));
	json_text(json, "title", finding->title ? finding->title : "");
	json_text(json, "message", finding->message ? finding->message : "");
	write_culprit(w, finding);
	write_signal(w, finding->signal);
	write_fault(w, finding);
	write_panics(w, finding);
	write_stack(w, finding);
	write_texts(json, "explanation", &finding->explanation);
	write_evidence(json, finding);
	write_texts(json, "advice", &finding->advice);
	json_object_end(json);
}

static void write_alternatives(struct writer *w)
{
	json_array(&w->json, "alternatives", JSON_LINES);
	for (size_t i = 0; i < w->report->alternative_count; i++)
		write_verdict(w, NULL, w->report->alternatives[i]);
	json_array_end(&w->json);
}

static void write_finding(struct json *json, const struct finding *finding)
{
	json_object(json, NULL, JSON_LINES);
	json_text(json, "detector", finding->detector);
	json_text(json, "class", verdict_class_name(finding->class));
	json_text(json, "kind", finding->kind);
	json_text(json, "confidence", confidence_name(finding->confidence));
	json_text(json, "title", finding->title ? finding->title : "");
	json_numbers(json, "goroutines", finding->goroutines, finding->goroutine_count);
	write_evidence(json, finding);
	json_object_end(json);
}

static void write_findings(struct writer *w)
{
	json_array(&w->json, "findings", JSON_LINES);
	for (size_t i = 0; i < w->report->finding_count; i++)
		write_finding(&w->json, &w->report->findings[i]);
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
		write_subject(json, reading->goroutine, reading->addr);
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
		[LOG_SILENT] = "unknown", [LOG_AGREES] = "yes", [LOG_CONTRADICTS] = "no",
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
	write_verdict(&w, "verdict", report->verdict);
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
	json_deferred(json, &report->defers, options);
	write_log(&w);
	write_integrity(&w);
	write_fingerprint(&w);
	json_bool(json, "brief", report->brief);
	json_bool(json, "redacted", report->redacted);
	json_caveats(json, report->caveats);
	json_object_end(json);
	json_end(json);
}
