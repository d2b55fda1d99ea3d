#include "cli/json_finding.h"

#include <string.h>

#include "analyzer/signals.h"
#include "cli/json_parts.h"
#include "cli/path_map.h"

struct writer {
	struct json *json;
	const struct report *report;
	const struct options *options;
};

static void write_signal(const struct writer *w, const struct death_signal *signal)
{
	struct json *json = w->json;
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
static void write_fault_place(const struct writer *w, const struct finding *finding)
{
	struct json *json = w->json;
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

static void write_fault_insn(const struct writer *w, const struct fault_insn *insn)
{
	struct json *json = w->json;
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

static void write_fault(const struct writer *w, const struct finding *finding)
{
	static const struct fault_insn no_insn;
	struct json *json = w->json;
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

static void write_panics(const struct writer *w, const struct finding *finding)
{
	struct json *json = w->json;
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

static void write_evidence(struct json *json, const struct finding *finding)
{
	json_array(json, "evidence", JSON_LINES);
	for (size_t i = 0; i < finding->evidence_count; i++) {
		const struct evidence *e = &finding->evidence[i];
		json_object(json, NULL, JSON_INLINE);
		json_text(json, "text", e->text);
		if (e->label != NULL && e->label[0] != '\0')
			json_text(json, "label", e->label);
		json_subject(json, e->goroutine, e->addr);
		json_object_end(json);
	}
	json_array_end(json);
}

static void write_culprit(const struct writer *w, const struct finding *finding)
{
	struct json *json = w->json;
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

static void write_stack(const struct writer *w, const struct finding *finding)
{
	struct json *json = w->json;
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

void json_verdict(struct json *json, const char *key, const struct finding *finding,
		  const struct report *report, const struct options *options)
{
	const struct writer writer = { json, report, options }, *w = &writer;
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

void json_finding(struct json *json, const struct finding *finding)
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
