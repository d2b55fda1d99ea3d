#include "analyzer/report.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/fingerprint.h"
#include "analyzer/groups.h"
#include "analyzer/livepanics.h"
#include "analyzer/panicvalue.h"
#include "analyzer/redact.h"
#include "analyzer/settingsadvice.h"
#include "analyzer/signals.h"
#include "analyzer/skips.h"
#include "analyzer/verdict.h"
#include "goruntime/heapcheck.h"
#include "goruntime/torn.h"

/* Frames of groups that are kept in the report; a program with more different stacks than this
 * holds has the rest walked as they are written. */
enum { GROUP_FRAMES_KEPT = 200000 };

struct maker {
	const struct snapshot *snapshot;
	const struct report_options *options;
	struct arena *arena;
	struct report *report;
	struct findings findings;
	struct groups groups;
	struct waitgraph waits;
	struct log_match log;
	struct skips skips;
};

/* The runtime ended the process since nothing can run: every goroutine waits for ever then, and the
 * deadlock says so. */
static bool is_all_asleep(const struct snapshot *snapshot)
{
	const char *text = snapshot->death.fatal_text;
	return text != NULL && strncmp(text, "all goroutines are asleep", 25) == 0;
}

/* Why nothing can be proven; NULL where it can. */
static const char *reason_not_to_prove(const struct maker *maker)
{
	if (maker->options->brief)
		return "--brief: needs the whole heap";
	if (is_all_asleep(maker->snapshot))
		return "all goroutines are asleep: the deadlock says it of each";
	const struct leaks *leaks = snapshot_leaks(maker->snapshot);
	return leaks->unproven != NULL && leaks->count == 0 ? leaks->unproven : NULL;
}

/* Why DETECTOR cannot or shall not run; NULL where it runs. */
static const char *reason_to_skip(const struct maker *maker, const struct detector *detector)
{
	if (skips_all_of(&maker->skips, detector))
		return "--skip";
	if ((detector->needs & NEED_STACKS) && maker->options->brief)
		return "--brief: needs all stacks";
	if ((detector->needs & NEED_GOROUTINES) && maker->snapshot->goroutine_count == 0)
		return "no goroutine could be read";
	if ((detector->needs & NEED_VARIABLES) &&
	    death_may_be_by_value(maker->snapshot, maker->arena) &&
	    !torn_values_known(maker->snapshot))
		return "no debug information (DWARF) at hand of the code that died: where its variables lie, "
		       "and of what types they are, is not known";
	return detector->needs & NEED_PROOF ? reason_not_to_prove(maker) : NULL;
}

/* Rows for kinds that --skip takes out of what DETECTOR, which runs, looks for. */
static void add_skipped_kinds(struct maker *maker, const struct detector *detector)
{
	struct report *report = maker->report;
	for (size_t i = 0; i < maker->skips.count; i++) {
		const struct skip_word *skip = &maker->skips.words[i];
		if (skip_concerns(skip, detector))
			report->detectors[report->detector_count++] =
				(struct report_detector){ .name = skip->word, .reason = "--skip" };
	}
}

static void run_detectors(struct maker *maker)
{
	struct report *report = maker->report;
	struct detector_options options = { 0 };
	if (maker->options->detect != NULL)
		options = *maker->options->detect;
	options.brief = maker->options->brief;
	options.groups = &maker->groups;
	options.waits = options.brief ? NULL : &maker->waits;
	options.log = maker->log.log != NULL ? &maker->log : NULL;
	report->detectors =
		arena_alloc(maker->arena, (detector_count + maker->options->skip_count) *
						  sizeof(*report->detectors));
	for (size_t i = 0; i < detector_count; i++) {
		if ((detectors[i].needs & NEED_LOG) && options.log == NULL &&
		    !skips_all_of(&maker->skips, &detectors[i]))
			continue; /* nobody asked */
		const char *reason = reason_to_skip(maker, &detectors[i]);
		report->detectors[report->detector_count++] =
			(struct report_detector){ .name = detectors[i].name, .reason = reason };
		if (reason != NULL)
			continue;
		size_t first = maker->findings.count;
		if (detectors[i].needs & NEED_PROOF)
			options.leaks = snapshot_leaks(maker->snapshot);
		detectors[i].run(maker->snapshot, &options, &maker->findings);
		skips_drop(&maker->skips, &maker->findings, first);
		add_skipped_kinds(maker, &detectors[i]);
	}
}

/* Of a core whose bytes may have been changed on their way nothing is sure. */
static void doubt(struct maker *maker)
{
	for (size_t i = 0; i < maker->findings.count; i++)
		maker->findings.items[i].confidence = POSSIBLE;
}

/* No detector knows why: the verdict says what was seen. */
static void add_unknown(struct maker *maker)
{
	struct findings *findings = &maker->findings;
	const struct death *death = &maker->snapshot->death;
	struct finding *f = findings_add_death(findings, maker->snapshot, "verdict", CLASS_UNKNOWN,
					       NULL, POSSIBLE);
	f->title = "why the process died is not known";
	if (maker->options->skip_count > 0)
		finding_explain(findings, f, "Detectors were left out with --skip.");
	if (f->signal != NULL)
		finding_add_fault(findings, f, maker->snapshot, f->signal);
	if (death->way == DEATH_NONE && death->kernel.by_runtime)
		finding_explain(
			findings, f,
			"The Go runtime ended the process itself, after a panic or a fatal error; "
			"its record of that is not in the core.");
	if (death->fatal_text != NULL)
		finding_labelled(findings, f, "records", 0, 0, "fatal error: %s",
				 death->fatal_text);
	if (death->panics.count > 0)
		finding_add_panic_records(findings, f, maker->snapshot);
	if (f->evidence_count == 0)
		finding_evidence(findings, f, 0, 0,
				 "no record of a panic, fatal error or signal was found");
}

/* The verdict of a core that was taken from outside still tells by what. */
static const struct finding *with_signal(struct maker *maker, const struct finding *verdict)
{
	const struct death_signal *signal = death_signal_of(maker->snapshot);
	if (verdict->death || signal == NULL)
		return verdict;
	struct finding *copy = arena_alloc(maker->arena, sizeof(*copy));
	*copy = *verdict;
	copy->signal = signal;
	copy->thread = maker->snapshot->death.thread;
	return copy;
}

/* What is not the verdict, as records prove no more than that there is such a value, may be its
 * reason. */
static void explain_by_torn(struct maker *maker, struct finding *verdict)
{
	for (size_t i = 0; verdict->death && i < maker->findings.count; i++) {
		const struct finding *f = &maker->findings.items[i];
		if (f->class != CLASS_DATA_RACE || f->confidence < LIKELY || f->kind == NULL ||
		    strcmp(f->kind, "torn-value") != 0)
			continue;
		finding_explain(&maker->findings, verdict,
				"A data race may be the reason: %s.", f->title);
		return;
	}
}

static void choose_verdict(struct maker *maker)
{
	struct report *report = maker->report;
	size_t verdict = verdict_choose(&maker->findings);
	if (verdict == SIZE_MAX) {
		add_unknown(maker);
		verdict = maker->findings.count - 1;
	}
	explain_by_torn(maker, &maker->findings.items[verdict]);
	finding_explain_live_panics(&maker->findings, &maker->findings.items[verdict], maker->snapshot);
	snapshot_settings(maker->snapshot, maker->arena, &report->settings);
	settings_advise(&maker->findings, &maker->findings.items[verdict], maker->snapshot,
			&report->settings);
	if (maker->log.agreement != NULL && maker->findings.items[verdict].death)
		finding_labelled(&maker->findings, &maker->findings.items[verdict], "log", 0, 0,
				 "%s", maker->log.agreement);
	size_t *others =
		verdict_alternatives(&maker->findings, verdict, &report->alternative_count);
	report->findings = maker->findings.items;
	report->finding_count = maker->findings.count;
	report->verdict = with_signal(maker, &report->findings[verdict]);
	report->alternatives = arena_alloc(maker->arena, (report->alternative_count + 1) *
								 sizeof(*report->alternatives));
	for (size_t i = 0; i < report->alternative_count; i++)
		report->alternatives[i] = &report->findings[others[i]];
	report->culprit = report->verdict->stack;
	report->cause_frame = report->verdict->cause_frame;
	report->origin = verdict_origin(maker->snapshot);
}

static int most_first(const void *a, const void *b)
{
	const struct report_status_count *x = a, *y = b;
	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return strcmp(x->name, y->name);
}

static void count_statuses(struct maker *maker)
{
	struct report *report = maker->report;
	uint64_t counts[256] = { 0 };
	for (size_t i = 0; i < maker->groups.count; i++) {
		const struct group *group = &maker->groups.items[i];
		counts[group->first->status] += group->count;
		report->goroutines_system += group->first->system ? group->count : 0;
	}
	report->by_status = arena_alloc(maker->arena, 256 * sizeof(*report->by_status));
	for (unsigned status = 0; status < 256; status++)
		if (counts[status] > 0)
			report->by_status[report->by_status_count++] = (struct report_status_count){
				.name = g_status_text(status),
				.count = counts[status],
			};
}

static void count_waits(struct maker *maker)
{
	struct report *report = maker->report;
	uint64_t counts[256] = { 0 };
	const char *texts[256] = { NULL };
	for (size_t i = 0; i < maker->groups.count; i++) {
		const struct group *group = &maker->groups.items[i];
		const char *wait = goroutine_wait(maker->snapshot, group->first);
		if (wait[0] == '\0')
			continue;
		texts[group->first->wait_reason] = wait;
		counts[group->first->wait_reason] += group->count;
	}
	report->by_wait = arena_alloc(maker->arena, 256 * sizeof(*report->by_wait));
	for (unsigned reason = 0; reason < 256; reason++)
		if (texts[reason] != NULL)
			report->by_wait[report->by_wait_count++] = (struct report_status_count){
				.name = texts[reason],
				.count = counts[reason],
			};
	qsort(report->by_wait, report->by_wait_count, sizeof(*report->by_wait), most_first);
}

static void fill_groups(struct maker *maker)
{
	struct report *report = maker->report;
	uint64_t kept = 0;
	if (maker->options->brief)
		return;
	report->groups = arena_alloc(maker->arena, maker->groups.count * sizeof(*report->groups));
	report->group_count = maker->groups.count;
	for (size_t i = 0; i < maker->groups.count; i++) {
		const struct group *group = &maker->groups.items[i];
		struct report_group *to = &report->groups[i];
		*to = (struct report_group){
			.count = group->count,
			.ids = group->ids,
			.status = g_status_text(group->first->status),
			.wait = goroutine_wait(maker->snapshot, group->first),
			.longest_wait_seconds = group->longest_wait,
			.created_by = goroutine_created_by(maker->snapshot, group->first),
			.system = group->first->system,
			.lazy = kept >= GROUP_FRAMES_KEPT,
			.first = group->first,
		};
		if (!to->lazy)
			goroutine_trace(maker->snapshot, group->first, false, maker->arena,
					&to->trace);
		kept += to->trace.count;
	}
}

void report_group_trace(const struct report *report, const struct report_group *group,
			struct arena *arena, struct trace *trace)
{
	if (group->lazy)
		goroutine_trace(report->snapshot, group->first, false, arena, trace);
	else
		*trace = group->trace;
}

static void fill_goroutines(struct maker *maker)
{
	const struct snapshot *snapshot = maker->snapshot;
	struct report *report = maker->report;
	report->goroutines_total = snapshot->goroutine_count;
	report->goroutines_listed = snapshot->goroutine_count;
	report->goroutines_unreadable = snapshot->unreadable;
	report->goroutines_dead = snapshot->dead;
	report->goroutines_deadextra = snapshot->deadextra;
	count_statuses(maker);
	count_waits(maker);
	fill_groups(maker);
}

static void add_checks(struct maker *maker, const struct check *checks, size_t count)
{
	struct report *report = maker->report;
	struct check *all =
		arena_alloc(maker->arena, (report->check_count + count + 1) * sizeof(*all));
	if (report->check_count > 0)
		memcpy(all, report->checks, report->check_count * sizeof(*all));
	if (count > 0)
		memcpy(all + report->check_count, checks, count * sizeof(*all));
	report->checks = all;
	report->check_count += count;
}

/* Whether the log is of the same process. */
static void check_log(struct maker *maker)
{
	const struct check check = {
		.name = "log",
		.passed = maker->log.verdict == LOG_AGREES,
		.text = maker->log.agreement ? maker->log.agreement
					     : "the log tells of another end than the core",
	};
	maker->report->log = maker->log.log;
	maker->report->log_verdict = maker->log.verdict;
	if (maker->log.verdict != LOG_SILENT)
		add_checks(maker, &check, 1);
}

/* Of memory that was damaged the records of the heap are checked too. */
static void fill_checks(struct maker *maker)
{
	const struct snapshot *snapshot = maker->snapshot;
	add_checks(maker, snapshot->checks, snapshot->check_count);
	check_log(maker);
	if (maker->options->brief || maker->report->verdict->class != CLASS_MEMORY_CORRUPTION)
		return;
	const struct heap_checks *more = snapshot_heap_checks(snapshot);
	add_checks(maker, more->checks, more->check_count);
}

/* Whether nothing in the process itself ended it; the alarm of a test binary is as good as a
 * signal. */
static bool is_from_outside(const struct maker *maker)
{
	if (panic_is_test_alarm(maker->snapshot))
		return true;
	for (size_t i = 0; i < maker->findings.count; i++) {
		const struct finding *f = &maker->findings.items[i];
		if (f->death && (f->class == CLASS_EXTERNAL_SIGNAL || f->class == CLASS_SNAPSHOT))
			return true;
	}
	return false;
}

static void fill_scheduler(struct maker *maker)
{
	struct report *report = maker->report;
	snapshot_scheduler(maker->snapshot, maker->arena, &report->scheduler);
	if (!maker->options->brief && is_from_outside(maker))
		hang_read(maker->snapshot, &maker->groups, &maker->waits, &report->scheduler,
			  maker->arena, &report->hang);
}

/* A panic has run all of them before it ends the process. */
static void fill_defers(struct maker *maker)
{
	const struct snapshot *snapshot = maker->snapshot;
	enum death_way way = snapshot->death.way;
	uint32_t g = snapshot->death.goroutine;
	if (maker->options->brief || way == DEATH_NONE || way == DEATH_PANIC ||
	    snapshot->death.bystander || g >= snapshot->goroutine_count ||
	    snapshot->goroutines[g].system)
		return;
	goroutine_defers(snapshot, &snapshot->goroutines[g], &maker->report->defers);
}

static void fill_facts(struct maker *maker)
{
	const struct snapshot *snapshot = maker->snapshot;
	struct report *report = maker->report;
	struct fingerprint fingerprint;
	fingerprint_make(report->verdict, maker->options->build_id, maker->arena, &fingerprint);
	report->fingerprint_class = fingerprint.class;
	report->fingerprint_crash = fingerprint.crash;
	report->fingerprint_exact = fingerprint.exact;
	report->buildinfo = &snapshot->buildinfo;
	report->cgo = snapshot->iscgo;
	report->race = snapshot->race;
	fill_checks(maker);
	report->caveats = snapshot->caveats;
	snapshot_memory(snapshot, &report->memory);
	snapshot_gc_state(snapshot, !maker->options->brief, maker->arena, &report->gc);
	fill_defers(maker);
}

bool report_make(const struct snapshot *snapshot, const struct report_options *options,
		 struct arena *arena, struct report *report, struct error *err)
{
	static const struct report_options defaults;
	if (options == NULL)
		options = &defaults;
	const struct snapshot *plain = snapshot;
	if (options->redact)
		snapshot = redact_snapshot(snapshot, arena);
	*report = (struct report){
		.core = report->core,
		.executable = report->executable,
		.snapshot = snapshot,
		.redacted = options->redact,
		.brief = options->brief,
	};
	struct maker maker = {
		.snapshot = snapshot,
		.options = options,
		.arena = arena,
		.report = report,
		.findings = { .arena = arena },
	};
	if (!skips_parse(&maker.skips, options->skip, options->skip_count, arena, err))
		return false;
	if (options->log != NULL) {
		log_match_make(plain, options->log, report->core.pid, arena, &maker.log);
		log_match_caveats(&maker.log, plain, options->redact, arena);
	}
	groups_make(snapshot, !options->brief, arena, &maker.groups);
	if (!options->brief)
		waitgraph_make(snapshot, &maker.groups, arena, &maker.waits);
	run_detectors(&maker);
	if (snapshot->damaged)
		doubt(&maker);
	choose_verdict(&maker);
	fill_goroutines(&maker);
	fill_scheduler(&maker);
	fill_facts(&maker);
	return true;
}

bool report_has(const struct report *report, enum verdict_class class, const char *kind)
{
	const struct finding *verdict = report->verdict;
	for (size_t i = 0; i <= report->finding_count; i++) {
		const struct finding *f = i == 0 ? verdict : &report->findings[i - 1];
		if (f->class != class || (i > 0 && f->confidence < LIKELY))
			continue;
		if (kind == NULL || (f->kind != NULL && strcmp(f->kind, kind) == 0))
			return true;
	}
	return false;
}
