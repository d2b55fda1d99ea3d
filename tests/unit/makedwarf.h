#pragma once
/*
 * Small DWARF, version 4 or 5, as Go's linker writes it: types and variables of package level in
 * units, locations in block1 form or in lists. Each function appends one DIE and returns its offset
 * in .debug_info, which others refer to.
 */
#include <dwarf.h>
#include <elf.h>
#include <string.h>

#include "formats/elffile.h"
#include "tests/unit/testelf.h"

struct make_dwarf {
	unsigned version;
	struct str info, lists;
	size_t unit;   /* where the open unit starts */
	uint64_t base; /* its low_pc */
};

enum { GO_KIND = 0x2900, GO_CLOSURE_OFFSET = 0x2907 };

/* One abbreviation: tag, children, then pairs of attribute and form. */
static const uint16_t make_abbreviations[][14] = {
	{ 0 },
	{ DW_TAG_compile_unit, 1, DW_AT_name, DW_FORM_string, DW_AT_low_pc, DW_FORM_addr,
	  DW_AT_high_pc, DW_FORM_data8, DW_AT_language, DW_FORM_data1 },
#define MAKE_UNIT 1
	{ DW_TAG_structure_type, 1, DW_AT_name, DW_FORM_string, DW_AT_byte_size, DW_FORM_data4,
	  GO_KIND, DW_FORM_data1 },
#define MAKE_STRUCT 2
	{ DW_TAG_member, 0, DW_AT_name, DW_FORM_string, DW_AT_data_member_location, DW_FORM_data4,
	  DW_AT_type, DW_FORM_ref_addr },
#define MAKE_MEMBER 3
	{ DW_TAG_typedef, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr, GO_KIND,
	  DW_FORM_data1 },
#define MAKE_TYPEDEF 4
	{ DW_TAG_pointer_type, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr },
#define MAKE_POINTER 5
	{ DW_TAG_base_type, 0, DW_AT_name, DW_FORM_string, DW_AT_byte_size, DW_FORM_data1, GO_KIND,
	  DW_FORM_data1 },
#define MAKE_BASE 6
	{ DW_TAG_array_type, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  DW_AT_byte_size, DW_FORM_data4, GO_KIND, DW_FORM_data1 },
#define MAKE_ARRAY 7
	{ DW_TAG_variable, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  DW_AT_location, DW_FORM_block1 },
#define MAKE_VARIABLE 8
	{ DW_TAG_variable, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  DW_AT_location, DW_FORM_sec_offset },
#define MAKE_LISTED 9
	{ DW_TAG_subprogram, 1, DW_AT_name, DW_FORM_string, DW_AT_low_pc, DW_FORM_addr,
	  DW_AT_high_pc, DW_FORM_data8 },
#define MAKE_FUNCTION 10
	{ DW_TAG_lexical_block, 1, DW_AT_low_pc, DW_FORM_addr, DW_AT_high_pc, DW_FORM_data8 },
#define MAKE_BLOCK 11
	{ DW_TAG_subprogram, 1, DW_AT_name, DW_FORM_string, DW_AT_inline, DW_FORM_data1 },
#define MAKE_ABSTRACT 12
	{ DW_TAG_formal_parameter, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr },
#define MAKE_ABSTRACT_FORMAL 13
	{ DW_TAG_inlined_subroutine, 1, DW_AT_abstract_origin, DW_FORM_ref_addr, DW_AT_low_pc,
	  DW_FORM_addr, DW_AT_high_pc, DW_FORM_data8 },
#define MAKE_INLINED 14
	{ DW_TAG_formal_parameter, 0, DW_AT_abstract_origin, DW_FORM_ref_addr, DW_AT_location,
	  DW_FORM_block1 },
#define MAKE_FORMAL 15
	{ DW_TAG_variable, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  GO_CLOSURE_OFFSET, DW_FORM_data1 },
#define MAKE_CAPTURED 16
	{ DW_TAG_formal_parameter, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  DW_AT_location, DW_FORM_sec_offset },
#define MAKE_LISTED_FORMAL 17
	{ DW_TAG_pointer_type, 0, DW_AT_name, DW_FORM_string },
#define MAKE_BARE_POINTER 18
	{ DW_TAG_variable, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  DW_AT_decl_line, DW_FORM_data1 },
#define MAKE_DECLARED 19
	{ DW_TAG_variable, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  DW_AT_location, DW_FORM_sec_offset, DW_AT_decl_line, DW_FORM_data1 },
#define MAKE_DECLARED_LISTED 20
	{ DW_TAG_constant, 0, DW_AT_name, DW_FORM_string, DW_AT_type, DW_FORM_ref_addr,
	  DW_AT_const_value, DW_FORM_sdata },
#define MAKE_CONSTANT 21
};

static void make_leb(struct str *s, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		str_add_char(s, (char)(0x80 | v));
	str_add_char(s, (char)v);
}

static struct str make_abbrev_section(void)
{
	struct str s = { 0 };
	for (size_t i = 1; i < sizeof(make_abbreviations) / sizeof(make_abbreviations[0]); i++) {
		const uint16_t *a = make_abbreviations[i];
		make_leb(&s, i);
		make_leb(&s, a[0]);
		str_add_char(&s, (char)a[1]);
		for (size_t k = 2; k < 14 && a[k] != 0; k++)
			make_leb(&s, a[k]);
		str_add_bytes(&s, "\0\0", 2);
	}
	str_add_char(&s, 0);
	return s;
}

static uint32_t make_die(struct make_dwarf *d, unsigned abbreviation, const char *name)
{
	uint32_t at = (uint32_t)d->info.size;
	make_leb(&d->info, abbreviation);
	if (name != NULL)
		str_add_bytes(&d->info, name, strlen(name) + 1);
	return at;
}

/* Ends the children of a struct, function, block or inlined call. */
static inline void make_end(struct make_dwarf *d)
{
	str_add_char(&d->info, 0);
}

static void make_range(struct make_dwarf *d, uint64_t lo, uint64_t hi)
{
	test_put64(&d->info, lo);
	test_put64(&d->info, hi - lo);
}

static void make_unit(struct make_dwarf *d, const char *name, uint64_t lo, uint64_t hi)
{
	d->unit = d->info.size;
	d->base = lo;
	test_put32(&d->info, 0);
	test_put16(&d->info, (uint16_t)d->version);
	if (d->version >= 5)
		str_add_bytes(&d->info, "\1\10\0\0\0\0", 6);
	else
		str_add_bytes(&d->info, "\0\0\0\0\10", 5);
	make_die(d, MAKE_UNIT, name);
	make_range(d, lo, hi);
	str_add_char(&d->info, DW_LANG_Go);
}

static void make_unit_end(struct make_dwarf *d)
{
	make_end(d);
	test_set32(&d->info, d->unit, (uint32_t)(d->info.size - d->unit - 4));
}

static inline uint32_t make_base(struct make_dwarf *d, const char *name, uint8_t size, uint8_t kind)
{
	uint32_t at = make_die(d, MAKE_BASE, name);
	str_add_char(&d->info, (char)size);
	str_add_char(&d->info, (char)kind);
	return at;
}

static inline uint32_t make_struct(struct make_dwarf *d, const char *name, uint32_t size,
				   uint8_t kind)
{
	uint32_t at = make_die(d, MAKE_STRUCT, name);
	test_put32(&d->info, size);
	str_add_char(&d->info, (char)kind);
	return at;
}

static inline void make_member(struct make_dwarf *d, const char *name, uint32_t offset,
			       uint32_t type)
{
	make_die(d, MAKE_MEMBER, name);
	test_put32(&d->info, offset);
	test_put32(&d->info, type);
}

static inline uint32_t make_typedef(struct make_dwarf *d, const char *name, uint32_t type,
				    uint8_t kind)
{
	uint32_t at = make_die(d, MAKE_TYPEDEF, name);
	test_put32(&d->info, type);
	str_add_char(&d->info, (char)kind);
	return at;
}

static inline uint32_t make_pointer(struct make_dwarf *d, const char *name, uint32_t type)
{
	uint32_t at = make_die(d, MAKE_POINTER, name);
	test_put32(&d->info, type);
	return at;
}

/* Lets a pointer made before its target refer to it. */
static inline void make_point(struct make_dwarf *d, uint32_t pointer, uint32_t type)
{
	test_set32(&d->info, pointer + 1 + strlen(d->info.text + pointer + 1) + 1, type);
}

static inline uint32_t make_array(struct make_dwarf *d, const char *name, uint32_t element,
				  uint32_t size)
{
	uint32_t at = make_die(d, MAKE_ARRAY, name);
	test_put32(&d->info, element);
	test_put32(&d->info, size);
	str_add_char(&d->info, 17);
	return at;
}

static inline void make_block1(struct make_dwarf *d, const char *bytes, size_t size)
{
	str_add_char(&d->info, (char)size);
	str_add_bytes(&d->info, bytes, size);
}

/* LOCATION is a string literal. */
#define make_variable(d, name, type, location)                                                     \
	make_variable_(d, name, type, location, sizeof(location) - 1)

static inline void make_variable_(struct make_dwarf *d, const char *name, uint32_t type,
				  const char *location, size_t size)
{
	make_die(d, MAKE_VARIABLE, name);
	test_put32(&d->info, type);
	make_block1(d, location, size);
}

static inline void make_global(struct make_dwarf *d, const char *name, uint32_t type, uint64_t addr)
{
	char location[9] = { DW_OP_addr };
	memcpy(location + 1, &addr, 8);
	make_variable_(d, name, type, location, sizeof(location));
}

static inline void make_function(struct make_dwarf *d, const char *name, uint64_t lo, uint64_t hi)
{
	make_die(d, MAKE_FUNCTION, name);
	make_range(d, lo, hi);
}

static inline void make_block(struct make_dwarf *d, uint64_t lo, uint64_t hi)
{
	make_die(d, MAKE_BLOCK, NULL);
	make_range(d, lo, hi);
}

/* A variable with a list of places; its entries follow, then make_list_end(). */
static inline void make_list(struct make_dwarf *d, unsigned abbreviation, const char *name,
			     uint32_t type)
{
	if (d->version >= 5 && d->lists.size == 0) /* unit_length, version, address size, ... */
		str_add_bytes(&d->lists, "\xf0\0\0\0\5\0\10\0\0\0\0\0", 12);
	make_die(d, abbreviation, name);
	test_put32(&d->info, type);
	test_put32(&d->info, (uint32_t)d->lists.size);
}

/* LOCATION (a string literal) in [LO, HI). */
static inline void make_entry(struct make_dwarf *d, uint64_t lo, uint64_t hi, const char *location)
{
	if (d->version >= 5)
		str_add_char(&d->lists, DW_LLE_start_end);
	test_put64(&d->lists, d->version >= 5 ? lo : lo - d->base);
	test_put64(&d->lists, d->version >= 5 ? hi : hi - d->base);
	if (d->version >= 5)
		make_leb(&d->lists, strlen(location));
	else
		test_put16(&d->lists, (uint16_t)strlen(location));
	str_add(&d->lists, location);
}

static inline void make_list_end(struct make_dwarf *d)
{
	if (d->version >= 5)
		str_add_char(&d->lists, DW_LLE_end_of_list);
	else
		str_add_bytes(&d->lists, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
}

/* A list with one entry. */
static inline void make_listed_as(struct make_dwarf *d, unsigned abbreviation, const char *name,
				  uint32_t type, uint64_t lo, uint64_t hi, const char *location)
{
	make_list(d, abbreviation, name, type);
	make_entry(d, lo, hi, location);
	make_list_end(d);
}

static inline void make_listed(struct make_dwarf *d, const char *name, uint32_t type, uint64_t lo,
			       uint64_t hi, const char *location)
{
	make_listed_as(d, MAKE_LISTED, name, type, lo, hi, location);
}

/* The executable with these sections, parsed; D is released. */
static inline bool make_elf(struct make_dwarf *d, struct arena *arena, struct elffile *elf)
{
	_cleanup_str_ struct str abbrev = make_abbrev_section();
	if (d->version >= 5 && d->lists.size > 0)
		test_set32(&d->lists, 0, (uint32_t)(d->lists.size - 4));
	const struct test_section sections[] = {
		{ .name = ".debug_abbrev",
		  .type = SHT_PROGBITS,
		  .bytes = abbrev.text,
		  .size = abbrev.size },
		{ .name = ".debug_info",
		  .type = SHT_PROGBITS,
		  .bytes = d->info.text,
		  .size = d->info.size },
		{ .name = d->version >= 5 ? ".debug_loclists" : ".debug_loc",
		  .type = SHT_PROGBITS,
		  .bytes = d->lists.text,
		  .size = d->lists.size },
	};
	struct str file = test_elf_make(&(struct test_elf){
		.type = ET_EXEC,
		.sections = sections,
		.section_count = sizeof(sections) / sizeof(sections[0]),
	});
	struct bytes bytes = test_exact(test_bytes(&file));
	str_release(&file);
	str_release(&d->info);
	str_release(&d->lists);
	return elffile_parse(bytes, "test", arena, elf, NULL);
}
