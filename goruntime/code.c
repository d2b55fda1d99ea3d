#include "goruntime/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"
#include "base/table.h"

struct code_cache {
	const struct modules *modules;
	struct arena arena;
	struct table codes; /* struct code by pc */
	struct table calls; /* struct calls by lookup pc */
};

struct code_cache *code_cache_create(const struct modules *modules)
{
	struct code_cache *cache = memory_grow(NULL, sizeof(*cache));
	*cache = (struct code_cache){ .modules = modules };
	arena_init(&cache->arena);
	return cache;
}

void code_cache_destroy(struct code_cache *cache)
{
	if (cache == NULL)
		return;
	table_release(&cache->codes);
	table_release(&cache->calls);
	arena_release(&cache->arena);
	free(cache);
}

static void code_fill(const struct code_cache *cache, struct code *code)
{
	const struct module *m = modules_text(cache->modules, code->pc);
	if (m == NULL || !pclntab_find(&m->pclntab, code->pc, &code->func))
		return;
	code->module = m;
	code->valid = true;
	code->has_spdelta = pclntab_spdelta(&m->pclntab, &code->func, code->pc, &code->spdelta);
}

const struct code *code_at(struct code_cache *cache, uint64_t pc)
{
	uint64_t hash = table_hash(pc);
	struct code *code = table_find(&cache->codes, hash);
	if (code != NULL)
		return code;
	code = arena_alloc(&cache->arena, sizeof(*code));
	code->pc = pc;
	code_fill(cache, code);
	table_add(&cache->codes, hash, code);
	return code;
}

/*
 * The name as Go's traceback prints it (runtime/traceback.go printFuncName, printFuncNameWithTypes,
 * symtab.go funcNameForPrint): type arguments become "[...]", gopanic becomes "panic". Before 1.21
 * the name table has "[...]" already. From 1.27 each outermost group of brackets is replaced by
 * itself; before, all from the first "[" to the last "]".
 */
static const char *printed_name(struct arena *arena, unsigned minor, const char *name)
{
	if (strcmp(name, "runtime.gopanic") == 0)
		return "panic";
	const char *open = strchr(name, '[');
	if (open == NULL)
		return name;
	const char *close = strrchr(name, ']');
	if (close == NULL || close < open)
		return name;
	if (minor < 27)
		return arena_printf(arena, "%.*s[...]%s", (int)(open - name), name, close + 1);
	_cleanup_str_ struct str s = { 0 };
	int depth = 0;
	for (const char *p = name; *p != '\0'; p++) {
		if (*p == '[' && depth++ == 0)
			str_add(&s, "[...]");
		else if (*p == ']' && depth > 0)
			depth--;
		else if (depth == 0)
			str_add_char(&s, *p);
	}
	return str_keep(&s, arena);
}

static struct calls calls_make(struct code_cache *cache, const struct code *code, uint64_t pc)
{
	struct pcln_call found[LIMIT_INLINE_DEPTH];
	const struct pclntab *tab = &code->module->pclntab;
	size_t n = pclntab_calls(tab, &code->func, pc, found, LIMIT_INLINE_DEPTH);
	struct call *items = arena_alloc(&cache->arena, n * sizeof(*items));
	for (size_t i = 0; i < n; i++)
		items[i] = (struct call){
			.symbol = found[i].name,
			.function = printed_name(&cache->arena, tab->minor, found[i].name),
			.file = found[i].file,
			.line = found[i].line,
			.start_line = found[i].start_line,
			.id = found[i].id,
			.inlined = found[i].inlined,
		};
	return (struct calls){ items, n };
}

struct calls code_calls(struct code_cache *cache, const struct code *code, uint64_t lookup_pc)
{
	uint64_t hash = table_hash(lookup_pc);
	struct calls *calls = table_find(&cache->calls, hash);
	if (calls != NULL)
		return *calls;
	calls = arena_alloc(&cache->arena, sizeof(*calls));
	*calls = calls_make(cache, code, lookup_pc);
	table_add(&cache->calls, hash, calls);
	return *calls;
}
