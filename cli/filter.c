#include "cli/filter.h"

#include <stdlib.h>
#include <string.h>

void filter_init(struct filter *filter, const struct snapshot *snapshot,
		 const struct options *options)
{
	*filter = (struct filter){ .snapshot = snapshot, .options = options };
}

void filter_release(struct filter *filter)
{
	free(filter->by_stack);
	*filter = (struct filter){ 0 };
}

bool filter_is_open(const struct options *o)
{
	return o->status.count + o->wait.count + o->function.count + o->label.count == 0 &&
	       o->min_wait_seconds < 0;
}

static bool status_matches(const struct options *o, const struct goroutine *g)
{
	for (size_t i = 0; i < o->status.count; i++)
		if (strcmp(o->status.items[i], g_status_text(g->status)) == 0)
			return true;
	return o->status.count == 0;
}

static bool wait_matches(const struct filter *f, const struct goroutine *g)
{
	const struct word_list *list = &f->options->wait;
	for (size_t i = 0; i < list->count; i++)
		if (strcasestr(goroutine_wait(f->snapshot, g), list->items[i]) != NULL)
			return true;
	return list->count == 0;
}

static bool min_wait_matches(const struct filter *f, const struct goroutine *g)
{
	double least = f->options->min_wait_seconds;
	return least < 0 || goroutine_wait_seconds(f->snapshot, g) >= least;
}

/* KEY or KEY=VALUE. */
static bool is_label(const char *word, const struct label *label)
{
	size_t n = strlen(label->key);
	if (strncmp(word, label->key, n) != 0)
		return false;
	return word[n] == '\0' || (word[n] == '=' && strcmp(word + n + 1, label->value) == 0);
}

static bool label_matches(const struct filter *f, const struct goroutine *g)
{
	const struct word_list *list = &f->options->label;
	struct arena scratch;
	size_t count;
	bool found = list->count == 0;
	if (found || g->labels == 0)
		return found;
	arena_init(&scratch);
	const struct label *labels = goroutine_labels(f->snapshot, g, &scratch, &count);
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < list->count; j++)
			found |= is_label(list->items[j], &labels[i]);
	arena_release(&scratch);
	return found;
}

static bool has_function(const struct filter *f, const struct goroutine *g)
{
	const struct word_list *list = &f->options->function;
	struct arena scratch;
	struct trace trace;
	bool found = false;
	arena_init(&scratch);
	goroutine_trace(f->snapshot, g, false, &scratch, &trace);
	for (size_t i = 0; i < trace.count && !found; i++)
		for (size_t j = 0; j < list->count; j++)
			found |= strstr(trace.frames[i].call->function, list->items[j]) != NULL ||
				 strstr(trace.frames[i].call->symbol, list->items[j]) != NULL;
	arena_release(&scratch);
	return found;
}

/* Goroutines share few stacks: each is searched once. */
static bool function_matches(struct filter *f, const struct goroutine *g)
{
	if (f->options->function.count == 0)
		return true;
	const struct stack *stack = goroutine_stack(f->snapshot, g);
	if (stack->id >= f->room) {
		size_t room = ((size_t)stack->id + 1) * 2;
		f->by_stack = memory_grow(f->by_stack, room);
		memset(f->by_stack + f->room, 0, room - f->room);
		f->room = room;
	}
	if (f->by_stack[stack->id] == 0)
		f->by_stack[stack->id] = has_function(f, g) ? 2 : 1;
	return f->by_stack[stack->id] == 2;
}

bool filter_takes(struct filter *f, const struct goroutine *g)
{
	return status_matches(f->options, g) && wait_matches(f, g) && min_wait_matches(f, g) &&
	       label_matches(f, g) && function_matches(f, g);
}
