#include "goruntime/unwind.h"

#include "base/limits.h"
#include "goruntime/private.h"

/* A goroutine's stack pointer moves by at least a word per frame on amd64; frames of size zero
 * exist on arm64 only for leaf functions, so standing still twice means a loop. */

static bool read_word(struct unwinder *u, uint64_t addr, uint64_t *word)
{
	struct window *w = &u->window;
	if (addr < w->lo || addr >= w->hi || w->hi - addr < 8) {
		struct bytes rest = image_rest(u->snapshot->image, addr);
		if (rest.size < 8)
			return image_u64(u->snapshot->image, addr, word, NULL);
		*w = (struct window){ rest.data, addr, addr + rest.size };
	}
	*word = bytes_u64(w->bytes + (addr - w->lo));
	return true;
}

void unwind_load(struct unwinder *u, uint8_t *room, size_t size)
{
	uint64_t lo = u->sp, hi = u->stack_hi;
	if (u->end == UNWIND_RUNNING && lo < hi && hi - lo <= size &&
	    image_read_once(u->snapshot->image, lo, room, (size_t)(hi - lo)))
		u->window = (struct window){ room, lo, hi };
}

static bool stop(struct unwinder *u, enum unwind_end end, uint64_t bad_addr)
{
	u->end = end;
	u->bad_addr = bad_addr;
	return false;
}

static void enter_stack(struct unwinder *u, uint64_t g)
{
	u->g = g;
	if (!snapshot_stack_bounds(u->snapshot, u->thread, g, &u->stack_lo, &u->stack_hi))
		u->stack_lo = u->stack_hi = 0;
}

/* A call of pc 0 faults with the return address on top of the stack: begin in the caller. */
static void start_at(struct unwinder *u, uint64_t pc, uint64_t sp, uint64_t lr)
{
	u->pc = pc;
	u->sp = sp;
	u->lr = lr;
	if (sp == 0)
		stop(u, UNWIND_NO_START, 0);
	if (pc != 0 || sp == 0)
		return;
	if (!read_word(u, sp, &u->pc)) {
		stop(u, UNWIND_UNREADABLE, sp);
		return;
	}
	u->lr = 0;
	u->trap = false;
	if (!u->snapshot->image->arch->link_register)
		u->sp += 8;
}

static void init(struct unwinder *u, const struct snapshot *snapshot, const struct thread *thread,
		 bool trap, bool jump)
{
	*u = (struct unwinder){
		.snapshot = snapshot,
		.code = snapshot_code(snapshot),
		.thread = thread,
		.innermost = true,
		.trap = trap,
		.jump = jump,
		.found_by = trap ? FOUND_BY_CONTEXT : FOUND_BY_SCHED,
		.callee = FUNC_NORMAL,
	};
}

void unwind_at(struct unwinder *u, const struct snapshot *snapshot, const struct thread *thread,
	       uint64_t g, uint64_t pc, uint64_t sp, uint64_t lr, bool trap, bool jump)
{
	init(u, snapshot, thread, trap, jump);
	enter_stack(u, g);
	start_at(u, pc, sp, lr);
}

void unwind_goroutine(struct unwinder *u, const struct snapshot *snapshot,
		      const struct goroutine *g)
{
	bool link = snapshot->image->arch->link_register;
	const struct thread *t = g->thread == NO_INDEX ? NULL : &snapshot->threads[g->thread];
	init(u, snapshot, t, false, false);
	u->g = g->addr;
	if (!g->bad_stack) {
		u->stack_lo = g->stack_lo;
		u->stack_hi = g->stack_hi;
	}
	if (t != NULL && t->vdso_sp != 0 && t->curg == g->addr) {
		start_at(u, t->vdso_pc, t->vdso_sp, 0);
	} else if (g->syscall_sp != 0) {
		start_at(u, g->syscall_pc, g->syscall_sp, 0);
		u->from_syscall = true;
	} else {
		start_at(u, g->sched_pc, g->sched_sp, link ? g->sched_lr : 0);
	}
}

/* curg of the thread when we walk its g0 and may follow it: runtime checks curg.m == m too. */
static const struct goroutine *jump_target(const struct unwinder *u)
{
	const struct thread *t = u->thread;
	if (!u->jump || t == NULL || u->g != t->g0 || t->goroutine == NO_INDEX)
		return NULL;
	const struct goroutine *curg = &u->snapshot->goroutines[t->goroutine];
	return curg->m == t->m && curg->sched_sp != 0 ? curg : NULL;
}

/* Follows the switch from g0 back to the goroutine (traceback.go resolveInternal). Returns the
 * code that the frame is in then, and clears SPWRITE in FLAGS where the switch was followed. */
static const struct code *follow_jump(struct unwinder *u, const struct code *code, uint8_t *flags)
{
	const struct goroutine *curg = jump_target(u);
	if (curg == NULL)
		return code;
	bool link = u->snapshot->image->arch->link_register;
	if (code->func.id == FUNC_MORESTACK) {
		enter_stack(u, curg->addr);
		u->pc = curg->sched_pc;
		u->sp = curg->sched_sp;
		u->lr = link ? curg->sched_lr : 0;
		code = code_at(u->code, u->pc);
		*flags = code->func.flags;
		u->found_by = FOUND_BY_SCHED;
		u->jump = false; /* curg runs on its own stack: a second jump would be a circle */
	} else if (code->func.id == FUNC_SYSTEMSTACK) {
		if (!link || code->spdelta != 0) {
			enter_stack(u, curg->addr);
			u->sp = curg->sched_sp;
			u->jump = false;
		}
		*flags &= (uint8_t)~FUNC_FLAG_SPWRITE;
	}
	return code;
}

static bool injected(enum func_id id)
{
	return id == FUNC_SIGPANIC || id == FUNC_ASYNC_PREEMPT || id == FUNC_DEBUG_CALL;
}

/* The return address of the frame; false with u->end set where it cannot be read. */
static bool return_address(struct unwinder *u, uint64_t sp, uint64_t fp, uint64_t *lr)
{
	*lr = u->lr;
	uint64_t slot = fp - 8;
	if (u->snapshot->image->arch->link_register) {
		if (!(u->innermost && sp < fp) && u->lr != 0)
			return true;
		slot = sp;
	}
	if (!read_word(u, slot, lr))
		return stop(u, UNWIND_UNREADABLE, slot);
	return true;
}

/* Where the frame's caller goes on: sets pc, sp, lr of the next frame, or the end. */
static void advance(struct unwinder *u, const struct code *code, uint64_t lr, uint64_t fp,
		    uint64_t sp, uint64_t pc)
{
	if (lr == 0) {
		stop(u, UNWIND_COMPLETE, 0);
		return;
	}
	if (lr == pc && sp == fp) {
		stop(u, UNWIND_BAD_SP, sp);
		return;
	}
	bool trap = injected(code->func.id);
	u->pc = lr;
	u->sp = fp;
	u->lr = 0;
	u->callee = code->func.id;
	u->innermost = u->from_syscall = false;
	u->found_by = FOUND_BY_PCSP;
	u->trap = trap && (code->func.id == FUNC_SIGPANIC ||
			   u->snapshot->private->traits.exact_pc_after_preempt);
	if (!trap || !u->snapshot->image->arch->link_register)
		return;
	/* The signal handler saved the interrupted link register on the stack. */
	uint64_t saved;
	if (!read_word(u, u->sp, &saved))
		return;
	u->sp += 16;
	const struct code *next = code_at(u->code, u->pc);
	if (!next->valid)
		u->pc = saved;
	else if (next->spdelta == 0)
		u->lr = saved;
}

/* Why there is no function at PC. */
static enum unwind_end end_without_function(const struct unwinder *u, uint64_t pc)
{
	const struct module *m = modules_text(&u->snapshot->modules, pc);
	return m != NULL && m->pclntab.func_count == 0 ? UNWIND_NO_TABLE : UNWIND_BAD_PC;
}

bool unwind_next(struct unwinder *u, struct frame *frame)
{
	if (u->end != UNWIND_RUNNING)
		return false;
	if (u->count >= LIMIT_FRAMES)
		return stop(u, UNWIND_LIMIT, u->sp);
	const struct code *code = code_at(u->code, u->pc);
	if (!code->valid || code->func.pcsp == 0)
		return stop(u, end_without_function(u, u->pc), u->pc);
	uint8_t flags = code->func.flags;
	if (code->func.id == FUNC_CGOCALLBACK || u->from_syscall)
		flags &= (uint8_t)~FUNC_FLAG_SPWRITE;
	code = follow_jump(u, code, &flags);
	if (!code->valid || !code->has_spdelta)
		return stop(u, UNWIND_BAD_PC, u->pc);
	if (u->stack_hi != 0 && (u->sp < u->stack_lo || u->sp > u->stack_hi))
		return stop(u, UNWIND_BAD_SP, u->sp);

	bool link = u->snapshot->image->arch->link_register;
	uint64_t pc = u->pc, sp = u->sp;
	uint64_t fp = sp + (uint64_t)(int64_t)code->spdelta + (link ? 0 : 8);
	uint64_t lr = 0;
	enum unwind_end end = UNWIND_RUNNING;
	if (flags & FUNC_FLAG_TOPFRAME)
		end = UNWIND_COMPLETE;
	else if (flags & FUNC_FLAG_SPWRITE)
		end = UNWIND_SPWRITE;
	else if (fp < sp || !return_address(u, sp, fp, &lr))
		end = fp < sp ? UNWIND_BAD_SP : u->end;

	bool exact = u->trap || pc <= code->func.entry;
	*frame = (struct frame){
		.pc = pc,
		.lookup_pc = exact ? pc : pc - 1,
		.sp = sp,
		.fp = fp,
		.argp = fp + (link ? 8 : 0),
		.code = code,
		.found_by = u->found_by,
		.callee = u->callee,
		.g = u->g,
		.exact = exact,
	};
	u->count++;
	if (end != UNWIND_RUNNING)
		stop(u, end, end == UNWIND_UNREADABLE ? u->bad_addr : sp);
	else
		advance(u, code, lr, fp, sp, pc);
	return true;
}

const char *unwind_end_name(enum unwind_end end)
{
	static const char *const names[] = {
		[UNWIND_RUNNING] = "running",	  [UNWIND_COMPLETE] = "complete",
		[UNWIND_SPWRITE] = "stack switch", [UNWIND_BAD_PC] = "bad return address",
		[UNWIND_UNREADABLE] = "stack not in the core",
		[UNWIND_BAD_SP] = "bad stack pointer", [UNWIND_NO_START] = "no starting point",
		[UNWIND_LIMIT] = "too many frames",
		[UNWIND_NO_CFI] = "C code without unwind tables",
		[UNWIND_NO_TABLE] = "its function is in a file that is not here",
	};
	return (unsigned)end < sizeof(names) / sizeof(names[0]) ? names[end] : "?";
}
