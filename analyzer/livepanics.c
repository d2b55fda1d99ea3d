#include "analyzer/livepanics.h"

#include <string.h>

#include "analyzer/places.h"
#include "base/str.h"
#include "formats/pclntab.h"

/* The oldest that is a panic; a Goexit alone is none. */
static const struct panic_record *oldest_panic(const struct panics *panics)
{
	for (size_t i = 0; i < panics->count; i++)
		if (!panics->items[i].goexit)
			return &panics->items[i];
	return NULL;
}

/* What raised the oldest panic stands outermost; NULL where no frame of a panic is on the stack. */
static const struct call *raiser_of_oldest(const struct trace *stack)
{
	for (size_t i = stack->count; i-- > 1;)
		if (stack->frames[i - 1].call->id == FUNC_GOPANIC) {
			size_t own = trace_own_frame(stack, i);
			return own < stack->count ? stack->frames[own].call : NULL;
		}
	return NULL;
}

static const char *first_line(struct arena *arena, const struct panic_record *p)
{
	enum { LONGEST = 120 };
	const char *text = p->text != NULL && !p->unreadable ? p->text : "a value that cannot be read";
	const char *line = arena_strndup(arena, text, strcspn(text, "\n"));
	size_t fits = utf8_prefix(line, LONGEST);
	return fits == strlen(line) ? line : arena_printf(arena, "%.*s...", (int)fits, line);
}

void finding_explain_live_panics(struct findings *findings, struct finding *finding,
				 const struct snapshot *snapshot)
{
	const struct death *death = &snapshot->death;
	bool fatal = death->way == DEATH_FATAL || death->way == DEATH_THROW;
	if (!finding->death || !fatal || finding->class == CLASS_PANIC || finding->stack == NULL)
		return;
	const struct panic_record *p = oldest_panic(&death->panics);
	const struct call *raiser = raiser_of_oldest(finding->stack);
	if (p == NULL || raiser == NULL)
		return;
	finding_explain(findings, finding,
			p->recovered ? "A panic came first, \"%s\", in %s: it was recovered, and the "
				       "deferred call that did so came to this end."
				     : "A panic came first, \"%s\", in %s: a deferred call that it ran "
				       "came to this end.",
			first_line(findings->arena, p), place_of(findings->arena, raiser));
}
