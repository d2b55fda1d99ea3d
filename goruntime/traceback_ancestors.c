/*
 * The goroutines that created a goroutine, as GODEBUG=tracebackancestors=N keeps them: g.ancestors
 * is a *[]ancestorInfo (runtime/runtime2.go), printed by printAncestorTraceback (traceback.go).
 */
#include <inttypes.h>

#include "goruntime/private.h"
#include "goruntime/traceback_internal.h"

enum {
	ANCESTOR_PCS = 0, /* pcs []uintptr: address, length, capacity */
	ANCESTOR_GOID = 24,
	ANCESTOR_GOPC = 32,
	ANCESTOR_SIZE = 40,
	ANCESTORS_MAX = 1000, /* bounds on what damaged memory may ask for */
	PCS_MAX = 1000,
};

static bool word_at(const struct snapshot *s, uint64_t addr, uint64_t *word)
{
	return image_u64(s->image, addr, word, NULL);
}

/* Code at PC whose physical function the view shows; NULL otherwise. */
static const struct code *shown_code(const struct traceback *traceback, uint64_t pc, bool first)
{
	const struct traceback_view view = { traceback->style,
					     traceback->level >= TRACEBACK_SYSTEM };
	struct code_cache *cache = traceback->code;
	const struct code *code = code_at(cache, pc);
	if (!code->valid)
		return NULL;
	struct calls calls = code_calls(cache, code, pc);
	const struct call *call = &calls.items[calls.count - 1];
	return traceback_shows(&view, call, first, FUNC_NORMAL) ? code : NULL;
}

/* printAncestorTracebackFuncInfo: the innermost call at the pc as it is. */
static void add_frame(const struct traceback *traceback, const struct code *code, uint64_t pc,
		      struct str *out)
{
	struct calls calls = code_calls(traceback->code, code, pc);
	const struct call *call = &calls.items[0];
	_cleanup_str_ struct str buf = { 0 };
	const char *file = call->file;
	if (traceback->map_path != NULL && file != NULL)
		file = traceback->map_path(traceback->map_data, file, &buf);
	str_printf(out, "%s(...)\n\t%s:%d", call->function, file ? file : "?", call->line);
	if (pc > code->func.entry)
		str_printf(out, " +0x%" PRIx64, pc - code->func.entry);
	str_add_char(out, '\n');
}

static void add_frames(const struct traceback *traceback, uint64_t pcs, uint64_t count,
		       struct str *out)
{
	uint64_t most = traceback->style.elides_middle ? 50 : 100;
	uint64_t pc;
	for (uint64_t i = 0; i < count && i < PCS_MAX; i++) {
		if (!word_at(traceback->snapshot, pcs + 8 * i, &pc))
			return;
		const struct code *code = shown_code(traceback, pc, i == 0);
		if (code != NULL)
			add_frame(traceback, code, pc, out);
	}
	if (count == most)
		str_add(out, "...additional frames elided...\n");
}

static bool add_ancestor(const struct traceback *traceback, uint64_t addr, struct str *out)
{
	const struct snapshot *s = traceback->snapshot;
	uint64_t pcs, count, id, pc;
	if (!word_at(s, addr + ANCESTOR_PCS, &pcs) ||
	    !word_at(s, addr + ANCESTOR_PCS + 8, &count) ||
	    !word_at(s, addr + ANCESTOR_GOID, &id) || !word_at(s, addr + ANCESTOR_GOPC, &pc))
		return false;
	str_printf(out, "[originating from goroutine %" PRIu64 "]:\n", id);
	add_frames(traceback, pcs, count, out);
	const struct code *code = id == 1 ? NULL : shown_code(traceback, pc, false);
	if (code == NULL)
		return true;
	struct calls calls = code_calls(traceback->code, code, pc);
	str_printf(out, "created by %s\n", calls.items[calls.count - 1].function);
	traceback_add_place(traceback, code, pc, out);
	return true;
}

void traceback_add_ancestors(const struct traceback *traceback, const struct goroutine *g,
			     struct str *out)
{
	const struct snapshot *s = traceback->snapshot;
	uint64_t items, count;
	if (g->ancestors == 0 || !word_at(s, g->ancestors, &items) ||
	    !word_at(s, g->ancestors + 8, &count))
		return;
	for (uint64_t i = 0; i < count && i < ANCESTORS_MAX; i++)
		if (!add_ancestor(traceback, items + i * ANCESTOR_SIZE, out))
			return;
}
