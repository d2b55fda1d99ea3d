/* Control where it cannot have come by the program's own code: in memory that is mapped, and is no
 * code of any file (a jump into data, or code that the program made itself); in the middle of an
 * instruction. */
#include "formats/disasm.h"
#include "goruntime/cframe.h"
#include "goruntime/mixed.h"

bool is_off_code(const struct snapshot *s, uint64_t pc)
{
	return pc != 0 && image_find(s->image, pc) != NULL &&
	       !code_at(snapshot_code(s), pc)->valid && !is_c_code(s, pc);
}

/* Nobody knows how deep in its frame such code stands. Only one that has pushed nothing yet has its
 * return address where the call put it. */
bool off_code_caller(const struct snapshot *s, const struct context *c, struct context *caller)
{
	bool link = s->image->arch->link_register;
	uint64_t pc = c->lr;
	if (!is_off_code(s, c->pc) || (!link && !image_u64(s->image, c->sp, &pc, NULL)) ||
	    !code_at(snapshot_code(s), pc)->valid || is_c_code(s, pc) || !is_behind_call(s, pc))
		return false;
	*caller = *c;
	caller->pc = pc;
	caller->sp = link ? c->sp : c->sp + 8;
	caller->lr = 0;
	caller->trap = false;
	return true;
}

/* The runtime makes sigpanic look called from the caller of such code, if its return address lies
 * on top of the stack (signal_amd64.go preparePanic): that is a frame behind a call. A fault of the
 * function's own is not, but by chance. */
bool off_code_record_fits(const struct snapshot *s, const struct trace_frame *frame, uint64_t sigpc)
{
	return is_off_code(s, sigpc) && is_behind_call(s, frame->pc);
}

/* Up to 1.20 C code that called address 0: sigpanic looks called from PC, the caller, as no call of
 * it is pushed (signal_unix.go shouldPushSigpanic). It runs on G0, the thread's system stack, and
 * G0 has the record, which is of that very fault. */
bool c_called_nil(const struct snapshot *s, uint64_t g0, uint64_t pc)
{
	struct view view;
	return g0 != 0 && is_c_code(s, pc) && is_behind_call(s, pc) &&
	       view_read(&view, s->image, &s->layout, RT_G, g0, NULL) &&
	       view_get(&view, G_SIG) != 0 && view_get(&view, G_SIGPC) == 0 &&
	       view_get(&view, G_SIGCODE1) == 0 && (int32_t)view_get(&view, G_SIGCODE0) > 0;
}

bool is_inside_insn(const struct snapshot *s, uint64_t pc)
{
	enum { LONGEST = 64 << 10 };
	const struct code *code = code_at(snapshot_code(s), pc);
	if (!code->valid || pc - code->func.entry > LONGEST)
		return false;
	struct disasm *disasm = disasm_create(s->image->arch);
	struct bytes bytes = image_rest(s->image, code->func.entry);
	uint64_t at = code->func.entry;
	struct instruction insn;
	while (disasm != NULL && at < pc && disasm_one(disasm, bytes, at, &insn) && insn.size > 0) {
		at += insn.size;
		bytes = bytes_sub(bytes, insn.size, bytes.size - insn.size);
	}
	disasm_destroy(disasm);
	return at > pc;
}
