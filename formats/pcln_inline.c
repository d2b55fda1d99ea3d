/* Calls that the compiler inlined (runtime/symtabinl.go inlineUnwinder). */
#include <assert.h>

#include "base/limits.h"
#include "formats/pcln_internal.h"

/* Entry INDEX of the function's inline tree; NULL if it is not there. */
static const uint8_t *tree_entry(const struct pclntab *tab, struct bytes tree, int32_t index)
{
	size_t size = pcln_layout(tab)->call_size;
	return bytes_sub(tree, (uint64_t)(uint32_t)index * size, size).data;
}

static void inlined_call(const struct pclntab *tab, const uint8_t *entry, struct pcln_call *call)
{
	const struct pcln_layout *layout = pcln_layout(tab);
	const char *name = pcln_string(tab->names, bytes_u32(entry + layout->call_name));
	call->name = name ? name : "";
	call->id = pcln_func_id(tab, entry[layout->call_id]);
	call->start_line = layout->call_line ? (int32_t)bytes_u32(entry + layout->call_line) : 0;
	call->inlined = true;
}

static void physical_call(const struct pclntab *tab, const struct func *func,
			  struct pcln_call *call)
{
	call->name = pclntab_name(tab, func);
	call->id = func->id;
	call->start_line = (int32_t)func->start_line;
	call->inlined = false;
}

/* The levels of calls at one pc, from the innermost outward. */
struct levels {
	const struct pclntab *tab;
	const struct func *func;
	struct bytes tree;
	uint64_t pc;   /* of the level that is next */
	int32_t index; /* of the level before, in the tree */
};

static struct levels levels_at(const struct pclntab *tab, const struct func *func, uint64_t pc)
{
	return (struct levels){
		.tab = tab,
		.func = func,
		.tree = pclntab_funcdata(tab, func, FUNCDATA_INLINE_TREE),
		.pc = pc,
		.index = INT32_MAX,
	};
}

/*
 * The tree's entry of the next level, which is at *PC; NULL where only the physical function is
 * left, at levels->pc. A caller has a smaller index than what it calls (cmd/internal/obj/pcln.go
 * addBranch adds it first), so indexes that do not fall are damage, and the walk ends.
 */
static const uint8_t *next_inlined(struct levels *levels, uint64_t *pc)
{
	int32_t i = pclntab_pcdata(levels->tab, levels->func, PCDATA_INLINE_TREE, levels->pc);
	const uint8_t *entry = i < 0 || i >= levels->index
				       ? NULL
				       : tree_entry(levels->tab, levels->tree, i);
	if (entry == NULL)
		return NULL;
	*pc = levels->pc;
	levels->index = i;
	levels->pc = levels->func->entry + bytes_u32(entry + pcln_layout(levels->tab)->call_pc);
	return entry;
}

uint64_t pclntab_physical_pc(const struct pclntab *tab, const struct func *func, uint64_t pc)
{
	struct levels levels = levels_at(tab, func, pc);
	for (unsigned depth = 0; depth < LIMIT_INLINE_DEPTH; depth++)
		if (next_inlined(&levels, &pc) == NULL)
			break;
	return levels.pc;
}

size_t pclntab_calls(const struct pclntab *tab, const struct func *func, uint64_t pc,
		     struct pcln_call *calls, size_t room)
{
	struct levels levels = levels_at(tab, func, pc);
	size_t count = 0;
	assert(room > 0);
	if (room > LIMIT_INLINE_DEPTH)
		room = LIMIT_INLINE_DEPTH;
	while (count + 1 < room) {
		const uint8_t *entry = next_inlined(&levels, &pc);
		if (entry == NULL)
			break;
		inlined_call(tab, entry, &calls[count]);
		pclntab_line(tab, func, pc, &calls[count].file, &calls[count].line);
		count++;
	}
	physical_call(tab, func, &calls[count]);
	pclntab_line(tab, func, levels.pc, &calls[count].file, &calls[count].line);
	return count + 1;
}
