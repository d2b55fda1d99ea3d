/*
 * Which parts of a value its pieces are. The compiler takes a value of up to four words apart and
 * writes a piece for each part that it ever had a place for: none for a part that was never needed,
 * none for the padding, and no DW_OP_piece at all where there is only one
 * (cmd/compile/internal/ssa/debug.go writePendingEntry, varSlots).
 */
#include <dwarf.h>

#include "formats/dwarf_internal.h"

enum {
	PARTS_MAX = 64,
	NESTING_MAX = 16,
	STEPS_MAX = 1024, /* members; structs without bytes in each other have no parts */
	TAKEN_APART_MAX = 32,  /* bytes: cmd/compile/internal/ssa/value.go CanSSA */
	ENTRIES_MAX = 1 << 14, /* of one list */
};

struct parts {
	struct {
		uint64_t offset, size;
		bool pointer;
	} items[PARTS_MAX];
	size_t count;
	bool whole; /* it has a part that is never taken apart */
};

static void add_part(struct parts *parts, uint64_t offset, uint64_t size, bool pointer)
{
	if (parts->count == PARTS_MAX) {
		parts->whole = true;
		return;
	}
	parts->items[parts->count].offset = offset;
	parts->items[parts->count].size = size;
	parts->items[parts->count++].pointer = pointer;
}

struct level { /* a struct whose members are gone through */
	Dwarf_Die member; /* the next one, if MORE */
	uint64_t offset;  /* of the struct */
	bool more;
};

/* Adds the parts of TYPE, which is at OFFSET. True where they are those of the members of a struct:
 * LEVEL is made to stand before them. */
static bool add_type(struct parts *parts, Dwarf_Die *type, uint64_t offset, struct level *level)
{
	Dwarf_Die shape;
	uint64_t size;
	if (!dwarf_peel(type, &shape) || !dwarf_size_of(&shape, &size) ||
	    dwarf_tag(&shape) == DW_TAG_array_type) {
		parts->whole = true;
		return false;
	}
	enum dwarf_kind kind = dwarf_kind_of(&shape);
	if (dwarf_tag(&shape) == DW_TAG_structure_type) {
		level->offset = offset;
		level->more = dwarf_first(&shape, DW_TAG_member, &level->member);
		parts->whole |= !level->more && size > 0;
		return level->more;
	}
	if (kind == DWARF_KIND_COMPLEX64 || kind == DWARF_KIND_COMPLEX128) {
		add_part(parts, offset, size / 2, false);
		add_part(parts, offset + size / 2, size / 2, false);
	} else if (size > 0) {
		add_part(parts, offset, size, dwarf_tag(&shape) == DW_TAG_pointer_type);
	}
	return false;
}

static void parts_of(Dwarf_Die *type, struct parts *parts)
{
	struct level levels[NESTING_MAX + 1];
	size_t depth = 0;
	*parts = (struct parts){ 0 };
	depth += add_type(parts, type, 0, &levels[0]);
	for (unsigned steps = 0; depth > 0 && !parts->whole; steps++) {
		Dwarf_Die of_member;
		uint64_t within;
		struct level *level = &levels[depth - 1];
		if (!level->more) {
			depth--;
		} else if (steps >= STEPS_MAX || depth > NESTING_MAX ||
			   !dwarf_follow(&level->member, DW_AT_type, &of_member) ||
			   !dwarf_member_offset(&level->member, &within)) {
			parts->whole = true;
		} else {
			level->more = dwarf_next(&level->member, DW_TAG_member, &level->member);
			depth += add_type(parts, &of_member, level->offset + within, level + 1);
		}
	}
}

/* Whether the pieces are all the parts, in order; a piece may be several that lie side by side. */
static bool fit(const struct parts *parts, const uint64_t *sizes, size_t count, uint64_t *offsets)
{
	size_t part = 0;
	for (size_t i = 0; i < count; i++) {
		uint64_t end = 0;
		if (part == parts->count)
			return false;
		offsets[i] = parts->items[part].offset;
		while (part < parts->count && end < sizes[i]) {
			end = parts->items[part].offset + parts->items[part].size - offsets[i];
			part++;
		}
		if (end != sizes[i])
			return false;
	}
	return part == parts->count;
}

/* The place of piece I: its operation, NULL where it is lost. */
static const struct dwarf_operation *place_of(const struct dwarf_location *location, size_t i)
{
	const struct dwarf_operation *place = NULL;
	for (size_t k = 0; k < location->count; k++) {
		if (location->operations[k].atom != DW_OP_piece)
			place = &location->operations[k];
		else if (i-- == 0)
			return place;
		else
			place = NULL;
	}
	return NULL;
}

/* go1.19 writes the first part of some values twice; then another one is missing. */
static bool has_pointer_twice(const struct parts *parts, const struct dwarf_location *location,
			      size_t count)
{
	for (size_t i = 0; i + 1 < count && i < parts->count; i++) {
		const struct dwarf_operation *a = place_of(location, i),
					     *b = place_of(location, i + 1);
		if (parts->items[i].pointer && a != NULL && b != NULL && a->atom == b->atom &&
		    a->number == b->number)
			return true;
	}
	return false;
}

static bool is_register(const Dwarf_Op *operation)
{
	return (operation->atom >= DW_OP_reg0 && operation->atom <= DW_OP_reg31) ||
	       operation->atom == DW_OP_regx;
}

/* What the places of a list are, wherever the pc is. */
static void look_at_list(Dwarf_Attribute *attr, bool *pieces, bool *registers)
{
	Dwarf_Addr base, start, end;
	Dwarf_Op *expression;
	size_t count;
	ptrdiff_t at = 0;
	*pieces = *registers = false;
	for (unsigned i = 0; i < ENTRIES_MAX; i++) {
		at = dwarf_getlocations(attr, at, &base, &start, &end, &expression, &count);
		if (at <= 0)
			return;
		for (size_t k = 0; k < count; k++) {
			*registers |= is_register(&expression[k]);
			*pieces |= expression[k].atom == DW_OP_piece;
		}
	}
}

/* Whether the one place of VARIABLE is that of the whole and not of a part. Optimized code has as
 * many pieces at one pc as at another, so that none means one part; but not of what is in memory
 * all the time, which is never taken apart. Else a parameter has pieces while it is in registers,
 * and is whole then. */
static bool is_whole(Dwarf_Die *variable, Dwarf_Die *type, uint64_t size)
{
	Dwarf_Attribute attr, flag;
	struct parts parts;
	bool result = false, pieces, registers;
	if (size <= 8 || size > TAKEN_APART_MAX ||
	    dwarf_attr(variable, DW_AT_location, &attr) == NULL ||
	    (dwarf_whatform(&attr) != DW_FORM_sec_offset &&
	     dwarf_whatform(&attr) != DW_FORM_loclistx))
		return true;
	parts_of(type, &parts);
	if (parts.whole || parts.count <= 1)
		return true;
	look_at_list(&attr, &pieces, &registers);
	if (pieces)
		return true;
	if (dwarf_attr_integrate(variable, DW_AT_variable_parameter, &flag) != NULL &&
	    dwarf_formflag(&flag, &result) != 0)
		result = false;
	return !registers && (dwarf_tag(variable) != DW_TAG_formal_parameter || result);
}

/* Other compilers account for every byte. */
static bool is_go(Dwarf_Die *variable)
{
	Dwarf_Die unit;
	return dwarf_diecu(variable, &unit, NULL, NULL) != NULL &&
	       dwarf_srclang(&unit) == DW_LANG_Go;
}

bool dwarf_piece_offsets(Dwarf_Die *variable, Dwarf_Die *type,
			 const struct dwarf_location *location,
			 uint64_t offsets[DWARF_OPERATIONS_MAX])
{
	uint64_t size, total = 0, sizes[DWARF_OPERATIONS_MAX];
	size_t count = 0;
	struct parts parts;
	offsets[0] = 0;
	if (!dwarf_size_of(type, &size))
		return false;
	for (size_t i = 0; i < location->count; i++) {
		if (location->operations[i].atom != DW_OP_piece)
			continue;
		offsets[count] = total;
		sizes[count++] = location->operations[i].number;
		total += location->operations[i].number;
	}
	if (!is_go(variable))
		return true;
	if (count == 0)
		return is_whole(variable, type, size);
	if (total > size)
		return true;
	parts_of(type, &parts);
	if (parts.whole)
		return total == size;
	if (total == size)
		return !has_pointer_twice(&parts, location, count);
	return fit(&parts, sizes, count, offsets);
}
