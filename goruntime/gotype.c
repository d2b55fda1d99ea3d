#include "goruntime/gotype.h"

#include <string.h>

#include "base/limits.h"
#include "goruntime/private.h"

/* abi.TFlag (internal/abi/type.go) */
enum { TFLAG_UNCOMMON = 1, TFLAG_EXTRA_STAR = 2, TFLAG_DIRECT_IFACE = 32 };
enum { KIND_MASK = 31, KIND_DIRECT_IFACE = 32 };
enum { NAME_EMBEDDED = 8 }; /* abi.Name */
enum { MAX_METHODS = 1024, MAX_FIELDS = 1 << 16 };

/* A name (abi.Name): flags, varint length, bytes. */
static const char *name_at(const struct snapshot *s, uint64_t addr, struct arena *arena)
{
	struct cursor c = cursor_of(image_rest(s->image, addr));
	cursor_skip(&c, 1);
	uint64_t n = cursor_uvarint(&c);
	const uint8_t *p = n <= LIMIT_NAME ? cursor_take(&c, n) : NULL;
	return p ? arena_strndup(arena, (const char *)p, n) : NULL;
}

/* Bytes of the descriptor in front of its uncommon part, by kind (runtime/type.go uncommon). */
static uint32_t uncommon_offset(const struct snapshot *s, enum go_kind kind)
{
	unsigned minor = s->release.minor;
	switch (kind) {
	case KIND_POINTER:
	case KIND_SLICE:
	case KIND_FUNC:
		return 56;
	case KIND_CHAN:
		return 64;
	case KIND_ARRAY:
		return 72;
	case KIND_STRUCT:
	case KIND_INTERFACE:
		return 80;
	case KIND_MAP:
		return s->layout.struct_size[RT_MAPTYPE] ? s->layout.struct_size[RT_MAPTYPE]
		       : minor >= 27			 ? 136
							 : 88;
	default:
		return 48;
	}
}

/* Looks for Error, RuntimeError and Unwrap among the exported methods: abi.UncommonType {pkgPath,
 * mcount, xcount u16, moff u32}, abi.Method {name, mtyp, ifn, tfn i32}. */
static void read_methods(const struct snapshot *s, const struct module *m, struct gotype *type,
			 struct arena *arena)
{
	uint8_t head[16];
	uint64_t uncommon = type->addr + uncommon_offset(s, type->kind);
	if (!image_read(s->image, uncommon, head, sizeof(head), NULL))
		return;
	uint32_t path = bytes_u32(head);
	const char *package = path != 0 ? name_at(s, m->types + path, arena) : NULL;
	type->package = package != NULL ? package : "";
	uint16_t count = bytes_u16(head + 4);
	uint64_t method = uncommon + bytes_u32(head + 8);
	for (unsigned i = 0; i < count && i < MAX_METHODS; i++) {
		uint32_t name_off;
		if (!image_u32(s->image, method + i * 16, &name_off, NULL))
			return;
		const char *name = name_at(s, m->types + name_off, arena);
		if (name == NULL)
			return;
		type->has_error_method |= strcmp(name, "Error") == 0;
		type->has_runtime_error_method |= strcmp(name, "RuntimeError") == 0;
		type->has_unwrap_method |= strcmp(name, "Unwrap") == 0;
	}
}

bool gotype_read(const struct snapshot *s, uint64_t addr, struct arena *arena, struct gotype *type)
{
	struct view view;
	const struct module *m = modules_types(&s->modules, addr);
	if (m == NULL || addr % 8 != 0 ||
	    !view_read(&view, s->image, &s->layout, RT_TYPE, addr, NULL))
		return false;
	uint8_t tflag = (uint8_t)view_get(&view, TYPE_TFLAG);
	uint8_t kind = (uint8_t)view_get(&view, TYPE_KIND);
	*type = (struct gotype){
		.addr = addr,
		.size = view_get(&view, TYPE_SIZE),
		.kind = kind & KIND_MASK,
		.package = "",
		.direct = s->private->traits.direct_iface_in_tflag ? tflag & TFLAG_DIRECT_IFACE
								   : kind & KIND_DIRECT_IFACE,
	};
	const char *name = name_at(s, m->types + view_get(&view, TYPE_STR), arena);
	if (name == NULL || type->kind == KIND_INVALID || type->kind > KIND_UNSAFE_POINTER)
		return false;
	type->name = tflag & TFLAG_EXTRA_STAR && name[0] == '*' ? name + 1 : name;
	if (tflag & TFLAG_UNCOMMON)
		read_methods(s, m, type, arena);
	return true;
}

/* Behind abi.Type, which has 48 bytes: ArrayType {Elem, Slice, Len}, ChanType {Elem, Dir}, MapType
 * {Key, Elem, ..}, PtrType and SliceType {Elem}, StructType {PkgPath, Fields}, InterfaceType
 * {PkgPath, Methods}. */
enum { TYPE_BYTES = 48 };

static bool read_fields(const struct snapshot *s, uint64_t addr, struct arena *arena,
			struct gotype_parts *parts)
{
	uint64_t base, count;
	if (!image_u64(s->image, addr + TYPE_BYTES + 8, &base, NULL) ||
	    !image_u64(s->image, addr + TYPE_BYTES + 16, &count, NULL) || count > MAX_FIELDS)
		return false;
	parts->fields = arena_alloc(arena, (count + 1) * sizeof(*parts->fields));
	for (uint64_t i = 0; i < count; i++) { /* abi.StructField {Name, Typ, Offset} */
		uint8_t raw[24], flags;
		if (!image_read(s->image, base + i * 24, raw, sizeof(raw), NULL) ||
		    !image_u8(s->image, bytes_u64(raw), &flags, NULL))
			return false;
		const char *name = name_at(s, bytes_u64(raw), arena);
		parts->fields[i] = (struct gotype_field){
			.name = name,
			.type = bytes_u64(raw + 8),
			.offset = bytes_u64(raw + 16),
			.embedded = flags & NAME_EMBEDDED,
		};
		if (name == NULL)
			return false;
	}
	parts->field_count = count;
	return true;
}

bool gotype_parts(const struct snapshot *s, const struct gotype *type, struct arena *arena,
		  struct gotype_parts *parts)
{
	*parts = (struct gotype_parts){ 0 };
	switch (type->kind) {
	case KIND_ARRAY:
		return image_u64(s->image, type->addr + TYPE_BYTES, &parts->elem, NULL) &&
		       image_u64(s->image, type->addr + TYPE_BYTES + 16, &parts->length, NULL);
	case KIND_CHAN:
	case KIND_POINTER:
	case KIND_SLICE:
		return image_u64(s->image, type->addr + TYPE_BYTES, &parts->elem, NULL);
	case KIND_MAP:
		return image_u64(s->image, type->addr + TYPE_BYTES, &parts->key, NULL) &&
		       image_u64(s->image, type->addr + TYPE_BYTES + 8, &parts->elem, NULL);
	case KIND_STRUCT:
		return read_fields(s, type->addr, arena, parts);
	default:
		return true;
	}
}

bool gotype_of_interface(const struct snapshot *s, uint64_t word, bool empty, uint64_t *type)
{
	*type = word;
	return word == 0 || empty || image_u64(s->image, word + 8, type, NULL);
}

bool gotype_is_empty_interface(const struct snapshot *s, const struct gotype *type)
{
	uint64_t methods;
	return image_u64(s->image, type->addr + TYPE_BYTES + 16, &methods, NULL) && methods == 0;
}
