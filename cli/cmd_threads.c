/* gocore threads: each thread with its M, P, goroutine, registers and stack. */
#include <inttypes.h>

#include "cli/answer.h"
#include "cli/json_parts.h"
#include "cli/text_parts.h"

static void json_registers(struct json *json, const struct arch *arch, const struct registers *regs,
			   bool redact)
{
	json_object(json, "registers", JSON_INLINE);
	for (unsigned i = 0; i < arch->register_count; i++)
		if (registers_has(regs, i) && (!redact || i == arch->pc || i == arch->sp))
			json_address(json, arch->register_names[i], regs->value[i]);
	json_object_end(json);
}

static void json_thread(struct json *json, const struct session *session,
			const struct thread *thread)
{
	const struct snapshot *s = &session->snapshot;
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	thread_trace(s, thread, true, &scratch, &trace);
	json_object(json, NULL, JSON_LINES);
	json_thread_head(json, s, thread);
	if (thread->m != 0)
		json_address(json, "m_address", thread->m);
	if (thread->lwp != NULL) {
		uint64_t pc = thread->lwp->regs.value[s->image->arch->pc];
		json_registers(json, s->image->arch, &thread->lwp->regs, session->options->redact);
		json_text(json, "c_location", snapshot_c_location(s, pc, &scratch));
	}
	json_frames(json, &trace, session->options);
	json_object_end(json);
	arena_release(&scratch);
}

static void write_json(struct session *session, const void *what, FILE *out)
{
	(void)what;
	struct json json;
	json_begin(&json, out);
	json_object(&json, NULL, JSON_LINES);
	json_header(&json);
	json_array(&json, "threads", JSON_LINES);
	for (size_t i = 0; i < session->snapshot.thread_count; i++)
		json_thread(&json, session, &session->snapshot.threads[i]);
	json_array_end(&json);
	json_caveats(&json, &session->caveats);
	json_object_end(&json);
	json_end(&json);
}

static void text_registers(struct text *text, const struct arch *arch, const struct registers *regs)
{
	enum { CELL = 26 };
	unsigned column = 0;
	for (unsigned i = 0; i < arch->register_count; i++) {
		if (!registers_has(regs, i) ||
		    (text->options->redact && i != arch->pc && i != arch->sp))
			continue;
		if (column > 0 && column + CELL > text->width) {
			text_line(text);
			column = 0;
		}
		text_printf(text, STYLE_FAINT, "  %-6s0x%-16" PRIx64, arch->register_names[i],
			    regs->value[i]);
		column += CELL;
	}
	if (column > 0)
		text_line(text);
}

static void text_thread_head(struct text *text, const struct snapshot *s,
			     const struct thread *thread)
{
	if (thread->lwp != NULL)
		text_printf(text, STYLE_HEADING, "thread %d", thread->lwp->tid);
	else
		text_put(text, STYLE_HEADING, "no thread");
	if (thread->m != 0)
		text_printf(text, STYLE_PLAIN, "  m %" PRId64, thread->id);
	else
		text_put(text, STYLE_PLAIN, "  unknown to Go");
	if (thread->goroutine < s->goroutine_count)
		text_printf(text, STYLE_PLAIN, ", goroutine %" PRIu64,
			    s->goroutines[thread->goroutine].id);
	if (thread->p == 0 && thread->m != 0)
		text_put(text, STYLE_PLAIN, ", no p");
	if (thread->incgo)
		text_put(text, STYLE_PLAIN, ", in C");
	if (thread->dying > 0)
		text_put(text, STYLE_VERDICT, ", dying");
	text_line(text);
}

static void text_thread(struct text *text, const struct snapshot *s, const struct thread *thread)
{
	enum { FRAMES_SHOWN = 40 };
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	text_thread_head(text, s, thread);
	if (thread->lwp != NULL) {
		uint64_t pc = thread->lwp->regs.value[s->image->arch->pc];
		const char *c = snapshot_c_location(s, pc, &scratch);
		text_registers(text, s->image->arch, &thread->lwp->regs);
		if (c != NULL) {
			text_printf(text, STYLE_PLAIN, "  %s", c);
			text_line(text);
		}
	}
	thread_trace(s, thread, false, &scratch, &trace);
	const struct frame_list list = {
		.trace = &trace,
		.info = &s->buildinfo,
		.most = FRAMES_SHOWN,
		.all = true,
		.minor = s->release.minor,
		.indent = 2,
	};
	text_frames(text, &list);
	text_line(text);
	arena_release(&scratch);
}

static void write_text(struct session *session, const void *what, FILE *out)
{
	(void)what;
	struct text text;
	text_begin(&text, session->options, out);
	for (size_t i = 0; i < session->snapshot.thread_count; i++)
		text_thread(&text, &session->snapshot, &session->snapshot.threads[i]);
	text_printf(&text, STYLE_HEADING, "%zu threads", session->snapshot.thread_count);
	text_line(&text);
	text_caveats(&text, &session->caveats);
}

enum exit_code cmd_threads(const struct options *options, FILE *out)
{
	static const struct answer answer = {
		.write = { [FORMAT_TEXT] = write_text, [FORMAT_JSON] = write_json },
	};
	return answer_run(&answer, NULL, options, out);
}
