#include <dwarf.h>

#include "formats/dwarf_internal.h"

static uint64_t signed_leb128(struct cursor *c)
{
	uint64_t value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = cursor_u8(c);
		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (byte & 0x40 && shift + 7 < 64)
			value |= UINT64_MAX << (shift + 7);
		return value;
	}
	c->failed = true;
	return 0;
}

/* The operand of the operations that cmd/compile and cmd/link write. */
static bool read_operand(struct cursor *c, struct dwarf_operation *operation)
{
	switch (operation->atom) {
	case DW_OP_addr:
		operation->number = cursor_u64(c);
		return true;
	case DW_OP_fbreg:
		operation->number = signed_leb128(c);
		return true;
	case DW_OP_piece:
	case DW_OP_regx:
		operation->number = cursor_uvarint(c);
		return true;
	case DW_OP_call_frame_cfa:
		return true;
	default:
		return operation->atom >= DW_OP_reg0 && operation->atom <= DW_OP_reg31;
	}
}

/* libdw refuses block forms as locations in DWARF 4 and 5, and those are what Go writes. */
static bool read_block(struct bytes bytes, struct dwarf_location *location)
{
	struct cursor c = cursor_of(bytes);
	while (cursor_left(&c) > 0) {
		struct dwarf_operation operation = { .atom = cursor_u8(&c) };
		if (location->count == DWARF_OPERATIONS_MAX || !read_operand(&c, &operation) ||
		    c.failed)
			return false;
		location->operations[location->count++] = operation;
	}
	return true;
}

static bool read_list(Dwarf_Attribute *attr, Dwarf_Addr pc, struct dwarf_location *location)
{
	Dwarf_Op *expression;
	size_t count;
	if (dwarf_getlocation_addr(attr, pc, &expression, &count, 1) != 1 ||
	    count > DWARF_OPERATIONS_MAX)
		return false;
	for (size_t i = 0; i < count; i++)
		location->operations[i] = (struct dwarf_operation){
			.atom = expression[i].atom,
			.number = expression[i].number,
		};
	location->count = count;
	return true;
}

bool dwarf_location_at(Dwarf_Die *die, uint64_t pc, struct dwarf_location *location)
{
	Dwarf_Attribute attr;
	Dwarf_Block block;
	*location = (struct dwarf_location){ 0 };
	if (dwarf_attr(die, DW_AT_location, &attr) == NULL)
		return false;
	if (dwarf_whatform(&attr) == DW_FORM_sec_offset ||
	    dwarf_whatform(&attr) == DW_FORM_loclistx || dwarf_whatform(&attr) == DW_FORM_exprloc)
		return read_list(&attr, pc, location);
	return dwarf_formblock(&attr, &block) == 0 &&
	       read_block((struct bytes){ block.data, block.length }, location);
}

bool dwarf_register_of(const struct dwarf_operation *operation, unsigned *number)
{
	if (operation->atom >= DW_OP_reg0 && operation->atom <= DW_OP_reg31)
		*number = operation->atom - DW_OP_reg0;
	else if (operation->atom == DW_OP_regx)
		*number = (unsigned)operation->number;
	else
		return false;
	return true;
}

/* --- package-level variables */

static bool address_of(Dwarf_Die *variable, uint64_t *addr, uint64_t *size)
{
	Dwarf_Die type;
	struct dwarf_location location;
	if (!dwarf_location_at(variable, 0, &location) || location.count != 1 ||
	    location.operations[0].atom != DW_OP_addr)
		return false;
	*addr = location.operations[0].number;
	*size = 0;
	if (dwarf_follow(variable, DW_AT_type, &type) && !dwarf_size_of(&type, size))
		*size = 0;
	return true;
}

bool dwarf_variable(const struct dwarf *dwarf, const char *name, uint64_t *addr, uint64_t *size)
{
	Dwarf_Die variable;
	return dwarf_find(dwarf, DWARF_NAME_VARIABLE, name, &variable) &&
	       address_of(&variable, addr, size);
}

static bool search_variable(Dwarf *dbg, const struct dwarf_index *index, uint64_t addr,
			    Dwarf_Die *variable, uint64_t *offset)
{
	for (size_t i = 0; i < index->names.count; i++) {
		uint64_t start, size;
		if (index->names.items[i].kind != DWARF_NAME_VARIABLE ||
		    dwarf_offdie(dbg, index->names.items[i].offset, variable) == NULL ||
		    !address_of(variable, &start, &size) || addr < start || addr - start >= size)
			continue;
		*offset = addr - start;
		return true;
	}
	return false;
}

bool dwarf_variable_at(const struct dwarf *dwarf, uint64_t addr, Dwarf_Die *variable,
		       uint64_t *offset)
{
	if (!dwarf_index_all(dwarf))
		return false;
	const struct dwarf_state *state = dwarf->state;
	return search_variable(state->dbg, &state->others, addr, variable, offset) ||
	       search_variable(state->dbg, &state->runtime, addr, variable, offset);
}
