/* The instruction at a fault: which operand held the bad address, and what Go calls it. */
#include <string.h>

#include "base/str.h"
#include "goruntime/fault_internal.h"

enum {
	LOOK_AHEAD = 24,     /* instructions followed behind a load */
	ITAB_METHODS = 0x18, /* offset of itab.fun (internal/abi/iface.go ITab) */
};

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
		bool copied = next.effect == DISASM_COPY && next.source < 64 &&
			      next.destination < 64 && (loaded >> next.source & 1);
		loaded &= ~next.written;
		if (copied) /* without optimization */
			loaded |= (uint64_t)1 << next.destination;
		if (loaded == 0)
			return false;
	}
	return false;
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

/* OFFSET of the operand M is from the nil pointer: where the compiler knew that nil, it forms the
 * address beforehand (mov $0x18, cx; mov (cx), cx; call cx) and the displacement is 0. */
static void fill_call(const struct site *site, const struct instruction *insn,
		      const struct disasm_memory *m, int64_t offset, struct fault_insn *out)
{
	bool direct = (insn->flow == DISASM_CALL || insn->flow == DISASM_JUMP) && insn->indirect;
	if (!direct && (!m->read || m->bytes != 8 || !loads_code_pointer(site, insn)))
		return;
	out->is_call = true;
	out->indirect_method = offset >= ITAB_METHODS;
}

/* What the access behind a nil check says of the pointer. */
static void fill_checked(const struct site *site, const struct instruction *insn,
			 const struct disasm_memory *check, struct arena *arena,
			 struct fault_insn *out)
{
	struct checked_access access;
	out->nil_check = true;
	bool found = check->base < 64 && fault_next_access(site, insn, check->base, &access);
	if (found) {
		out->displacement = access.offset;
		out->bytes = access.bytes;
		out->indexed = access.indexed;
		out->access = access.write ? "write" : "read";
		if (access.memory != NULL)
			fill_call(site, &access.insn, access.memory, access.offset, out);
	}
	fault_name(site, insn->pc, check->base, found, out->displacement, out->indexed, arena, out);
}

/* The instruction pointer itself was the bad address. */
static void fill_execute(struct fault_insn *out)
{
	out->access = "execute";
	out->is_call = true;
}

static void fill_operand(const struct site *site, const struct instruction *insn,
			 const struct death_signal *fault, struct arena *arena,
			 struct fault_insn *out)
{
	if (insn->memory_count == 0) {
		if ((insn->flow == DISASM_CALL || insn->flow == DISASM_JUMP) && insn->indirect)
			fill_execute(out); /* the CPU refuses where it leads */
		return;
	}
	const struct disasm_memory *m = faulting_operand(insn, fault);
	out->operand = operand_text(insn->text, arena);
	fill_register(site, m, fault, out);
	out->displacement = m->displacement;
	out->bytes = m->bytes;
	out->indexed = m->index != DISASM_NO_REGISTER;
	out->access = m->write && !m->read ? "write" : "read";
	if (insn->nil_check) {
		fill_checked(site, insn, m, arena, out);
		return;
	}
	fill_call(site, insn, m, m->displacement, out);
	fault_name(site, insn->pc, m->base, true, m->displacement, out->indexed, arena, out);
}

static const char *insn_text(const struct snapshot *s, const char *text, struct arena *arena)
{
	_cleanup_str_ struct str redacted = { 0 };
	if (!s->redacted)
		return arena_strdup(arena, text);
	disasm_add_redacted(text, &redacted);
	return str_keep(&redacted, arena);
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
		out->text = insn_text(s, insn.text, arena);
		fill_operand(&site, &insn, fault, arena, out);
	}
	disasm_destroy(site.disasm);
	return decoded;
}
