/* The chain of panics and each value's text, as the runtime of the release prints it. */
#include <math.h>

#include "goruntime/gotype.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

static struct process p;

static void begin(unsigned minor)
{
	process_release(&p);
	process_init(&p, minor, &arch_amd64);
	process_func(&p, "main.main", 8); /* no module is without */
}

static void setup(void)
{
	begin(27);
}

static void teardown(void)
{
	process_release(&p);
}

static struct panics chain_of(uint64_t newest)
{
	struct panics panics;
	process_dump(&p);
	panics_read(&p.snapshot, newest, &panics);
	return panics;
}

static const struct panic_record *only(uint64_t type, uint64_t data)
{
	struct panics panics = chain_of(process_panic(&p, 0, 0, type, data));
	ck_assert_uint_eq(panics.count, 1);
	return &panics.items[0];
}

/* The text of a value of KIND with those SIZE bytes. */
static const char *text_as(unsigned minor, unsigned kind, const char *name, const void *bytes,
			   size_t size)
{
	begin(minor);
	uint64_t data = process_alloc(&p, size);
	process_put_bytes(&p, data, bytes, size);
	return only(process_type(&p, kind, name, size), data)->text;
}

#define TEXT(minor, kind, name, type, value)                                                       \
	text_as(minor, kind, name, &(const type){ value }, sizeof(type))

static const char *string_as(unsigned minor, const char *name, const char *text)
{
	begin(minor);
	uint64_t data = process_alloc(&p, 16);
	process_put_string(&p, data, text);
	return only(process_type(&p, KIND_STRING, name, 16), data)->text;
}

START_TEST(integers_print_with_their_sign_and_width)
{
	ck_assert_str_eq(TEXT(27, KIND_INT, "int", int64_t, -42), "-42");
	ck_assert_str_eq(TEXT(27, KIND_INT64, "int64", int64_t, INT64_MIN), "-9223372036854775808");
	ck_assert_str_eq(TEXT(27, KIND_INT32, "int32", int32_t, -7), "-7");
	ck_assert_str_eq(TEXT(27, KIND_INT16, "int16", int16_t, -300), "-300");
	ck_assert_str_eq(TEXT(27, KIND_INT8, "int8", int8_t, -128), "-128");
	ck_assert_str_eq(TEXT(27, KIND_UINT, "uint", uint64_t, UINT64_MAX), "18446744073709551615");
	ck_assert_str_eq(TEXT(27, KIND_UINT32, "uint32", uint32_t, UINT32_MAX), "4294967295");
	ck_assert_str_eq(TEXT(27, KIND_UINT16, "uint16", uint16_t, 65535), "65535");
	ck_assert_str_eq(TEXT(27, KIND_UINT8, "uint8", uint8_t, 200), "200");
	ck_assert_str_eq(TEXT(27, KIND_UINTPTR, "uintptr", uint64_t, 16), "16");
}
END_TEST

START_TEST(booleans_print_as_words)
{
	ck_assert_str_eq(TEXT(27, KIND_BOOL, "bool", uint8_t, 1), "true");
	ck_assert_str_eq(TEXT(27, KIND_BOOL, "bool", uint8_t, 0), "false");
}
END_TEST

START_TEST(up_to_125_floats_print_with_seven_digits_and_an_exponent)
{
	ck_assert_str_eq(TEXT(25, KIND_FLOAT64, "float64", double, 3.25), "+3.250000e+000");
	ck_assert_str_eq(TEXT(25, KIND_FLOAT64, "float64", double, -0.001), "-1.000000e-003");
	ck_assert_str_eq(TEXT(25, KIND_FLOAT64, "float64", double, 0), "+0.000000e+000");
	ck_assert_str_eq(TEXT(25, KIND_FLOAT64, "float64", double, 9.9999999), "+1.000000e+001");
	ck_assert_str_eq(TEXT(25, KIND_FLOAT64, "float64", double, 1e300), "+1.000000e+300");
	ck_assert_str_eq(TEXT(25, KIND_FLOAT32, "float32", float, 1.5f), "+1.500000e+000");
	ck_assert_str_eq(TEXT(25, KIND_FLOAT64, "float64", double, NAN), "NaN");
	ck_assert_str_eq(TEXT(25, KIND_FLOAT64, "float64", double, -INFINITY), "-Inf");
}
END_TEST

START_TEST(from_126_on_floats_print_in_their_shortest_form)
{
	ck_assert_str_eq(TEXT(26, KIND_FLOAT64, "float64", double, 3.25), "3.25");
	ck_assert_str_eq(TEXT(26, KIND_FLOAT64, "float64", double, 0.1), "0.1");
	ck_assert_str_eq(TEXT(26, KIND_FLOAT32, "float32", float, 0.1f), "0.1");
	ck_assert_str_eq(TEXT(26, KIND_FLOAT64, "float64", double, -2), "-2");
	ck_assert_str_eq(TEXT(26, KIND_FLOAT64, "float64", double, INFINITY), "+Inf");
	ck_assert_str_eq(TEXT(26, KIND_FLOAT64, "float64", double, 1e-7), "1e-07");
}
END_TEST

START_TEST(complex_numbers_print_in_parentheses)
{
	const double value[2] = { 1, -2.5 }, positive[2] = { 1, 2 };
	ck_assert_str_eq(text_as(25, KIND_COMPLEX128, "complex128", value, 16),
			 "(+1.000000e+000-2.500000e+000i)");
	ck_assert_str_eq(text_as(26, KIND_COMPLEX128, "complex128", value, 16), "(1-2.5i)");
	ck_assert_str_eq(text_as(26, KIND_COMPLEX128, "complex128", positive, 16), "(1+2i)");
	const float single[2] = { 0.5f, 0.25f };
	ck_assert_str_eq(text_as(26, KIND_COMPLEX64, "complex64", single, 8), "(0.5+0.25i)");
}
END_TEST

START_TEST(strings_print_bare)
{
	ck_assert_str_eq(string_as(27, "string", "hello"), "hello");
	ck_assert_str_eq(string_as(27, "string", ""), "");
}
END_TEST

START_TEST(from_123_on_lines_after_the_first_are_indented)
{
	ck_assert_str_eq(string_as(22, "string", "one\ntwo"), "one\ntwo");
	ck_assert_str_eq(string_as(23, "string", "one\ntwo\n"), "one\n\ttwo\n\t");
}
END_TEST

START_TEST(named_types_of_basic_kinds_print_their_name)
{
	ck_assert_str_eq(string_as(27, "main.Reason", "why"), "main.Reason(\"why\")");
	ck_assert_str_eq(TEXT(27, KIND_INT, "main.Code", int64_t, 3), "main.Code(3)");
	ck_assert_str_eq(TEXT(27, KIND_BOOL, "main.Flag", uint8_t, 1), "main.Flag(true)");
	const double value[2] = { 1, 2 };
	ck_assert_str_eq(text_as(26, KIND_COMPLEX128, "main.Z", value, 16), "main.Z(1+2i)");
}
END_TEST

START_TEST(other_kinds_print_type_and_address)
{
	uint64_t type = process_type(&p, KIND_STRUCT, "main.T", 24);
	const struct panic_record *r = only(type, 0xc000012345);
	ck_assert_str_eq(r->text, "(main.T) 0xc000012345");
	ck_assert_str_eq(r->type, "main.T");
	ck_assert(!r->unreadable);
}
END_TEST

START_TEST(a_nul_in_a_string_is_shown_as_a_symbol)
{
	uint64_t data = process_alloc(&p, 16), bytes = process_alloc(&p, 3);
	process_put_bytes(&p, bytes, "a\0b", 3);
	process_put64(&p, data, bytes);
	process_put64(&p, data + 8, 3);
	ck_assert_str_eq(only(process_type(&p, KIND_STRING, "string", 16), data)->text,
			 "a\xe2\x90\x80"
			 "b");
}
END_TEST

START_TEST(nil_prints_nil)
{
	const struct panic_record *r = only(0, 0);
	ck_assert_str_eq(r->text, "nil");
	ck_assert_str_eq(r->type, "nil");
	ck_assert(!r->unreadable);
}
END_TEST

START_TEST(nil_needs_a_setting_since_it_has_a_value)
{
	begin(20);
	ck_assert(!only(0, 0)->nil_by_setting);
	begin(21);
	ck_assert(only(0, 0)->nil_by_setting);
}
END_TEST

START_TEST(a_value_that_is_not_in_the_core_keeps_its_type)
{
	const struct panic_record *r = only(process_type(&p, KIND_INT, "int", 8), 0xdead0000);
	ck_assert(r->unreadable);
	ck_assert_str_eq(r->type, "int");
	ck_assert_str_eq(r->text, "(int) 0xdead0000 (not in the core)");
}
END_TEST

START_TEST(a_type_that_is_none_is_unreadable)
{
	const struct panic_record *r = only(PROCESS_TYPES + 0x3f00, 0);
	ck_assert(r->unreadable);
	ck_assert_str_eq(r->type, "");
}
END_TEST

START_TEST(a_string_of_absurd_length_is_unreadable)
{
	uint64_t data = process_alloc(&p, 16);
	process_put64(&p, data, data);
	process_put64(&p, data + 8, (uint64_t)1 << 50);
	ck_assert(only(process_type(&p, KIND_STRING, "string", 16), data)->unreadable);
}
END_TEST

START_TEST(methods_tell_errors_from_values)
{
	static const char *const error[] = { "Error", NULL };
	static const char *const fault[] = { "Error", "RuntimeError", NULL };
	static const char *const other[] = { "String", NULL };
	const struct panic_record *r =
		only(process_type_with(&p, KIND_POINTER, "*main.E", error), PROCESS_HEAP);
	ck_assert(r->is_error && !r->is_runtime_error);
	begin(27);
	r = only(process_type_with(&p, KIND_STRUCT, "runtime.boundsError", fault), PROCESS_HEAP);
	ck_assert(r->is_error && r->is_runtime_error);
	begin(27);
	r = only(process_type_with(&p, KIND_STRUCT, "main.S", other), PROCESS_HEAP);
	ck_assert(!r->is_error);
}
END_TEST

/* Two panics, the second raised while the first was handled: newer ones lie below on the stack. */
static uint64_t chain[2];

static uint64_t two_panics(const char *older, const char *newer)
{
	uint64_t string = process_type(&p, KIND_STRING, "string", 16);
	uint64_t values = process_alloc(&p, 32);
	process_put_string(&p, values, older);
	process_put_string(&p, values + 16, newer);
	chain[1] = process_struct(&p, RT_PANIC);
	chain[0] = process_struct(&p, RT_PANIC);
	process_panic(&p, chain[0], 0, string, values);
	return process_panic(&p, chain[1], chain[0], string, values + 16);
}

START_TEST(a_chain_is_listed_in_the_order_it_was_raised)
{
	struct panics panics = chain_of(two_panics("first", "second"));
	ck_assert_uint_eq(panics.count, 2);
	ck_assert_str_eq(panics.items[0].text, "first");
	ck_assert_str_eq(panics.items[1].text, "second");
	ck_assert(!panics.cut);
}
END_TEST

START_TEST(a_recovered_panic_is_marked)
{
	uint64_t newest = two_panics("first", "second");
	process_put(&p, chain[0], PANIC_RECOVERED, 1);
	struct panics panics = chain_of(newest);
	ck_assert_str_eq(panics.items[0].printed, "first [recovered]");
	ck_assert_str_eq(panics.items[1].printed, "second");
}
END_TEST

/* From 1.25 on panic(recover()) prints once. */
START_TEST(a_repanicked_value_prints_once)
{
	for (unsigned minor = 25; minor <= 27; minor++) {
		begin(minor);
		uint64_t newest = two_panics("same", "same");
		process_put(&p, chain[0], PANIC_RECOVERED, 1);
		process_put(&p, chain[0], PANIC_REPANICKED, 1);
		struct panics panics = chain_of(newest);
		ck_assert_str_eq(panics.items[0].printed, "same [recovered, repanicked]");
		ck_assert_str_eq(panics.items[1].printed, "");
	}
}
END_TEST

START_TEST(before_125_it_prints_twice)
{
	begin(24);
	uint64_t newest = two_panics("same", "same");
	process_put(&p, chain[0], PANIC_RECOVERED, 1);
	struct panics panics = chain_of(newest);
	ck_assert_str_eq(panics.items[0].printed, "same [recovered]");
	ck_assert_str_eq(panics.items[1].printed, "same");
}
END_TEST

START_TEST(goexit_has_no_line_of_its_own)
{
	uint64_t newest = two_panics("x", "y");
	process_put(&p, chain[0], PANIC_GOEXIT, 1);
	struct panics panics = chain_of(newest);
	ck_assert(panics.items[0].goexit);
	ck_assert_str_eq(panics.items[0].printed, "");
	ck_assert_str_eq(panics.items[1].printed, "y");
}
END_TEST

START_TEST(a_panic_that_links_to_itself_is_cut)
{
	uint64_t newest = two_panics("first", "second");
	process_put(&p, chain[0], PANIC_LINK, chain[0]);
	struct panics panics = chain_of(newest);
	ck_assert_uint_eq(panics.count, 2);
	ck_assert(panics.cut);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(a_chain_that_runs_in_a_circle_is_cut)
{
	uint64_t newest = two_panics("first", "second");
	process_put(&p, chain[0], PANIC_LINK, newest);
	struct panics panics = chain_of(newest);
	ck_assert_uint_eq(panics.count, 2);
	ck_assert(panics.cut);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(a_link_out_of_the_core_is_cut_and_told)
{
	uint64_t newest = two_panics("first", "second");
	process_put(&p, chain[0], PANIC_LINK, 0xffffdead0000);
	struct panics panics = chain_of(newest);
	ck_assert_uint_eq(panics.count, 2);
	ck_assert_str_eq(panics.items[1].text, "second");
	ck_assert(panics.cut);
	ck_assert(p.caveats.weakened);
}
END_TEST

START_TEST(no_panic_is_an_empty_chain)
{
	struct panics panics = chain_of(0);
	ck_assert_uint_eq(panics.count, 0);
	ck_assert(!panics.cut);
}
END_TEST

START_TEST(the_original_type_is_in_the_words_of_gopanic)
{
	static const char *const fault[] = { "Error", "RuntimeError", NULL };
	uint64_t original = process_type_with(&p, KIND_STRUCT, "runtime.boundsError", fault);
	uint64_t args = process_alloc(&p, 16), data = process_alloc(&p, 16);
	process_put64(&p, args, original);
	process_put_string(&p, data, "runtime error: index out of range");
	struct panic_record r = *only(process_type(&p, KIND_STRING, "string", 16), data);
	panic_original(&p.snapshot, args, &r);
	ck_assert_str_eq(r.type, "runtime.boundsError");
	ck_assert_str_eq(r.record_type, "string");
	ck_assert(r.is_runtime_error);
	ck_assert_str_eq(r.text, "runtime error: index out of range");
}
END_TEST

START_TEST(nil_words_and_the_runtimes_text_are_a_panic_with_nil)
{
	static const struct {
		const char *text, *type;
	} rows[] = {
		{ "panic called with nil argument (goexperiment)", "*runtime.PanicNilError" },
		{ "runtime error: panic called with nil argument", "*runtime.PanicNilError" },
		{ "runtime error: something else", "string" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t args = process_alloc(&p, 16), data = process_alloc(&p, 16);
		process_put64(&p, args, 0);
		process_put_string(&p, data, rows[i].text);
		struct panic_record r =
			*only(process_type(&p, KIND_STRING, "string", 16), data);
		panic_original(&p.snapshot, args, &r);
		ck_assert_str_eq(r.type, rows[i].type);
		ck_assert(r.is_runtime_error == (i < 2));
	}
}
END_TEST

START_TEST(words_that_are_no_type_leave_the_record_as_it_is)
{
	uint64_t args = process_alloc(&p, 16), data = process_alloc(&p, 8);
	process_put64(&p, args, 0x1234);
	struct panic_record r = *only(process_type(&p, KIND_INT, "int", 8), data);
	panic_original(&p.snapshot, args, &r);
	ck_assert_str_eq(r.type, "int");
	panic_original(&p.snapshot, 0xdead0000, &r);
	ck_assert_str_eq(r.type, "int");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		integers_print_with_their_sign_and_width,
		booleans_print_as_words,
		up_to_125_floats_print_with_seven_digits_and_an_exponent,
		from_126_on_floats_print_in_their_shortest_form,
		complex_numbers_print_in_parentheses,
		strings_print_bare,
		from_123_on_lines_after_the_first_are_indented,
		named_types_of_basic_kinds_print_their_name,
		other_kinds_print_type_and_address,
		a_nul_in_a_string_is_shown_as_a_symbol,
		nil_prints_nil,
		nil_needs_a_setting_since_it_has_a_value,
		a_value_that_is_not_in_the_core_keeps_its_type,
		a_type_that_is_none_is_unreadable,
		a_string_of_absurd_length_is_unreadable,
		methods_tell_errors_from_values,
		a_chain_is_listed_in_the_order_it_was_raised,
		a_recovered_panic_is_marked,
		a_repanicked_value_prints_once,
		before_125_it_prints_twice,
		goexit_has_no_line_of_its_own,
		a_panic_that_links_to_itself_is_cut,
		a_chain_that_runs_in_a_circle_is_cut,
		a_link_out_of_the_core_is_cut_and_told,
		no_panic_is_an_empty_chain,
		the_original_type_is_in_the_words_of_gopanic,
		nil_words_and_the_runtimes_text_are_a_panic_with_nil,
		words_that_are_no_type_leave_the_record_as_it_is,
	};
	return test_run("panics", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
