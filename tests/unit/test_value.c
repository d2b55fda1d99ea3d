/* Values as trees, by the program's own type descriptors. */
#include "goruntime/value.h"

#include <stdio.h>
#include <string.h>

#include "goruntime/maps.h"
#include "goruntime/value_internal.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct value value;
static struct value_limits limits;
static uint64_t int_type, string_type, byte_type;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	process_func(&p, "main.main", 8);
	int_type = process_type(&p, KIND_INT, "int", 8);
	string_type = process_type(&p, KIND_STRING, "string", 16);
	byte_type = process_type(&p, KIND_UINT8, "uint8", 1);
	limits = (struct value_limits){
		.depth = 3, .elements = 4, .text = 200, .string = 20, .values = 100,
	};
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

/* A type of KIND whose element is ELEM. */
static uint64_t type_of(unsigned kind, const char *name, uint64_t size, uint64_t elem)
{
	uint64_t type = process_type(&p, kind, name, size);
	process_put64(&p, type + 48, elem);
	return type;
}

struct field {
	const char *name;
	uint64_t type, offset;
};

static uint64_t struct_type(const char *name, uint64_t size, const struct field *fields, size_t n)
{
	uint64_t type = process_type(&p, KIND_STRUCT, name, size);
	uint64_t list = process_alloc(&p, n * 24);
	process_put64(&p, type + 56, list);
	process_put64(&p, type + 64, n);
	for (size_t i = 0; i < n; i++) {
		size_t length = strlen(fields[i].name);
		uint64_t text = process_alloc(&p, length + 2);
		process_put8(&p, text + 1, (uint8_t)length);
		process_put_bytes(&p, text + 2, fields[i].name, length);
		process_put64(&p, list + i * 24, text);
		process_put64(&p, list + i * 24 + 8, fields[i].type);
		process_put64(&p, list + i * 24 + 16, fields[i].offset);
	}
	return type;
}

/* Makes the value of TYPE at ADDR. */
static void make(uint64_t type, uint64_t addr)
{
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct value_type *t = value_type_at(values_types(values), type);
	ck_assert_ptr_nonnull(t);
	const struct operand operand = operand_at(addr, t);
	value_make(values, "x", &operand, &value);
}

#define assert_text(text_) ck_assert_str_eq(value.text, text_)

static void assert_number(unsigned kind, const char *name, uint64_t size, uint64_t bits,
			  const char *text)
{
	begin(27);
	uint64_t addr = process_alloc(&p, 16);
	process_put64(&p, addr, bits);
	make(process_type(&p, kind, name, size), addr);
	ck_assert_str_eq(value.text, text);
	ck_assert_str_eq(value.type, name);
	ck_assert_int_eq(value.state, VALUE_OK);
	ck_assert_uint_eq(value.child_count, 0);
}

START_TEST(numbers_are_written_as_go_writes_them)
{
	assert_number(KIND_INT8, "int8", 1, 0xff, "-1");
	assert_number(KIND_UINT8, "uint8", 1, 0xff, "255");
	assert_number(KIND_INT16, "int16", 2, 0x8000, "-32768");
	assert_number(KIND_UINT64, "uint64", 8, UINT64_MAX, "18446744073709551615");
	assert_number(KIND_BOOL, "bool", 1, 1, "true");
	assert_number(KIND_FLOAT64, "float64", 8, 0x3ff8000000000000, "1.5");
	assert_number(KIND_FLOAT64, "float64", 8, 0x41cdcd6500000000, "1e+09");
	assert_number(KIND_FLOAT32, "float32", 4, 0x3dcccccd, "0.1");
	assert_number(KIND_FLOAT64, "float64", 8, 0xfff0000000000000, "-Inf");
	assert_number(KIND_INT, "main.Kind", 8, 7, "7");
	assert_number(KIND_UNSAFE_POINTER, "unsafe.Pointer", 8, 0x10, "unsafe.Pointer(0x10)");
	assert_number(KIND_UNSAFE_POINTER, "unsafe.Pointer", 8, 0, "nil");
}
END_TEST

static void assert_string(const char *bytes, const char *text)
{
	begin(27);
	uint64_t addr = process_alloc(&p, 16);
	process_put_string(&p, addr, bytes);
	make(string_type, addr);
	ck_assert_str_eq(value.text, text);
}

START_TEST(strings_are_quoted)
{
	assert_string("", "\"\"");
	assert_string("a\"b\\\n", "\"a\\\"b\\\\\\n\"");
	assert_string("caf\xc3\xa9", "\"caf\xc3\xa9\"");
	assert_string("\xff\x01\x7f", "\"\\xff\\x01\\x7f\"");
	assert_string("\xe2\x80\x8b", "\"\\u200b\"");
}
END_TEST

START_TEST(a_long_string_is_cut_between_characters)
{
	assert_string("123456789 123456789 123", "\"123456789 123456789 \"... 3 more bytes");
	assert_string("123456789 123456789\xc3\xa9 end",
		      "\"123456789 123456789\"... 6 more bytes");
}
END_TEST

START_TEST(a_string_at_a_wild_address_says_so)
{
	uint64_t addr = process_alloc(&p, 16);
	process_put64(&p, addr, 0x10);
	process_put64(&p, addr + 8, 5);
	make(string_type, addr);
	ck_assert_int_eq(value.state, VALUE_UNREADABLE);
	assert_text("<not readable: 5 bytes at 0x10>");
}
END_TEST

START_TEST(structs_have_their_fields_as_children)
{
	const struct field fields[] = { { "A", int_type, 0 }, { "Name", string_type, 8 } };
	uint64_t type = struct_type("main.T", 24, fields, 2), addr = process_alloc(&p, 24);
	process_put64(&p, addr, 3);
	process_put_string(&p, addr + 8, "n");
	make(type, addr);
	assert_text("main.T{A: 3, Name: \"n\"}");
	ck_assert_uint_eq(value.child_count, 2);
	ck_assert_str_eq(value.children[1].name, "Name");
	ck_assert_uint_eq(value.children[1].addr, addr + 8);
}
END_TEST

START_TEST(a_type_that_contains_itself_ends)
{
	struct field fields[] = { { "T", 0, 0 } };
	uint64_t type = struct_type("main.T", 24, fields, 1);
	fields[0].type = type;
	uint64_t list = process_get64(&p, type + 56);
	process_put64(&p, list + 8, type);
	make(type, process_alloc(&p, 24));
	ck_assert_int_eq(value.state, VALUE_OK);
}
END_TEST

static uint64_t make_slice(uint64_t count, uint64_t capacity)
{
	uint64_t addr = process_alloc(&p, 24), array = process_alloc(&p, 8 * 8);
	for (uint64_t i = 0; i < 8; i++)
		process_put64(&p, array + i * 8, i);
	process_put64(&p, addr, array);
	process_put64(&p, addr + 8, count);
	process_put64(&p, addr + 16, capacity);
	return addr;
}

START_TEST(slices_show_their_first_elements)
{
	make(type_of(KIND_SLICE, "[]int", 24, int_type), make_slice(2, 8));
	assert_text("[]int{0, 1}");
	begin(27);
	make(type_of(KIND_SLICE, "[]int", 24, int_type), make_slice(7, 8));
	assert_text("[]int{0, 1, 2, 3, ... 3 more}");
	ck_assert_uint_eq(value.child_count, 4);
	ck_assert_uint_eq(value.children_left_out, 3);
}
END_TEST

START_TEST(no_slice_is_longer_than_its_capacity)
{
	make(type_of(KIND_SLICE, "[]int", 24, int_type), make_slice(9, 8));
	ck_assert_int_eq(value.state, VALUE_UNREADABLE);
	ck_assert_ptr_nonnull(strstr(value.text, "length 9, capacity 8"));
}
END_TEST

START_TEST(bytes_that_are_text_read_as_text)
{
	uint64_t addr = process_alloc(&p, 24);
	process_put_string(&p, addr, "plain");
	process_put64(&p, addr + 16, 5);
	make(type_of(KIND_SLICE, "[]uint8", 24, byte_type), addr);
	assert_text("[]byte(\"plain\")");
	ck_assert_uint_eq(value.child_count, 4);
	make(type_of(KIND_SLICE, "json.RawMessage", 24, byte_type), addr);
	assert_text("json.RawMessage(\"plain\")");
}
END_TEST

START_TEST(pointers_are_followed_as_deep_as_asked)
{
	struct field fields[] = { { "Next", 0, 0 } };
	uint64_t type = struct_type("main.T", 8, fields, 1);
	uint64_t pointer = type_of(KIND_POINTER, "*main.T", 8, type);
	process_put64(&p, process_get64(&p, type + 56) + 8, pointer);
	uint64_t ring = process_alloc(&p, 8), addr = process_alloc(&p, 8);
	char text[80];
	process_put64(&p, ring, ring);
	process_put64(&p, addr, ring);
	limits.depth = 2;
	make(pointer, addr);
	snprintf(text, sizeof(text), "&main.T{Next: &main.T{Next: (*main.T)(0x%llx)}}",
		 (unsigned long long)ring);
	assert_text(text);
	ck_assert_str_eq(value.children[0].name, "*");
}
END_TEST

START_TEST(nil_is_nil)
{
	uint64_t addr = process_alloc(&p, 24);
	make(type_of(KIND_POINTER, "*int", 8, int_type), addr);
	assert_text("nil");
	begin(27);
	addr = process_alloc(&p, 24);
	make(type_of(KIND_SLICE, "[]int", 24, int_type), addr);
	assert_text("nil");
	begin(27);
	addr = process_alloc(&p, 24);
	make(process_type(&p, KIND_INTERFACE, "interface {}", 16), addr);
	assert_text("nil");
	begin(27);
	addr = process_alloc(&p, 24);
	make(process_type(&p, KIND_FUNC, "func()", 8), addr);
	assert_text("nil");
}
END_TEST

/* An interface {} that holds TYPE, whose value is at DATA. */
static void make_interface(uint64_t type, uint64_t data)
{
	uint64_t addr = process_alloc(&p, 16);
	process_put64(&p, addr, type);
	process_put64(&p, addr + 8, data);
	make(process_type(&p, KIND_INTERFACE, "interface {}", 16), addr);
}

START_TEST(interfaces_show_what_they_hold)
{
	uint64_t data = process_alloc(&p, 8);
	process_put64(&p, data, 5);
	make_interface(int_type, data);
	assert_text("5");
	ck_assert_str_eq(value.children[0].name, "(int)");
	begin(27);
	data = process_alloc(&p, 8);
	make_interface(process_type(&p, KIND_INT, "main.Kind", 8), data);
	assert_text("main.Kind(0)");
	begin(27);
	uint64_t pointer = type_of(KIND_POINTER, "*int", 8, int_type);
	process_put(&p, pointer, TYPE_TFLAG, 32); /* direct */
	make_interface(pointer, 0);
	assert_text("(*int)(nil)");
}
END_TEST

START_TEST(an_interface_whose_type_word_is_wild_says_so)
{
	make_interface(0x12345678, 0);
	ck_assert_int_eq(value.state, VALUE_UNREADABLE);
}
END_TEST

START_TEST(redacted_values_keep_their_shape)
{
	const struct field fields[] = { { "A", int_type, 0 }, { "Name", string_type, 8 } };
	uint64_t type = struct_type("main.T", 24, fields, 2), addr = process_alloc(&p, 24);
	process_put_string(&p, addr + 8, "secret");
	limits.redact = true;
	make(type, addr);
	assert_text("main.T{A: <redacted>, Name: <redacted, 6 bytes>}");
	ck_assert_int_eq(value.children[0].state, VALUE_REDACTED);
}
END_TEST

START_TEST(the_number_of_values_is_bounded)
{
	limits.values = 3;
	limits.elements = 1000;
	make(type_of(KIND_SLICE, "[]int", 24, int_type), make_slice(8, 8));
	ck_assert_uint_eq(value.child_count, 2);
	ck_assert_uint_eq(value.children_left_out, 6);
}
END_TEST

START_TEST(channels_tell_what_is_in_them)
{
	uint64_t chan = process_struct(&p, RT_HCHAN), buffer = process_alloc(&p, 24);
	uint64_t addr = process_alloc(&p, 8);
	process_put(&p, chan, HCHAN_QCOUNT, 2);
	process_put(&p, chan, HCHAN_DATAQSIZ, 3);
	process_put(&p, chan, HCHAN_BUF, buffer);
	process_put(&p, chan, HCHAN_RECVX, 2);
	process_put(&p, chan, HCHAN_CLOSED, 1);
	process_put64(&p, buffer, 8);
	process_put64(&p, buffer + 16, 7);
	process_put64(&p, addr, chan);
	make(type_of(KIND_CHAN, "chan int", 8, int_type), addr);
	ck_assert_ptr_nonnull(strstr(value.text, " len 2, cap 3, closed: 7, 8"));
}
END_TEST

/* --- maps -------------------------------------------------------------------------------------- */

/* map[int]int of go1.27: a group has 8 control bytes, 8 keys, 8 elements. */
static uint64_t swiss_type(void)
{
	uint64_t type = process_type(&p, KIND_MAP, "map[int]int", 8);
	process_put(&p, type, MAPTYPE_KEY, int_type);
	process_put(&p, type, MAPTYPE_ELEM, int_type);
	process_put(&p, type, MAPTYPE_GROUPSIZE, 136);
	process_put(&p, type, MAPTYPE_KEYSOFF, 8);
	process_put(&p, type, MAPTYPE_KEYSTRIDE, 8);
	process_put(&p, type, MAPTYPE_ELEMSOFF, 72);
	process_put(&p, type, MAPTYPE_ELEMSTRIDE, 8);
	return type;
}

static void put_slot(uint64_t group, unsigned i, uint64_t key, uint64_t elem)
{
	process_put8(&p, group + i, 0x11);
	process_put64(&p, group + 8 + i * 8, key);
	process_put64(&p, group + 72 + i * 8, elem);
}

static uint64_t make_group(void)
{
	uint64_t group = process_alloc(&p, 136);
	for (unsigned i = 0; i < 8; i++)
		process_put8(&p, group + i, 0x80);
	return group;
}

static uint64_t pointer_to(uint64_t target)
{
	uint64_t addr = process_alloc(&p, 8);
	process_put64(&p, addr, target);
	return addr;
}

START_TEST(a_small_map_is_one_group)
{
	uint64_t type = swiss_type(), map = process_struct(&p, RT_MAPS_MAP), group = make_group();
	put_slot(group, 0, 9, 90);
	put_slot(group, 3, -1, 10);
	process_put8(&p, group + 1, 0xfe); /* a tombstone */
	process_put(&p, map, MAPS_MAP_USED, 2);
	process_put(&p, map, MAPS_MAP_DIRPTR, group);
	make(type, pointer_to(map));
	assert_text("map[int]int{-1: 10, 9: 90}");
	ck_assert_str_eq(value.children[0].name, "[-1]");
}
END_TEST

START_TEST(a_table_that_the_directory_repeats_is_visited_once)
{
	uint64_t type = swiss_type(), map = process_struct(&p, RT_MAPS_MAP), group = make_group();
	uint64_t table = process_struct(&p, RT_MAPS_TABLE), directory = process_alloc(&p, 32);
	put_slot(group, 0, 1, 2);
	process_put(&p, table, MAPS_TABLE_GROUPS, group);
	for (unsigned i = 0; i < 4; i++)
		process_put64(&p, directory + i * 8, table);
	process_put(&p, map, MAPS_MAP_USED, 1);
	process_put(&p, map, MAPS_MAP_DIRPTR, directory);
	process_put(&p, map, MAPS_MAP_DIRLEN, 4);
	make(type, pointer_to(map));
	assert_text("map[int]int{1: 2}");
}
END_TEST

START_TEST(a_directory_of_absurd_length_ends)
{
	uint64_t type = swiss_type(), map = process_struct(&p, RT_MAPS_MAP);
	process_put(&p, map, MAPS_MAP_DIRPTR, process_alloc(&p, 16));
	process_put(&p, map, MAPS_MAP_DIRLEN, UINT64_MAX);
	make(type, pointer_to(map));
	ck_assert_int_eq(value.state, VALUE_NOT_IN_CORE);
}
END_TEST

/* map[int]int of go1.23: a bucket has 8 hashes, 8 keys, 8 elements, the overflow bucket. */
static uint64_t old_type(void)
{
	uint64_t type = process_type(&p, KIND_MAP, "map[int]int", 8);
	process_put(&p, type, MAPTYPE_KEY, int_type);
	process_put(&p, type, MAPTYPE_ELEM, int_type);
	process_put(&p, type, MAPTYPE_KEYSIZE, 8);
	process_put(&p, type, MAPTYPE_VALUESIZE, 8);
	process_put(&p, type, MAPTYPE_BUCKETSIZE, 144);
	return type;
}

START_TEST(old_buckets_count_unless_they_are_evacuated)
{
	begin(23);
	uint64_t type = old_type(), map = process_struct(&p, RT_HMAP);
	uint64_t buckets = process_alloc(&p, 4 * 144), olds = process_alloc(&p, 2 * 144);
	put_slot(buckets, 0, 1, 10);
	put_slot(olds, 0, 1, 10);
	process_put8(&p, olds, 2); /* moved */
	put_slot(olds + 144, 5, 2, 20);
	process_put(&p, map, HMAP_COUNT, 2);
	process_put(&p, map, HMAP_B, 2);
	process_put(&p, map, HMAP_BUCKETS, buckets);
	process_put(&p, map, HMAP_OLDBUCKETS, olds);
	make(type, pointer_to(map));
	assert_text("map[int]int{1: 10, 2: 20}");
}
END_TEST

START_TEST(a_chain_of_buckets_in_a_circle_ends)
{
	begin(23);
	uint64_t type = old_type(), map = process_struct(&p, RT_HMAP);
	uint64_t bucket = process_alloc(&p, 144);
	process_put64(&p, bucket + 136, bucket);
	process_put(&p, map, HMAP_BUCKETS, bucket);
	make(type, pointer_to(map));
	assert_text("map[int]int{}");
}
END_TEST

START_TEST(a_type_that_is_none_gives_no_type)
{
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	ck_assert_ptr_null(value_type_at(values_types(values), PROCESS_DATA));
	ck_assert_ptr_null(value_type_named(values_types(values), "main.T"));
}
END_TEST

START_TEST(a_reflected_type_is_called_by_its_name)
{
	static const struct value_type rtype = { .name = "reflect.rtype", .package = "reflect",
						 .kind = KIND_STRUCT, .size = 48 };
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(string_type, &rtype);
	const struct operand none = operand_at(PROCESS_DATA, &rtype);
	ck_assert_str_eq(value_special_text(values, &operand), "reflect.rtype{string}");
	ck_assert_ptr_null(value_special_text(values, &none));
}
END_TEST

typedef bool text_of(struct values *values, const struct operand *operand, struct str *text);

static void assert_library(text_of *text, uint64_t type, uint64_t addr, const char *expected)
{
	_cleanup_str_ struct str out = { 0 };
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(addr, value_type_at(values_types(values), type));
	ck_assert_int_eq(text(values, &operand, &out), expected != NULL);
	if (expected != NULL)
		ck_assert_str_eq(str_text(&out), expected);
}

START_TEST(buffers_are_the_text_that_they_hold)
{
	const struct field fields[] = {
		{ "buf", type_of(KIND_SLICE, "[]uint8", 24, byte_type), 0 }, { "off", int_type, 24 }
	};
	uint64_t type = struct_type("bytes.Buffer", 32, fields, 2);
	uint64_t addr = process_alloc(&p, 32), text = process_alloc(&p, 8);
	process_put_bytes(&p, text, "a\"bc", 4);
	process_put64(&p, addr, text);
	process_put64(&p, addr + 8, 4);
	process_put64(&p, addr + 16, 8);
	process_put64(&p, addr + 24, 1);
	assert_library(value_buffer_text, type, addr, "bytes.Buffer{\"\\\"bc\"}");
	assert_library(value_builder_text, type, addr, "bytes.Buffer{\"a\\\"bc\"}");
	process_put64(&p, addr + 24, 5); /* more was read than there is */
	assert_library(value_buffer_text, type, addr, NULL);
	limits.redact = true;
	assert_library(value_builder_text, type, addr, NULL);
}
END_TEST

START_TEST(big_numbers_are_decimal)
{
	const struct field fields[] = {
		{ "neg", process_type(&p, KIND_BOOL, "bool", 1), 0 },
		{ "abs", type_of(KIND_SLICE, "big.nat", 24, int_type), 8 },
	};
	uint64_t type = struct_type("big.Int", 32, fields, 2);
	uint64_t addr = process_alloc(&p, 32), words = process_alloc(&p, 16);
	assert_library(value_big_text, type, addr, "big.Int{0}");
	process_put64(&p, addr + 8, words);
	process_put64(&p, addr + 16, 2);
	process_put64(&p, words + 8, 1);
	assert_library(value_big_text, type, addr, "big.Int{18446744073709551616}");
	process_put8(&p, addr, 1);
	process_put64(&p, words + 8, 0);
	process_put64(&p, words, 1000000000);
	assert_library(value_big_text, type, addr, "big.Int{-1000000000}");
	process_put64(&p, addr + 16, 65);
	assert_library(value_big_text, type, addr, NULL);
	limits.redact = true;
	process_put64(&p, addr + 16, 1);
	assert_library(value_big_text, type, addr, NULL);
}
END_TEST

/* --- time.Time --- */

static uint64_t location;

/* A time.Location (time/zoneinfo.go) called "Home" with a transition to AAA (+1 h) at 1000 and one
 * to BBB (-1 h) at 2000, after which EXTEND holds; it keeps no zone for the present. */
static uint64_t make_time_type(const char *extend)
{
	const struct field zone_fields[] = { { "name", string_type, 0 }, { "offset", int_type, 16 } };
	const struct field tx_fields[] = { { "when", int_type, 0 }, { "index", byte_type, 8 } };
	uint64_t zone = struct_type("time.zone", 32, zone_fields, 2);
	uint64_t tx = struct_type("time.zoneTrans", 16, tx_fields, 2);
	const struct field fields[] = {
		{ "name", string_type, 0 },
		{ "zone", type_of(KIND_SLICE, "[]time.zone", 24, zone), 16 },
		{ "tx", type_of(KIND_SLICE, "[]time.zoneTrans", 24, tx), 40 },
		{ "extend", string_type, 64 },
		{ "cacheStart", int_type, 80 },
		{ "cacheEnd", int_type, 88 },
		{ "cacheZone", type_of(KIND_POINTER, "*time.zone", 8, zone), 96 },
	};
	uint64_t type = struct_type("time.Location", 104, fields, 7);
	const struct field time_fields[] = {
		{ "wall", process_type(&p, KIND_UINT64, "uint64", 8), 0 },
		{ "ext", process_type(&p, KIND_INT64, "int64", 8), 8 },
		{ "loc", type_of(KIND_POINTER, "*time.Location", 8, type), 16 },
	};
	uint64_t zones = process_alloc(&p, 64), transitions = process_alloc(&p, 32);
	location = process_alloc(&p, 104);
	process_put_string(&p, location, "Home");
	process_put64(&p, location + 16, zones);
	process_put64(&p, location + 24, 2);
	process_put64(&p, location + 32, 2);
	process_put_string(&p, zones, "AAA");
	process_put64(&p, zones + 16, 3600);
	process_put_string(&p, zones + 32, "BBB");
	process_put64(&p, zones + 48, (uint64_t)-3600);
	process_put64(&p, location + 40, transitions);
	process_put64(&p, location + 48, 2);
	process_put64(&p, location + 56, 2);
	process_put64(&p, transitions, 1000);
	process_put64(&p, transitions + 16, 2000);
	process_put8(&p, transitions + 24, 1);
	process_put_string(&p, location + 64, extend);
	return struct_type("time.Time", 24, time_fields, 3);
}

static void assert_time(const char *extend, int64_t second, bool in_location, const char *text)
{
	begin(27);
	_cleanup_str_ struct str out = { 0 };
	uint64_t type = make_time_type(extend), addr = process_alloc(&p, 24);
	process_put64(&p, addr + 8, (uint64_t)(second + 62135596800));
	process_put64(&p, addr + 16, in_location ? location : 0);
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(addr, value_type_at(values_types(values), type));
	ck_assert(value_time_text(values, &operand, &out));
	ck_assert_str_eq(str_text(&out), text);
}

START_TEST(times_are_in_the_zone_of_their_place)
{
	assert_time("", 1500, false, "1970-01-01 00:25:00 +0000 UTC");
	assert_time("", 1000, true, "1970-01-01 01:16:40 +0100 AAA");
	assert_time("", 1999, true, "1970-01-01 01:33:19 +0100 AAA");
	assert_time("", 2000, true, "1969-12-31 23:33:20 -0100 BBB");
	assert_time("A0B,M3.5.0,M10.5.0", 1500, true, "1970-01-01 01:25:00 +0100 AAA");
}
END_TEST

START_TEST(a_zone_that_is_not_known_is_not_made_up)
{
	assert_time("", 999, true, "1970-01-01 00:16:39 +0000 UTC (in Home)");
	assert_time("A0B,M3.5.0,M10.5.0", 2000, true, "1970-01-01 00:33:20 +0000 UTC (in Home)");
}
END_TEST

START_TEST(a_time_beyond_all_years_is_none)
{
	begin(27);
	_cleanup_str_ struct str out = { 0 };
	uint64_t type = make_time_type(""), addr = process_alloc(&p, 24);
	process_put64(&p, addr + 8, (uint64_t)INT64_MAX + 62135596800);
	process_put64(&p, addr + 16, location);
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(addr, value_type_at(values_types(values), type));
	ck_assert(!value_time_text(values, &operand, &out));
}
END_TEST

/* Whether a reflect.Value { typ_, ptr, flag } with these words holds something, which INNER is. */
static bool reflect_holds(uint64_t held, uint64_t ptr, uint64_t flag, struct operand *inner)
{
	static const struct value_type type = { .name = "reflect.Value", .package = "reflect",
						.kind = KIND_STRUCT, .size = 24 };
	uint64_t addr = process_alloc(&p, 24);
	process_put64(&p, addr, held);
	process_put64(&p, addr + 8, ptr);
	process_put64(&p, addr + 16, flag);
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(addr, &type);
	return value_of_reflect(values, &operand, inner);
}

enum { REFLECT_INDIRECT = 1 << 7, REFLECT_METHOD = 1 << 9 };

START_TEST(a_reflected_value_is_what_it_holds)
{
	struct operand inner;
	uint64_t pointer = type_of(KIND_POINTER, "*int", 8, int_type);
	ck_assert(reflect_holds(int_type, 0x1234, KIND_INT | REFLECT_INDIRECT, &inner));
	ck_assert_uint_eq(inner.addr, 0x1234);
	ck_assert_str_eq(inner.type->name, "int");
	ck_assert(reflect_holds(pointer, 0x1234, KIND_POINTER, &inner));
	ck_assert_uint_eq(process_get64(&p, inner.addr), 0x1234);
}
END_TEST

START_TEST(a_reflected_value_that_does_not_fit_is_not_believed)
{
	struct operand inner;
	ck_assert(!reflect_holds(int_type, 0x1234, KIND_STRING | REFLECT_INDIRECT, &inner));
	ck_assert(!reflect_holds(0x1234, 0x1234, KIND_INT | REFLECT_INDIRECT, &inner));
	ck_assert(!reflect_holds(int_type, 0x1234, KIND_INT | REFLECT_INDIRECT | REFLECT_METHOD,
				 &inner));
	ck_assert(!reflect_holds(string_type, 0x1234, KIND_STRING, &inner));
	ck_assert(!reflect_holds(0, 0, 0, &inner));
}
END_TEST

/* One that seems to hold itself would be followed for ever. */
START_TEST(an_interface_holds_no_interface)
{
	struct operand held;
	uint64_t any = type_of(KIND_INTERFACE, "interface {}", 16, 0), addr = process_alloc(&p, 16);
	process_put64(&p, addr, any);
	process_put64(&p, addr + 8, addr);
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(addr, &value_type_any);
	ck_assert_ptr_nonnull(value_type_at(values_types(values), any));
	ck_assert_int_eq(operand_dynamic(values, &operand, &held), VALUE_UNREADABLE);
}
END_TEST

/* Makes the value of TYPE whose words are WORDS; those that are not in the bits of THERE are
 * lost. */
static void make_in_part(uint64_t type, const uint64_t *words, size_t count, unsigned there)
{
	uint8_t bytes[24], states[24];
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = { .type = value_type_at(values_types(values), type),
					 .bytes = bytes, .states = states };
	for (size_t i = 0; i < count; i++) {
		uint64_t raw = htole64(words[i]);
		memcpy(bytes + i * 8, &raw, 8);
		memset(states + i * 8, there >> i & 1 ? VALUE_OK : VALUE_OPTIMIZED_OUT, 8);
	}
	value_make(values, "x", &operand, &value);
}

START_TEST(what_is_left_of_a_value_is_told)
{
	uint64_t slice = type_of(KIND_SLICE, "[]int", 24, int_type), array = process_alloc(&p, 24);
	const uint64_t words[] = { array, 3, 8 };
	make_in_part(slice, words, 3, 6);
	assert_text("<partly optimized out: len 3, cap 8>");
	ck_assert_int_eq(value.state, VALUE_OPTIMIZED_OUT);
	make_in_part(slice, words, 3, 3); /* the capacity is not needed */
	assert_text("[]int{0, 0, 0}");
	make_in_part(slice, words, 3, 0);
	assert_text("<optimized out>");
	make_in_part(string_type, words, 2, 2);
	assert_text("<partly optimized out: len 3>");
	const uint64_t nothing[] = { 0x1234, 0 };
	make_in_part(string_type, nothing, 2, 2);
	assert_text("\"\"");
}
END_TEST

START_TEST(of_an_interface_the_type_is_left)
{
	uint64_t any = process_type(&p, KIND_INTERFACE, "interface {}", 16);
	const uint64_t words[] = { int_type, process_alloc(&p, 8) }, nil[] = { 0, 0x1234 };
	make_in_part(any, words, 2, 1);
	assert_text("int(<optimized out>)");
	ck_assert_int_eq(value.state, VALUE_OPTIMIZED_OUT);
	ck_assert_str_eq(value.children[0].name, "(int)");
	make_in_part(any, nil, 2, 1);
	assert_text("nil");
	make_in_part(any, words, 2, 2);
	ck_assert_ptr_nonnull(strstr(value.text, "<partly optimized out: data 0x"));
	const uint64_t wild[] = { 0x12345678, 0 };
	make_in_part(any, wild, 2, 1);
	ck_assert_int_eq(value.state, VALUE_UNREADABLE);
}
END_TEST

static const char *text_as(const struct value_type *type, uint64_t addr)
{
	process_read(&p);
	struct values *values = values_create(&p.snapshot, &p.arena, &limits);
	const struct operand operand = operand_at(addr, type);
	value_make(values, "x", &operand, &value);
	return value.text;
}

static const char *ip_text(const char *bytes, size_t size)
{
	static const struct value_type type = { .name = "net.IP", .package = "net",
						.kind = KIND_SLICE, .size = 24 };
	begin(27);
	uint64_t addr = process_alloc(&p, 24), list = process_alloc(&p, 32);
	process_put_bytes(&p, list, bytes, size);
	process_put64(&p, addr, list);
	process_put64(&p, addr + 8, size);
	process_put64(&p, addr + 16, size);
	return text_as(&type, addr);
}

START_TEST(addresses_of_the_network_are_written_as_they_are)
{
	ck_assert_str_eq(ip_text("\x0a\0\0\xff", 4), "net.IP{10.0.0.255}");
	ck_assert_str_eq(ip_text("\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16), "net.IP{127.0.0.1}");
	ck_assert_str_eq(ip_text("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16), "net.IP{::1}");
	ck_assert_str_eq(ip_text("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16), "net.IP{::}");
	ck_assert_str_eq(ip_text("\xfe\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16), "net.IP{fe80::}");
	ck_assert_str_eq(ip_text("\x20\1\0\0\0\0\0\1\0\0\0\0\0\0\0\1", 16),
			 "net.IP{2001:0:0:1::1}");
	ck_assert_str_eq(ip_text("\x20\1\xd\xb8\0\0\0\1\0\1\0\0\0\1\0\1", 16),
			 "net.IP{2001:db8:0:1:1:0:1:1}"); /* one group of zeros stays */
	ck_assert_str_eq(ip_text("\0\0\0\1\0\0\0\0\0\2\0\0\0\0\0\0", 16),
			 "net.IP{0:1:0:0:2::}");
}
END_TEST

START_TEST(an_address_of_another_length_is_none)
{
	ck_assert_ptr_null(strstr(ip_text("\x0a\0\0\1\0", 5), "10.0"));
}
END_TEST

START_TEST(a_number_of_the_system_has_its_text)
{
	static const struct value_type type = { .name = "syscall.Errno", .package = "syscall",
						.kind = KIND_UINTPTR, .size = 8 };
	uint64_t addr = process_alloc(&p, 16);
	process_put64(&p, addr, 2);
	ck_assert_str_eq(text_as(&type, addr), "2 \"no such file or directory\"");
	process_put64(&p, addr, 0);
	ck_assert_str_eq(text_as(&type, addr), "0");
	process_put64(&p, addr, 4000);
	ck_assert_str_eq(text_as(&type, addr), "4000");
	process_put64(&p, addr, UINT64_MAX);
	ck_assert_str_eq(text_as(&type, addr), "18446744073709551615");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		addresses_of_the_network_are_written_as_they_are,
		an_address_of_another_length_is_none,
		a_number_of_the_system_has_its_text,
		times_are_in_the_zone_of_their_place,
		buffers_are_the_text_that_they_hold,
		big_numbers_are_decimal,
		a_reflected_type_is_called_by_its_name,
		a_zone_that_is_not_known_is_not_made_up,
		a_time_beyond_all_years_is_none,
		a_reflected_value_is_what_it_holds,
		an_interface_holds_no_interface,
		a_reflected_value_that_does_not_fit_is_not_believed,
		numbers_are_written_as_go_writes_them,
		strings_are_quoted,
		a_long_string_is_cut_between_characters,
		a_string_at_a_wild_address_says_so,
		structs_have_their_fields_as_children,
		a_type_that_contains_itself_ends,
		slices_show_their_first_elements,
		no_slice_is_longer_than_its_capacity,
		bytes_that_are_text_read_as_text,
		pointers_are_followed_as_deep_as_asked,
		nil_is_nil,
		interfaces_show_what_they_hold,
		an_interface_whose_type_word_is_wild_says_so,
		redacted_values_keep_their_shape,
		the_number_of_values_is_bounded,
		channels_tell_what_is_in_them,
		a_small_map_is_one_group,
		a_table_that_the_directory_repeats_is_visited_once,
		a_directory_of_absurd_length_ends,
		old_buckets_count_unless_they_are_evacuated,
		a_chain_of_buckets_in_a_circle_ends,
		a_type_that_is_none_gives_no_type,
		what_is_left_of_a_value_is_told,
		of_an_interface_the_type_is_left,
	};
	return test_run("value", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
