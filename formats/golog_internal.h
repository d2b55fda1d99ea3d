#pragma once
/* What the files that read logs share. */
#include "base/str.h"
#include "base/vec.h"
#include "formats/golog.h"

struct golog_text { /* a line, or a part of one */
	const char *p;
	size_t n;
};

/* Takes the process's words out of LINE where that is a JSON object with a member that holds such:
 * one line or several, in ROOM, which is of the size of the line at least. *PID gets the process's
 * number where it is told. False, and nothing is changed, where it is none. */
bool golog_take_json(struct golog_text *line, char *room, int64_t *pid);

/* Takes from the front of LINE what collectors of logs have put there. *PID gets the process's
 * number where it is told. */
struct golog_text golog_strip(struct golog_text line, int64_t *pid);

enum golog_where { IN_NOTHING, IN_RACE, IN_CRASH };
enum { GOLOG_FRAMES = 64, GOLOG_PIECE = 1024, GOLOG_KEPT_MAX = 32 << 20 };

struct golog_parser {
	struct arena *arena;
	struct golog *log;
	enum golog_where where;
	VEC(struct golog_race) races;
	VEC(struct golog_crash) crashes;
	VEC(int64_t) pids;
	size_t kept; /* bytes of text */

	struct golog_race race; /* that is being read */
	struct golog_frame frames[GOLOG_FRAMES];
	size_t frame_count;
	struct golog_stack *stack; /* that FRAMES are of; NULL: none */

	struct golog_crash crash;
	struct str text; /* of the crash */
	struct str last; /* text of the last of too many crashes */
	bool text_over;	 /* its text is complete, the traceback may follow */
	bool relayed;	      /* a dash line: the next thread prints the same signal */
	uint64_t since;	 /* lines since the race or crash began */
};

/* Takes WORD, or a number, from the front of T; false, and T is as it was or behind the digits,
 * where it does not stand there. */
bool golog_take(struct golog_text *t, const char *word);
bool golog_take_number(struct golog_text *t, unsigned base, uint64_t *number);
bool golog_take_hex(struct golog_text *t, uint64_t *number);
/* Without blanks at both ends. */
struct golog_text golog_trimmed(struct golog_text t);
bool golog_is(struct golog_text t, const char *word);
/* A copy, cut where it is too long for a name; NULL where enough was kept already. */
const char *golog_keep(struct golog_parser *parser, struct golog_text t);
void golog_add_pid(struct golog_parser *parser, int64_t pid);

/* A report, from its first line to its last. */
void golog_begin_race(struct golog_parser *parser, int64_t pid);
void golog_race_line(struct golog_parser *parser, struct golog_text t);
void golog_end_race(struct golog_parser *parser);

/* A crash, from its text to the first goroutine of its traceback. */
bool golog_begins_crash(struct golog_text line);
void golog_begin_crash(struct golog_parser *parser, struct golog_text line, int64_t pid);
void golog_crash_line(struct golog_parser *parser, struct golog_text line);
void golog_end_crash(struct golog_parser *parser);
