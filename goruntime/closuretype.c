#include "goruntime/closuretype.h"

#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "base/vec.h"
#include "formats/codescan.h"
#include "formats/disasm.h"
#include "goruntime/gotype.h"
#include "goruntime/regtrack.h"

enum {
	SITES_MAX = 1 << 20,	 /* of the whole program */
	MAKERS_MAX = 32,	 /* functions that make closures of one function */
	MAKER_MAX = 1 << 20,	 /* bytes of one */
	NAMES_MAX = 1 << 17,	 /* bytes of one that is looked through for each closure */
	LOOKED_AT_MAX = 1 << 25, /* bytes of all */
};

struct site { /* code that forms the address of a function's entry */
	uint64_t entry, pc;
};

typedef VEC(struct site) site_vec;

struct fact {		/* code that stores a function's address at the start of a new object */
	uint64_t entry; /* of the function */
	struct closure_made made;
};

struct closure_types {
	struct arena arena;
	site_vec sites;	       /* by entry, then pc */
	struct table by_entry; /* struct closure_made */
	struct table makers;   /* those that were looked through: struct func by entry */
	VEC(struct fact) facts;
	uint64_t looked_at; /* bytes of code */
};

/* --- where the addresses of functions are formed ------------------------------------------------- */

struct collection {
	const struct snapshot *s;
	struct closure_types *types;
};

static bool collect(void *data, uint64_t pc, uint64_t address)
{
	struct collection *c = data;
	const struct module *m = modules_text(&c->s->modules, address);
	struct func func;
	if (m == NULL || !pclntab_find(&m->pclntab, address, &func) || func.entry != address)
		return true;
	vec_push(&c->types->sites, ((struct site){ address, pc }));
	return c->types->sites.count < SITES_MAX;
}

static int by_entry(const void *a, const void *b)
{
	const struct site *x = a, *y = b;
	if (x->entry != y->entry)
		return x->entry < y->entry ? -1 : 1;
	return x->pc < y->pc ? -1 : x->pc > y->pc;
}

static struct closure_types *types_create(const struct snapshot *s)
{
	struct closure_types *types = memory_grow(NULL, sizeof(*types));
	struct collection c = { s, types };
	*types = (struct closure_types){ 0 };
	arena_init(&types->arena);
	types->by_entry.arena = types->makers.arena = &types->arena;
	for (size_t i = 0; i < s->modules.count; i++) {
		const struct module *m = &s->modules.items[i];
		size_t size = m->etext > m->text ? (size_t)(m->etext - m->text) : 0;
		const uint8_t *text = size > 0 ? image_at(s->image, m->text, size) : NULL;
		if (text != NULL)
			codescan_addresses(s->image->arch, (struct bytes){ text, size }, m->text,
					   m->text, m->etext, collect, &c);
	}
	if (types->sites.count > 0)
		qsort(types->sites.items, types->sites.count, sizeof(struct site), by_entry);
	return types;
}

void closure_types_destroy(struct closure_types *types)
{
	if (types == NULL)
		return;
	vec_release(&types->sites);
	vec_release(&types->facts);
	arena_release(&types->arena);
	free(types);
}

/* --- code that makes closures ---------------------------------------------------------------------- */

/* What allocates an object by its type, by name, and which argument the type is (runtime/malloc.go,
 * malloc_generated.go; cmd/compile/internal/ssagen/ssa.go newObject). Arguments are in the
 * registers of cmd/compile/abi-internal.md. */
static const struct allocator {
	const char *prefix;
	bool whole;
	unsigned argument;
} allocators[] = {
	{ "runtime.newobject", true, 0 },
	{ "runtime.mallocgcSmallScanNoHeaderSC", false, 1 },
	{ "runtime.mallocgcSmallNoScanSC", false, 1 },
};

static uint8_t argument_register(const struct arch *arch, unsigned argument)
{
	static const uint8_t amd64[] = { AMD64_RAX, AMD64_RBX };
	return arch->link_register ? (uint8_t)argument : amd64[argument];
}

struct maker {
	const struct snapshot *s;
	struct closure_types *types;
	const struct func *func;
	struct regtrack track;

	closure_store_visit visit; /* of what follows on made.store; NULL: facts are looked for */
	struct closure_made made;
	void *data;
	bool storing;
};

static const char *callee(const struct snapshot *s, const struct instruction *insn)
{
	const struct code *code = code_at(snapshot_code(s), insn->target);
	if (insn->indirect || !code->valid || code->func.entry != insn->target)
		return "";
	return pclntab_name(&code->module->pclntab, &code->func);
}

static const struct allocator *allocator_of(const char *name)
{
	for (size_t i = 0; i < sizeof(allocators) / sizeof(allocators[0]); i++) {
		const struct allocator *a = &allocators[i];
		if (a->whole ? strcmp(name, a->prefix) == 0
			     : strncmp(name, a->prefix, strlen(a->prefix)) == 0)
			return a;
	}
	return NULL;
}

/* A call: the result of an allocation is an object of that type. The write barrier keeps all
 * registers but the one that it returns a buffer in (asm_amd64.s, asm_arm64.s gcWriteBarrier). */
static void step_call(struct maker *maker, const struct instruction *insn)
{
	enum { BUFFER_AMD64 = 11, BUFFER_ARM64 = 25 };
	const struct arch *arch = maker->s->image->arch;
	const char *name = callee(maker->s, insn);
	if (strncmp(name, "runtime.gcWriteBarrier", 22) == 0) {
		regtrack_set(&maker->track, arch->link_register ? BUFFER_ARM64 : BUFFER_AMD64,
			     (struct tracked){ 0 });
		return;
	}
	const struct allocator *allocator = allocator_of(name);
	struct tracked type = { 0 };
	if (allocator != NULL)
		type = regtrack_register(&maker->track,
					 argument_register(arch, allocator->argument));
	regtrack_step(&maker->track, insn);
	maker->storing = false;
	if (type.kind == TRACKED_ADDRESS)
		regtrack_set(&maker->track, argument_register(arch, 0),
			     (struct tracked){ TRACKED_POINTER, type.number, 0, 0 });
}

static size_t first_site(const struct closure_types *types, uint64_t entry)
{
	size_t lo = 0, hi = types->sites.count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		if (types->sites.items[mid].entry < entry)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool has_site(const struct closure_types *types, uint64_t entry)
{
	size_t i = first_site(types, entry);
	return i < types->sites.count && types->sites.items[i].entry == entry;
}

/* Whether a function's address is stored at the start of an object. */
static void look_at_store(struct maker *maker, const struct instruction *insn)
{
	struct tracked place = regtrack_place(&maker->track, insn);
	struct tracked value = regtrack_register(&maker->track, insn->stored[0]);
	if (insn->stored[0] == DISASM_NO_REGISTER || place.kind != TRACKED_POINTER ||
	    place.number != 0 || value.kind != TRACKED_ADDRESS ||
	    !has_site(maker->types, value.number))
		return;
	vec_push(&maker->types->facts,
		 ((struct fact){ value.number, { place.object, maker->func->entry, insn->pc } }));
}

static void visit_store(struct maker *maker, const struct instruction *insn)
{
	struct tracked place = regtrack_place(&maker->track, insn);
	if (maker->storing && insn->stored[0] != DISASM_NO_REGISTER &&
	    place.kind == TRACKED_POINTER && place.object == maker->made.type)
		maker->visit(maker->data, &maker->track, insn, place.number);
	maker->storing |= insn->pc == maker->made.store;
}

static void look_through(struct maker *maker, struct disasm *disasm)
{
	uint64_t size = maker->func->end - maker->func->entry;
	const uint8_t *bytes = size <= MAKER_MAX
				       ? image_at(maker->s->image, maker->func->entry, (size_t)size)
				       : NULL;
	struct instruction insn;
	if (bytes == NULL)
		return;
	struct disasm_walk walk = disasm_walk_start(disasm, (struct bytes){ bytes, (size_t)size },
						    maker->func->entry);
	regtrack_init(&maker->track, maker->s->image->arch);
	while (disasm_walk_next(&walk, &insn)) {
		(maker->visit != NULL ? visit_store : look_at_store)(maker, &insn);
		if (insn.flow == DISASM_CALL)
			step_call(maker, &insn);
		else
			regtrack_step(&maker->track, &insn);
	}
}

/* Collects the facts of a function once. */
static void know_maker(const struct snapshot *s, struct closure_types *types,
		       const struct func *func)
{
	uint64_t hash = table_hash(func->entry), size = func->end - func->entry;
	struct maker maker = { .s = s, .types = types, .func = func };
	if (table_find(&types->makers, hash) != NULL || types->looked_at > LOOKED_AT_MAX)
		return;
	types->looked_at += size < MAKER_MAX ? size : 0;
	table_add(&types->makers, hash, (void *)func);
	struct disasm *disasm = disasm_create(s->image->arch);
	if (disasm != NULL)
		look_through(&maker, disasm);
	disasm_destroy(disasm);
}

static bool is_closure_type(const struct snapshot *s, uint64_t addr)
{
	struct arena scratch;
	struct gotype type, first;
	struct gotype_parts parts;
	arena_init(&scratch);
	bool good = gotype_read(s, addr, &scratch, &type) && type.kind == KIND_STRUCT &&
		    gotype_parts(s, &type, &scratch, &parts) && parts.field_count >= 2 &&
		    parts.fields[0].offset == 0 &&
		    (strcmp(parts.fields[0].name, "F") == 0 || /* .F up to Go 1.19 */
		     strcmp(parts.fields[0].name, ".F") == 0) &&
		    gotype_read(s, parts.fields[0].type, &scratch, &first) &&
		    first.kind == KIND_UINTPTR;
	arena_release(&scratch);
	return good;
}

static void find_type(const struct snapshot *s, struct closure_types *types, uint64_t entry,
		      struct closure_made *made)
{
	struct closure_made found = { 0 };
	uint64_t last = 0;
	unsigned makers = 0;
	for (size_t i = first_site(types, entry); i < types->sites.count; i++) {
		const struct site *site = &types->sites.items[i];
		if (site->entry != entry || makers == MAKERS_MAX)
			break;
		const struct code *code = code_at(snapshot_code(s), site->pc);
		if (!code->valid || code->func.entry == last)
			continue;
		last = code->func.entry;
		makers++;
		know_maker(s, types, &code->func);
	}
	for (size_t i = 0; i < types->facts.count; i++) {
		const struct fact *fact = &types->facts.items[i];
		if (fact->entry != entry)
			continue;
		if (found.type != 0 && found.type != fact->made.type)
			return;
		found = fact->made;
	}
	if (found.type != 0 && is_closure_type(s, found.type))
		*made = found;
}

const struct closure_made *closure_made(const struct snapshot *s, uint64_t entry)
{
	struct closure_types *types = s->private->closure_types;
	if (types == NULL)
		types = s->private->closure_types = types_create(s);
	struct closure_made *made = table_find(&types->by_entry, table_hash(entry));
	if (made == NULL) {
		made = arena_alloc(&types->arena, sizeof(*made));
		find_type(s, types, entry, made);
		table_add(&types->by_entry, table_hash(entry), made);
	}
	return made;
}

void closure_stores(const struct snapshot *s, const struct closure_made *made,
		    closure_store_visit visit, void *data)
{
	const struct code *code = code_at(snapshot_code(s), made->maker);
	struct maker maker = {
		.s = s,
		.func = &code->func,
		.made = *made,
		.visit = visit,
		.data = data,
	};
	bool small = code->valid && code->func.end - code->func.entry <= NAMES_MAX;
	struct disasm *disasm = small ? disasm_create(s->image->arch) : NULL;
	if (disasm != NULL)
		look_through(&maker, disasm);
	disasm_destroy(disasm);
}
