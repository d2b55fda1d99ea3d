/* The module's record, by its shape. */
#include "goruntime/locate.h"

#include <elf.h>
#include <string.h>

#include "base/limits.h"
#include "goruntime/release.h"

/* Words of moduledata, the same in Go 1.18 to 1.27 (runtime/symtab.go). A slice is three. */
enum {
	PCHEADER,
	FUNCNAMETAB,
	CUTAB = 4,
	FILETAB = 7,
	PCTAB = 10,
	PCLNTABLE = 13,
	FTAB = 16,
	FINDFUNCTAB = 19,
	MINPC,
	MAXPC,
	TEXT,
	ETEXT,
	DATA, /* four pairs: noptrdata, data, bss, noptrbss */
	WORDS = DATA + 8,
	WORDS_MAX = 128, /* more than moduledata has in any release */
};

enum {
	WORD = 8,
	PCHEADER_SIZE = 72,
	CANDIDATES_MAX = 64,
	ANONYMOUS_MAX = 64 << 20, /* bytes of one run that are searched where no file is named */
};

static uint64_t word(const uint8_t *record, unsigned index)
{
	return bytes_u64(record + index * WORD);
}

/* The slice at INDEX: bounded, of equal length and capacity, and behind BEFORE. */
static bool is_table(const uint8_t *record, unsigned index, uint64_t before)
{
	uint64_t start = word(record, index), length = word(record, index + 1);
	return start >= before && start - before < (uint64_t)1 << 32 &&
	       length < (uint64_t)1 << 32 && length == word(record, index + 2);
}

static bool has_tables(const uint8_t *record)
{
	static const uint8_t tables[] = { FUNCNAMETAB, CUTAB, FILETAB, PCTAB, PCLNTABLE, FTAB };
	uint64_t before = word(record, PCHEADER) + PCHEADER_SIZE;
	for (size_t i = 0; i < sizeof(tables); i++) {
		if (!is_table(record, tables[i], before))
			return false;
		before = word(record, tables[i]);
	}
	return word(record, FTAB + 1) > 1;
}

static bool has_ranges(const uint8_t *record)
{
	for (unsigned i = 0; i < 4; i++)
		if (word(record, DATA + 2 * i) > word(record, DATA + 2 * i + 1))
			return false;
	return word(record, TEXT) != 0 && word(record, TEXT) < word(record, ETEXT) &&
	       word(record, MINPC) < word(record, MAXPC);
}

/* The most telling first: every word of the data comes by here. */
static bool has_shape(const uint8_t *record)
{
	uint64_t functions = word(record, FTAB);
	return functions != 0 && functions == word(record, PCLNTABLE) &&
	       word(record, PCHEADER) != 0 && word(record, PCHEADER) % WORD == 0 &&
	       has_tables(record) && has_ranges(record);
}

/* The header at ADDR is that of a pclntab, or cannot be read. */
static bool names_pclntab(const struct image *image, uint64_t addr)
{
	enum { MAGIC_LOWEST = 0xfffffff0, MAGIC_HIGHEST = 0xffffffff };
	uint32_t magic;
	return !image_u32(image, addr, &magic, NULL) ||
	       (magic >= MAGIC_LOWEST && magic < MAGIC_HIGHEST);
}

struct search {
	const struct image *image;
	uint64_t found[CANDIDATES_MAX];
	size_t count;
};

static void search_run(struct search *s, const struct image_run *run, uint64_t size)
{
	enum { RECORD = WORDS * WORD };
	uint64_t skip = (0 - run->lo) % WORD;
	for (uint64_t at = skip; at + RECORD <= size && s->count < CANDIDATES_MAX; at += WORD) {
		const uint8_t *record = run->bytes + at;
		if (has_shape(record) && names_pclntab(s->image, word(record, PCHEADER)))
			s->found[s->count++] = run->lo + at;
	}
}

/* Whose data a run is, in the order in which they are searched. */
enum owner { EXECUTABLE, OTHER_FILE, NOBODY, OWNERS };

static enum owner owner_of(const struct image_run *run, const char *executable)
{
	if (run->path == NULL)
		return NOBODY;
	return executable != NULL && strcmp(run->path, executable) == 0 ? EXECUTABLE : OTHER_FILE;
}

static void search_owned(struct search *s, enum owner owner)
{
	const struct image *image = s->image;
	const char *executable = corefile_executable(image->core);
	if (executable == NULL && image->executable != NULL)
		executable = image->executable->path;
	/* With a list of the mapped files what belongs to none is heap and stacks. */
	if (owner == NOBODY && image->core->mapping_count > 0)
		return;
	for (size_t i = 0; i < image->run_count; i++) {
		const struct image_run *run = &image->runs[i];
		uint64_t size = run->hi - run->lo;
		if (run->bytes == NULL || (run->flags != 0 && !(run->flags & PF_W)) ||
		    owner_of(run, executable) != owner)
			continue;
		search_run(s, run,
			   owner == NOBODY && size > ANONYMOUS_MAX ? ANONYMOUS_MAX : size);
	}
}

/* The record at ADDR names that at OTHER: as the next one. */
static bool names(const struct image *image, uint64_t addr, uint64_t other)
{
	struct bytes rest = image_rest(image, addr);
	for (size_t i = WORDS; i < WORDS_MAX && (i + 1) * WORD <= rest.size; i++)
		if (word(rest.data, (unsigned)i) == other)
			return true;
	return false;
}

/* No other one names it: it heads a chain. */
static bool is_first(const struct search *s, size_t index)
{
	for (size_t i = 0; i < s->count; i++)
		if (i != index && names(s->image, s->found[i], s->found[index]))
			return false;
	return true;
}

bool locate_module(const struct image *image, struct located_module *module)
{
	struct search s = { .image = image };
	*module = (struct located_module){ 0 };
	for (enum owner owner = EXECUTABLE; owner < OWNERS && s.count == 0; owner++)
		search_owned(&s, owner);
	if (s.count == 0)
		return false;
	module->addr = s.found[0];
	for (size_t i = s.count; i-- > 0;) {
		if (!is_first(&s, i))
			continue;
		module->addr = s.found[i];
		module->runtimes++;
	}
	const uint8_t *record = image_at(image, module->addr, WORDS * WORD);
	module->pclntab = word(record, PCHEADER);
	for (unsigned i = 0; i < 8; i++)
		module->data[i / 2][i % 2] = word(record, DATA + i);
	return true;
}

/* The string whose header is at ADDR, if it reads as a release. */
static const char *version_at(const struct image *image, uint64_t ptr, uint64_t length,
			      struct arena *arena)
{
	enum { LONGEST = 128, SHORTEST = sizeof("go1.N") - 1 };
	struct release release;
	if (ptr == 0 || length < SHORTEST || length > LONGEST)
		return NULL;
	const uint8_t *text = image_at(image, ptr, length);
	if (text == NULL || (memcmp(text, "go1.", 4) != 0 && memcmp(text, "devel", 5) != 0))
		return NULL;
	const char *copy = arena_strndup(arena, (const char *)text, length);
	return release_parse(copy, &release) && release.minor != 0 ? copy : NULL;
}

static const char *version_in(const struct image *image, uint64_t lo, uint64_t hi,
			      struct arena *arena)
{
	for (uint64_t addr = lo; addr < hi;) {
		struct bytes rest = image_rest(image, addr);
		if (rest.size < 2 * WORD)
			return NULL;
		uint64_t size = rest.size < hi - addr ? rest.size : hi - addr;
		for (uint64_t at = 0; at + 2 * WORD <= size; at += WORD) {
			const char *text = version_at(image, bytes_u64(rest.data + at),
						      bytes_u64(rest.data + at + WORD), arena);
			if (text != NULL)
				return text;
		}
		addr += size;
	}
	return NULL;
}

const char *locate_version(const struct image *image, const struct located_module *module,
			   struct arena *arena)
{
	for (unsigned i = 0; i < 2; i++) { /* data, then noptrdata: it holds a pointer */
		const uint64_t *range = module->data[1 - i];
		const char *text = version_in(image, range[0], range[1], arena);
		if (text != NULL)
			return text;
	}
	return NULL;
}
