/* What DWARF says of a Go type. */
#include <dwarf.h>
#include <string.h>

#include "formats/dwarf_internal.h"

enum { FIELDS_MAX = 1 << 16 };

/* An offset that has the form of an address, though it is none. */
static uint64_t descriptor_of(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Addr addr;
	Dwarf_Word word;
	if (dwarf_attr(die, DW_AT_go_runtime_type, &attr) == NULL)
		return 0;
	if (dwarf_formaddr(&attr, &addr) == 0)
		return addr;
	return dwarf_formudata(&attr, &word) == 0 ? word : 0;
}

static struct dwarf_type type_of(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Die to;
	if (!dwarf_follow(die, attribute, &to))
		return (struct dwarf_type){ 0 };
	return (struct dwarf_type){ dwarf_dieoffset(&to) };
}

static uint64_t array_length(Dwarf_Die *array)
{
	Dwarf_Die range;
	uint64_t count;
	if (dwarf_first(array, DW_TAG_subrange_type, &range) &&
	    dwarf_number(&range, DW_AT_count, &count))
		return count;
	return 0;
}

/* An interface is a typedef of what the runtime keeps for it. */
static bool is_eface(Dwarf_Die *interface)
{
	Dwarf_Die die = *interface, next;
	for (unsigned i = 0; i < DWARF_PEEL_MAX && dwarf_follow(&die, DW_AT_type, &next); i++)
		die = next;
	return strcmp(dwarf_name_of(&die), "runtime.eface") == 0;
}

static bool has_flag(Dwarf_Die *die, unsigned attribute)
{
	Dwarf_Attribute attr;
	bool flag;
	return dwarf_attr(die, attribute, &attr) != NULL && dwarf_formflag(&attr, &flag) == 0 &&
	       flag;
}

bool dwarf_type_facts(const struct dwarf *dwarf, struct dwarf_type type,
		      struct dwarf_type_facts *facts)
{
	Dwarf_Die die, shape;
	*facts = (struct dwarf_type_facts){ 0 };
	if (!dwarf_open_type(dwarf, type, &die) || !dwarf_find_kind(&die, &shape, &facts->kind) ||
	    !dwarf_size_of(&shape, &facts->size))
		return false;
	facts->name = dwarf_go_name(&die);
	if (facts->name[0] == '\0') /* a qualifier of C */
		facts->name = dwarf_go_name(&shape);
	facts->parameter = dwarf_number(&die, DW_AT_go_dict_index, &facts->dictionary_index);
	facts->descriptor = descriptor_of(&shape);
	facts->element = type_of(&shape, DW_AT_go_elem);
	facts->key = type_of(&shape, DW_AT_go_key);
	if (facts->kind == DWARF_KIND_ARRAY) {
		facts->element = type_of(&shape, DW_AT_type);
		facts->length = array_length(&shape);
	} else if (facts->kind == DWARF_KIND_POINTER) {
		facts->element = type_of(&shape, DW_AT_type);
		if (facts->element.offset == 0) /* Go's unsafe.Pointer, C's void * */
			facts->kind = DWARF_KIND_UNSAFE_POINTER;
	} else if (facts->kind == DWARF_KIND_INTERFACE) {
		facts->empty_interface = is_eface(&shape);
	}
	return true;
}

bool dwarf_type_fields(const struct dwarf *dwarf, struct dwarf_type type, struct arena *arena,
		       struct dwarf_field_facts **fields, size_t *count)
{
	Dwarf_Die die, shape, member;
	enum dwarf_kind kind;
	VEC(struct dwarf_field_facts) found = { 0 };
	if (!dwarf_open_type(dwarf, type, &die) || !dwarf_find_kind(&die, &shape, &kind) ||
	    dwarf_tag(&shape) != DW_TAG_structure_type)
		return false;
	bool more = dwarf_first(&shape, DW_TAG_member, &member);
	for (; more && found.count < FIELDS_MAX;
	     more = dwarf_next(&member, DW_TAG_member, &member)) {
		struct dwarf_field_facts field = {
			.name = dwarf_name_of(&member),
			.type = type_of(&member, DW_AT_type),
			.embedded = has_flag(&member, DW_AT_go_embedded_field),
		};
		if (field.type.offset != 0 && dwarf_member_offset(&member, &field.offset))
			vec_push(&found, field);
	}
	*fields = vec_keep(&found, arena);
	*count = found.count;
	vec_release(&found);
	return true;
}
