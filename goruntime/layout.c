#include "goruntime/layout.h"

#include <stdlib.h>
#include <string.h>

#include "formats/dwarf.h"

#define GONE UINT32_MAX
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct struct_info {
	const char *name;
};

struct field_info {
	const char *path;
	enum rt_struct structure;
	uint8_t bytes;
	bool required;
};

/* A change of one value (enum row_kind) of the field or struct ID with go1.MINOR. */
struct table_row {
	uint16_t id;
	uint8_t minor;
	uint8_t kind;
	uint32_t value;
};

enum row_kind { ROW_SIZE, ROW_AT, ROW_WIDTH };

struct rename {
	uint16_t id;
	const char *name;
};

static const struct struct_info structs[] = {
#define RT_STRUCT(id, name) [id] = { name },
#define RT_FIELD(id, structure, path, bytes, need)
#include "goruntime/fields.def"
#undef RT_STRUCT
#undef RT_FIELD
};

static const struct field_info fields[] = {
#define RT_STRUCT(id, name)
#define RT_FIELD(id, structure, path, bytes, need)                                                 \
	[id] = { path, structure, bytes, (need) == REQUIRED },
#include "goruntime/fields.def"
#undef RT_STRUCT
#undef RT_FIELD
};

static const struct rename struct_renames[] = {
#define RENAMED_STRUCT(structure, name) { structure, name },
#define RENAMED_FIELD(field, path)
#include "goruntime/renames.def"
#undef RENAMED_STRUCT
#undef RENAMED_FIELD
};

static const struct rename field_renames[] = {
#define RENAMED_STRUCT(structure, name)
#define RENAMED_FIELD(field, path) { field, path },
#include "goruntime/renames.def"
#undef RENAMED_STRUCT
#undef RENAMED_FIELD
};

#define RELEASE(minor)
#define NAME(field, name)
#define ROW(kind, id, minor, value) { id, minor, kind, value },

static const struct table_row shared_rows[] = {
#define SIZE(structure, minor, size) ROW(ROW_SIZE, structure, minor, size)
#define AT(field, minor, offset) ROW(ROW_AT, field, minor, offset)
#define WIDTH(field, minor, bytes) ROW(ROW_WIDTH, field, minor, bytes)
#define SIZE_ARM64(structure, minor, size)
#define AT_ARM64(field, minor, offset)
#define WIDTH_ARM64(field, minor, bytes)
#include "goruntime/layout_table.def"
#undef SIZE
#undef AT
#undef WIDTH
#undef SIZE_ARM64
#undef AT_ARM64
#undef WIDTH_ARM64
};

static const struct table_row arm64_rows[] = {
#define SIZE(structure, minor, size)
#define AT(field, minor, offset)
#define WIDTH(field, minor, bytes)
#define SIZE_ARM64(structure, minor, size) ROW(ROW_SIZE, structure, minor, size)
#define AT_ARM64(field, minor, offset) ROW(ROW_AT, field, minor, offset)
#define WIDTH_ARM64(field, minor, bytes) ROW(ROW_WIDTH, field, minor, bytes)
#include "goruntime/layout_table.def"
};
#undef SIZE
#undef AT
#undef WIDTH
#undef SIZE_ARM64
#undef AT_ARM64
#undef WIDTH_ARM64
#undef NAME

static const char *const field_names[] = {
#define NAME(field, name) [field] = name,
#define SIZE(structure, minor, size)
#define AT(field, minor, offset)
#define WIDTH(field, minor, bytes)
#define SIZE_ARM64(structure, minor, size)
#define AT_ARM64(field, minor, offset)
#define WIDTH_ARM64(field, minor, bytes)
#include "goruntime/layout_table.def"
};

struct growth { /* as in patches.def */
	uint8_t structure, minor, patch;
	uint32_t from, bytes;
};

static const struct growth growths[] = {
#define GREW(structure, minor, patch, from, bytes) { structure, minor, patch, from, bytes },
#include "goruntime/patches.def"
#undef GREW
};

static void apply_row(const struct table_row *row, struct layout *layout)
{
	switch (row->kind) {
	case ROW_SIZE:
		layout->struct_size[row->id] = row->value;
		break;
	case ROW_WIDTH:
		layout->field[row->id].bytes = (uint8_t)row->value;
		break;
	case ROW_AT:
		layout->field[row->id].offset = row->value == GONE ? 0 : row->value;
		layout->field[row->id].origin =
			row->value == GONE ? LAYOUT_ABSENT : (uint8_t)layout->origin;
		break;
	}
}

static void apply_rows(const struct table_row *rows, size_t count, unsigned minor,
		       struct layout *layout)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].minor <= minor)
			apply_row(&rows[i], layout);
	}
}

static void grow(const struct growth *growth, struct layout *layout)
{
	layout->struct_size[growth->structure] += growth->bytes;
	for (size_t i = 0; i < RT_FIELD_COUNT; i++) {
		if (fields[i].structure == growth->structure && layout_has(layout, i) &&
		    layout->field[i].offset >= growth->from)
			layout->field[i].offset += growth->bytes;
	}
}

static void apply_patches(const struct release *release, struct layout *layout)
{
	for (size_t i = 0; i < ARRAY_SIZE(growths); i++) {
		if (growths[i].minor == release->minor && growths[i].patch <= release->patch)
			grow(&growths[i], layout);
	}
}

static unsigned nearest_minor(const struct release *release)
{
	if (release->minor == 0 || release->minor > RELEASE_NEWEST)
		return RELEASE_NEWEST;
	return release->minor < RELEASE_OLDEST ? RELEASE_OLDEST : release->minor;
}

void layout_from_table(const struct release *release, const struct arch *arch,
		       struct layout *layout)
{
	unsigned minor = nearest_minor(release);
	*layout = (struct layout){ .origin = release->in_table ? LAYOUT_TABLE : LAYOUT_GUESS };
	for (size_t i = 0; i < RT_FIELD_COUNT; i++)
		layout->field[i].bytes = fields[i].bytes;
	apply_rows(shared_rows, ARRAY_SIZE(shared_rows), minor, layout);
	if (strcmp(arch->goarch, "arm64") == 0)
		apply_rows(arm64_rows, ARRAY_SIZE(arm64_rows), minor, layout);
	apply_patches(release, layout);
}

/* The name under which DWARF has the struct, NULL if under none. */
static const char *dwarf_struct_name(const struct dwarf *dwarf, enum rt_struct structure,
				     uint64_t *size)
{
	if (dwarf_struct_size(dwarf, structs[structure].name, size))
		return structs[structure].name;
	for (size_t i = 0; i < ARRAY_SIZE(struct_renames); i++) {
		if (struct_renames[i].id == structure &&
		    dwarf_struct_size(dwarf, struct_renames[i].name, size))
			return struct_renames[i].name;
	}
	return NULL;
}

static bool dwarf_place(const struct dwarf *dwarf, const char *name, enum rt_field field,
			uint64_t *offset, uint64_t *size)
{
	for (size_t i = 0; i < ARRAY_SIZE(field_renames); i++) {
		if (field_renames[i].id == field &&
		    dwarf_field(dwarf, name, field_renames[i].name, offset, size))
			return true;
	}
	return dwarf_field(dwarf, name, fields[field].path, offset, size);
}

static uint8_t scalar_width(uint64_t size, uint8_t otherwise)
{
	return size == 1 || size == 2 || size == 4 || size == 8 ? (uint8_t)size : otherwise;
}

/* False if a field that must be there is not. */
static bool take_field(const struct dwarf *dwarf, const char *name, enum rt_field field,
		       struct layout *layout)
{
	uint64_t offset, size;
	if (dwarf_place(dwarf, name, field, &offset, &size)) {
		layout->field[field].offset = (uint32_t)offset;
		layout->field[field].bytes = scalar_width(size, fields[field].bytes);
		layout->field[field].origin = LAYOUT_DWARF;
		return true;
	}
	layout->field[field].offset = 0;
	layout->field[field].origin = LAYOUT_ABSENT;
	return !fields[field].required;
}

static bool take_all(const struct dwarf *dwarf, struct layout *layout, struct error *err)
{
	const char *names[RT_STRUCT_COUNT];
	for (size_t i = 0; i < RT_STRUCT_COUNT; i++) {
		uint64_t size;
		names[i] = dwarf_struct_name(dwarf, i, &size);
		if (names[i] != NULL)
			layout->struct_size[i] = (uint32_t)size;
	}
	for (size_t i = 0; i < RT_FIELD_COUNT; i++) {
		const char *name = names[fields[i].structure];
		if (name != NULL ? !take_field(dwarf, name, i, layout) : fields[i].required)
			return error_set(err, ERROR_NOT_FOUND, 0, "DWARF has no %s.%s",
					 structs[fields[i].structure].name, fields[i].path);
	}
	layout->origin = LAYOUT_DWARF;
	return true;
}

bool layout_from_dwarf(const struct dwarf *dwarf, struct layout *layout, struct error *err)
{
	struct layout result = *layout;
	if (!take_all(dwarf, &result, err))
		return false;
	*layout = result;
	return true;
}

const char *rt_field_name(enum rt_field field)
{
	return field_names[field];
}

const char *rt_struct_name(enum rt_struct structure)
{
	return structs[structure].name;
}


bool rt_field_required(enum rt_field field)
{
	return fields[field].required;
}
