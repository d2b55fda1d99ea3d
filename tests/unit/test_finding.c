/* The words of the contract, and findings under construction. */
#include <stdio.h>

#include "tests/unit/detecting.h"

static struct findings findings;

/* The text of a file of the repository, found from where this file is. */
static const char *file_text(const char *path)
{
	static const char here[] = "tests/unit/test_finding.c";
	size_t root = strlen(__FILE__) - (sizeof(here) - 1);
	char *name = arena_printf(&fake.arena, "%.*s%s", (int)root, __FILE__, path);
	FILE *file = fopen(name, "r");
	ck_assert_msg(file != NULL, "%s cannot be opened", name);
	char *text = arena_alloc(&fake.arena, 1 << 20);
	size_t n = fread(text, 1, (1 << 20) - 1, file);
	fclose(file);
	ck_assert_uint_gt(n, 0);
	return text;
}

static struct finding *one(void)
{
	findings = (struct findings){ .arena = &fake.arena };
	return findings_add(&findings, "test", CLASS_PANIC, "value", LIKELY);
}

START_TEST(words_of_classes_are_parsed)
{
	for (unsigned c = 0; c < CLASS_COUNT; c++) {
		enum verdict_class class;
		const char *kind = "";
		ck_assert(verdict_parse(verdict_class_name(c), &class, &kind));
		ck_assert_uint_eq(class, c);
		ck_assert_ptr_null(kind);
	}
}
END_TEST

START_TEST(words_of_kinds_are_parsed)
{
	for (unsigned c = 0; c < CLASS_COUNT; c++) {
		const char *word;
		for (size_t i = 0; (word = verdict_kind(c, i)) != NULL; i++) {
			enum verdict_class class;
			const char *kind;
			char *both =
				arena_printf(&fake.arena, "%s/%s", verdict_class_name(c), word);
			ck_assert(verdict_parse(both, &class, &kind));
			ck_assert_uint_eq(class, c);
			ck_assert_str_eq(kind, word);
		}
	}
}
END_TEST

static const char *const wrong[] = {
	"",
	"/",
	"panic/",
	"panic/field",
	"Panic",
	"panic/value/x",
	"nil",
	"nil-dereference/",
	"unknown/x",
	"panic ",
	"external-signal/abort ",
};

START_TEST(other_words_are_refused)
{
	enum verdict_class class;
	const char *kind;
	ck_assert(!verdict_parse(wrong[_i], &class, &kind));
}
END_TEST

START_TEST(words_are_lower_case_with_dashes)
{
	for (unsigned c = 0; c < CLASS_COUNT; c++) {
		const char *word = verdict_class_name(c);
		ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz-"), strlen(word));
		for (size_t i = 0; (word = verdict_kind(c, i)) != NULL; i++)
			ck_assert_uint_eq(strspn(word, "abcdefghijklmnopqrstuvwxyz-"),
					  strlen(word));
	}
}
END_TEST

START_TEST(documentation_has_each_word_and_no_other)
{
	const char *doc = file_text("docs/CLASSES.md");
	size_t words = 0, sections = 0;
	for (unsigned c = 0; c < CLASS_COUNT; c++) {
		const char *kind;
		char *class = arena_printf(&fake.arena, "\n## %s\n", verdict_class_name(c));
		ck_assert_msg(strstr(doc, class) != NULL, "%s", class);
		for (size_t i = 0; (kind = verdict_kind(c, i)) != NULL; i++, words++) {
			char *both = arena_printf(&fake.arena, "\n### %s/%s\n",
						  verdict_class_name(c), kind);
			ck_assert_msg(strstr(doc, both) != NULL, "%s", both);
		}
	}
	for (const char *p = strstr(doc, "\n### "); p != NULL; p = strstr(p + 1, "\n### "))
		sections++;
	ck_assert_uint_eq(sections, words);
}
END_TEST

START_TEST(new_finding_points_nowhere)
{
	struct finding *finding = one();
	ck_assert_uint_eq(finding->goroutine, NO_INDEX);
	ck_assert_uint_eq(finding->thread, NO_INDEX);
	ck_assert_uint_eq(finding->cause_frame, NO_FRAME);
	ck_assert_str_eq(finding->title, "");
	ck_assert_str_eq(finding->message, "");
}
END_TEST

START_TEST(lines_keep_their_order_as_they_grow)
{
	struct finding *finding = one();
	for (int i = 0; i < 100; i++) {
		finding_explain(&findings, finding, "line %d", i);
		finding_advise(&findings, finding, "hint %d", i);
		finding_labelled(&findings, finding, "label", (uint64_t)i, 0, "fact %d", i);
	}
	ck_assert_uint_eq(finding->explanation.count, 100);
	ck_assert_str_eq(finding->explanation.items[99], "line 99");
	ck_assert_str_eq(finding->advice.items[42], "hint 42");
	ck_assert_str_eq(finding->evidence[7].text, "fact 7");
	ck_assert_uint_eq(finding->evidence[7].goroutine, 7);
}
END_TEST

START_TEST(findings_keep_theirs)
{
	one();
	for (int i = 0; i < 50; i++)
		findings_add(&findings, "test", CLASS_PANIC, "error", CERTAIN);
	ck_assert_uint_eq(findings.count, 51);
	ck_assert_str_eq(findings.items[0].kind, "value");
}
END_TEST

START_TEST(goroutines_are_put_into_order)
{
	struct finding *finding = one();
	uint64_t ids[] = { 7, 3, 9, 1 };
	finding_set_goroutines(finding, ids, 4);
	for (size_t i = 1; i < 4; i++)
		ck_assert_uint_lt(finding->goroutines[i - 1], finding->goroutines[i]);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ words_of_classes_are_parsed, 0 },
		{ words_of_kinds_are_parsed, 0 },
		{ other_words_are_refused, rows_of(wrong) },
		{ words_are_lower_case_with_dashes, 0 },
		{ documentation_has_each_word_and_no_other, 0 },
		{ new_finding_points_nowhere, 0 },
		{ lines_keep_their_order_as_they_grow, 0 },
		{ findings_keep_theirs, 0 },
		{ goroutines_are_put_into_order, 0 },
	};
	return run_tests("finding", tests);
}
