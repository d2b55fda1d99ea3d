/* Goroutines as the Go runtime prints them: goruntime/traceback.h makes the text. */
#include "cli/goroutine_list.h"
#include "cli/path_map.h"
#include "goruntime/traceback.h"

static const unsigned levels[] = {
	[TRACEBACK_WORD_NONE] = 0,
	[TRACEBACK_WORD_SINGLE] = TRACEBACK_USER,
	[TRACEBACK_WORD_ALL] = TRACEBACK_USER,
	[TRACEBACK_WORD_SYSTEM] = TRACEBACK_SYSTEM,
	[TRACEBACK_WORD_CRASH] = TRACEBACK_SYSTEM,
};

struct writer {
	struct traceback traceback;
	struct filter *filter;
	FILE *out;
	struct str text; /* of one goroutine, used again for the next */
	bool any;
};

static const char *map_path(const void *data, const char *path, struct str *buf)
{
	return path_mapped(data, path, buf);
}

static void write_goroutine(struct writer *w, const struct goroutine *g)
{
	if (!traceback_lists(&w->traceback, g) || !filter_takes(w->filter, g))
		return;
	str_clear(&w->text);
	traceback_add(&w->traceback, g, &w->text);
	if (w->any)
		putc_unlocked('\n', w->out);
	fwrite_unlocked(str_text(&w->text), 1, w->text.size, w->out);
	w->any = true;
}

/* The one that died, first as in the runtime's own traceback; NULL if there is none. */
static const struct goroutine *culprit_of(const struct snapshot *s)
{
	uint32_t g = s->death.goroutine;
	return g < s->goroutine_count ? &s->goroutines[g] : NULL;
}

void goroutines_write_gotrace(struct session *session, struct filter *filter, FILE *out)
{
	const struct snapshot *s = &session->snapshot;
	const struct goroutine *culprit = culprit_of(s);
	enum traceback_word word = session->options->traceback;
	struct writer w = { .filter = filter, .out = out };
	if (word == TRACEBACK_WORD_NONE)
		return;
	traceback_init(&w.traceback, s, levels[word]);
	w.traceback.redact = session->options->redact;
	w.traceback.map_path = map_path;
	w.traceback.map_data = &session->options->report;
	progress_stop(&session->progress);
	if (culprit != NULL)
		write_goroutine(&w, culprit);
	for (size_t i = 0; i < s->goroutine_count; i++)
		if (&s->goroutines[i] != culprit &&
		    (culprit == NULL || word != TRACEBACK_WORD_SINGLE))
			write_goroutine(&w, &s->goroutines[i]);
	str_release(&w.text);
}
