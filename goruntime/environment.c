#include "goruntime/environment.h"

#include <string.h>

#include "goruntime/private.h"

enum { ENVIRONMENT_MAX = 256 * 1024 }; /* bytes below AT_EXECFN that are looked at */

/* "NAME=" at P, with N bytes from P to the end of the strings. */
static bool is_named(const uint8_t *p, size_t n, const char *name, size_t size)
{
	return n > size && memcmp(p, name, size) == 0 && p[size] == '=';
}

const char *environment_get(const struct snapshot *snapshot, const char *name, struct arena *arena)
{
	const struct image *image = snapshot->image;
	uint64_t end = image->core->execfn;
	const struct image_run *run = image_find(image, end);
	size_t size = strlen(name);
	if (end == 0 || run == NULL || run->bytes == NULL)
		return NULL;
	size_t n = end - run->lo > ENVIRONMENT_MAX ? ENVIRONMENT_MAX : (size_t)(end - run->lo);
	const uint8_t *strings = run->bytes + (end - run->lo) - n;
	for (size_t i = n; i-- > 1;) {
		if (strings[i - 1] != '\0' || !is_named(strings + i, n - i, name, size))
			continue;
		const char *value = (const char *)strings + i + size + 1;
		return arena_strndup(arena, value, strnlen(value, n - i - size - 1));
	}
	return NULL;
}

/* --- the lists ----------------------------------------------------------------------------------- */

enum {
	WORDS_MOST = 1 << 20,
	STRING_MOST = 128 * 1024, /* linux MAX_ARG_STRLEN */
	STRINGS_MOST = 8 << 20,	  /* all of them: ARG_MAX is a quarter of the stack */
};

static bool word_at(const struct snapshot *s, uint64_t addr, uint64_t *word)
{
	return image_u64(s->image, addr, word, NULL);
}

/* Where auxv begins: AT_SYSINFO_EHDR or whatever is first is not known, but the pair of AT_EXECFN
 * is, and each pair in front of it has a small number first. */
static uint64_t find_auxv(const struct snapshot *s, uint64_t low)
{
	enum { AT_EXECFN_TYPE = 31, PAIRS_MOST = 64, TYPE_MOST = 256 };
	uint64_t execfn = s->image->core->execfn, type, value;
	if (execfn - low < 32)
		return 0;
	uint64_t at = (execfn & ~(uint64_t)7) - 16;
	uint64_t lowest = execfn - low > ENVIRONMENT_MAX * 8 ? execfn - ENVIRONMENT_MAX * 8 : low;
	uint64_t words = (at - lowest) / 8;
	while (!(word_at(s, at, &type) && type == AT_EXECFN_TYPE && word_at(s, at + 8, &value) &&
		 value == execfn)) {
		if (words-- == 0)
			return 0;
		at -= 8;
	}
	for (unsigned i = 0; i < PAIRS_MOST && at - lowest >= 16; i++, at -= 16)
		if (!word_at(s, at - 16, &type) || type == 0 || type > TYPE_MOST)
			return at;
	return 0;
}

/* The list of pointers that ends with the 0 at END; *FIRST is its first, false: there is none. */
static bool list_before(const struct snapshot *s, uint64_t end, uint64_t low, uint64_t high,
			uint64_t *first)
{
	uint64_t word;
	*first = end;
	for (unsigned i = 0; i < WORDS_MOST; i++) {
		if (!word_at(s, *first - 8, &word))
			return false;
		if (word < low || word >= high)
			return true;
		*first -= 8;
	}
	return false;
}

/* NULL where they are longer than a kernel lets them be: damaged pointers may lead to the same
 * bytes. */
static const char **strings_of(const struct snapshot *s, uint64_t first, size_t count,
			       struct arena *arena)
{
	const char **strings = arena_alloc(arena, (count + 1) * sizeof(*strings));
	size_t left = STRINGS_MOST;
	for (size_t i = 0; i < count; i++) {
		uint64_t addr;
		strings[i] = "";
		if (!word_at(s, first + i * 8, &addr))
			continue;
		struct bytes rest = image_rest(s->image, addr);
		size_t most = rest.size < STRING_MOST ? rest.size : STRING_MOST;
		if (rest.data == NULL)
			continue;
		size_t size = strnlen((const char *)rest.data, most);
		if (size > left)
			return NULL;
		left -= size;
		strings[i] = arena_strndup(arena, (const char *)rest.data, size);
	}
	return strings;
}

void environment_read(const struct snapshot *s, struct arena *arena, struct environment *e)
{
	uint64_t execfn = s->image->core->execfn, word, envp, argv;
	const struct image_run *run = image_find(s->image, execfn);
	*e = (struct environment){ 0 };
	if (execfn == 0 || run == NULL || run->bytes == NULL)
		return;
	uint64_t auxv = find_auxv(s, run->lo);
	/* The strings lie above the lists. */
	if (auxv == 0 || !word_at(s, auxv - 8, &word) || word != 0 ||
	    !list_before(s, auxv - 8, auxv, run->hi, &envp) || !word_at(s, envp - 8, &word) ||
	    word != 0 || !list_before(s, envp - 8, auxv, run->hi, &argv) ||
	    !word_at(s, argv - 8, &word) || word != (envp - 8 - argv) / 8)
		return;
	e->argument_count = (size_t)(envp - 8 - argv) / 8;
	e->variable_count = (size_t)(auxv - 8 - envp) / 8;
	e->arguments = strings_of(s, argv, e->argument_count, arena);
	e->variables = strings_of(s, envp, e->variable_count, arena);
	e->known = e->arguments != NULL && e->variables != NULL;
	if (!e->known)
		*e = (struct environment){ 0 };
}
