/* Symbols of an ELF file by name and by address. Read straight from the mapping. */
#include <elf.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "formats/elffile_private.h"

struct symbol_table {
	struct bytes symbols, names;
	size_t count;
};

struct symbol {
	const char *name; /* "" if it has none */
	uint64_t value, size;
	uint8_t type, binding;
	bool defined;
};

static struct symbol_table symbol_table(const struct elffile *elf, uint32_t type)
{
	const struct elf_section *section = elf_section_of_type(elf, type);
	if (section == NULL || section->link >= elf->private->section_count)
		return (struct symbol_table){ 0 };
	struct symbol_table t = {
		.symbols = elf_section_bytes(elf, section),
		.names = elf_section_bytes(elf, &elf->private->sections[section->link]),
	};
	t.names = elf_whole_strings(t.names);
	t.count = t.symbols.size / sizeof(Elf64_Sym);
	return t;
}

static struct symbol symbol_at(const struct symbol_table *t, size_t index)
{
	const uint8_t *p = t->symbols.data + index * sizeof(Elf64_Sym);
	uint32_t name = bytes_u32(p + offsetof(Elf64_Sym, st_name));
	uint8_t info = p[offsetof(Elf64_Sym, st_info)];
	return (struct symbol){
		.name = name < t->names.size ? (const char *)t->names.data + name : "",
		.value = bytes_u64(p + offsetof(Elf64_Sym, st_value)),
		.size = bytes_u64(p + offsetof(Elf64_Sym, st_size)),
		.type = ELF64_ST_TYPE(info),
		.binding = ELF64_ST_BIND(info),
		.defined = bytes_u16(p + offsetof(Elf64_Sym, st_shndx)) != SHN_UNDEF,
	};
}

/* The names that are asked for, hashed: a table of symbols is long, and read once. */
struct wanted {
	struct elf_symbol *symbols;
	uint32_t *slots; /* index + 1, open addressing */
	size_t mask;
	size_t longest;
	bool first[256]; /* bytes that a wanted name begins with */
};

/* FNV-1a of at most LIMIT bytes: names in a hostile file may all be a megabyte long. */
static uint32_t hash(const char *name, size_t limit)
{
	uint32_t h = 2166136261u;
	for (size_t i = 0; i < limit && name[i] != '\0'; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619u;
	return h;
}

static void want(struct wanted *w, size_t index)
{
	const char *name = w->symbols[index].name;
	size_t slot = hash(name, w->longest) & w->mask;
	while (w->slots[slot] != 0)
		slot = (slot + 1) & w->mask;
	w->slots[slot] = (uint32_t)index + 1;
	w->first[(uint8_t)name[0]] = true;
}

/* Fills in whoever asked for this symbol. Returns how many did. */
static size_t match(struct wanted *w, const struct symbol *symbol)
{
	size_t found = 0;
	size_t slot = hash(symbol->name, w->longest) & w->mask;
	for (; w->slots[slot] != 0; slot = (slot + 1) & w->mask) {
		struct elf_symbol *asked = &w->symbols[w->slots[slot] - 1];
		if (asked->found || strcmp(asked->name, symbol->name) != 0)
			continue;
		asked->value = symbol->value;
		asked->size = symbol->size;
		asked->found = true;
		found++;
	}
	return found;
}

static size_t match_table(struct wanted *w, size_t count, const struct symbol_table *t)
{
	size_t found = 0;
	for (size_t i = 0; i < t->count && found < count; i++) {
		struct symbol symbol = symbol_at(t, i);
		if (w->first[(uint8_t)symbol.name[0]] && symbol.defined)
			found += match(w, &symbol);
	}
	return found;
}

size_t elffile_symbols(const struct elffile *elf, struct elf_symbol *symbols, size_t count)
{
	struct symbol_table t = symbol_table(elf, SHT_SYMTAB);
	if (t.count == 0)
		t = symbol_table(elf, SHT_DYNSYM);
	struct wanted w = { .symbols = symbols, .mask = 15 };
	while (w.mask < count * 4)
		w.mask = w.mask * 2 + 1;
	w.slots = memory_grow(NULL, (w.mask + 1) * sizeof(*w.slots));
	memset(w.slots, 0, (w.mask + 1) * sizeof(*w.slots));
	for (size_t i = 0; i < count; i++) {
		size_t length = strlen(symbols[i].name);
		w.longest = length > w.longest ? length : w.longest;
		symbols[i].found = false;
	}
	for (size_t i = 0; i < count; i++)
		want(&w, i);
	size_t found = match_table(&w, count, &t);
	free(w.slots);
	return found;
}

static bool is_like(const char *name, const char *prefix, const char *suffix)
{
	size_t head = strlen(prefix), tail = strlen(suffix);
	if (strncmp(name, prefix, head) != 0)
		return false;
	size_t length = strlen(name);
	return length >= head + tail && strcmp(name + length - tail, suffix) == 0;
}

size_t elffile_symbols_like(const struct elffile *elf, const char *prefix, const char *suffix,
			    uint64_t *addrs, size_t room)
{
	struct symbol_table t = symbol_table(elf, SHT_SYMTAB);
	size_t found = 0;
	for (size_t i = 0; i < t.count; i++) {
		struct symbol s = symbol_at(&t, i);
		if (!s.defined || !is_like(s.name, prefix, suffix))
			continue;
		if (found < room)
			addrs[found] = s.value;
		found++;
	}
	return found;
}

typedef VEC(struct elf_function) function_vec;

static uint8_t rank(const struct symbol *symbol)
{
	return (uint8_t)((symbol->binding == STB_LOCAL ? 2 : 0) + (symbol->name[0] == '_' ? 1 : 0));
}

static void add_functions(function_vec *functions, const struct symbol_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct symbol s = symbol_at(t, i);
		if ((s.type != STT_FUNC && s.type != STT_GNU_IFUNC) || !s.defined || s.size == 0)
			continue;
		vec_push(functions, (struct elf_function){
					    .addr = s.value,
					    .size = s.size,
					    .name = s.name,
					    .rank = rank(&s),
				    });
	}
}

static int by_address(const void *left, const void *right)
{
	const struct elf_function *a = left, *b = right;
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	size_t an = strlen(a->name), bn = strlen(b->name); /* raise, not gsignal */
	return an != bn ? (an < bn ? -1 : 1) : strcmp(a->name, b->name);
}

static void index_functions(const struct elffile *elf)
{
	struct elffile_private *private = elf->private;
	private->indexed = true;
	function_vec functions = { 0 };
	struct symbol_table tables[] = { symbol_table(elf, SHT_SYMTAB),
					 symbol_table(elf, SHT_DYNSYM) };
	add_functions(&functions, &tables[0]);
	add_functions(&functions, &tables[1]);
	if (functions.count > 1)
		qsort(functions.items, functions.count, sizeof(*functions.items), by_address);
	size_t kept = 0;
	for (size_t i = 0; i < functions.count; i++)
		if (kept == 0 || functions.items[kept - 1].addr != functions.items[i].addr)
			functions.items[kept++] = functions.items[i];
	functions.count = kept;
	private->functions = vec_keep(&functions, private->arena);
	private->function_count = kept;
	vec_release(&functions);
}

const char *elffile_function_at(const struct elffile *elf, uint64_t addr, uint64_t *offset)
{
	const struct elffile_private *private = elf->private;
	if (!private->indexed)
		index_functions(elf);
	size_t lo = 0, hi = private->function_count; /* the first function behind ADDR */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (private->functions[mid].addr <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0 || addr - private->functions[lo - 1].addr >= private->functions[lo - 1].size)
		return NULL;
	if (offset != NULL)
		*offset = addr - private->functions[lo - 1].addr;
	return private->functions[lo - 1].name;
}

const char *elffile_object_at(const struct elffile *elf, uint64_t addr, uint64_t *offset)
{
	struct symbol_table t = symbol_table(elf, SHT_SYMTAB);
	if (t.count == 0)
		t = symbol_table(elf, SHT_DYNSYM);
	for (size_t i = 0; i < t.count; i++) {
		struct symbol s = symbol_at(&t, i);
		if (s.type != STT_OBJECT || !s.defined || addr < s.value ||
		    addr - s.value >= s.size)
			continue;
		if (offset != NULL)
			*offset = addr - s.value;
		return s.name;
	}
	return NULL;
}
