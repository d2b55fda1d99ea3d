/* Expressions: what is asked for in Go's words, and what is said where there is no such thing. */
#include "goruntime/expression_internal.h"

#include <stdio.h>
#include <string.h>

#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;
static struct values *values;
static struct error err;
static uint64_t int_type, string_type;

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func(&p, "main.main", 8);
	int_type = process_type(&p, KIND_INT, "int", 8);
	string_type = process_type(&p, KIND_STRING, "string", 16);
	err = (struct error)ERROR_INIT;
}

static void teardown(void)
{
	process_release(&p);
}

static uint64_t type_of(unsigned kind, const char *name, uint64_t size, uint64_t elem)
{
	uint64_t type = process_type(&p, kind, name, size);
	process_put64(&p, type + 48, elem);
	return type;
}

/* struct { N int; S string; Next *main.node } */
static uint64_t node_type(void)
{
	static const struct {
		const char *name;
		uint64_t offset;
	} fields[] = { { "N", 0 }, { "S", 8 }, { "Next", 24 } };
	uint64_t type = process_type(&p, KIND_STRUCT, "main.node", 32);
	uint64_t types[] = { int_type, string_type, type_of(KIND_POINTER, "*main.node", 8, type) };
	uint64_t list = process_alloc(&p, sizeof(fields) / sizeof(fields[0]) * 24);
	process_put64(&p, type + 56, list);
	process_put64(&p, type + 64, 3);
	for (size_t i = 0; i < 3; i++) {
		size_t length = strlen(fields[i].name);
		uint64_t text = process_alloc(&p, length + 2);
		process_put8(&p, text + 1, (uint8_t)length);
		process_put_bytes(&p, text + 2, fields[i].name, length);
		process_put64(&p, list + i * 24, text);
		process_put64(&p, list + i * 24 + 8, types[i]);
		process_put64(&p, list + i * 24 + 16, fields[i].offset);
	}
	return type;
}

static struct evaluator evaluator(void)
{
	static const struct value_limits limits = {
		.depth = 3, .elements = 4, .text = 200, .string = 20, .values = 100,
	};
	static const char text[] = "x";
	process_read(&p);
	values = values_create(&p.snapshot, &p.arena, &limits);
	return (struct evaluator){ .v = values, .text = text, .next = text, .err = &err };
}

static struct evaluated at(uint64_t type, uint64_t addr)
{
	const struct value_type *t = value_type_at(values_types(values), type);
	ck_assert_ptr_nonnull(t);
	return (struct evaluated){ .operand = operand_at(addr, t) };
}

static const char *text_of(const struct evaluated *e)
{
	struct value value;
	value_make(values, "x", &e->operand, &value);
	return value.text;
}

/* Two nodes that point to each other. */
static uint64_t ring(uint64_t *type)
{
	*type = node_type();
	uint64_t a = process_alloc(&p, 32), b = process_alloc(&p, 32);
	process_put64(&p, a, 1);
	process_put_string(&p, a + 8, "one");
	process_put64(&p, a + 24, b);
	process_put64(&p, b, 2);
	process_put64(&p, b + 24, a);
	return a;
}

START_TEST(fields_are_selected_through_pointers)
{
	uint64_t type, a = ring(&type);
	struct evaluator e = evaluator();
	struct evaluated x = at(type, a);
	for (unsigned i = 0; i < 1001; i++) /* a circle has no end, and needs none */
		ck_assert(expression_field(&e, "Next", &x));
	ck_assert(expression_field(&e, "N", &x));
	ck_assert_str_eq(text_of(&x), "2");
	x = at(type, a);
	ck_assert(!expression_field(&e, "Missing", &x));
	ck_assert_int_eq(err.code, ERROR_NOT_FOUND);
}
END_TEST

START_TEST(a_nil_pointer_leads_nowhere)
{
	uint64_t type = node_type(), nil = process_alloc(&p, 8);
	uint64_t pointer = type_of(KIND_POINTER, "*main.node", 8, type);
	struct evaluator e = evaluator();
	struct evaluated x = at(pointer, nil);
	ck_assert(!expression_deref(&e, &x));
	ck_assert_int_ne(err.code, ERROR_NONE);
	x = at(pointer, nil);
	ck_assert(!expression_field(&e, "N", &x));
}
END_TEST

START_TEST(elements_are_within_the_length)
{
	uint64_t slice = process_alloc(&p, 24), data = process_alloc(&p, 24);
	uint64_t type = type_of(KIND_SLICE, "[]int", 24, int_type);
	for (uint64_t i = 0; i < 3; i++)
		process_put64(&p, data + i * 8, i * 10);
	process_put64(&p, slice, data);
	process_put64(&p, slice + 8, 3);
	process_put64(&p, slice + 16, 3);
	struct evaluator e = evaluator();
	struct evaluated x = at(type, slice);
	ck_assert(expression_index(&e, "2", &x));
	ck_assert_str_eq(text_of(&x), "20");
	static const char *const beyond[] = { "3", "-1", "18446744073709551615", "x", "" };
	for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++) {
		x = at(type, slice);
		ck_assert(!expression_index(&e, beyond[i], &x));
	}
	x = at(type, slice);
	ck_assert(expression_length(&e, false, &x));
	ck_assert_str_eq(text_of(&x), "3");
}
END_TEST

START_TEST(a_wild_length_is_no_licence)
{
	uint64_t slice = process_alloc(&p, 24);
	uint64_t type = type_of(KIND_SLICE, "[]int", 24, int_type);
	process_put64(&p, slice, slice);
	process_put64(&p, slice + 8, UINT64_MAX / 8);
	process_put64(&p, slice + 16, UINT64_MAX / 8);
	struct evaluator e = evaluator();
	struct evaluated x = at(type, slice);
	struct value value;
	bool found = expression_index(&e, "1000000000000000000", &x);
	if (found) {
		value_make(values, "x", &x.operand, &value);
		ck_assert_int_ne(value.state, VALUE_OK);
	}
}
END_TEST

START_TEST(numbers_have_neither_fields_nor_elements)
{
	uint64_t number = process_alloc(&p, 8);
	struct evaluator e = evaluator();
	struct evaluated x = at(int_type, number);
	ck_assert(!expression_field(&e, "N", &x));
	x = at(int_type, number);
	ck_assert(!expression_index(&e, "0", &x));
	x = at(int_type, number);
	ck_assert(!expression_deref(&e, &x));
	x = at(int_type, number);
	ck_assert(!expression_length(&e, false, &x));
	x = at(int_type, number);
	ck_assert(!expression_assert(&e, "main.T", &x));
}
END_TEST

static enum error_code code_of(const char *text)
{
	const struct expression_scope scope = { 0 };
	struct value value;
	struct evaluator e = evaluator();
	(void)e;
	err = (struct error)ERROR_INIT;
	ck_assert(!expression_value(values, &scope, text, &value, &err));
	ck_assert(err.text[0] != '\0');
	return err.code;
}

START_TEST(what_cannot_be_read_is_said)
{
	static const char *const texts[] = { "", " ", "*", "(", "x.", "x[", "x[1", "len(x", "len(",
					     "(*main.T)(", "(*main.T)(y)", "(*main.T)(0x10", ".x",
					     "]", "x.(", "\"a\"" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		enum error_code code = code_of(texts[i]);
		ck_assert_msg(code == ERROR_USAGE || code == ERROR_NOT_FOUND, "%s", texts[i]);
	}
	ck_assert_int_eq(code_of(""), ERROR_USAGE);
	ck_assert_int_eq(code_of("("), ERROR_USAGE);
	ck_assert_int_eq(code_of("nosuch"), ERROR_NOT_FOUND);
	ck_assert_int_eq(code_of("main.nosuch.Field"), ERROR_NOT_FOUND);
	ck_assert_int_eq(code_of("(*main.nosuch)(0xc000000000)"), ERROR_NOT_FOUND);
}
END_TEST

START_TEST(nesting_has_an_end)
{
	enum { LENGTH = 100000 };
	char *text = calloc(LENGTH + 2, 1);
	static const char openings[] = "(*[.";
	for (size_t i = 0; i < strlen(openings); i++) {
		memset(text, openings[i], LENGTH);
		text[LENGTH] = 'x';
		ck_assert_int_ne(code_of(text), ERROR_NONE);
	}
	for (size_t i = 0; i + 4 < LENGTH; i += 4)
		memcpy(text + i, "len(", 4);
	ck_assert_int_eq(code_of(text), ERROR_LIMIT);
	memset(text, 'x', LENGTH);
	ck_assert_int_eq(code_of(text), ERROR_NOT_FOUND);
	free(text);
}
END_TEST

/* What SLICED[INDEX] is, or what is said against it. */
static const char *sliced(uint64_t type, uint64_t addr, const char *low, const char *high,
			  const char *most)
{
	struct evaluator e = evaluator();
	struct evaluated out = at(type, addr);
	err = (struct error)ERROR_INIT;
	return expression_slice(&e, low, high, most, &out) ? text_of(&out) : err.text;
}

START_TEST(slices_strings_and_arrays_are_sliced_as_in_go)
{
	uint64_t slice = type_of(KIND_SLICE, "[]int", 24, int_type), list = process_alloc(&p, 64);
	uint64_t array = process_type(&p, KIND_ARRAY, "[3]int", 24), addr = process_alloc(&p, 24);
	process_put64(&p, array + 48, int_type);
	process_put64(&p, array + 64, 3);
	for (unsigned i = 0; i < 5; i++)
		process_put64(&p, list + i * 8, i);
	process_put64(&p, addr, list);
	process_put64(&p, addr + 8, 3);
	process_put64(&p, addr + 16, 5);
	ck_assert_str_eq(sliced(slice, addr, "1", "3", NULL), "[]int{1, 2}");
	ck_assert_str_eq(sliced(slice, addr, NULL, NULL, NULL), "[]int{0, 1, 2}");
	ck_assert_str_eq(sliced(slice, addr, "2", "5", NULL), "[]int{2, 3, 4}"); /* up to its capacity */
	ck_assert_str_eq(sliced(slice, addr, "1", NULL, "4"), "[]int{1, 2}");
	ck_assert_str_eq(sliced(array, list, "1", NULL, NULL), "[]int{1, 2}");
	uint64_t text = process_alloc(&p, 16);
	process_put_string(&p, text, "string");
	ck_assert_str_eq(sliced(string_type, text, "2", "4", NULL), "\"ri\"");
}
END_TEST

START_TEST(bounds_that_go_would_not_take_are_refused)
{
	uint64_t text = process_alloc(&p, 16);
	process_put_string(&p, text, "string");
	ck_assert_ptr_nonnull(strstr(sliced(string_type, text, "7", NULL, NULL), "0 to 6"));
	ck_assert_ptr_nonnull(strstr(sliced(string_type, text, "4", "2", NULL), "4 to 6"));
	ck_assert_ptr_nonnull(strstr(sliced(string_type, text, "-1", NULL, NULL), "at -1"));
	ck_assert_ptr_nonnull(strstr(sliced(string_type, text, "99999999999999999999", NULL, NULL),
				     "cannot be sliced"));
	ck_assert_ptr_nonnull(strstr(sliced(string_type, text, NULL, NULL, "3"), "no capacity"));
	ck_assert_ptr_nonnull(strstr(sliced(int_type, text, "1", NULL, NULL), "looked into"));
}
END_TEST

START_TEST(a_colon_in_a_key_of_a_map_makes_no_slice)
{
	uint64_t map = process_type(&p, KIND_MAP, "map[string]int", 8);
	struct evaluator e = evaluator();
	struct evaluated out = at(map, process_alloc(&p, 8));
	ck_assert(!expression_is_slice(&e, "main.point{X: 1}", &out));
	out = at(string_type, process_alloc(&p, 16));
	ck_assert(expression_is_slice(&e, "1:", &out));
	ck_assert(!expression_is_slice(&e, "1", &out));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		slices_strings_and_arrays_are_sliced_as_in_go,
		bounds_that_go_would_not_take_are_refused,
		a_colon_in_a_key_of_a_map_makes_no_slice,
		fields_are_selected_through_pointers,
		a_nil_pointer_leads_nowhere,
		elements_are_within_the_length,
		a_wild_length_is_no_licence,
		numbers_have_neither_fields_nor_elements,
		what_cannot_be_read_is_said,
		nesting_has_an_end,
	};
	return test_run("expression", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
