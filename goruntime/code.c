#include "goruntime/code.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/str.h"

/* Open addressing; entries are pointers so that a struct code never moves. */
struct code_cache {
	const struct modules *modules;
	struct arena arena;
	struct code **slots;
	size_t mask, count;
	struct calls_entry **calls;
	size_t calls_mask, calls_count;
};

struct calls_entry {
	uint64_t pc;
	struct calls calls;
};

enum { CACHE_START = 1024 };

static uint64_t hash_pc(uint64_t pc)
{
	pc *= 0x9e3779b97f4a7c15u;
	return pc ^ pc >> 29;
}

struct code_cache *code_cache_create(const struct modules *modules)
{
	struct code_cache *cache = memory_grow(NULL, sizeof(*cache));
	*cache = (struct code_cache){
		.modules = modules,
		.mask = CACHE_START - 1,
		.calls_mask = CACHE_START - 1,
	};
	arena_init(&cache->arena);
	cache->slots = memory_grow(NULL, CACHE_START * sizeof(*cache->slots));
	memset(cache->slots, 0, CACHE_START * sizeof(*cache->slots));
	cache->calls = memory_grow(NULL, CACHE_START * sizeof(*cache->calls));
	memset(cache->calls, 0, CACHE_START * sizeof(*cache->calls));
	return cache;
}

void code_cache_destroy(struct code_cache *cache)
{
	if (cache == NULL)
		return;
	arena_release(&cache->arena);
	free(cache->slots);
	free(cache->calls);
	free(cache);
}

static size_t code_slot(const struct code_cache *cache, uint64_t pc)
{
	size_t i = hash_pc(pc) & cache->mask;
	while (cache->slots[i] != NULL && cache->slots[i]->pc != pc)
		i = (i + 1) & cache->mask;
	return i;
}

static void code_rehash(struct code_cache *cache)
{
	size_t old = cache->mask + 1, room = old * 2;
	struct code **slots = cache->slots;
	cache->slots = memory_grow(NULL, room * sizeof(*slots));
	memset(cache->slots, 0, room * sizeof(*slots));
	cache->mask = room - 1;
	for (size_t i = 0; i < old; i++)
		if (slots[i] != NULL)
			cache->slots[code_slot(cache, slots[i]->pc)] = slots[i];
	free(slots);
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
	size_t i = code_slot(cache, pc);
	if (cache->slots[i] != NULL)
		return cache->slots[i];
	if ((cache->count + 1) * 2 > cache->mask) {
		code_rehash(cache);
		i = code_slot(cache, pc);
	}
	struct code *code = arena_alloc(&cache->arena, sizeof(*code));
	code->pc = pc;
	code_fill(cache, code);
	cache->slots[i] = code;
	cache->count++;
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

static size_t calls_slot(const struct code_cache *cache, uint64_t pc)
{
	size_t i = hash_pc(pc) & cache->calls_mask;
	while (cache->calls[i] != NULL && cache->calls[i]->pc != pc)
		i = (i + 1) & cache->calls_mask;
	return i;
}

static void calls_rehash(struct code_cache *cache)
{
	size_t old = cache->calls_mask + 1, room = old * 2;
	struct calls_entry **slots = cache->calls;
	cache->calls = memory_grow(NULL, room * sizeof(*slots));
	memset(cache->calls, 0, room * sizeof(*slots));
	cache->calls_mask = room - 1;
	for (size_t i = 0; i < old; i++)
		if (slots[i] != NULL)
			cache->calls[calls_slot(cache, slots[i]->pc)] = slots[i];
	free(slots);
}

struct calls code_calls(struct code_cache *cache, const struct code *code, uint64_t lookup_pc)
{
	size_t i = calls_slot(cache, lookup_pc);
	if (cache->calls[i] != NULL)
		return cache->calls[i]->calls;
	if ((cache->calls_count + 1) * 2 > cache->calls_mask) {
		calls_rehash(cache);
		i = calls_slot(cache, lookup_pc);
	}
	struct calls_entry *entry = arena_alloc(&cache->arena, sizeof(*entry));
	entry->pc = lookup_pc;
	entry->calls = calls_make(cache, code, lookup_pc);
	cache->calls[i] = entry;
	cache->calls_count++;
	return entry->calls;
}
