/* Numbers by the names that their types' packages give them. */
#include <string.h>

#include "goruntime/value_internal.h"

const char *value_constant_name(struct values *v, const struct value_type *type, uint64_t bits)
{
	const char *dot = strchr(type->name, '.');
	if (v->dwarf == NULL || type->package[0] == '\0' || dot == NULL ||
	    type->kind < KIND_INT || type->kind > KIND_UINTPTR || strchr(dot, '[') != NULL)
		return NULL;
	_cleanup_str_ struct str whole = { 0 }; /* as DWARF has it: with the package's path */
	str_printf(&whole, "%s%s", type->package, dot);
	const char *name = dwarf_constant_name(v->dwarf, type->package, str_text(&whole), bits,
					       type->size);
	const char *slash = name != NULL ? strrchr(name, '/') : NULL;
	return slash != NULL ? slash + 1 : name;
}
