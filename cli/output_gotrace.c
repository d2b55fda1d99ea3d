/* Goroutines as the Go runtime prints them: goruntime/traceback.h makes the text. */
#include <pthread.h>
#include <stdlib.h>

#include "base/parallel.h"
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

/* Texts are made on all processors, and written in order. */
struct writer {
	const struct snapshot *snapshot;
	const uint32_t *list; /* goroutines to write */
	struct traceback all; /* for one thread at a time, under LOCK */
	pthread_mutex_t lock;
	struct traceback own[PARALLEL_MAX];
	struct str text[PARALLEL_MAX];
	FILE *out;
};

static const char *map_path(const void *data, const char *path, struct str *buf)
{
	return path_mapped(data, path, buf);
}

static void make_text(void *data, unsigned worker, size_t from, size_t to)
{
	struct writer *w = data;
	struct str *text = &w->text[worker];
	if (w->own[worker].code == NULL)
		traceback_fork(&w->own[worker], &w->all);
	str_clear(text);
	for (size_t i = from; i < to; i++) {
		const struct goroutine *g = &w->snapshot->goroutines[w->list[i]];
		if (i > 0)
			str_add_char(text, '\n');
		if (g->thread == NO_INDEX) {
			traceback_add(&w->own[worker], g, text);
			continue;
		}
		pthread_mutex_lock(&w->lock);
		traceback_add(&w->all, g, text);
		pthread_mutex_unlock(&w->lock);
	}
}

static void write_text(void *data, unsigned worker, size_t from, size_t to)
{
	struct writer *w = data;
	(void)from;
	(void)to;
	fwrite_unlocked(str_text(&w->text[worker]), 1, w->text[worker].size, w->out);
}

/* The goroutines that are written, in order: the one that died first, as in the runtime's own
 * traceback. */
static size_t choose(const struct writer *w, enum traceback_word word, struct filter *filter,
		     uint32_t *list)
{
	const struct snapshot *s = w->snapshot;
	uint32_t culprit = s->death.goroutine < s->goroutine_count ? s->death.goroutine : NO_INDEX;
	size_t count = 0;
	for (size_t i = 0; i <= s->goroutine_count; i++) {
		uint32_t g = i == 0 ? culprit : (uint32_t)i - 1;
		bool listed = i == 0 ? culprit != NO_INDEX
				     : g != culprit && (culprit == NO_INDEX ||
							word != TRACEBACK_WORD_SINGLE);
		if (listed && traceback_lists(&w->all, &s->goroutines[g]) &&
		    filter_takes(filter, &s->goroutines[g]))
			list[count++] = g;
	}
	return count;
}

/* The system stack that a fatal signal hit comes first. */
static void write_system(const struct writer *w, bool more)
{
	_cleanup_str_ struct str text = { 0 };
	if (!traceback_add_system(&w->all, &text))
		return;
	if (more)
		str_add_char(&text, '\n');
	fwrite_unlocked(str_text(&text), 1, text.size, w->out);
}

void goroutines_write_gotrace(struct session *session, struct filter *filter, FILE *out)
{
	const struct snapshot *s = &session->snapshot;
	enum traceback_word word = session->options->traceback;
	struct writer w = { .snapshot = s, .out = out, .lock = PTHREAD_MUTEX_INITIALIZER };
	if (word == TRACEBACK_WORD_NONE)
		return;
	traceback_init(&w.all, s, levels[word]);
	w.all.redact = session->options->redact;
	w.all.map_path = map_path;
	w.all.map_data = &session->options->report;
	uint32_t *list = memory_grow(NULL, (s->goroutine_count + 1) * sizeof(*list));
	size_t count = choose(&w, word, filter, list);
	w.list = list;
	progress_stop(&session->progress);
	if (filter_is_open(session->options))
		write_system(&w, count > 0);
	parallel_in_order(count, make_text, write_text, &w);
	for (unsigned i = 0; i < PARALLEL_MAX; i++) {
		traceback_join(&w.own[i]);
		str_release(&w.text[i]);
	}
	free(list);
}
