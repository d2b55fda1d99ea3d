/* What a closure has captured: types by the code that makes closures, names by its function's
 * DWARF. */
#include <stdlib.h>
#include <string.h>

#include "base/table.h"
#include "goruntime/closurecode.h"
#include "goruntime/closuretype.h"
#include "goruntime/value_internal.h"

enum { CAPTURED_MAX = 256 };

typedef VEC(struct captured) captured_vec;

/* The closures of one function. */
struct shaping {
	struct values *v;
	struct debug_of debug; /* of its file; without DWARF: there is none */
	const struct code *code;
	const struct closure_made *made;
	struct arena scratch;
	captured_vec list;
};

/* The same shape, whichever of the two sources told each. */
static bool same_type(const struct value_type *a, const struct value_type *b)
{
	if (a == b)
		return true;
	if (a->descriptor != 0 && b->descriptor != 0)
		return a->descriptor == b->descriptor;
	return a->kind == b->kind && a->size == b->size && strcmp(a->name, b->name) == 0;
}

static bool is_pointer_to(struct values *v, const struct value_type *pointer,
			  const struct value_type *type)
{
	return pointer->kind == KIND_POINTER && value_type_parts(v->types, pointer) &&
	       pointer->elem != NULL && same_type(pointer->elem, type);
}

/* --- with the type ----------------------------------------------------------------------------- */

/* Names CAPTURED after LOCAL if that is what it can be: the variable, or one whose address it
 * is. */
static bool name_after(struct shaping *s, const struct dwarf_local *local,
		       struct captured *captured)
{
	const struct value_type *type = value_type_of_dwarf(s->debug.types, local->type);
	if (type == NULL)
		return false;
	bool pointed = local->escaped && is_pointer_to(s->v, captured->type, type);
	if (!pointed && !same_type(captured->type, type))
		return false;
	captured->name = local->name;
	captured->by_reference = pointed;
	captured->type = type;
	return true;
}

/* "X0", "X1", ...: the compiler's own, since Go 1.20. */
static bool is_placeholder(const char *name)
{
	return name[0] == 'X' && name[1] != '\0' &&
	       strspn(name + 1, "0123456789") == strlen(name + 1);
}

/* The dictionary of a generic function, which is no variable: *[N]uintptr, ".dict" up to Go 1.19
 * (cmd/compile/internal/noder/reader.go dictWord). */
static bool is_dictionary(struct values *v, const struct value_field *field,
			  const struct code *code)
{
	const struct value_type *type = field->type;
	const char *function = pclntab_name(&code->module->pclntab, &code->func);
	if (strcmp(field->name, ".dict") == 0)
		return true;
	return is_placeholder(field->name) && strchr(function, '[') != NULL &&
	       type->kind == KIND_POINTER && value_type_parts(v->types, type) &&
	       type->elem->kind == KIND_ARRAY && value_type_parts(v->types, type->elem) &&
	       type->elem->elem->kind == KIND_UINTPTR;
}

/* An argument of a wrapper's call is a temporary of the compiler's, which Go 1.19 names in the
 * type. */
static const char *field_name(struct values *v, const struct value_type *type, size_t i)
{
	const char *name = type->fields[i].name;
	if (strncmp(name, ".autotmp_", 9) != 0)
		return name;
	return arena_printf(v->closures.arena, "X%zu", i - 1);
}

static void fields_of_type(struct shaping *s, const struct value_type *type)
{
	for (size_t i = 1; i < type->field_count && i <= CAPTURED_MAX; i++) {
		const struct value_field *field = &type->fields[i];
		if (is_dictionary(s->v, field, s->code))
			continue;
		vec_push(&s->list, ((struct captured){ .name = field_name(s->v, type, i),
						       .type = field->type,
						       .offset = field->offset }));
	}
}

/* DWARF says since Go 1.23 where in the closure a local is; whatever has no place is not told
 * of. */
static bool name_by_offsets(struct shaping *s, const struct dwarf_scope *scope)
{
	captured_vec *list = &s->list;
	bool all = true;
	for (size_t i = 0; i < list->count; i++) {
		bool named = !is_placeholder(list->items[i].name);
		for (size_t k = 0; !named && k < scope->count; k++) {
			const struct dwarf_local *local = &scope->locals[k];
			if (local->captured && local->closure_offset == list->items[i].offset)
				named = name_after(s, local, &list->items[i]);
		}
		all &= named;
	}
	return all;
}

/* Up to Go 1.19 the type has the names, and DWARF says which are addresses of variables. */
static void find_references(struct shaping *s, const struct dwarf_scope *scope)
{
	captured_vec *list = &s->list;
	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; k < scope->count; k++) {
			const struct dwarf_local *local = &scope->locals[k];
			if (local->escaped && strcmp(local->name, list->items[i].name) == 0)
				name_after(s, local, &list->items[i]);
		}
}

/* The one local that the code fills from the closure at what CAPTURED is; NULL: none, or
 * several. */
static const struct dwarf_local *local_from(struct shaping *s, const struct closure_code *closure,
					    const struct captured *captured)
{
	const struct dwarf_local *found = NULL;
	for (size_t i = 0; i < closure->count; i++) {
		const struct closure_origin *origin = &closure->origins[i];
		struct captured try = *captured;
		if ((origin->kind != CLOSURE_LOADED && origin->kind != CLOSURE_PLACE) ||
		    origin->offset != captured->offset || closure->locals[i].parameter ||
		    !name_after(s, &closure->locals[i], &try))
			continue;
		if (found != NULL)
			return NULL;
		found = &closure->locals[i];
	}
	return found;
}

static void name_by_code(struct shaping *s, const struct closure_code *closure)
{
	captured_vec *list = &s->list;
	for (size_t i = 0; i < list->count; i++) {
		const struct dwarf_local *local = is_placeholder(list->items[i].name)
							  ? local_from(s, closure, &list->items[i])
							  : NULL;
		if (local != NULL)
			name_after(s, local, &list->items[i]);
	}
}

/* A name for each, where the code that makes the closure stores it from one variable's place. */
struct naming {
	struct shaping *s;
	struct captured *found; /* of each of the list; without a type: none */
	bool *many;
};

static void visit_maker_local(void *data, const struct dwarf_local *local, uint64_t offset)
{
	struct naming *naming = data;
	for (size_t i = 0; i < naming->s->list.count; i++) {
		struct captured try = naming->s->list.items[i];
		struct captured *found = &naming->found[i];
		if (try.offset != offset || !name_after(naming->s, local, &try))
			continue;
		naming->many[i] |= found->type != NULL && strcmp(found->name, try.name) != 0;
		*found = try;
	}
}

static void name_by_maker(struct shaping *s)
{
	captured_vec *list = &s->list;
	struct naming naming = {
		.s = s,
		.found = arena_alloc(&s->scratch, list->count * sizeof(*naming.found)),
		.many = arena_alloc(&s->scratch, list->count * sizeof(*naming.many)),
	};
	closure_maker_locals(s->v->snapshot, s->debug.dwarf, s->debug.bias, s->made,
			     visit_maker_local, &naming);
	for (size_t i = 0; i < list->count; i++)
		if (is_placeholder(list->items[i].name) && naming.found[i].type != NULL &&
		    !naming.many[i])
			list->items[i] = naming.found[i];
}

static void take_back(const struct value_type *type, struct captured *captured)
{
	for (size_t i = 1; i < type->field_count; i++)
		if (type->fields[i].offset == captured->offset)
			*captured = (struct captured){ .name = type->fields[i].name,
						       .type = type->fields[i].type,
						       .offset = captured->offset };
}

/* Two with one name: neither is certain. */
static void drop_twins(const struct value_type *type, captured_vec *list)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *name = list->items[i].name;
		bool twin = false;
		for (size_t k = i + 1; k < list->count; k++) {
			if (strcmp(name, list->items[k].name) != 0)
				continue;
			take_back(type, &list->items[k]);
			twin = true;
		}
		if (twin)
			take_back(type, &list->items[i]);
	}
}

static void name_all(struct shaping *s)
{
	struct dwarf_scopes scopes;
	struct closure_code closure;
	uint64_t entry = s->code->func.entry - s->debug.bias;
	if (s->debug.dwarf == NULL ||
	    !dwarf_scopes_at(s->debug.dwarf, entry, true, &s->scratch, &scopes))
		return;
	find_references(s, &scopes.items[0]);
	if (name_by_offsets(s, &scopes.items[0]))
		return;
	closure_code_read(s->v->snapshot, s->debug.dwarf, s->debug.bias, s->code, &s->scratch,
			  &closure);
	name_by_code(s, &closure);
	name_by_maker(s);
}

/* --- without it: closures that are made on the stack alone ------------------------------------- */

/* A local and where it is in the closure, as far as that is clear. */
static bool place_local(struct shaping *s, const struct closure_code *closure, size_t i,
			struct captured *captured)
{
	const struct dwarf_local *local = &closure->locals[i];
	const struct closure_origin *origin = &closure->origins[i];
	bool place = origin->kind == CLOSURE_PLACE;
	*captured = (struct captured){
		.name = local->name,
		.type = value_type_of_dwarf(s->debug.types, local->type),
		.offset = local->captured ? local->closure_offset : origin->offset,
		.by_reference = local->escaped && !place,
	};
	if (captured->type == NULL || local->parameter || captured->offset < 8 ||
	    (!local->escaped && place))
		return false;
	if (origin->kind == CLOSURE_LOADED || place)
		return origin->offset == captured->offset;
	return local->captured && !local->escaped;
}

static int by_offset(const void *a, const void *b)
{
	const struct captured *x = a, *y = b;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static uint64_t end_of(const struct captured *captured)
{
	return captured->offset + (captured->by_reference ? 8 : captured->type->size);
}

/* Takes out what others overlap: which of them is the variable is not known. */
static bool drop_overlaps(captured_vec *list)
{
	uint64_t end = 8;
	size_t kept = 0;
	bool whole = true;
	for (size_t i = 0; i < list->count; i++) {
		const struct captured *item = &list->items[i];
		bool bad = item->offset < end ||
			   (i + 1 < list->count && list->items[i + 1].offset < end_of(item));
		end = end_of(item) > end ? end_of(item) : end;
		whole &= !bad;
		if (!bad)
			list->items[kept++] = *item;
	}
	list->count = kept;
	return whole;
}

/* Whether the code uses nothing of the closure but what is in LIST. */
static bool covers(const captured_vec *list, const struct closure_code *closure)
{
	for (size_t i = 0; i < closure->offset_count; i++) {
		bool covered = false;
		for (size_t k = 0; k < list->count && !covered; k++)
			covered = closure->offsets[i] >= list->items[k].offset &&
				  closure->offsets[i] < end_of(&list->items[k]);
		if (!covered)
			return false;
	}
	return closure->offset_count < CLOSURE_OFFSETS_MAX;
}

static bool captured_by_code(struct shaping *s)
{
	captured_vec *list = &s->list;
	struct closure_code closure;
	closure_code_read(s->v->snapshot, s->debug.dwarf, s->debug.bias, s->code, &s->scratch,
			  &closure);
	for (size_t i = 0; i < closure.count && list->count < CAPTURED_MAX; i++) {
		struct captured captured;
		if (place_local(s, &closure, i, &captured))
			vec_push(list, captured);
	}
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), by_offset);
	return drop_overlaps(list) && covers(list, &closure);
}

/* --- both ---------------------------------------------------------------------------------------- */

static void make_shape(struct shaping *s, struct closure_shape *shape)
{
	struct values *v = s->v;
	const captured_vec *list = &s->list;
	const struct value_type *type = s->made->type != 0 ? value_type_at(v->types, s->made->type)
							   : NULL;
	if (type != NULL && value_type_parts(v->types, type)) {
		fields_of_type(s, type);
		name_all(s);
		drop_twins(type, &s->list);
		shape->size = type->size;
		shape->known = true;
		shape->whole = type->field_count <= CAPTURED_MAX;
	} else {
		shape->whole = captured_by_code(s);
		shape->known = list->count > 0;
		shape->size = list->count > 0 ? end_of(&list->items[list->count - 1]) : 0;
	}
	shape->items = vec_keep(list, v->closures.arena);
	shape->count = list->count;
}

const struct closure_shape *value_closure_shape(struct values *v, const struct code *code)
{
	uint64_t hash = table_hash(code->func.entry);
	struct closure_shape *shape = table_find(&v->closures, hash);
	if (shape == NULL) {
		struct shaping shaping = {
			.v = v,
			.code = code,
			.made = closure_made(v->snapshot, code->func.entry),
		};
		if (!values_debug_at(v, code->func.entry, &shaping.debug))
			shaping.debug = (struct debug_of){ 0 };
		arena_init(&shaping.scratch);
		shape = arena_alloc(v->closures.arena, sizeof(*shape));
		make_shape(&shaping, shape);
		arena_release(&shaping.scratch);
		vec_release(&shaping.list);
		table_add(&v->closures, hash, shape);
	}
	return shape;
}
