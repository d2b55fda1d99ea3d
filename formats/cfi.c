#include "formats/cfi.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <string.h>

#include "base/vec.h"
#include "formats/elfhandle.h"

enum { OPERATIONS_MAX = 256, DEPTH = 32 };

struct cfi {
	const struct arch *arch;
	struct elfhandle handle;
	Dwarf *dwarf; /* of .debug_frame: it owns the entries; else NULL */
	Dwarf_CFI *entries;
};

/* Registers that a function preserves for its caller where no rule says otherwise (System V AMD64
 * ABI 3.2.1; Procedure Call Standard for the Arm 64-bit Architecture 6.1.1). */
static bool is_preserved(const struct arch *arch, unsigned number)
{
	if (arch->link_register)
		return number >= 19 && number <= 30;
	return number == AMD64_RBX || number == AMD64_RBP ||
	       (number >= AMD64_R12 && number <= AMD64_R15);
}

/* Where no rule is, libdw says by the ABI whether a register is preserved, and has 0 for the number
 * of rbx there (backends/x86_64_cfi.c, SV (0)). No compiler says of rbx that it is undefined. */
static bool is_taken_for_undefined(const struct arch *arch, unsigned number)
{
	return !arch->link_register && number == AMD64_RBX;
}

/* Linkers fill up with zeros between what they join, which libdw takes for the end of all (it may
 * be: of .eh_frame). They become a part of the entry before them, whose instructions end in
 * DW_CFA_nop, 0. */
static void join_padding(uint8_t *bytes, size_t size)
{
	size_t before = size;
	for (size_t at = 0; size - at >= 4;) {
		uint32_t length = bytes_u32(bytes + at);
		if (length > size - at - 4 || (length == 0 && before == size))
			return; /* cut, 64-bit DWARF, or nothing before it */
		if (length != 0) {
			before = at;
			at += 4 + (size_t)length;
			continue;
		}
		uint32_t longer = bytes_u32(bytes + before) + 4;
		memcpy(bytes + before, &longer, sizeof(longer));
		at += 4;
	}
}

/* Before libdw reads them: what libelf gives out it keeps, in memory that is ours alone
 * (elfhandle.h). */
static void join_debug_frame(Elf *elf)
{
	size_t names;
	Elf_Scn *section = NULL;
	if (elf_getshdrstrndx(elf, &names) != 0)
		return;
	while ((section = elf_nextscn(elf, section)) != NULL) {
		GElf_Shdr header;
		const char *name = gelf_getshdr(section, &header) != NULL
					   ? elf_strptr(elf, names, header.sh_name)
					   : NULL;
		if (name == NULL || strcmp(name, ".debug_frame") != 0)
			continue;
		if ((header.sh_flags & SHF_COMPRESSED) != 0 && elf_compress(section, 0, 0) < 0)
			return;
		Elf_Data *data = elf_getdata(section, NULL);
		if (data != NULL && data->d_buf != NULL)
			join_padding(data->d_buf, data->d_size);
		return;
	}
}

static void read_entries(struct cfi *cfi, enum cfi_section section)
{
	if (cfi->handle.elf == NULL)
		return;
	if (section == CFI_EH_FRAME) {
		cfi->entries = dwarf_getcfi_elf(cfi->handle.elf);
		return;
	}
	join_debug_frame(cfi->handle.elf);
	cfi->dwarf = dwarf_begin_elf(cfi->handle.elf, DWARF_C_READ, NULL);
	if (cfi->dwarf != NULL)
		cfi->entries = dwarf_getcfi(cfi->dwarf);
}

bool cfi_open(const struct elffile *elf, enum cfi_section section, struct cfi **cfi,
	      struct error *err)
{
	if (elf->arch == NULL)
		return error_set(err, ERROR_UNSUPPORTED, 0, "%s: a CPU that is not known",
				 elf->path);
	struct cfi *made = memory_grow(NULL, sizeof(*made));
	*made = (struct cfi){ .arch = elf->arch };
	elfhandle_open(&made->handle, elf);
	read_entries(made, section);
	if (made->entries == NULL) {
		cfi_close(made);
		return error_set(err, ERROR_NOT_FOUND, 0, "%s has no unwind tables", elf->path);
	}
	*cfi = made;
	return true;
}

void cfi_close(struct cfi *cfi)
{
	if (cfi == NULL)
		return;
	if (cfi->dwarf != NULL)
		dwarf_end(cfi->dwarf);
	else if (cfi->entries != NULL)
		dwarf_cfi_end(cfi->entries);
	elfhandle_close(&cfi->handle);
	free(cfi);
}

/* --- expressions ------------------------------------------------------------------------------- */

struct machine {
	const struct registers *regs;
	const struct cfi_memory *memory;
	uint64_t cfa; /* 0: not known yet */
	uint64_t stack[DEPTH];
	unsigned depth;
	bool is_value;	 /* the result is a value, not an address */
	bool unreadable; /* it failed for memory that is not there */
};

static bool push(struct machine *m, uint64_t value)
{
	if (m->depth == DEPTH)
		return false;
	m->stack[m->depth++] = value;
	return true;
}

static bool push_register(struct machine *m, uint64_t number, int64_t offset)
{
	return number < ARCH_MAX_REGISTERS && registers_has(m->regs, (unsigned)number) &&
	       push(m, m->regs->value[number] + (uint64_t)offset);
}

static bool read_word(struct machine *m, uint64_t addr, uint64_t *word)
{
	m->unreadable = !m->memory->read(m->memory->data, addr, word);
	return !m->unreadable;
}

static bool apply_two(struct machine *m, uint8_t atom)
{
	if (m->depth < 2)
		return false;
	uint64_t b = m->stack[--m->depth], a = m->stack[m->depth - 1];
	uint64_t *to = &m->stack[m->depth - 1];
	switch (atom) {
	case DW_OP_plus: *to = a + b; return true;
	case DW_OP_minus: *to = a - b; return true;
	case DW_OP_mul: *to = a * b; return true;
	case DW_OP_and: *to = a & b; return true;
	case DW_OP_or: *to = a | b; return true;
	case DW_OP_shl: *to = b < 64 ? a << b : 0; return true;
	case DW_OP_shr: *to = b < 64 ? a >> b : 0; return true;
	case DW_OP_eq: *to = a == b; return true;
	case DW_OP_ne: *to = a != b; return true;
	case DW_OP_ge: *to = (int64_t)a >= (int64_t)b; return true;
	case DW_OP_gt: *to = (int64_t)a > (int64_t)b; return true;
	case DW_OP_le: *to = (int64_t)a <= (int64_t)b; return true;
	case DW_OP_lt: *to = (int64_t)a < (int64_t)b; return true;
	default: return false;
	}
}

static bool apply(struct machine *m, const Dwarf_Op *op)
{
	uint8_t atom = op->atom;
	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return push(m, atom - DW_OP_lit0);
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return push_register(m, atom - DW_OP_breg0, (int64_t)op->number);
	switch (atom) {
	case DW_OP_bregx:
		return push_register(m, op->number, (int64_t)op->number2);
	case DW_OP_regx: /* the value that another register holds */
		m->is_value = true;
		return push_register(m, op->number, 0);
	case DW_OP_call_frame_cfa:
		return m->cfa != 0 && push(m, m->cfa);
	case DW_OP_const1u: case DW_OP_const1s: case DW_OP_const2u: case DW_OP_const2s:
	case DW_OP_const4u: case DW_OP_const4s: case DW_OP_const8u: case DW_OP_const8s:
	case DW_OP_constu: case DW_OP_consts:
		return push(m, op->number);
	case DW_OP_plus_uconst:
		if (m->depth > 0)
			m->stack[m->depth - 1] += op->number;
		return m->depth > 0;
	case DW_OP_deref:
		return m->depth > 0 &&
		       read_word(m, m->stack[m->depth - 1], &m->stack[m->depth - 1]);
	case DW_OP_dup:
		return m->depth > 0 && push(m, m->stack[m->depth - 1]);
	case DW_OP_stack_value:
		m->is_value = true;
		return true;
	case DW_OP_nop:
		return true;
	default:
		return apply_two(m, atom);
	}
}

/* What the expression leaves: an address, or a value (m->is_value). */
static bool evaluate(struct machine *m, const Dwarf_Op *ops, size_t count, uint64_t *result)
{
	m->depth = 0;
	m->is_value = false;
	if (count == 0 || count > OPERATIONS_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!apply(m, &ops[i]))
			return false;
	if (m->depth == 0)
		return false;
	*result = m->stack[m->depth - 1];
	return true;
}

/* --- one frame --------------------------------------------------------------------------------- */

enum rule { RULE_VALUE, RULE_UNDEFINED, RULE_SAME, RULE_FAILED };

/* The caller's register NUMBER. */
static enum rule register_rule(struct machine *m, Dwarf_Frame *frame, unsigned number,
			       uint64_t *value)
{
	Dwarf_Op own[3], *ops = NULL;
	size_t count = 0;
	uint64_t result;
	if (dwarf_frame_register(frame, (int)number, own, &ops, &count) != 0)
		return RULE_FAILED;
	if (count == 0)
		return ops == NULL ? RULE_SAME : RULE_UNDEFINED;
	if (!evaluate(m, ops, count, &result))
		return RULE_FAILED;
	*value = result;
	return m->is_value || read_word(m, result, value) ? RULE_VALUE : RULE_FAILED;
}

static bool find_cfa(struct machine *m, Dwarf_Frame *frame)
{
	Dwarf_Op *ops = NULL;
	size_t count = 0;
	uint64_t cfa;
	if (dwarf_frame_cfa(frame, &ops, &count) != 0 || !evaluate(m, ops, count, &cfa))
		return false;
	m->cfa = cfa;
	return cfa != 0;
}

static void other_registers(const struct arch *arch, struct machine *m, Dwarf_Frame *frame,
			    struct registers *to)
{
	for (unsigned i = 0; i < arch->register_count; i++) {
		uint64_t value;
		if (i == arch->pc || i == arch->sp)
			continue;
		switch (register_rule(m, frame, i, &value)) {
		case RULE_VALUE:
			registers_put(to, i, value);
			break;
		case RULE_SAME:
			if (is_preserved(arch, i) && registers_has(m->regs, i))
				registers_put(to, i, m->regs->value[i]);
			break;
		case RULE_UNDEFINED:
			if (is_taken_for_undefined(arch, i) && registers_has(m->regs, i))
				registers_put(to, i, m->regs->value[i]);
			break;
		case RULE_FAILED:
			break;
		}
	}
}

static enum cfi_result failure(const struct machine *m)
{
	return m->unreadable ? CFI_UNREADABLE : CFI_NO_RULE;
}

static enum cfi_result step(const struct arch *arch, struct machine *m, Dwarf_Frame *frame,
			    struct cfi_caller *caller)
{
	*caller = (struct cfi_caller){ 0 };
	uint64_t pc = 0, sp = 0;
	int column = dwarf_frame_info(frame, NULL, NULL, &caller->signal);
	if (column < 0 || column >= ARCH_MAX_REGISTERS || !find_cfa(m, frame))
		return failure(m);
	switch (register_rule(m, frame, (unsigned)column, &pc)) {
	case RULE_VALUE:
		break;
	case RULE_UNDEFINED:
		return CFI_OUTERMOST;
	case RULE_SAME: /* a leaf that has left it where the call put it */
		if (!arch->link_register || !registers_has(m->regs, arch->lr))
			return CFI_NO_RULE;
		pc = m->regs->value[arch->lr];
		break;
	case RULE_FAILED:
		return failure(m);
	}
	if (pc == 0)
		return CFI_OUTERMOST;
	if (arch->link_register) /* a signed return address has its signature in the upper bits */
		pc &= arch->user_end - 1;
	if (register_rule(m, frame, arch->sp, &sp) != RULE_VALUE)
		sp = m->cfa;
	other_registers(arch, m, frame, &caller->regs);
	registers_put(&caller->regs, arch->pc, pc);
	registers_put(&caller->regs, arch->sp, sp);
	return CFI_CALLER;
}

enum cfi_result cfi_step(const struct cfi *cfi, const struct cfi_place *place,
			 const struct cfi_memory *memory, struct cfi_caller *caller)
{
	Dwarf_Frame *frame = NULL;
	struct machine m = { .regs = place->regs, .memory = memory };
	if (dwarf_cfi_addrframe(cfi->entries, place->pc - place->bias, &frame) != 0)
		return CFI_NO_RULE;
	enum cfi_result result = step(cfi->arch, &m, frame, caller);
	free(frame);
	return result;
}
