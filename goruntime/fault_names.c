/* What DWARF calls the pointer that a fault went through. */
#include <string.h>

#include "base/str.h"
#include "goruntime/fault_internal.h"

enum {
	MAX_CHAIN = 6, /* definitions followed back to a variable */
	CLOSURE_ARM64 = 26,
};

unsigned fault_closure_register(const struct arch *arch)
{
	return arch->link_register ? CLOSURE_ARM64 : AMD64_RDX;
}

/* A register as it was before: REG at PC, and what has been added since. */
struct source {
	uint64_t pc;
	unsigned reg;
	int64_t offset;
	bool indexed;
};

struct naming {
	const struct site *site;
	const struct dwarf *dwarf;
	uint64_t bias; /* of the file that the code is from */
	struct arena *arena;
	unsigned depth;
};

static bool word_of_memory(struct naming *n, const struct instruction *insn,
			   struct dwarf_word *word);

static uint64_t unbiased(const struct naming *n, uint64_t addr)
{
	return addr - n->bias;
}

/* Nothing between the function's entry and PC writes REG or calls. */
static bool is_untouched(const struct site *site, uint64_t pc, unsigned reg)
{
	struct instruction insn;
	uint64_t entry = site->code->func.entry;
	struct bytes code = image_rest(site->s->image, entry);
	struct disasm_walk walk = disasm_walk_start(
		site->disasm,
		(struct bytes){ code.data, code.size < pc - entry ? code.size : (size_t)(pc - entry) },
		entry);
	while (disasm_walk_next(&walk, &insn))
		if ((insn.written >> reg & 1) || insn.flow == DISASM_CALL)
			return false;
	return true;
}

/* Goes back over one copy or sum; false where REG was made otherwise. */
static bool step_back(struct naming *n, struct source *source, struct instruction *def)
{
	if (!fault_definition(n->site, source->pc, source->reg, def))
		return false;
	if (def->effect == DISASM_COPY) {
		source->reg = def->source;
	} else if (def->effect == DISASM_ADD_CONSTANT) {
		source->offset += def->immediate;
	} else if (def->effect == DISASM_FORM && def->memory[0].base < 64 &&
		   def->reference_kind == DISASM_NO_REFERENCE) {
		source->reg = def->memory[0].base;
		source->offset += def->memory[0].displacement;
		source->indexed |= def->memory[0].index != DISASM_NO_REGISTER;
	} else {
		return false;
	}
	source->pc = def->pc;
	return true;
}

/* What the register holds: a variable, or what was loaded from behind one. SOURCE is moved back to
 * where WORD was in a register, with what was added to it since. */
static bool word_of_register(struct naming *n, struct source *source, struct dwarf_word *word)
{
	struct instruction def = { 0 };
	while (n->depth++ < MAX_CHAIN) {
		if (dwarf_word_in_register(n->dwarf, unbiased(n, source->pc), source->reg, n->arena,
					   word))
			return true;
		if (step_back(n, source, &def))
			continue;
		return def.size > 0 && def.memory_count == 1 && def.memory[0].bytes == 8 &&
		       def.memory[0].read && !def.memory[0].write &&
		       def.effect == DISASM_NO_EFFECT && word_of_memory(n, &def, word);
	}
	return false;
}

/* "p[0].x" with the index that is not known: "p[...].x". */
static const char *without_index(struct arena *arena, const char *path, size_t bracket)
{
	const char *close = strchr(path + bracket, ']');
	return arena_printf(arena, "%.*s[...%s", (int)bracket, path, close ? close : "]");
}

/* What lies OFFSET behind BASE; with INDEXED in whichever element. */
static bool word_behind(struct naming *n, const struct dwarf_word *base, int64_t offset,
			bool indexed, struct dwarf_word *word)
{
	size_t length = strlen(base->path);
	if (offset < 0 || !dwarf_word_behind(n->dwarf, base, (uint64_t)offset, n->arena, word))
		return false;
	if (!indexed)
		return true;
	size_t bracket = length;
	if (strncmp(word->path, base->path, length) != 0)
		return false;
	bracket += strcspn(word->path + length, "[");
	if (word->path[bracket] == '\0')
		return false;
	word->path = without_index(n->arena, word->path, bracket);
	return true;
}

/* What lies at the memory operand of a load: a stack slot of a variable, a package's variable, one
 * that a closure captured, or a field behind a pointer. */
static bool word_of_memory(struct naming *n, const struct instruction *insn,
			   struct dwarf_word *word)
{
	const struct disasm_memory *m = &insn->memory[0];
	const struct arch *arch = n->site->s->image->arch;
	struct dwarf_word base;
	if (insn->reference_kind == DISASM_ACCESS)
		return dwarf_word_in_data(n->dwarf, unbiased(n, insn->reference), n->arena, word);
	if (m->base == DISASM_NO_REGISTER || m->tls)
		return false;
	if (m->base == arch->sp && m->index == DISASM_NO_REGISTER) {
		const struct code *code = code_at(snapshot_code(n->site->s), insn->pc);
		int64_t cfa = m->displacement - code->spdelta - (arch->link_register ? 0 : 8);
		return code->has_spdelta && dwarf_word_in_frame(n->dwarf, unbiased(n, insn->pc),
								cfa, n->arena, word);
	}
	if (m->base == fault_closure_register(arch) && m->index == DISASM_NO_REGISTER &&
	    is_untouched(n->site, insn->pc, m->base))
		return dwarf_word_in_closure(n->dwarf, unbiased(n, insn->pc),
					     (uint64_t)m->displacement, n->arena, word);
	struct source source = { .pc = insn->pc, .reg = m->base };
	return word_of_register(n, &source, &base) && !base.escaped &&
	       word_behind(n, &base, m->displacement + source.offset,
			   source.indexed || m->index != DISASM_NO_REGISTER, word);
}

/* Whether the word is a pointer whose type the variable's type tells. */
static bool names_type(const struct dwarf_word *word)
{
	switch (word->part) {
	case DWARF_WHOLE:
		return word->kind == DWARF_KIND_POINTER || word->kind == DWARF_KIND_MAP ||
		       word->kind == DWARF_KIND_CHAN || word->kind == DWARF_KIND_FUNC;
	case DWARF_DATA:
	case DWARF_DYNAMIC_TYPE:
		return true;
	default:
		return false;
	}
}

/* "Timeout" of "p.cfg.Timeout", "items" of "p.items[...].x" where the index is the pointer's
 * own. */
static const char *field_of(struct arena *arena, const char *path, size_t pointer_length)
{
	size_t end = pointer_length + strcspn(path + pointer_length, "[");
	size_t start = end;
	while (start > 0 && path[start - 1] != '.')
		start--;
	return start > 0 && end > start ? arena_strndup(arena, path + start, end - start) : NULL;
}

void fault_name(const struct site *site, uint64_t pc, unsigned reg, bool with_field,
		int64_t offset, bool indexed, struct arena *arena, struct fault_insn *out)
{
	struct naming n = { .site = site, .arena = arena };
	n.dwarf = snapshot_dwarf_at(site->s, pc, &n.bias);
	struct source source = { .pc = pc, .reg = reg };
	struct dwarf_word base, field;
	if (n.dwarf == NULL || site->code == NULL || reg == DISASM_NO_REGISTER ||
	    !word_of_register(&n, &source, &base) || base.escaped)
		return; /* an escaped variable's own cell is never nil */
	out->pointer = base.path;
	out->pointer_type = names_type(&base) ? base.type_name : NULL;
	out->expression = base.path;
	if (!with_field ||
	    !word_behind(&n, &base, offset + source.offset, indexed || source.indexed, &field))
		return;
	out->expression = field.path;
	const char *path = field.path;
	if (strncmp(path, "len(", 4) == 0 || strncmp(path, "cap(", 4) == 0)
		path = arena_strndup(arena, path + 4, strlen(path) - 5);
	size_t length = strlen(base.path);
	if (strncmp(path, base.path, length) != 0)
		return;
	out->through_array = path[length] == '[';
	if (path[length] == '.')
		out->field = field_of(arena, path, length);
}
