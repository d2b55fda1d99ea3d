/* Values that wrap one of another type: reflect.Value (reflect/value.go), atomic.Pointer[T]
 * (sync/atomic/type.go), weak.Pointer[T] (weak/pointer.go). */
#include <string.h>

#include "goruntime/value_internal.h"

enum { FLAG_KIND = 31, FLAG_INDIRECT = 1 << 7, FLAG_METHOD = 1 << 9 }; /* reflect/value.go flag */

static bool read_words(struct values *v, const struct operand *operand, uint64_t *words)
{
	for (unsigned i = 0; i < 3; i++)
		if (operand_u64(v, operand, i * 8, &words[i]) != VALUE_OK)
			return false;
	return true;
}

bool value_of_reflect(struct values *v, const struct operand *operand, struct operand *inner)
{
	uint64_t words[3]; /* typ, ptr, flag */
	if (!value_type_is(operand->type, "reflect", "Value") || operand->type->size != 24 ||
	    !read_words(v, operand, words) || words[0] == 0 || (words[2] & FLAG_METHOD))
		return false;
	const struct value_type *type = value_type_at(v->types, words[0]);
	if (type == NULL || (uint64_t)type->kind != (words[2] & FLAG_KIND))
		return false;
	if (words[2] & FLAG_INDIRECT) {
		*inner = operand_at(words[1], type);
		return true;
	}
	/* The value itself, as it would lie in an interface. */
	*inner = operand_part(operand, 8, type);
	return type->size == 8;
}

/* *T where TYPE is PACKAGE's "NAME[T]" and begins with a field [0]*T. */
static const struct value_type *pointer_of(struct values *v, const struct value_type *type,
					   const char *package, const char *name)
{
	if (strcmp(type->package, package) != 0 || !str_begins(type->name, name) ||
	    type->field_count == 0)
		return NULL;
	const struct value_type *none = type->fields[0].type;
	if (none->kind != KIND_ARRAY || !value_type_parts(v->types, none) || none->length != 0 ||
	    none->elem == NULL || none->elem->kind != KIND_POINTER)
		return NULL;
	return none->elem;
}

const struct value_type *value_type_of_atomic(struct values *v, const struct value_type *type)
{
	return pointer_of(v, type, "sync/atomic", "atomic.Pointer[");
}

/* runtime/mheap.go getOrAddWeakHandle: what is pointed to is a word that the collector clears. */
const struct value_type *value_type_of_weak(struct values *v, const struct value_type *type)
{
	const struct value_type *pointer = pointer_of(v, type, "weak", "weak.Pointer[");
	return pointer != NULL ? value_type_pointer_to(v->types, pointer) : NULL;
}
