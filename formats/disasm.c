#include "formats/disasm.h"

#include <ctype.h>
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "formats/disasm_internal.h"

static const struct disasm_cpu *const cpus[] = { &disasm_amd64, &disasm_arm64 };

static const struct disasm_cpu *find_cpu(uint16_t elf_machine)
{
	for (size_t i = 0; i < sizeof(cpus) / sizeof(cpus[0]); i++)
		if (cpus[i]->elf_machine == elf_machine)
			return cpus[i];
	return NULL;
}

struct disasm *disasm_create(const struct arch *arch)
{
	const struct disasm_cpu *cpu = arch ? find_cpu(arch->elf_machine) : NULL;
	csh handle;
	if (cpu == NULL || cs_open(cpu->arch, cpu->mode, &handle) != CS_ERR_OK)
		return NULL;
	struct disasm *disasm = memory_grow(NULL, sizeof(*disasm));
	*disasm = (struct disasm){ .cpu = cpu, .handle = handle };
	if (cs_option(handle, CS_OPT_DETAIL, CS_OPT_ON) == CS_ERR_OK)
		disasm->insn = cs_malloc(handle);
	if (disasm->insn == NULL) {
		disasm_destroy(disasm);
		return NULL;
	}
	return disasm;
}

void disasm_destroy(struct disasm *disasm)
{
	if (disasm == NULL)
		return;
	if (disasm->insn != NULL)
		cs_free(disasm->insn, 1);
	cs_close(&disasm->handle);
	free(disasm);
}

static void put_text(const cs_insn *decoded, char text[DISASM_TEXT])
{
	size_t n = strnlen(decoded->mnemonic, sizeof(decoded->mnemonic));
	size_t m = strnlen(decoded->op_str, sizeof(decoded->op_str));
	_Static_assert(sizeof(decoded->mnemonic) + sizeof(decoded->op_str) + 2 <= DISASM_TEXT,
		       "room for what capstone writes");
	memcpy(text, decoded->mnemonic, n);
	if (m > 0)
		text[n++] = ' ';
	memcpy(text + n, decoded->op_str, m);
	text[n + m] = '\0';
}

static uint64_t registers_written(const struct disasm *disasm)
{
	cs_regs read, written;
	uint8_t read_count, written_count;
	uint64_t bits = 0;
	if (cs_regs_access(disasm->handle, disasm->insn, read, &read_count, written,
			   &written_count) != CS_ERR_OK)
		return 0;
	for (unsigned i = 0; i < written_count; i++) {
		uint8_t number = disasm->cpu->register_number(written[i]);
		if (number != DISASM_NO_REGISTER)
			bits |= (uint64_t)1 << number;
	}
	return bits;
}

bool disasm_one(struct disasm *disasm, struct bytes code, uint64_t pc, struct instruction *insn)
{
	const uint8_t *p = code.data;
	size_t left = code.size;
	uint64_t at = pc;
	*insn = (struct instruction){
		.pc = pc,
		.flow_register = DISASM_NO_REGISTER,
		.destination = DISASM_NO_REGISTER,
		.source = DISASM_NO_REGISTER,
		.loaded = { DISASM_NO_REGISTER, DISASM_NO_REGISTER },
		.stored = { DISASM_NO_REGISTER, DISASM_NO_REGISTER },
	};
	if (code.size == 0)
		return false;
	if (!cs_disasm_iter(disasm->handle, &p, &left, &at, disasm->insn))
		return disasm->cpu->decode && disasm->cpu->decode(code, pc, insn);
	insn->size = (uint8_t)disasm->insn->size;
	put_text(disasm->insn, insn->text);
	insn->written = registers_written(disasm);
	disasm->cpu->describe(disasm->insn, insn);
	return true;
}

struct disasm_walk disasm_walk_start(struct disasm *disasm, struct bytes code, uint64_t pc)
{
	return (struct disasm_walk){ .disasm = disasm, .code = code, .pc = pc };
}

bool disasm_walk_next(struct disasm_walk *walk, struct instruction *insn)
{
	const struct disasm_cpu *cpu = walk->disasm->cpu;
	while (walk->pos < walk->code.size) {
		struct bytes rest = { walk->code.data + walk->pos, walk->code.size - walk->pos };
		if (!disasm_one(walk->disasm, rest, walk->pc + walk->pos, insn)) {
			walk->pos += cpu->step;
			continue;
		}
		walk->pos += insn->size;
		if (cpu->follow != NULL)
			cpu->follow(walk, rest, insn);
		return true;
	}
	return false;
}

static uint64_t index_value(const struct disasm_memory *m, uint64_t value)
{
	if (m->index_word)
		return m->index_signed ? (uint64_t)(int64_t)(int32_t)value : (uint32_t)value;
	return value;
}

bool disasm_address(const struct instruction *insn, unsigned n, const struct arch *arch,
		    const struct registers *regs, uint64_t *addr)
{
	if (n >= insn->memory_count)
		return false;
	const struct disasm_memory *m = &insn->memory[n];
	uint64_t sum = (uint64_t)m->displacement;
	if (m->base == arch->pc)
		sum += insn->pc + (arch->elf_machine == EM_X86_64 ? insn->size : 0);
	else if (m->base != DISASM_NO_REGISTER && !registers_has(regs, m->base))
		return false;
	else if (m->base != DISASM_NO_REGISTER)
		sum += regs->value[m->base];
	if (m->index != DISASM_NO_REGISTER) {
		if (!registers_has(regs, m->index))
			return false;
		sum += index_value(m, regs->value[m->index]) * m->scale;
	}
	if (m->tls && regs->tls == 0)
		return false;
	*addr = sum + (m->tls ? regs->tls : 0);
	return true;
}

/* --- without the program's data */

/* Mnemonics of which a number is a place in code, or near one. */
static bool leads_somewhere(const char *text)
{
	static const char *const exact[] = {
		"call", "loop", "b", "bl", "cbz", "cbnz", "tbz", "tbnz", "adr", "adrp", "xbegin",
	};
	size_t n = strcspn(text, " \t");
	if (text[0] == 'j' || strncmp(text, "b.", 2) == 0)
		return true;
	for (size_t i = 0; i < sizeof(exact) / sizeof(exact[0]); i++)
		if (strlen(exact[i]) == n && strncmp(text, exact[i], n) == 0)
			return true;
	return false;
}

/* The end of the number that begins at P: "0x2a", "5", "-0x8", "1.5"; P where none does. */
static const char *behind_number(const char *p)
{
	const char *digits = p + (*p == '-');
	if (!isdigit((unsigned char)*digits))
		return p;
	while (isalnum((unsigned char)*digits) || *digits == '.')
		digits++;
	return digits;
}

void disasm_add_redacted(const char *text, struct str *out)
{
	bool keep = leads_somewhere(text);
	unsigned brackets = 0;
	for (const char *p = text; *p != '\0';) {
		bool starts = p > text && strchr(" ,#{", p[-1]) != NULL;
		const char *end = !keep && brackets == 0 && starts ? behind_number(p) : p;
		if (end > p) {
			str_add_char(out, '_');
			p = end;
			continue;
		}
		brackets += *p == '[' ? 1 : *p == ']' && brackets > 0 ? -1u : 0;
		str_add_char(out, *p++);
	}
}
