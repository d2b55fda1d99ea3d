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

/* All Ms by runtime.allm and alllink (runtime2.go). Newer ones come first. */
static void read_ms(struct snapshot *s, thread_list *ms)
{
	uint64_t global, m;
	struct error err = ERROR_INIT;
	if (!globals_get(&s->globals, RT_ALLM, &global) ||
	    !image_u64(s->image, global, &m, &err)) {
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "threads",
			    "the runtime's list of threads (allm) cannot be read%s%s",
			    err.code ? ": " : "", err.text);
		return;
	}
	uint64_t mark = 0; /* an M seen before, a later one each time the count doubles */
	for (unsigned i = 0, next_mark = 1; m != 0; i++) {
		struct view view;
		if (i >= LIMIT_MS || m == mark) {
			caveats_add(s->caveats, CAVEAT_WEAKENS, m, "threads",
				    "the runtime's list of threads (allm) does not end");
			return;
		}
		if (!view_read(&view, s->image, &s->layout, RT_M, m, &err)) {
			caveats_add(s->caveats, CAVEAT_WEAKENS, m, "threads",
				    "the rest of the runtime's list of threads cannot be read: %s",
				    err.text);
			return;
		}
		struct thread t;
		thread_fill(s, &view, &t);
		vec_push(ms, t);
		if (i + 1 == next_mark) {
			mark = m;
			next_mark *= 2;
		}
		m = view_get(&view, M_ALLLINK);
	}
}

/* The g that a thread's TLS names: at fs_base - 8 on amd64 (cmd/link, runtime/tls). */
static uint64_t tls_m(const struct snapshot *s, const struct core_thread *lwp)
{
	uint64_t g = 0;
	struct view view;
	const struct arch *arch = s->image->arch;
	if (lwp->regs.tls != 0 && !arch->link_register) {
		if (!image_u64(s->image, lwp->regs.tls - 8, &g, NULL))
			return 0;
	} else if (registers_has(&lwp->regs, arch->g)) {
		g = lwp->regs.value[arch->g];
	}
	if (g == 0 || !view_read(&view, s->image, &s->layout, RT_G, g, NULL))
		return 0;
	return view_get(&view, G_M);
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
	read_ms(s, &ms);
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
