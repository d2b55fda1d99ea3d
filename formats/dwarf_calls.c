#include "formats/dwarf_calls.h"

#include <dwarf.h>

#include "formats/dwarf_internal.h"

enum { INLINED_MAX = 64 }; /* calls in each other */

struct place {
	const char *file;
	int32_t line;
};

/* The row of the line table that holds PC. */
static struct place place_at(Dwarf_Die *unit, uint64_t pc)
{
	struct place place = { "", 0 };
	Dwarf_Line *row = dwarf_getsrc_die(unit, pc);
	int line;
	if (row == NULL || dwarf_lineno(row, &line) != 0)
		return place;
	const char *file = dwarf_linesrc(row, NULL, NULL);
	place.file = file != NULL ? file : "";
	place.line = line;
	return place;
}

/* Where an inlined call stands in its caller. */
static struct place place_of_call(Dwarf_Die *unit, Dwarf_Die *inlined)
{
	struct place place = { "", 0 };
	Dwarf_Files *files;
	size_t count;
	uint64_t file, line;
	if (dwarf_getsrcfiles(unit, &files, &count) != 0 ||
	    !dwarf_number(inlined, DW_AT_call_file, &file) || file >= count ||
	    !dwarf_number(inlined, DW_AT_call_line, &line) || line > INT32_MAX)
		return place;
	const char *path = dwarf_filesrc(files, file, NULL, NULL);
	place.file = path != NULL ? path : "";
	place.line = (int32_t)line;
	return place;
}

/* The function, then the calls inlined in it; where each stands in the one before it. */
struct chain {
	Dwarf_Die functions[INLINED_MAX];
	size_t count;
};

static void find_chain(Dwarf_Die *function, uint64_t pc, struct chain *chain)
{
	struct dwarf_body body;
	chain->functions[0] = *function;
	chain->count = 1;
	while (chain->count < INLINED_MAX) {
		dwarf_body_at(&chain->functions[chain->count - 1], pc, &body);
		if (!body.has_call)
			break;
		chain->functions[chain->count++] = body.call;
	}
}

/* The name by which the linker knows it, where the language makes one of its own. */
static const char *function_name(Dwarf_Die *function)
{
	Dwarf_Attribute attr;
	const char *name = NULL;
	if (dwarf_attr_integrate(function, DW_AT_linkage_name, &attr) != NULL)
		name = dwarf_formstring(&attr);
	return name != NULL ? name : dwarf_name_of(function);
}

bool dwarf_calls_at(const struct dwarf *dwarf, uint64_t pc, struct arena *arena,
		    struct dwarf_calls *calls)
{
	Dwarf_Die function, unit;
	struct chain chain;
	*calls = (struct dwarf_calls){ 0 };
	if (!dwarf_subprogram_at(dwarf, pc, &function) ||
	    dwarf_diecu(&function, &unit, NULL, NULL) == NULL)
		return false;
	find_chain(&function, pc, &chain);
	calls->items = arena_alloc(arena, chain.count * sizeof(*calls->items));
	struct place place = place_at(&unit, pc);
	for (size_t i = chain.count; i-- > 0;) {
		Dwarf_Die *die = &chain.functions[i];
		calls->items[calls->count++] = (struct dwarf_call){
			.function = function_name(die),
			.file = place.file,
			.line = place.line,
			.inlined = i > 0,
		};
		if (i > 0)
			place = place_of_call(&unit, die);
	}
	return true;
}
