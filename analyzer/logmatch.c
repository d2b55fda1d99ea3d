#include "analyzer/logmatch.h"

#include <string.h>

#include "analyzer/deathfacts.h"
#include "analyzer/signals.h"
#include "base/str.h"

/* --- texts ------------------------------------------------------------------------------------ */

/* Without the tabs that releases put, or not, in front of the lines behind the first
 * (runtime/print.go printindented). */
static void add_plain(struct str *out, const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '\t' || p == text || p[-1] != '\n')
			str_add_char(out, *p);
}

static bool ends_with(const struct str *whole, const struct str *part)
{
	size_t at = whole->size - part->size;
	return part->size > 0 && whole->size >= part->size &&
	       strcmp(str_text(whole) + at, str_text(part)) == 0 &&
	       (at == 0 || str_text(whole)[at - 1] == '\n');
}

/* Equal, or the log's begins further down: a line of a value that itself begins with "panic: "
 * looks like a beginning. Bytes of the log that are no text are as they were in the process. */
static bool same_panic(const char *core, const char *log)
{
	_cleanup_str_ struct str x = { 0 }, y = { 0 };
	add_plain(&x, core);
	add_plain(&y, log);
	if (strcmp(str_text(&x), str_text(&y)) == 0)
		return true;
	if (strncmp(log, "panic: ", 7) != 0 && ends_with(&x, &y))
		return true;
	_cleanup_str_ struct str marked = { 0 };
	str_add(&marked, "panic: ");
	str_add(&marked, str_text(&y));
	return ends_with(&x, &marked);
}

/* Takes the next line from the front of *TEXT; its length. */
static size_t take_line(const char **text, const char **line)
{
	size_t n = strcspn(*text, "\n");
	*line = *text;
	*text += n + ((*text)[n] == '\n');
	return n;
}

/* Whether all lines of the core's text are in the log's, in order, its first one first: another
 * writer's lines may have come between them, or behind them. */
static bool has_its_lines(const char *core, const char *log)
{
	_cleanup_str_ struct str x = { 0 }, y = { 0 };
	add_plain(&x, core);
	add_plain(&y, log);
	const char *wanted = str_text(&x), *rest = str_text(&y), *line, *other;
	for (bool first = true; *wanted != '\0'; first = false) {
		size_t n = take_line(&wanted, &line), m;
		do {
			if (*rest == '\0')
				return false;
			m = take_line(&rest, &other);
		} while (!first && (m != n || memcmp(line, other, n) != 0));
		if (m != n || memcmp(line, other, n) != 0)
			return false;
	}
	return x.size > 0;
}

static bool same_first_line(const char *x, const char *y)
{
	size_t n = strcspn(x, "\n");
	return n == strcspn(y, "\n") && strncmp(x, y, n) == 0;
}

/* "SIGQUIT: quit" */
static bool same_signal(const struct death_signal *signal, const char *text)
{
	const char *name = signal != NULL ? signal_name(signal->number) : NULL;
	size_t n = name != NULL ? strlen(name) : 0;
	return name != NULL && strncmp(text, name, n) == 0 && text[n] == ':';
}

/* --- one crash -------------------------------------------------------------------------------- */

static bool same_goroutine(const struct snapshot *s, const struct golog_crash *crash)
{
	uint32_t own[] = { s->death.goroutine, s->death.second_goroutine };
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (own[i] >= s->goroutine_count)
			continue;
		const struct goroutine *g = &s->goroutines[own[i]];
		if (g->id == crash->goroutine && (crash->g == 0 || crash->g == g->addr))
			return true;
	}
	return false;
}

static bool same_text(const struct snapshot *s, const struct golog_crash *crash,
		      struct arena *arena)
{
	const struct death *death = &s->death;
	switch (death->way) {
	case DEATH_PANIC:
		if (crash->kind != GOLOG_PANIC)
			return false;
		return crash->traced ? same_panic(death_message(s, arena), crash->text)
				     : same_first_line(death_message(s, arena), crash->text);
	case DEATH_FATAL:
	case DEATH_THROW:
		return crash->kind == GOLOG_FATAL && death->fatal_text != NULL &&
		       same_first_line(death->fatal_text, crash->text);
	case DEATH_SIGNAL:
	case DEATH_NONE:
		return crash->kind == GOLOG_SIGNAL && same_signal(death_signal_of(s), crash->text);
	}
	return false;
}

/* Whether the core says enough of its death to be held against a text. */
static bool is_told(const struct snapshot *s)
{
	const struct death *death = &s->death;
	switch (death->way) {
	case DEATH_PANIC:
		return death->panics.count > 0;
	case DEATH_FATAL:
	case DEATH_THROW:
		return death->fatal_text != NULL && !death->fatal_text_guessed;
	case DEATH_SIGNAL: /* a fault in C is thrown or printed as a signal, by the release */
		return death_signal_of(s) != NULL && death_signal_of(s)->sent;
	case DEATH_NONE:
		return false;
	}
	return false;
}

/* Which goroutine printed it says nothing where none did, or where the signal hit a bystander. */
static bool tells_goroutine(const struct snapshot *s, const struct golog_crash *crash)
{
	return crash->kind != GOLOG_SIGNAL && crash->goroutine_running &&
	       s->death.goroutine < s->goroutine_count;
}

enum agreement { AGREES_NOT, AGREES_MIXED, AGREES };

/* Mixed with other lines a text may be another one, which only begins as the core's does. */
static enum agreement agreement_of(const struct snapshot *s, const struct golog_crash *crash,
				   struct arena *arena)
{
	if (tells_goroutine(s, crash) && !same_goroutine(s, crash))
		return AGREES_NOT;
	if (same_text(s, crash, arena))
		return AGREES;
	bool mixed = s->death.way == DEATH_PANIC && crash->kind == GOLOG_PANIC && crash->traced &&
		     has_its_lines(death_message(s, arena), crash->text);
	return mixed ? AGREES_MIXED : AGREES_NOT;
}

/* --- the log ---------------------------------------------------------------------------------- */

static bool has_pid(const struct golog *log, int32_t pid)
{
	enum { INIT = 1 }; /* in a container anybody is that */
	for (size_t i = 0; pid > INIT && i < log->pid_count; i++)
		if (log->pids[i] == pid)
			return true;
	return false;
}

/* Crashes before and behind the one of this process are of others. */
static void bound(struct log_match *match)
{
	const struct golog *log = match->log;
	for (size_t i = 0; i < log->crash_count; i++) {
		const struct golog_crash *c = &log->crashes[i];
		if (c->traced && c->line < match->crash->line && c->pid == match->crash->pid)
			match->first = c->line;
	}
	match->last = match->crash->line;
}

/* The last crash that agrees best, else the last one. How many agree at all. */
static size_t choose_crash(const struct snapshot *s, struct log_match *match, struct arena *arena,
			   enum agreement *best)
{
	const struct golog *log = match->log;
	size_t agreeing = 0;
	*best = AGREES_NOT;
	for (size_t i = log->crash_count; i-- > 0;) {
		const struct golog_crash *crash = &log->crashes[i];
		if (match->by_pid && crash->pid != 0 && crash->pid != match->pid)
			continue;
		enum agreement agreement = agreement_of(s, crash, arena);
		if (agreement > *best || (match->crash == NULL && crash->traced))
			match->crash = crash;
		if (agreement > *best)
			*best = agreement;
		agreeing += agreement != AGREES_NOT;
	}
	return agreeing;
}

void log_match_make(const struct snapshot *s, const struct golog *log, int32_t pid,
		    struct arena *arena, struct log_match *match)
{
	enum agreement best;
	*match = (struct log_match){ .log = log, .pid = pid, .last = UINT64_MAX };
	match->by_pid = has_pid(log, pid);
	size_t agreeing = choose_crash(s, match, arena, &best);
	if (match->crash == NULL)
		return;
	if (agreeing == 0) {
		match->verdict = is_told(s) ? LOG_CONTRADICTS : LOG_SILENT;
		return;
	}
	bool same = tells_goroutine(s, match->crash);
	match->verdict = LOG_AGREES;
	match->strong = same && agreeing == 1 && best == AGREES;
	bound(match);
	match->agreement =
		arena_printf(arena, "line %llu of the log has the text of this end%s%s",
			     (unsigned long long)match->crash->line,
			     same ? ", of the same goroutine" : "",
			     best == AGREES_MIXED ? ", with other lines between its own" : "");
}

bool log_match_has(const struct log_match *match, uint64_t line, int64_t pid)
{
	if (match->by_pid && pid != 0)
		return pid == match->pid;
	return line > match->first && line <= match->last;
}

/* --- what weakens it -------------------------------------------------------------------------- */

static void add_contradiction(const struct log_match *match, const struct snapshot *s,
			      bool redacted, struct arena *arena)
{
	static const char *const kinds[] = {
		[GOLOG_PANIC] = "a panic",
		[GOLOG_FATAL] = "a fatal error",
		[GOLOG_SIGNAL] = "a signal",
	};
	const struct golog_crash *crash = match->crash;
	const char *text = death_message(s, arena);
	if (redacted)
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "log",
			    "line %llu tells of %s that is not the one of the core: the log is of "
			    "another process, or of another run",
			    (unsigned long long)crash->line, kinds[crash->kind]);
	else
		caveats_add(
			s->caveats, CAVEAT_WEAKENS, 0, "log",
			"line %llu tells of %s, \"%.*s\" on goroutine %llu, that is not the one "
			"of the core, \"%.*s\": the log is of another process, or of another "
			"run",
			(unsigned long long)crash->line, kinds[crash->kind],
			(int)strcspn(crash->text, "\n"), crash->text,
			(unsigned long long)crash->goroutine, (int)strcspn(text, "\n"), text);
}

static uint64_t traced_crashes(const struct golog *log)
{
	uint64_t count = 0;
	for (size_t i = 0; i < log->crash_count; i++)
		count += log->crashes[i].traced;
	return count;
}

static void add_reading(const struct log_match *match, const struct snapshot *s)
{
	const struct golog *log = match->log;
	if (log->broken != NULL)
		caveats_add(s->caveats, CAVEAT_WEAKENS, 0, "log", "%s", log->broken);
	if (log->skipped > 0)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "log",
			    "only its last %llu bytes were read; line numbers count from there",
			    (unsigned long long)log->bytes);
	if (log->race_total > log->race_count)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "log",
			    "%llu race reports, of which the first %zu were kept",
			    (unsigned long long)log->race_total, log->race_count);
}

void log_match_caveats(const struct log_match *match, const struct snapshot *s, bool redacted,
		       struct arena *arena)
{
	const struct golog *log = match->log;
	uint64_t crashes = traced_crashes(log);
	add_reading(match, s);
	if (match->verdict == LOG_CONTRADICTS)
		add_contradiction(match, s, redacted, arena);
	else if (match->verdict == LOG_AGREES && crashes > 1)
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "log",
			    "%llu crashes are in it; that of line %llu is the core's, and what "
			    "stands between it and the one before counts as this process's",
			    (unsigned long long)crashes, (unsigned long long)match->crash->line);
	else if (match->verdict == LOG_SILENT && match->crash != NULL)
		caveats_add(
			s->caveats, CAVEAT_NOTE, 0, "log",
			"line %llu tells of a crash that this core does not show: it came later, "
			"or was another process's",
			(unsigned long long)match->crash->line);
	else if (match->verdict == LOG_SILENT && is_told(s))
		caveats_add(s->caveats, CAVEAT_NOTE, 0, "log",
			    "the text with which the process ended is not in it: it is cut, or of "
			    "another process");
}
