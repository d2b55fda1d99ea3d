/* The variables, by the code of the functions that use them. */
#include "goruntime/locate.h"

#include <stdlib.h>
#include <string.h>

#include "formats/disasm.h"

enum anchor_build { ALWAYS, INLINED, PLAIN };

struct anchor {
	const char *function;
	uint16_t global;
	uint16_t place; /* the field + 1; 0: so many bytes from the start */
	uint8_t bytes;
	bool address_only;
	int8_t index;
	uint8_t build;
	uint8_t since, until;
};

static const struct anchor anchors[] = {
#define NEWEST UINT8_MAX
#define START .bytes = 0
#define BYTES(n) .bytes = (n)
#define FIELD(id) .place = (id) + 1
#define ANY(k) .index = (k)
#define ADDRESS(k) .index = (k), .address_only = true
#define ANCHOR(id, name, from, rule, builds, first, last)                                          \
	{                                                                                          \
		.global = id,                                                                      \
		.function = name,                                                                  \
		.build = builds,                                                                   \
		.since = first,                                                                    \
		.until = last,                                                                     \
		from,                                                                              \
		rule,                                                                              \
	},
#include "goruntime/anchors.def"
#undef ANCHOR
#undef NEWEST
#undef START
#undef BYTES
#undef FIELD
#undef ANY
#undef ADDRESS
};

enum {
	ANCHORS = sizeof(anchors) / sizeof(anchors[0]),
	WANTED_SLOTS = 1024, /* a power of two, above twice the names */
	REFERENCES_MAX = 256, /* distinct ones of one function */
	CANDIDATES_MAX = 8,   /* addresses that one global has votes for */
	FUNCTION_MAX = 1 << 16, /* bytes of a function */
};

_Static_assert(ANCHORS * 2 < WANTED_SLOTS, "the names of all functions find a slot");

/* A function that is looked for: ADDRESS 0 until it is found. */
struct wanted {
	const char *name;
	uint64_t entry, end;
};

struct wanted_functions {
	struct wanted slots[WANTED_SLOTS];
	size_t longest; /* name */
};

static uint32_t hash(const char *name, size_t size)
{
	uint32_t h = 2166136261u; /* FNV-1a */
	for (size_t i = 0; i < size; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h;
}

/* The slot of NAME, or the free one where it would be. */
static struct wanted *wanted_slot(struct wanted_functions *wanted, const char *name)
{
	uint32_t i = hash(name, strlen(name));
	while (wanted->slots[i % WANTED_SLOTS].name != NULL &&
	       strcmp(wanted->slots[i % WANTED_SLOTS].name, name) != 0)
		i++;
	return &wanted->slots[i % WANTED_SLOTS];
}

static void want(struct wanted_functions *wanted, const char *name)
{
	size_t size = strlen(name);
	wanted_slot(wanted, name)->name = name;
	if (size > wanted->longest)
		wanted->longest = size;
}

/* Whether a name may be one of the table, before it is hashed: most functions are of a program's
 * own packages. */
static bool may_be_wanted(const char *name)
{
	return memcmp(name, "runtime.", 8) == 0 || memcmp(name, "internal/", 9) == 0 ||
	       memcmp(name, "sync", 4) == 0 || memcmp(name, "syscall.", 8) == 0;
}

/* Finds all in one pass over the functions. Of several with one name (a wrapper for the other
 * calling convention lies behind its function) the first counts. */
static void find_functions(const struct pclntab *tab, struct wanted_functions *wanted)
{
	struct func func;
	for (uint32_t i = 0; i < tab->func_count; i++) {
		if (!pclntab_func(tab, i, &func))
			continue;
		const char *name = pclntab_name(tab, &func);
		size_t size = strnlen(name, wanted->longest + 1);
		if (size < sizeof("internal/") || size > wanted->longest || !may_be_wanted(name))
			continue;
		struct wanted *slot = wanted_slot(wanted, name);
		if (slot->name == NULL || slot->entry != 0)
			continue;
		slot->entry = func.entry;
		slot->end = func.end;
	}
}

/* The distinct addresses in the module's data that a function refers to, in order of code. */
struct references {
	uint64_t any[REFERENCES_MAX], address[REFERENCES_MAX];
	unsigned any_count, address_count;
};

static void add_distinct(uint64_t *items, unsigned *count, uint64_t addr)
{
	for (unsigned i = 0; i < *count; i++)
		if (items[i] == addr)
			return;
	if (*count < REFERENCES_MAX)
		items[(*count)++] = addr;
}

/* Four ranges, not one from the first to the last: external linking orders them otherwise, and puts
 * the module's own record between. */
static bool in_data(const struct module *m, uint64_t addr)
{
	return (addr >= m->noptrdata && addr < m->enoptrdata) ||
	       (addr >= m->data && addr < m->edata) || (addr >= m->bss && addr < m->ebss) ||
	       (addr >= m->noptrbss && addr < m->enoptrbss);
}

static void read_references(struct disasm *disasm, struct bytes code, uint64_t entry,
			    const struct module *module, struct references *references)
{
	struct disasm_walk walk = disasm_walk_start(disasm, code, entry);
	struct instruction insn;
	references->any_count = references->address_count = 0;
	while (disasm_walk_next(&walk, &insn)) {
		if (insn.reference_kind == DISASM_NO_REFERENCE || !in_data(module, insn.reference))
			continue;
		add_distinct(references->any, &references->any_count, insn.reference);
		if (insn.reference_kind == DISASM_ADDRESS)
			add_distinct(references->address, &references->address_count,
				     insn.reference);
	}
}

struct ballot {
	struct {
		uint64_t addr;
		unsigned votes;
	} candidates[CANDIDATES_MAX];
	unsigned count;
};

static void vote(struct ballot *ballot, uint64_t addr)
{
	for (unsigned i = 0; i < ballot->count; i++) {
		if (ballot->candidates[i].addr != addr)
			continue;
		ballot->candidates[i].votes++;
		return;
	}
	if (ballot->count == CANDIDATES_MAX)
		return;
	ballot->candidates[ballot->count].addr = addr;
	ballot->candidates[ballot->count++].votes = 1;
}

struct election {
	const struct layout *layout;
	unsigned minor;
	enum anchor_build build;
	struct wanted_functions wanted;
	struct references references;
	struct ballot ballots[RT_GLOBAL_COUNT];
};

static bool holds(const struct election *e, const struct anchor *anchor)
{
	return anchor->since <= e->minor && e->minor <= anchor->until &&
	       (anchor->build == ALWAYS || anchor->build == e->build) &&
	       (anchor->place == 0 || layout_has(e->layout, anchor->place - 1));
}

/* The vote of one row, where the function of it has as many references. */
static void cast(struct election *e, const struct anchor *anchor)
{
	const struct references *r = &e->references;
	const uint64_t *items = anchor->address_only ? r->address : r->any;
	int count = (int)(anchor->address_only ? r->address_count : r->any_count);
	int index = anchor->index < 0 ? count + anchor->index : anchor->index;
	if (index < 0 || index >= count)
		return;
	uint64_t offset = anchor->place ? e->layout->field[anchor->place - 1].offset : anchor->bytes;
	vote(&e->ballots[anchor->global], items[index] - offset);
}

/* Decodes one function, and casts the votes of the rows that are about it. */
static bool hear(struct election *e, const struct image *image, const struct module *module,
		 struct disasm *disasm, const struct wanted *function)
{
	bool read = false;
	for (size_t i = 0; i < ANCHORS; i++) {
		const struct anchor *anchor = &anchors[i];
		if (!holds(e, anchor) || strcmp(anchor->function, function->name) != 0)
			continue;
		size_t size = (size_t)(function->end - function->entry);
		const uint8_t *code = image_at(image, function->entry, size);
		if (code == NULL || size > FUNCTION_MAX)
			return false;
		if (!read)
			read_references(disasm, (struct bytes){ code, size }, function->entry,
					module, &e->references);
		read = true;
		cast(e, anchor);
	}
	return read;
}

static void count_votes(const struct election *e, struct globals *globals,
			struct locate_votes *votes)
{
	for (size_t i = 0; i < RT_GLOBAL_COUNT; i++) {
		const struct ballot *ballot = &e->ballots[i];
		unsigned best = 0, same = 0;
		for (unsigned k = 0; k < ballot->count; k++) {
			if (ballot->candidates[k].votes > ballot->candidates[best].votes)
				best = k;
		}
		for (unsigned k = 0; k < ballot->count; k++)
			same += ballot->candidates[k].votes == ballot->candidates[best].votes;
		votes->refused += same > 1;
		if (same != 1)
			continue;
		votes->found++;
		votes->divided += ballot->count > 1;
		if (!globals_has(globals, i))
			globals_put(globals, i, ballot->candidates[best].addr, GLOBAL_BY_CODE);
	}
}

/* A program that was built without inlining has the function; else nobody calls it. */
static const char inlined_away[] = "runtime.add";

void locate_globals(const struct image *image, const struct layout *layout, unsigned minor,
		    const struct module *module, struct globals *globals,
		    struct locate_votes *votes)
{
	*votes = (struct locate_votes){ 0 };
	struct disasm *disasm = disasm_create(image->arch);
	if (disasm == NULL)
		return;
	struct election *e = memory_grow(NULL, sizeof(*e));
	*e = (struct election){ .layout = layout, .minor = minor };
	want(&e->wanted, inlined_away);
	for (size_t i = 0; i < ANCHORS; i++)
		want(&e->wanted, anchors[i].function);
	find_functions(&module->pclntab, &e->wanted);
	e->build = wanted_slot(&e->wanted, inlined_away)->entry != 0 ? PLAIN : INLINED;
	for (size_t i = 0; i < WANTED_SLOTS; i++)
		if (e->wanted.slots[i].entry != 0)
			votes->functions += hear(e, image, module, disasm, &e->wanted.slots[i]);
	count_votes(e, globals, votes);
	free(e);
	disasm_destroy(disasm);
}
