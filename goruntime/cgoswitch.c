#include "goruntime/cgoswitch.h"

#include <string.h>

enum { CALLBACK_SEARCH = 4096 }; /* bytes of C's stack: more than the frame that calls crosscall2 */

/* What differs by CPU: where the words lie. */
struct places {
	/* asmcgocall: the g that called, and how deep in its stack; from sp. The first row holds
	 * for releases that leave room for four registers there, as Windows wants. */
	struct {
		uint8_t g, depth;
	} old_call, call;
	uint8_t outer_sp; /* cgocallback: m.g0.sched.sp before it, from its half's sp */
	uint8_t arguments; /* crosscall2, and cgocallback's half on the goroutine's stack: those that it
			    * passes on, fn and the address of C's own arguments; from sp */
	/* crosscall2: the registers that it saved for its caller, from its CFA downwards. */
	uint8_t saved_at;
	uint8_t saved_count;
	uint8_t saved[12];
	uint8_t return_at; /* the return address, from its CFA downwards */
};

static const struct places amd64 = {
	.old_call = { 48, 40 },
	.call = { 8, 0 },
	.outer_sp = 0,
	.arguments = 0,
	.saved_at = 56,
	.saved_count = 6,
	.saved = { AMD64_RBX, AMD64_R12, AMD64_R13, AMD64_R14, AMD64_R15, AMD64_RBP },
	.return_at = 8,
};

static const struct places arm64 = {
	.old_call = { 0, 8 },
	.call = { 0, 8 },
	.outer_sp = 16,
	.arguments = 8,
	.saved_at = 192 - 32,
	.saved_count = 10,
	.saved = { 19, 20, 21, 22, 23, 24, 25, 26, 27, 28 },
	.return_at = 192 - 184,
};

static const struct places *places_of(const struct snapshot *s)
{
	return s->image->arch->link_register ? &arm64 : &amd64;
}

static const struct code *go_code(const struct snapshot *s, uint64_t pc)
{
	const struct code *code = code_at(snapshot_code(s), pc);
	return code->valid && code->has_spdelta ? code : NULL;
}

static bool stack_of(const struct snapshot *s, uint64_t g, uint64_t *lo, uint64_t *hi)
{
	return snapshot_stack_bounds(s, NULL, g, lo, hi);
}

bool asmcgocall_caller(const struct snapshot *s, uint64_t pc, uint64_t sp, struct go_place *caller)
{
	const struct arch *arch = s->image->arch;
	const struct places *places = places_of(s);
	const struct code *code = go_code(s, pc);
	bool old = s->private->traits.asmcgocall_leaves_room;
	uint64_t lo, hi, depth, at;
	if (code == NULL || code->func.id != FUNC_ASMCGOCALL ||
	    !image_u64(s->image, sp + (old ? places->old_call.g : places->call.g), &caller->g,
		       NULL) ||
	    !image_u64(s->image, sp + (old ? places->old_call.depth : places->call.depth), &depth,
		       NULL))
		return false;
	if (caller->g == 0) {
		at = depth; /* the stack pointer itself */
		if (at <= sp)
			return false;
	} else if (stack_of(s, caller->g, &lo, &hi) && depth < hi - lo) {
		at = hi - depth;
	} else {
		return false;
	}
	uint64_t slot = arch->link_register ? at : at + (uint64_t)(int64_t)code->spdelta;
	if (code->spdelta < 0 || !image_u64(s->image, slot, &caller->pc, NULL) ||
	    go_code(s, caller->pc) == NULL)
		return false;
	caller->sp = at + (uint64_t)(int64_t)code->spdelta + (arch->link_register ? 0 : 8);
	return true;
}

/* The C function that called crosscall2. */
static bool crosscall_caller(const struct snapshot *s, uint64_t cfa, struct c_frame *caller)
{
	const struct arch *arch = s->image->arch;
	const struct places *places = places_of(s);
	uint64_t word;
	*caller = (struct c_frame){ .found_by = FOUND_BY_CFI };
	if (!image_u64(s->image, cfa - places->return_at, &word, NULL))
		return false;
	registers_put(&caller->regs, arch->pc, word);
	registers_put(&caller->regs, arch->sp, cfa);
	for (unsigned i = 0; i < places->saved_count; i++)
		if (image_u64(s->image, cfa - places->saved_at + i * 8, &word, NULL))
			registers_put(&caller->regs, places->saved[i], word);
	if (arch->link_register && image_u64(s->image, cfa - 16, &word, NULL))
		registers_put(&caller->regs, arch->fp, word);
	return is_c_code(s, c_frame_pc(s, caller));
}

/* fn and frame, that crosscall2 gives to cgocallback and that to cgocallbackg. */
struct passed_on {
	uint64_t fn, frame;
};

static bool read_passed_on(const struct snapshot *s, uint64_t sp, struct passed_on *to)
{
	uint64_t at = sp + places_of(s)->arguments;
	return image_u64(s->image, at, &to->fn, NULL) && image_u64(s->image, at + 8, &to->frame, NULL);
}

/* Whether the half at SP on C's stack belongs to FRAME: that of a callback around it looks the
 * same. */
static bool is_same_callback(const struct snapshot *s, const struct frame *frame, uint64_t sp)
{
	struct passed_on here, there;
	return read_passed_on(s, frame->sp, &here) && read_passed_on(s, sp, &there) &&
	       here.fn == there.fn && here.frame == there.frame;
}

bool callback_read(const struct snapshot *s, const struct frame *frame, uint64_t sp,
		   struct callback *callback)
{
	const struct arch *arch = s->image->arch;
	uint64_t cfa = sp + (frame->fp - frame->sp);
	if (sp == 0 || cfa < sp ||
	    !image_u64(s->image, arch->link_register ? sp : cfa - 8, &callback->crosscall_pc, NULL) ||
	    !image_u64(s->image, sp + places_of(s)->outer_sp, &callback->outer_sp, NULL))
		return false;
	const struct code *code = go_code(s, callback->crosscall_pc);
	if (code == NULL ||
	    strcmp(pclntab_name(&code->module->pclntab, &code->func), "crosscall2") != 0)
		return false;
	if (!is_same_callback(s, frame, cfa))
		return false;
	callback->crosscall_sp = cfa;
	cfa += (uint64_t)(int64_t)code->spdelta + (arch->link_register ? 0 : 8);
	return cfa > callback->crosscall_sp && crosscall_caller(s, cfa, &callback->caller);
}

bool callback_find(const struct snapshot *s, const struct frame *frame, struct callback *callback)
{
	struct passed_on wanted, found;
	uint64_t size = frame->fp - frame->sp;
	if (!read_passed_on(s, frame->sp, &wanted) || wanted.frame < CALLBACK_SEARCH ||
	    wanted.frame % 8 != 0 || wanted.fn == 0)
		return false;
	/* C's own arguments are in the frame that called crosscall2, which is the next one
	 * below. */
	for (uint64_t sp = wanted.frame; sp > wanted.frame - CALLBACK_SEARCH; sp -= 8)
		if (read_passed_on(s, sp, &found) && found.fn == wanted.fn &&
		    found.frame == wanted.frame && sp > size &&
		    callback_read(s, frame, sp - size, callback) &&
		    c_frame_sp(s, &callback->caller) <= wanted.frame)
			return true;
	return false;
}
