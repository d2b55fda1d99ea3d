/* Goroutines as a profile: as runtime/pprof's own goroutine profile, one sample for each stack and
 * set of labels. */
#include <stdlib.h>

#include "base/vec.h"
#include "cli/goroutine_list.h"
#include "cli/path_map.h"
#include "cli/profile.h"
#include "cli/redact.h"

struct member {
	uint32_t stack; /* id */
	uint32_t index;
	uint64_t labels;
};

struct writer {
	struct session *session;
	struct profile *profile;
	VEC(struct member) members;
	VEC(uint64_t) locations;
	VEC(struct profile_label) labels;
};

static int by_stack_and_labels(const void *a, const void *b)
{
	const struct member *x = a, *y = b;
	if (x->stack != y->stack)
		return x->stack < y->stack ? -1 : 1;
	if (x->labels != y->labels)
		return x->labels < y->labels ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The runtime's own goroutines are left out, as its profile does, unless all is asked for. */
static void choose(struct writer *w, struct filter *filter)
{
	const struct snapshot *s = &w->session->snapshot;
	bool system = w->session->options->traceback >= TRACEBACK_WORD_SYSTEM;
	snapshot_walk_stacks(s);
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		if (g->unreadable || (g->system && !system) || !filter_takes(filter, g))
			continue;
		vec_push(&w->members, (struct member){ goroutine_stack(s, g)->id, (uint32_t)i,
						       g->labels });
	}
	if (w->members.count > 0)
		qsort(w->members.items, w->members.count, sizeof(*w->members.items),
		      by_stack_and_labels);
}

static uint64_t location_of(struct writer *w, const struct stack_frame *frame)
{
	enum { CALLS_MAX = 64 };
	struct session *session = w->session;
	uint64_t found = profile_find(w->profile, frame->lookup_pc);
	const char *files[CALLS_MAX];
	if (found != 0)
		return found;
	struct calls calls = snapshot_calls(&session->snapshot, frame->pc, frame->lookup_pc);
	if (calls.count == 0 || calls.items[calls.count - 1].id == FUNC_GOEXIT)
		return 0;
	calls.count = calls.count < CALLS_MAX ? calls.count : CALLS_MAX;
	for (size_t i = 0; i < calls.count; i++) {
		_cleanup_str_ struct str buf = { 0 };
		const char *file =
			path_mapped(&session->options->report, calls.items[i].file, &buf);
		files[i] = arena_strdup(&session->arena, file ? file : "");
	}
	return profile_location(w->profile, frame->lookup_pc, calls, files);
}

static void take_labels(struct writer *w, const struct goroutine *g)
{
	struct session *session = w->session;
	size_t count;
	const struct label *labels = shown_labels(&session->snapshot, g, session->options->redact,
						  &session->arena, &count);
	vec_clear(&w->labels);
	for (size_t i = 0; i < count; i++)
		vec_push(&w->labels, (struct profile_label){ labels[i].key, labels[i].value });
}

static void add_sample(struct writer *w, const struct goroutine *g, size_t count)
{
	const struct stack *stack = goroutine_stack(&w->session->snapshot, g);
	vec_clear(&w->locations);
	for (uint32_t i = 0; i < stack->kept; i++) {
		uint64_t id = location_of(w, &stack->frames[i]);
		if (id != 0)
			vec_push(&w->locations, id);
	}
	take_labels(w, g);
	profile_sample(w->profile, w->locations.items, w->locations.count, (int64_t)count,
		       w->labels.items, w->labels.count);
}

static void add_samples(struct writer *w)
{
	const struct snapshot *s = &w->session->snapshot;
	for (size_t i = 0, end; i < w->members.count; i = end) {
		const struct member *first = &w->members.items[i];
		for (end = i + 1; end < w->members.count; end++)
			if (w->members.items[end].stack != first->stack ||
			    w->members.items[end].labels != first->labels)
				break;
		add_sample(w, &s->goroutines[first->index], end - i);
	}
}

static void add_mapping(struct writer *w)
{
	const struct session *session = w->session;
	const struct modules *modules = &session->snapshot.modules;
	const char *path = session->snapshot.buildinfo.path;
	if (modules->count > 0)
		profile_mapping(w->profile, modules->items[0].text, modules->items[0].etext,
				session->has_exe ? session->exe.path : path ? path : "", "");
}

void goroutines_write_pprof(struct session *session, struct filter *filter, FILE *out)
{
	struct writer w = { .session = session };
	w.profile = profile_create(&session->arena, "goroutine");
	add_mapping(&w);
	choose(&w, filter);
	add_samples(&w);
	progress_stop(&session->progress);
	profile_write(w.profile, out);
	profile_destroy(w.profile);
	vec_release(&w.members);
	vec_release(&w.locations);
	vec_release(&w.labels);
}
