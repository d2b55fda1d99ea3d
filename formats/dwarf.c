#include "formats/dwarf.h"

#include <dwarf.h>
#include <stdio.h>
#include <string.h>

#include "formats/dwarf_internal.h"

bool dwarf_open(const struct elffile *elf, struct dwarf **dwarf, struct error *err)
{
	if (!elf->has_dwarf)
		return error_set(err, ERROR_NOT_FOUND, 0, "no DWARF in the executable");
	*dwarf = memory_grow(NULL, sizeof(**dwarf));
	**dwarf = (struct dwarf){ .elf = elf };
	(*dwarf)->state = memory_grow(NULL, sizeof(*(*dwarf)->state));
	*(*dwarf)->state = (struct dwarf_state){ .handle.fd = -1 };
	return true;
}

/* Unpacked in a twentieth of a second; more is not for who is in haste. */
enum { HASTY_DWARF = 6 << 20 };

bool dwarf_takes_long(const struct elffile *elf)
{
	return elffile_packed_dwarf(elf) > HASTY_DWARF;
}

void dwarf_close(struct dwarf *dwarf)
{
	if (dwarf == NULL)
		return;
	vec_release(&dwarf->state->runtime.names);
	vec_release(&dwarf->state->others.names);
	vec_release(&dwarf->state->ranges);
	dwarf_release_constants(dwarf->state);
	if (dwarf->state->dbg != NULL)
		dwarf_end(dwarf->state->dbg);
	elfhandle_close(&dwarf->state->handle);
	free(dwarf->state);
	free(dwarf);
}

Dwarf *dwarf_handle(const struct dwarf *dwarf)
{
	struct dwarf_state *state = dwarf->state;
	if (state->opened)
		return state->dbg;
	state->opened = true;
	elfhandle_open(&state->handle, dwarf->elf);
	if (state->handle.elf != NULL)
		state->dbg = dwarf_begin_elf(state->handle.elf, DWARF_C_READ, NULL);
	return state->dbg;
}

/* --- small questions to one DIE */

bool dwarf_follow(Dwarf_Die *die, unsigned attribute, Dwarf_Die *to)
{
	Dwarf_Attribute attr;
	return dwarf_attr_integrate(die, attribute, &attr) != NULL &&
	       dwarf_formref_die(&attr, to) != NULL;
}

bool dwarf_number(Dwarf_Die *die, unsigned attribute, uint64_t *number)
{
	Dwarf_Attribute attr;
	Dwarf_Word word;
	if (dwarf_attr_integrate(die, attribute, &attr) == NULL ||
	    dwarf_formudata(&attr, &word) != 0)
		return false;
	*number = word;
	return true;
}

const char *dwarf_name_of(Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	return name != NULL ? name : "";
}

static bool skip_to(Dwarf_Die *die, int tag)
{
	for (;;) {
		if (dwarf_tag(die) == tag)
			return true;
		if (dwarf_siblingof(die, die) != 0)
			return false;
	}
}

bool dwarf_first(Dwarf_Die *die, int tag, Dwarf_Die *child)
{
	return dwarf_child(die, child) == 0 && skip_to(child, tag);
}

bool dwarf_next(Dwarf_Die *die, int tag, Dwarf_Die *next)
{
	return dwarf_siblingof(die, next) == 0 && skip_to(next, tag);
}

static bool is_alias(int tag)
{
	return tag == DW_TAG_typedef || tag == DW_TAG_const_type || tag == DW_TAG_volatile_type ||
	       tag == DW_TAG_restrict_type || tag == DW_TAG_atomic_type;
}

bool dwarf_peel(Dwarf_Die *type, Dwarf_Die *to)
{
	*to = *type;
	for (unsigned i = 0; i < DWARF_PEEL_MAX; i++) {
		if (!is_alias(dwarf_tag(to)))
			return true;
		Dwarf_Die next;
		if (!dwarf_follow(to, DW_AT_type, &next))
			return false;
		*to = next;
	}
	return false;
}

bool dwarf_size_of(Dwarf_Die *type, uint64_t *size)
{
	Dwarf_Die peeled;
	if (!dwarf_peel(type, &peeled))
		return false;
	if (dwarf_number(&peeled, DW_AT_byte_size, size))
		return true;
	int tag = dwarf_tag(&peeled);
	*size = 8; /* cmd/link writes no size for pointers */
	return tag == DW_TAG_pointer_type || tag == DW_TAG_subroutine_type;
}

/* The kind of Go that is like a basic type of C, which has none of its own. */
static enum dwarf_kind basic_kind(Dwarf_Die *type)
{
	enum { BOOL = 1, INT8 = 3, UINT8 = 8, FLOAT32 = 13, FLOAT64 = 14 };
	uint64_t encoding, size;
	if (!dwarf_number(type, DW_AT_encoding, &encoding) ||
	    !dwarf_number(type, DW_AT_byte_size, &size) || size == 0 || size > 8 ||
	    (size & (size - 1)) != 0)
		return DWARF_KIND_NONE;
	unsigned step = size == 1 ? 0 : size == 2 ? 1 : size == 4 ? 2 : 3;
	switch (encoding) {
	case DW_ATE_boolean:
		return size == 1 ? (enum dwarf_kind)BOOL : DWARF_KIND_NONE;
	case DW_ATE_signed:
	case DW_ATE_signed_char:
		return (enum dwarf_kind)(INT8 + step);
	case DW_ATE_unsigned:
	case DW_ATE_unsigned_char:
		return (enum dwarf_kind)(UINT8 + step);
	case DW_ATE_float:
		return size < 4 ? DWARF_KIND_NONE
				: (enum dwarf_kind)(size == 4 ? FLOAT32 : FLOAT64);
	default:
		return DWARF_KIND_NONE;
	}
}

enum dwarf_kind dwarf_kind_of(Dwarf_Die *type)
{
	uint64_t kind;
	if (dwarf_number(type, DW_AT_go_kind, &kind) && (kind & 31) != 0)
		return (enum dwarf_kind)(kind & 31); /* 0: a pointer type that the linker made up */
	switch (dwarf_tag(type)) {
	case DW_TAG_pointer_type:
		return DWARF_KIND_POINTER;
	case DW_TAG_structure_type:
		return DWARF_KIND_STRUCT;
	case DW_TAG_base_type:
		return basic_kind(type);
	default:
		return DWARF_KIND_NONE;
	}
}

bool dwarf_member_offset(Dwarf_Die *member, uint64_t *offset)
{
	return dwarf_number(member, DW_AT_data_member_location, offset);
}

/* --- names of package level */

static bool name_kind(int tag, enum dwarf_name_kind *kind)
{
	switch (tag) {
	case DW_TAG_structure_type:
	case DW_TAG_typedef:
	case DW_TAG_base_type:
		*kind = DWARF_NAME_TYPE;
		return true;
	case DW_TAG_variable:
		*kind = DWARF_NAME_VARIABLE;
		return true;
	default:
		return false;
	}
}

static void index_unit(struct dwarf_index *index, Dwarf_Die *unit)
{
	Dwarf_Die die;
	if (dwarf_child(unit, &die) != 0)
		return;
	do {
		enum dwarf_name_kind kind;
		if (!name_kind(dwarf_tag(&die), &kind))
			continue;
		const char *name = dwarf_diename(&die);
		if (name != NULL)
			vec_push(&index->names,
				 (struct dwarf_name){ name, dwarf_dieoffset(&die), kind });
	} while (dwarf_siblingof(&die, &die) == 0);
}

static int compare_names(const struct dwarf_name *a, const struct dwarf_name *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int compare_entries(const void *a, const void *b)
{
	const struct dwarf_name *x = a, *y = b;
	int order = compare_names(x, y);
	if (order != 0)
		return order;
	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Go's linker puts nearly all types into one of the units named "runtime" and the variables of a
 * package into one of that package (cmd/link/internal/ld/dwarf.go). */
static void make_index(Dwarf *dbg, struct dwarf_index *index, bool of_runtime)
{
	index->made = true;
	Dwarf_CU *cu = NULL;
	Dwarf_Die unit;
	while (dwarf_get_units(dbg, cu, &cu, NULL, NULL, &unit, NULL) == 0) {
		if ((strcmp(dwarf_name_of(&unit), "runtime") == 0) == of_runtime)
			index_unit(index, &unit);
	}
	if (index->names.count > 0)
		qsort(index->names.items, index->names.count, sizeof(index->names.items[0]),
		      compare_entries);
}

/* The first of its name. */
static const struct dwarf_name *search(const struct dwarf_index *index,
				       const struct dwarf_name *wanted)
{
	size_t lo = 0, hi = index->names.count;
	while (lo < hi) {
		size_t middle = lo + (hi - lo) / 2;
		if (compare_names(&index->names.items[middle], wanted) < 0)
			lo = middle + 1;
		else
			hi = middle;
	}
	bool found = lo < index->names.count &&
		     compare_names(&index->names.items[lo], wanted) == 0;
	return found ? &index->names.items[lo] : NULL;
}

/* Makes the indexes that are not yet there. False without readable DWARF. */
static bool make_indexes(const struct dwarf *dwarf, bool others)
{
	Dwarf *dbg = dwarf_handle(dwarf);
	if (dbg == NULL)
		return false;
	if (!dwarf->state->runtime.made)
		make_index(dbg, &dwarf->state->runtime, true);
	if (others && !dwarf->state->others.made)
		make_index(dbg, &dwarf->state->others, false);
	return true;
}

bool dwarf_index_all(const struct dwarf *dwarf)
{
	return make_indexes(dwarf, true);
}

bool dwarf_find(const struct dwarf *dwarf, enum dwarf_name_kind kind, const char *name,
		Dwarf_Die *die)
{
	const struct dwarf_name wanted = { .name = name, .kind = kind };
	if (!make_indexes(dwarf, false))
		return false;
	const struct dwarf_name *found = search(&dwarf->state->runtime, &wanted);
	if (found == NULL) {
		make_indexes(dwarf, true);
		found = search(&dwarf->state->others, &wanted);
	}
	return found != NULL && dwarf_offdie(dwarf->state->dbg, found->offset, die) != NULL;
}

/* --- structs */

static bool find_struct(const struct dwarf *dwarf, const char *name, Dwarf_Die *structure)
{
	Dwarf_Die die;
	return dwarf_find(dwarf, DWARF_NAME_TYPE, name, &die) && dwarf_peel(&die, structure) &&
	       dwarf_tag(structure) == DW_TAG_structure_type;
}

bool dwarf_struct_size(const struct dwarf *dwarf, const char *name, uint64_t *size)
{
	Dwarf_Die structure;
	return find_struct(dwarf, name, &structure) && dwarf_size_of(&structure, size);
}

static bool find_member(Dwarf_Die *structure, const char *name, size_t length, Dwarf_Die *member)
{
	if (!dwarf_first(structure, DW_TAG_member, member))
		return false;
	do {
		const char *found = dwarf_name_of(member);
		if (strlen(found) == length && memcmp(found, name, length) == 0)
			return true;
	} while (dwarf_next(member, DW_TAG_member, member));
	return false;
}

bool dwarf_field(const struct dwarf *dwarf, const char *name, const char *path, uint64_t *offset,
		 uint64_t *size)
{
	Dwarf_Die structure;
	if (!find_struct(dwarf, name, &structure))
		return false;
	uint64_t total = 0;
	for (;;) {
		size_t length = strcspn(path, ".");
		Dwarf_Die member, type;
		uint64_t at;
		if (!find_member(&structure, path, length, &member) ||
		    !dwarf_member_offset(&member, &at) ||
		    !dwarf_follow(&member, DW_AT_type, &type) || !dwarf_peel(&type, &structure))
			return false;
		total += at;
		if (path[length] == '\0')
			break;
		path += length + 1;
	}
	*offset = total;
	return dwarf_size_of(&structure, size);
}

/* --- all members */

/* Where the walk stands in one struct. */
struct level {
	Dwarf_Die member;
	uint64_t base;	    /* offset of the struct */
	size_t path_length; /* of the struct's own path */
};

/* Whether NAME is that of a type of an atomic package, as opposed to one made of such. */
static bool is_atomic(const char *name)
{
	const char *found = strstr(name, "/atomic.");
	return found != NULL && found < name + strcspn(name, " [{");
}

/* Whether TYPE is a struct to Go, and one whose members are of interest. */
static bool is_nested(Dwarf_Die *type)
{
	const char *name = dwarf_name_of(type);
	return dwarf_kind_of(type) == DWARF_KIND_STRUCT && !is_atomic(name) &&
	       strcmp(name, "runtime.eface") != 0 && strcmp(name, "runtime.iface") != 0;
}

struct members_walk {
	struct level levels[DWARF_NEST_MAX];
	size_t depth;
	char path[1024];
	bool (*member)(void *data, const char *path, uint64_t offset, uint64_t size);
	void *data;
};

static void enter_struct(struct members_walk *walk, Dwarf_Die *structure, uint64_t base,
			 size_t path_length)
{
	if (walk->depth == DWARF_NEST_MAX)
		return;
	struct level *level = &walk->levels[walk->depth];
	if (!dwarf_first(structure, DW_TAG_member, &level->member))
		return;
	level->base = base;
	level->path_length = path_length;
	walk->depth++;
}

/* Reports the member that the walk stands at and moves on, into it or past it. */
static bool step(struct members_walk *walk)
{
	struct level *level = &walk->levels[walk->depth - 1];
	Dwarf_Die member = level->member, type, peeled;
	uint64_t offset, size = 0, base = level->base;
	size_t prefix = level->path_length;
	if (!dwarf_next(&level->member, DW_TAG_member, &level->member))
		walk->depth--;
	int added = snprintf(walk->path + prefix, sizeof(walk->path) - prefix, "%s%s",
			     prefix > 0 ? "." : "", dwarf_name_of(&member));
	if (added < 0 || (size_t)added >= sizeof(walk->path) - prefix)
		return true;
	if (!dwarf_member_offset(&member, &offset) || !dwarf_follow(&member, DW_AT_type, &type) ||
	    !dwarf_peel(&type, &peeled) || !dwarf_size_of(&peeled, &size))
		return true;
	if (!walk->member(walk->data, walk->path, base + offset, size))
		return false;
	if (is_nested(&peeled))
		enter_struct(walk, &peeled, base + offset, prefix + (size_t)added);
	return true;
}

bool dwarf_members(const struct dwarf *dwarf, const char *name,
		   bool (*member)(void *data, const char *path, uint64_t offset, uint64_t size),
		   void *data)
{
	Dwarf_Die structure;
	if (!find_struct(dwarf, name, &structure))
		return false;
	struct members_walk walk = { .member = member, .data = data };
	enter_struct(&walk, &structure, 0, 0);
	while (walk.depth > 0 && step(&walk))
		;
	return true;
}
