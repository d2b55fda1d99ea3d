#include "goruntime/mixed.h"

#include "base/limits.h"
#include "goruntime/cgoswitch.h"
#include "goruntime/tracebuilder.h"

enum { TURNS_MAX = 256 }; /* from C to Go and back, but for callbacks */

struct mixed {
	const struct snapshot *s;
	const struct thread *thread; /* NULL: not known; then callbacks are not entered */
	struct trace_builder builder;
	struct arena *arena;
	uint64_t only_g;      /* of Go frames those on this g's stack; 0: all */
	uint64_t callback_sp; /* the C half of the next callback; 0: lost */
	unsigned c_frames;
	bool lost;     /* the C frames of the last callback, END says why */
	bool searched; /* the C frames that are walked were searched for, and may be written over */
	enum unwind_end end;
	uint64_t bad_addr;
};

enum c_end { C_CALLED_BY_GO, C_OUTERMOST, C_LOST };

static bool is_go(const struct mixed *m, uint64_t pc)
{
	return code_at(snapshot_code(m->s), pc)->valid && !is_c_code(m->s, pc);
}

/* What the kernel makes a handler return to: nobody calls it, and its symbol has no size. */
static struct calls trampoline_calls(struct mixed *m, uint64_t pc)
{
	struct calls calls = c_calls_at(m->s, pc, pc, m->arena);
	struct call *call = arena_alloc(m->arena, sizeof(*call));
	*call = (struct call){ .object = calls.items[0].object, .is_c = true };
	call->function = call->symbol = "<signal handler called>";
	return (struct calls){ call, 1 };
}

static void add_c(struct mixed *m, const struct c_frame *at, uint64_t cfa, bool trampoline)
{
	uint64_t pc = c_frame_pc(m->s, at);
	struct frame frame = {
		.pc = pc,
		.lookup_pc = at->exact || trampoline ? pc : pc - 1,
		.sp = c_frame_sp(m->s, at),
		.fp = cfa,
		.found_by = m->searched ? FOUND_BY_SEARCH : at->found_by,
		.exact = at->exact,
	};
	trace_builder_add_c(&m->builder, &frame,
			    trampoline ? trampoline_calls(m, pc)
				       : c_calls_at(m->s, pc, frame.lookup_pc, m->arena));
}

/* A frame of Go's assembly that stands on the C stack: asmcgocall, crosscall2. */
static void add_switch(struct mixed *m, uint64_t pc, uint64_t sp, enum frame_found_by found_by)
{
	struct frame frame = {
		.pc = pc,
		.lookup_pc = pc - 1,
		.sp = sp,
		.code = code_at(snapshot_code(m->s), pc),
		.found_by = found_by,
	};
	trace_builder_add(&m->builder, m->s, &frame);
}

static enum c_end lost(struct mixed *m, enum unwind_end end, uint64_t addr)
{
	m->end = end;
	m->bad_addr = addr;
	m->lost = true;
	return C_LOST;
}

/* Whether CALLER's frame lies above that of AT, as a caller's must: so the walk ends. A function
 * that was interrupted may have no frame on the stack where the call leaves its address in a
 * register, or it has taken the address from there (as glibc's vfork does). */
static bool lies_above(const struct mixed *m, const struct c_frame *caller, const struct c_frame *at)
{
	uint64_t sp = c_frame_sp(m->s, at), caller_sp = c_frame_sp(m->s, caller);
	if (caller_sp == sp && at->exact)
		return c_frame_pc(m->s, caller) != c_frame_pc(m->s, at);
	return caller->exact || caller_sp > sp;
}

/* The frames of C from AT on; AT is then the Go code that called them. */
static enum c_end walk_c(struct mixed *m, struct c_frame *at)
{
	while (m->c_frames++ < LIMIT_C_FRAMES) {
		struct c_frame caller = { 0 };
		uint64_t pc = c_frame_pc(m->s, at), sp = c_frame_sp(m->s, at);
		enum cfi_result result = c_frame_step(m->s, at, &caller);
		add_c(m, at, result == CFI_CALLER ? c_frame_sp(m->s, &caller) : 0,
		      result == CFI_CALLER && caller.exact);
		if (result == CFI_NO_RULE && !m->searched &&
		    c_frame_step_pointer(m->s, at, &caller)) {
			m->builder.gap = "C code without unwind tables: followed by its frame "
					 "pointer, frames may be missing";
			result = CFI_CALLER;
		}
		if (result == CFI_OUTERMOST && m->searched) /* zeros have been written over it */
			return lost(m, UNWIND_BAD_PC, 0);
		if (result == CFI_OUTERMOST)
			return C_OUTERMOST;
		if (result == CFI_UNREADABLE)
			return lost(m, UNWIND_UNREADABLE, sp);
		if (result == CFI_NO_RULE)
			return lost(m, UNWIND_NO_CFI, pc);
		if (!lies_above(m, &caller, at))
			return lost(m, UNWIND_BAD_SP, sp);
		if (m->searched && !is_behind_call(m->s, c_frame_pc(m->s, &caller)))
			return lost(m, UNWIND_BAD_PC, c_frame_pc(m->s, &caller));
		*at = caller;
		if (is_go(m, c_frame_pc(m->s, at)))
			return C_CALLED_BY_GO;
		if (!at->exact && !is_c_code(m->s, c_frame_pc(m->s, at)))
			return lost(m, UNWIND_BAD_PC, c_frame_pc(m->s, at));
	}
	return lost(m, UNWIND_LIMIT, c_frame_sp(m->s, at));
}

/* --- callbacks: C above Go ---------------------------------------------------------------------- */

static const char *gap_of(struct mixed *m)
{
	if (m->end == UNWIND_NO_CFI && image_object(m->s->image, m->bad_addr, NULL) == NULL)
		return arena_printf(m->arena,
				    "C frames are missing: the file of this code is not at hand (0x%llx)",
				    (unsigned long long)m->bad_addr);
	return arena_printf(m->arena, "C frames are missing: %s (0x%llx)", unwind_end_name(m->end),
			    (unsigned long long)m->bad_addr);
}

/* Before a panic is printed, a deferred call has told the runtime that the C stack is free to use
 * (cgocall.go unwindm). */
static const char *overwritten(const struct mixed *m)
{
	const struct thread *t = m->thread;
	if (t != NULL && t->dying > 0 && t->throwing == 0)
		return "C frames are missing: the runtime has overwritten them as it died";
	return "C frames are missing: where they lie is not known";
}

static bool find_callback(struct mixed *m, const struct frame *frame, struct callback *callback)
{
	if (m->thread == NULL)
		return false;
	/* A panic in a callback leaves the outermost one's in the record. */
	if (m->callback_sp == 0)
		m->callback_sp = m->thread->g0_sched_sp;
	if (m->callback_sp != 0 && callback_read(m->s, frame, m->callback_sp, callback)) {
		m->callback_sp = callback->outer_sp;
		m->searched = false;
		return true;
	}
	m->callback_sp = 0;
	m->searched = callback_find(m->s, frame, callback);
	return m->searched;
}

/* The C frames that called Go, up to the Go code that called them; false where nobody did: they are
 * a thread's first. FRAME is cgocallback's. */
static bool walk_callback(struct mixed *m, const struct frame *frame)
{
	struct callback callback;
	struct go_place place;
	m->lost = false;
	if (!find_callback(m, frame, &callback)) {
		m->builder.gap = overwritten(m);
		return true;
	}
	add_switch(m, callback.crosscall_pc, callback.crosscall_sp,
		   m->searched ? FOUND_BY_SEARCH : FOUND_BY_PCSP);
	struct c_frame *at = &callback.caller;
	switch (walk_c(m, at)) {
	case C_OUTERMOST:
		return false;
	case C_CALLED_BY_GO:
		if (asmcgocall_caller(m->s, c_frame_pc(m->s, at), c_frame_sp(m->s, at), &place) &&
		    place.g == frame->g && place.sp > frame->sp) {
			add_switch(m, c_frame_pc(m->s, at), c_frame_sp(m->s, at),
				   m->searched ? FOUND_BY_SEARCH : FOUND_BY_CFI);
			return true;
		}
		lost(m, UNWIND_BAD_PC, c_frame_pc(m->s, at));
		break;
	case C_LOST:
		break;
	}
	m->builder.gap = m->searched ? overwritten(m) : gap_of(m);
	return true;
}

static bool on_goroutine(const struct mixed *m, uint64_t g)
{
	return m->thread == NULL || (g != m->thread->g0 && g != m->thread->gsignal);
}

/* --- Go ----------------------------------------------------------------------------------------- */

/* Address 0, which C called: SP is that at the fault. */
static void add_nil(struct mixed *m, uint64_t sp)
{
	struct frame frame = { .sp = sp, .exact = true, .found_by = FOUND_BY_PCSP };
	trace_builder_add_c(&m->builder, &frame, c_calls_at(m->s, 0, 0, m->arena));
}

/* What sigpanic's frame, the last one of Go, tells of the C code that it was made to look called
 * from: of its registers only the frame pointer, which sigpanic saves (up to 1.20). */
static void interrupted_c(struct mixed *m, const struct unwinder *u, const struct frame *last,
			  struct c_frame *at)
{
	const struct arch *arch = m->s->image->arch;
	uint64_t fp;
	*at = (struct c_frame){ .exact = u->trap, .found_by = FOUND_BY_PCSP };
	registers_put(&at->regs, arch->pc, u->bad_addr);
	registers_put(&at->regs, arch->sp, u->sp);
	if (!arch->link_register && last->fp - last->sp >= 16 &&
	    image_u64(m->s->image, last->fp - 16, &fp, NULL))
		registers_put(&at->regs, arch->fp, fp);
	if (m->thread != NULL && last->g == m->thread->g0 &&
	    c_called_nil(m->s, m->thread->g0, u->bad_addr)) {
		at->exact = false;
		add_nil(m, arch->link_register ? u->sp : u->sp - 8);
	}
}

/* The frames of Go; true where C code called them, which AT is then. */
static bool walk_go(struct mixed *m, struct unwinder *u, struct c_frame *at)
{
	struct frame f = { 0 };
	bool called_back = false;
	while (unwind_next(u, &f)) {
		enum func_id id = f.code->func.id;
		/* What asmcgocall saves as its pc (asm_amd64.s gosave_systemstack_switch). */
		bool repeats = called_back && id == FUNC_SYSTEMSTACK_SWITCH;
		/* A thread of C's: what is lost are its first frames. */
		if (called_back && id == FUNC_GOEXIT && m->lost) {
			m->builder.gap = NULL;
			return false;
		}
		called_back = false;
		if (repeats || (m->only_g != 0 && f.g != m->only_g))
			continue;
		trace_builder_add(&m->builder, m->s, &f);
		if (id != FUNC_CGOCALLBACK || !on_goroutine(m, f.g))
			continue;
		called_back = true;
		if (!walk_callback(m, &f)) {
			m->end = UNWIND_COMPLETE; /* what follows is goexit, for show */
			return false;
		}
	}
	m->end = u->end;
	m->bad_addr = u->bad_addr;
	if (u->end != UNWIND_BAD_PC || f.code == NULL)
		return false;
	/* C may have jumped to where no code is. */
	bool faulted = f.code->func.id == FUNC_SIGPANIC && !on_goroutine(m, f.g);
	if (!faulted && !is_c_code(m->s, u->bad_addr))
		return false;
	interrupted_c(m, u, &f, at);
	return true;
}

/* Where Go goes on behind the C frames that end at AT, a frame of Go. */
static bool enter_go(struct mixed *m, const struct c_frame *at, struct unwinder *u)
{
	struct go_place place;
	uint64_t pc = c_frame_pc(m->s, at), sp = c_frame_sp(m->s, at);
	if (code_at(snapshot_code(m->s), pc)->func.id != FUNC_ASMCGOCALL) {
		unwind_at(u, m->s, m->thread, thread_g_of_sp(m->s, m->thread, sp), pc, sp, 0,
			  at->exact, true);
		u->found_by = FOUND_BY_CFI;
		return true;
	}
	add_switch(m, pc, sp, FOUND_BY_CFI);
	if (!asmcgocall_caller(m->s, pc, sp, &place)) {
		lost(m, UNWIND_BAD_PC, pc);
		return false;
	}
	uint64_t g = place.g ? place.g : thread_g_of_sp(m->s, m->thread, place.sp);
	unwind_at(u, m->s, m->thread, g, place.pc, place.sp, 0, false, place.g == 0);
	u->found_by = FOUND_BY_PCSP;
	return true;
}

/* C frames are lost: what the goroutine saved as it left Go tells where its own begin. */
static bool enter_saved(struct mixed *m, struct unwinder *u)
{
	const struct thread *t = m->thread;
	if (t->goroutine == NO_INDEX || !t->incgo)
		return false;
	const struct goroutine *g = &m->s->goroutines[t->goroutine];
	if (g->syscall_sp == 0)
		return false;
	m->builder.gap = gap_of(m);
	unwind_goroutine(u, m->s, g);
	return true;
}

static void walk(struct mixed *m, struct c_frame *at, struct unwinder *u, bool in_c)
{
	bool saved = false;
	for (unsigned turn = 0; turn < TURNS_MAX; turn++) {
		enum c_end end = in_c ? walk_c(m, at) : C_CALLED_BY_GO;
		if (end == C_OUTERMOST) {
			m->end = UNWIND_COMPLETE;
			return;
		}
		if (in_c && (end == C_LOST || !enter_go(m, at, u))) {
			if (saved || !enter_saved(m, u))
				return;
			saved = true;
		}
		in_c = walk_go(m, u, at);
		if (!in_c)
			return;
	}
	m->end = UNWIND_LIMIT;
}

/* --- beginnings --------------------------------------------------------------------------------- */

/* Whether a thread that stands at C is in C code, or where C code jumped to: where no code is, or
 * code that is from no file. */
static bool is_in_c(const struct mixed *m, const struct context *c, const struct c_frame *at)
{
	struct c_frame caller;
	if (is_c_code(m->s, c->pc))
		return true;
	return !is_go(m, c->pc) && (c_frame_step(m->s, at, &caller) == CFI_CALLER ||
				    c_frame_step_pointer(m->s, at, &caller));
}

static void finish(struct mixed *m, bool args, struct trace *trace)
{
	*trace = (struct trace){ .end = m->end, .bad_addr = m->bad_addr };
	trace_builder_finish(&m->builder, m->s, args, m->arena, trace);
}

static void begin(struct mixed *m, const struct snapshot *s, const struct thread *t,
		  struct arena *arena)
{
	*m = (struct mixed){
		.s = s,
		.thread = t,
		.arena = arena,
		.callback_sp = t ? t->g0_sched_sp : 0,
	};
}

void mixed_trace(const struct snapshot *s, const struct thread *t, const struct context *c,
		 bool args, struct arena *arena, struct trace *trace)
{
	struct mixed m;
	struct unwinder u;
	begin(&m, s, t, arena);
	struct c_frame at = {
		.regs = c->regs,
		.exact = c->trap,
		.found_by = c->injected	   ? FOUND_BY_PCSP
			    : c->ucontext ? FOUND_BY_CONTEXT
					  : FOUND_BY_REGISTERS,
	};
	bool in_c = is_in_c(&m, c, &at);
	if (!in_c) {
		unwind_at(&u, s, t, c->g, c->pc, c->sp, c->lr, c->trap, true);
		u.found_by = at.found_by;
	}
	walk(&m, &at, &u, in_c);
	finish(&m, args, trace);
}

/* --- goroutines --------------------------------------------------------------------------------- */

/* The thread that G runs on, or that waits until G, which it is locked to, can go on: a goroutine
 * in a callback always is. */
static const struct thread *thread_of(const struct snapshot *s, const struct goroutine *g)
{
	if (g->thread != NO_INDEX)
		return &s->threads[g->thread];
	for (size_t i = 0; g->locked_m != 0 && i < s->thread_count; i++)
		if (s->threads[i].m == g->locked_m)
			return &s->threads[i];
	return NULL;
}

static bool is_on(const struct trace *trace, const struct goroutine *g)
{
	for (size_t i = 0; i < trace->count; i++)
		if (!trace->frames[i].call->is_c && trace->frames[i].sp > g->stack_lo &&
		    trace->frames[i].sp <= g->stack_hi)
			return true;
	return false;
}

void mixed_goroutine_trace(const struct thread *t, const struct goroutine *g, struct unwinder *u,
			   bool args, struct arena *arena, struct trace *trace)
{
	struct mixed m;
	struct c_frame at;
	begin(&m, u->snapshot, t, arena);
	m.only_g = g->addr;
	(void)walk_go(&m, u, &at);
	finish(&m, args, trace);
}

void goroutine_mixed_trace(const struct snapshot *s, const struct goroutine *g, bool args,
			   struct arena *arena, struct trace *trace)
{
	const struct death *d = &s->death;
	const struct thread *t = s->iscgo && !g->unreadable ? thread_of(s, g) : NULL;
	struct contexts contexts;
	struct unwinder u;
	bool dead = d->goroutine != NO_INDEX && &s->goroutines[d->goroutine] == g;
	if (dead && d->mixed.count > 0) {
		*trace = d->mixed;
		return;
	}
	if (t == NULL || (dead && d->culprit.count > 0)) {
		goroutine_trace(s, g, args, arena, trace);
		return;
	}
	if (t->incgo && t->curg == g->addr) {
		thread_contexts(s, t, &contexts);
		if (contexts.count > 0) {
			mixed_trace(s, t, &contexts.items[contexts.count - 1], args, arena, trace);
			if (is_on(trace, g))
				return;
		}
	}
	goroutine_unwind(&u, s, g);
	mixed_goroutine_trace(t, g, &u, args, arena, trace);
}
