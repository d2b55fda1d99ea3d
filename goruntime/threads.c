#include <string.h>

#include "base/limits.h"
#include "base/vec.h"
#include "goruntime/private.h"

static void read_g_stack(const struct snapshot *s, uint64_t g, uint64_t *lo, uint64_t *hi,
			 struct thread *t)
{
	struct view view;
	if (g == 0 || !view_read(&view, s->image, &s->layout, RT_G, g, NULL))
		return;
	*lo = view_get(&view, G_STACK_LO);
	*hi = view_get(&view, G_STACK_HI);
	if (g != t->g0)
		return;
	t->g0_sched_pc = view_get(&view, G_SCHED_PC);
	t->g0_sched_sp = view_get(&view, G_SCHED_SP);
}

static void thread_fill(const struct snapshot *s, const struct view *view, struct thread *t)
{
	*t = (struct thread){
		.m = view->addr,
		.goroutine = NO_INDEX,
		.id = view_signed(view, M_ID),
		.procid = view_get(view, M_PROCID),
		.g0 = view_get(view, M_G0),
		.gsignal = view_get(view, M_GSIGNAL),
		.curg = view_get(view, M_CURG),
		.caughtsig = view_get(view, M_CAUGHTSIG),
		.p = view_get(view, M_P),
		.locked_g = view_get(view, M_LOCKEDG),
		.vdso_sp = view_get(view, M_VDSOSP),
		.vdso_pc = view_get(view, M_VDSOPC),
		.dying = (int32_t)view_signed(view, M_DYING),
		.throwing = (int32_t)view_signed(view, M_THROWING),
		.mallocing = (int32_t)view_signed(view, M_MALLOCING),
		.ncgo = (int32_t)view_signed(view, M_NCGO),
		.incgo = view_get(view, M_INCGO) != 0,
		.is_extra = view_get(view, M_ISEXTRA) != 0,
	};
	struct view processor;
	t->p_id = -1;
	if (t->p != 0 && view_read(&processor, s->image, &s->layout, RT_P, t->p, NULL))
		t->p_id = (int32_t)view_signed(&processor, P_ID);
	read_g_stack(s, t->g0, &t->g0_stack_lo, &t->g0_stack_hi, t);
	read_g_stack(s, t->gsignal, &t->gsignal_stack_lo, &t->gsignal_stack_hi, t);
}

typedef VEC(struct thread) thread_list;

static bool listed(const thread_list *ms, uint64_t m)
{
	for (size_t i = 0; i < ms->count; i++)
		if (ms->items[i].m == m)
			return true;
	return false;
}

/* The Ms from M on by alllink; false where that does not lead to the end, which ERR tells. */
static bool follow_ms(const struct snapshot *s, thread_list *ms, uint64_t m, struct error *err)
{
	uint64_t mark = 0; /* an M seen before, a later one each time the count doubles */
	for (unsigned i = 0, next_mark = 1; m != 0; i++) {
		struct view view;
		if (i >= LIMIT_MS || m == mark)
			return error_set(err, ERROR_FORMAT, m, "it does not end");
		if (!view_read(&view, s->image, &s->layout, RT_M, m, err))
			return false;
		struct thread t;
		thread_fill(s, &view, &t);
		vec_push(ms, t);
		if (i + 1 == next_mark) {
			mark = m;
			next_mark *= 2;
		}
		m = view_get(&view, M_ALLLINK);
	}
	return true;
}

/* All Ms by runtime.allm and alllink (runtime2.go). Newer ones come first. False where the list
 * cannot be followed to its end. */
static bool read_ms(struct snapshot *s, thread_list *ms)
{
	uint64_t global, m;
	struct error err = ERROR_INIT;
	if (globals_get(&s->globals, RT_ALLM, &global) && image_u64(s->image, global, &m, &err) &&
	    follow_ms(s, ms, m, &err))
		return true;
	caveats_add(s->caveats, CAVEAT_WEAKENS, err.addr, "threads",
		    "%s of the runtime's list of threads (allm) cannot be read%s%s",
		    ms->count ? "the rest" : "all", err.code ? ": " : "", err.text);
	return false;
}

static uint64_t m_of(const struct snapshot *s, uint64_t g)
{
	struct view view;
	if (g == 0 || !view_read(&view, s->image, &s->layout, RT_G, g, NULL))
		return 0;
	return view_get(&view, G_M);
}

/* By the g in its register, which holds it while the thread runs Go code (abi-internal.md). */
static uint64_t register_m(const struct snapshot *s, const struct core_thread *lwp)
{
	uint8_t g = s->image->arch->g;
	return registers_has(&lwp->regs, g) ? m_of(s, lwp->regs.value[g]) : 0;
}

/* By the g that its TLS names: at fs_base - 8 on amd64 (cmd/link, runtime/tls). */
static uint64_t tls_m(const struct snapshot *s, const struct core_thread *lwp)
{
	uint64_t g = 0;
	if (lwp->regs.tls == 0 || s->image->arch->link_register)
		return register_m(s, lwp);
	return image_u64(s->image, lwp->regs.tls - 8, &g, NULL) ? m_of(s, g) : 0;
}

/* What a broken list has lost may be named elsewhere: by goroutines that run, by the registers and
 * the TLS of threads. Only what is an M, and what its own link leads to. */
static void add_m(const struct snapshot *s, thread_list *ms, uint64_t addr)
{
	struct view view, g0;
	if (addr == 0 || listed(ms, addr) ||
	    !view_read(&view, s->image, &s->layout, RT_M, addr, NULL) ||
	    !view_read(&g0, s->image, &s->layout, RT_G, view_get(&view, M_G0), NULL) ||
	    view_get(&g0, G_M) != addr)
		return;
	thread_list more = { 0 };
	follow_ms(s, &more, addr, NULL);
	for (size_t i = 0; i < more.count && !listed(ms, more.items[i].m); i++)
		vec_push(ms, more.items[i]);
	vec_release(&more);
}

static void read_other_ms(const struct snapshot *s, thread_list *ms)
{
	uint64_t m0;
	const struct corefile *core = s->image->core;
	if (globals_get(&s->globals, RT_M0, &m0))
		add_m(s, ms, m0);
	for (size_t i = 0; i < s->goroutine_count; i++)
		add_m(s, ms, s->goroutines[i].m);
	for (size_t i = 0; i < core->thread_count; i++) {
		add_m(s, ms, tls_m(s, &core->threads[i]));
		add_m(s, ms, register_m(s, &core->threads[i]));
	}
}

/* Where allgs is cut, the goroutines that the threads run may still be there. */
static void add_their_goroutines(struct snapshot *s, const thread_list *ms)
{
	for (size_t i = 0; i < ms->count; i++) {
		const struct thread *t = &ms->items[i];
		goroutines_add_named(s, t->curg);
		goroutines_add_named(s, t->locked_g);
		if (t->caughtsig != t->g0)
			goroutines_add_named(s, t->caughtsig);
	}
}

static struct thread *find_m(thread_list *ms, bool *used, bool by_procid, uint64_t key)
{
	for (size_t i = 0; i < ms->count; i++) {
		if (used[i] || (by_procid ? ms->items[i].procid : ms->items[i].m) != key)
			continue;
		used[i] = true;
		return &ms->items[i];
	}
	return NULL;
}

/* The M on whose system stack the thread stands: one that clone has just made has neither a procid
 * nor a g yet (os_linux.go newosproc). */
static uint64_t stack_m(const struct snapshot *s, const thread_list *ms,
			const struct core_thread *lwp)
{
	uint64_t sp = lwp->regs.value[s->image->arch->sp];
	for (size_t i = 0; registers_has(&lwp->regs, s->image->arch->sp) && i < ms->count; i++)
		if (sp > ms->items[i].g0_stack_lo && sp <= ms->items[i].g0_stack_hi)
			return ms->items[i].m;
	return 0;
}

/* Threads and Ms are joined by procid, the tid that the M saw itself; where process ids were
 * translated (a dump taken from outside a container) by the g in the thread's TLS. */
static void join(struct snapshot *s, thread_list *ms)
{
	const struct corefile *core = s->image->core;
	bool *used = arena_alloc(s->arena, ms->count + 1);
	s->threads = arena_alloc(s->arena, (ms->count + core->thread_count + 1) *
						   sizeof(*s->threads));
	for (size_t i = 0; i < core->thread_count; i++) {
		const struct core_thread *lwp = &core->threads[i];
		struct thread *m = find_m(ms, used, true, (uint64_t)lwp->tid);
		if (m == NULL && ms->count > 0)
			m = find_m(ms, used, false, tls_m(s, lwp));
		if (m == NULL && ms->count > 0)
			m = find_m(ms, used, false, stack_m(s, ms, lwp));
		struct thread *t = &s->threads[s->thread_count++];
		*t = m ? *m : (struct thread){ .goroutine = NO_INDEX, .id = -1, .p_id = -1 };
		t->lwp = lwp;
	}
	for (size_t i = 0; i < ms->count; i++)
		if (!used[i])
			s->threads[s->thread_count++] = ms->items[i];
}

bool threads_read(struct snapshot *s, struct error *err)
{
	(void)err;
	thread_list ms = { 0 };
	s->threads_cut = !read_ms(s, &ms);
	if (s->threads_cut)
		read_other_ms(s, &ms);
	add_their_goroutines(s, &ms);
	join(s, &ms);
	vec_release(&ms);
	for (size_t i = 0; i < s->thread_count; i++) {
		const struct goroutine *g = snapshot_g(s, s->threads[i].curg);
		if (g == NULL)
			continue;
		size_t index = (size_t)(g - s->goroutines);
		s->threads[i].goroutine = (uint32_t)index;
		if (g->m == s->threads[i].m)
			s->goroutines[index].thread = (uint32_t)i;
	}
	return true;
}

bool snapshot_stack_bounds(const struct snapshot *s, const struct thread *t, uint64_t g,
			   uint64_t *lo, uint64_t *hi)
{
	if (t != NULL && g != 0 && g == t->gsignal) {
		*lo = t->gsignal_stack_lo;
		*hi = t->gsignal_stack_hi;
		return *lo < *hi;
	}
	/* The bounds of a system stack that C made are a guess (proc.go mstart): not checked. */
	if (t != NULL && g != 0 && g == t->g0)
		return false;
	const struct goroutine *found = snapshot_g(s, g);
	if (found == NULL || found->bad_stack)
		return false;
	*lo = found->stack_lo;
	*hi = found->stack_hi;
	return true;
}

uint64_t thread_g_of_sp(const struct snapshot *s, const struct thread *t, uint64_t sp)
{
	if (sp > t->gsignal_stack_lo && sp <= t->gsignal_stack_hi)
		return t->gsignal;
	if (t->goroutine != NO_INDEX) {
		const struct goroutine *curg = &s->goroutines[t->goroutine];
		if (sp > curg->stack_lo && sp <= curg->stack_hi)
			return curg->addr;
	}
	return t->g0;
}
