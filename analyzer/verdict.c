#include "analyzer/verdict.h"

#include <stdlib.h>

#include "analyzer/deathfacts.h"

enum report_origin verdict_origin(const struct snapshot *snapshot)
{
	switch (snapshot->death.way) {
	case DEATH_PANIC:
		return ORIGIN_PANIC;
	case DEATH_FATAL:
	case DEATH_THROW:
		return ORIGIN_FATAL_ERROR;
	case DEATH_SIGNAL:
		return ORIGIN_SIGNAL;
	case DEATH_NONE:
		break;
	}
	return death_signal_of(snapshot) != NULL ? ORIGIN_SIGNAL : ORIGIN_SNAPSHOT;
}

/* Of two readings of one death that are equally sure, the one that says more comes first. */
static unsigned precedence(enum verdict_class class)
{
	static const enum verdict_class order[] = {
		CLASS_CGO_CRASH,       CLASS_NIL_DEREFERENCE,	CLASS_INVALID_ADDRESS,
		CLASS_DATA_RACE,       CLASS_DEADLOCK,		CLASS_STACK_OVERFLOW,
		CLASS_OUT_OF_MEMORY,   CLASS_MEMORY_CORRUPTION, CLASS_PANIC,
		CLASS_EXTERNAL_SIGNAL, CLASS_FATAL_ERROR,	CLASS_GOROUTINE_LEAK,
		CLASS_SNAPSHOT,	       CLASS_UNKNOWN,
	};
	_Static_assert(sizeof(order) / sizeof(order[0]) == CLASS_COUNT, "each class has its place");
	for (unsigned i = 0; i < CLASS_COUNT; i++)
		if (order[i] == class)
			return i;
	return CLASS_COUNT;
}

/* Whether X is the better verdict. Equal ones keep the order of the detectors. */
static bool is_better(const struct finding *x, const struct finding *y)
{
	if (x->confidence != y->confidence)
		return x->confidence > y->confidence;
	if (x->death != y->death)
		return x->death;
	if (!x->death && x->share != y->share)
		return x->share > y->share;
	return precedence(x->class) < precedence(y->class);
}

static bool is_outside(const struct finding *finding)
{
	return finding->class == CLASS_EXTERNAL_SIGNAL || finding->class == CLASS_SNAPSHOT;
}

/* What may be the verdict of a core that was taken from outside. */
static bool is_found_inside(const struct finding *finding)
{
	return !finding->death && finding->matters && finding->confidence >= LIKELY;
}

/* A race that was reported may be long past: what goroutines do now explains a dump better. */
static bool is_better_inside(const struct finding *x, const struct finding *y)
{
	bool x_past = x->class == CLASS_DATA_RACE, y_past = y->class == CLASS_DATA_RACE;
	return x_past != y_past ? y_past : is_better(x, y);
}

size_t verdict_choose(const struct findings *findings)
{
	size_t death = SIZE_MAX, inside = SIZE_MAX;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];
		if (f->death && (death == SIZE_MAX || is_better(f, &findings->items[death])))
			death = i;
		if (is_found_inside(f) &&
		    (inside == SIZE_MAX || is_better_inside(f, &findings->items[inside])))
			inside = i;
	}
	if (inside != SIZE_MAX && death != SIZE_MAX && is_outside(&findings->items[death]))
		return inside;
	return death;
}

size_t *verdict_alternatives(const struct findings *findings, size_t verdict, size_t *count)
{
	size_t *found = arena_alloc(findings->arena, (findings->count + 1) * sizeof(*found));
	*count = 0;
	for (size_t i = 0; i < findings->count; i++) {
		if (!findings->items[i].death || i == verdict)
			continue;
		size_t at = (*count)++;
		while (at > 0 && is_better(&findings->items[i], &findings->items[found[at - 1]])) {
			found[at] = found[at - 1];
			at--;
		}
		found[at] = i;
	}
	return found;
}
