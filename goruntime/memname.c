#include "goruntime/memname.h"

#include <string.h>

#include "formats/dwarf_frame.h"
#include "goruntime/frame_values.h"
#include "goruntime/holders.h"
#include "goruntime/private.h"

enum { FRAMES_MAX = 16, FIELD_DEPTH = 8 };

struct search {
	const struct snapshot *snapshot;
	struct values *values;
	struct arena *arena;
	uint64_t addr, lo, hi; /* what is looked for, in an object of the heap */
};

/* "p.a[3].b": the part of what P points to that holds OFFSET; nothing within a lock has a name. */
static const char *field_path(struct search *search, const char *variable,
			      const struct value_type *type, uint64_t offset)
{
	const char *path = variable;
	struct value_types *types = values_types(search->values);
	for (unsigned depth = 0; depth < FIELD_DEPTH; depth++) {
		const struct value_field *inner = NULL;
		if (type->kind == KIND_ARRAY && value_type_parts(types, type) &&
		    type->elem != NULL && type->elem->size > 0) {
			path = arena_printf(search->arena, "%s[%llu]", path,
					    (unsigned long long)(offset / type->elem->size));
			offset %= type->elem->size;
			type = type->elem;
			continue;
		}
		if (type->kind != KIND_STRUCT || strcmp(type->package, "sync") == 0 ||
		    !value_type_parts(types, type))
			return path;
		for (size_t i = 0; i < type->field_count; i++)
			if (offset >= type->fields[i].offset &&
			    offset - type->fields[i].offset < type->fields[i].type->size)
				inner = &type->fields[i];
		if (inner == NULL)
			return path;
		path = arena_printf(search->arena, "%s.%s", path, inner->name);
		offset -= inner->offset;
		type = inner->type;
	}
	return path;
}

static bool name_of_package(struct search *search, struct memory_name *name)
{
	const struct snapshot *s = search->snapshot;
	const struct dwarf *dwarf = snapshot_dwarf(s);
	const char *variable;
	struct dwarf_type place;
	uint64_t offset;
	if (dwarf == NULL ||
	    !dwarf_global_at(dwarf, search->addr - s->image->bias, &variable, &place, &offset))
		return false;
	const struct value_type *type = value_type_of_dwarf(values_types(search->values), place);
	if (type == NULL)
		return false;
	*name = (struct memory_name){
		.path = arena_strdup(search->arena, field_path(search, variable, type, offset)),
		.type = arena_strdup(search->arena, type->name),
	};
	return true;
}

static bool is_pointer_there(struct search *search, const struct variable *v, uint64_t *pointer)
{
	return v->state == VALUE_OK && v->operand.type->kind == KIND_POINTER &&
	       operand_u64(search->values, &v->operand, 0, pointer) == VALUE_OK &&
	       *pointer >= search->lo && *pointer < search->hi;
}

static bool name_in_frame(struct search *search, const struct goroutine *g,
			  const struct trace *trace, size_t frame, struct memory_name *name)
{
	struct variables variables;
	frame_variables(search->values, g, trace, frame, &variables);
	for (size_t i = 0; i < variables.count; i++) {
		const struct variable *v = &variables.items[i];
		const struct value_type *type = v->operand.type;
		uint64_t pointer;
		if (!is_pointer_there(search, v, &pointer) ||
		    !value_type_parts(values_types(search->values), type) || type->elem == NULL)
			continue;
		uint64_t offset = search->addr - pointer;
		if (search->addr < pointer || offset >= type->elem->size)
			continue;
		*name = (struct memory_name){
			.path = arena_strdup(search->arena,
					     field_path(search, v->name, type->elem, offset)),
			.type = arena_strdup(search->arena, type->name),
			.function = trace->frames[frame].call->function,
		};
		return true;
	}
	return false;
}

bool memory_name(const struct snapshot *s, const struct goroutine *g, uint64_t addr,
		 struct arena *arena, struct memory_name *name)
{
	static const struct value_limits limits = {
		.depth = 1, .elements = 1, .text = 64, .string = 64, .values = 64
	};
	struct search search = { .snapshot = s, .arena = arena, .addr = addr };
	struct arena scratch;
	struct trace trace;
	arena_init(&scratch);
	search.values = values_create(s, &scratch, &limits);
	bool found = name_of_package(&search, name);
	if (!found && g != NULL && snapshot_heap_slot(s, addr, &search.lo, &search.hi)) {
		goroutine_trace(s, g, false, &scratch, &trace);
		for (size_t i = 0; i < trace.count && i < FRAMES_MAX && !found; i++)
			found = name_in_frame(&search, g, &trace, i, name);
	}
	arena_release(&scratch);
	return found;
}
