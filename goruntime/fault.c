/* The instruction at a fault: which operand held the bad address, and what Go calls it. */
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "formats/disasm.h"
#include "formats/dwarf_vars.h"
#include "goruntime/private.h"

enum {
	LOOK_AHEAD = 24,    /* instructions followed behind a nil check or a load */
	MAX_CHAIN = 4,	    /* loads followed back to a variable */
	ITAB_METHODS = 0x18, /* offset of itab.fun (internal/abi/iface.go ITab) */
	CLOSURE_ARM64 = 26,
};

struct site { /* the code around the fault */
	const struct snapshot *s;
	struct disasm *disasm;
	const struct code *code; /* the function, NULL if not Go */
	struct bytes bytes;	 /* from the fault on to the function's end */
	uint64_t pc;
};

static unsigned closure_register(const struct arch *arch)
{
	return arch->link_register ? CLOSURE_ARM64 : AMD64_RDX;
}

/* The next instruction that accesses memory through REG, before REG is written or control leaves;
 * false if there is none near. */
static bool next_access(const struct site *site, const struct instruction *from, unsigned reg,
			struct instruction *next)
{
	struct disasm_walk walk = disasm_walk_start(
		site->disasm, bytes_sub(site->bytes, from->size, site->bytes.size - from->size),
		from->pc + from->size);
	for (unsigned i = 0; i < LOOK_AHEAD && disasm_walk_next(&walk, next); i++) {
		for (unsigned m = 0; m < next->memory_count; m++)
			if (next->memory[m].base == reg || next->memory[m].index == reg)
				return true;
		if (next->flow != DISASM_NEXT || (next->written >> reg & 1))
			return false;
	}
	return false;
}

/* Whether the register that INSN loads is called soon after: a code pointer. */
static bool loads_code_pointer(const struct site *site, const struct instruction *insn)
{
	struct instruction next;
	uint64_t loaded = insn->written;
	uint64_t skip = insn->pc + insn->size - site->pc;
	struct disasm_walk walk = disasm_walk_start(
		site->disasm, bytes_sub(site->bytes, skip, site->bytes.size - skip),
		insn->pc + insn->size);
	for (unsigned i = 0; i < LOOK_AHEAD && disasm_walk_next(&walk, &next); i++) {
		if (next.flow == DISASM_CALL || next.flow == DISASM_JUMP)
			return next.indirect && next.flow_register < 64 &&
			       (loaded >> next.flow_register & 1);
		if (next.flow != DISASM_NEXT)
			return false;
		loaded &= ~next.written;
		if (loaded == 0)
			return false;
	}
	return false;
}

/* --- names by DWARF ---------------------------------------------------------------------------- */

/* The last instruction before PC that writes REG, where control can only have come straight from
 * it: no jump into what lies between. */
static bool definition(const struct site *site, uint64_t pc, unsigned reg,
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

static bool word_of_memory(const struct site *site, const struct dwarf *dwarf, uint64_t pc,
			   const struct disasm_memory *m, unsigned depth, struct arena *arena,
			   struct dwarf_word *word);

/* What the register holds at PC: a variable, or what was loaded from behind one. */
static bool word_of_register(const struct site *site, const struct dwarf *dwarf, uint64_t pc,
			     unsigned reg, unsigned depth, struct arena *arena,
			     struct dwarf_word *word)
{
	struct instruction def = { 0 };
	if (dwarf_word_in_register(dwarf, pc - site->s->image->bias, reg, arena, word))
		return true;
	if (depth >= MAX_CHAIN || !definition(site, pc, reg, &def) || def.memory_count != 1 ||
	    def.memory[0].bytes != 8 || def.memory[0].write)
		return false;
	return word_of_memory(site, dwarf, def.pc, &def.memory[0], depth + 1, arena, word);
}

/* What lies at a memory operand: a stack slot of a variable, or a field behind a pointer. */
static bool word_of_memory(const struct site *site, const struct dwarf *dwarf, uint64_t pc,
			   const struct disasm_memory *m, unsigned depth, struct arena *arena,
			   struct dwarf_word *word)
{
	const struct arch *arch = site->s->image->arch;
	struct dwarf_word base;
	if (m->base == DISASM_NO_REGISTER || m->index != DISASM_NO_REGISTER || m->tls)
		return false;
	if (m->base == arch->sp) {
		const struct code *code = code_at(snapshot_code(site->s), pc);
		int64_t cfa = m->displacement - code->spdelta - (arch->link_register ? 0 : 8);
		return code->has_spdelta &&
		       dwarf_word_in_frame(dwarf, pc - site->s->image->bias, cfa, arena, word);
	}
	return word_of_register(site, dwarf, pc, m->base, depth, arena, &base) &&
	       dwarf_word_behind(dwarf, &base, (uint64_t)m->displacement, arena, word);
}

static const char *last_part(const char *path)
{
	const char *dot = strrchr(path, '.');
	return dot ? dot + 1 : path;
}

static void name_operand(const struct site *site, const struct instruction *insn,
			 const struct disasm_memory *m, struct arena *arena,
			 struct fault_insn *out)
{
	const struct dwarf *dwarf = snapshot_dwarf(site->s);
	struct dwarf_word base, field;
	if (dwarf == NULL || site->code == NULL || m->base == DISASM_NO_REGISTER ||
	    !word_of_register(site, dwarf, insn->pc, m->base, 0, arena, &base))
		return;
	if (base.escaped)
		return; /* the register holds the variable's own cell, which is never nil */
	out->pointer = base.path;
	out->pointer_type = base.type_name;
	out->expression = base.path;
	if (m->index == DISASM_NO_REGISTER && m->displacement >= 0 &&
	    dwarf_word_behind(dwarf, &base, (uint64_t)m->displacement, arena, &field)) {
		out->expression = field.path;
		if (strchr(field.path, '.') != NULL && strlen(field.path) > strlen(base.path))
			out->field = last_part(field.path);
	}
}

/* --- the facts --------------------------------------------------------------------------------- */

static const char *operand_text(const char *text, struct arena *arena)
{
	const char *open = strchr(text, '['), *close = open ? strchr(open, ']') : NULL;
	return close ? arena_strndup(arena, open, (size_t)(close - open) + 1) : NULL;
}

/* Of two memory operands (a string move) the one that can have had the address. */
static const struct disasm_memory *faulting_operand(const struct instruction *insn,
						    const struct death_signal *fault)
{
	const struct disasm_memory *m = &insn->memory[0];
	uint64_t addr;
	if (insn->memory_count < 2 || !fault->has_regs || !fault->has_addr)
		return m;
	for (unsigned i = 0; i < 2; i++)
		if (registers_has(&fault->regs, insn->memory[i].base)) {
			addr = fault->regs.value[insn->memory[i].base];
			if (fault->addr >= addr && fault->addr - addr < 4096)
				return &insn->memory[i];
		}
	return m;
}

static void fill_register(const struct site *site, const struct disasm_memory *m,
			  const struct death_signal *fault, struct fault_insn *out)
{
	const struct arch *arch = site->s->image->arch;
	if (m->base == DISASM_NO_REGISTER || m->base >= arch->register_count)
		return;
	out->reg = arch->register_names[m->base];
	out->reg_known = true;
	if (fault->has_regs && registers_has(&fault->regs, m->base)) {
		out->reg_value = fault->regs.value[m->base];
	} else if (fault->has_addr && m->index == DISASM_NO_REGISTER) {
		out->reg_value = fault->addr - (uint64_t)m->displacement;
		out->reg_derived = true;
	} else {
		out->reg_known = false;
	}
}

static void fill_call(const struct site *site, const struct instruction *insn,
		      const struct disasm_memory *m, struct fault_insn *out)
{
	bool direct = (insn->flow == DISASM_CALL || insn->flow == DISASM_JUMP) && insn->indirect;
	if (!direct && (!m->read || m->bytes != 8 || !loads_code_pointer(site, insn)))
		return;
	bool closure = m->base == closure_register(site->s->image->arch) && m->displacement == 0;
	out->is_call = true;
	out->indirect_method = !closure && m->displacement >= ITAB_METHODS;
}

static void fill_operand(const struct site *site, const struct instruction *insn,
			 const struct death_signal *fault, struct arena *arena,
			 struct fault_insn *out)
{
	struct instruction used = *insn;
	const struct disasm_memory *m = faulting_operand(insn, fault);
	if (insn->memory_count == 0)
		return;
	unsigned checked = m->base;
	out->nil_check = insn->nil_check;
	if (insn->nil_check && checked < 64 && next_access(site, insn, checked, &used)) {
		m = &used.memory[0];
		if (used.memory_count > 1 && m->base != checked)
			m = &used.memory[1];
	} else {
		used = *insn;
	}
	out->operand = operand_text(insn->text, arena);
	fill_register(site, faulting_operand(insn, fault), fault, out);
	out->displacement = m->displacement;
	out->bytes = m->bytes;
	out->indexed = m->index != DISASM_NO_REGISTER;
	out->access = m->write && !m->read ? "write" : "read";
	fill_call(site, &used, m, out);
	if (m->base == checked || !insn->nil_check)
		name_operand(site, insn, m, arena, out);
}

/* The instruction pointer itself was the bad address. */
static void fill_execute(struct fault_insn *out)
{
	out->access = "execute";
	out->is_call = true;
}

bool snapshot_fault(const struct snapshot *s, const struct death_signal *fault, struct arena *arena,
		    struct fault_insn *out)
{
	struct instruction insn;
	*out = (struct fault_insn){ 0 };
	struct site site = { .s = s, .pc = fault->pc, .bytes = image_rest(s->image, fault->pc) };
	if (!fault->present)
		return false;
	if (fault->pc == 0 || (fault->has_addr && fault->addr == fault->pc)) {
		fill_execute(out);
		return true;
	}
	if (site.bytes.size == 0)
		return false;
	const struct code *code = code_at(snapshot_code(s), fault->pc);
	if (code->valid) {
		site.code = code;
		if (site.bytes.size > code->func.end - fault->pc)
			site.bytes.size = code->func.end - fault->pc;
	}
	site.disasm = disasm_create(s->image->arch);
	bool decoded = site.disasm != NULL && disasm_one(site.disasm, site.bytes, site.pc, &insn);
	if (decoded) {
		out->text = arena_strdup(arena, insn.text);
		fill_operand(&site, &insn, fault, arena, out);
	}
	disasm_destroy(site.disasm);
	return decoded;
}
