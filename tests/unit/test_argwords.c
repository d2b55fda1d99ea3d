/* Argument words, from a description and a stack built by hand. */
#include "goruntime/argwords.h"

#include "tests/unit/make_pclntab.h"
#include "tests/unit/testrun.h"

enum { ENTRY = 0x1000, ARGP = 0x7000 };

/* Words at ARGP, and an image that holds them and nothing else. */
struct stack {
	uint64_t words[4];
	struct image_run run;
	uint64_t start;
	uint32_t recent[IMAGE_RECENT_COUNT];
	struct image image;
};

static struct make_pclntab make;
static struct stack stack;
static struct str out;

static void setup(void)
{
	make = (struct make_pclntab){ .text_start = ENTRY, .count = 1, .end = 0x20 };
	stack = (struct stack){ .words = { 0x1, 0xc000012000, 0x1122334455667788, 0x0 } };
	stack.run = (struct image_run){
		.lo = ARGP,
		.hi = ARGP + sizeof(stack.words),
		.bytes = (const uint8_t *)stack.words,
	};
	stack.start = stack.run.lo;
	stack.image = (struct image){
		.runs = &stack.run,
		.run_count = 1,
		.starts = &stack.start,
		.recent = stack.recent,
	};
	make.funcs[0].funcdata_count = 8;
	for (int i = 0; i < 8; i++)
		make.funcs[0].funcdata[i] = UINT32_MAX;
}

static void teardown(void)
{
	str_release(&out);
}

/* Puts FUNCDATA INDEX. */
static void put_funcdata(unsigned index, const uint8_t *bytes, size_t size)
{
	make.funcs[0].funcdata[index] = (uint32_t)make.gofunc.size;
	for (size_t i = 0; i < size; i++)
		put(&make.gofunc, bytes[i], 1);
}

#define PUT(index, ...)                                                                            \
	put_funcdata(index, (const uint8_t[]){ __VA_ARGS__ },                                      \
		     sizeof((const uint8_t[]){ __VA_ARGS__ }))

static bool print_at(uint64_t pc)
{
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	ck_assert(pclntab_find(&tab, pc, &func));
	return argwords(&tab, &func, pc, ARGP, &stack.image, &out);
}

static void check(const char *expected)
{
	str_clear(&out);
	ck_assert(print_at(ENTRY));
	ck_assert_str_eq(str_text(&out), expected);
}

START_TEST(words_are_hexadecimal_with_commas)
{
	PUT(FUNCDATA_ARG_INFO, 0, 8, 8, 8, 24, 8, 0xff);
	check("0x1, 0xc000012000, 0x0");
}
END_TEST

START_TEST(parts_of_an_aggregate_are_in_braces)
{
	PUT(FUNCDATA_ARG_INFO, 0, 8, 0xfe, 8, 8, 0xfe, 0xfd, 0xfd, 0, 8, 0xff);
	check("0x1, {0xc000012000, {}}, 0x1");
}
END_TEST

START_TEST(what_was_left_out_is_dots_and_what_is_too_far_a_dash)
{
	PUT(FUNCDATA_ARG_INFO, 0xfb, 0xfe, 0, 8, 0xfc, 0xfd, 0xfc, 0xff);
	check("_, {0x1, ...}, ...");
}
END_TEST

START_TEST(a_narrow_slot_shows_its_low_bytes)
{
	PUT(FUNCDATA_ARG_INFO, 16, 1, 16, 2, 16, 4, 17, 1, 0xff);
	check("0x88, 0x7788, 0x55667788, 0x77");
}
END_TEST

START_TEST(no_arguments_are_no_text)
{
	PUT(FUNCDATA_ARG_INFO, 0xff);
	check("");
}
END_TEST

/* Fills the described text with the words of a frame whose first one WINDOW has, not the image. */
static void fill(const struct window *window, bool redact)
{
	struct pclntab tab = make_open(&make, 24);
	struct func func;
	struct arg_slot slots[ARG_SLOTS_MAX];
	struct arg_memory from = { &stack.image, window, ARGP, redact };
	_cleanup_str_ struct str text = { 0 };
	size_t count;
	str_clear(&out);
	str_add(&text, "f(");
	ck_assert(pclntab_find(&tab, ENTRY, &func));
	ck_assert(argwords_describe(&tab, &func, ENTRY, &text, slots, &count));
	str_add(&text, ")");
	ck_assert_uint_eq(count, 2);
	argwords_fill(str_text(&text), text.size, slots, count, &from, &out);
}

START_TEST(a_text_is_described_once_and_filled_for_each_frame)
{
	PUT(FUNCDATA_ARG_INFO, 0, 8, 0xfe, 8, 8, 0xfd, 0xff);
	static const uint8_t copy[8] = { 0x42 };
	struct window window = { copy, ARGP, ARGP + 8 };
	fill(NULL, false);
	ck_assert_str_eq(str_text(&out), "f(0x1, {0xc000012000})");
	fill(&window, false);
	ck_assert_str_eq(str_text(&out), "f(0x42, {0xc000012000})");
	fill(NULL, true);
	ck_assert_str_eq(str_text(&out), "f(_, {_})");
}
END_TEST

START_TEST(a_function_without_description_says_so)
{
	str_add(&out, "before");
	ck_assert(!print_at(ENTRY));
	ck_assert_str_eq(str_text(&out), "before");
}
END_TEST

START_TEST(a_word_that_is_not_in_the_core_is_an_exclamation_mark)
{
	PUT(FUNCDATA_ARG_INFO, 24, 8, 32, 8, 28, 8, 28, 4, 0xff);
	check("0x0, !, !, 0x0");
}
END_TEST

/* Offsets from 8 on need liveness: slot 0 at 8, slot 1 at 16. Bitmap 1: slot 1; bitmap 2: both. */
static void put_liveness(void)
{
	make.funcs[0].pcdata_count = 4;
	make.funcs[0].pcdata[PCDATA_ARG_LIVE] =
		TABLE(&make.pctab, { -1, 8 }, { 1, 8 }, { 2, 8 }, { 0, 8 });
	PUT(FUNCDATA_ARG_INFO, 0, 8, 8, 8, 16, 8, 0xff);
	PUT(FUNCDATA_ARG_LIVE_INFO, 8, 0x2, 0x3);
}

START_TEST(a_slot_that_is_not_live_has_a_question_mark)
{
	put_liveness();
	ck_assert(print_at(ENTRY + 8));
	ck_assert_str_eq(str_text(&out), "0x1, 0xc000012000?, 0x1122334455667788");
}
END_TEST

START_TEST(liveness_follows_the_lookup_pc)
{
	put_liveness();
	ck_assert(print_at(ENTRY + 16));
	ck_assert_str_eq(str_text(&out), "0x1, 0xc000012000, 0x1122334455667788");
}
END_TEST

START_TEST(all_are_live_where_no_bitmap_is_in_force)
{
	put_liveness();
	ck_assert(print_at(ENTRY) && print_at(ENTRY + 24));
	ck_assert_ptr_null(strchr(str_text(&out), '?'));
}
END_TEST

/* From 16 on a call is inlined, whose call site is at 8, where slot 0 is not live. */
static void put_inlining(void)
{
	make.funcs[0].pcdata[PCDATA_INLINE_TREE] = TABLE(&make.pctab, { -1, 16 }, { 0, 16 });
	bool old = make.magic == MAGIC_1_18;
	uint8_t entry[20] = { 0 };
	entry[old ? 16 : 8] = 8; /* parentPc */
	put_funcdata(FUNCDATA_INLINE_TREE, entry, old ? 20 : 16);
}

START_TEST(liveness_under_an_inlined_call_is_that_of_the_frames_pc)
{
	put_liveness();
	put_inlining();
	ck_assert(print_at(ENTRY + 16));
	ck_assert_str_eq(str_text(&out), "0x1, 0xc000012000, 0x1122334455667788");
}
END_TEST

START_TEST(liveness_under_an_inlined_call_was_that_of_the_call_site_in_1_19)
{
	make.magic = MAGIC_1_18;
	put_liveness();
	put_inlining();
	ck_assert(print_at(ENTRY + 16));
	ck_assert_str_eq(str_text(&out), "0x1, 0xc000012000?, 0x1122334455667788");
}
END_TEST

START_TEST(a_description_without_end_is_bounded)
{
	uint8_t info[400];
	memset(info, 0xfb, sizeof(info));
	put_funcdata(FUNCDATA_ARG_INFO, info, sizeof(info));
	ck_assert(print_at(ENTRY));
	ck_assert_uint_eq(out.size, 171 * 3 - 2); /* internal/abi TraceArgsMaxLen */
}
END_TEST

START_TEST(a_description_cut_short_ends)
{
	PUT(FUNCDATA_ARG_INFO, 0, 8, 8);
	check("0x1");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		words_are_hexadecimal_with_commas,
		parts_of_an_aggregate_are_in_braces,
		what_was_left_out_is_dots_and_what_is_too_far_a_dash,
		a_narrow_slot_shows_its_low_bytes,
		no_arguments_are_no_text,
		a_text_is_described_once_and_filled_for_each_frame,
		a_function_without_description_says_so,
		a_word_that_is_not_in_the_core_is_an_exclamation_mark,
		a_slot_that_is_not_live_has_a_question_mark,
		liveness_follows_the_lookup_pc,
		all_are_live_where_no_bitmap_is_in_force,
		liveness_under_an_inlined_call_is_that_of_the_frames_pc,
		liveness_under_an_inlined_call_was_that_of_the_call_site_in_1_19,
		a_description_without_end_is_bounded,
		a_description_cut_short_ends,
	};
	return test_run("argwords", tests, sizeof(tests) / sizeof(tests[0]), setup, teardown);
}
