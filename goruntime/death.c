/*
 * How the process died. The rules are those of records-and-stacks in docs/ARCHITECTURE.md: the M
 * with `dying` names the culprit; the kernel's signal is the runtime's own last act.
 */
#include "goruntime/death.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "formats/signals.h"
#include "goruntime/private.h"

enum { THROWING_NONE, THROWING_USER, THROWING_RUNTIME };

/* A frame that belongs to the runtime and what stands close to it, not to who called it. */
static bool is_runtime_name(const char *symbol)
{
	static const char *const prefixes[] = {
		"runtime.", "internal/runtime/", "sync.", "internal/sync.", "reflect.",
		"runtime/internal/", "internal/abi.", "internal/bytealg.", "sync/atomic.",
	};
	if (strcmp(symbol, "runtime.main") == 0)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (str_begins(symbol, prefixes[i]))
			return true;
	/* Functions without a package are assembler or C: memeqbody, gogo, ... */
	return strchr(symbol, '.') == NULL;
}

/* Which of the dying Ms printed first: the one that did not raise the final signal sleeps in
 * lock(&deadlock) (panic.go dopanic_m). */
static bool raised_the_end(const struct snapshot *s, const struct thread *t)
{
	struct trace trace;
	thread_trace(s, t, false, s->arena, &trace);
	return trace_has(&trace, "runtime.dieFromSignal") || trace_has(&trace, "runtime.crash");
}

static void find_dying(struct snapshot *s)
{
	struct death *d = &s->death;
	for (size_t i = 0; i < s->thread_count; i++) {
		if (s->threads[i].dying <= 0)
			continue;
		if (d->thread == NO_INDEX) {
			d->thread = (uint32_t)i;
			continue;
		}
		if (d->second_thread != NO_INDEX)
			continue;
		d->second_thread = (uint32_t)i;
		if (raised_the_end(s, &s->threads[d->thread]) &&
		    !raised_the_end(s, &s->threads[i])) {
			d->second_thread = d->thread;
			d->thread = (uint32_t)i;
		}
	}
}

/* The goroutine that an M's records name. */
static uint32_t culprit_of(const struct snapshot *s, const struct thread *t, enum death_way way,
			   bool *on_system)
{
	*on_system = false;
	if (way != DEATH_SIGNAL || t->caughtsig != t->g0) {
		uint64_t g = way == DEATH_SIGNAL ? t->caughtsig : t->curg;
		const struct goroutine *found = snapshot_g(s, g);
		if (found != NULL)
			return (uint32_t)(found - s->goroutines);
	}
	*on_system = true;
	return way == DEATH_SIGNAL && t->incgo ? t->goroutine : (uint32_t)NO_INDEX;
}

static enum death_way way_of(const struct thread *t)
{
	if (t->throwing == THROWING_NONE)
		return DEATH_PANIC;
	if (t->throwing == THROWING_USER)
		return DEATH_FATAL;
	return t->caughtsig != 0 ? DEATH_SIGNAL : DEATH_THROW;
}

/* --- cause ------------------------------------------------------------------------------------- */

/* The first frame from FROM on that is not the runtime's; FROM itself if there is none. */
static size_t first_user_frame(const struct trace *trace, size_t from)
{
	for (size_t i = from; i < trace->count; i++)
		if (!is_runtime_name(trace->frames[i].call->symbol))
			return i;
	return from < trace->count ? from : 0;
}

/* The gopanic (or Goexit) frame in whose memory the record lies. */
static size_t frame_of_record(const struct trace *trace, uint64_t addr)
{
	for (size_t i = 0; i < trace->count; i++)
		if (addr >= trace->frames[i].sp && addr < trace->frames[i].fp &&
		    !trace->frames[i].call->inlined)
			return i;
	return (size_t)-1;
}

static void panic_cause(struct snapshot *s)
{
	struct death *d = &s->death;
	struct panic_record *items = (struct panic_record *)d->panics.items;
	bool found = false;
	d->cause_panic = d->panics.count ? d->panics.count - 1 : 0;
	for (size_t i = 0; i < d->panics.count; i++) {
		size_t frame = frame_of_record(&d->culprit, items[i].addr);
		if (frame == (size_t)-1)
			continue;
		const struct trace_frame *f = &d->culprit.frames[frame];
		if (!items[i].goexit && call_is(f->call, "runtime.gopanic"))
			panic_original(s, f->argp, &items[i]);
		if (found || items[i].goexit)
			continue;
		found = true;
		d->cause_panic = i;
		d->cause_frame = first_user_frame(&d->culprit, frame + 1);
	}
	if (!found)
		d->cause_frame = first_user_frame(&d->culprit, 0);
}

static void find_cause(struct snapshot *s)
{
	struct death *d = &s->death;
	if (d->way == DEATH_PANIC) {
		panic_cause(s);
		return;
	}
	d->cause_frame = first_user_frame(&d->culprit, 0);
	/* Nobody knows who led there: no frame below. */
	if (d->fault.off_code && d->culprit.end == UNWIND_BAD_PC)
		d->cause_frame = d->culprit.count;
}

/* --- all together ------------------------------------------------------------------------------ */

static void death_none(struct snapshot *s)
{
	struct death *d = &s->death;
	d->way = DEATH_NONE;
	d->thread = s->thread_count ? 0 : (uint32_t)NO_INDEX;
	if (d->thread != NO_INDEX)
		d->goroutine = s->threads[0].goroutine;
}

/* The runtime raised SIGABRT, but the Ms are lost, and with them which goroutine died of what: a
 * fatal error may still be in the runtime's last output. */
static void death_without_m(struct snapshot *s)
{
	struct death *d = &s->death;
	caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "death",
		    "the runtime ended the process itself, but the record of the thread that did is "
		    "not in the core");
	if (!fataltext_from_backlog(s))
		return;
	d->way = DEATH_THROW;
	d->fatal_text_guessed = true;
	caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "message",
		    "the text of the fatal error is the last one that the runtime printed");
}

/* The thread that the kernel wrote first is the one that raised the signal. */
static void find_lost(struct snapshot *s)
{
	struct death *d = &s->death;
	if (d->thread != NO_INDEX || s->thread_count == 0 || !lost_m_find(s, 0))
		return;
	d->thread = 0;
	caveats_add(s->caveats, CAVEAT_WEAKENS, s->threads[0].m, "death",
		    "the record of the thread that died is not in the core: how it died follows from "
		    "its registers and stack");
}

/* A fault in Go code that ended the process at once, or was stopped by a debugger before Go's
 * handler ran: of a thread that Go knows. */
static void collect_raw(struct snapshot *s)
{
	struct death *d = &s->death;
	const struct death_signal *signal = d->fault.present ? &d->fault : &d->kernel;
	if (!signal->present || signal->sent ||
	    (signal->number != LINUX_SIGSEGV && signal->number != LINUX_SIGBUS) ||
	    d->thread >= s->thread_count || s->threads[d->thread].m == 0)
		return;
	death_culprit_read(s);
	find_cause(s);
}

void death_read(struct snapshot *s)
{
	struct death *d = &s->death;
	*d = (struct death){
		.thread = NO_INDEX,
		.goroutine = NO_INDEX,
		.second_thread = NO_INDEX,
		.second_goroutine = NO_INDEX,
	};
	find_dying(s);
	find_lost(s);
	if (d->thread == NO_INDEX) {
		death_none(s);
		death_kernel_read(s);
		if (d->kernel.by_runtime)
			death_without_m(s);
		death_fault_without_m(s);
		collect_raw(s);
		death_mixed_read(s);
		death_c_read(s);
		return;
	}
	const struct thread *t = &s->threads[d->thread];
	d->way = way_of(t);
	if (d->way == DEATH_SIGNAL && (d->way = death_way_before(s, t)) != DEATH_SIGNAL)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "death",
			    "the runtime faulted while it printed why the process ends");
	d->goroutine = culprit_of(s, t, d->way, &d->on_system_stack);
	if (d->second_thread != NO_INDEX)
		d->second_goroutine = s->threads[d->second_thread].goroutine;
	death_culprit_read(s);
	fataltext_read(s);
	death_fault_read(s);
	d->bystander = d->way == DEATH_SIGNAL && d->fault.present && d->fault.sent;
	if (d->goroutine != NO_INDEX && d->way != DEATH_SIGNAL && !d->in_handler)
		panics_read(s, s->goroutines[d->goroutine].panic, &d->panics);
	find_cause(s);
	death_kernel_read(s);
	death_mixed_read(s);
	death_c_read(s);
}
