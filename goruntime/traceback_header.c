/* The line above a goroutine's frames (runtime/traceback.go goroutineheader). */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "goruntime/settings.h"
#include "goruntime/private.h"
#include "goruntime/traceback_internal.h"

enum { THROWING_RUNTIME = 2 };

static const struct thread *thread_of(const struct snapshot *s, const struct goroutine *g)
{
	if (g->m == 0)
		return NULL;
	if (g->thread < s->thread_count && s->threads[g->thread].m == g->m)
		return &s->threads[g->thread];
	for (size_t i = 0; i < s->thread_count; i++)
		if (s->threads[i].m == g->m)
			return &s->threads[i];
	return NULL;
}

/* The goroutine whose thread threw: it shows its addresses at any level. */
static bool is_throwing(const struct snapshot *s, const struct goroutine *g)
{
	const struct thread *t = thread_of(s, g);
	return t != NULL && t->throwing >= THROWING_RUNTIME && t->curg == g->addr;
}

bool traceback_has_columns(const struct traceback *traceback, const struct goroutine *g)
{
	return traceback->level >= TRACEBACK_SYSTEM || is_throwing(traceback->snapshot, g);
}

static void add_columns(const struct traceback *traceback, const struct goroutine *g,
			struct str *out)
{
	if (!traceback->style.gp_columns || !traceback_has_columns(traceback, g))
		return;
	const struct thread *t = thread_of(traceback->snapshot, g);
	str_printf(out, " gp=0x%" PRIx64, g->addr);
	if (g->m == 0)
		str_add(out, " m=nil");
	else
		str_printf(out, " m=%" PRId64 " mp=0x%" PRIx64, t ? t->id : -1, g->m);
}

static void add_status(const struct traceback *traceback, const struct goroutine *g,
		       struct str *out)
{
	const struct traceback_style *style = &traceback->style;
	const char *status = g_status_text(g->status);
	const char *reason = wait_reason_text(traceback->snapshot->release.minor, g->wait_reason);
	bool waits = g->status == G_WAITING || (style->leaked && g->status == G_LEAKED);
	if (waits && g->wait_reason != 0 && reason != NULL)
		status = reason;
	str_add(out, status);
	if (style->leaked && g->status == G_LEAKED)
		str_add(out, " (leaked)");
	if (g->scan)
		str_add(out, " (scan)");
	if (g->bubble == 0)
		return;
	static const char durable[] = " (durable)";
	size_t n = strlen(status), m = sizeof(durable) - 1;
	bool said = n >= m - 1 && strcmp(status + n - (m - 1), durable + 1) == 0;
	if (style->synctest_bubble && !said && reason != NULL &&
	    (g->status == G_WAITING || !style->durable_if_waiting) &&
	    traceback_idle_in_synctest(reason))
		str_add(out, durable);
}

static void add_minutes(const struct traceback *traceback, const struct goroutine *g,
			struct str *out)
{
	double seconds = goroutine_wait_seconds(traceback->snapshot, g);
	if ((g->status == G_WAITING || g->status == G_SYSCALL) && seconds >= 60)
		str_printf(out, ", %" PRIu64 " minutes", (uint64_t)(seconds / 60));
}

static void add_bubble(const struct traceback *traceback, const struct goroutine *g,
		       struct str *out)
{
	const struct snapshot *s = traceback->snapshot;
	struct view bubble;
	if (g->bubble == 0 || !view_read(&bubble, s->image, &s->layout, RT_BUBBLE, g->bubble, NULL))
		return;
	if (traceback->style.synctest_bubble) {
		str_printf(out, ", synctest bubble %" PRIu64, view_get(&bubble, BUBBLE_ID));
	} else if (traceback->style.synctest_group) {
		const struct goroutine *root = snapshot_g(s, view_get(&bubble, BUBBLE_ROOT));
		str_printf(out, ", synctest group %" PRIu64, root ? root->id : 0);
	}
}

static void add_labels(const struct traceback *traceback, const struct goroutine *g,
		       struct str *out)
{
	struct arena scratch;
	size_t count = 0;
	if (!traceback->labels || g->labels == 0)
		return;
	arena_init(&scratch);
	const struct label *labels = goroutine_labels(traceback->snapshot, g, &scratch, &count);
	if (count > 0 && !traceback->redact)
		traceback_add_labels(&traceback->style, labels, count, out);
	arena_release(&scratch);
}

void traceback_add_header(const struct traceback *traceback, const struct goroutine *g,
			  struct str *out)
{
	str_add(out, "goroutine ");
	str_add_unsigned(out, g->id);
	add_columns(traceback, g, out);
	str_add(out, " [");
	add_status(traceback, g, out);
	add_minutes(traceback, g, out);
	if (g->locked_m != 0)
		str_add(out, ", locked to thread");
	add_bubble(traceback, g, out);
	str_add(out, traceback->style.labels_behind ? "]" : "");
	add_labels(traceback, g, out);
	str_add(out, traceback->style.labels_behind ? ":\n" : "]:\n");
}

/* Whether labels are printed: the release's default, what was built in, the environment
 * (runtime1.go parsedebugvars). */
bool traceback_wants_labels(const struct snapshot *s, const struct traceback_style *style)
{
	static const char key[] = "tracebacklabels=";
	struct arena scratch;
	if (!style->labels)
		return false;
	arena_init(&scratch);
	const char *value = godebug_value(snapshot_godebug(s, &scratch), key);
	if (value == NULL)
		value = godebug_value(buildinfo_setting(&s->buildinfo, "DefaultGODEBUG"), key);
	bool wanted = value ? value[0] == '1' : style->labels_default;
	arena_release(&scratch);
	return wanted;
}
