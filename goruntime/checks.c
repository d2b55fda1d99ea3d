/* Cross-checks of what was read: the integrity section of the report. */
#include <inttypes.h>
#include <string.h>

#include "base/limits.h"
#include "formats/findexe.h"
#include "goruntime/private.h"
#include "goruntime/scheduler.h"

enum { CHECKS_MAX = 16 };

static void check_add(struct snapshot *s, bool passed, const char *name, const char *fmt, ...)
	FORMAT_PRINTF(4, 5);

static void check_add(struct snapshot *s, bool passed, const char *name, const char *fmt, ...)
{
	if (s->checks == NULL)
		s->checks = arena_alloc(s->arena, CHECKS_MAX * sizeof(*s->checks));
	if (s->check_count >= CHECKS_MAX)
		return;
	va_list args;
	va_start(args, fmt);
	s->checks[s->check_count++] = (struct check){
		.name = name,
		.text = arena_vprintf(s->arena, fmt, args),
		.passed = passed,
	};
	va_end(args);
	if (!passed)
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "integrity", "check %s failed: %s", name,
			    s->checks[s->check_count - 1].text);
}

static void check_allgs(struct snapshot *s)
{
	uint64_t allgs, length;
	if (!globals_get(&s->globals, RT_ALLGS, &allgs) ||
	    !image_u64(s->image, allgs + 8, &length, NULL))
		return;
	check_add(s, length == s->allgs_length, "allglen",
		  "allgs has %" PRIu64 " entries, allglen says %" PRIu64, length, s->allgs_length);
}

static bool global_word(const struct snapshot *s, enum rt_global global, uint64_t *value)
{
	uint64_t addr;
	return globals_get(&s->globals, global, &addr) && image_u64(s->image, addr, value, NULL);
}

/* allgptr is stored behind allgs (proc.go allgadd). */
static void check_allgptr(struct snapshot *s)
{
	uint64_t allgs, allgptr;
	if (!global_word(s, RT_ALLGS, &allgs) || !global_word(s, RT_ALLGPTR, &allgptr))
		return;
	check_add(s, allgs == allgptr, "allgptr",
		  "allgs is at 0x%" PRIx64 ", allgptr says 0x%" PRIx64, allgs, allgptr);
}

/* The M at the end of the list of all; false where the list cannot be read to its end. */
static bool last_m(const struct snapshot *s, uint64_t *last)
{
	uint64_t m;
	if (!global_word(s, RT_ALLM, &m) || m == 0)
		return false;
	for (unsigned i = 0; i < LIMIT_MS; i++) {
		struct view view;
		if (!view_read(&view, s->image, &s->layout, RT_M, m, NULL))
			return false;
		*last = m;
		m = view_get(&view, M_ALLLINK);
		if (m == 0)
			return true;
	}
	return false;
}

/* The first M and its g0 are variables, not of the heap (proc.go, asm_amd64.s rt0_go). */
static void check_m0(struct snapshot *s)
{
	uint64_t m0, g0, last;
	struct view view;
	if (!globals_get(&s->globals, RT_M0, &m0) || !last_m(s, &last))
		return;
	check_add(s, last == m0, "m0", "allm ends with 0x%" PRIx64 ", m0 is at 0x%" PRIx64, last, m0);
	if (!globals_get(&s->globals, RT_G0, &g0) ||
	    !view_read(&view, s->image, &s->layout, RT_M, m0, NULL))
		return;
	check_add(s, view_get(&view, M_G0) == g0, "g0",
		  "m0.g0 is 0x%" PRIx64 ", g0 is at 0x%" PRIx64, view_get(&view, M_G0), g0);
}

static void check_votes(struct snapshot *s)
{
	const struct locate_votes *votes = &s->private->votes;
	if (votes->found == 0)
		return;
	check_add(s, votes->refused == 0, "variables",
		  "%u variables found by code, %u of them by majority, %u left out since the code is "
		  "divided",
		  votes->found, votes->divided, votes->refused);
}

static void check_goroutines(struct snapshot *s)
{
	check_add(s, s->private->bad_stacks == 0, "stack-bounds",
		  "%" PRIu64 " of %zu goroutines have no sane stack", s->private->bad_stacks,
		  s->goroutine_count);
	check_add(s, s->private->bad_statuses == 0, "status",
		  "%" PRIu64 " of %zu goroutines have no known status", s->private->bad_statuses,
		  s->goroutine_count);
	check_add(s, s->private->twins == 0, "goid",
		  "%" PRIu64 " of %zu goroutines share an id with another", s->private->twins,
		  s->goroutine_count);
}

static void check_threads(struct snapshot *s)
{
	uint64_t ms = 0, good = 0, lwps = 0, joined = 0;
	for (size_t i = 0; i < s->thread_count; i++) {
		const struct thread *t = &s->threads[i];
		struct view view;
		lwps += t->lwp != NULL;
		joined += t->lwp != NULL && t->m != 0;
		if (t->m == 0 || t->unreadable)
			continue;
		ms++;
		good += view_read(&view, s->image, &s->layout, RT_G, t->g0, NULL) &&
			view_get(&view, G_M) == t->m;
	}
	check_add(s, good == ms, "m.g0.m", "%" PRIu64 " of %" PRIu64 " Ms have a g0 that names them",
		  good, ms);
	if (!s->iscgo)
		check_add(s, joined == lwps, "threads",
			  "%" PRIu64 " of %" PRIu64 " threads in the core are known to Go", joined,
			  lwps);
}

/* The ids in the executable's first page, which the kernel dumps, and in its file. */
static void check_build_id(struct snapshot *s)
{
	const struct elffile *exe = s->image->executable;
	const char *gnu, *go;
	if (exe == NULL)
		return;
	exe_core_ids(s->image->core, s->arena, &gnu, &go);
	bool by_gnu = gnu != NULL && exe->build_id != NULL;
	if (!by_gnu && (go == NULL || exe->go_build_id == NULL))
		return;
	const char *mine = by_gnu ? exe->build_id : exe->go_build_id, *cores = by_gnu ? gnu : go;
	check_add(s, strcmp(mine, cores) == 0, "build-id", "%s has %s build id %s, the core %s",
		  exe->path, by_gnu ? "GNU" : "Go", mine, cores);
}

static bool read_sched(const struct snapshot *s, struct view *sched)
{
	uint64_t addr;
	return globals_get(&s->globals, RT_SCHED_, &addr) &&
	       view_read(sched, s->image, &s->layout, RT_SCHED, addr, NULL);
}

/* proc.go mcount: Ms get numbers in turn; those that ended are counted. One that is just made has
 * its number, but is not in the list yet. */
static void check_m_count(struct snapshot *s)
{
	enum { BEING_MADE = 4 };
	struct view sched;
	uint64_t ms = 0;
	if (s->threads_cut || !layout_has(&s->layout, SCHED_MNEXT) ||
	    !layout_has(&s->layout, SCHED_NMFREED) || !read_sched(s, &sched))
		return;
	for (size_t i = 0; i < s->thread_count; i++)
		ms += s->threads[i].m != 0;
	uint64_t counted = view_get(&sched, SCHED_MNEXT) - view_get(&sched, SCHED_NMFREED);
	check_add(s, counted - ms <= BEING_MADE, "m-count", "allm has %" PRIu64 " Ms, sched counts %" PRIu64, ms,
		  counted);
}

/* A goroutine on its way from or to a queue is in none, or not runnable yet: no more of them than
 * there are threads. One in a list of its own (of the poller, of a collection) may be missing too,
 * so that only queues which hold more than there is are wrong. */
static void check_runnable(struct snapshot *s)
{
	uint64_t length, runnable = s->by_status[G_RUNNABLE];
	if (s->unreadable > 0 || !scheduler_queue_length(s, &length))
		return;
	check_add(s, length <= runnable + s->thread_count, "run-queues",
		  "%" PRIu64 " goroutines are runnable, %" PRIu64 " are in the queues", runnable,
		  length);
}

void checks_run(struct snapshot *s)
{
	check_build_id(s);
	check_votes(s);
	check_allgs(s);
	check_allgptr(s);
	check_m0(s);
	check_goroutines(s);
	check_threads(s);
	check_m_count(s);
	check_runnable(s);
}
