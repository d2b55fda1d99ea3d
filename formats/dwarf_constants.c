/* Constants that are named, by their type and value (cmd/internal/obj/dwarf.go DwarfIntConst). */
#include <dwarf.h>
#include <string.h>

#include "formats/dwarf_internal.h"

enum { PACKAGES_MAX = 256, CONSTANTS_MAX = 1 << 16 };

static void read_unit(Dwarf_Die *unit, struct dwarf_constants *constants)
{
	Dwarf_Die die;
	bool more = dwarf_first(unit, DW_TAG_constant, &die);
	for (; more && constants->count < CONSTANTS_MAX;
	     more = dwarf_next(&die, DW_TAG_constant, &die)) {
		Dwarf_Attribute attr;
		Dwarf_Sword value;
		Dwarf_Die type;
		if (dwarf_attr(&die, DW_AT_const_value, &attr) == NULL ||
		    dwarf_formsdata(&attr, &value) != 0 || !dwarf_follow(&die, DW_AT_type, &type))
			continue;
		const struct dwarf_constant constant = {
			.name = dwarf_name_of(&die),
			.type = dwarf_dieoffset(&type),
			.value = (uint64_t)value,
		};
		vec_push(constants, constant);
	}
}

/* Those of PACKAGE, which are read once; NULL where too many packages were asked for. */
static const struct dwarf_constants *constants_of(const struct dwarf *dwarf, Dwarf *dbg,
						  const char *package)
{
	struct dwarf_state *state = dwarf->state;
	struct dwarf_package made = { 0 };
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	for (size_t i = 0; i < state->packages.count; i++)
		if (strcmp(state->packages.items[i].name, package) == 0)
			return &state->packages.items[i].constants;
	if (state->packages.count == PACKAGES_MAX)
		return NULL;
	while (dwarf_get_units(dbg, cu, &cu, NULL, NULL, &unit, NULL) == 0)
		if (strcmp(dwarf_name_of(&unit), package) == 0)
			read_unit(&unit, &made.constants);
	size_t size = strlen(package) + 1;
	made.name = memcpy(memory_grow(NULL, size), package, size);
	vec_push(&state->packages, made);
	return &state->packages.items[state->packages.count - 1].constants;
}

void dwarf_release_constants(struct dwarf_state *state)
{
	for (size_t i = 0; i < state->packages.count; i++) {
		free(state->packages.items[i].name);
		vec_release(&state->packages.items[i].constants);
	}
	vec_release(&state->packages);
}

static bool is_exported(const char *name)
{
	const char *dot = strrchr(name, '.');
	return dot != NULL && dot[1] >= 'A' && dot[1] <= 'Z';
}

static bool is_of_type(Dwarf *dbg, const struct dwarf_constant *constant, const char *type)
{
	Dwarf_Die die;
	return dwarf_offdie(dbg, constant->type, &die) != NULL &&
	       strcmp(dwarf_name_of(&die), type) == 0;
}

/* One alone names a limit or a default, not what values mean. */
static bool is_enumerated(const struct dwarf_constants *constants, Dwarf_Off type)
{
	size_t count = 0;
	for (size_t i = 0; i < constants->count && count < 2; i++)
		count += constants->items[i].type == type;
	return count > 1;
}

const char *dwarf_constant_name(const struct dwarf *dwarf, const char *package, const char *type,
				uint64_t value, uint64_t size)
{
	Dwarf *dbg = dwarf_handle(dwarf);
	const struct dwarf_constants *constants =
		dbg != NULL ? constants_of(dwarf, dbg, package) : NULL;
	const char *found[2] = { NULL, NULL }; /* of the package alone, exported */
	size_t counts[2] = { 0, 0 };
	if (constants == NULL || size == 0 || size > 8)
		return NULL;
	uint64_t mask = UINT64_MAX >> (64 - 8 * size);
	for (size_t i = 0; i < constants->count; i++) {
		const struct dwarf_constant *constant = &constants->items[i];
		if (((constant->value ^ value) & mask) != 0 || !is_of_type(dbg, constant, type) ||
		    !is_enumerated(constants, constant->type))
			continue;
		bool exported = is_exported(constant->name);
		found[exported] = constant->name;
		counts[exported]++;
	}
	if (counts[1] > 0)
		return counts[1] == 1 ? found[1] : NULL;
	return counts[0] == 1 ? found[0] : NULL;
}
