/*
 * data-race/race-report: what the race detector has reported in the process's own log. It makes no
 * mistakes about races (no access is reported that was not made, no order is missed that there is),
 * so that what is uncertain is only whether the report is of this process. In all cases code of the
 * report is code of this program, function, offset and line; and then
 *
 *   certain   the process's number stands in front of the report's lines; or the log has the text
 * of the panic or fatal error of the core, of the same goroutine, once, and a goroutine that was
 *             created where the report says is still there
 *   likely    one of the two: the text of the same end, such a goroutine
 *   possible  neither
 *
 * A log whose crash is not the core's is worth possible at most.
 */
#include "analyzer/deathfacts.h"
#include "analyzer/detector.h"
#include "analyzer/places.h"
#include "analyzer/racereport.h"
#include "base/str.h"

enum { FINDINGS_MAX = 20 };

static const char name[] = "race-report";

static enum confidence confidence_of(const struct log_match *log, const struct race_match *match)
{
	if (log->verdict == LOG_CONTRADICTS)
		return POSSIBLE;
	/* else it may be another build's */
	bool own_code = match->own_fitting == match->own && match->misplaced == 0;
	if (log->by_pid && match->race->pid == log->pid)
		return own_code ? CERTAIN : LIKELY;
	if (log->strong && match->has_goroutine)
		return own_code ? CERTAIN : LIKELY;
	return log->verdict == LOG_AGREES || match->has_goroutine ? LIKELY : POSSIBLE;
}

/* --- words -------------------------------------------------------------------------------------
 */

static const char *place_text(struct arena *arena, const struct golog_frame *frame)
{
	if (frame == NULL)
		return "a place that the detector has forgotten";
	const struct call call = { .function = frame->function,
				   .file = frame->file,
				   .line = frame->line };
	return place_of(arena, &call);
}

static const char *access_word(const struct race_side *side)
{
	return side->access->write ? "write" : "read";
}

static void set_title(struct findings *findings, struct finding *finding,
		      const struct race_match *match)
{
	const struct race_side *last = &match->sides[0], *first = &match->sides[1];
	const char *of = match->name.path != NULL
				 ? arena_printf(findings->arena, " of %s", match->name.path)
				 : "";
	if (match->side_count < RACE_SIDES)
		finding_title(findings, finding, "the race detector reported a %s%s in %s",
			      access_word(last), of, place_text(findings->arena, last->place));
	else
		finding_title(
			findings, finding,
			"the race detector reported a %s%s in %s after an unsynchronized %s in %s",
			access_word(last), of, place_text(findings->arena, last->place),
			access_word(first), place_text(findings->arena, first->place));
}

/* Which goroutine of the core it is, if one can tell. */
static const char *whereabouts(const struct snapshot *s, const struct race_side *side,
			       struct arena *arena)
{
	if (side->creation != NULL && side->creation->finished)
		return ", which had ended";
	if (side->candidate_total == 0)
		return side->creation != NULL && side->creation->stack.count > 0
			       ? ", which has ended since"
			       : ", of which the report does not tell where it was created";
	if (side->candidate_total > 1)
		return arena_printf(arena, ", one of %llu goroutines that were created there",
				    (unsigned long long)side->candidate_total);
	const struct goroutine *g = &s->goroutines[side->candidates[0]];
	const char *wait = goroutine_wait(s, g);
	return arena_printf(arena, ": goroutine %llu of the core (%s)%s", (unsigned long long)g->id,
			    wait[0] ? wait : g_status_text(g->status),
			    side->refers ? ", which alone of those created there has the object"
					 : "");
}

static void add_side(const struct snapshot *s, struct findings *findings, struct finding *finding,
		     const struct race_side *side)
{
	struct arena *arena = findings->arena;
	const char *who = side->access->main
				  ? "the main goroutine"
				  : arena_printf(arena, "the detector's goroutine %llu",
						 (unsigned long long)side->access->number);
	uint64_t id = side->candidate_total == 1 ? s->goroutines[side->candidates[0]].id : 0;
	finding_labelled(findings, finding, side->access->previous ? "before" : "access", id,
			 side->access->addr, "%s in %s by %s%s", access_word(side),
			 place_text(arena, side->place), who, whereabouts(s, side, arena));
	if (side->creation != NULL && side->creation->stack.count > 0)
		finding_labelled(findings, finding, "created", id, 0, "at %s",
				 place_text(arena, &side->creation->stack.frames[0]));
}

static void add_object(struct findings *findings, struct finding *finding,
		       const struct race_match *match)
{
	const struct memory_name *called = &match->name;
	uint64_t addr = match->sides[0].access->addr;
	const char *is = "";
	if (called->path != NULL && called->function != NULL)
		is = arena_printf(findings->arena, "; it is %s in %s (%s)", called->path,
				  called->function, called->type);
	else if (called->path != NULL)
		is = arena_printf(findings->arena, "; it is %s (%s)", called->path, called->type);
	finding_labelled(findings, finding, "object", 0, addr, "0x%llx: %s%s",
			 (unsigned long long)addr, match->address.text, is);
}

static void add_report(struct findings *findings, struct finding *finding,
		       const struct log_match *log, const struct race_match *match)
{
	finding_labelled(findings, finding, "log", 0, 0,
			 "line %llu%s; %llu of the report's %llu places are in this program%s%s",
			 (unsigned long long)match->race->line,
			 match->count > 1
				 ? arena_printf(findings->arena,
						", the first of %llu reports of these places",
						(unsigned long long)match->count)
				 : "",
			 (unsigned long long)match->fitting, (unsigned long long)match->places,
			 log->agreement ? "; " : "", log->agreement ? log->agreement : "");
}

/* --- the finding -------------------------------------------------------------------------------
 */

static void set_goroutines(const struct snapshot *s, struct findings *findings,
			   struct finding *finding, const struct race_match *match)
{
	uint64_t *ids = arena_alloc(findings->arena, RACE_SIDES * sizeof(*ids));
	size_t count = 0;
	for (size_t i = 0; i < match->side_count; i++) {
		const struct race_side *side = &match->sides[i];
		if (side->candidate_total != 1)
			continue;
		const struct goroutine *g = &s->goroutines[side->candidates[0]];
		if (count == 0 || ids[0] != g->id)
			ids[count++] = g->id;
		finding_add_stack(findings, finding, s, g, NULL);
	}
	finding_set_goroutines(finding, ids, count);
}

/* Two races are the same where their places are. */
static void set_identity(struct findings *findings, struct finding *finding,
			 const struct race_match *match)
{
	const struct call **calls = arena_alloc(findings->arena, RACE_SIDES * sizeof(*calls));
	for (size_t i = 0; i < match->side_count; i++) {
		const struct golog_frame *place = match->sides[i].place;
		struct call *call = arena_alloc(findings->arena, sizeof(*call));
		if (place == NULL)
			continue;
		*call = (struct call){
			.function = place->function,
			.symbol = place->function,
			.file = place->file,
			.line = place->line,
		};
		calls[finding->identity_count++] = call;
	}
	finding->identity = calls;
}

static void add_finding(const struct snapshot *s, struct findings *findings,
			const struct log_match *log, const struct race_match *match)
{
	struct finding *finding = findings_add(findings, name, CLASS_DATA_RACE, "race-report",
					       confidence_of(log, match));
	finding->matters = finding->confidence >= LIKELY;
	finding->message = "";
	set_title(findings, finding, match);
	finding_explain(findings, finding,
			"Two goroutines accessed the same memory, at least one wrote, and nothing "
			"put one access before the other. The race detector saw both happen.");
	for (size_t i = 0; i < match->side_count; i++)
		add_side(s, findings, finding, &match->sides[i]);
	add_object(findings, finding, match);
	add_report(findings, finding, log, match);
	finding_advise(findings, finding,
		       "Put both accesses under one lock, or hand the value over a channel.");
	set_goroutines(s, findings, finding, match);
	set_identity(findings, finding, match);
}

/* The program's settings say that it was built without the detector. */
static bool is_built_without(const struct snapshot *s)
{
	return !s->race && s->buildinfo.setting_count > 0;
}

DETECTOR(race_report)
{
	struct race_match *matches;
	uint64_t foreign;
	const struct log_match *log = options->log;
	if (log->log->race_total == 0)
		return;
	if (is_built_without(snapshot)) {
		caveats_add(
			snapshot->caveats, CAVEAT_WEAKENS, 0, "log",
			"it has reports of the race detector, but the program was built without "
			"-race: they are of another process");
		return;
	}
	size_t count = race_matches_make(snapshot, log, findings->arena, &matches, &foreign);
	for (size_t i = 0; i < count && i < FINDINGS_MAX; i++)
		add_finding(snapshot, findings, log, &matches[i]);
	if (foreign > 0)
		caveats_add(snapshot->caveats, CAVEAT_NOTE, 0, "log",
			    "%llu of its race reports are of another process or another build",
			    (unsigned long long)foreign);
	if (count > FINDINGS_MAX)
		caveats_add(snapshot->caveats, CAVEAT_NOTE, 0, "log",
			    "race reports of %zu pairs of places, of which %d are listed", count,
			    FINDINGS_MAX);
}
