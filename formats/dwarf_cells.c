/* Whose variables the cells on the heap are. */
#include <dwarf.h>
#include <string.h>

#include "formats/dwarf_internal.h"

enum { CELL_DIES_MAX = 1 << 16 }; /* that are looked at in one function */

static bool is_cell(const struct dwarf_local *local)
{
	return local->escaped && local->optimized && local->line > 0;
}

/* What is inlined declares its variables once for all calls, one behind the other
 * (cmd/internal/dwarf PutAbstractFunc). */
static void count_declared(Dwarf_Die *call, struct dwarf_scope *scope, size_t *left)
{
	Dwarf_Die origin, child;
	if (!dwarf_follow(call, DW_AT_abstract_origin, &origin) ||
	    dwarf_child(&origin, &child) != 0)
		return;
	do {
		uint64_t line;
		if (!dwarf_is_variable(dwarf_tag(&child)) ||
		    !dwarf_number(&child, DW_AT_decl_line, &line))
			continue;
		for (size_t i = 0; i < scope->count; i++) {
			struct dwarf_local *local = &scope->locals[i];
			if (is_cell(local) && local->line == line &&
			    strcmp(local->name, dwarf_name_of(&child)) == 0) {
				local->inlined_calls++;
				local->inlined_origin = dwarf_dieoffset(&origin);
			}
		}
	} while ((*left)-- > 1 && dwarf_siblingof(&child, &child) == 0);
}

static bool has_cells(const struct dwarf_scope *scope)
{
	for (size_t i = 0; i < scope->count; i++)
		if (is_cell(&scope->locals[i]))
			return true;
	return false;
}

/* Looks at all calls that are inlined in FUNCTION, and in each other. */
static void count_calls(Dwarf_Die *function, struct dwarf_scope *scope)
{
	Dwarf_Die path[DWARF_NEST_MAX];
	size_t left = CELL_DIES_MAX;
	if (dwarf_child(function, &path[0]) != 0)
		return;
	for (size_t depth = 1; depth > 0 && left > 0; left -= left > 0) {
		Dwarf_Die child, *die = &path[depth - 1];
		int tag = dwarf_tag(die);
		bool call = tag == DW_TAG_inlined_subroutine;
		if (call)
			count_declared(die, scope, &left);
		bool inner = (call || tag == DW_TAG_lexical_block) && dwarf_child(die, &child) == 0;
		if (dwarf_siblingof(die, die) != 0) /* each level stands at what is next there */
			depth--;
		if (inner && depth < DWARF_NEST_MAX)
			path[depth++] = child;
	}
}

static bool has_local(const struct dwarf_scope *scope, const struct dwarf_local *local)
{
	for (size_t i = 0; i < scope->count; i++)
		if (scope->locals[i].line == local->line &&
		    strcmp(scope->locals[i].name, local->name) == 0)
			return true;
	return false;
}

/* Adds to INLINED its variables whose cells can be of no other call: Go has no other record of
 * them. */
static void give_cells(const struct dwarf_scope *function, struct arena *arena,
		       struct dwarf_scope *inlined)
{
	VEC(struct dwarf_local) all = { 0 };
	for (size_t i = 0; i < inlined->count; i++)
		vec_push(&all, inlined->locals[i]);
	for (size_t i = 0; i < function->count; i++) {
		const struct dwarf_local *cell = &function->locals[i];
		if (cell->inlined_calls == 1 && cell->inlined_origin == inlined->origin &&
		    cell->piece_count > 0 && !has_local(inlined, cell))
			vec_push(&all, *cell);
	}
	for (size_t i = inlined->count; i < all.count; i++)
		all.items[i].inlined_calls = 0; /* it is at home here */
	inlined->locals = vec_keep(&all, arena);
	inlined->count = all.count;
	vec_release(&all);
}

void dwarf_settle_cells(const struct dwarf *dwarf, uint64_t pc, struct arena *arena,
			struct dwarf_scopes *scopes)
{
	Dwarf_Die function;
	if (scopes->count == 0 || !has_cells(&scopes->items[0]) ||
	    !dwarf_subprogram_at(dwarf, pc, &function))
		return;
	count_calls(&function, &scopes->items[0]);
	for (size_t i = 1; i < scopes->count; i++)
		give_cells(&scopes->items[0], arena, &scopes->items[i]);
}
