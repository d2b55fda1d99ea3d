/* Where a pointer goes in the code around a fault. */
#include <string.h>

#include "goruntime/fault_internal.h"

enum {
	LOOK_AHEAD = 32,   /* instructions followed behind a nil check */
	PANIC_AHEAD = 6,   /* instructions between a failed bounds check and the call that says so */
	MAX_FORKS = 2,	   /* branches of which both sides are followed */
	REGISTERS = 32,
	NIL_CONSTANTS = 1 << 16, /* displacements from a nil that the compiler knew */
};

/* What is known of the registers' relation to the pointer. */
struct relation {
	bool known, indexed;
	int64_t offset;
};

struct follower {
	const struct site *site;
	struct relation relations[REGISTERS];
	bool nil_constant; /* the compiler knew the pointer to be nil: numbers are relative to it */
};

static bool is_related(struct follower *f, unsigned reg)
{
	return reg < REGISTERS && f->relations[reg].known;
}

/* The address that a memory operand forms, relative to the pointer. */
static struct relation address_of(struct follower *f, const struct disasm_memory *m)
{
	struct relation sum = { .offset = m->displacement };
	unsigned other = m->index;
	if (is_related(f, m->base)) {
		sum.known = true;
		sum.offset += f->relations[m->base].offset;
		sum.indexed = f->relations[m->base].indexed;
	} else if (is_related(f, m->index) && m->scale == 1) {
		other = m->base;
		sum.known = true;
		sum.offset += f->relations[m->index].offset;
		sum.indexed = f->relations[m->index].indexed;
	}
	sum.indexed |= other != DISASM_NO_REGISTER;
	return sum;
}

static bool accesses(struct follower *f, const struct instruction *insn,
		     struct checked_access *access)
{
	for (unsigned i = 0; i < insn->memory_count; i++) {
		if (!insn->memory[i].read && !insn->memory[i].write)
			continue;
		struct relation address = address_of(f, &insn->memory[i]);
		if (!address.known)
			continue;
		access->insn = *insn;
		access->memory = &access->insn.memory[i];
		access->offset = address.offset;
		access->indexed = address.indexed;
		access->write = insn->memory[i].write && !insn->memory[i].read;
		access->bytes = insn->memory[i].bytes;
		return true;
	}
	return false;
}

/* What -race, -msan and -asan put before an access: a call with its address as first argument
 * (race_amd64.s, race_arm64.s, msan.go, asan.go; cmd/compile/abi-internal.md). */
static bool announces(struct follower *f, const struct instruction *insn,
		      struct checked_access *access)
{
	static const struct {
		const char *name;
		bool write;
		unsigned bytes; /* at most; 0: any number */
	} calls[] = {
		{ "runtime.raceread", false, 8 },	{ "runtime.racewrite", true, 8 },
		{ "runtime.racereadrange", false, 0 },	{ "runtime.racewriterange", true, 0 },
		{ "runtime.msanread", false, 0 },	{ "runtime.msanwrite", true, 0 },
		{ "runtime.asanread", false, 0 },	{ "runtime.asanwrite", true, 0 },
	};
	unsigned argument = f->site->s->image->arch->link_register ? ARM64_X0 : AMD64_RAX;
	if (insn->flow != DISASM_CALL || insn->indirect || !is_related(f, argument))
		return false;
	const struct code *code = code_at(snapshot_code(f->site->s), insn->target);
	const char *name = code->valid ? pclntab_name(&code->module->pclntab, &code->func) : "";
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (strcmp(name, calls[i].name) != 0)
			continue;
		*access = (struct checked_access){
			.offset = f->relations[argument].offset,
			.indexed = f->relations[argument].indexed,
			.write = calls[i].write,
			.bytes = calls[i].bytes,
		};
		return true;
	}
	return false;
}

static struct relation effect_of(struct follower *f, const struct instruction *insn)
{
	struct relation none = { 0 }, result;
	switch (insn->effect) {
	case DISASM_COPY:
		return is_related(f, insn->source) ? f->relations[insn->source] : none;
	case DISASM_FORM:
		return address_of(f, &insn->memory[0]);
	case DISASM_CONSTANT:
		if (f->nil_constant && insn->immediate >= 0 && insn->immediate < NIL_CONSTANTS)
			return (struct relation){ .known = true, .offset = insn->immediate };
		return none;
	case DISASM_ADD_CONSTANT:
		if (!is_related(f, insn->destination))
			return none;
		result = f->relations[insn->destination];
		result.offset += insn->immediate;
		return result;
	case DISASM_ADD:
		if (is_related(f, insn->destination))
			result = f->relations[insn->destination];
		else if (is_related(f, insn->source))
			result = f->relations[insn->source];
		else
			return none;
		result.indexed = true;
		return result;
	default:
		return none;
	}
}

static void step(struct follower *f, const struct instruction *insn)
{
	struct relation result = effect_of(f, insn);
	for (unsigned reg = 0; reg < REGISTERS; reg++)
		if (insn->written >> reg & 1)
			f->relations[reg].known = false;
	if (insn->effect != DISASM_NO_EFFECT && insn->destination < REGISTERS)
		f->relations[insn->destination] = result;
}

static struct disasm_walk walk_from(const struct site *site, uint64_t pc)
{
	uint64_t skip = pc - site->pc;
	return disasm_walk_start(site->disasm,
				 bytes_sub(site->bytes, skip, site->bytes.size - skip), pc);
}

/* Whether the code at PC only says that a bound was exceeded. */
static bool is_bounds_panic(const struct site *site, uint64_t pc)
{
	struct instruction insn;
	if (pc < site->pc || pc - site->pc >= site->bytes.size)
		return false;
	struct disasm_walk walk = walk_from(site, pc);
	for (unsigned i = 0; i < PANIC_AHEAD && disasm_walk_next(&walk, &insn); i++) {
		if (insn.flow == DISASM_NEXT)
			continue;
		if (insn.flow != DISASM_CALL || insn.indirect)
			return false;
		const struct code *code = code_at(snapshot_code(site->s), insn.target);
		const char *name =
			code->valid ? pclntab_name(&code->module->pclntab, &code->func) : "";
		return strncmp(name, "runtime.panic", 13) == 0 ||
		       strncmp(name, "runtime.goPanic", 15) == 0;
	}
	return false;
}

/* Where control goes on behind INSN, 0 where it leaves; OTHER is where it may go as well, or 0. */
static uint64_t continue_at(const struct site *site, const struct instruction *insn,
			    uint64_t *other)
{
	uint64_t next = insn->pc + insn->size, end = site->pc + site->bytes.size;
	*other = 0;
	if (insn->flow == DISASM_NEXT)
		return next;
	if ((insn->flow != DISASM_JUMP && insn->flow != DISASM_BRANCH) || insn->indirect)
		return 0;
	uint64_t target = insn->target > insn->pc && insn->target < end ? insn->target : 0;
	if (insn->flow == DISASM_JUMP)
		return target;
	if (is_bounds_panic(site, insn->target))
		return next;
	if (target != 0 && is_bounds_panic(site, next))
		return target;
	*other = target; /* a write barrier, or a condition of the program */
	return next;
}

/* Whether the compiler itself put nil into REG: xor reg, reg. */
static bool holds_constant_nil(const struct site *site, uint64_t pc, unsigned reg)
{
	struct instruction insn;
	return site->code != NULL && fault_definition(site, pc, reg, &insn) &&
	       insn.effect == DISASM_CONSTANT && insn.immediate == 0;
}

static bool search(struct follower *f, uint64_t pc, unsigned forks, struct checked_access *access)
{
	const struct site *site = f->site;
	for (unsigned i = 0; i < LOOK_AHEAD && pc != 0; i++) {
		struct instruction insn;
		uint64_t other;
		if (pc - site->pc >= site->bytes.size)
			return false;
		struct disasm_walk walk = walk_from(site, pc);
		if (!disasm_walk_next(&walk, &insn))
			return false;
		if (accesses(f, &insn, access) || announces(f, &insn, access))
			return true;
		step(f, &insn);
		pc = continue_at(site, &insn, &other);
		if (other == 0)
			continue;
		struct follower copy = *f;
		if (forks == 0 || search(&copy, pc, forks - 1, access))
			return forks > 0;
		pc = other;
	}
	return false;
}

bool fault_next_access(const struct site *site, const struct instruction *from, unsigned pointer,
		       struct checked_access *access)
{
	struct follower f = { .site = site };
	if (pointer >= REGISTERS)
		return false;
	f.relations[pointer].known = true;
	f.nil_constant = holds_constant_nil(site, from->pc, pointer);
	return search(&f, from->pc + from->size, MAX_FORKS, access);
}

bool fault_definition(const struct site *site, uint64_t pc, unsigned reg,
		      struct instruction *found)
{
	uint64_t entry = site->code->func.entry;
	struct bytes code = image_rest(site->s->image, entry);
	struct instruction insn;
	struct disasm_walk walk = disasm_walk_start(
		site->disasm,
		(struct bytes){ code.data, code.size < pc - entry ? code.size : (size_t)(pc - entry) },
		entry);
	bool any = false;
	while (disasm_walk_next(&walk, &insn)) {
		if (insn.written >> reg & 1) {
			*found = insn;
			any = true;
		} else if (insn.flow == DISASM_CALL || insn.flow == DISASM_JUMP ||
			   insn.flow == DISASM_RETURN) {
			any = false;
		}
	}
	if (!any)
		return false;
	uint64_t end = site->code->func.end;
	code = bytes_sub(code, 0, code.size < end - entry ? code.size : end - entry);
	walk = disasm_walk_start(site->disasm, code, entry);
	while (disasm_walk_next(&walk, &insn))
		if ((insn.flow == DISASM_JUMP || insn.flow == DISASM_BRANCH) && !insn.indirect &&
		    insn.target > found->pc && insn.target <= pc)
			return false;
	return true;
}
