#include "analyzer/skips.h"

#include <string.h>

#include "analyzer/verdict.h"

bool skips_parse(struct skips *skips, const char **words, size_t count, struct arena *arena,
		 struct error *err)
{
	skips->words = arena_alloc(arena, (count + 1) * sizeof(*skips->words));
	skips->count = count;
	for (size_t i = 0; i < count; i++) {
		struct skip_word *skip = &skips->words[i];
		skip->word = words[i];
		if (!verdict_parse(skip->word, &skip->class, &skip->kind))
			return error_set(err, ERROR_USAGE, 0, "%s is no class or kind of verdict",
					 skip->word);
	}
	return true;
}

static bool is_skipped(const struct skips *skips, enum verdict_class class, const char *kind)
{
	for (size_t i = 0; i < skips->count; i++) {
		const struct skip_word *skip = &skips->words[i];
		if (skip->class != class)
			continue;
		if (skip->kind == NULL || (kind != NULL && strcmp(skip->kind, kind) == 0))
			return true;
	}
	return false;
}

bool skips_all_of(const struct skips *skips, const struct detector *detector)
{
	for (size_t i = 0; detector->finds[i].class != CLASS_COUNT; i++) {
		enum verdict_class class = detector->finds[i].class;
		const char *kind = detector->finds[i].kind;
		if (is_skipped(skips, class, kind))
			continue;
		if (kind != NULL || verdict_kind(class, 0) == NULL)
			return false;
		for (size_t k = 0; (kind = verdict_kind(class, k)) != NULL; k++)
			if (!is_skipped(skips, class, kind))
				return false;
	}
	return true;
}

bool skip_concerns(const struct skip_word *skip, const struct detector *detector)
{
	for (size_t i = 0; skip->kind != NULL && detector->finds[i].class != CLASS_COUNT; i++) {
		const char *kind = detector->finds[i].kind;
		if (detector->finds[i].class == skip->class &&
		    (kind == NULL || strcmp(kind, skip->kind) == 0))
			return true;
	}
	return false;
}

void skips_drop(const struct skips *skips, struct findings *findings, size_t first)
{
	size_t kept = first;
	for (size_t i = first; i < findings->count; i++)
		if (!is_skipped(skips, findings->items[i].class, findings->items[i].kind))
			findings->items[kept++] = findings->items[i];
	findings->count = kept;
}
