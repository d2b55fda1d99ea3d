/* Which unit and which function a pc lies in. */
#include <dwarf.h>
#include <stdlib.h>

#include "formats/dwarf_internal.h"

static int compare_ranges(const void *a, const void *b)
{
	const struct dwarf_range *x = a, *y = b;
	return (x->lo > y->lo) - (x->lo < y->lo);
}

/* The ranges of all units, read once: Go writes no .debug_aranges that could be asked. */
static void make_ranges(Dwarf *dbg, struct dwarf_state *state)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	state->ranges_made = true;
	while (dwarf_get_units(dbg, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
		Dwarf_Addr base, lo, hi;
		ptrdiff_t next = 0;
		for (unsigned i = 0; i < DWARF_RANGES_MAX; i++) {
			next = dwarf_ranges(&unit, next, &base, &lo, &hi);
			if (next <= 0)
				break;
			if (lo < hi)
				vec_push(&state->ranges,
					 (struct dwarf_range){ lo, hi, dwarf_dieoffset(&unit) });
		}
	}
	if (state->ranges.count > 0)
		qsort(state->ranges.items, state->ranges.count, sizeof(state->ranges.items[0]),
		      compare_ranges);
}

static const struct dwarf_range *find_range(const struct dwarf_state *state, uint64_t pc)
{
	size_t lo = 0, hi = state->ranges.count;
	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;
		if (state->ranges.items[middle].lo <= pc)
			lo = middle + 1;
		else
			hi = middle;
	}
	const struct dwarf_range *range = lo > 0 ? &state->ranges.items[lo - 1] : NULL;
	return range != NULL && pc < range->hi ? range : NULL;
}

bool dwarf_subprogram_at(const struct dwarf *dwarf, uint64_t pc, Dwarf_Die *subprogram)
{
	Dwarf *dbg = dwarf_handle(dwarf);
	Dwarf_Die unit;
	if (dbg == NULL)
		return false;
	if (!dwarf->state->ranges_made)
		make_ranges(dbg, dwarf->state);
	const struct dwarf_range *range = find_range(dwarf->state, pc);
	if (range == NULL || dwarf_offdie(dbg, range->unit, &unit) == NULL ||
	    !dwarf_first(&unit, DW_TAG_subprogram, subprogram))
		return false;
	do {
		if (dwarf_haspc(subprogram, pc) == 1)
			return true;
	} while (dwarf_next(subprogram, DW_TAG_subprogram, subprogram));
	return false;
}
