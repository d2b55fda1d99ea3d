/* Structs, arrays, slices, pointers and interfaces. */
#include <inttypes.h>
#include <string.h>

#include "goruntime/value_internal.h"

/* "T{A: 1, B: 2}": the children with or without their names, cut at the limit. LEFT_OUT counts what
 * is no child. */
static const char *literal(struct values *v, const char *type, const value_vec *children,
			   bool named, uint64_t left_out)
{
	_cleanup_str_ struct str out = { 0 };
	size_t i = 0;
	str_add(&out, type);
	str_add_char(&out, '{');
	for (; i < children->count && out.size < v->limits.text; i++) {
		const struct value *child = &children->items[i];
		str_add(&out, i > 0 ? ", " : "");
		if (named)
			str_printf(&out, "%s: ", child->name);
		str_add(&out, child->text);
	}
	left_out += children->count - i;
	if (left_out > 0) {
		str_add(&out, i > 0 ? ", " : "");
		str_add_left_out(&out, left_out);
	}
	str_add_char(&out, '}');
	return str_keep(&out, v->arena);
}

/* Whether nothing of the value is there, all for one reason. */
static bool all_fail(const value_vec *children, enum value_state *state)
{
	for (size_t i = 0; i < children->count; i++) {
		*state = children->items[i].state;
		if (*state == VALUE_OK || *state == VALUE_REDACTED || *state != children->items[0].state)
			return false;
	}
	return children->count > 0;
}

static void finish(struct values *v, const struct operand *operand, value_vec *children, bool named,
		   uint64_t left_out, struct value *value)
{
	enum value_state state;
	if (all_fail(children, &state)) {
		value_fail(v, state, operand->bytes ? 0 : operand->addr, value);
		vec_release(children);
		return;
	}
	value->text = literal(v, operand->type->name, children, named, left_out);
	value->children_left_out = left_out;
	value_set_children(v, children, value);
}

void value_make_struct(struct values *v, const struct operand *operand, unsigned depth,
		       struct value *value)
{
	value_vec children = { 0 };
	const struct value_type *type = operand->type;
	struct operand inner;
	if (!value_type_parts(v->types, type)) {
		value_fail(v, VALUE_UNREADABLE, operand->addr, value);
		return;
	}
	if (value_is_syncmap(type) && value_make_syncmap(v, operand, depth, value))
		return;
	if (value_of_reflect(v, operand, &inner)) {
		const char *name = arena_printf(v->arena, "(%s)", inner.type->name);
		(void)value_add_child(v, &children, name, &inner, depth);
		finish(v, operand, &children, false, 0, value);
		return;
	}
	const struct value_type *pointer = value_type_of_atomic(v, type);
	const char *pointer_name = pointer != NULL ? "v" : "u";
	pointer = pointer != NULL ? pointer : value_type_of_weak(v, type);
	size_t i = 0, shown = 0;
	for (; i < type->field_count; i++) {
		const struct value_field *field = &type->fields[i];
		bool typed = pointer != NULL && strcmp(field->name, pointer_name) == 0;
		struct operand part = operand_part(operand, field->offset,
						   typed ? pointer : field->type);
		if (strcmp(field->name, "_") == 0)
			continue;
		if (!value_add_child(v, &children, field->name, &part, depth))
			break;
		shown++;
	}
	finish(v, operand, &children, true, type->field_count - i, value);
}

/* COUNT elements of type ELEM from BASE on. */
static uint64_t add_elements(struct values *v, const struct operand *base,
			     const struct value_type *elem, uint64_t count, unsigned depth,
			     value_vec *children)
{
	uint64_t i = 0;
	for (; i < count && children->count < v->limits.elements; i++) {
		struct operand part = base->bytes != NULL
					      ? operand_part(base, i * elem->size, elem)
					      : operand_at(base->addr + i * elem->size, elem);
		if (!value_add_child(v, children, arena_printf(v->arena, "[%" PRIu64 "]", i), &part,
				     depth))
			break;
	}
	return count - i;
}

void value_make_array(struct values *v, const struct operand *operand, unsigned depth,
		      struct value *value)
{
	const struct value_type *type = operand->type;
	value_vec children = { 0 };
	if (!value_type_parts(v->types, type) || type->elem == NULL) {
		value_fail(v, VALUE_UNREADABLE, operand->addr, value);
		return;
	}
	uint64_t left_out =
		add_elements(v, operand, type->elem, type->length, depth, &children);
	finish(v, operand, &children, false, left_out, value);
}

/* --- slices ------------------------------------------------------------------------------------ */

struct slice {
	uint64_t addr, length, capacity;
};

static const char *const slice_words[] = { "at", "len", "cap" };

static enum value_state read_slice(struct values *v, const struct operand *operand,
				   struct slice *slice)
{
	enum value_state state = operand_u64(v, operand, 0, &slice->addr);
	if (state == VALUE_OK)
		state = operand_u64(v, operand, 8, &slice->length);
	if (state == VALUE_OK && operand_u64(v, operand, 16, &slice->capacity) != VALUE_OK)
		slice->capacity = slice->length; /* only the capacity is lost */
	return state;
}

/* Text of bytes that are text: []byte("..."), json.RawMessage("..."). */
static void add_byte_text(struct values *v, const struct value_type *type, const struct slice *slice,
			  struct value *value)
{
	struct bytes bytes;
	_cleanup_str_ struct str out = { 0 };
	uint64_t kept = slice->length < v->limits.string ? slice->length : v->limits.string;
	if (v->limits.redact || kept == 0 ||
	    !image_bytes(v->snapshot->image, slice->addr, kept, v->arena, &bytes, NULL))
		return;
	for (size_t i = 0; i < bytes.size;) {
		size_t n = utf8_length(bytes.data + i, bytes.size - i);
		bool cut = kept < slice->length && bytes.size - i < 4;
		bool control = bytes.data[i] < 0x20 && strchr("\t\n\r", bytes.data[i]) == NULL;
		if ((n == 0 && !cut) || control || bytes.data[i] == 0)
			return;
		i += n > 0 ? n : 1;
	}
	bool plain = type->name[0] == '[' && strcmp(type->elem->name, "uint8") == 0;
	str_printf(&out, "%s(", plain ? "[]byte" : type->name);
	str_add_quoted(&out, bytes.data, bytes.size, slice->length);
	str_add_char(&out, ')');
	value->text = str_keep(&out, v->arena);
}

static void make_elements(struct values *v, const struct operand *operand, const struct slice *slice,
			  unsigned depth, struct value *value)
{
	const struct value_type *elem = operand->type->elem;
	value_vec children = { 0 };
	const struct operand base = operand_at(slice->addr, elem);
	uint64_t left_out = add_elements(v, &base, elem, slice->length, depth, &children);
	enum value_state state;
	if (all_fail(&children, &state)) {
		value->state = state;
		value->text = arena_printf(v->arena, "<%s: %" PRIu64 " elements at 0x%" PRIx64 ">",
					   state == VALUE_NOT_IN_CORE ? "not in the core"
								      : "not readable",
					   slice->length, slice->addr);
		vec_release(&children);
		return;
	}
	value->text = literal(v, operand->type->name, &children, false, left_out);
	value->children_left_out = left_out;
	value_set_children(v, &children, value);
	if (elem->kind == KIND_UINT8)
		add_byte_text(v, operand->type, slice, value);
}

void value_make_slice(struct values *v, const struct operand *operand, unsigned depth,
		      struct value *value)
{
	struct slice slice;
	const struct value_type *type = operand->type;
	enum value_state state = read_slice(v, operand, &slice);
	if (state == VALUE_OK && (!value_type_parts(v->types, type) || type->elem == NULL))
		state = VALUE_UNREADABLE;
	if (state != VALUE_OK) {
		value_fail_in_part(v, state, operand, slice_words, 3, value);
	} else if (slice.length > slice.capacity || slice.length > INT64_MAX) {
		value->state = VALUE_UNREADABLE;
		value->text = arena_printf(v->arena,
					   "<no slice: length %" PRIu64 ", capacity %" PRIu64
					   " at 0x%" PRIx64 ">",
					   slice.length, slice.capacity, slice.addr);
	} else if (slice.addr == 0 && slice.length == 0) {
		value->text = "nil";
	} else if (slice.length == 0) {
		value->text = arena_printf(v->arena, "%s{}", type->name);
	} else if (depth == 0) {
		value->children_left_out = slice.length;
		value->text = arena_printf(v->arena, "%s{... %" PRIu64 " elements}", type->name,
					   slice.length);
	} else {
		make_elements(v, operand, &slice, depth - 1, value);
	}
}

/* --- pointers and interfaces ------------------------------------------------------------------- */

/* "(*main.T)(0xc000...)" */
static const char *address_text(struct values *v, const struct value_type *type, uint64_t addr)
{
	bool bare = type->name[0] != '*' && strchr(type->name, ' ') == NULL;
	return arena_printf(v->arena, bare ? "%s(0x%" PRIx64 ")" : "(%s)(0x%" PRIx64 ")",
			    type->name, addr);
}

void value_make_pointer(struct values *v, const struct operand *operand, unsigned depth,
			struct value *value)
{
	uint64_t addr;
	const struct value_type *type = operand->type;
	enum value_state state = operand_u64(v, operand, 0, &addr);
	value_vec children = { 0 };
	if (state != VALUE_OK) {
		value_fail(v, state, operand->bytes ? 0 : operand->addr, value);
		return;
	}
	if (addr == 0) {
		value->text = "nil";
		return;
	}
	value->text = address_text(v, type, addr);
	if (depth == 0 || !value_type_parts(v->types, type) || type->elem == NULL ||
	    type->elem->kind == KIND_INVALID)
		return;
	const struct operand target = operand_at(addr, type->elem);
	if (value_add_child(v, &children, "*", &target, depth - 1)) {
		const struct value *child = &children.items[0];
		if (child->state == VALUE_OK || child->state == VALUE_REDACTED)
			value->text = arena_printf(v->arena, "&%s", child->text);
	}
	value_set_children(v, &children, value);
}

/* The dynamic value as Go has to write it so that its type is told. */
static const char *dynamic_text(struct values *v, const struct value_type *type,
				const struct value *dynamic)
{
	bool told = type->kind >= KIND_ARRAY && type->kind != KIND_STRING &&
		    type->kind != KIND_UNSAFE_POINTER;
	bool obvious = strcmp(type->name, "int") == 0 || strcmp(type->name, "string") == 0 ||
		       strcmp(type->name, "bool") == 0 || strcmp(type->name, "float64") == 0;
	if (strcmp(dynamic->text, "nil") == 0)
		return arena_printf(v->arena, strpbrk(type->name, "* ") ? "(%s)(nil)" : "%s(nil)",
				    type->name);
	if (dynamic->state != VALUE_OK && dynamic->state != VALUE_REDACTED)
		return arena_printf(v->arena, "%s(%s)", type->name, dynamic->text);
	if (told || obvious)
		return dynamic->text;
	return arena_printf(v->arena, "%s(%s)", type->name, dynamic->text);
}

/* An interface of which one word is lost: that of its type tells more, be it that the other is not
 * needed. */
static void interface_in_part(struct values *v, enum value_state state,
			      const struct operand *operand, struct value *value)
{
	static const char *const words[] = { "type", "data" };
	const struct value_type *type;
	struct value dynamic = { 0 };
	value_vec children = { 0 };
	uint64_t word;
	if (operand_u64(v, operand, 0, &word) != VALUE_OK) {
		value_fail_in_part(v, state, operand, words, 2, value);
	} else if (word == 0) {
		value->text = "nil";
	} else if (!operand_dynamic_type(v, operand, word, &type)) {
		value_fail(v, VALUE_UNREADABLE, operand->bytes ? 0 : operand->addr, value);
	} else {
		dynamic.name = arena_printf(v->arena, "(%s)", type->name);
		dynamic.type = type->name;
		dynamic.kind = go_kind_name(type->kind);
		value_fail(v, state, 0, &dynamic);
		value->state = state;
		value->text = dynamic_text(v, type, &dynamic);
		vec_push(&children, dynamic);
		value_set_children(v, &children, value);
	}
}

enum { ERROR_DEPTH = 2 }; /* an error is what one looks for: it is shown where others are not */

void value_make_interface(struct values *v, const struct operand *operand, unsigned depth,
			  struct value *value)
{
	struct operand dynamic;
	value_vec children = { 0 };
	_cleanup_str_ struct str context = { 0 };
	enum value_state state = operand_dynamic(v, operand, &dynamic);
	if (state == VALUE_UNREADABLE) {
		value_fail(v, state, operand->bytes ? 0 : operand->addr, value);
		return;
	}
	if (state != VALUE_OK) {
		interface_in_part(v, state, operand, value);
		return;
	}
	if (dynamic.type == NULL) {
		value->text = "nil";
		return;
	}
	const char *name = arena_printf(v->arena, "(%s)", dynamic.type->name);
	bool error = dynamic.type->is_error, outer = v->in_error;
	if (error && !outer && depth < ERROR_DEPTH)
		depth = ERROR_DEPTH;
	v->in_error |= error;
	if (value_add_child(v, &children, name, &dynamic, depth))
		value->text = dynamic_text(v, dynamic.type, &children.items[0]);
	v->in_error = outer;
	if (error)
		value_add_wrapped(v, &dynamic, depth, &children);
	if (value_context_text(v, operand, &context))
		value->text = str_keep(&context, v->arena);
	value_set_children(v, &children, value);
}
