#include "formats/golog.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "formats/golog_internal.h"
#include "formats/stream.h"

enum { LINE_BYTES_MAX = 1 << 16 };
#define LOG_BYTES_MAX	 (1ull << 30)  /* read from a plain file: its end */
#define STREAM_BYTES_MAX (16ull << 30) /* read from one that has no end to begin at */

struct lines { /* bytes in, lines out */
	struct golog_parser parser;
	struct str line; /* the beginning of one that is not complete yet */
	bool cutting;	 /* the rest of a line that is too long is passed over */
	char *room;
};

/* --- from lines to facts ---------------------------------------------------------------------- */

static void flush(struct golog_parser *parser)
{
	if (parser->where == IN_RACE)
		golog_end_race(parser);
	else if (parser->where == IN_CRASH)
		golog_end_crash(parser);
}

static void read_line(struct golog_parser *parser, struct golog_text line, int64_t pid)
{
	struct golog_text t = golog_trimmed(line);
	parser->log->lines++;
	parser->since++;
	if (golog_is(t, "WARNING: DATA RACE")) {
		flush(parser);
		golog_begin_race(parser, pid);
		return;
	}
	/* Another process's line in between, where they can be told apart. */
	int64_t own = parser->where == IN_RACE	  ? parser->race.pid
		      : parser->where == IN_CRASH ? parser->crash.pid
						  : pid;
	if (own != pid && own != 0 && pid != 0)
		return;
	if (golog_is(line, "-----")) {
		parser->relayed = true;
	} else if (golog_begins_crash(line)) {
		flush(parser);
		golog_begin_crash(parser, line, pid);
	} else if (parser->where == IN_RACE) {
		golog_race_line(parser, t);
	} else if (parser->where == IN_CRASH) {
		golog_crash_line(parser, line);
	}
}

/* --- from bytes to lines ---------------------------------------------------------------------- */

/* What a record of JSON has is one line or several. */
static void read_record(struct golog_parser *parser, struct golog_text text, int64_t pid)
{
	uint64_t number = parser->log->lines;
	while (text.n > 0) {
		const char *newline = memchr(text.p, '\n', text.n);
		size_t n = newline ? (size_t)(newline - text.p) : text.n, next = n + (newline != NULL);
		int64_t own = pid;
		struct golog_text line = { text.p, n - (n > 0 && text.p[n - 1] == '\r') };
		line = golog_strip(line, &own);
		parser->log->lines = number;
		read_line(parser, line, own);
		text = (struct golog_text){ text.p + next, text.n - next };
	}
	parser->log->lines = number + 1;
}

static void end_line(struct lines *l)
{
	static const char mark[] = "\xef\xbb\xbf"; /* of UTF-8, at the beginning of a file */
	int64_t pid = 0;
	struct golog_text line = { str_text(&l->line), l->line.size };
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	(void)golog_take(&line, mark);
	if (golog_take_json(&line, l->room, &pid)) {
		read_record(&l->parser, line, pid);
	} else {
		line = golog_strip(line, &pid);
		read_line(&l->parser, line, pid);
	}
	str_clear(&l->line);
	l->cutting = false;
}

static void add_part(struct lines *l, const uint8_t *p, size_t n)
{
	size_t left = LINE_BYTES_MAX - l->line.size;
	if (n > left) {
		l->parser.log->long_lines += !l->cutting;
		l->cutting = true;
		n = left;
	}
	str_add_bytes(&l->line, p, n);
}

static void add_bytes(struct lines *l, struct bytes bytes)
{
	const uint8_t *p = bytes.data, *end = p + bytes.size;
	l->parser.log->bytes += bytes.size;
	while (p < end) {
		const uint8_t *newline = memchr(p, '\n', (size_t)(end - p));
		add_part(l, p, (size_t)((newline ? newline : end) - p));
		if (newline == NULL)
			return;
		end_line(l);
		p = newline + 1;
	}
}

static void begin(struct lines *l, struct arena *arena, struct golog *log)
{
	*l = (struct lines){ .parser = { .arena = arena, .log = log } };
	l->room = memory_grow(NULL, LINE_BYTES_MAX);
}

static void finish(struct lines *l)
{
	struct golog_parser *parser = &l->parser;
	struct golog *log = parser->log;
	if (l->line.size > 0)
		end_line(l);
	flush(parser);
	log->race_count = parser->races.count;
	log->races = vec_keep(&parser->races, parser->arena);
	log->crash_count = parser->crashes.count;
	for (size_t i = 0; i < log->crash_count; i++)
		if (parser->crashes.items[i].text == NULL)
			parser->crashes.items[i].text =
				arena_strndup(parser->arena, str_text(&parser->last), parser->last.size);
	log->crashes = vec_keep(&parser->crashes, parser->arena);
	log->pid_count = parser->pids.count;
	for (size_t i = 0; i < log->pid_count; i++)
		log->pids[i] = parser->pids.items[i];
	vec_release(&parser->races);
	vec_release(&parser->crashes);
	vec_release(&parser->pids);
	str_release(&parser->text);
	str_release(&parser->last);
	str_release(&l->line);
	free(l->room);
}

void golog_parse(struct bytes bytes, struct arena *arena, struct golog *log)
{
	struct lines lines;
	*log = (struct golog){ 0 };
	begin(&lines, arena, log);
	add_bytes(&lines, bytes);
	finish(&lines);
}

/* --- from files to bytes ---------------------------------------------------------------------- */

static bool open_log(const char *path, int *fd, struct stat *st, struct error *err)
{
	/* O_NONBLOCK: a pipe without a writer would block here. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return error_set(err, ERROR_IO, 0, "%s: %s", path, strerror(errno));
	if (fstat(*fd, st) == 0 && !S_ISDIR(st->st_mode) && fcntl(*fd, F_SETFL, 0) == 0)
		return true;
	error_set(err, ERROR_IO, 0, "%s: %s", path,
		  S_ISDIR(st->st_mode) ? "is a directory" : strerror(errno));
	close(*fd);
	return false;
}

/* Of a huge file the end is what tells; a line that this cuts is none of the runtime's. */
static void skip_to_end(int fd, const struct stat *st, struct golog *log)
{
	uint8_t head[STREAM_HEAD];
	ssize_t n = S_ISREG(st->st_mode) ? pread(fd, head, sizeof(head), 0) : -1;
	if (n <= 0 || stream_compression_of((struct bytes){ head, (size_t)n }) != NULL ||
	    (uint64_t)st->st_size <= LOG_BYTES_MAX)
		return;
	off_t at = st->st_size - (off_t)LOG_BYTES_MAX;
	if (lseek(fd, at, SEEK_SET) == at)
		log->skipped = (uint64_t)at;
}

static void read_stream(struct stream *stream, struct lines *lines)
{
	struct error err = ERROR_INIT;
	struct bytes bytes;
	struct golog *log = lines->parser.log;
	while (stream_next(stream, &bytes, &err)) {
		if (bytes.size == 0)
			return;
		add_bytes(lines, bytes);
		if (log->bytes > STREAM_BYTES_MAX) {
			log->broken = "it is too long to be read to its end";
			return;
		}
	}
	log->broken = arena_strdup(lines->parser.arena, err.text);
}

bool golog_read(const char *path, struct arena *arena, struct golog *log, struct error *err)
{
	int fd;
	struct stat st;
	struct stream *stream;
	struct lines lines;
	*log = (struct golog){ .path = path };
	if (!open_log(path, &fd, &st, err))
		return false;
	skip_to_end(fd, &st, log);
	bool opened = stream_open(fd, &stream, err);
	if (opened) {
		begin(&lines, arena, log);
		read_stream(stream, &lines);
		finish(&lines);
		stream_close(stream);
	} else {
		error_context(err, "%s", path);
	}
	close(fd);
	return opened;
}
