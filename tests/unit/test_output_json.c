/* The JSON of an analysis, read back with a JSON library. */
#include <jansson.h>

#include "tests/unit/writing.h"

#define STACK "panic;main.work:12;main.main:3"

static json_t *document(void)
{
	json_error_t error;
	json_t *root = json_loads(written_by(json_write_report), 0, &error);
	ck_assert_msg(root != NULL, "line %d: %s", error.line, error.text);
	return root;
}

static const char *text_of(json_t *root, const char *first, const char *second)
{
	return json_string_value(json_object_get(json_object_get(root, first), second));
}

START_TEST(verdict_has_the_words_of_the_contract)
{
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	json_t *root = document();
	ck_assert_str_eq(json_string_value(json_object_get(root, "schema_version")), "1");
	ck_assert_str_eq(json_string_value(json_object_get(root, "origin")), "panic");
	ck_assert_str_eq(text_of(root, "verdict", "class"), "panic");
	ck_assert_str_eq(text_of(root, "verdict", "kind"), "value");
	ck_assert_str_eq(text_of(root, "verdict", "confidence"), "certain");
	ck_assert_str_eq(text_of(root, "verdict", "message"), "boom");
	json_decref(root);
}
END_TEST

START_TEST(panics_are_in_the_order_in_which_they_were_raised)
{
	fake_panicked(&fake, "string", "first", STACK);
	fake_panic(&fake, "int", "2")->recovered = true;
	analyze(NULL);
	json_t *root = document();
	json_t *panics = json_object_get(json_object_get(root, "verdict"), "panics");
	ck_assert_uint_eq(json_array_size(panics), 2);
	json_t *second = json_array_get(panics, 1);
	ck_assert_str_eq(json_string_value(json_object_get(second, "type")), "int");
	ck_assert(json_is_true(json_object_get(second, "recovered")));
	json_decref(root);
}
END_TEST

START_TEST(text_of_the_target_is_made_utf8)
{
	fake_panicked(&fake, "string", "\xff\x1b\"", STACK);
	analyze(NULL);
	json_t *root = document();
	ck_assert_str_eq(text_of(root, "verdict", "message"), "\xef\xbf\xbd\x1b\"");
	ck_assert_ptr_null(strchr(written_by(json_write_report), '\x1b'));
	json_decref(root);
}
END_TEST

START_TEST(messages_are_not_cut)
{
	enum { LONG = 60000 };
	char *message = arena_alloc(&fake.arena, LONG + 1);
	memset(message, 'x', LONG);
	fake_panicked(&fake, "string", message, STACK);
	analyze(NULL);
	json_t *root = document();
	ck_assert_uint_eq(strlen(text_of(root, "verdict", "message")), LONG);
	json_decref(root);
}
END_TEST

START_TEST(groups_have_the_ids_of_all_members)
{
	fake_panicked(&fake, "string", "boom", STACK);
	fake_crowd(&fake, 150, "chan receive", "runtime.gopark;main.wait:7", 0, 0);
	analyze(NULL);
	json_t *root = document();
	json_t *groups = json_object_get(json_object_get(root, "goroutines"), "groups");
	json_t *largest = json_array_get(groups, 0);
	ck_assert_int_eq(json_integer_value(json_object_get(largest, "count")), 150);
	ck_assert_uint_eq(json_array_size(json_object_get(largest, "ids")), 150);
	ck_assert_str_eq(json_string_value(json_object_get(largest, "wait")), "chan receive");
	json_decref(root);
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(NULL);
	json_t *root = document();
	json_t *verdict = json_object_get(root, "verdict");
	ck_assert(json_is_null(json_object_get(verdict, "fault")));
	json_t *executable = json_object_get(root, "executable");
	ck_assert(json_is_null(json_object_get(executable, "path")));
	json_t *memory = json_object_get(root, "memory");
	ck_assert(json_is_null(json_object_get(memory, "heap_live_bytes")));
	json_decref(root);
}
END_TEST

START_TEST(skipped_detectors_have_a_reason)
{
	const char *words[] = { "deadlock" };
	const struct report_options options = { .skip = words, .skip_count = 1 };
	fake_panicked(&fake, "string", "boom", STACK);
	analyze(&options);
	json_t *root = document();
	json_t *skipped = json_object_get(json_object_get(root, "detectors"), "skipped");
	ck_assert_uint_eq(json_array_size(skipped), 3); /* and deadlock-cycle, deadlock-circle */
	json_t *row = json_array_get(skipped, 0);
	ck_assert_str_eq(json_string_value(json_object_get(row, "name")), "deadlock");
	ck_assert_str_eq(json_string_value(json_object_get(row, "reason")), "--skip");
	json_decref(root);
}
END_TEST

START_TEST(caveats_have_their_weight)
{
	caveats_add(&fake.caveats, CAVEAT_WEAKENS, 0x10, "core", "it is cut");
	analyze(NULL);
	json_t *root = document();
	json_t *caveat = json_array_get(json_object_get(root, "caveats"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(caveat, "weight")), "weakens");
	ck_assert_str_eq(json_string_value(json_object_get(caveat, "address")), "0x10");
	json_decref(root);
}
END_TEST

START_TEST(redaction_replaces_values)
{
	const struct report_options options = { .redact = true };
	fake_panicked(&fake, "string", "secret", STACK);
	analyze(&options);
	writer_options.redact = true;
	assert_lacks(written_by(json_write_report), "secret");
	assert_lacks(written_by(json_write_report), "\"arguments\"");
	writer_options.redact = false;
}
END_TEST

START_TEST(failures_say_code_subject_and_sentence)
{
	struct error err = ERROR_INIT;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	error_set(&err, ERROR_NOT_GO, 0x20, "core: no Go program");
	json_write_failure("program", &err, out);
	fclose(out);
	json_t *root = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(root);
	ck_assert_str_eq(text_of(root, "error", "code"), "not-go");
	ck_assert_str_eq(text_of(root, "error", "about"), "program");
	ck_assert_str_eq(text_of(root, "error", "text"), "core: no Go program");
	ck_assert_str_eq(text_of(root, "error", "address"), "0x20");
	json_decref(root);
	free(text);
}
END_TEST

int main(void)
{
	const struct looped tests[] = {
		{ verdict_has_the_words_of_the_contract },
		{ panics_are_in_the_order_in_which_they_were_raised },
		{ text_of_the_target_is_made_utf8 },
		{ messages_are_not_cut },
		{ groups_have_the_ids_of_all_members },
		{ what_is_not_known_is_null },
		{ skipped_detectors_have_a_reason },
		{ caveats_have_their_weight },
		{ redaction_replaces_values },
		{ failures_say_code_subject_and_sentence },
	};
	return run_tests("output_json", tests);
}
