#pragma once
/* Tests of detectors: a fake snapshot per test, the report that it gets, and what is asked of it.
 */
#include <check.h>
#include <string.h>

#include "analyzer/report.h"
#include "tests/unit/fake_snapshot.h"
#include "tests/unit/testrun.h"

static struct fake fake;
static struct report report;

static void setup(void)
{
	fake_init(&fake);
}

static void teardown(void)
{
	fake_release(&fake);
}

/* The verdict of all detectors on the fake snapshot. */
static inline const struct finding *analyze(const struct report_options *options)
{
	struct error err = ERROR_INIT;
	ck_assert_msg(report_make(&fake.snapshot, options, &fake.arena, &report, &err), "%s",
		      err.text);
	return report.verdict;
}

static inline bool has_line(const struct text_list *list, const char *part)
{
	for (size_t i = 0; i < list->count; i++)
		if (strstr(list->items[i], part) != NULL)
			return true;
	return false;
}

static inline bool has_evidence(const struct finding *finding, const char *part)
{
	for (size_t i = 0; i < finding->evidence_count; i++)
		if (strstr(finding->evidence[i].text, part) != NULL)
			return true;
	return false;
}

static inline size_t count_deaths(void)
{
	size_t deaths = 0;
	for (size_t i = 0; i < report.finding_count; i++)
		deaths += report.findings[i].death;
	return deaths;
}

static inline const char *culprit(void)
{
	if (report.culprit == NULL || report.cause_frame >= report.culprit->count)
		return "";
	return report.culprit->frames[report.cause_frame].call->function;
}

/* One reading of the death, this one, and that sure. */
#define assert_verdict(class_word, kind_word, how_sure)                                            \
	do {                                                                                       \
		const struct finding *v_ = analyze(NULL);                                          \
		ck_assert_str_eq(verdict_class_name(v_->class), class_word);                       \
		ck_assert_str_eq(v_->kind ? v_->kind : "", kind_word);                             \
		ck_assert_int_eq(v_->confidence, how_sure);                                        \
		ck_assert_uint_eq(count_deaths(), 1);                                              \
	} while (0)
