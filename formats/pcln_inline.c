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

/*
 * The entry of the innermost inlined call at PC, whose index in the tree is then *INDEX; NULL at
 * the physical function. A caller has a smaller index than what it calls (cmd/internal/obj/pcln.go
 * addBranch adds it first), so indexes that do not fall are damage, and the walk ends.
 */
static const uint8_t *call_at(const struct pclntab *tab, const struct func *func,
			      struct bytes tree, uint64_t pc, int32_t *index)
{
	int32_t i = pclntab_pcdata(tab, func, PCDATA_INLINE_TREE, pc);
	if (i < 0 || i >= *index)
		return NULL;
	*index = i;
	return tree_entry(tab, tree, i);
}

size_t pclntab_calls(const struct pclntab *tab, const struct func *func, uint64_t pc,
		     struct pcln_call *calls, size_t room)
{
	struct bytes tree = pclntab_funcdata(tab, func, FUNCDATA_INLINE_TREE);
	int32_t index = INT32_MAX;
	size_t count = 0;
	assert(room > 0);
	if (room > LIMIT_INLINE_DEPTH)
		room = LIMIT_INLINE_DEPTH;
	while (count + 1 < room) {
		const uint8_t *entry = call_at(tab, func, tree, pc, &index);
		if (entry == NULL)
			break;
		inlined_call(tab, entry, &calls[count]);
		pclntab_line(tab, func, pc, &calls[count].file, &calls[count].line);
		count++;
		pc = func->entry + bytes_u32(entry + pcln_layout(tab)->call_pc);
	}
	physical_call(tab, func, &calls[count]);
	pclntab_line(tab, func, pc, &calls[count].file, &calls[count].line);
	return count + 1;
}
