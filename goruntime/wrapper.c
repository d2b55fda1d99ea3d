#include "goruntime/wrapper.h"

#include <string.h>

#include "formats/disasm.h"
#include "goruntime/private.h"

enum { WRAPPER_MAX = 4096 }; /* bytes */

struct search {
	const struct snapshot *s;
	const struct code *code;
	const struct call *program, *runtime; /* what is called, of either */
	bool many_of_program, many_of_runtime, by_pointer;
};

/* What the compiler itself puts into any function. */
static bool is_helper(const char *name)
{
	static const char *const prefixes[] = {
		"runtime.morestack", "runtime.gcWriteBarrier", "runtime.panic",
		"runtime.goPanic",   "runtime.duff",	       "runtime.race",
		"runtime.msan",	     "runtime.asan",	       "runtime.typedmem",
		"runtime.wb",
	};
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

static void add(const struct call *call, const struct call **known, bool *many)
{
	if (*known == NULL)
		*known = call;
	else if (strcmp((*known)->symbol, call->symbol) != 0)
		*many = true;
}

static void add_target(struct search *search, const struct call *call)
{
	if (strncmp(call->symbol, "runtime.", 8) != 0)
		add(call, &search->program, &search->many_of_program);
	else if (!is_helper(call->symbol))
		add(call, &search->runtime, &search->many_of_runtime);
}

/* A call of the wrapper's own, or a jump that is one. */
static void look_at(struct search *search, const struct instruction *insn)
{
	const struct func *func = &search->code->func;
	struct calls here = code_calls(snapshot_code(search->s), search->code, insn->pc);
	if (here.count > 1) { /* part of a call that is inlined */
		add_target(search, &here.items[here.count - 2]);
		return;
	}
	bool jump = insn->flow == DISASM_JUMP;
	if (insn->flow != DISASM_CALL && !jump)
		return;
	if (insn->indirect) {
		search->by_pointer = true;
		return;
	}
	if (jump && insn->target >= func->entry && insn->target < func->end)
		return;
	struct calls there = snapshot_calls(search->s, insn->target, insn->target);
	if (there.count > 0)
		add_target(search, &there.items[there.count - 1]);
}

const struct call *wrapper_target(const struct snapshot *s, uint64_t pc)
{
	struct search search = { .s = s, .code = code_at(snapshot_code(s), pc) };
	const struct func *func = &search.code->func;
	if (!search.code->valid || func->id != FUNC_WRAPPER ||
	    func->end - func->entry > WRAPPER_MAX)
		return NULL;
	size_t size = (size_t)(func->end - func->entry);
	const uint8_t *bytes = image_at(s->image, func->entry, size);
	struct disasm *disasm = bytes != NULL ? disasm_create(s->image->arch) : NULL;
	if (disasm == NULL)
		return NULL;
	struct instruction insn;
	struct disasm_walk walk =
		disasm_walk_start(disasm, (struct bytes){ bytes, size }, func->entry);
	while (disasm_walk_next(&walk, &insn))
		look_at(&search, &insn);
	disasm_destroy(disasm);
	if (search.by_pointer || search.many_of_program)
		return NULL;
	if (search.program != NULL)
		return search.program;
	return search.many_of_runtime ? NULL : search.runtime;
}
