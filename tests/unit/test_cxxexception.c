/* Exceptions as the C++ library keeps them. */
#include <string.h>

#include "goruntime/cxxexception.h"
#include "tests/unit/make_process.h"
#include "tests/unit/testrun.h"

enum { PART = 80, OBJECT = PART + 32 }; /* in the record */

#define GNU_CLASS 0x474e5543432b2b00

static struct process p;
static uint64_t record, type;

static uint64_t put_text(const char *text)
{
	uint64_t at = process_alloc(&p, 64);
	for (size_t i = 0; i < 64; i += 8) {
		uint64_t word = 0;
		for (size_t k = 0; k < 8 && *text != '\0'; k++)
			word |= (uint64_t)(uint8_t)*text++ << 8 * k;
		process_put64(&p, at + i, word);
	}
	return at;
}

static void setup(void)
{
	process_init(&p, 27, &arch_amd64);
	process_func_as(&p, "runtime.goexit", 0, FUNC_GOEXIT, FUNC_FLAG_TOPFRAME);
	record = process_alloc(&p, 160);
	type = process_alloc(&p, 16);
	process_put64(&p, record, type);
	process_put64(&p, record + PART, GNU_CLASS);
	process_put64(&p, type + 8, put_text("i"));
	process_put64(&p, record + OBJECT, 0x100000000 | (uint32_t)-42);
}

static void teardown(void)
{
	process_release(&p);
}

static const struct cxx_exception *at(uint64_t value)
{
	process_read(&p);
	return cxx_exception_at(&p.snapshot, value);
}

START_TEST(record_is_found_by_any_of_its_parts)
{
	static const uint64_t offsets[] = { 0, PART, OBJECT };
	for (size_t i = 0; i < 3; i++) {
		const struct cxx_exception *found = at(record + offsets[i]);
		ck_assert_ptr_nonnull(found);
		ck_assert_uint_eq(found->addr, record + OBJECT);
		ck_assert_str_eq(found->text, "-42");
	}
}
END_TEST

START_TEST(other_memory_is_no_exception)
{
	process_put64(&p, record + PART, GNU_CLASS + 2);
	ck_assert_ptr_null(at(record + PART));
}
END_TEST

START_TEST(type_without_a_name_is_none)
{
	process_put64(&p, type + 8, put_text("no name"));
	ck_assert_ptr_null(at(record + PART));
}
END_TEST

START_TEST(text_that_was_thrown_is_told)
{
	process_put64(&p, type + 8, put_text("PKc"));
	process_put64(&p, record + OBJECT, put_text("out of paper"));
	ck_assert_str_eq(at(record + PART)->text, "out of paper");
}
END_TEST

START_TEST(struct_has_no_text)
{
	process_put64(&p, type + 8, put_text("*N3app5ErrorE"));
	const struct cxx_exception *found = at(record + PART);
	ck_assert_ptr_null(found->text);
	ck_assert_ptr_nonnull(strstr(found->type, "Error"));
}
END_TEST

START_TEST(exception_that_is_thrown_again_by_pointer_is_the_first)
{
	uint64_t again = process_alloc(&p, 160);
	process_put64(&p, again, record + OBJECT);
	process_put64(&p, again + PART, GNU_CLASS + 1);
	ck_assert_uint_eq(at(again + PART)->addr, record + OBJECT);
}
END_TEST

static const struct cxx_exception *of(uint64_t rbx, uint64_t rbp)
{
	struct c_frame frame = { 0 };
	registers_put(&frame.regs, AMD64_RSP, record + 128);
	registers_put(&frame.regs, AMD64_RBX, rbx);
	registers_put(&frame.regs, AMD64_RBP, rbp);
	process_read(&p);
	return cxx_exception_of(&p.snapshot, &frame, 0);
}

START_TEST(registers_of_the_frame_lead_to_it)
{
	ck_assert_ptr_nonnull(of(record + PART, record + OBJECT));
	ck_assert_ptr_null(of(1, 2));
}
END_TEST

START_TEST(of_two_exceptions_none_is_believed)
{
	uint64_t other = process_alloc(&p, 160);
	process_put64(&p, other, type);
	process_put64(&p, other + PART, GNU_CLASS);
	ck_assert_ptr_null(of(record + PART, other + PART));
}
END_TEST

START_TEST(word_of_the_frame_leads_to_it)
{
	struct c_frame frame = { 0 };
	uint64_t stack = process_alloc(&p, 64);
	process_put64(&p, stack + 16, record + PART);
	registers_put(&frame.regs, AMD64_RSP, stack);
	process_read(&p);
	ck_assert_ptr_nonnull(cxx_exception_of(&p.snapshot, &frame, stack + 24));
	ck_assert_ptr_null(cxx_exception_of(&p.snapshot, &frame, stack + 16));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		record_is_found_by_any_of_its_parts,
		other_memory_is_no_exception,
		type_without_a_name_is_none,
		text_that_was_thrown_is_told,
		struct_has_no_text,
		exception_that_is_thrown_again_by_pointer_is_the_first,
		registers_of_the_frame_lead_to_it,
		of_two_exceptions_none_is_believed,
		word_of_the_frame_leads_to_it,
	};
	return test_run("cxxexception", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
