#include "goruntime/value.h"

#include <inttypes.h>
#include <string.h>

#include "goruntime/value_internal.h"

enum { NESTING_MAX = 64 };

struct values *values_create(const struct snapshot *snapshot, struct arena *arena,
			     const struct value_limits *limits)
{
	struct values *v = arena_alloc(arena, sizeof(*v));
	const struct dwarf *dwarf = snapshot_dwarf(snapshot);
	*v = (struct values){
		.snapshot = snapshot,
		.dwarf = dwarf,
		.arena = arena,
		.types = value_types_create(snapshot, dwarf, arena),
		.closures = { .arena = arena },
		.limits = *limits,
		.left = limits->values,
	};
	return v;
}

struct value_types *values_types(struct values *v)
{
	return v->types;
}

const struct snapshot *values_snapshot(const struct values *v)
{
	return v->snapshot;
}

static struct value_types *types_of_module(struct values *v, const struct dwarf *dwarf, uint64_t pc)
{
	struct module_types *t = v->others;
	if (dwarf == v->dwarf)
		return v->types;
	while (t != NULL && t->dwarf != dwarf)
		t = t->next;
	if (t == NULL) {
		const struct code *code = code_at(snapshot_code(v->snapshot), pc);
		struct arena *arena = v->closures.arena; /* v->arena may be another's for a while */
		t = arena_alloc(arena, sizeof(*t));
		*t = (struct module_types){ .next = v->others, .dwarf = dwarf };
		t->types = value_types_create_of(v->snapshot, dwarf, code->valid ? code->module : NULL,
						 arena);
		v->others = t;
	}
	return t->types;
}

bool values_debug_at(struct values *v, uint64_t pc, struct debug_of *debug)
{
	debug->dwarf = snapshot_dwarf_at(v->snapshot, pc, &debug->bias);
	if (debug->dwarf == NULL)
		return false;
	debug->types = types_of_module(v, debug->dwarf, pc);
	return true;
}

/* --- operands ---------------------------------------------------------------------------------- */

static enum value_state state_of(const struct error *err)
{
	return err->code == ERROR_NOT_DUMPED ? VALUE_NOT_IN_CORE : VALUE_UNREADABLE;
}

enum value_state operand_read(const struct values *v, const struct operand *operand,
			      uint64_t offset, void *to, size_t n)
{
	struct error err = ERROR_INIT;
	uint64_t size = operand->type->size;
	if (offset > size || n > size - offset)
		return VALUE_UNREADABLE;
	if (operand->bytes == NULL)
		return image_read(v->snapshot->image, operand->addr + offset, to, n, &err)
			       ? VALUE_OK
			       : state_of(&err);
	for (size_t i = 0; operand->states != NULL && i < n; i++)
		if (operand->states[offset + i] != VALUE_OK)
			return operand->states[offset + i];
	memcpy(to, operand->bytes + offset, n);
	return VALUE_OK;
}

enum value_state operand_u64(const struct values *v, const struct operand *operand,
			     uint64_t offset, uint64_t *word)
{
	uint8_t raw[8];
	enum value_state state = operand_read(v, operand, offset, raw, sizeof(raw));
	*word = state == VALUE_OK ? bytes_u64(raw) : 0;
	return state;
}

struct operand operand_part(const struct operand *operand, uint64_t offset,
			    const struct value_type *type)
{
	static const uint8_t nothing[1];
	bool inside = offset <= operand->type->size && type->size <= operand->type->size - offset;
	struct operand part = { .type = type };
	if (operand->bytes == NULL) {
		part.addr = operand->addr + offset;
	} else if (inside) {
		part.bytes = operand->bytes + offset;
		part.states = operand->states ? operand->states + offset : NULL;
		part.addr = operand->addr ? operand->addr + offset : 0;
	} else { /* a type that contradicts itself: no bytes are its own */
		static const struct value_type none = { .name = "?", .package = "" };
		part.type = &none;
		part.bytes = nothing;
	}
	return part;
}

struct operand operand_at(uint64_t addr, const struct value_type *type)
{
	return (struct operand){ .type = type, .addr = addr };
}

bool operand_field(struct values *v, const struct operand *operand, const char *path,
		   struct operand *field)
{
	*field = *operand;
	while (*path != '\0') {
		char name[64];
		size_t n = strcspn(path, ".");
		if (n >= sizeof(name))
			return false;
		memcpy(name, path, n);
		name[n] = '\0';
		const struct value_field *found = value_type_field(v->types, field->type, name);
		if (found == NULL)
			return false;
		*field = operand_part(field, found->offset, found->type);
		path += n + (path[n] == '.');
	}
	return true;
}

bool operand_number(struct values *v, const struct operand *operand, uint64_t *number)
{
	struct operand at = *operand;
	uint8_t raw[8] = { 0 };
	for (unsigned i = 0; at.type->kind == KIND_STRUCT && i < NESTING_MAX; i++) {
		if (!value_type_parts(v->types, at.type) || at.type->field_count == 0)
			return false;
		const struct value_field *last = &at.type->fields[at.type->field_count - 1];
		at = operand_part(&at, last->offset, last->type);
	}
	size_t size = at.type->size;
	if (at.type->kind < KIND_BOOL || at.type->kind > KIND_UINTPTR || size > sizeof(raw) ||
	    operand_read(v, &at, 0, raw, size) != VALUE_OK)
		return false;
	*number = bytes_u64(raw);
	if (at.type->kind >= KIND_INT && at.type->kind <= KIND_INT64 && size < 8)
		*number = (uint64_t)((int64_t)(*number << (64 - 8 * size)) >> (64 - 8 * size));
	return true;
}

bool operand_dynamic_type(struct values *v, const struct operand *interface, uint64_t word,
			  const struct value_type **type)
{
	uint64_t addr = 0;
	if (!gotype_of_interface(v->snapshot, word, interface->type->empty, &addr))
		return false;
	*type = value_type_at(v->types, addr);
	return *type != NULL && (*type)->kind != KIND_INTERFACE;
}

enum value_state operand_dynamic(struct values *v, const struct operand *interface,
				 struct operand *dynamic)
{
	uint64_t word, data;
	value_type_parts(v->types, interface->type);
	enum value_state state = operand_u64(v, interface, 0, &word);
	if (state == VALUE_OK)
		state = operand_u64(v, interface, 8, &data);
	if (state != VALUE_OK)
		return state;
	*dynamic = (struct operand){ 0 };
	if (word == 0)
		return VALUE_OK;
	if (!operand_dynamic_type(v, interface, word, &dynamic->type))
		return VALUE_UNREADABLE;
	if (!dynamic->type->direct) {
		dynamic->addr = data;
		return VALUE_OK;
	}
	/* The data word is the value itself. */
	*dynamic = operand_part(interface, 8, dynamic->type);
	return VALUE_OK;
}

/* --- values ------------------------------------------------------------------------------------ */

const char *value_state_name(enum value_state state)
{
	static const char *const names[] = {
		[VALUE_OK] = "ok",
		[VALUE_OPTIMIZED_OUT] = "optimized-out",
		[VALUE_NOT_IN_CORE] = "not-in-core",
		[VALUE_UNREADABLE] = "unreadable",
		[VALUE_REDACTED] = "redacted",
	};
	return names[state];
}

static const char *const fail_texts[] = {
	[VALUE_OK] = "",
	[VALUE_OPTIMIZED_OUT] = "optimized out",
	[VALUE_NOT_IN_CORE] = "not in the core",
	[VALUE_UNREADABLE] = "not readable",
	[VALUE_REDACTED] = "redacted",
};

void value_fail(struct values *v, enum value_state state, uint64_t addr, struct value *value)
{
	value->state = state;
	if (addr != 0)
		value->text = arena_printf(v->arena, "<%s: 0x%" PRIx64 ">", fail_texts[state], addr);
	else
		value->text = arena_printf(v->arena, "<%s>", fail_texts[state]);
}

void value_fail_in_part(struct values *v, enum value_state state, const struct operand *operand,
			const char *const *words, size_t count, struct value *value)
{
	_cleanup_str_ struct str known = { 0 };
	for (size_t i = 0; i < count; i++) {
		uint64_t word;
		if (operand_u64(v, operand, i * 8, &word) != VALUE_OK)
			continue;
		bool counts = strcmp(words[i], "len") == 0 || strcmp(words[i], "cap") == 0;
		str_printf(&known, counts ? "%s%s %" PRIu64 : "%s%s 0x%" PRIx64,
			   known.size > 0 ? ", " : "", words[i], word);
	}
	value_fail(v, state, operand->bytes ? 0 : operand->addr, value);
	if (known.size > 0)
		value->text = arena_printf(v->arena, "<partly %s: %s>", fail_texts[state],
					   str_text(&known));
}

bool value_add_child(struct values *v, value_vec *children, const char *name,
		     const struct operand *operand, unsigned depth)
{
	struct value child;
	if (children->count >= v->limits.elements || v->left == 0)
		return false;
	value_make_at(v, name, operand, depth, &child);
	vec_push(children, child);
	return true;
}

void value_set_children(struct values *v, value_vec *children, struct value *value)
{
	value->children = vec_keep(children, v->arena);
	value->child_count = children->count;
	vec_release(children);
}

static void make_by_kind(struct values *v, const struct operand *operand, unsigned depth,
			 struct value *value)
{
	switch (operand->type->kind) {
	case KIND_STRUCT:
		value_make_struct(v, operand, depth, value);
		break;
	case KIND_ARRAY:
		value_make_array(v, operand, depth, value);
		break;
	case KIND_SLICE:
		value_make_slice(v, operand, depth, value);
		break;
	case KIND_POINTER:
		value_make_pointer(v, operand, depth, value);
		break;
	case KIND_INTERFACE:
		value_make_interface(v, operand, depth, value);
		break;
	case KIND_MAP:
		value_make_map(v, operand, depth, value);
		break;
	case KIND_CHAN:
		value_make_chan(v, operand, depth, value);
		break;
	case KIND_FUNC:
		value_make_func(v, operand, depth, value);
		break;
	case KIND_STRING:
		value_make_string(v, operand, value);
		break;
	case KIND_INVALID:
		value_fail(v, VALUE_UNREADABLE, operand->addr, value);
		break;
	default:
		value_make_number(v, operand, value);
	}
}

void value_make_at(struct values *v, const char *name, const struct operand *operand,
		   unsigned depth, struct value *value)
{
	*value = (struct value){
		.name = name,
		.type = operand->type->name,
		.kind = go_kind_name(operand->type->kind),
		.text = "...",
		.addr = operand->addr,
	};
	if (v->left == 0 || v->nesting >= NESTING_MAX)
		return;
	v->left--;
	v->nesting++;
	const char *special = value_special_text(v, operand);
	if (special == NULL || operand->type->kind == KIND_STRUCT)
		make_by_kind(v, operand, depth, value);
	if (special != NULL && value->state == VALUE_OK)
		value->text = special;
	v->nesting--;
}

void value_make(struct values *v, const char *name, const struct operand *operand,
		struct value *value)
{
	v->left = v->limits.values;
	value_make_at(v, name, operand, v->limits.depth, value);
}

bool value_of_panic(struct values *v, const struct panic_record *p, struct value *value)
{
	bool original = p->original_type != 0;
	uint64_t words[2] = {
		htole64(original ? p->original_type : p->value_type),
		htole64(original ? p->original_data : p->value_data),
	};
	uint8_t *bytes = arena_alloc(v->arena, sizeof(words));
	memcpy(bytes, words, sizeof(words));
	const struct operand operand = { .type = &value_type_any, .bytes = bytes };
	if (words[0] == 0)
		return false;
	value_make(v, "", &operand, value);
	return value->child_count > 0;
}
