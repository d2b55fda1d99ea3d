#include "goruntime/gcstate.h"

#include <string.h>

#include "goruntime/private.h"

static bool global_u32(const struct snapshot *s, enum rt_global global, uint32_t *value)
{
	uint64_t addr;
	return globals_get(&s->globals, global, &addr) && image_u32(s->image, addr, value, NULL);
}

static void add_actor(struct gc_state *state, enum actor_kind kind, uint32_t goroutine,
		      const struct call *call, const char *in)
{
	if (state->actor_count < ACTORS_MOST)
		state->actors[state->actor_count++] =
			(struct actor){ .kind = kind, .goroutine = goroutine, .call = call, .in = in };
}

static bool is_runtime(const struct call *call)
{
	return strncmp(call->symbol, "runtime.", 8) == 0;
}

/* --- who asked ----------------------------------------------------------------------------------- */

/* Functions that hold worldsema, or begin a cycle (proc.go, mgc.go, trace.go). */
static const struct {
	const char *symbol;
	bool stops, collects;
} askers[] = {
	{ "runtime.stopTheWorld", true, false },
	{ "runtime.stopTheWorldGC", true, false },
	{ "runtime.startTheWorld", true, false },
	{ "runtime.startTheWorldGC", true, false },
	{ "runtime.gcMarkDone", true, false },
	{ "runtime.gcMarkTermination", true, false },
	{ "runtime.gcStart", true, true },
	{ "runtime.GC", false, true },
};

static bool is_asker(const struct call *call, bool collects)
{
	for (size_t k = 0; k < sizeof(askers) / sizeof(askers[0]); k++)
		if ((collects ? askers[k].collects : askers[k].stops) &&
		    call_is(call, askers[k].symbol))
			return true;
	return false;
}

/* Whether the stack of goroutine G has such a function; which of the runtime's the program called
 * for it, and from where. */
static bool asked(const struct snapshot *s, const struct goroutine *g, bool collects,
		  struct arena *arena, struct actor *actor)
{
	struct trace trace;
	const char *asker = NULL, *last = NULL;
	goroutine_trace(s, g, false, arena, &trace);
	for (size_t i = 0; i < trace.count; i++) {
		const struct call *call = trace.frames[i].call;
		if (asker == NULL && is_asker(call, collects))
			asker = call->function;
		if (asker == NULL)
			continue;
		if (!is_runtime(call)) {
			actor->call = call;
			actor->in = last;
			return true;
		}
		last = call->function;
	}
	actor->in = asker;
	return asker != NULL;
}

/* Whether any frame of the interned stack is one of them: a look that costs no memory. */
static bool may_have_asked(const struct snapshot *s, const struct stack *stack, bool collects)
{
	for (uint32_t i = 0; i < stack->kept; i++) {
		struct calls calls = snapshot_calls(s, stack->frames[i].pc,
						    stack->frames[i].lookup_pc);
		for (size_t c = 0; c < calls.count; c++)
			if (is_asker(&calls.items[c], collects))
				return true;
	}
	return false;
}

static void find_asker(const struct snapshot *s, bool collects, struct arena *arena,
		       struct gc_state *state)
{
	enum actor_kind kind = collects ? ACTOR_COLLECTOR : ACTOR_WORLD_STOP;
	struct actor only = { .goroutine = NO_INDEX };
	const struct stack *other = NULL; /* most goroutines stand like the one before them */
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		struct actor actor = { 0 };
		const struct stack *stack = g->unreadable ? other : goroutine_stack(s, g);
		if (stack == other)
			continue;
		if (!may_have_asked(s, stack, collects)) {
			other = stack;
			continue;
		}
		if (!asked(s, g, collects, arena, &actor))
			continue;
		if (only.goroutine != NO_INDEX) { /* one waits for its turn: which is not known */
			only = (struct actor){ .goroutine = NO_INDEX };
			break;
		}
		actor.goroutine = (uint32_t)i;
		only = actor;
	}
	add_actor(state, kind, only.goroutine, only.call, only.in);
}

/* --- finalizers, cleanups, Goexit, panics ------------------------------------------------------ */

/* Loops that call the program's functions (mfinal.go, mcleanup.go); 1.24 runs cleanups in the
 * first. */
static const struct {
	const char *symbol;
	enum actor_kind kind;
} runners[] = {
	{ "runtime.runfinq", ACTOR_FINALIZER },	    /* to 1.24 */
	{ "runtime.runFinalizers", ACTOR_FINALIZER }, /* since 1.25 */
	{ "runtime.runCleanups", ACTOR_CLEANUP },
};

/* What the runner at frame RUNNER has called: the program's function next to it. */
static const struct call *called_by(const struct trace *trace, size_t runner)
{
	for (size_t i = runner; i-- > 0;)
		if (!is_runtime(trace->frames[i].call) &&
		    strncmp(trace->frames[i].call->symbol, "reflect", 7) != 0)
			return trace->frames[i].call;
	return NULL;
}

static bool starts_as_runner(const struct snapshot *s, const struct goroutine *g)
{
	const struct call *start = goroutine_start(s, g);
	for (size_t k = 0; start != NULL && k < sizeof(runners) / sizeof(runners[0]); k++)
		if (call_is(start, runners[k].symbol))
			return true;
	return false;
}

static void find_runner(const struct snapshot *s, uint32_t index, struct arena *arena,
			struct gc_state *state)
{
	const struct goroutine *g = &s->goroutines[index];
	const struct call *start = goroutine_start(s, g);
	struct trace trace;
	for (size_t k = 0; start != NULL && k < sizeof(runners) / sizeof(runners[0]); k++) {
		if (!call_is(start, runners[k].symbol))
			continue;
		goroutine_trace(s, g, false, arena, &trace);
		for (size_t i = 0; i < trace.count; i++) {
			const struct call *call = call_is(trace.frames[i].call, runners[k].symbol)
							  ? called_by(&trace, i)
							  : NULL;
			if (call == NULL)
				continue;
			add_actor(state, runners[k].kind, index, call, NULL);
			return;
		}
	}
}

/* Most of many goroutines have started in one of few functions. */
static void find_runners(const struct snapshot *s, struct arena *arena, struct gc_state *state)
{
	enum { KNOWN = 16 }; /* a power of two */
	uint64_t others[KNOWN] = { 0 };
	for (size_t i = 0; i < s->goroutine_count; i++) {
		const struct goroutine *g = &s->goroutines[i];
		uint64_t *other = &others[(g->startpc >> 5 ^ g->startpc >> 9) & (KNOWN - 1)];
		if (g->unreadable || g->system || g->startpc == 0 || *other == g->startpc)
			continue;
		if (starts_as_runner(s, g))
			find_runner(s, (uint32_t)i, arena, state);
		else
			*other = g->startpc;
	}
}

static void find_goexit(const struct snapshot *s, struct gc_state *state)
{
	const struct death *death = &s->death;
	if (death->bystander)
		return; /* as any other: find_endings() */
	for (size_t i = 0; i + 1 < death->culprit.count; i++) {
		if (!call_is(death->culprit.frames[i].call, "runtime.Goexit"))
			continue;
		add_actor(state, ACTOR_GOEXIT, death->goroutine, death->culprit.frames[i + 1].call,
			  "runtime.Goexit");
		return;
	}
}

/* The program's call of the runtime's function in the innermost such frame; NULL where there is
 * none. */
static const struct call *caller_of(const struct trace *trace, const char *symbol)
{
	size_t i = 0;
	while (i < trace->count && !call_is(trace->frames[i].call, symbol))
		i++;
	for (; i < trace->count; i++)
		if (!is_runtime(trace->frames[i].call))
			return trace->frames[i].call;
	return NULL;
}

/* The newest record of a goroutine's chain tells why its deferred calls run; one that was recovered
 * ends nothing (panic.go Goexit, gopanic). */
static void find_ending(const struct snapshot *s, uint32_t index, struct arena *arena,
			struct gc_state *state)
{
	const struct goroutine *g = &s->goroutines[index];
	struct view view;
	struct trace trace;
	if (!view_read(&view, s->image, &s->layout, RT_PANIC, g->panic, NULL) ||
	    view_get(&view, PANIC_RECOVERED) != 0 || view_get(&view, PANIC_ABORTED) != 0)
		return;
	bool goexit = view_get(&view, PANIC_GOEXIT) != 0;
	const char *in = goexit ? "runtime.Goexit" : "runtime.gopanic";
	goroutine_trace(s, g, false, arena, &trace);
	const struct call *call = caller_of(&trace, in);
	if (call != NULL)
		add_actor(state, goexit ? ACTOR_GOEXIT : ACTOR_PANIC, index, call,
			  goexit ? in : NULL);
}

/* Those that are not the death itself: one whose deferred call blocks may hold up others. */
static void find_endings(const struct snapshot *s, struct arena *arena, struct gc_state *state)
{
	const struct death *death = &s->death;
	for (uint32_t i = 0; i < s->goroutine_count && state->actor_count < ACTORS_MOST; i++) {
		const struct goroutine *g = &s->goroutines[i];
		if (g->panic != 0 && !g->unreadable && !g->system && i != death->second_goroutine &&
		    (i != death->goroutine || death->bystander))
			find_ending(s, i, arena, state);
	}
}

static void find_actors(const struct snapshot *s, struct arena *arena, struct gc_state *state)
{
	if (state->phase > 0)
		find_asker(s, true, arena, state);
	if (state->world_stop == 1)
		find_asker(s, false, arena, state);
	/* They count as the program's own while they run its functions (traceback.go
	 * isSystemGoroutine). */
	find_runners(s, arena, state);
	find_goexit(s, state);
	find_endings(s, arena, state);
}

void snapshot_gc_state(const struct snapshot *s, bool walk, struct arena *arena,
		       struct gc_state *state)
{
	struct view work;
	uint64_t addr;
	uint32_t value;
	*state = (struct gc_state){ .phase = -1, .assists = -1, .forced = -1, .world_stop = -1 };
	if (global_u32(s, RT_GCPHASE, &value) && value <= 2)
		state->phase = (int)value;
	if (global_u32(s, RT_GCBLACKENENABLED, &value) && value <= 1)
		state->assists = (int)value;
	if (global_u32(s, RT_WORLDSEMA, &value) && value <= 1)
		state->world_stop = value == 0;
	if (globals_get(&s->globals, RT_WORK_, &addr) && layout_has(&s->layout, WORK_USERFORCED) &&
	    view_read(&work, s->image, &s->layout, RT_WORK, addr, NULL))
		state->forced = view_get(&work, WORK_USERFORCED) != 0;
	if (walk)
		find_actors(s, arena, state);
}
