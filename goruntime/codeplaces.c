#include "goruntime/codeplaces.h"

#include <stdlib.h>
#include <string.h>

static int by_function(const void *a, const void *b)
{
	const struct code_place *const *x = a, *const *y = b;
	return strcmp((*x)->function, (*y)->function);
}

static int compare_name(const void *name, const void *place)
{
	return strcmp(name, (*(struct code_place *const *)place)->function);
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash != NULL ? slash + 1 : path;
}

static bool is_at(const struct code_place *place, const struct pclntab *table,
		  const struct func *func)
{
	enum { CALLS_MAX = 32 };
	struct pcln_call calls[CALLS_MAX];
	if (place->offset >= func->end - func->entry)
		return false;
	size_t count = pclntab_calls(table, func, func->entry + place->offset, calls, CALLS_MAX);
	for (size_t i = 0; i < count; i++)
		if (calls[i].line == place->line &&
		    strcmp(last_part(calls[i].file), last_part(place->file)) == 0)
			return true;
	return false;
}

static void check_function(struct code_place **sorted, size_t count, const struct pclntab *table,
			   const struct func *func)
{
	const char *name = pclntab_name(table, func);
	struct code_place **found =
		bsearch(name, sorted, count, sizeof(struct code_place *), compare_name);
	if (found == NULL)
		return;
	while (found > sorted && strcmp(found[-1]->function, name) == 0)
		found--;
	for (; found < sorted + count && strcmp((*found)->function, name) == 0; found++) {
		(*found)->known = true;
		(*found)->fits |= is_at(*found, table, func);
	}
}

void code_places_check(const struct snapshot *s, struct code_place *places, size_t count)
{
	if (count == 0)
		return;
	struct code_place **sorted = memory_grow(NULL, count * sizeof(struct code_place *));
	for (size_t i = 0; i < count; i++) {
		places[i].known = places[i].fits = false;
		sorted[i] = &places[i];
	}
	qsort(sorted, count, sizeof(struct code_place *), by_function);
	for (size_t m = 0; m < s->modules.count; m++) {
		const struct pclntab *table = &s->modules.items[m].pclntab;
		struct func func;
		for (uint32_t i = 0; i < table->func_count; i++)
			if (pclntab_func(table, i, &func))
				check_function(sorted, count, table, &func);
	}
	free(sorted);
}
