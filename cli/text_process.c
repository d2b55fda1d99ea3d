#include "cli/text_process.h"

#include <inttypes.h>

#include "cli/place.h"
#include "cli/show_values.h"

enum { DEFERRED_SHOWN = 6, CAPTURED_SHOWN = 4, LABEL_COLUMN = 12 };

/* "main.f (srv/server.go:118)" */
static void add_call(const struct call *call, const struct options *options, struct str *out)
{
	_cleanup_str_ struct str place = { 0 };
	place_add(call, options, &place);
	str_add(out, call->function);
	if (place.size > 0)
		str_printf(out, " (%s)", str_text(&place));
}

static void add_some_captured(struct values *values, const struct deferred *deferred,
			      struct str *line)
{
	struct value value;
	value_of_closure(values, deferred->fn, &value);
	bool more = value.child_count > CAPTURED_SHOWN;
	if (more)
		value.child_count = CAPTURED_SHOWN;
	add_captured(line, &value);
	if (more)
		str_add(line, ", ...");
}

static void write_deferred(struct text *t, struct values *values, const struct deferred *deferred,
			   size_t times)
{
	_cleanup_str_ struct str line = { 0 };
	const struct call *call = deferred->target != NULL ? deferred->target : deferred->call;
	if (call != NULL)
		add_call(call, t->options, &line);
	else
		str_add(&line, "a function that is not in the core");
	if (deferred->by != NULL)
		str_printf(&line, ", deferred by %s", deferred->by->function);
	if (deferred->started)
		str_add(&line, ", has begun");
	if (times > 1) /* each has values of its own */
		str_printf(&line, ", %zu times", times);
	else
		add_some_captured(values, deferred, &line);
	text_put(t, STYLE_PLAIN, "  ");
	text_wrap(t, STYLE_PLAIN, 2, 4, str_text(&line));
}

/* A recursion defers the same in each turn. */
static bool are_alike(const struct deferred *a, const struct deferred *b)
{
	return a->call == b->call && a->by == b->by && a->started == b->started;
}

void text_deferred(struct text *t, const struct report *report)
{
	const struct defers *defers = &report->defers;
	if (defers->total == 0)
		return;
	struct arena scratch;
	const struct value_limits limits = show_report_limits(t->options);
	arena_init(&scratch);
	struct values *values = values_create(report->snapshot, &scratch, &limits);
	text_heading(t, "Deferred calls that did not run");
	text_line(t);
	size_t told = 0;
	for (size_t rows = 0; told < defers->count && rows < DEFERRED_SHOWN; rows++) {
		size_t first = told++;
		while (told < defers->count && are_alike(&defers->items[first], &defers->items[told]))
			told++;
		write_deferred(t, values, &defers->items[first], told - first);
	}
	if (defers->total > told) {
		text_printf(t, STYLE_FAINT, "  ... %" PRIu64 " more", defers->total - told);
		text_line(t);
	}
	arena_release(&scratch);
}

static void write_row(struct text *t, const char *label, const char *line)
{
	text_printf(t, STYLE_FAINT, "  %-*s", LABEL_COLUMN - 2, label);
	text_wrap(t, STYLE_PLAIN, LABEL_COLUMN, LABEL_COLUMN, line);
}

/* Only what is not as it is without any setting. */
static void add_collector(const struct report *report, struct str *line)
{
	enum { GC_PERCENT = 100 };
	const struct memory *m = &report->memory;
	const char *comma = line->size ? ", " : "";
	if (m->gc_percent_known && m->gc_percent < 0)
		str_printf(line, "%sGOGC=off", comma);
	else if (m->gc_percent_known && m->gc_percent != GC_PERCENT)
		str_printf(line, "%sGOGC=%d", comma, (int)m->gc_percent);
	if (!m->limit_set)
		return;
	str_printf(line, "%sGOMEMLIMIT=", line->size ? ", " : "");
	str_add_size(line, m->memory_limit.bytes);
}

static void write_settings(struct text *t, const struct report *report)
{
	const struct settings *settings = &report->settings;
	_cleanup_str_ struct str line = { 0 };
	if (settings->traceback_known)
		str_printf(&line, "GOTRACEBACK=%s", settings_traceback(settings));
	if (settings->gomaxprocs > 0)
		str_printf(&line, "%sGOMAXPROCS=%u", line.size ? ", " : "", settings->gomaxprocs);
	if (settings->gomaxprocs > 0 && settings->cpus > 0)
		str_printf(&line, " (%u CPU%s)", settings->cpus, settings->cpus == 1 ? "" : "s");
	add_collector(report, &line);
	if (settings->godebug != NULL && settings->godebug[0] != '\0')
		str_printf(&line, "%sGODEBUG=%s", line.size ? ", " : "", settings->godebug);
	if (line.size > 0)
		write_row(t, "in force", str_text(&line));
	if (settings->godebug_built_in == NULL)
		return;
	str_clear(&line);
	str_add(&line, "GODEBUG ");
	for (const char *p = settings->godebug_built_in; *p != '\0'; p++) {
		str_add_char(&line, *p);
		if (*p == ',')
			str_add_char(&line, ' ');
	}
	write_row(t, "built in", str_text(&line));
}

static void add_goroutine(const struct report *report, const struct actor *actor, struct str *line)
{
	const struct snapshot *s = report->snapshot;
	if (actor->goroutine < s->goroutine_count)
		str_printf(line, "goroutine %" PRIu64, s->goroutines[actor->goroutine].id);
}

static void add_asker(const struct report *report, const struct actor *actor,
		      const struct options *options, struct str *line)
{
	if (actor->goroutine == NO_INDEX)
		return;
	str_add(line, ", asked for by ");
	add_goroutine(report, actor, line);
	if (actor->in != NULL)
		str_printf(line, " in %s", actor->in);
	if (actor->call == NULL)
		return;
	str_add(line, ", called from ");
	add_call(actor->call, options, line);
}

static void write_actor(struct text *t, const struct report *report, const struct actor *actor)
{
	static const char *const phases[] = { "", "marking", "at mark termination" };
	_cleanup_str_ struct str line = { 0 };
	switch (actor->kind) {
	case ACTOR_COLLECTOR:
		str_printf(&line, "%s", phases[report->gc.phase]);
		if (report->memory.gc_cycles_known)
			str_printf(&line, ", cycle %" PRIu64, report->memory.gc_cycles + 1);
		add_asker(report, actor, t->options, &line);
		break;
	case ACTOR_WORLD_STOP:
		str_add(&line, "the world is stopped, or about to be");
		add_asker(report, actor, t->options, &line);
		break;
	case ACTOR_FINALIZER:
	case ACTOR_CLEANUP:
		add_call(actor->call, t->options, &line);
		str_add(&line, " runs on ");
		add_goroutine(report, actor, &line);
		break;
	case ACTOR_GOEXIT:
		add_goroutine(report, actor, &line);
		str_add(&line, " was being ended by runtime.Goexit, called from ");
		add_call(actor->call, t->options, &line);
		break;
	case ACTOR_PANIC:
		add_goroutine(report, actor, &line);
		str_add(&line, " ran deferred calls of a panic of its own, raised in ");
		add_call(actor->call, t->options, &line);
		break;
	}
	write_row(t, actor->kind == ACTOR_WORLD_STOP ? "stop" : actor_kind_name(actor->kind),
		  str_text(&line));
}

void text_process(struct text *t, const struct report *report)
{
	text_heading(t, "Process");
	text_line(t);
	write_settings(t, report);
	for (size_t i = 0; i < report->gc.actor_count; i++)
		write_actor(t, report, &report->gc.actors[i]);
}
