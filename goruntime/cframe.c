#include "goruntime/cframe.h"

#include "formats/disasm.h"

enum { CALL_LEAST = 2, CALL_MOST = 7 }; /* bytes of a call */
enum { FRAME_MOST = 1 << 20 };		  /* bytes of a frame that is believed */

struct cfi_table {
	struct cfi_table *next;
	const struct elffile *elf;
	enum cfi_section section;
	struct cfi *cfi; /* NULL: it has none */
};

uint64_t c_frame_pc(const struct snapshot *s, const struct c_frame *frame)
{
	return frame->regs.value[s->image->arch->pc];
}

uint64_t c_frame_sp(const struct snapshot *s, const struct c_frame *frame)
{
	return frame->regs.value[s->image->arch->sp];
}

bool is_behind_call(const struct snapshot *s, uint64_t pc)
{
	struct instruction insn;
	struct disasm *disasm = disasm_create(s->image->arch);
	bool found = false;
	for (uint64_t n = CALL_LEAST; disasm != NULL && !found && n <= CALL_MOST; n++) {
		struct bytes code = image_rest(s->image, pc - n);
		if (code.size > n)
			code.size = n;
		found = disasm_one(disasm, code, pc - n, &insn) && insn.size == n &&
			insn.flow == DISASM_CALL;
	}
	disasm_destroy(disasm);
	return found;
}

static const struct cfi *table_of(const struct snapshot *s, const struct elffile *elf,
				  enum cfi_section section)
{
	struct snapshot_private *p = s->private;
	struct cfi_table *t = p->cfi_tables;
	while (t != NULL && (t->elf != elf || t->section != section))
		t = t->next;
	if (t != NULL)
		return t->cfi;
	t = arena_alloc(s->arena, sizeof(*t));
	*t = (struct cfi_table){ .next = p->cfi_tables, .elf = elf, .section = section };
	if (!cfi_open(elf, section, &t->cfi, NULL))
		t->cfi = NULL;
	p->cfi_tables = t;
	return t->cfi;
}

void cfi_tables_close(struct cfi_table *tables)
{
	for (; tables != NULL; tables = tables->next)
		cfi_close(tables->cfi);
}

static bool read_word(const void *image, uint64_t addr, uint64_t *word)
{
	return image_u64(image, addr, word, NULL);
}

/* Whether PC may be where C code, or Go's call of C, goes on behind a call. */
static bool is_caller(const struct snapshot *s, uint64_t pc)
{
	const struct code *code = code_at(snapshot_code(s), pc);
	bool calls_c = code->valid && code->func.id == FUNC_ASMCGOCALL;
	return (calls_c || is_c_code(s, pc)) && is_behind_call(s, pc);
}

/* On amd64 the call has pushed the address behind itself; on arm64 it is in the link register. */
static enum cfi_result undo_call(const struct snapshot *s, const struct c_frame *frame,
				 struct c_frame *caller)
{
	const struct arch *arch = s->image->arch;
	uint64_t pc, sp = c_frame_sp(s, frame);
	*caller = *frame;
	if (arch->link_register) {
		if (!registers_has(&frame->regs, arch->lr))
			return CFI_NO_RULE;
		pc = frame->regs.value[arch->lr];
	} else {
		if (!image_u64(s->image, sp, &pc, NULL))
			return CFI_UNREADABLE;
		sp += 8;
	}
	if (!is_caller(s, pc))
		return CFI_NO_RULE;
	registers_put(&caller->regs, arch->pc, pc);
	registers_put(&caller->regs, arch->sp, sp);
	caller->exact = false;
	caller->found_by = FOUND_BY_CFI;
	return CFI_CALLER;
}

static enum cfi_result step_by(const struct snapshot *s, const struct cfi *cfi, uint64_t lookup,
			       uint64_t bias, const struct c_frame *frame, struct c_frame *caller)
{
	if (cfi == NULL)
		return CFI_NO_RULE;
	struct cfi_place place = { .regs = &frame->regs, .pc = lookup, .bias = bias };
	struct cfi_memory memory = { .read = read_word, .data = s->image };
	struct cfi_caller found;
	enum cfi_result result = cfi_step(cfi, &place, &memory, &found);
	if (result == CFI_CALLER)
		*caller = (struct c_frame){ found.regs, found.signal, FOUND_BY_CFI };
	return result;
}

enum cfi_result c_frame_step(const struct snapshot *s, const struct c_frame *frame,
			     struct c_frame *caller)
{
	uint64_t pc = c_frame_pc(s, frame), bias = 0;
	uint64_t lookup = frame->exact ? pc : pc - 1;
	if (frame->exact && !is_c_code(s, pc))
		return undo_call(s, frame, caller);
	const struct elffile *elf = image_object(s->image, lookup, &bias);
	if (elf == NULL)
		return CFI_NO_RULE;
	const struct cfi *cfi = table_of(s, elf, CFI_EH_FRAME);
	enum cfi_result result = step_by(s, cfi, lookup, bias, frame, caller);
	const struct elffile *debug = result == CFI_NO_RULE ? image_dwarf_of(s->image, elf) : NULL;
	if (debug == NULL)
		return result;
	return step_by(s, table_of(s, debug, CFI_DEBUG_FRAME), lookup, bias, frame, caller);
}

bool c_frame_step_pointer(const struct snapshot *s, const struct c_frame *frame,
			  struct c_frame *caller)
{
	const struct arch *arch = s->image->arch;
	uint64_t fp = frame->regs.value[arch->fp], sp = c_frame_sp(s, frame), saved, pc;
	if (arch->link_register || /* the frame may go on above the pair that fp points to */
	    !registers_has(&frame->regs, arch->fp) || fp % 8 != 0 || fp < sp ||
	    fp - sp > FRAME_MOST || !image_u64(s->image, fp, &saved, NULL) ||
	    !image_u64(s->image, fp + 8, &pc, NULL) ||
	    (!is_c_code(s, pc) && !code_at(snapshot_code(s), pc)->valid) || !is_behind_call(s, pc))
		return false;
	*caller = (struct c_frame){ .found_by = FOUND_BY_FRAME_POINTER };
	registers_put(&caller->regs, arch->pc, pc);
	registers_put(&caller->regs, arch->sp, fp + 16);
	registers_put(&caller->regs, arch->fp, saved);
	return true;
}
