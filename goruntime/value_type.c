#include "goruntime/value_type.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/table.h"
#include "goruntime/private.h"

enum { POINTER_BYTES = 8 };

struct value_types {
	const struct snapshot *snapshot;
	const struct dwarf *dwarf;
	uint64_t descriptors; /* where those begin that DWARF means: its module's; 0: there are none */
	struct arena *arena;
	struct table by_key; /* descriptor or place in DWARF */
};

struct value_types *value_types_create_of(const struct snapshot *snapshot, const struct dwarf *dwarf,
					  const struct module *module, struct arena *arena)
{
	struct value_types *types = arena_alloc(arena, sizeof(*types));
	*types = (struct value_types){
		.snapshot = snapshot,
		.dwarf = dwarf,
		.descriptors = module != NULL ? module->types : 0,
		.arena = arena,
		.by_key = { .arena = arena },
	};
	return types;
}

struct value_types *value_types_create(const struct snapshot *snapshot, const struct dwarf *dwarf,
				       struct arena *arena)
{
	const struct modules *modules = &snapshot->modules;
	return value_types_create_of(snapshot, dwarf, modules->count > 0 ? &modules->items[0] : NULL,
				     arena);
}

/* Places in DWARF are marked, so that they are no address. */
static uint64_t key_of_dwarf(struct dwarf_type type)
{
	return type.offset << 1 | 1;
}

static uint64_t key_of(const struct value_type *type)
{
	return type->dwarf.offset != 0 ? key_of_dwarf(type->dwarf) : type->descriptor;
}

static struct value_type *find(const struct value_types *types, uint64_t key)
{
	return table_find(&types->by_key, table_hash(key));
}

static struct value_type *intern(struct value_types *types, const struct value_type *type)
{
	struct value_type *kept = arena_alloc(types->arena, sizeof(*kept));
	*kept = *type;
	kept->table = types;
	table_add(&types->by_key, table_hash(key_of(kept)), kept);
	return kept;
}

/* A type that generic code was compiled for: "go.shape.int", "go.shape.int_0" in Go 1.19. */
static bool is_shape(const char *name)
{
	return strncmp(name, "go.shape.", 9) == 0;
}

/* A pointer of any type has the shape go.shape.*uint8 (cmd/compile/internal/typecheck Shapify): to
 * follow it as one to a byte would be wrong. */
static bool is_any_pointer(const char *name, enum go_kind kind)
{
	return is_shape(name) && kind == KIND_POINTER;
}

const struct value_type *value_type_at(struct value_types *types, uint64_t addr)
{
	struct gotype found;
	struct value_type *known = find(types, addr);
	if (known != NULL || !gotype_read(types->snapshot, addr, types->arena, &found))
		return known;
	bool any_pointer = is_any_pointer(found.name, found.kind);
	const struct value_type type = {
		.name = is_shape(found.name) && !any_pointer ? found.name + 9 : found.name,
		.parts_read = any_pointer, /* what it points to is not told */
		.package = found.package,
		.kind = found.kind,
		.size = found.size,
		.descriptor = addr,
		.direct = found.direct,
		.is_error = found.has_error_method,
		.has_unwrap = found.has_unwrap_method,
		.empty = found.kind == KIND_INTERFACE &&
			 gotype_is_empty_interface(types->snapshot, &found),
	};
	return intern(types, &type);
}

/* --- names ------------------------------------------------------------------------------------- */

/* A name of DWARF as reflect writes it: packages by their last name, but not within the brackets of
 * type arguments, where reflect has full paths. */
static const char *short_name(const char *name, struct arena *arena)
{
	_cleanup_str_ struct str out = { 0 };
	const char *start = name; /* of the identifier that may turn out to be a path */
	size_t path = 0;	  /* bytes of OUT before it */
	unsigned arguments = 0;
	bool tag = false; /* in the quotes of a field's tag */
	for (const char *p = name; *p != '\0'; p++) {
		tag ^= *p == '"' && (p == name || p[-1] != '\\');
		if (tag) {
			str_add_char(&out, *p);
			continue;
		}
		if (strchr(" *()[]{},;<", *p) != NULL) {
			bool of_name = *p == '[' && p > start && strncmp(start, "map[", 4) != 0;
			if (*p == '[' && (arguments > 0 || of_name))
				arguments++;
			else if (*p == ']' && arguments > 0)
				arguments--;
			start = p + 1;
			path = out.size + 1;
		} else if (*p == '/' && arguments == 0) {
			out.size = path;
			continue;
		}
		str_add_char(&out, *p);
	}
	return str_keep(&out, arena);
}

/* "net/http" of "net/http.Request"; "" of what is no name of a package's type. */
static const char *package_of(const char *name, struct arena *arena)
{
	size_t end = strcspn(name, "[ *({"), slash = 0;
	for (size_t i = 0; i < end; i++)
		if (name[i] == '/')
			slash = i;
	const char *dot = memchr(name + slash, '.', end - slash);
	return dot ? arena_strndup(arena, name, (size_t)(dot - name)) : "";
}

/* --- types of DWARF ---------------------------------------------------------------------------- */

/* The descriptor that DWARF names, where it is one of that kind and size. */
static const struct value_type *described(struct value_types *types,
					  const struct dwarf_type_facts *facts)
{
	if (facts->descriptor == 0 || types->descriptors == 0)
		return NULL;
	const struct value_type *type = value_type_at(types, types->descriptors + facts->descriptor);
	if (type == NULL || type->kind != (enum go_kind)facts->kind || type->size != facts->size)
		return NULL;
	return type;
}

/* The name of a type of C that has none: as Go would write it. */
static const char *nameless(struct value_types *types, struct dwarf_type place)
{
	enum { STARS_MAX = 8 };
	char stars[STARS_MAX + 1] = { 0 };
	struct dwarf_type_facts facts;
	for (unsigned i = 0; i < STARS_MAX; i++) {
		if (!dwarf_type_facts(types->dwarf, place, &facts))
			break;
		if (facts.name[0] != '\0')
			return arena_printf(types->arena, "%s%s", stars, facts.name);
		if (facts.kind == DWARF_KIND_STRUCT)
			return arena_printf(types->arena, "%sstruct", stars);
		if (facts.kind == DWARF_KIND_UNSAFE_POINTER)
			return arena_printf(types->arena, "%sunsafe.Pointer", stars);
		if (facts.kind != DWARF_KIND_POINTER)
			break;
		stars[i] = '*';
		place = facts.element;
	}
	return "unsafe.Pointer";
}

const struct value_type *value_type_of_dwarf(struct value_types *types, struct dwarf_type place)
{
	struct dwarf_type_facts facts;
	if (types->dwarf == NULL || place.offset == 0)
		return NULL;
	const struct value_type *known = find(types, key_of_dwarf(place));
	if (known != NULL)
		return known;
	if (!dwarf_type_facts(types->dwarf, place, &facts))
		return NULL;
	const char *name = facts.name;
	bool shape = is_shape(name), any_pointer = is_any_pointer(name, (enum go_kind)facts.kind);
	known = any_pointer ? NULL : described(types, &facts);
	if (known != NULL)
		return known;
	if (shape && !any_pointer)
		name += 9;
	if (name[0] == '\0')
		name = nameless(types, place);
	const struct value_type type = {
		.name = short_name(name, types->arena),
		.package = package_of(name, types->arena),
		.kind = (enum go_kind)facts.kind,
		.size = facts.size,
		.dwarf = place,
		.empty = facts.empty_interface,
		.parts_read = any_pointer, /* what it points to is not told */
	};
	return intern(types, &type);
}

static const struct value_type *or_unknown(const struct value_type *type)
{
	static const struct value_type unknown = { .name = "?", .package = "" };
	return type != NULL ? type : &unknown;
}

/* --- what a type is made of -------------------------------------------------------------------- */

static bool parts_of_descriptor(struct value_types *types, struct value_type *type)
{
	struct gotype_parts parts;
	const struct gotype self = { .addr = type->descriptor, .kind = type->kind };
	if (!gotype_parts(types->snapshot, &self, types->arena, &parts))
		return false;
	struct value_field *fields =
		arena_alloc(types->arena, (parts.field_count + 1) * sizeof(*fields));
	for (size_t i = 0; i < parts.field_count; i++)
		fields[i] = (struct value_field){
			.name = parts.fields[i].name,
			.type = or_unknown(value_type_at(types, parts.fields[i].type)),
			.offset = parts.fields[i].offset,
			.embedded = parts.fields[i].embedded,
		};
	type->elem = parts.elem != 0 ? or_unknown(value_type_at(types, parts.elem)) : NULL;
	type->key = parts.key != 0 ? or_unknown(value_type_at(types, parts.key)) : NULL;
	type->length = parts.length;
	type->fields = fields;
	type->field_count = parts.field_count;
	return true;
}

static bool fields_of_dwarf(struct value_types *types, struct value_type *type)
{
	struct dwarf_field_facts *facts;
	size_t count;
	if (!dwarf_type_fields(types->dwarf, type->dwarf, types->arena, &facts, &count))
		return false;
	struct value_field *fields = arena_alloc(types->arena, (count + 1) * sizeof(*fields));
	for (size_t i = 0; i < count; i++)
		fields[i] = (struct value_field){
			.name = facts[i].name,
			.type = or_unknown(value_type_of_dwarf(types, facts[i].type)),
			.offset = facts[i].offset,
			.embedded = facts[i].embedded,
		};
	type->fields = fields;
	type->field_count = count;
	return true;
}

static bool parts_of_dwarf(struct value_types *types, struct value_type *type)
{
	struct dwarf_type_facts facts;
	if (!dwarf_type_facts(types->dwarf, type->dwarf, &facts))
		return false;
	type->elem = value_type_of_dwarf(types, facts.element);
	type->key = value_type_of_dwarf(types, facts.key);
	type->length = facts.length;
	return type->kind != KIND_STRUCT || fields_of_dwarf(types, type);
}

bool value_type_parts(struct value_types *types, const struct value_type *type)
{
	if (type->parts_read)
		return type->parts_good;
	if (type->descriptor == 0 && type->dwarf.offset == 0)
		return false;
	struct value_type *ours = (struct value_type *)type; /* interned here, all but the unknown */
	ours->parts_read = true;
	if (type->table != NULL)
		types = type->table;
	ours->parts_good = type->descriptor != 0 ? parts_of_descriptor(types, ours)
						 : parts_of_dwarf(types, ours);
	return ours->parts_good;
}

bool value_type_is(const struct value_type *type, const char *package, const char *name)
{
	const char *slash = strrchr(package, '/');
	const char *last = slash ? slash + 1 : package;
	size_t n = strlen(last);
	return strcmp(type->package, package) == 0 && strncmp(type->name, last, n) == 0 &&
	       type->name[n] == '.' && strcmp(type->name + n + 1, name) == 0;
}

const struct value_field *value_type_field(struct value_types *types,
					   const struct value_type *type, const char *name)
{
	if (type->kind != KIND_STRUCT || !value_type_parts(types, type))
		return NULL;
	for (size_t i = 0; i < type->field_count; i++)
		if (strcmp(type->fields[i].name, name) == 0)
			return &type->fields[i];
	return NULL;
}

const char *go_kind_name(enum go_kind kind)
{
	static const char *const names[] = {
		"invalid", "bool",    "int",	 "int8",    "int16",   "int32",	  "int64",
		"uint",	   "uint8",   "uint16",	 "uint32",  "uint64",  "uintptr", "float32",
		"float64", "complex64", "complex128", "array", "chan",  "func",	  "interface",
		"map",	   "ptr",     "slice",	 "string",  "struct",  "unsafe.Pointer",
	};
	return (unsigned)kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "invalid";
}

/* --- types by name ----------------------------------------------------------------------------- */

static const struct value_type *made(struct value_types *types, const char *name,
				     enum go_kind kind, uint64_t size,
				     const struct value_type *elem, uint64_t length)
{
	struct value_type *type = arena_alloc(types->arena, sizeof(*type));
	*type = (struct value_type){
		.name = name,
		.package = "",
		.kind = kind,
		.size = size,
		.direct = kind == KIND_POINTER,
		.parts_read = true,
		.parts_good = true,
		.elem = elem,
		.length = length,
	};
	return type;
}

const struct value_type *value_type_pointer_to(struct value_types *types,
					       const struct value_type *elem)
{
	return made(types, arena_printf(types->arena, "*%s", elem->name), KIND_POINTER,
		    POINTER_BYTES, elem, 0);
}

const struct value_type *value_type_slice_of(struct value_types *types,
					     const struct value_type *elem)
{
	return made(types, arena_printf(types->arena, "[]%s", elem->name), KIND_SLICE,
		    3 * POINTER_BYTES, elem, 0);
}

const struct value_type *value_type_array_of(struct value_types *types,
					     const struct value_type *elem, uint64_t length)
{
	return made(types,
		    arena_printf(types->arena, "[%llu]%s", (unsigned long long)length, elem->name),
		    KIND_ARRAY, length * elem->size, elem, length);
}

/* "[4]" or "[]" before a name: its length, or -1 for a slice; false where there is none. */
static bool read_brackets(const char **name, int64_t *length)
{
	enum { DIGITS_MAX = 9 };
	const char *p = *name + 1;
	size_t digits = strspn(p, "0123456789");
	if (**name != '[' || p[digits] != ']' || digits > DIGITS_MAX)
		return false;
	*length = digits == 0 ? -1 : strtoll(p, NULL, 10);
	*name = p + digits + 1;
	return true;
}

const struct value_type *value_type_named(struct value_types *types, const char *name)
{
	enum { PREFIXES_MAX = 16 };
	struct {
		bool pointer;
		int64_t length;
	} prefixes[PREFIXES_MAX];
	size_t count = 0;
	for (; count < PREFIXES_MAX; count++) {
		prefixes[count].pointer = *name == '*';
		if (*name == '*')
			name++;
		else if (!read_brackets(&name, &prefixes[count].length))
			break;
	}
	struct dwarf_type place;
	if (types->dwarf == NULL || !dwarf_type_find(types->dwarf, name, &place))
		return NULL;
	const struct value_type *type = value_type_of_dwarf(types, place);
	while (type != NULL && count-- > 0) {
		int64_t length = prefixes[count].length;
		if (prefixes[count].pointer)
			type = value_type_pointer_to(types, type);
		else if (length < 0)
			type = value_type_slice_of(types, type);
		else
			type = value_type_array_of(types, type, (uint64_t)length);
	}
	return type;
}
