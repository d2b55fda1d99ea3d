#include <dwarf.h>
#include <string.h>

#include "base/str.h"
#include "formats/dwarf_internal.h"

/* Follows typedefs to the DIE that states the kind, or to what is no typedef. */
bool dwarf_find_kind(Dwarf_Die *type, Dwarf_Die *to, enum dwarf_kind *kind)
{
	*to = *type;
	for (unsigned i = 0; i < DWARF_PEEL_MAX; i++) {
		*kind = dwarf_kind_of(to);
		if (*kind != DWARF_KIND_NONE || dwarf_tag(to) != DW_TAG_typedef)
			return true;
		Dwarf_Die next;
		if (!dwarf_follow(to, DW_AT_type, &next))
			return false;
		*to = next;
	}
	return false;
}

/* The name as Go has it. The typedefs ".param0" stand for the types of a generic function. */
const char *dwarf_go_name(Dwarf_Die *type)
{
	Dwarf_Die die = *type;
	for (unsigned i = 0; i < DWARF_PEEL_MAX; i++) {
		const char *name = dwarf_name_of(&die);
		Dwarf_Die next;
		if (strncmp(name, ".param", 6) != 0 || !dwarf_follow(&die, DW_AT_type, &next))
			return name;
		die = next;
	}
	return "";
}

/* What POINTER, a DW_TAG_pointer_type or a typedef of one, points to. */
bool dwarf_pointer_target(Dwarf_Die *pointer, Dwarf_Die *target)
{
	Dwarf_Die peeled;
	return dwarf_peel(pointer, &peeled) && dwarf_tag(&peeled) == DW_TAG_pointer_type &&
	       dwarf_follow(&peeled, DW_AT_type, target);
}

/* The element type of a slice or string, by its first member, which points to it. */
static bool element_of(Dwarf_Die *slice, Dwarf_Die *element)
{
	Dwarf_Die member, pointer;
	return dwarf_first(slice, DW_TAG_member, &member) &&
	       dwarf_follow(&member, DW_AT_type, &pointer) && dwarf_pointer_target(&pointer, element);
}

static bool target_of(Dwarf_Die *type, Dwarf_Die *target)
{
	Dwarf_Die die;
	enum dwarf_kind kind;
	if (!dwarf_find_kind(type, &die, &kind))
		return false;
	if (kind == DWARF_KIND_SLICE || kind == DWARF_KIND_STRING)
		return element_of(&die, target);
	return dwarf_pointer_target(&die, target);
}

/* --- walking into a value */

/* A value, or a part of it, on the way from a whole to what lies at an offset. */
struct place {
	Dwarf_Die type;	 /* as declared */
	Dwarf_Die shape; /* the DIE that states its kind */
	enum dwarf_kind kind;
	enum dwarf_part part;
	uint64_t offset; /* still to go */
	uint64_t size;	 /* of the part */
};

/* `(*p)` before a selector. */
static void add_operand(struct str *path)
{
	if (path->size == 0 || path->text[0] != '*')
		return;
	struct str wrapped = { 0 };
	str_printf(&wrapped, "(%s)", str_text(path));
	str_release(path);
	*path = wrapped;
}

static bool enter_member(struct place *place, struct str *path)
{
	Dwarf_Die member;
	if (!dwarf_first(&place->shape, DW_TAG_member, &member))
		return false;
	do {
		uint64_t start, size;
		if (!dwarf_member_offset(&member, &start) ||
		    !dwarf_follow(&member, DW_AT_type, &place->type) ||
		    !dwarf_size_of(&place->type, &size))
			continue;
		if (place->offset < start || place->offset - start >= size)
			continue;
		add_operand(path);
		str_printf(path, "%s%s", path->size > 0 ? "." : "", dwarf_name_of(&member));
		place->offset -= start;
		return true;
	} while (dwarf_next(&member, DW_TAG_member, &member));
	return false;
}

static bool enter_element(struct place *place, struct str *path)
{
	uint64_t size, whole;
	if (!dwarf_size_of(&place->shape, &whole) || place->offset >= whole ||
	    !dwarf_follow(&place->shape, DW_AT_type, &place->type) ||
	    !dwarf_size_of(&place->type, &size) || size == 0)
		return false;
	add_operand(path);
	str_printf(path, "[%llu]", (unsigned long long)(place->offset / size));
	place->offset %= size;
	return true;
}

/* The word of a string, slice or interface. */
static bool choose_part(struct place *place, const enum dwarf_part *parts, size_t count)
{
	if (place->offset / 8 >= count)
		return false;
	place->part = parts[place->offset / 8];
	place->size = 8;
	return true;
}

static bool finish_scalar(struct place *place)
{
	uint64_t size;
	if (!dwarf_size_of(&place->type, &size) || place->offset >= size)
		return false;
	place->part = DWARF_WHOLE;
	place->size = size;
	return true;
}

/* From a value of place->type to what lies at place->offset, adding selectors to PATH. */
static bool walk(struct place *place, struct str *path)
{
	static const enum dwarf_part slice[] = { DWARF_DATA, DWARF_LENGTH, DWARF_CAPACITY };
	static const enum dwarf_part interface[] = { DWARF_DYNAMIC_TYPE, DWARF_DYNAMIC_VALUE };
	for (unsigned i = 0; i < DWARF_NEST_MAX; i++) {
		if (!dwarf_find_kind(&place->type, &place->shape, &place->kind))
			return false;
		bool entered;
		switch (place->kind) {
		case DWARF_KIND_STRUCT:
			entered = enter_member(place, path);
			break;
		case DWARF_KIND_ARRAY:
			entered = enter_element(place, path);
			break;
		case DWARF_KIND_SLICE:
			return choose_part(place, slice, 3);
		case DWARF_KIND_STRING:
			return choose_part(place, slice, 2);
		case DWARF_KIND_INTERFACE:
			return choose_part(place, interface, 2);
		default:
			return finish_scalar(place);
		}
		if (!entered)
			return false;
	}
	return false;
}

static const char *finish_path(enum dwarf_part part, struct str *path, struct arena *arena)
{
	if (part == DWARF_LENGTH)
		return arena_printf(arena, "len(%s)", str_text(path));
	if (part == DWARF_CAPACITY)
		return arena_printf(arena, "cap(%s)", str_text(path));
	return str_keep(path, arena);
}

bool dwarf_word_at(Dwarf_Die *type, uint64_t offset, struct str *path, struct arena *arena,
		   struct dwarf_word *word)
{
	struct place place = { .type = *type, .offset = offset };
	if (!walk(&place, path))
		return false;
	*word = (struct dwarf_word){
		.path = finish_path(place.part, path, arena),
		.type_name = arena_strdup(arena, dwarf_go_name(&place.type)),
		.type = { dwarf_dieoffset(&place.type) },
		.kind = place.kind,
		.part = place.part,
		.size = place.size < 8 ? place.size : 8,
	};
	return true;
}

bool dwarf_escaped_word(Dwarf_Die *pointer, const char *name, struct arena *arena,
			struct dwarf_word *word)
{
	Dwarf_Die target;
	if (!dwarf_pointer_target(pointer, &target))
		return false;
	*word = (struct dwarf_word){
		.path = arena_strdup(arena, name),
		.type_name = arena_strdup(arena, dwarf_go_name(&target)),
		.type = { dwarf_dieoffset(pointer) },
		.kind = DWARF_KIND_POINTER,
		.part = DWARF_WHOLE,
		.escaped = true,
		.size = 8,
	};
	return true;
}

/* --- what lies behind an address */

bool dwarf_open_type(const struct dwarf *dwarf, struct dwarf_type type, Dwarf_Die *die)
{
	Dwarf *dbg = dwarf_handle(dwarf);
	return dbg != NULL && type.offset != 0 && dwarf_offdie(dbg, type.offset, die) != NULL;
}

/* The elements that DATA, word 0 of a slice or string, points to. */
static bool behind_data(Dwarf_Die *element, uint64_t displacement, struct str *path,
			struct arena *arena, struct dwarf_word *field)
{
	uint64_t size;
	if (!dwarf_size_of(element, &size) || size == 0 || displacement > INT64_MAX)
		return false;
	add_operand(path);
	str_printf(path, "[%llu]", (unsigned long long)(displacement / size));
	return dwarf_word_at(element, displacement % size, path, arena, field);
}

bool dwarf_word_behind(const struct dwarf *dwarf, const struct dwarf_word *base,
		       uint64_t displacement, struct arena *arena, struct dwarf_word *field)
{
	Dwarf_Die type, target, shape;
	enum dwarf_kind kind;
	bool pointer = base->part == DWARF_WHOLE && base->kind == DWARF_KIND_POINTER;
	if ((!pointer && base->part != DWARF_DATA) || !dwarf_open_type(dwarf, base->type, &type) ||
	    !target_of(&type, &target) || !dwarf_find_kind(&target, &shape, &kind))
		return false;
	_cleanup_str_ struct str path = { 0 };
	bool selected = kind == DWARF_KIND_STRUCT || kind == DWARF_KIND_ARRAY;
	str_add(&path, pointer && !selected && !base->escaped ? "*" : "");
	str_add(&path, base->path);
	if (!pointer)
		return behind_data(&target, displacement, &path, arena, field);
	return dwarf_word_at(&target, displacement, &path, arena, field);
}

struct dwarf_type dwarf_type_target(const struct dwarf *dwarf, struct dwarf_type type)
{
	Dwarf_Die die, target;
	if (!dwarf_open_type(dwarf, type, &die) || !target_of(&die, &target))
		return (struct dwarf_type){ 0 };
	return (struct dwarf_type){ dwarf_dieoffset(&target) };
}

bool dwarf_type_find(const struct dwarf *dwarf, const char *name, struct dwarf_type *type)
{
	Dwarf_Die die;
	if (!dwarf_find(dwarf, DWARF_NAME_TYPE, name, &die))
		return false;
	type->offset = dwarf_dieoffset(&die);
	return true;
}

bool dwarf_type_field(const struct dwarf *dwarf, struct dwarf_type type, uint64_t offset,
		      struct arena *arena, struct dwarf_word *field)
{
	Dwarf_Die die;
	_cleanup_str_ struct str path = { 0 };
	return dwarf_open_type(dwarf, type, &die) && dwarf_word_at(&die, offset, &path, arena, field);
}

uint64_t dwarf_type_size(const struct dwarf *dwarf, struct dwarf_type type)
{
	Dwarf_Die die;
	uint64_t size;
	return dwarf_open_type(dwarf, type, &die) && dwarf_size_of(&die, &size) ? size : 0;
}
