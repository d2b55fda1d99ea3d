/* Reports of the race detector (compiler-rt's tsan_report.cpp for Go). */
#include <string.h>

#include "formats/golog_internal.h"

enum { RACES_MAX = 1000, RACE_LINES_MAX = 10000 };

/* --- frames ----------------------------------------------------------------------------------- */

static void end_stack(struct golog_parser *parser)
{
	size_t count = parser->frame_count;
	/* A function whose place did not follow says too little. */
	if (count > 0 && parser->frames[count - 1].file == NULL)
		count--;
	if (parser->stack != NULL && count > 0) {
		struct golog_frame *frames = arena_alloc(parser->arena, count * sizeof(*frames));
		memcpy(frames, parser->frames, count * sizeof(*frames));
		*parser->stack = (struct golog_stack){ frames, count };
		parser->kept += count * sizeof(*frames);
	}
	parser->stack = NULL;
	parser->frame_count = 0;
}

/* "/src/app/main.go:12 +0x44" */
static bool read_place(struct golog_parser *parser, struct golog_text t, struct golog_frame *frame)
{
	struct golog_text rest;
	uint64_t line, offset;
	size_t plus = t.n;
	while (plus > 0 && t.p[plus - 1] != '+')
		plus--;
	if (plus < 3 || t.p[plus - 2] != ' ')
		return false;
	rest = (struct golog_text){ t.p + plus, t.n - plus };
	if (!golog_take_hex(&rest, &offset) || rest.n != 0)
		return false;
	size_t end = plus - 2, colon = end;
	while (colon > 0 && t.p[colon - 1] != ':')
		colon--;
	rest = (struct golog_text){ t.p + colon, end - colon };
	if (colon < 2 || !golog_take_number(&rest, 10, &line) || rest.n != 0 || line > INT32_MAX)
		return false;
	frame->file = golog_keep(parser, (struct golog_text){ t.p, colon - 1 });
	frame->line = (int32_t)line;
	frame->offset = offset;
	return frame->file != NULL;
}

static void add_frame_line(struct golog_parser *parser, struct golog_text t)
{
	size_t count = parser->frame_count;
	if (parser->stack == NULL)
		return;
	if (t.n > 2 && memcmp(t.p + t.n - 2, "()", 2) == 0) {
		if (count > 0 && parser->frames[count - 1].file == NULL)
			parser->frame_count = --count;
		const char *function =
			count < GOLOG_FRAMES
				? golog_keep(parser, (struct golog_text){ t.p, t.n - 2 })
				: NULL;
		if (function == NULL)
			return;
		parser->frames[count] = (struct golog_frame){ .function = function };
		parser->frame_count++;
	} else if (count > 0 && parser->frames[count - 1].file == NULL) {
		(void)read_place(parser, t, &parser->frames[count - 1]);
	}
}

/* --- races ------------------------------------------------------------------------------------ */

void golog_end_race(struct golog_parser *parser)
{
	end_stack(parser);
	parser->where = IN_NOTHING;
	if (parser->race.access_count == 0)
		return;
	parser->log->race_total++;
	golog_add_pid(parser, parser->race.pid);
	if (parser->races.count < RACES_MAX && parser->kept < GOLOG_KEPT_MAX)
		vec_push(&parser->races, parser->race);
}

void golog_begin_race(struct golog_parser *parser, int64_t pid)
{
	parser->where = IN_RACE;
	parser->since = 0;
	parser->race = (struct golog_race){ .line = parser->log->lines, .pid = pid };
}

/* "Previous write at 0x00c0000b4010 by goroutine 6:" (tsan_report.cpp PrintMop). */
static bool read_access(struct golog_text t, struct golog_access *access)
{
	*access = (struct golog_access){ .previous = golog_take(&t, "Previous ") };
	(void)(golog_take(&t, "atomic ") || golog_take(&t, "Atomic "));
	access->write = golog_take(&t, "write") || golog_take(&t, "Write");
	if (!access->write && !golog_take(&t, "read") && !golog_take(&t, "Read"))
		return false;
	if (!golog_take(&t, " at ") || !golog_take_hex(&t, &access->addr) ||
	    !golog_take(&t, " by "))
		return false;
	access->main = golog_take(&t, "main goroutine");
	return (access->main ||
		(golog_take(&t, "goroutine ") && golog_take_number(&t, 10, &access->number))) &&
	       t.n >= 1 && t.p[0] == ':';
}

/* "Goroutine 7 (running) created at:" (tsan_report.cpp PrintThread). */
static bool read_creation(struct golog_text t, struct golog_creation *creation)
{
	*creation = (struct golog_creation){ 0 };
	if (!golog_take(&t, "Goroutine ") || !golog_take_number(&t, 10, &creation->number) ||
	    !golog_take(&t, " ("))
		return false;
	creation->finished = golog_take(&t, "finished");
	return (creation->finished || golog_take(&t, "running")) && golog_take(&t, ") created at:");
}

void golog_race_line(struct golog_parser *parser, struct golog_text t)
{
	struct golog_race *race = &parser->race;
	struct golog_access access;
	struct golog_creation creation;
	if (golog_is(t, "==================") || parser->since > RACE_LINES_MAX) {
		golog_end_race(parser);
	} else if (t.n == 0) {
		end_stack(parser);
	} else if (read_access(t, &access)) {
		end_stack(parser);
		if (race->access_count == GOLOG_ACCESSES)
			return;
		race->accesses[race->access_count] = access;
		parser->stack = &race->accesses[race->access_count++].stack;
	} else if (read_creation(t, &creation)) {
		end_stack(parser);
		if (race->creation_count == GOLOG_CREATIONS)
			return;
		race->creations[race->creation_count] = creation;
		parser->stack = &race->creations[race->creation_count++].stack;
	} else {
		add_frame_line(parser, t);
	}
}
